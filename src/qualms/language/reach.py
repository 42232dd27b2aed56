"""What a limit is of where its words do not tell: the thing told just before, each of two, or all of them."""

from __future__ import annotations

import re
from dataclasses import replace

from qualms.language.clauses import Clause
from qualms.language.conditions import Bound, Limit
from qualms.language.frames import AROUND
from qualms.language.told import Told
from qualms.language.words import root, words

_GOODS = {root(w) for w in words("product item good kind type")}
_REPEATED = re.compile(r"cannot (?:make|sell|produce|bake|serve|use) (?:more|less|fewer) than #\d+ [\w'-]+$")


def same_again(told: Told, limit: Limit, clause: Clause, place: int, inherited: tuple[int, ...]) -> bool:
    """Whether "but cannot sell more than 50" goes on about the one thing that was bound just before."""
    nouns = [w for w, v in limit.figure.words.items() if v >= 1]
    last = told.clauses[place - 1] if place else clause
    before = [
        b for b in told.bounds if isinstance(b, Bound) and b.things == inherited and b.words == last.said
    ]
    verbs = [w for w in nouns if w in {root(i.stem) for i in last.items if i.kind == "word"}]
    counted = {root(i.container) for i in last.items if i.kind == "thing" and i.container}
    if (
        _REPEATED.match(clause.text)
        and clause.text.split()[1] in last.text.split()
        and len(before) == len(inherited) == 1
        and last.sentence == clause.sentence
        and set(nouns) == counted
        and limit.relation != before[0].relation
    ):
        return True
    return (
        len(inherited) == 1
        and last.sentence == clause.sentence
        and len(before) == 1
        and not limit.figure.unit
        and limit.figure.family == ""
        and (
            set(nouns) == set(verbs)
            or set(nouns) <= {root(w) for w in words("sold made produced grown needed")}
        )
        and not any(v >= 3 for v in limit.figure.words.values())
    )


def by_a_team(told: Told, limit: Limit, clause: Clause, place: int, inherited: tuple[int, ...]) -> bool:
    """Whether "and they can make at most 3 a day" goes on about the one thing that they make."""
    last = told.clauses[place - 1] if place else clause
    made = re.match(
        r"(?:the )?@(\d+) (?:is|are) (?:made|produced|built|assembled|sewn) by [\w '-]+$", last.text
    )
    return (
        made is not None
        and inherited == (int(made[1]),)
        and last.sentence == clause.sentence
        and limit.relation == "<="
        and re.match(
            r"(?:they|who|which|it) can (?:only )?(?:make|produce|build|assemble|sew)"
            r" (?:at most|up to|no more than|a maximum of) #\d+(?: (?:a|per|each|every) day| daily)?$",
            clause.text,
        )
        is not None
    )


def of_several(limit: Limit) -> list[Limit]:
    """Two limits of "at least 13 grams of fiber and iron each", one of any other."""
    found = re.search(
        r"\bof (?:each )?(?:the )?([a-z][\w'-]*) and ([a-z][\w'-]*)(?P<each> each)?"
        r"(?: (?:per|a|every|each) day| daily)?$",
        limit.words.lower(),
    )
    if found is None or not (found["each"] or re.search(r"\bof each ", limit.words.lower())):
        return [limit]
    words = {k: v for k, v in limit.figure.words.items() if k not in (root(found[1]), root(found[2]))}
    return [
        replace(limit, each=False, figure=replace(limit.figure, words={**words, root(found[k]): AROUND}))
        for k in (1, 2)
    ]


def of_all(told: Told, clause: Clause) -> bool:
    """Whether "the demand for both batteries" bounds all things together."""
    found = re.match(
        r"(?:the |there is a )?(?:[\w-]+ )?demand for (?:both|all|these)(?: (?:types|kinds) of)? ([\w'-]+)\b"
        r"[^@#]*#\d+$",
        clause.text,
    )
    return found is not None and root(found[1]) in told.heads | _GOODS
