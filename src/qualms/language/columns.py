"""The numbers of one resource, or of the goal, put together for all things."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from qualms.language.frames import AROUND, Fact, Figure
from qualms.language.reading import Unclear
from qualms.language.words import MEASURES, PERIODS, root, words

_PORTIONS = {root(w) for w in words("unit cup scoop slice piece bag can bottle pack serving portion")}


@dataclass
class Column:
    """The numbers of one resource, or of the goal, by thing."""

    facts: dict[int, Figure]

    @property
    def family(self) -> str:
        return next(iter(self.facts.values())).family

    @property
    def role(self) -> str:
        roles = {f.role for f in self.facts.values()} - {""}
        return roles.pop() if len(roles) == 1 else ""

    @property
    def period(self) -> str:
        periods = {f.period for f in self.facts.values()}
        return periods.pop() if len(periods) == 1 else ""

    @property
    def mixed(self) -> str:
        """What the numbers are told per, where that differs: "kg or bag", "day or week"; otherwise empty."""
        for said in ({f.period for f in self.facts.values()}, {f.basis for f in self.facts.values()}):
            told = said - {""}
            if len(told) > 1 and (told & PERIODS.keys() or told & MEASURES.keys()):
                return " or ".join(sorted(told))
        return ""

    @property
    def words(self) -> dict[str, float]:
        found: dict[str, float] = {}
        for figure in self.facts.values():
            for word, weight in figure.words.items():
                found[word] = max(found.get(word, 0.0), weight)
        return found

    @property
    def name(self) -> str:
        return next(iter(self.facts.values())).said


def columns(found: list[Fact], names: tuple[str, ...], reached: bool = False) -> list[Column]:
    """Facts put together by what they are of.

    Parameters
    ----------
    found : list of Fact
        What the text tells of one of each thing.
    names : tuple of str
        Of the things.
    reached : bool
        Whether the goal counts people, whom a text may call viewers here and readers there.

    Raises
    ------
    Unclear
        Where two numbers of a thing cannot be told apart.
    """
    by_thing: dict[int, list[Figure]] = {}
    for fact in found:
        here = by_thing.setdefault(fact.thing, [])
        if not any(f.place == fact.figure.place for f in here):
            here.append(fact.figure)
    order = sorted(by_thing, key=lambda t: (-len(by_thing[t]), t))
    out: list[Column] = []
    for thing in order:
        rarity = Counter(w for column in out for w in column.words)
        pairs: list[tuple[float, int, int]] = []
        for j, one in enumerate(by_thing[thing]):
            for c, column in enumerate(out):
                if compatible(one, column) and not (_of_another(one, column) and not reached):
                    pairs.append((likeness(one.words, column.words, rarity), j, c))
        taken: dict[int, int] = {}
        used: set[int] = set()
        for score, j, c in sorted(pairs, key=lambda p: -p[0]):
            if j in taken or c in used:
                continue
            if score <= 0:
                if not _only(by_thing[thing], j, out, c, taken, used, reached):
                    continue
            elif any(
                abs(s - score) < 1e-9
                and (a == j) != (b == c)
                and a not in taken
                and b not in used
                and (a == j or b == c)
                for s, a, b in pairs
            ):
                raise Unclear(
                    f"Which of the numbers of {names[thing]} are of the same kind as those of the others?",
                    3,
                )
            taken[j] = c
            used.add(c)
        for j, one in enumerate(by_thing[thing]):
            if j in taken:
                out[taken[j]].facts[thing] = one
            else:
                out.append(Column({thing: one}))
    return out


def _of_another(one: Figure, column: Column) -> bool:
    """Whether a number and a column are of materials with names of their own: cups of milk and of berries."""
    if one.family in ("money", "%"):
        return False
    mine = {w for w, v in one.words.items() if v >= AROUND} - _PORTIONS
    theirs = {w for w, v in column.words.items() if v >= AROUND} - _PORTIONS
    return bool(mine and theirs) and not any(alike(a, b) for a in mine for b in theirs)


def _only(
    figures: list[Figure],
    j: int,
    out: list[Column],
    c: int,
    taken: dict[int, int],
    used: set[int],
    reached: bool,
) -> bool:
    """Whether a number and a column are the only ones left of their family."""
    mine = [k for k, f in enumerate(figures) if k not in taken and f.family == figures[j].family]
    theirs = [k for k, column in enumerate(out) if k not in used and column.family == figures[j].family]
    return mine == [j] and theirs == [c] and (figures[j].family != "" or reached)


def compatible(one: Figure, column: Column) -> bool:
    """Whether a number may be of the kind of a column."""
    if one.family != column.family:
        return False
    return not (one.role and column.role and one.role != column.role)


def likeness(a: dict[str, float], b: dict[str, float], rarity: Counter[str]) -> float:
    """How much two sets of words have in common; words that many columns have count less."""
    total = 0.0
    for x, weight in a.items():
        best = 0.0
        for y, other in b.items():
            if alike(x, y):
                best = max(best, weight * other / max(1, rarity[y]))
        total += best
    return total


def alike(x: str, y: str) -> bool:
    """Whether two roots are of one word."""
    if x == y:
        return True
    size = min(len(x), len(y))
    return size >= 5 and x[:size] == y[:size] and abs(len(x) - len(y)) <= 3
