"""What a text tells, as it is gathered clause by clause."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from qualms.language.clauses import Clause
from qualms.language.conditions import Bound, Comparison, Limit, Multiple, Relation, Share
from qualms.language.draft import Draft
from qualms.language.frames import Fact, Figure
from qualms.language.inline import TableTold
from qualms.language.objective import Goal
from qualms.language.things import Thing
from qualms.language.words import root


@dataclass
class Told:
    """What was read so far, on the supposition that a text is about given things.

    Attributes
    ----------
    things : tuple of Thing
        What is to be decided.
    heads : set of str
        Roots of the words by which the text calls all things together.
    draft : Draft
        The model so far.
    clauses : list of Clause
        The text.
    facts : list of Fact
        What it says of one of each thing.
    bounds : list
        Conditions on the things themselves.
    limits : list of Limit
        Conditions on a resource, or on all things together.
    goals : list of Goal
        What is to be as large or as small as can be.
    asked : set of str
        Stems of what the text asks the number or amount of.
    containers : dict of int to Counter
        For each thing, the stems of what it is counted in.
    claimed : set
        Columns that a limit's words fit best, with the direction.
    table : TableTold, optional
        What a table inside the text tells.
    exact : str, optional
        How "must be twice as many" is read: as "=" or as ">=". It is asked if None.
    """

    things: tuple[Thing, ...]
    heads: set[str]
    draft: Draft
    clauses: list[Clause] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    bounds: list[Bound | Share | Multiple | Comparison] = field(default_factory=list)
    limits: list[Limit] = field(default_factory=list)
    goals: list[Goal] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    containers: dict[int, Counter[str]] = field(default_factory=dict)
    claimed: set[tuple[int, Relation]] = field(default_factory=set)
    table: TableTold | None = None
    exact: Relation | None = None

    @property
    def names(self) -> str:
        return ", ".join(t.name for t in self.things)

    @property
    def figures(self) -> list[Figure]:
        """What the text and its table say of one of each thing."""
        found = [f.figure for f in self.facts]
        columns = self.table.columns if self.table is not None else ()
        return found + [f for c in columns for f in c.facts.values()]

    @property
    def unit_roots(self) -> set[str]:
        """Roots of the units that things are counted in."""
        found = {root(c) for counter in self.containers.values() for c in counter if c}
        found |= {root(a) for a in self.asked if a not in ("many", "much", "each")}
        return found | ({root(self.draft.unit)} if self.draft.unit else set())
