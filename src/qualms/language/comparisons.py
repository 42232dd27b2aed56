"""Shares, multiples and comparisons of things."""

from __future__ import annotations

import re

from qualms.language.clauses import Clause
from qualms.language.conditions import Comparison, Multiple, Relation, Share
from qualms.language.cues import Cued, things_in, window
from qualms.language.frames import Figure
from qualms.language.reading import Unclear
from qualms.language.words import EMPTY, stem

_COMPARE: list[tuple[str, Relation, bool]] = [
    (r"(?:cannot|not|never)(?: \w+){0,3} (?:exceed|surpass|outnumber)", "<=", False),
    (r"(?:cannot|not|never|no)(?: \w+){0,3} (?:more|greater|larger|higher|bigger)", "<=", False),
    (r"(?:cannot|not|never|no)(?: \w+){0,3} (?:less|fewer|lower|smaller)", ">=", False),
    (r"at least as (?:many|much)", ">=", False),
    (r"at most as (?:many|much)", "<=", False),
    (r"at least", ">=", False),
    (r"at most", "<=", False),
    (r"exceed|exceeds|surpass|outnumber", ">=", True),
    (r"more|greater|larger|higher|bigger", ">=", True),
    (r"less|fewer|lower|smaller", "<=", True),
]


def relative(clause: Clause, k: int) -> bool:
    """Whether a part or a percentage is of another thing, not of the total."""
    behind = clause.text[clause.text.index(f"#{k}") :]
    match = re.match(
        r"#\d+ (?:(?:of|the|as|many|much|number|amount|quantity|that|times|to|money|invested|\w+ed|in) "
        r")*@(\d+)",
        behind,
    )
    if match is None:
        return False
    things = things_in(clause.text)
    return len(set(things)) == 2


def multiple(clause: Clause, one: Figure, cue: Cued) -> Multiple:
    """ "At least twice as many A as B", "A must be at most three times B"."""
    text = clause.text
    order = things_in(text)
    things = list(dict.fromkeys(order))
    said = clause.said
    if re.search(r"\bas (?!many\b|much\b|those\b|that\b|the\b|often\b|@)[a-z]+ as\b", text):
        raise Unclear(f"What do the numbers of “{said}” count?", 2)
    if len(things) != 2 or len(order) > 3:
        raise Unclear(f"Which two are compared in “{said}”?", 2)
    k = one.place[1]
    at = text.index(f"#{k}")
    before, behind = things_in(text[:at]), things_in(text[at:])
    rest = text[at:]
    if len(set(before)) == 1 and set(behind) == {t for t in things if t != before[0]}:
        if re.search(r"\bmore\b(?! than)", rest) and not re.search(r"\bthan\b", rest):
            raise Unclear(f"How do the two compare in “{said}”?", 2)
        return Multiple(before[0], cue.relation, one, behind[0], said, cue.strict)
    if not before and len(set(behind)) == 2:
        first = rest.index(f"@{behind[0]}")
        second = re.search(rf"@{next(t for t in behind if t != behind[0])}(?!\d)", rest)
        assert second is not None
        link = rest[first : second.start()]
        if re.search(r"\b(?:as|than|of|compared to|to|that|relative to)\b", link):
            return Multiple(
                behind[0], cue.relation, one, next(t for t in behind if t != behind[0]), said, cue.strict
            )
    raise Unclear(f"Which of the two is the larger in “{said}”?", 2)


def share(clause: Clause, one: Figure, numbers: list[int], n: int, cue: Cued) -> Share | None:
    """ "At least 30 % of the total must be A", "A must make up at most half of all"."""
    before, behind = window(clause, numbers, n)
    text = clause.text
    all_before = before if n else text[: text.index(f"#{numbers[n]}")]
    said = clause.said
    after = list(dict.fromkeys(things_in(behind)))
    front = list(dict.fromkeys(things_in(all_before)))
    base: tuple[str, ...] = ()
    match = re.match(r"(?:of|from) ([^@#]*)", behind)
    if match:
        cut = re.split(
            r"\b(?:must|should|has to|have to|needs? to|need|can|cannot|may|will|is|are|be|come|comes|in"
            r"|into|on|by|using|used|for|to|made|has|that|produced)\b",
            match.group(1),
        )[0]
        base = tuple(stem(w) for w in cut.split() if w not in EMPTY and w not in ("of", ",", "all"))
    if re.match(r"(?:of|from) (?:all |the |its |his |her |their )*@", behind) and len(set(after)) == 1:
        raise Unclear(f"Of which total is the share in “{said}”?", 2)
    things = after or front
    if len(things) != 1 or (after and front and after != front):
        if after and not front and len(after) == 2 and re.match(r"of (?:all |the )?", behind):
            raise Unclear(f"Whose share does “{said}” bind?", 2)
        raise Unclear(f"Whose share does “{said}” bind, and of which total?", 2)
    return Share(things[0], cue.relation, one, base, said, cue.strict)


def comparison(clause: Clause) -> list[Comparison]:
    """A clause without numbers that compares two things."""
    text = clause.text
    order = things_in(text)
    things = list(dict.fromkeys(order))
    said = clause.said
    compared = re.search(
        r"\b(?:more|less|fewer|greater|larger|smaller|higher|exceeds?|outnumber|at least|at most|as many"
        r"|as much|surpass|equal|same)\b",
        text,
    )
    if len(things) < 2 or compared is None:
        return []
    if len(things) == 2 and len(order) == 2:
        for middle in (
            r"@(\d+)\b.*?\b(?:{})\b(?! and).*?@(\d+)",
            r"\b(?:{})\b(?: \S+){{0,4}}? @(\d+)\b.*?\b(?:than|as)\b.*?@(\d+)",
        ):
            for pattern, relation, strict in _COMPARE:
                match = re.search(middle.format(pattern), text)
                if match is None:
                    continue
                if not re.search(
                    r"\b(?:must|should|cannot|has to|have to|needs? to|need|wants?|would like|plans?"
                    r"|decides?|can|require[sd]?|may|"
                    r"will|insists?|aims?|limits?|demands?|asks?|be)\b",
                    text,
                ) or re.search(r"\bprefer|usually|often|tend|typically|expensive|popular|cheap", text):
                    raise Unclear(f"Is “{said}” a condition that must hold?", 2)
                between = text[match.start(1) : match.start(2)]
                if not re.search(
                    r"\bthan\b|exceed|outnumber|surpass|\bas\b|\bat (?:least|most) @$", between.strip()
                ):
                    continue
                if re.search(r"\bequal|same", text):
                    break
                return [Comparison(int(match.group(1)), relation, int(match.group(2)), said, strict)]
    if re.search(r"\b(?:than|exceeds?|as many|as much|equal|same number|outnumber)\b", text):
        raise Unclear(
            f"I cannot read the comparison “{said}”. Which must be at least or at most as much as which?", 2
        )
    return []
