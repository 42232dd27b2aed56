"""For each limit the resource that it limits, or the total of all things."""

from __future__ import annotations

import re
from collections import Counter
from fractions import Fraction

from qualms.language.columns import Column, alike, likeness
from qualms.language.conditions import Limit, Relation
from qualms.language.cues import HAVE
from qualms.language.draft import Row, plain, plural, quantity
from qualms.language.frames import Figure
from qualms.language.reading import Unclear
from qualms.language.told import Told
from qualms.language.words import MEASURES, TOTALS, VERBS, root, words
from qualms.specification.base import Quantity


def limit_rows(told: Told, table: list[Column]) -> set[int]:
    """Finds for each limit the column that it limits; returns the columns that were used."""
    used: set[int] = set()
    taken: dict[tuple[int, Relation], Figure] = {}
    rarity: Counter[str] = Counter(w for column in table for w in column.words)
    told.claimed = set()
    later: list[Limit] = []
    for limit in told.limits:
        top = _top(told, limit, table, rarity)
        if len(top) == 1:
            told.claimed.add((top[0], limit.relation))
        else:
            later.append(limit)
    for limit in [o for o in told.limits if o not in later] + later:
        if (
            limit.figure.token.spelled
            and limit.figure.value <= 12
            and not limit.figure.unit
            and limit.assumed
        ):
            raise Unclear(f"Is the number in “{limit.words}” a limit?", 5)
        if limit.assumed:
            told.draft.assume(f"“{limit.words}” was read as “at least”.")
        if limit.strict:
            told.draft.assume(f"“{limit.words}” was read with the bound itself allowed.")
        found = _columns_of(told, limit, table, rarity)
        if found is None:
            _total(told, limit)
            continue
        for c in found:
            key = (c, limit.relation)
            if key in taken and taken[key].value != limit.figure.value:
                raise Unclear(
                    f"Two limits seem to be about {table[c].name or 'the same'}: “{limit.words}” is "
                    f"the second. "
                    "What is each of them about?",
                    5,
                )
            taken[key] = limit.figure
            _row(told, limit, table[c])
            used.add(c)
    return used


def _top(told: Told, limit: Limit, table: list[Column], rarity: Counter[str]) -> list[int]:
    """The columns that a limit's words fit best."""
    if limit.of is not None:
        return _of_table(limit, table)
    able = [c for c, column in enumerate(table) if _fits(told, limit.figure, column)]
    scores = {c: likeness(limit.figure.words, table[c].words, rarity) for c in able}
    best = max(scores.values(), default=0.0)
    return [c for c in able if best > 0 and scores[c] > best - 1e-9]


_SPENT = re.compile(r"\b(?:spend|spent|spending|budget)\b")


def _of_table(limit: Limit, table: list[Column]) -> list[int]:
    """The column of a table that a limit of the same table is of."""
    return [c for c, column in enumerate(table) if any(f.place == limit.of for f in column.facts.values())]


def _columns_of(told: Told, limit: Limit, table: list[Column], rarity: Counter[str]) -> list[int] | None:
    """The columns of a limit; None where it is about the total of all things."""
    figure = limit.figure
    if limit.of is not None:
        return _of_table(limit, table)
    if limit.total:
        nouns = {w for w, v in figure.words.items() if v >= 3}
        if any(
            alike(n, w)
            for n in nouns
            for c in table
            for w, v in c.words.items()
            if v >= 3 and n not in told.heads
        ):
            raise Unclear(
                f"Is “{limit.words}” about all things together, or about something that they need?", 5
            )
        if limit.either:
            told.draft.assume(f"“{limit.words}” was read as all of them together.")
        return None
    able = [c for c, column in enumerate(table) if _fits(told, figure, column)]
    scores = {c: likeness(figure.words, table[c].words, rarity) for c in able}
    nouns = {w for w, v in figure.words.items() if v >= 3}
    total = _is_total(told, limit, nouns)
    best = max(scores.values(), default=0.0)
    top = [c for c in able if scores[c] > best - 1e-9 and best > 0]
    if len(top) > 1 and not limit.each:
        top = [c for c in top if (c, limit.relation) not in told.claimed] or top
    if total:
        strong = [
            c for c in top if any(alike(n, w) for n in nouns for w, v in table[c].words.items() if v >= 3)
        ]
        if strong and figure.unit and figure.unit == told.draft.unit:
            same = [c for c in strong if {w for w, v in table[c].words.items() if v >= 3} >= nouns]
            if len(same) == 1 and len(strong) == 1 and table[same[0]].family in ("%", figure.family):
                return same
            if nouns - told.heads:
                raise Unclear(
                    f"Is “{limit.words}” about all things together, or about {table[strong[0]].name}?", 5
                )
        exact = [c for c in strong if {w for w, v in table[c].words.items() if v >= 3} == nouns]
        if (
            len(exact) == 1
            and not re.search(r"\btotal|\bcombined|\beither", limit.words)
            and not figure.unit
            and (limit.relation == ">=" or HAVE.search(limit.words))
        ):
            return exact
        if strong and nouns <= told.heads | told.unit_roots and re.search(r"\btotal\b", limit.words):
            mine = [
                n for n in nouns if not any(alike(n, w) for w, v in table[strong[0]].words.items() if v >= 3)
            ]
            strong = [] if mine else strong
        if strong and not (figure.unit and figure.unit == told.draft.unit):
            raise Unclear(
                f"Is “{limit.words}” about all things together, or about {table[strong[0]].name}?", 5
            )
        return None
    if limit.each and len(able) > 1 and (len(top) != 1 or _spread(told, limit, [table[c] for c in able])):
        same = [c for c in able if table[c].family == figure.family and figure.family]
        if same:
            told.draft.assume(
                f"“{limit.words}” was read as a limit of its own for each of {len(same)} resources."
            )
            return same
    if len(top) == 1:
        return top
    if not top and (figure.family in ("money", "time") or (figure.family and not nouns)):
        own = [c for c in able if figure.family != "money" or table[c].role != "gain"]
        rivals = [o for o in told.limits if o.figure.family == figure.family]
        if len(own) == 1 and len(rivals) == 1:
            return own
        if figure.family == "money" and len(rivals) == 1:
            costs = [c for c in own if table[c].role == "cost"]
            if len(costs) == 1:
                return costs
    if figure.family == "money" and figure.role != "gain" and _SPENT.search(limit.words.lower()):
        costs = [c for c in top if table[c].role == "cost"]
        if len(costs) == 1:
            return costs
    if len(top) > 1:
        raise Unclear(f"Which of the numbers of each thing does “{limit.words}” limit?", 5)
    raise Unclear(f"What does “{limit.words}” limit? No number of each thing is of that kind.", 5)


def _spread(told: Told, limit: Limit, able: list[Column]) -> bool:
    """Whether "each machine" names a word that all columns have."""
    found = re.search(r"\b(?:each|both|every) ((?:[\w'-]+ ?){1,3})", limit.words.lower())
    if found is None:
        return False
    for one in found.group(1).split():
        if sum(any(alike(root(one), w) for w in c.words) for c in able) == len(able):
            return True
    return bool(
        re.search(
            r"\b(?:each|both|every) (?:\w+ )?(?:machines?|devices?|equipment|tools?|teams?|processes"
            r"|stations?|departments?|factory|factories|ovens?)\b",
            limit.words.lower(),
        )
    )


def _fits(told: Told, figure: Figure, column: Column) -> bool:
    if column.family == "%" and figure.unit and figure.unit == told.draft.unit and not column.role:
        return True
    if figure.family != column.family:
        return False
    if figure.family == "money":
        return not (figure.role and column.role and figure.role != column.role) and not (
            not figure.role and column.role == "gain"
        )
    if figure.unit != (unit := next(iter(column.facts.values())).unit):
        return figure.unit in MEASURES and unit in MEASURES and MEASURES[unit][0] == MEASURES[figure.unit][0]
    return True


def _is_total(told: Told, limit: Limit, nouns: set[str]) -> bool:
    figure = limit.figure
    unit = told.draft.unit
    if figure.family == "money":
        return unit == "dollar"
    if figure.unit:
        return figure.unit == unit
    if figure.family == "%":
        return False
    known = told.heads | told.unit_roots | TOTALS
    if _people(told) & nouns:
        if not nouns & {root("ticket"), root("seat"), root("pass")}:
            told.draft.assume(
                f"“{limit.words}” was read as a limit of the number of all {told.names}, one for each person."
            )
        return True
    plain = {n for n in nouns if n in known or n not in {root(v) for v in VERBS}}
    if not plain:
        known = {w for f in told.facts for w in f.figure.words if w not in ("unit",)}
        return (
            bool(re.search(r"\b(?:total|combined|altogether|together)\b", limit.words))
            and not (set(figure.words) - told.heads) & known
        )
    everything = re.search(
        rf"{re.escape(figure.token.text)} total \w|\btotal$|\bin total\b|\baltogether\b|\bcombined\b"
        rf"|\btotal of either\b",
        limit.words,
    )
    if everything and not any(w in c.figure.words for c in told.facts for w in plain):
        return True
    return plain <= known


def _people(told: Told) -> set[str]:
    """Roots of words for those who take a seat or a ticket each, where that is what is sold."""
    if not (told.heads | told.unit_roots) & {root("ticket"), root("seat"), root("pass")}:
        return set()
    known = {w for f in told.facts for w in f.figure.words}
    return {
        root(w)
        for w in (
            "passenger",
            "person",
            "customer",
            "guest",
            "visitor",
            "rider",
            "seat",
            "ticket",
            "traveler",
        )
    } - known


def _runs_each(told: Told, limit: Limit) -> bool:
    """Whether "each press can run for at most 12 hours" is of the hours of each thing."""
    match = re.search(
        r"\b(?:each|every) ([\w'-]+) (?:can|may|must) (?:only )?(?:be )?(?:run|used|operated?|work)\b",
        limit.words.lower(),
    )
    return match is not None and root(match[1]) in told.heads and limit.figure.family in ("time", "day")


def _total(told: Told, limit: Limit) -> None:
    for row in told.draft.rows:
        if (
            row.name == "total"
            and row.relation == limit.relation
            and row.right.value != plain(limit.figure.value)
        ):
            raise Unclear(f"There are two limits of the total; what is “{limit.words}” about?", 5)
    if limit.continued and not limit.total:
        raise Unclear(f"Is “{limit.words}” about all things together, or about one of them?", 5)
    if limit.assumed:
        raise Unclear(f"Does “{limit.words}” mean exactly that many, at least, or at most?", 5)
    if limit.each and not _runs_each(told, limit):
        raise Unclear(f"Is “{limit.words}” about all things together, or about each of them?", 5)
    one = Quantity(value=1)
    if limit.each:
        for t, thing in enumerate(told.things):
            told.draft.rows.append(
                Row(
                    f"number of {thing.name}",
                    ((t, one),),
                    limit.relation,
                    quantity(limit.figure),
                    limit.words,
                )
            )
        return
    told.draft.rows.append(
        Row(
            "total",
            tuple((t, one) for t in range(len(told.things))),
            limit.relation,
            quantity(limit.figure),
            limit.words,
        )
    )


_RECIPE = {root(v) for v in words("use need require take consume contain have")}


def _has_none(told: Told, thing: int, column: Column) -> bool:
    """Whether a thing needs nothing of a resource: its own needs are told in the same way, without it.

    That holds for materials with a name of their own, told by the same verb; never for time or money.
    """
    if column.family in ("time", "day", "money", "%"):
        return False
    theirs = {w for f in column.facts.values() for w, v in f.words.items() if v >= _NOUN}
    clauses = {
        f.figure.place[0] for f in told.facts if f.thing == thing and f.figure.family not in ("money", "%")
    }
    others = {f.place[0] for f in column.facts.values()}
    verbs = [_recipe(told, c) for c in (*clauses, *others)]
    mine = {w for f in told.facts if f.thing == thing for w, v in f.figure.words.items() if v >= _NOUN}
    generic = {root(w) for w in (*_GENERIC, *MEASURES)}
    own = theirs - generic
    return (
        bool(clauses and own)
        and len(set(verbs)) == 1
        and verbs[0] != ""
        and not any(alike(a, b) for a in own for b in mine)
    )


_NOUN = 3.0  # the weight of a word right behind its number
_GENERIC = words("unit cup scoop slice piece bag can bottle pack serving portion")


def _recipe(told: Told, place: int) -> str:
    """The verb by which a clause tells what is needed; "" for what a table tells."""
    if place < 0:
        return ""
    found = {root(i.stem) for i in told.clauses[place].items if i.kind == "word"} & _RECIPE
    return found.pop() if len(found) == 1 else ""


def _row(told: Told, limit: Limit, column: Column) -> None:
    missing = [t for t in range(len(told.things)) if t not in column.facts]
    zero = [t for t in missing if _has_none(told, t, column)]
    if missing and zero == missing and limit.relation == "<=":
        named = " and ".join(told.things[t].name for t in missing)
        told.draft.assume(
            f"{column.name or 'what is limited'}: none is needed for {named}, as the text tells none."
        )
    elif missing:
        raise Unclear(
            f"How much {column.name or 'of it'} does one of {told.things[missing[0]].name} need or give? "
            f"“{limit.words}” limits it.",
            5,
        )
    here, there = limit.figure.unit, next(iter(column.facts.values())).unit
    scale = Fraction(1)
    if here != there and here and there and there != "%":
        scale = Fraction(str(MEASURES[here][1])) / Fraction(str(MEASURES[there][1]))
        told.draft.assume(f"“{limit.words}” was converted from {here}s to {there}s.")
    # what was converted goes by its new unit, in the limit as in the name
    right = quantity(limit.figure, scale)
    name = column.name or plural(limit.figure.unit) or "resource"
    if scale != 1:
        right = right.model_copy(update={"unit": plural(there)})
        name = plural(there) if not column.name or column.name == plural(here) else column.name
    if column.family == "%" and limit.figure.family == "%":
        raise Unclear(
            f"“{limit.words}” is about a property of a mixture. Which amounts must add up to what?", 5
        )
    if column.mixed:
        raise Unclear(f"Is {column.name or 'what is limited'} told per {column.mixed}?", 5)
    units = {f.unit for f in column.facts.values()}
    if len(units) > 1:
        raise Unclear(f"In which unit is {column.name} told: {' or '.join(sorted(units))}?", 5)
    here, there = column.period, limit.figure.period
    if here and there and here not in (there, told.draft.unit):
        raise Unclear(
            f"{column.name} is told per {here}, but “{limit.words}” is per {there}. "
            "How many of one are in the other?",
            5,
        )
    told.draft.rows.append(
        Row(
            name,
            tuple((t, quantity(f)) for t, f in sorted(column.facts.items())),
            limit.relation,
            right,
            limit.words,
        )
    )
