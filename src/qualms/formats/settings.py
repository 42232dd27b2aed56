"""What a user may set beside a file (`--set KEY=VALUE`): settings of problems, and readings of files that allow for more than one."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from qualms.data.numbers import integer, plain_real, real
from qualms.errors import ConfigError
from qualms.formats.dates import ORDERS
from qualms.formats.distances import DISTANCES

Value = int | float | str


@dataclass(frozen=True)
class Setting:
    """One key.

    Attributes
    ----------
    of : what it belongs to, in words. help : what it does, with its unit.
    read : from a text or a Python value; raises ValueError with what is allowed.
    """

    name: str
    of: str
    help: str
    read: Callable[[Any], Value]


def _integer(value: Any) -> int:
    found = integer(value.strip()) if isinstance(value, str) else plain_real(value)
    if found is None or not math.isfinite(found) or found != int(found) or found < 1:
        raise ValueError("an integer of at least 1")
    return int(found)


def _real(value: Any) -> float:
    found = real(value.strip()) if isinstance(value, str) else plain_real(value)
    if found is None or not math.isfinite(found):
        raise ValueError("a finite number")
    return float(found)


def _one_of(*choices: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in choices:
            raise ValueError(" or ".join(choices))
        return str(value)

    return read


SETTINGS = {s.name: s for s in (
    Setting("risk", "portfolios", "weight of the variance, from 0 (return alone) to 1", _real),
    Setting("most", "portfolios", "assets that may be held", _integer),
    Setting("smallest", "portfolios", "least weight of an asset that is held", _real),
    Setting("largest", "portfolios", "largest weight of an asset", _real),
    Setting("lot", "portfolios", "weights are multiples of it", _real),
    Setting("turnover", "portfolios", "most that the weights may change in sum", _real),
    Setting("least_return", "portfolios", "least expected return in a period", _real),
    Setting("values", "tables of portfolios", "prices, returns, or percent (returns of which 1 is 1 %)", _one_of("prices", "returns", "percent")),
    Setting("missing", "tables of portfolios", "drop leaves days without a number out, carry repeats the last price", _one_of("drop", "carry")),
    Setting("field", "tables of portfolios", "which of several prices of an asset, such as Close", str),
    Setting("dates", "tables of portfolios", "day-first or month-first: how 02/03/2024 is read", _one_of(*ORDERS)),
    Setting("decimal", "tables", ". or , : the decimal mark", _one_of(".", ",")),
    Setting("vehicles", "routes", "the most vehicles there are", _integer),
    Setting("capacity", "routes", "what a vehicle carries", _integer),
    Setting("distances", "files of routes", "how distances are computed from coordinates, whatever the file names", _one_of(*DISTANCES)),
    Setting("instance", "job shops", "which instance of a file that has several", str),
    Setting("sense", "MPS files", "max or min, whatever the file says", _one_of("max", "min")),
    Setting("constants", "LP files", "move or ignore: a constant beside the variables of a constraint", _one_of("move", "ignore")),
)}  # fmt: skip


def read_settings(told: Mapping[str, Any]) -> dict[str, Value]:
    """Values of settings from their texts.

    Raises
    ------
    ConfigError : for an unknown key, or a value that it does not take.
    """
    found = {}
    for key, value in told.items():
        if key not in SETTINGS:
            raise ConfigError(f"unknown setting {key!r}; there are {', '.join(SETTINGS)}")
        try:
            found[key] = SETTINGS[key].read(value)
        except ValueError as error:
            raise ConfigError(f"{key}={value!r}: {error} belongs here ({SETTINGS[key].help})") from None
    return found
