"""Angles of gates that get their values later."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from qualms.data.numbers import as_real
from qualms.errors import ConfigError


@dataclass(frozen=True)
class Parameter:
    """scale · (product of named values) + shift, in radians.

    ``Parameter("g")``, ``2 * Parameter("g") + 0.1`` and ``Parameter("w0") * Parameter("x0")`` are angles of
    gates. One product is all that encoders, re-uploading and QAOA need, and it is differentiated at sight.
    """

    names: tuple[str, ...]
    scale: float = 1.0
    shift: float = 0.0

    def __init__(self, names: str | tuple[str, ...], scale: float = 1.0, shift: float = 0.0) -> None:
        listed = (names,) if isinstance(names, str) else tuple(names)
        if not listed or not all(isinstance(n, str) and n for n in listed):
            raise ConfigError(f"a parameter needs at least one name, and names are words; got {names!r}")
        object.__setattr__(self, "names", tuple(sorted(listed)))
        object.__setattr__(self, "scale", as_real(scale, f"parameter {'*'.join(listed)}: the scale"))
        object.__setattr__(self, "shift", as_real(shift, f"parameter {'*'.join(listed)}: the shift"))

    __array_ufunc__ = None  # numpy leaves `number * parameter` to the parameter

    def __mul__(self, other: Parameter | float) -> Parameter:
        if isinstance(other, Parameter):
            if self.shift or other.shift:
                raise ConfigError(
                    f"({self}) · ({other}) is not a single product; multiply parameters before adding to them"
                )
            return Parameter(self.names + other.names, self.scale * other.scale)
        factor = as_real(other, f"({self}): the factor")
        return Parameter(self.names, self.scale * factor, self.shift * factor)

    __rmul__ = __mul__

    def __truediv__(self, other: float) -> Parameter:
        divisor = as_real(other, f"({self}): the divisor")
        if divisor == 0:
            raise ConfigError(f"({self}) cannot be divided by 0")
        return Parameter(self.names, self.scale / divisor, self.shift / divisor)

    def __add__(self, other: Parameter | float) -> Parameter:
        if isinstance(other, Parameter):
            if self.names != other.names:
                raise ConfigError(
                    f"({self}) + ({other}) is not a single product; give the sum a name of its own"
                )
            return Parameter(self.names, self.scale + other.scale, self.shift + other.shift)
        return Parameter(self.names, self.scale, self.shift + as_real(other, f"({self}): the summand"))

    __radd__ = __add__

    def __sub__(self, other: Parameter | float) -> Parameter:
        return self + (-other)

    def __rsub__(self, other: float) -> Parameter:
        return -self + other

    def __neg__(self) -> Parameter:
        return self * -1.0

    def at(self, values: Mapping[str, float]) -> float:
        """Its value.

        Raises
        ------
        ConfigError
            For a name without a value, or a value that is no finite number.
        """
        missing = [n for n in self.names if n not in values]
        if missing:
            raise ConfigError(f"parameter {missing[0]} has no value")
        return (
            self.scale * math.prod(as_real(values[n], f"parameter {n}: the value") for n in self.names)
            + self.shift
        )

    def __str__(self) -> str:
        scale = "" if self.scale == 1 else "-" if self.scale == -1 else f"{self.scale:.4g}*"
        return scale + "*".join(self.names) + (f"{self.shift:+.4g}" if self.shift else "")


Angle = Parameter | float


def bound(angle: Angle, values: Mapping[str, float]) -> Angle:
    """The angle with values for some of its names, or for all of them: then it is a number."""
    if not isinstance(angle, Parameter):
        return angle
    scale = angle.scale * math.prod(
        as_real(values[n], f"parameter {n}: the value") for n in angle.names if n in values
    )
    left = tuple(n for n in angle.names if n not in values)
    return Parameter(left, scale, angle.shift) if left else scale + angle.shift
