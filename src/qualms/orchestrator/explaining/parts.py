"""What an explanation consists of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qualms.records import Interval
from qualms.solve.sensitivity import Rate


@dataclass(frozen=True)
class Goal:
    """The objective.

    Attributes
    ----------
    name, unit : str
        As the user calls it.
    sense : str
        "min" or "max".
    value : number or None
        Of the answer, computed from the problem as it was given.
    """

    name: str
    unit: str
    sense: str
    value: int | float | None


@dataclass(frozen=True)
class Limit:
    """What no answer can pass.

    Attributes
    ----------
    value : number
        The bound.
    how : str
        Where it comes from.
    verified : bool
        Whether arithmetic of Qualms proves it, or a solver is taken at its word.
    gap : float or None
        Distance from the answer, relative to the answer's objective.
    """

    value: int | float
    how: str
    verified: bool
    gap: float | None


@dataclass(frozen=True)
class Binding:
    """A constraint or bound that the answer meets with equality.

    Attributes
    ----------
    name : str
        As the user calls it.
    text : str
        With its side: "carpentry (at most 240 hours)".
    of : str
        "row low", "row high", "row", "low" or "high".
    side : float
        Its number.
    unit : str
        Of the side.
    rate : Rate or None
        What moving the side brings; None where that was not computed.
    integers_fixed : bool
        Whether the rate's dual holds the integer variables at their values.
    """

    name: str
    text: str
    of: str
    side: float
    unit: str
    rate: Rate | None
    integers_fixed: bool


@dataclass(frozen=True)
class ArmStory:
    """One arm in one sentence, with the numbers of `Result.to_dict`."""

    solver: str
    sentence: str
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Contribution:
    """What a quantum arm found beyond one of its classical twins.

    Attributes
    ----------
    solver, twin : str
        Their names.
    difference : float or None
        Objective of the quantum arm less that of its twin; None where one of them found nothing feasible.
    better : bool or None
        Whether the difference is to the good.
    interval : Interval or None
        Of the same difference over paired runs, where records of at least two seeds were given.
    sentence : str
        The same in words.
    """

    solver: str
    twin: str
    difference: float | None
    better: bool | None
    interval: Interval | None
    sentence: str


@dataclass(frozen=True)
class Receipt:
    """By which somebody else can find the same again.

    Attributes
    ----------
    fingerprint : str
        Of the problem's data.
    specification_sha256 : str
        Of the specification's JSON.
    seeds : tuple of int
        Of the arms.
    versions : Mapping
        Installed packages.
    machine : Mapping
        The kind of machine.
    created_at : str
        Time of the explanation.
    quadrant : str
        The one furthest from classical of the arms that ran.
    winner_quadrant : str or None
        Of the arm whose answer this is.
    seconds : float
        Of the whole run.
    """

    fingerprint: str
    specification_sha256: str
    seeds: tuple[int, ...]
    versions: Mapping[str, str | None]
    machine: Mapping[str, Any]
    created_at: str
    quadrant: str
    winner_quadrant: str | None
    seconds: float
