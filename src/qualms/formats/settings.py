"""What a user may set beside a file (`--set KEY=VALUE`): fields of problems, and readings of files that allow
for more than one.

Each is declared once, in `SETTINGS`. The command line, the readers and the table in docs/solving.md take it
from there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qualms.data.numbers import integer, plain_real, real
from qualms.errors import ConfigError
from qualms.formats.dates import ORDERS
from qualms.formats.distances import DISTANCES
from qualms.problems.portfolio import Portfolio
from qualms.problems.problem import Problem
from qualms.problems.routing import Routing

Value = int | float | str


@dataclass(frozen=True)
class Setting:
    """One key.

    Attributes
    ----------
    name : str
        As the user types it.
    type : type[int] | type[float] | type[str]
        Class int, float or str.
    of : str
        The problems or files that take it, in words.
    help : str
        What it does.
    unit : str
        Of the number, or empty.
    least, most : float
        The smallest and the largest number that it may be.
    choices : tuple of str
        The words that it may be; empty where any text may stand.
    field_of : class or None
        The class of problem of which it is a field. None where a reader of files takes it.
    """

    name: str
    type: type[int] | type[float] | type[str]
    of: str
    help: str
    unit: str = ""
    least: float = -math.inf
    most: float = math.inf
    choices: tuple[str, ...] = ()
    field_of: Any = None

    @property
    def values(self) -> str:
        """What may stand for it, in words."""
        if self.choices:
            return " or ".join(self.choices)
        if self.type is str:
            return "a text"
        what = "an integer" if self.type is int else "a finite number"
        if math.isfinite(self.most):
            return f"{what} from {self.least:g} to {self.most:g}"
        return f"{what} of at least {self.least:g}" if math.isfinite(self.least) else what

    def read(self, value: Any) -> Value:
        """Its value from a text or a Python value.

        Raises
        ------
        ConfigError
            For what it does not take; the message says what it takes.
        """
        found = self._number(value) if self.type is not str else str(value)
        if found is None or (self.choices and found not in self.choices):
            unit = f", {self.unit}" if self.unit else ""
            raise ConfigError(f"{self.name}={value!r} must be {self.values} ({self.help}{unit})")
        return found

    def _number(self, value: Any) -> int | float | None:
        told = value.strip() if isinstance(value, str) else None
        read = integer if self.type is int else real
        found = plain_real(value) if told is None else read(told)
        if found is None or not math.isfinite(found) or not self.least <= found <= self.most:
            return None
        if self.type is int and found != int(found):
            return None
        return int(found) if self.type is int else float(found)


def _portfolio(name: str, kind: Any, help: str, unit: str = "", **limits: float) -> Setting:
    return Setting(name, kind, "portfolios", help, unit, field_of=Portfolio, **limits)  # type: ignore[arg-type]


def _table(name: str, help: str, *choices: str) -> Setting:
    return Setting(name, str, "tables of portfolios", help, choices=choices)


SETTINGS = {
    s.name: s
    for s in (
        _portfolio("risk", float, "weight of the variance: 0 is return alone, 1 variance alone", least=0),
        _portfolio("most", int, "the most assets that may be held", "assets", least=1),
        _portfolio(
            "smallest", float, "least weight of an asset that is held", "share of the whole", least=0, most=1
        ),
        _portfolio("largest", float, "largest weight of an asset", "share of the whole", least=0, most=1),
        _portfolio("lot", float, "weights are multiples of it", "share of the whole", least=0, most=1),
        _portfolio(
            "held", str, "file of the weights that are held now: a table with the columns asset and weight"
        ),
        _portfolio(
            "turnover",
            float,
            "the most that weights may change in sum; needs held",
            "shares of the whole",
            least=0,
        ),
        _portfolio("least_return", float, "least expected return", "a period"),
        _table(
            "values",
            "how the numbers are read; percent: returns of which 1 is 1 %",
            "prices",
            "returns",
            "percent",
        ),
        _table(
            "missing", "drop leaves days without a number out, carry repeats the last price", "drop", "carry"
        ),
        _table("field", "which of several prices of an asset, such as Close"),
        _table("dates", "how 02/03/2024 is read", *ORDERS),
        Setting("decimal", str, "tables", "the decimal mark", choices=(".", ",")),
        Setting(
            "vehicles", int, "routes", "the most vehicles there are", "vehicles", least=1, field_of=Routing
        ),
        Setting(
            "capacity",
            int,
            "routes",
            "what a vehicle carries",
            "that of the demands",
            least=1,
            field_of=Routing,
        ),
        Setting(
            "distances",
            str,
            "files of routes",
            "how distances are computed from coordinates, whatever the file names",
            choices=tuple(DISTANCES),
        ),
        Setting("instance", str, "files of job shops", "which instance of a file that has several"),
        Setting("sense", str, "MPS files", "the sense, whatever the file says", choices=("max", "min")),
        Setting(
            "constants",
            str,
            "LP files",
            "what happens to a constant beside the variables of a constraint",
            choices=("move", "ignore"),
        ),
    )
}


def read_settings(told: Mapping[str, Any]) -> dict[str, Value]:
    """Values of settings from their texts.

    Raises
    ------
    ConfigError
        For an unknown key, or a value that it does not take.
    """
    unknown = next((key for key in told if key not in SETTINGS), None)
    if unknown is not None:
        raise ConfigError(f"unknown setting {unknown!r}; there are {', '.join(SETTINGS)}")
    return {key: SETTINGS[key].read(value) for key, value in told.items()}


def fields_of(problem: Problem) -> list[str]:
    """The settings that a problem takes itself."""
    return [s.name for s in SETTINGS.values() if s.field_of is not None and isinstance(problem, s.field_of)]
