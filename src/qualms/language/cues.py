"""The words that tell a direction: at least, at most, exactly, and what forbids."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qualms.language.clauses import Clause
from qualms.language.conditions import FLIP, Relation
from qualms.language.reading import Unclear

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
    (r"limits? the (?:number|amount) of(?: [^\s#]+){1,12} to", "<=", False),
    (r"limited to|limit(?:s|ed|ing)?(?: \S+){0,8} to|restricted to|a limit of|capped at|within|cap "
     r"of", "<=", False),
    (r"minimum(?: [\w'@-]+){0,7} (?:is|are)", ">=", False),
    (r"maximum(?: [\w'@-]+){0,7} (?:is|are)", "<=", False),
    (r"exactly|equal to|equals", "=", False),
]  # fmt: skip
_BEFORE = [(re.compile(rf"(?:^| )((?:{cue})){_FILL}$"), relation, strict) for cue, relation, strict in _CUES]
CUE = re.compile(
    r"\b(?:at (?:the )?(?:very )?(?:least|lest|most)|no (?:more|less|fewer|greater) than|not (?:more|less"
    r"|fewer) than"
    r"|up to (?=#)|exceeds?|exceeding|exactly|minimum of|maximum of)\b"
)
VAGUE = re.compile(
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
    r"|arrives?|is delivered|are delivered|disposal|supply of|at its disposition|stock of|inventory)\b"
)
NEED = re.compile(
    r"\b(?:wants? to (?:deliver|transport|move|ship|send|produce|serve|reach)|needs?|must|requires?"
    r"|contract(?:ed)? to (?:provide|supply|deliver|ship|sell|produce)"
    r"|required|requirements?|have to|has to|necessary|demands?)\b"
)


@dataclass(frozen=True)
class Cued:
    position: int
    relation: Relation
    strict: bool
    own: bool
    cue: str = ""


def only_cue(between: str, clause: Clause, following: int) -> bool:
    """Whether only "but at most" stands between two numbers, so that both bind the same."""
    return (
        bool(
            re.match(r"(?:,|but|and|or|yet|to|though)(?: \S+){0,4}$", between)
            or re.match(r"(?:and|to)$", between)
        )
        and (direction(clause.text, following) is not None or between in ("and", "to"))
        and not re.search(r"\b(?:of|costs?|takes?|@\d+)\b", between)
    )


def direction(text: str, k: int) -> tuple[Relation, bool, str] | None:
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
_FORBIDS = re.compile(
    r"\b(?:restrict(?!ions?\b)\w*|prevent\w*|prohibit\w*|forbid\w*|avoid\w*|stop\w*|impossible)\b"
)


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


def cue_of(clause: Clause, numbers: list[int], n: int, last: Cued | None) -> Cued | None:
    k = numbers[n]
    text = clause.text
    direct = direction(text, k)
    if direct is not None:
        return Cued(k, direct[0], direct[1], True, direct[2])
    between = re.search(rf"\bbetween #{k} and #(\d+)|\bfrom #{k} to #(\d+)", text)
    if between:
        return Cued(k, ">=", False, True, "between")
    if n and re.search(
        rf"\bbetween #{numbers[n - 1]} and #{k}(?!\d)|\bfrom #{numbers[n - 1]} to #{k}(?!\d)", text
    ):
        return Cued(k, "<=", False, True, "between")
    if last is not None and _coordinated(text, last, k):
        return Cued(k, last.relation, last.strict, False, last.cue)
    return None


_DENIED = re.compile(r"\b(?:cannot|not|never)(?: \w+){0,2} more than$")


def _coordinated(text: str, last: Cued, b: int) -> bool:
    """Whether the number at b goes on the list that the number before began.

    Of bounds that "or" joins one may be enough; not where it is denied that either is passed: "cannot make
    more than 60 mugs or 35 bowls".
    """
    a = last.position
    match = re.search(rf"#{a}(?!\d)(.*?)#{b}(?!\d)", text)
    if match is None:
        return False
    gap = match.group(1)
    if "#" in gap:
        return False
    neither = (
        last.strict is False and last.relation == "<=" and _DENIED.search(text[: match.start()].rstrip())
    )
    if re.search(r"\bor\s*(?:a|an|the)?\s*$", gap) and "and or" not in gap and not neither:
        raise Unclear("Two bounds are joined by “or”. Must both hold, or one of them?", 2)
    return bool(re.search(r"(?:,| and| or| plus)\s*(?:a|an|the|also)?\s*$", gap)) and not re.search(
        r"\b(?:is|are|costs?|takes?|requires?|earns?|uses?|with a|at a|of which|yields?|each takes)\b", gap
    )


def window(clause: Clause, numbers: list[int], n: int) -> tuple[str, str]:
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


def things_in(text: str) -> list[int]:
    return [int(t) for t in re.findall(r"@(\d+)", text)]
