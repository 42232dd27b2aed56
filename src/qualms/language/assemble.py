"""Facts, limits and the goal put together into the draft of a model, or a question about what is missing."""

from __future__ import annotations

import re
from fractions import Fraction

from qualms.language import objective as goals
from qualms.language.bounds import bound_rows
from qualms.language.clauses import clauses
from qualms.language.columns import Column, alike, columns
from qualms.language.conditions import Comparison, Relation
from qualms.language.counts import without_counts
from qualms.language.draft import Draft, exact, quantity
from qualms.language.gather import account, gather
from qualms.language.inline import TableTold
from qualms.language.limits import limit_rows
from qualms.language.mentions import Item, Mentions, heads_of
from qualms.language.reading import Unclear
from qualms.language.things import Thing
from qualms.language.tokens import Token
from qualms.language.told import Told
from qualms.language.units import charges, units, wages
from qualms.language.words import CONTINUOUS, PERIODS, root, words
from qualms.specification.base import Quantity

_HARMLESS = re.compile(
    r"\d+(?:\.\d+)?-(?:minutes?|seconds?|months?|years?|star|inch|year-olds?|d|person|seat|way|part)\b"
)
_FRACTIONS = re.compile(
    r"\b(?:fractional|fractions (?:are|of)|divisibility|need not be (?:whole|integers?)|not (?:necessarily"
    r"|need) (?:whole|integers?))\b"
)
_REACH = words("audience reach exposure viewer viewership view impression")
_PERIOD = re.compile(
    r"\b(?:per|a|each|every) (?:day|week|month|year)\b|\b(?:daily|everyday|weekly|monthly|yearly|annually)\b"
)


def draft_about(
    things: tuple[Thing, ...],
    sentences: list[list[Token]],
    loose: bool,
    table_told: TableTold | None = None,
    exact: Relation | None = None,
) -> Draft:
    """Reads a text as being about given things.

    Parameters
    ----------
    things : tuple of Thing
        What is to be decided.
    sentences : list of list of Token
        The text.
    loose : bool
        Whether a thing may be mentioned by a part of its name.
    table_told : TableTold, optional
        What a table inside the text tells of the things.
    exact : str, optional
        How "must be twice as many" is read: as "=" or as ">=". It is asked if None.

    Raises
    ------
    Unclear
        With the first thing that is not understood.
    """
    told = _mentioned(things, sentences, loose, table_told)
    told.exact = exact
    inherited: tuple[int, ...] = ()
    for place, clause in enumerate(told.clauses):
        if clause.reason:
            continue
        gather(told, place, clause, inherited)
        here = tuple(dict.fromkeys(i.thing for i in clause.items if i.kind == "thing"))
        inherited = here or inherited
    account(told)
    goal = goals.unite(told.goals)
    wages(told)
    charges(told, goal)
    units(told)
    reached = bool({root(w) for w in _REACH} & set(goal.roots))
    table = columns(told.facts, tuple(t.name for t in things), reached)
    table += table_told.columns if table_told is not None else ()
    if not table and not told.bounds and not told.limits:
        raise Unclear("Which numbers belong to which thing?", 1)
    used = limit_rows(told, table)
    bound_rows(told)
    _one_period(told)
    known = {w for o in told.limits for w in o.figure.words}
    chosen = goals.choose(goal, table, told.heads, told.unit_roots, len(things), used, known)
    _one_rate(told, goals.rate_of(goal), [table[c] for c in used])
    _goal(told, goal, chosen, table)
    if chosen is not None:
        used.add(chosen)
    _all_used(told, table, used)
    _whole(told)
    _consistent(told)
    return told.draft


def _mentioned(
    things: tuple[Thing, ...], sentences: list[list[Token]], loose: bool, table: TableTold | None = None
) -> Told:
    """The clauses of a text, with the things that they mention."""
    mentions = Mentions(things, sentences, loose)
    marked = [mentions.mark(s) for s in sentences]
    told = Told(things, {root(h) for h in heads_of(marked, mentions)}, Draft(things))
    told.table = table
    marked = [without_counts(told, items) for items in marked]
    told.clauses = [c for k, items in enumerate(marked) for c in clauses(items, k)]
    seen = list(dict.fromkeys(i.thing for items in marked for i in items if i.kind == "thing"))
    if table is not None:
        told.draft.chosen = table.chosen
        told.heads |= {root(table.head)} if table.head else set()
        told.bounds += table.bounds
        told.limits += table.limits
        seen = list(range(len(things)))
    told.draft.order = tuple(seen)
    for items in marked:
        _readable(items)
    if len(seen) != len(things):
        raise Unclear("What are the things to be decided?", 0)
    return told


def _readable(items: list[Item]) -> None:
    """Words that begin with a digit must be harmless."""
    for item in items:
        if item.kind == "word" and re.match(r"\d", item.low) and not _HARMLESS.match(item.low):
            raise Unclear(f"What does “{item.low}” mean for the numbers of the model?", 1)


def _one_period(told: Told) -> None:
    """Limits per day and limits per week do not go together, unless time is what is decided."""
    said = [o.words for o in told.limits] + [b.words for b in told.bounds if not isinstance(b, Comparison)]
    periods = {PERIODS[p.split()[-1]] for one in said for p in _PERIOD.findall(one.lower())} - {
        "hour",
        "minute",
    }
    if len(periods - {""}) > 1 and told.draft.unit not in PERIODS:
        both = " and one per ".join(sorted(periods - {""}))
        raise Unclear(f"One limit is per {both}. For which time is the plan?", 5)


def _one_rate(told: Told, rate: str, used: list[Column]) -> None:
    """Where a goal is per minute, what is used per minute must be limited per minute as well."""
    for column in used if rate else []:
        if not all(goals.told_per(f, rate) for f in column.facts.values()):
            continue
        for limit in told.limits:
            same = any(alike(a, b) for a in limit.figure.words for b in column.words)
            if same and not goals.told_per(limit.figure, rate):
                raise Unclear(f"Is “{limit.words}” for each {rate}, as the goal is?", 5)


def _all_used(told: Told, table: list[Column], used: set[int]) -> None:
    for c, column in enumerate(table):
        if c not in used:
            whose = " and ".join(told.things[t].name for t in column.facts)
            raise Unclear(
                f"The text tells {column.name or 'this number'} for {whose}, but it is in no limit and not "
                "the goal. What is it for?",
                6,
            )


def _goal(told: Told, goal: goals.Goal, chosen: int | None, table: list[Column]) -> None:
    draft = told.draft
    draft.sense = goal.sense
    draft.goal_words = goal.said
    if chosen is None:
        draft.cost = {t: Quantity(value=1) for t in range(len(told.things))}
        draft.goal = "total"
        draft.goal_unit = draft.unit
        return
    column = table[chosen]
    if column.mixed:
        raise Unclear(f"Is the {goal.said or 'goal'} told per {column.mixed}?", 5)
    units_told = {f.unit for f in column.facts.values()}
    if len(units_told) > 1:
        raise Unclear(f"In which unit is the goal told: {' or '.join(sorted(units_told))}?", 5)
    draft.cost = {t: quantity(f) for t, f in sorted(column.facts.items())}
    draft.goal = goal.said or "goal"
    draft.goal_unit = next(iter(column.facts.values())).unit or column.name


def _whole(told: Told) -> None:
    unit = told.draft.unit
    asked_much = "much" in told.asked and "many" not in told.asked
    counted = any(set(c) - CONTINUOUS for c in told.containers.values())
    loose = any(_FRACTIONS.search(c.text) for c in told.clauses)
    if told.draft.chosen:
        told.draft.assume(f"Each of {told.names} is taken once or not at all.")
        return
    told.draft.whole = not (unit in CONTINUOUS or loose or (asked_much and not counted))
    if told.draft.whole:
        told.draft.assume(f"The numbers of {told.names} are whole.")
    else:
        measured = f" of {unit}s" if unit else ""
        told.draft.assume(f"The amounts{measured} of {told.names} may be fractions.")


def _consistent(told: Told) -> None:
    """Bounds of one thing, or of the total, that contradict each other are asked about."""
    low: dict[tuple[int, ...], Fraction] = {}
    high: dict[tuple[int, ...], Fraction] = {}
    for row in told.draft.rows:
        if row.total is None and row.other is None and all(q.value == 1 for _, q in row.terms):
            key = tuple(sorted(t for t, _ in row.terms))
            value = exact(row.right)
            if row.relation in (">=", "="):
                low[key] = max(low.get(key, value), value)
            if row.relation in ("<=", "="):
                high[key] = min(high.get(key, value), value)
    for key in low.keys() & high.keys():
        if low[key] > high[key]:
            names = ", ".join(told.things[t].name for t in key)
            raise Unclear(f"The bounds of {names} contradict each other. Which is right?", 6)
