"""Clauses that bind: bounds, limits, shares, multiples and comparisons."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

from qualms.language.clauses import Clause
from qualms.language.frames import Figure, figure
from qualms.language.reading import Unclear
from qualms.language.words import EMPTY, root, stem

Relation = Literal["<=", ">=", "="]
FLIP: dict[Relation, Relation] = {"<=": ">=", ">=": "<=", "=": "="}

_FILL = (
    r"(?: (?:a|an|the|total|of|in total|about|around|only|be|is|are|to|his|its|their|her|all|another"
    r"|another one|any|just|as many as|available|stock|supply|supplies|capacity|budget|limit|current"
    r"|daily|weekly|monthly))*"
)
_CUES: list[tuple[str, Relation, bool]] = [
    (r"(?:not|never|no) (?:be |go |have |use |spend |make |get )?(?:more|greater|higher|larger|bigger"
     r"|longer) th(?:an|at)", "<=", False),
    (r"no (?:less|fewer|lower) than|not (?:be |go |have )?(?:less|fewer|lower|smaller) than", ">=", False),
    (r"(?:cannot|not|never) (?:be |go |have |use |spend |make |invest |want to spend )?(?:more|greater"
     r"|higher|larger) than", "<=", False),
    (r"(?:cannot|not|never)(?: \w+){0,3} (?:more|greater|higher|larger) th(?:an|at)", "<=", False),
    (r"(?:cannot|not|never)(?: \w+){0,3} (?:less|fewer|lower|smaller) than", ">=", False),
    (r"(?:cannot|not|never|without) (?:be )?(?:exceed|exceeds|exceeding|surpass|go over|go above|be over"
     r"|be above)", "<=", False),
    (r"(?:cannot|not|never) (?:be |go |fall |drop )?below", ">=", False),
    (r"at (?:the )?(?:very )?(?:least|lest|minimum)|at least \w+|a minimum(?: \w+)?(?: of)?|minimum(?: "
     r"\w+){0,2} of|minimum|min of|or more than", ">=", False),
    (r"at (?:the )?(?:very )?(?:most|maximum)|a maximum(?: \w+)?(?: of)?|maximum(?: \w+){0,2} of|maximum"
     r"|max of|up to|no greater than", "<=", False),
    (r"more than|greater than|larger than|higher than|over|above|exceeds?|exceeding|in excess "
     r"of", ">=", True),
    (r"less than|fewer than|lower than|smaller than|below|under", "<=", True),
    (r"limited to|limit(?:s|ed|ing)?(?: \S+){0,8} to|restricted to|a limit of|capped at|within|cap "
     r"of", "<=", False),
    (r"minimum(?: [\w'-]+){0,7} (?:is|are)", ">=", False),
    (r"maximum(?: [\w'-]+){0,7} (?:is|are)", "<=", False),
    (r"exactly|equal to|equals", "=", False),
]  # fmt: skip
_BEFORE = [(re.compile(rf"(?:^| )((?:{cue})){_FILL}$"), relation, strict) for cue, relation, strict in _CUES]
_CUE = re.compile(
    r"\b(?:at (?:the )?(?:very )?(?:least|lest|most)|no (?:more|less|fewer|greater) than|not (?:more|less"
    r"|fewer) than"
    r"|up to (?=#)|exceeds?|exceeding|exactly|minimum of|maximum of)\b"
)
_VAGUE = re.compile(
    r"\b(?:minimum|maximum|more than|less than|fewer than|greater than|larger than|lower than|below|twice"
    r"|half"
    r"|as many as|as much as|equal)\b"
)
HAVE = re.compile(
    r"\b(?:has|have|had|having|available|availability|access to|budget|capacity|owns?|there (?:is|are|will "
    r"be)|in stock|on hand"
    r"|possess(?:es)?|allotted|to spend|to invest|can spend|can invest|can use|can be used|can only|is "
    r"using|are using|is open for|can (?:run|work|operate)|operates? for|works? for|enough|limit|employs"
    r"|willing to spend"
    r"|disposal|supply of|at its disposition|stock of|inventory)\b"
)
NEED = re.compile(
    r"\b(?:wants? to (?:deliver|transport|move|ship|send|produce|serve|reach)|needs?|must|requires?"
    r"|contract(?:ed)? to (?:provide|supply|deliver|ship|sell|produce)"
    r"|required|requirements?|have to|has to|necessary|demands?)\b"
)
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


@dataclass(frozen=True)
class _Cued:
    position: int
    relation: Relation
    strict: bool
    own: bool
    cue: str = ""


def bind(clause: Clause, place: int) -> Bounds:
    """The constraints of a clause.

    Parameters
    ----------
    clause : Clause
        A clause that is no goal and no mere reason.
    place : int
        Its number.

    Raises
    ------
    Unclear
        Where a clause has the words of a constraint and cannot be read.
    """
    numbers = [k for k, i in enumerate(clause.items) if i.kind == "number"]
    text = clause.text
    if not numbers:
        return Bounds(tuple(_comparison(clause)), ())
    if re.search(r"\bprefer\w*\b", text) and not any(_direction(text, k) for k in numbers):
        raise Unclear(f"Is “{clause.said}” a wish or a condition that must hold?", 2)
    found: list[Found] = []
    free: list[int] = []
    cued: _Cued | None = None
    waiting: list[tuple[_Cued, Figure]] = []
    chain: list[int] = []  # numbers that were bound
    for n, k in enumerate(numbers):
        if (
            clause.items[k].token.number == "times"
            and _direction(text, k) is None
            and len(set(_things(text))) == 2
        ):
            raise Unclear(f"In “{clause.said}”, must it be exactly that multiple, at least, or at most?", 3)
        here = _cue(clause, numbers, n, cued)
        if here is None:
            free.append(k)
            cued = None
            continue
        if n + 1 < len(numbers) and _only_cue(_window(clause, numbers, n)[1], clause, numbers[n + 1]):
            waiting.append((here, figure(clause, place, k)))
            cued = None
            continue
        one = _bound(clause, place, numbers, n, here, chain)
        chain.append(k)
        if one is None:
            free += [k] if not waiting else [numbers[n - 1], k]
            waiting, cued = [], None
            continue
        for other, first in waiting:
            found += [_again(c, first, other) for c in one]
        waiting = []
        cued = here
        found += one
    if not found and _VAGUE.search(text) and not any(_direction(text, k) for k in numbers):
        raise Unclear(f"I cannot read the condition “{clause.said}”. What must hold?", 2)
    if len(_CUE.findall(text)) > sum(1 for k in numbers if _direction(text, k) is not None):
        raise Unclear(f"I cannot read the condition “{clause.said}”. What must hold?", 2)
    return Bounds(tuple(found), tuple(free))


def _only_cue(between: str, clause: Clause, following: int) -> bool:
    """Whether only "but at most" stands between two numbers, so that both bind the same."""
    return (
        bool(
            re.match(r"(?:,|but|and|or|yet|to|though)(?: \S+){0,4}$", between)
            or re.match(r"(?:and|to)$", between)
        )
        and (_direction(clause.text, following) is not None or between in ("and", "to"))
        and not re.search(r"\b(?:of|costs?|takes?|@\d+)\b", between)
    )


def _again(found: Found, first: Figure, cue: _Cued) -> Found:
    """The same constraint with another number and relation."""
    if isinstance(found, Comparison):
        raise Unclear(f"I cannot read “{found.words}”.", 2)
    return replace(
        found, relation=cue.relation, figure=replace(found.figure, token=first.token), strict=cue.strict
    )


def _direction(text: str, k: int) -> tuple[Relation, bool, str] | None:
    """The relation that the words before the number at k tell, whether it is strict, and these words."""
    at = re.search(rf"#{k}(?!\d)", text)
    if at is None:
        return None
    before = text[: at.start()].rstrip()
    hits: list[tuple[int, int, Relation, bool, str]] = []
    for order, (pattern, relation, strict) in enumerate(_BEFORE):
        match = pattern.search(before)
        if match:
            hits.append((match.start(1), order, relation, strict, match.group(1)))
    if hits:
        start, _, relation, strict, cue = min(hits)
        return _negated(before, start, cue, relation, strict)
    after = text[at.end() :].strip()
    match = re.match(r"(?:\S+ ){0,3}or (more|less|fewer|greater)\b", after)
    if match:
        return (">=" if match.group(1) in ("more", "greater") else "<="), False, match.group()
    match = re.match(
        r"(?:(?:of )?\w+ ){0,4}(?:at|as a|is the|is a) (minimum|maximum|the most|the least|most|least)\b",
        after,
    )
    if match:
        low = match.group(1).removeprefix("the ")
        return (">=" if low in ("minimum", "least") else "<="), False, match.group()
    return None


_NEGATIVE = re.compile(r"\b(?:not|never|no|nor|none|cannot|neither|without|unable|refus\w*|hardly|fail\w*)\b")
_FORBIDS = re.compile(r"\b(?:restrict\w*|prevent\w*|prohibit\w*|forbid\w*|avoid\w*|stop\w*|impossible)\b")


def _negated(
    before: str, start: int, cue: str, relation: Relation, strict: bool
) -> tuple[Relation, bool, str]:
    """A cue turned round where the words before it forbid it; an unknown negation is asked about."""
    lead = re.split(r"#\d+|, (?:the|they|he|she|it|we|you|a|an|there)\b", before[:start])[-1]
    if _NEGATIVE.search(cue):
        return relation, strict, cue
    if strict and _FORBIDS.search(lead):
        return FLIP[relation], False, cue
    if _NEGATIVE.search(lead) or (_FORBIDS.search(lead) and not re.match(r"limit|restrict", cue)):
        raise Unclear(f"Is “{lead.strip()} {cue}” a lower or an upper bound?", 2)
    return relation, strict, cue


def _cue(clause: Clause, numbers: list[int], n: int, last: _Cued | None) -> _Cued | None:
    k = numbers[n]
    text = clause.text
    direct = _direction(text, k)
    if direct is not None:
        return _Cued(k, direct[0], direct[1], True, direct[2])
    between = re.search(rf"\bbetween #{k} and #(\d+)|\bfrom #{k} to #(\d+)", text)
    if between:
        return _Cued(k, ">=", False, True, "between")
    if n and re.search(
        rf"\bbetween #{numbers[n - 1]} and #{k}(?!\d)|\bfrom #{numbers[n - 1]} to #{k}(?!\d)", text
    ):
        return _Cued(k, "<=", False, True, "between")
    if last is not None and _coordinated(text, last.position, k):
        return _Cued(k, last.relation, last.strict, False, last.cue)
    return None


def _coordinated(text: str, a: int, b: int) -> bool:
    """Whether the number at b goes on the list that the number at a began."""
    match = re.search(rf"#{a}(?!\d)(.*?)#{b}(?!\d)", text)
    if match is None:
        return False
    gap = match.group(1)
    if "#" in gap:
        return False
    if re.search(r"\bor\s*(?:a|an|the)?\s*$", gap) and "and or" not in gap:
        raise Unclear("Two bounds are joined by “or”. Must both hold, or one of them?", 2)
    return bool(re.search(r"(?:,| and| or| plus)\s*(?:a|an|the|also)?\s*$", gap)) and not re.search(
        r"\b(?:is|are|costs?|takes?|requires?|earns?|uses?|with a|at a|of which|yields?|each takes)\b", gap
    )


def _window(clause: Clause, numbers: list[int], n: int) -> tuple[str, str]:
    """The text before and behind a number up to its neighbours."""
    text = clause.text
    at = re.search(rf"#{numbers[n]}(?!\d)", text)
    assert at is not None
    before, behind = text[: at.start()].strip(), text[at.end() :].strip()
    if n:
        before = re.split(rf"#{numbers[n - 1]}(?!\d)", before)[-1].strip()
    if n + 1 < len(numbers):
        behind = re.split(rf"#{numbers[n + 1]}(?!\d)", behind)[0].strip()
    return before, behind


def _things(text: str) -> list[int]:
    return [int(t) for t in re.findall(r"@(\d+)", text)]


def _bound(
    clause: Clause, place: int, numbers: list[int], n: int, cue: _Cued, chain: list[int]
) -> list[Found] | None:
    """The constraint of one number that has a cue, or None where it is a fact about one of a thing."""
    k = numbers[n]
    item = clause.items[k]
    before, behind = _window(clause, numbers, n)
    after_bound = (
        re.search(r"@\d+ (?:, )?(?:and|but) ([^@]*)$", before) if n > 0 and numbers[n - 1] in chain else None
    )
    if after_bound:
        before = after_bound.group(1)
    all_before = clause.text[: clause.text.index(f"#{k}")] if n == 0 else before
    one = figure(clause, place, k)
    kind = item.token.number
    said = clause.said
    if re.search(rf"#{k}(?!\d)[^#]*\b(?:not|cannot|never|no)\b[^#]*$", clause.text):
        raise Unclear(f"What does the negation in “{said}” refer to?", 2)
    every_one = re.search(
        rf"\b(?:for (?:every|each|any|one)|per|each|every) @(\d+)\b.*#{k}(?!\d)(.*)$", clause.text
    )
    if every_one is None and clause.items and n == 0:
        first = next((i for i in clause.items[:k] if i.kind == "thing"), None)
        if first is not None and first.each and re.match(r"for @", clause.text):
            every_one = re.search(rf"@({first.thing})\b.*#{k}(?!\d)(.*)$", clause.text)
    lead = next((i for i in clause.items[:k] if i.kind == "thing"), None)
    if (
        lead is not None
        and lead.each
        and any(t != lead.thing for t in _things(_window(clause, numbers, n)[1]))
    ):
        raise Unclear(f"How do the two depend on each other in “{said}”?", 2)
    if every_one and any(t != int(every_one.group(1)) for t in _things(every_one.group(2))):
        raise Unclear(f"How do the two depend on each other in “{said}”?", 2)
    strict = cue.strict
    listed = _things(behind)
    if kind == "times" or (kind in ("part", "percent") and _relative(clause, k)):
        return [_multiple(clause, one, cue)]
    if kind in ("percent", "part"):
        shares = _share(clause, one, numbers, n, cue)
        if shares is not None:
            return [shares]
    head = re.match(r"(?:more |additional |total |of |of the )?@(\d+)", behind)
    if head:
        return [_counted(clause, one, behind, cue, said)]
    each = re.match(
        r"(?:\w+ )?of (?:each|either|both)\b(?: of)?(?: (?:the )?(?:type|kind|\w+))?$", behind
    ) or re.match(r"(?:\w+ )?of (each|both)\b(?! @)(?! (?:day|week|month))", behind)
    if each and "either" not in each.group():
        return [Bound((-1,), False, cue.relation, one, said, strict)]
    if re.match(r"(?:in total |total )?of either\b", behind) and not one.unit:
        return [Bound((-2,), False, cue.relation, one, said, strict)]
    if re.search(r"\bof either (?:type|kind|one|\w+)\b", behind) and not listed:
        return [Limit(cue.relation, one, said, False, strict, total=True, either=True)]
    if each or re.search(r"\bof either\b", behind):
        raise Unclear(f"Does “{said}” bind each of them, or all of them together?", 2)
    which = re.match(
        r"(?:\S+ )?(?:of (?:them|which|whom|the \w+|these) |\w+ )?(?:must |should |have to |has to |need "
        r"to |needs to |can |may |will )?(?:be )?(?:made )?@(\d+)$",
        behind,
    )
    if which and len(listed) == 1 and re.search(r"\bbe\b|which|whom|them", behind) and not one.unit:
        return [Bound((int(which.group(1)),), False, cue.relation, one, said, strict)]
    subject = re.search(
        r"@(\d+)(?: (?:sold|made|produced|used|used is|in \w+|planted|hired|bought|purchased|grown))*"
        r"(?: (?:must|should|can|cannot|could|may|has to|have to|needs to|need to|is|are|will|also|only"
        r"|not|be|to|never|"
        r"limited|restricted|used|made|produced|exceed|sold|than|more|less))* *(?:"
        + re.escape(cue.cue)
        + r")",
        f"{all_before} {cue.cue}" if cue.cue not in all_before else all_before,
    )
    if subject and len(set(_things(all_before))) == 1 and not listed:
        subject_item = next(i for i in reversed(clause.items[:k]) if i.kind == "thing")
        if re.search(
            r"\bcan (?:only )?(?:carry|hold|transport|take|store|serve|fit|produce|make|process)\b",
            all_before,
        ):
            return None
        if subject_item.each:
            raise Unclear(
                f"Is “{said}” about each {subject_item.token.text}, or about how many there are?", 2
            )
        if _same_unit(one, subject_item.container, subject_item.heads):
            return [
                Bound((subject_item.thing,), False, cue.relation, one, said, strict, subject_item.container)
            ]
    demand = re.search(
        r"\b(?:demand|sales|production|output|supply|number|amount|quantity) (?:for|of) @(\d+) (?:\w+ "
        r")?(?:is|are|will be|must be|should be|has to be)$",
        all_before.replace(f" {cue.cue}", "").strip(),
    )
    if demand and not listed and len(_things(all_before)) == 1:
        return [Bound((int(demand.group(1)),), False, cue.relation, one, said, strict, "?")]
    owner = re.match(r"(?:the )?@(\d+) [\w'-]+ limits? (?:the )?number of (\w+)\b[^@#]* to\b", clause.text)
    if owner and not listed and not one.unit:
        return [Bound((int(owner.group(1)),), False, cue.relation, one, said, strict, "?")]
    limited = re.search(
        r"\blimit(?:s|ed|ing)? @(\d+)(?: \w+)*? to(?: at most| a maximum of)?$", all_before.strip()
    )
    if limited and not listed and not one.unit:
        return [Bound((int(limited.group(1)),), False, cue.relation, one, said, strict)]
    whom = re.match(r"(?:more )?([\w'-]+)(?: [\w'-]+){0,4}(?: ,)? (?:of|from) (?:whom|which|them)\b", behind)
    if whom and not one.unit and n + 1 < len(numbers):
        return [Limit(cue.relation, one, said, False, strict, total=True)]
    things = _things(clause.text)
    if (
        one.family == "money"
        and len(set(_things(all_before))) >= 2
        and not listed
        and re.search(r"\binvest", clause.text)
    ):
        return [Limit(cue.relation, one, said, False, strict)]
    if things and not listed and not _things(all_before):
        things = []
    if (
        things
        and not listed
        and re.search(
            r"\b(?:from|using|of|with|mix\w*|blend\w*|combin\w*|into|drink\w*|eat\w*|take\w*) (?:[\w,']+ "
            r"){0,4}@\d+(?: ,)?(?:(?: and| or| ,)+ @\d+)+ .*\b(?:and|to|that|which|so)\b",
            all_before,
        )
    ):
        things = []
    if things:
        return _with_things(clause, one, before, behind, cue, said)
    facts_before = [j for j in numbers[:n] if _direction(clause.text, j) is None and j not in chain]
    if facts_before and _things(clause.text[: clause.text.index(f"#{k}")]):
        raise Unclear(f"Is “{said}” about one of them, or about all of them together?", 2)
    every = bool(
        re.search(r"\b(?:each|both|every)\b(?! (?:day|week|month|year|hour|shift|@)\b)(?! @)", clause.text)
    )
    every = every and not re.search(r"\b(?:combined|together|in total|altogether)\b", clause.text)
    if cue.relation == ">=" and re.search(r"\b(?:there (?:is|are)|has|have|owns?) at least #", clause.text):
        raise Unclear(f"Is “{said}” what there is, or what must be used at least?", 2)
    again = bool(after_bound) and not re.search(r"\b(?:total|combined|altogether)\b", clause.text)
    return [Limit(cue.relation, one, said, every, strict, continued=clause.continues or again)]


def _with_things(
    clause: Clause, one: Figure, before: str, behind: str, cue: _Cued, said: str
) -> list[Found] | None:
    """A bound in a clause that mentions things elsewhere: a purpose behind it does not matter."""
    listed = list(dict.fromkeys(_things(behind)))
    if (
        not _things(before)
        and len(listed) >= 2
        and re.match(r"[^@#]* (?:and|or) (?:also )?(?:has|have|sells?|offers?|provides?) [^#]*@", behind)
    ):
        return [Limit(cue.relation, one, said, False, cue.strict)]
    if (
        not _things(before)
        and len(listed) >= 2
        and re.search(r"\b(?:to|for|from|on|of|in|among|between|using|with|by|into)\b(?: \S+)*? @", behind)
    ):
        return [Limit(cue.relation, one, said, False, cue.strict)]
    money = re.match(r"(?:\w+ ){0,4}(?:in|into|on|for|to|from|with|by|using|of|as) (?:\w+ )?@(\d+)$", behind)
    if money and not _things(before) and len(listed) == 1:
        return [Bound((listed[0],), False, cue.relation, one, said, cue.strict, "?")]
    passive = re.match(
        r"(?:\S+ ){0,3}(?:must|should|has to|have to|needs to|need to|can|may|will) (?:be (?:\w+ )?|get "
        r"|receive |use |take |have )(?:in |into |by |to |from |on |using |with |at |as )?(?:the )?@(\d+)$",
        behind,
    )
    passive = passive or re.match(
        r"(?:\S+ ){0,3}(?:to be|are|will be|be|reserved (?:for|as)|assigned (?:as|to|for))"
        r" (?:assigned |reserved )?(?:as |for )?(?:the )?@(\d+)$",
        behind,
    )
    if passive and not _things(before) and len(listed) == 1:
        return [Bound((listed[0],), False, cue.relation, one, said, cue.strict, "?")]
    if (
        not behind.count("@")
        and re.search(r"@\d+", before)
        and re.search(r"\b(?:per|each|every|takes?|requires?)\b", before)
    ):
        raise Unclear(f"Is “{said}” about one of them, or about all of them together?", 2)
    joined = len(set(_things(before))) >= 2 and re.search(r"\b(?:and|or|both|,)\b", before)
    if joined and not _things(behind) and re.search(r"total|combined|together|sum", clause.text):
        return [Limit(cue.relation, one, said, False, cue.strict)]
    raise Unclear(f"I cannot tell what “{said}” binds. Is it one of them, or all of them together?", 2)


def _same_unit(one: Figure, container: str, heads: tuple[str, ...]) -> bool:
    """Whether a number counts the same as a mention: it has no noun of its own, or the same."""
    own = {w for w in one.words if one.words[w] >= 3.0}
    known = {root(h) for h in heads} | ({root(container)} if container else set())
    if one.unit and one.unit != container and one.family != "money":
        return False
    if one.family == "money":
        return True
    return not (own - known)


def _counted(clause: Clause, one: Figure, behind: str, cue: _Cued, said: str) -> Bound:
    """A number right before a thing: that many of it, or of several together."""
    run = re.match(
        r"(?:more |additional |total |of |of the )?@\d+(?:(?: ,)?(?: (?:and|or)| ,) @\d+)*", behind
    )
    assert run is not None
    things = tuple(_things(run.group()))
    rest = behind[run.end() :].strip()
    if len(things) == 1:
        if one.unit and one.unit not in ("",) and one.family not in ("money",):
            pass
        other = [t for t in _things(rest) if t not in things]
        if other and re.search(r"\b(?:per|each|every|than|as)\b", rest):
            raise Unclear(f"I cannot read “{said}”: how do they depend on each other?", 2)
        if re.match(r"(?:time|labor|hours?|cost|budget|machine)\b", rest):
            raise Unclear(f"Is “{said}” a number of them, or of something that they need?", 2)
        item = next(i for i in clause.items[one.place[1] + 1 :] if i.kind == "thing")
        return Bound(things, False, cue.relation, one, said, cue.strict, item.container)
    if re.search(r"total|combin|together|altogether|overall|in all|sum", clause.text):
        return Bound(things, True, cue.relation, one, said, cue.strict)
    raise Unclear(f"Does “{said}” bind each of them, or all of them together?", 2)


def _relative(clause: Clause, k: int) -> bool:
    """Whether a part or a percentage is of another thing, not of the total."""
    behind = clause.text[clause.text.index(f"#{k}") :]
    match = re.match(
        r"#\d+ (?:(?:of|the|as|many|much|number|amount|quantity|that|times|to|money|invested|\w+ed|in) "
        r")*@(\d+)",
        behind,
    )
    if match is None:
        return False
    things = _things(clause.text)
    return len(set(things)) == 2


def _multiple(clause: Clause, one: Figure, cue: _Cued) -> Multiple:
    """ "At least twice as many A as B", "A must be at most three times B"."""
    text = clause.text
    order = _things(text)
    things = list(dict.fromkeys(order))
    said = clause.said
    if re.search(r"\bas (?!many\b|much\b|those\b|that\b|the\b|often\b|@)[a-z]+ as\b", text):
        raise Unclear(f"What do the numbers of “{said}” count?", 2)
    if len(things) != 2 or len(order) > 3:
        raise Unclear(f"Which two are compared in “{said}”?", 2)
    k = one.place[1]
    at = text.index(f"#{k}")
    before, behind = _things(text[:at]), _things(text[at:])
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


def _share(clause: Clause, one: Figure, numbers: list[int], n: int, cue: _Cued) -> Share | None:
    """ "At least 30 % of the total must be A", "A must make up at most half of all"."""
    before, behind = _window(clause, numbers, n)
    text = clause.text
    all_before = before if n else text[: text.index(f"#{numbers[n]}")]
    said = clause.said
    after = list(dict.fromkeys(_things(behind)))
    front = list(dict.fromkeys(_things(all_before)))
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


def _comparison(clause: Clause) -> list[Comparison]:
    """A clause without numbers that compares two things."""
    text = clause.text
    order = _things(text)
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


def figures(clause: Clause, place: int, numbers: list[int]) -> list[Figure]:
    """The numbers of a clause, one after another."""
    found: list[Figure] = []
    for k in numbers:
        found.append(figure(clause, place, k, found[-1] if found else None))
    return found


def free_limit(clause: Clause, place: int, numbers: list[int]) -> list[Limit] | None:
    """Numbers without a cue that tell how much there is, or how much is needed; None for any other clause."""
    text = clause.text
    have, need = HAVE.search(text), NEED.search(text)
    if have is None and need is None:
        have = re.search(r"\b(?:produces|receives|acquires|purchases|can buy|can get)\b", text)
    if have is None and need is None and figure(clause, place, numbers[0]).unit:
        have = re.search(r"\b(?:holds|seats|fits|stores)(?= #)", text)
    if have is None and need is None:
        return None
    if have is not None and re.match(r"(?:has|have) to\b", text[have.start() :]):
        have = HAVE.search(text, have.end())
    if re.search(r"\b(?:needs?|must|has|have|required?|wants?) (?:to )?(?:have|possess)\b", text):
        raise Unclear(f"Does “{clause.said}” mean exactly that much, at least, or at most?", 2)
    relation: Relation = "<=" if have is not None else ">="
    either = bool(re.search(r"\bof either (?:type|kind)\b", text))
    every = bool(re.search(r"\b(?:each|both|every)\b(?! (?:day|week|month|year|hour|shift)\b)(?! @)", text))
    found: list[Limit] = []
    last: Figure | None = None
    for k in numbers:
        last = figure(clause, place, k, last)
        found.append(
            Limit(relation, last, clause.said, every, False, have is None, total=either, either=either)
        )
    return found
