"""Clauses that bind: bounds, limits, shares, multiples and comparisons."""

from __future__ import annotations

import re
from dataclasses import replace

from qualms.language.clauses import Clause
from qualms.language.comparisons import comparison, multiple, relative, share
from qualms.language.conditions import Bound, Bounds, Comparison, Found, Limit, Relation
from qualms.language.cues import CUE, HAVE, NEED, VAGUE, Cued, cue_of, direction, only_cue, things_in, window
from qualms.language.frames import Figure, figure
from qualms.language.reading import Unclear
from qualms.language.words import root

_DEMANDS = re.compile(r"\b(?:must|should|has to|have to|needs? to|wants?|aims? to|required?)\b")


def bind(clause: Clause, place: int, exact: Relation | None = None) -> Bounds:
    """The constraints of a clause.

    Parameters
    ----------
    clause : Clause
        A clause that is no goal and no mere reason.
    place : int
        Its number.
    exact : str, optional
        How "must be twice as many" is read, which may be meant exactly, or as at least. It is asked if None.

    Raises
    ------
    Unclear
        Where a clause has the words of a constraint and cannot be read.
    """
    numbers = [k for k, i in enumerate(clause.items) if i.kind == "number"]
    text = clause.text
    if not numbers:
        return Bounds(tuple(comparison(clause)), ())
    if re.search(r"\bprefer\w*\b", text) and not any(direction(text, k) for k in numbers):
        raise Unclear(f"Is “{clause.said}” a wish or a condition that must hold?", 2)
    found: list[Found] = []
    free: list[int] = []
    cued: Cued | None = None
    waiting: list[tuple[Cued, Figure]] = []
    chain: list[int] = []  # numbers that were bound
    for n, k in enumerate(numbers):
        if (
            clause.items[k].token.number == "times"
            and direction(text, k) is None
            and len(set(things_in(text))) == 2
        ):
            if exact is None or not _DEMANDS.search(text):
                raise Unclear(
                    f"In “{clause.said}”, must it be exactly that multiple, at least, or at most?",
                    3,
                    _DEMANDS.search(text) is not None,
                )
            here: Cued | None = Cued(k, exact, False, True, "")
        else:
            here = cue_of(clause, numbers, n, cued)
        if here is None:
            free.append(k)
            cued = None
            continue
        if n + 1 < len(numbers) and only_cue(window(clause, numbers, n)[1], clause, numbers[n + 1]):
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
    if not found and VAGUE.search(text) and not any(direction(text, k) for k in numbers):
        raise Unclear(f"I cannot read the condition “{clause.said}”. What must hold?", 2)
    if len(CUE.findall(text)) > sum(1 for k in numbers if direction(text, k) is not None):
        raise Unclear(f"I cannot read the condition “{clause.said}”. What must hold?", 2)
    return Bounds(tuple(found), tuple(free))


def _again(found: Found, first: Figure, cue: Cued) -> Found:
    """The same constraint with another number and relation."""
    if isinstance(found, Comparison):
        raise Unclear(f"I cannot read “{found.words}”.", 2)
    return replace(
        found, relation=cue.relation, figure=replace(found.figure, token=first.token), strict=cue.strict
    )


def _bound(
    clause: Clause, place: int, numbers: list[int], n: int, cue: Cued, chain: list[int]
) -> list[Found] | None:
    """The constraint of one number that has a cue, or None where it is a fact about one of a thing."""
    k = numbers[n]
    item = clause.items[k]
    before, behind = window(clause, numbers, n)
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
    if re.search(rf"#{k}(?!\d) (?:[\w'-]+ ){{0,3}}of (?:that|this|such|the same) ", clause.text):
        raise Unclear(f"Which of them does “{said}” bind: each, or all of them together?", 2)
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
        and any(t != lead.thing for t in things_in(window(clause, numbers, n)[1]))
    ):
        raise Unclear(f"How do the two depend on each other in “{said}”?", 2)
    if every_one and any(t != int(every_one.group(1)) for t in things_in(every_one.group(2))):
        raise Unclear(f"How do the two depend on each other in “{said}”?", 2)
    strict = cue.strict
    listed = things_in(behind)
    if kind == "times" or (kind in ("part", "percent") and relative(clause, k)):
        return [multiple(clause, one, cue)]
    if kind in ("percent", "part"):
        shares = share(clause, one, numbers, n, cue)
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
        r"to |needs to |can |may |will )?(?:be )?(?:made )?@(\d+)(?: (?P<noun>[\w'-]+))?$",
        behind,
    )
    if (
        which
        and which["noun"]
        and not re.search(rf"#\d+ (?:total )?{re.escape(which['noun'])}\b", clause.text)
    ):
        which = None
    if which and len(listed) == 1 and re.search(r"\bbe\b|which|whom|them", behind) and not one.unit:
        return [Bound((int(which.group(1)),), False, cue.relation, one, said, strict)]
    subject = re.search(
        r"@(\d+)(?: (?:sold|made|produced|used|used is|in \w+|planted|hired|bought|purchased|grown))*"
        r"(?: (?:must|should|can|cannot|could|may|has to|have to|needs to|need to|is|are|will|also|only"
        r"|not|be|to|never|"
        r"limited|restricted|used|made|produced|exceed|sold|than|more|less|run|operated))*(?: on| for)? *(?:"
        + re.escape(cue.cue)
        + r")",
        f"{all_before} {cue.cue}" if cue.cue not in all_before else all_before,
    )
    if subject and len(set(things_in(all_before))) == 1 and not listed:
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
        timed = re.search(
            rf"\b(?:used|run|operated?|work) (?:on|for)(?: {re.escape(cue.cue)})?$", all_before.strip()
        )
        if timed:
            return [Bound((subject_item.thing,), False, cue.relation, one, said, strict, "?")]
        if _same_unit(one, subject_item.container, subject_item.heads):
            return [
                Bound((subject_item.thing,), False, cue.relation, one, said, strict, subject_item.container)
            ]
    demand = re.search(
        r"\b(?:demand|sales|production|output|supply|number|amount|quantity) (?:for|of) @(\d+) (?:\w+ "
        r")?(?:is|are|will be|must be|should be|has to be)$",
        all_before.replace(f" {cue.cue}", "").strip(),
    )
    if demand and not listed and len(things_in(all_before)) == 1:
        return [Bound((int(demand.group(1)),), False, cue.relation, one, said, strict, "?")]
    owner = re.match(r"(?:the )?@(\d+) [\w'-]+ limits? (?:the )?number of (\w+)\b[^@#]* to\b", clause.text)
    if owner and not listed and not one.unit:
        return [Bound((int(owner.group(1)),), False, cue.relation, one, said, strict, "?")]
    told_of = re.search(
        r"\blimits? the (?:number|amount) of [\w'-]+ (?:at|on|in|during|of|for|with) (?:an? |the )?@(\d+)"
        r"(?: (?:from|for|of|by) (?:a|an|the|any|each|one) [\w '-]+)? to$",
        all_before.strip(),
    )
    if told_of and not listed and not one.unit:
        return [Bound((int(told_of.group(1)),), False, cue.relation, one, said, strict, "?")]
    limited = re.search(
        r"\blimit(?:s|ed|ing)? @(\d+)(?: \w+)*? to(?: at most| a maximum of)?$", all_before.strip()
    )
    if limited and not listed and not one.unit:
        return [Bound((int(limited.group(1)),), False, cue.relation, one, said, strict)]
    whom = re.match(r"(?:more )?([\w'-]+)(?: [\w'-]+){0,4}(?: ,)? (?:of|from) (?:whom|which|them)\b", behind)
    if whom and not one.unit and n + 1 < len(numbers):
        return [Limit(cue.relation, one, said, False, strict, total=True)]
    things = things_in(clause.text)
    if (
        one.family == "money"
        and len(set(things_in(all_before))) >= 2
        and not listed
        and re.search(r"\binvest", clause.text)
    ):
        return [Limit(cue.relation, one, said, False, strict)]
    if things and not listed and not things_in(all_before):
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
    facts_before = [j for j in numbers[:n] if direction(clause.text, j) is None and j not in chain]
    if facts_before and things_in(clause.text[: clause.text.index(f"#{k}")]):
        raise Unclear(f"Is “{said}” about one of them, or about all of them together?", 2)
    every = bool(
        re.search(r"\b(?:each|both|every)\b(?! (?:day|week|month|year|hour|shift|@)\b)(?! @)", clause.text)
    )
    every = every and not re.search(r"\b(?:combined|together|in total|altogether)\b", clause.text)
    stated = re.search(r"\b(?:there (?:is|are)|has|have|owns?) at least #", clause.text)
    if (
        cue.relation == ">="
        and stated
        and not re.search(r"\b(?:needs?|must|should|required|wants?)(?: to)? have at least #", clause.text)
    ):
        raise Unclear(f"Is “{said}” what there is, or what must be used at least?", 2)
    again = bool(after_bound) and not re.search(r"\b(?:total|combined|altogether)\b", clause.text)
    return [Limit(cue.relation, one, said, every, strict, continued=clause.continues or again)]


def _with_things(
    clause: Clause, one: Figure, before: str, behind: str, cue: Cued, said: str
) -> list[Found] | None:
    """A bound in a clause that mentions things elsewhere: a purpose behind it does not matter."""
    listed = list(dict.fromkeys(things_in(behind)))
    if (
        not things_in(before)
        and len(listed) >= 2
        and re.match(r"[^@#]* (?:and|or) (?:also )?(?:has|have|sells?|offers?|provides?) [^#]*@", behind)
    ):
        return [Limit(cue.relation, one, said, False, cue.strict)]
    if (
        not things_in(before)
        and len(listed) >= 2
        and re.search(r"\b(?:to|for|from|on|of|in|among|between|using|with|by|into)\b(?: \S+)*? @", behind)
    ):
        return [Limit(cue.relation, one, said, False, cue.strict)]
    money = re.match(r"(?:\w+ ){0,4}(?:in|into|on|for|to|from|with|by|using|of|as) (?:\w+ )?@(\d+)$", behind)
    if money and not things_in(before) and len(listed) == 1:
        return [Bound((listed[0],), False, cue.relation, one, said, cue.strict, "?")]
    passive = re.match(
        r"(?:\S+ ){0,3}(?:must|should|has to|have to|needs to|need to|can|may|will) (?:be (?:\w+ )?|get "
        r"|receive |use |take |have )(?:in |into |by |to |from |on |using |with |at |as )?(?:the )?@(\d+)$",
        behind,
    )
    passive = passive or re.match(
        r"(?P<noun>[\w'-]+) (?:\S+ ){0,2}(?:to be|are|will be|be|reserved|assigned|for|as)"
        r"(?: (?:assigned|reserved|for|as|to|be|the))* @(\d+)"
        r" (?:(?P=noun)|passengers|customers|guests|visitors)$",
        behind,
    )
    passive = passive or re.match(
        r"(?:\S+ ){0,3}(?:to be|are|will be|be|reserved (?:for|as)|assigned (?:as|to|for))"
        r" (?:assigned |reserved )?(?:as |for )?(?:the )?@(\d+)$",
        behind,
    )
    if passive is not None and not things_in(before) and len(listed) == 1:
        return [Bound((listed[0],), False, cue.relation, one, said, cue.strict, "?")]
    if (
        not behind.count("@")
        and re.search(r"@\d+", before)
        and re.search(r"\b(?:per|each|every|takes?|requires?)\b", before)
    ):
        raise Unclear(f"Is “{said}” about one of them, or about all of them together?", 2)
    joined = len(set(things_in(before))) >= 2 and re.search(r"\b(?:and|or|both|,)\b", before)
    if joined and not things_in(behind) and re.search(r"total|combined|together|sum", clause.text):
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


def _counted(clause: Clause, one: Figure, behind: str, cue: Cued, said: str) -> Bound:
    """A number right before a thing: that many of it, or of several together."""
    run = re.match(
        r"(?:more |additional |total |of |of the )?@\d+(?:(?: ,)?(?: (?:and|or)| ,) @\d+)*", behind
    )
    assert run is not None
    things = tuple(things_in(run.group()))
    rest = behind[run.end() :].strip()
    if len(things) == 1:
        if one.unit and one.unit not in ("",) and one.family not in ("money",):
            pass
        other = [t for t in things_in(rest) if t not in things]
        if other and re.search(r"\b(?:per|each|every|than|as)\b", rest):
            raise Unclear(f"I cannot read “{said}”: how do they depend on each other?", 2)
        if re.match(r"(?:time|labor|hours?|cost|budget|machine)\b", rest):
            raise Unclear(f"Is “{said}” a number of them, or of something that they need?", 2)
        item = next(i for i in clause.items[one.place[1] + 1 :] if i.kind == "thing")
        return Bound(things, False, cue.relation, one, said, cue.strict, item.container)
    if re.search(r"total|combin|together|altogether|overall|in all|sum", clause.text):
        return Bound(things, True, cue.relation, one, said, cue.strict)
    raise Unclear(f"Does “{said}” bind each of them, or all of them together?", 2)


def figures(clause: Clause, place: int, numbers: list[int]) -> list[Figure]:
    """The numbers of a clause, one after another."""
    found: list[Figure] = []
    for k in numbers:
        found.append(figure(clause, place, k, found[-1] if found else None))
    return found


_TO_SERVE = re.compile(
    r"#\d+ (?:[\w'-]+ ){1,4}to (?:be (?!used|spent|allocated|invested|divided|shared|distributed|worked)"
    r"\w+(?:ed|en|t)\b|(?:transport|deliver|move|ship|send|carry|evacuate)\b)"
    r"|#\d+ (?:[\w'-]+ ){1,4}(?:who|that|which) (?:must|need|needs|have to|has to)\b"
)


def free_limit(clause: Clause, place: int, numbers: list[int]) -> list[Limit] | None:
    """Numbers without a cue that tell how much there is, or how much is needed; None for any other clause."""
    text = clause.text
    have, need = HAVE.search(text), NEED.search(text)
    if have is None and need is None:
        have = re.search(r"\b(?:produces|receives|acquires|purchases|can buy|can get)\b", text)
    if have is None and need is None and figure(clause, place, numbers[0]).unit:
        have = re.search(
            r"\b(?:holds|seats|fits|stores)(?= #)"
            r"|^(?:the|its|their|his|her) (?:[\w-]+ )?[\w-]+ can (?:only )?"
            r"(?:carry|hold|take|transport|store|bear|handle)(?= #)",
            text,
        )
    if have is None and need is None:
        return None
    if have is not None and _TO_SERVE.search(text, have.end()):
        have, need = None, _TO_SERVE.search(text)
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
