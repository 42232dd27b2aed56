"""The kinds of conditions that a clause can state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from qualms.language.frames import Figure

Relation = Literal["<=", ">=", "="]
FLIP: dict[Relation, Relation] = {"<=": ">=", ">=": "<=", "=": "="}


@dataclass(frozen=True)
class Bound:
    """Things, together or each, against a number."""

    things: tuple[int, ...]
    together: bool
    relation: Relation
    figure: Figure
    words: str
    strict: bool = False
    container: str = ""


@dataclass(frozen=True)
class Limit:
    """A resource, or the total of all things, against a number."""

    relation: Relation
    figure: Figure
    words: str
    each: bool = False
    strict: bool = False
    assumed: bool = False
    total: bool = False
    either: bool = False
    continued: bool = False
    of: tuple[int, int] | None = None  # the place of a number of the same resource, where a table tells it


@dataclass(frozen=True)
class Share:
    """A thing against a share of the total."""

    thing: int
    relation: Relation
    figure: Figure
    base: tuple[str, ...]
    words: str
    strict: bool = False


@dataclass(frozen=True)
class Multiple:
    """A thing against a multiple of another."""

    left: int
    relation: Relation
    figure: Figure
    right: int
    words: str
    strict: bool = False


@dataclass(frozen=True)
class Comparison:
    """A thing against another."""

    left: int
    relation: Relation
    right: int
    words: str
    strict: bool = False


Found = Bound | Limit | Share | Multiple | Comparison


@dataclass(frozen=True)
class Bounds:
    """What a clause binds.

    Attributes
    ----------
    found : tuple of Found
        The constraints.
    free : tuple of int
        Positions of the numbers that are not in them.
    """

    found: tuple[Found, ...]
    free: tuple[int, ...]
