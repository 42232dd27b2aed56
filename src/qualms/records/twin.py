"""What everything quantum brings along: its twins, the classical controls that it is compared with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import singledispatch
from typing import Any

from qualms.errors import ConfigError


@dataclass(frozen=True)
class Twin:
    """A classical control: the same work on the same budget, with the quantum part replaced or switched off.

    Attributes
    ----------
    name : str
        A run of it is called "METHOD/NAME".
    control : str
        What is different, as a phrase: "the circuit without entangling gates". Records carry it, and reports
        show it.
    make : Callable
        Makes the twin of the quantum thing that it is given, and of what its kind needs besides.
    """

    name: str
    control: str
    make: Callable[..., Any] = field(repr=False, compare=False)

    def name_of(self, method: str) -> str:
        """What a run of this twin of a method is called."""
        return f"{method}/{self.name}"


@singledispatch
def declared_twins(thing: Any) -> tuple[Twin, ...]:
    """The twins that something declares: its attribute `twins`, or what is registered here for its type.

    Parameters
    ----------
    thing : Any
        A solver, an adapter's configuration, an optimizer's perturbation, a learner.
    """
    return tuple(getattr(thing, "twins", ()))


def twins_of(thing: Any) -> tuple[Twin, ...]:
    """The twins of something that may be quantum.

    Parameters
    ----------
    thing : Any
        With a `quadrant` that says what it computes on.

    Returns
    -------
    tuple[Twin, ...]
        At least one for everything whose quadrant is quantum.

    Raises
    ------
    ConfigError
        For something quantum that declares none: nothing quantum is shown without its control.
    """
    found = declared_twins(thing)
    if thing.quadrant.is_quantum and not found:
        name = getattr(thing, "name", type(thing).__name__)
        raise ConfigError(
            f"{name} computes on {thing.quadrant.compute} and declares no classical twin; give it `twins`, "
            "see qualms.records.Twin"
        )
    return found


def twin_named(twins: tuple[Twin, ...], name: str, of: str) -> Twin:
    """The twin of that name. Raises ConfigError, with those there are, if there is none."""
    for twin in twins:
        if twin.name == name:
            return twin
    raise ConfigError(f"unknown twin {name!r} of {of}; there are {', '.join(t.name for t in twins)}")
