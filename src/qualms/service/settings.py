"""The service's settings: a file that the person who runs it writes, flags of the command, and a token.

No request changes any of them.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from qualms.data.mistakes import place, words
from qualms.data.text import read_text
from qualms.errors import ConfigError

FILE, DATABASE = "service.toml", "service.sqlite"
TOKEN = "QUALMS_TOKEN"
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_SHORTEST_TOKEN = 16  # characters
_LARGEST_FILE = 100_000  # bytes


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Limits(_Table):
    """What requests and jobs may take.

    Attributes
    ----------
    body_bytes : int
        Of a request, as it arrives.
    upload_bytes, uploads_bytes : int
        Of one uploaded file, and of all that are kept.
    rows : int
        Lines of an uploaded text file, unpacked.
    text : int
        Characters of a problem in words.
    request_seconds : float
        For a request to arrive whole.
    seconds : float
        That a request may ask of solving.
    job_seconds : float
        After which a job is ended, whatever it does.
    memory : int
        Bytes of a job's process, after which it is ended.
    cores : int
        Of one race.
    queue : int
        Jobs that may wait.
    workers : int
        Jobs that run at a time.
    streams : int
        Followers of events at a time.
    days : float
        For which a job that is over is kept, and an uploaded file that no job names; 0 keeps all of them.
    """

    body_bytes: int = Field(default=8 * 2**20, ge=1024)
    upload_bytes: int = Field(default=32 * 2**20, ge=1024)
    uploads_bytes: int = Field(default=2 * 2**30, ge=1024)
    rows: int = Field(default=200_000, ge=1)
    text: int = Field(default=20_000, ge=1)
    request_seconds: float = Field(default=20.0, gt=0)
    seconds: float = Field(default=600.0, gt=0)
    job_seconds: float = Field(default=3600.0, gt=0)
    memory: int = Field(default=4 * 2**30, ge=2**28)
    cores: int = Field(default=2, ge=1, le=256)
    queue: int = Field(default=1000, ge=1)
    workers: int = Field(default=1, ge=0, le=64)
    streams: int = Field(default=100, ge=0)
    days: float = Field(default=30.0, ge=0)


class Spending(_Table):
    """Devices that may be used, and the budget that the person who runs the service gives for them without
    being asked each time.

    Attributes
    ----------
    dollars : float
        In all; 0 for none, so that a person is asked for every run.
    devices : tuple of str
        That may be used, as "ibm:ibm_fez": with a person's consent, or under the budget. Without any, no
        device is.
    expires : datetime or None
        When the budget ends; with a time zone. A budget above 0 needs one.
    """

    dollars: float = Field(default=0.0, ge=0)
    devices: tuple[str, ...] = ()
    expires: datetime | None = None


class Settings(_Table):
    """Everything that the person who runs a service decides.

    Attributes
    ----------
    store : Path
        The folder of records, uploads and the queue.
    host, port
        Where it listens.
    names : tuple of str
        Further names that browsers know the server by; requests for other names are refused.
    token : SecretStr or None
        Who calls from elsewhere has to show it.
    models : tuple of str
        Names of models that may be tuned, besides those that come with the package.
    limits : Limits
    spending : Spending
    """

    store: Path
    host: str = "127.0.0.1"
    port: int = Field(default=8321, ge=0, le=65535)
    names: tuple[str, ...] = ()
    token: SecretStr | None = None
    models: tuple[str, ...] = ()
    limits: Limits = Limits()
    spending: Spending = Spending()

    @property
    def database(self) -> Path:
        """The file of the queue."""
        return self.store / DATABASE

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def known_names(self) -> tuple[str, ...]:
        """By which it may be called."""
        own = () if self.host in ("0.0.0.0", "::") else (self.host,)
        return tuple(name.lower() for name in (*_LOOPBACK_NAMES, *own, *self.names))


def read_settings(
    store: Path,
    config: Path | None = None,
    given: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """The settings of a service.

    Parameters
    ----------
    store : Path
        Its folder.
    config : Path, optional
        A TOML file; by default ``service.toml`` in the folder, where there is one.
    given : Mapping, optional
        Settings that go before the file's, with dots for tables: {"port": 80, "limits.workers": 2}. None
        stands for what was not given.
    environment : Mapping, optional
        Where the token is looked for; default: the process's environment.

    Raises
    ------
    ConfigError
        For a setting that there is not or that is not allowed, for a token that is too short, and for an
        address that others can reach without a token.
    DataError
        For a file that cannot be read.
    """
    path = config if config is not None else store / FILE
    values = _file(path) if config is not None or path.exists() else {}
    for dotted, value in (given or {}).items():
        if value is not None:
            table, dot, key = dotted.rpartition(".")
            (values.setdefault(table, {}) if dot else values)[key] = value
    token = _token(values.pop("token_file", None), os.environ if environment is None else environment)
    try:
        settings = Settings.model_validate({**values, "store": store, "token": token})
    except ValidationError as error:
        raise ConfigError(_told(error, path, given or {})) from None
    if not settings.is_loopback and settings.token is None:
        raise ConfigError(
            f"--host {settings.host}: others could reach the service there, so it needs a token; put one of "
            f"at least {_SHORTEST_TOKEN} characters into the variable {TOKEN}, or its file's name into "
            f"{FILE} as token_file"
        )
    _check_spending(settings.spending, path)
    return settings


def _told(error: ValidationError, path: Path, given: Mapping[str, Any]) -> str:
    """The first mistake, by the option that made it, or else by the file."""
    first = error.errors(include_url=False)[0]
    where, said = place(first), words(first)
    if given.get(where) is not None:
        return f"--{where.rpartition('.')[2]} {given[where]}: {said}"
    return f"{path}: {where}: {said}"


def _file(path: Path) -> dict[str, Any]:
    try:
        found = tomllib.loads(read_text(path, most_bytes=_LARGEST_FILE).text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None
    for key in ("store", "token"):
        if key in found:
            told = (
                "the folder is told by --store"
                if key == "store"
                else f"a token stands in {TOKEN} or token_file"
            )
            raise ConfigError(f"{path}: {key} cannot be set in a file; {told}")
    for key in ("limits", "spending"):
        if key in found and not isinstance(found[key], dict):
            raise ConfigError(f"{path}: {key} must be a table, [{key}]")
    return found


def _token(file: Any, environment: Mapping[str, str]) -> SecretStr | None:
    """The token; messages never have it."""
    where = TOKEN
    found = environment.get(TOKEN)
    if file is not None:
        if found is not None:
            raise ConfigError(f"token_file and the variable {TOKEN} both give a token; give one of them")
        where = f"token_file {file}"
        found = read_text(str(file), most_bytes=_LARGEST_FILE).text.strip()
    if found is None:
        return None
    if len(found) < _SHORTEST_TOKEN or not found.isascii() or any(c.isspace() for c in found):
        raise ConfigError(
            f"{where}: a token has at least {_SHORTEST_TOKEN} characters of ASCII without spaces; "
            "this one does not"
        )
    return SecretStr(found)


def _check_spending(spending: Spending, path: Path) -> None:
    """A budget says what it may be spent on, and when it ends."""
    if spending.dollars == 0:
        return
    if spending.expires is None or spending.expires.tzinfo is None:
        raise ConfigError(
            f"{path}: spending.expires: a budget needs the time of its end, with a time zone, "
            f"such as {datetime.now(UTC):%Y-%m-%d}T18:00:00Z"
        )
    if not spending.devices:
        raise ConfigError(f"{path}: spending.devices: a budget needs the devices that it may be spent on")
