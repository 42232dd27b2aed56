"""What a number is of: its unit, the words around it, and the thing that it belongs to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from qualms.language.clauses import Clause
from qualms.language.mentions import Item
from qualms.language.reading import Unclear
from qualms.language.tokens import Token
from qualms.language.words import (
    AUXILIARIES,
    COST,
    DETERMINERS,
    EMPTY,
    GAIN,
    MEASURES,
    PERIODS,
    PREPOSITIONS,
    PRONOUNS,
    VERBS,
    root,
    words,
)

_GAIN = {root(w) for w in GAIN}
_COST = {root(w) for w in COST}
_MONEY_ROLES = _GAIN | _COST
AROUND, BEHIND, BEFORE = 3.0, 1.5, 1.0  # weights of the words of a number by where they stand


@dataclass(frozen=True)
class Figure:
    """A number with what it is of.

    Attributes
    ----------
    token : Token
        The number.
    place : tuple of int
        The clause, and where in it.
    unit : str
        The stem of its unit: "hour", "square foot"; empty for counts.
    family : str
        Units of one family can be converted: "time"; "money" and "%" are families, counts have "".
    words : dict of str to float
        Roots of the words that say what it is of, with weights.
    role : str
        Of money: "gain", "cost" or "".
    period : str
        "week" of "40 hours a week".
    basis : str
        "trip" of "10 dollars per trip".
    said : str
        The words around it.
    """

    token: Token
    place: tuple[int, int]
    unit: str = ""
    family: str = ""
    words: dict[str, float] = field(default_factory=dict)
    role: str = ""
    period: str = ""
    said: str = ""
    basis: str = ""

    @property
    def value(self) -> Fraction:
        return self.token.value


@dataclass(frozen=True)
class Fact:
    """One of a thing has or needs so much."""

    thing: int
    figure: Figure


def figure(clause: Clause, place: int, k: int, last: Figure | None = None) -> Figure:
    """The number at k of a clause with its unit and words."""
    items = clause.items
    token = items[k].token
    behind = _behind(items, k)
    before = _before(items, k)
    unit, family, rest = _unit(token, behind)
    if (
        not unit
        and not family
        and last is not None
        and token.number == "plain"
        and not _noun(behind)
        and last.unit
        and last.family != "money"
        and not (k + 1 < len(items) and items[k + 1].kind == "thing")
    ):
        unit, family = last.unit, last.family
    weights: dict[str, float] = {}
    near = True
    basis, skip = "", -1
    for j, item in enumerate(rest):
        if item.low in ("per", "each", "every") or (
            item.low in ("a", "an") and j + 1 < len(rest) and rest[j + 1].low in PERIODS
        ):
            basis = rest[j + 1].stem if j + 1 < len(rest) else ""
            skip = j + 1
            continue
        if j == skip:
            continue
        if (
            item.low in ("to", "for", "on", "in", "by", "from", "that", "which", "with", "at")
            or item.low in AUXILIARIES
        ):
            near = near and item.low in ("of",)
        _weigh(weights, item, AROUND if near else BEHIND)
    for item in before:
        _weigh(weights, item, BEFORE)
    if unit:
        weights.setdefault(root(unit.split()[-1]), 0.3)
    said_words = [i.token.text for i in rest if i.kind == "word"][:4]
    period = _period(items, k, behind)
    role = role_of(weights) if family in ("money", "%") else ""
    own = {
        w
        for w, v in weights.items()
        if v >= BEFORE and (w not in _MONEY_ROLES or (family not in ("money", "%") and v >= AROUND))
    }
    bare = not own and (family != "money" or not role)
    if bare and last is not None and last.family == family and last.place[0] == place:
        weights = {**dict(last.words.items()), **weights}
        role = role_of(weights) if family in ("money", "%") else ""
    return Figure(token, (place, k), unit, family, weights, role, period, " ".join(said_words), basis)


def _weigh(weights: dict[str, float], item: Item, weight: float) -> None:
    if item.kind != "word" or len(item.low) < 2:
        return
    if item.token.root in _MONEY_ROLES or (item.low not in EMPTY and item.stem not in EMPTY):
        if weight <= BEFORE and item.stem in VERBS and item.token.root not in _MONEY_ROLES:
            weight = 0.4
        weights[item.token.root] = max(weights.get(item.token.root, 0.0), weight)


def _noun(behind: list[Item]) -> bool:
    return (
        bool(behind)
        and behind[0].kind == "word"
        and behind[0].low
        not in (PREPOSITIONS | AUXILIARIES | DETERMINERS | words("and or each per respectively available of"))
    )


def _behind(items: tuple[Item, ...], k: int) -> list[Item]:
    """The items from behind k to the next separator before a number or a thing, or to the end."""
    end = k + 1
    separator = None
    while end < len(items):
        item = items[end]
        if item.kind in ("number", "thing"):
            break
        if item.kind == "mark":
            if item.token.text in ",;:()":
                break
        elif item.low in ("and", "or", "but", "while", "plus") and separator is None:
            separator = end
        end += 1
    if end < len(items) and separator is not None and (items[end].kind in ("number", "thing", "mark")):
        end = separator
    if end == len(items) and separator is not None and _verbish(items[separator + 1 :]):
        end = separator
    found = [i for i in items[k + 1 : end] if i.kind == "word"]
    return [i for i in found if i.low not in ("respectively",)]


def _verbish(items: tuple[Item, ...]) -> bool:
    return (
        bool(items)
        and items[0].kind == "word"
        and (items[0].stem in VERBS or items[0].low in AUXILIARIES | PRONOUNS)
    )


def _before(items: tuple[Item, ...], k: int) -> list[Item]:
    """The words from the last separator, or the number before, to k; through things back to the start."""
    start = k
    while start > 0:
        item = items[start - 1]
        if item.kind == "number":
            break
        if (
            item.kind == "mark"
            and item.token.text in ",;:"
            and any(i.kind == "number" for i in items[:start])
        ):
            break
        if item.low in ("and", "or", "but", "plus") and any(i.kind == "number" for i in items[:start]):
            break
        start -= 1
    if start > 0 and items[start - 1].kind == "number":
        start = k  # the words in between belong to the number before
    return [i for i in items[start:k] if i.kind == "word"]


def _unit(token: Token, behind: list[Item]) -> tuple[str, str, list[Item]]:
    """Unit, family and the words left."""
    if token.number == "money":
        return token.unit, "money", behind
    if token.number == "percent":
        return "%", "%", behind
    for j, item in enumerate(behind[:4]):
        if item.low in PREPOSITIONS | AUXILIARIES or item.low in (
            "of",
            "that",
            "which",
            "and",
            "a",
            "an",
            "each",
            "every",
        ):
            break
        if item.stem in MEASURES and (j == 0 or MEASURES[item.stem][0] in ("time", "day")):
            return item.stem, MEASURES[item.stem][0], behind[:j] + behind[j + 1 :]
        if item.stem == "unit" and j == 0:
            return "", "", behind[1:]
    return "", "", behind


def _period(items: tuple[Item, ...], k: int, behind: list[Item]) -> str:
    """The period of time that a number is for, as in "per week", "a day", "daily"."""
    lows = [i.low for i in behind]
    for j, low in enumerate(lows):
        if low in ("per", "a", "an", "each", "every") and j + 1 < len(lows) and lows[j + 1] in PERIODS:
            return PERIODS[lows[j + 1]]
        if low in ("daily", "weekly", "monthly", "yearly", "annually", "hourly", "everyday"):
            return PERIODS[low]
    return ""


def role_of(weights: dict[str, float]) -> str:
    """Whether a sum of money with such words is a gain or a cost; "" where that is open."""
    gain = max((v for w, v in weights.items() if w in _GAIN), default=0.0)
    cost = max((v for w, v in weights.items() if w in _COST), default=0.0)
    if gain == cost:
        return ""
    return "gain" if gain > cost else "cost"


def in_order(clause: Clause, numbers: Sequence[int], inherited: tuple[int, ...], count: int) -> bool:
    """Whether "which cost 2 and 3, respectively" tells one number of each thing named before."""
    return (
        "respectively" in clause.text
        and re.match(r"(?:they|these|which|that)\b", clause.text) is not None
        and len(inherited) == len(numbers) == count
    )


def facts(
    clause: Clause,
    place: int,
    numbers: list[int],
    inherited: tuple[int, ...],
    count: int,
    every: bool = False,
) -> list[Fact]:
    """What a clause says of one of each thing.

    Parameters
    ----------
    clause : Clause
        A clause whose numbers at `numbers` are not limits.
    place : int
        Its number.
    numbers : list of int
        Positions of the numbers.
    inherited : tuple of int
        The things of the clause before, for a clause without a subject.
    count : int
        How many things there are.
    every : bool
        Whether a clause without a thing is about all of them.

    Raises
    ------
    Unclear
        Where it cannot be told which number belongs to which thing.
    """
    figures: list[Figure] = []
    for k in numbers:
        figures.append(figure(clause, place, k, figures[-1] if figures else None))
    things = [(k, i.thing) for k, i in enumerate(clause.items) if i.kind == "thing"]
    if not things:
        if every or _all(clause):
            return [Fact(t, f) for f in figures for t in range(count)]
        if clause.continues and len(inherited) == 1:
            return [Fact(inherited[0], f) for f in figures]
        if in_order(clause, numbers, inherited, count):
            return [Fact(t, f) for t, f in zip(inherited, figures, strict=True)]
        raise Unclear(f"What does the number in “{clause.said}” belong to?", 2)
    return _attached(clause, figures, things, numbers)


def _attached(
    clause: Clause, figures: list[Figure], things: list[tuple[int, int]], numbers: list[int]
) -> list[Fact]:
    text = clause.text
    distinct = list(dict.fromkeys(t for _, t in things))
    if len(distinct) == 1:
        return [Fact(distinct[0], f) for f in figures]
    order = sorted([(k, "T", t) for k, t in things] + [(k, "N", n) for n, k in enumerate(numbers)])
    shape = "".join(kind for _, kind, _ in order)
    runs = re.findall(r"T+|N+", shape)
    if len(runs) == 2 and len(runs[0]) == len(runs[1]) == len(distinct):
        return [Fact(t, f) for (_, t), f in zip(things, figures, strict=True)]
    if "respectively" in text:
        return _respectively(clause, order, figures)
    if len(runs) == 2 and len(figures) >= 1 and len(runs[0 if runs[0][0] == "T" else 1]) == len(distinct):
        listed = re.search(r"@\d+(?: ,)?(?:(?: and| or| ,) @\d+)+", text)
        if listed and (things[0][1] != things[-1][1]) and _for_each(clause, things):
            return [Fact(t, f) for f in figures for t in distinct]
    found: list[Fact] = []
    if shape[0] == "T" and shape[-1] == "N" and all(len(r) == 1 for r in runs[::2]):
        current = -1
        for _, kind, value in order:
            if kind == "T":
                current = value
            else:
                found.append(Fact(current, figures[value]))
        return found
    if shape[0] == "N" and shape[-1] == "T" and all(len(r) == 1 for r in runs[1::2]):
        waiting: list[int] = []
        for _, kind, value in order:
            if kind == "N":
                waiting.append(value)
            else:
                found += [Fact(value, figures[w]) for w in waiting]
                waiting = []
        return found
    raise Unclear(f"Which number belongs to which thing in “{clause.said}”?", 2)


def _respectively(clause: Clause, order: list[tuple[int, str, int]], figures: list[Figure]) -> list[Fact]:
    """Lists of equal length, in order; several lists of numbers may stand before or behind one of things."""
    things = [value for _, kind, value in order if kind == "T"]
    numbers = [value for _, kind, value in order if kind == "N"]
    shape = "".join(kind for _, kind, _ in order)
    if len(things) == len(numbers) and re.fullmatch(r"T+N+|N+T+", shape):
        return [Fact(t, figures[n]) for t, n in zip(things, numbers, strict=True)]
    raise Unclear(f"Which number belongs to which thing in “{clause.said}”?", 2)


def _for_each(clause: Clause, things: list[tuple[int, int]]) -> bool:
    """Whether a clause about several things says that its numbers hold for each of them."""
    first = clause.items[things[0][0]]
    return first.each or bool(re.search(r"\b(both|each|either|per|apiece|every)\b", clause.text))


def _all(clause: Clause) -> bool:
    """Whether the subject of a clause without a thing is all of them: "both", "each"."""
    return bool(
        re.match(r"(?:they )?(?:both|each|all|either)\b(?! (?:day|week|month|year|hour)\b)", clause.text)
        and not re.search(r"available|machine is|team is|budget", clause.text)
    )
