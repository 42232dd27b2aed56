"""The unit that things are counted in, and who bears what people earn."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace

from qualms.language.frames import Fact
from qualms.language.objective import Goal
from qualms.language.reading import Unclear
from qualms.language.told import Told
from qualms.language.words import MEASURES, PERIODS, root, stem


def wages(told: Told) -> None:
    """What people earn is a cost of the one who pays it."""
    text = " ".join(c.text for c in told.clauses)
    if not re.search(
        r"\b(?:wages?|payroll|salar(?:y|ies)|labor cost|labour cost|wage bill|hires?|employs?)\b", text
    ):
        return
    earned = {root(w) for w in ("earn", "earning", "paid", "get", "make")}
    known = {root(w) for w in ("profit", "revenue", "sell", "income", "return")}
    told.facts = [
        Fact(f.thing, replace(f.figure, role="cost"))
        if f.figure.family == "money" and set(f.figure.words) & earned and not set(f.figure.words) & known
        else f
        for f in told.facts
    ]


def charges(told: Told, goal: Goal) -> None:
    """What a seller charges is its income, and so is the price where the goal is revenue."""
    if goal.sense != "max" or any(
        f.figure.role == "gain" or set(f.figure.words) & {root("profit"), root("revenue")} for f in told.facts
    ):
        return
    if any(re.match(r"(?:the )?(?:[\w-]+ )?[\w-]+ charges? #", c.text) for c in told.clauses):
        word = "charge"
    elif {root(w) for w in ("revenue", "income", "sales", "earnings")} & set(goal.roots):
        word = "price"
    else:
        return
    paid = {root(w) for w in ("cost", "pay", "buy", "purchase", "spend", "expense")}
    told.facts = [
        Fact(f.thing, replace(f.figure, role="gain"))
        if f.figure.family == "money" and root(word) in f.figure.words and not paid & set(f.figure.words)
        else f
        for f in told.facts
    ]


def _others(containers: dict[int, Counter[str]], thing: int) -> set[str]:
    """What all other things are counted in."""
    return set.intersection(*(set(c) for t, c in containers.items() if t != thing))


def units(told: Told) -> None:
    """The unit that things are counted in."""
    containers: dict[int, Counter[str]] = {k: Counter() for k in range(len(told.things))}
    for clause in told.clauses:
        per = [stem(m) for m in re.findall(r"\b(?:per|for each|for every) (\w+)", clause.text)]
        for item in clause.items:
            if item.kind == "thing":
                if item.container:
                    containers[item.thing][item.container] += 1
                for one in per:
                    if (
                        one in MEASURES
                        and MEASURES[one][0] not in ("time", "day", "money")
                        and one not in PERIODS
                    ):
                        containers[item.thing][one] += 1
    for fact in told.facts:
        basis = fact.figure.basis
        if basis and basis not in PERIODS and basis not in MEASURES and root(basis) not in told.heads:
            containers[fact.thing][basis] += 1
    common = set.intersection(*(set(c) for c in containers.values()))
    measured = {c for found in containers.values() for c in found if c in MEASURES and c not in PERIODS}
    for clause in told.clauses:
        for item in clause.items:
            if item.kind != "thing" or not item.each or item.container:
                continue
            if measured & set(containers[item.thing]) and not measured & set(_others(containers, item.thing)):
                name = told.things[item.thing].name
                raise Unclear(f"Is {name} counted, or measured in {' or in '.join(sorted(measured))}?", 3)
    if len(measured) > 1:
        raise Unclear(f"Is a thing counted in {' or in '.join(sorted(measured))}?", 3)
    for clause in told.clauses:
        found = re.search(
            r"\b(?:each|per|every|one|an|a|in a) (hour|day|minute|week)(?:'s \w+)? (?:at|in|on|of"
            r"|with) @",
            clause.text,
        )
        if found:
            told.asked.add(found.group(1))
        found = re.search(
            r"\b(?:run|running|operate|operating)\b.*\b(?:per|an|a|each|every) (hour"
            r"|day)\b",
            clause.text,
        )
        if found and "@" in clause.text:
            told.asked.add(found.group(1))
    asked = {a for a in told.asked if a in MEASURES}
    percent = any(f.family == "%" for f in told.figures)
    invested = any(
        re.search(
            r"\binvest|\blen[dt]s?\b|\bmoney (?:placed"
            r"|put)\b",
            c.text,
        )
        for c in told.clauses
    )
    dollars = any(re.search(r"\bdollars? (?:placed|invested|put)\b", c.text) for c in told.clauses)
    if measured:
        told.draft.unit = measured.pop()
    elif asked:
        told.draft.unit = sorted(asked)[0]
    elif dollars or (percent and invested):
        told.draft.unit = "dollar"
    elif common:
        told.draft.unit = sorted(common)[0]
    told.containers = containers
