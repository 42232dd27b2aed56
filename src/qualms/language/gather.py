"""Each clause of a text goes to the facts, the limits, the bounds or the goal."""

from __future__ import annotations

import re
from dataclasses import replace

from qualms.language import objective as goals
from qualms.language.clauses import Clause
from qualms.language.conditions import Bound, Comparison, Limit, Relation
from qualms.language.constraints import bind, figures, free_limit
from qualms.language.cues import HAVE, NEED, direction
from qualms.language.frames import Fact, facts, figure, in_order
from qualms.language.reach import by_a_team, of_all, of_several, same_again
from qualms.language.reading import Unclear
from qualms.language.told import Told
from qualms.language.words import PERIODS, root, stem

_ODD = re.compile(
    r"\b(?:fixed (?:cost|fee|charge)|set-?up (?:cost|fee|charge)|one-time|squared|cubed|unless"
    r"|overtime|probability|"
    r"chance|randomly|compound(?:ed)? (?:annually|monthly|daily|interest)|for each additional|buy one get"
    r"|per additional|for every #|free of charge|"
    r"not both|mutually exclusive|only if|whichever)\b"
)  # fmt: skip


_INTENSIVE = re.compile(
    r"\b(?:quality|rating|concentration|density|octane|purity|strength|temperature|percentage|average"
    r"|speed|grade)s?"
    r" (?:rating |level )?(?:of|is|must be|should be|has to be|are)\b|\bratings?\b|\bfraction of each\b"
    r"|\bon average\b.*\bmixture\b"
)
_GIVEN = re.compile(
    r"\b(?:based on|according to|given|from) (?:the )?(?:past|previous|recent|earlier) ratings?\b"
)
_ALREADY = re.compile(
    r"\b(?:already|currently has|left over|last (?:year|month|week)|previously|so far|initially|the first #)"
)
_WISH = re.compile(
    r"\b(?:would be (?:nice|good|great)|ideally|hopes?|hopefully|preferably|if possible|tries to|desirable"
    r"|dreams?)\b"
)
_SOME = re.compile(
    r"\b(?:a|one|two) (?:half|third|quarter|fifth|tenth)s? (?:is|are|must|should|can|will|has|have)\b"
    r"|\bhalf (?:is|are|must|should)\b|\bthe (?:other )?half\b"
)
_LOSS = re.compile(
    r"\b(?:loss|deficit|penalty|fine|rebate|refund) of #|#\d+ (?:[a-z]+ )?(?:loss|deficit|rebate"
    r"|penalty)\b|\b(?:loses?|losing)\b"
)


_ROOM = re.compile(r"\b(?:in|on|over|across) (?:up to )?#\d+ (?:acres?|hectares?|square_\w+)(?: of [\w-]+)?$")
_TIMES = r"(?:day|week|month|year|hour|shift|morning|evening|season|night)"


def _says_not_negative(clause: Clause) -> bool:
    """Whether a clause only says that the unknowns are not negative, which always holds."""
    return bool(
        re.search(r"\b(?:unknowns?|greater than or equal to|non-?negative)\b", clause.text)
    ) and not any(i.kind == "number" and i.token.value for i in clause.items)


def gather(told: Told, place: int, clause: Clause, inherited: tuple[int, ...]) -> None:
    """Puts what a clause says where it belongs. Raises Unclear where it cannot be read."""
    text = clause.text
    if _says_not_negative(clause):
        return
    if _ODD.search(text) or ("#" in text and re.search(r"\bdiscount", text)):
        raise Unclear(f"I cannot put “{clause.said}” into a linear model. What does it mean in numbers?", 2)
    found = goals.find(clause)
    if found is not None:
        goal, start, rest = found
        told.goals.append(goal)
        if rest:
            lead = clause.items[-rest].low
            skip = 1 if lead in ("with", "while", "given", "if", "using", "assuming") else 0
            tail = Clause(clause.items[len(clause.items) - rest + skip :], clause.sentence)
            if lead != "using" or not _stock(told, place, tail):
                gather(told, place, tail, inherited)
        head = clause.text[:start]
        if "#" not in head:
            _question(told, clause)
            return
        size = len(head.split())
        clause = Clause(clause.items[:size], clause.sentence, clause.continues)
        text = clause.text
    if (
        re.match(r"(?:how|what) (?:many|much|is|are|should|amount|number|ratio|combination)\b", text)
        and "#" not in text
    ):
        _question(told, clause)
        return
    if (
        "#" in text
        and _INTENSIVE.search(_GIVEN.sub("", text))
        and not re.search(
            r"\baverage (?:return|rate of return"
            r"|of #)",
            text,
        )
    ):
        raise Unclear(
            f"“{clause.said}” is about a property of a mixture. Which amounts must add up to what?", 2
        )
    if "#" in text and (_ALREADY.search(text) or _LOSS.search(text)):
        raise Unclear(f"What does “{clause.said}” mean for the numbers of the model?", 2)
    if _SOME.search(text):
        raise Unclear(f"Of what is the share in “{clause.said}”?", 2)
    if _WISH.search(text) and ("#" in text or "@" in text):
        raise Unclear(f"Is “{clause.said}” a wish or a condition that must hold?", 2)
    bound = bind(clause, place, told.exact)
    if bound.free and any(not isinstance(o, Limit) for o in bound.found):
        raise Unclear(f"What does each number in “{clause.said}” belong to?", 2)
    for one in bound.found:
        if not isinstance(one, Limit):
            told.bounds.append(one)
        elif (one.continued and same_again(told, one, clause, place, inherited)) or by_a_team(
            told, one, clause, place, inherited
        ):
            told.bounds.append(Bound(inherited, False, one.relation, one.figure, clause.said, one.strict))
        else:
            told.limits += of_several(replace(one, total=True, each=False) if of_all(told, clause) else one)
    if bound.free:
        _free(told, place, clause, list(bound.free), inherited)
    elif not bound.found:
        _idle(told, clause)


def _stock(told: Told, place: int, clause: Clause) -> bool:
    """Whether "maximize … using 3 kg of flour and 2 kg of butter" tells how much there is."""
    numbers = [k for k, i in enumerate(clause.items) if i.kind == "number"]
    if "@" in clause.text or any(direction(clause.text, k) for k in numbers):
        return False
    told.limits += [Limit("<=", one, clause.said) for one in figures(clause, place, numbers)]
    return True


def _question(told: Told, clause: Clause) -> None:
    """What a question asks for, which may tell the unit; a question about something else is asked back."""
    if re.search(r"\b(?:shortest|longest|fastest|quickest|nearest)\b", clause.text):
        raise Unclear(
            f"“{clause.said}” asks for something else. Which of the two problems is to be solved?", 1
        )
    match = re.search(r"\bhow (many|much)\b(?: (?:of )?(?:the )?(\w+))?(?: (\w+))?", clause.text)
    if match:
        told.asked.add(match.group(1))
        if match.group(2):
            told.asked.add(stem(match.group(2)))
    for item in clause.items:
        if item.kind == "thing" and item.container:
            told.asked.add(item.container)


def _idle(told: Told, clause: Clause) -> None:
    """A clause without numbers that binds nothing must not have the words of a condition."""
    text = clause.text
    if re.search(
        r"\b(?:at least|at most|no more than|no less than|exceed\w*|twice|half|equal\w*|as many|as "
        r"much)\b",
        text,
    ):
        raise Unclear(f"I cannot read the condition “{clause.said}”. What must hold?", 2)
    if re.search(r"\b(?:more|less|fewer|greater|larger) than\b", text) and re.search(
        r"\b(?:must|should|wants?|needs?|requires?|has to|have to)\b", text
    ):
        raise Unclear(f"I cannot read the condition “{clause.said}”. What must hold?", 2)
    if "@" not in text:
        return
    if re.search(
        r"\bonly @\d+|\beither @\d+ or @\d+ (?:can|may|must|but|is|are|not)\b|@\d+ or @\d+ ,? ?(?:but "
        r")?not both",
        text,
    ) and (re.search(r"\b(?:can|may|must|should|is|are|allowed|possible)\b", text)):
        raise Unclear(f"Does “{clause.said}” exclude one of them? Only one model at a time can be read.", 2)
    if re.search(
        r"\b(?:cannot|never|must not|should not|may not|not allowed|not be|only one|unless|ratio"
        r"|proportion)\b"
        r"|\b(?:not|no)\b(?! such limit)(?! want @\d+ to (?!be\b))(?: \w+){0,2} @"
        r"|\bprefer\w*\b.*\b(?:more|less|fewer|than|over|rather)\b",
        text,
    ):
        raise Unclear(f"Is “{clause.said}” a condition that must hold, and what exactly is it?", 2)
    if (
        re.search(r"\bmust\b(?! (?:be )?(?:\w+ed|go|pass|use|decide|choose|determine|have))", text)
        and "@" in text
    ) and not re.search(r"\b(?:and|or)\b", text):
        raise Unclear(f"Is “{clause.said}” a condition that must hold, and what exactly is it?", 2)


def _free(told: Told, place: int, clause: Clause, numbers: list[int], inherited: tuple[int, ...]) -> None:
    """Numbers without the words of a bound: supplies and demands, or facts about one of each thing."""
    text = clause.text
    things = [int(t) for t in re.findall(r"@(\d+)", text)]
    if things:
        if _supply(told, place, clause, numbers, things):
            return
        if re.search(r"\b(?:budget|available|availability)\b", text):
            raise Unclear(f"Is “{clause.said}” about one of a thing, or about how much there is?", 2)
        told.facts += facts(clause, place, numbers, inherited, len(told.things))
        return
    if re.match(rf"(?:they )?(?:both|each|all)\b(?! {_TIMES}\b)", text) and not re.search(
        r"available|\bavailability|\bcan be used\b|\bhas\b|\bhave\b", text
    ):
        told.facts += facts(clause, place, numbers, inherited, len(told.things))
        return
    if in_order(clause, numbers, inherited, len(told.things)):
        told.facts += facts(clause, place, numbers, inherited, len(told.things))
        return
    if _per_head(told, text):
        told.facts += facts(clause, place, numbers, inherited, len(told.things), every=True)
        return
    same = place > 0 and told.clauses[place - 1].sentence == clause.sentence
    if (
        same
        and len(inherited) == 1
        and re.match(
            r"(?:it (?:also )?\w+s|they (?:also )?\w+)\b"
            r"|(?:he|she|it|they|you|we) can (?:harvest|produce|make|deliver|collect|get|gather)\b",
            text,
        )
        and not HAVE.search(text)
    ):
        told.facts += [Fact(inherited[0], f) for f in figures(clause, place, numbers)]
        return
    if clause.continues and len(inherited) == 1 and not HAVE.search(text):
        told.facts += facts(clause, place, numbers, inherited, len(told.things))
        return
    if len(numbers) == 1 and (_ROOM.search(text)):
        told.limits.append(Limit("<=", figure(clause, place, numbers[0]), clause.said))
        return
    limits = free_limit(clause, place, numbers)
    if limits is None:
        raise Unclear(f"What is the number in “{clause.said}” for?", 2)
    told.limits += limits


def _per_head(told: Told, text: str) -> bool:
    """Whether a clause is about each of all things: "3 hours for each phone"."""
    found = re.findall(
        r"\b(?:each|every|per|any) (?:type of |kind of |one of the )?([\w'-]+)(?: ([\w'-]+))?", text
    )
    return any(
        (root(a) in told.heads or (b and root(b) in told.heads)) and a not in PERIODS for a, b in found
    ) and not re.search(r"\bavailable\b", text)


def _supply(told: Told, place: int, clause: Clause, numbers: list[int], things: list[int]) -> bool:
    """Whether a clause with things tells how much there is: of a thing, or of a resource for several."""
    text = clause.text
    have = HAVE.search(text)
    need = NEED.search(text)
    direct = [
        k + 1 < len(clause.items) and clause.items[k + 1].kind == "thing" and not clause.items[k + 1].each
        for k in numbers
    ]
    land = re.search(
        r"\b(?:in|on) (?:his|her|their|its|a|the) #\d+ \w+ (?:\w+ )?(?:farm|field|land|garden|backyard"
        r"|lot|property|plot|area)\b",
        text,
    )
    room = re.search(
        r"@\d+ (?:in|on|over|across) (?:up to )?#\d+ (?:acres?|hectares?|square_\w+)(?: of [\w-]+)?$", text
    )
    seats = re.search(r"\bwith #\d+ ([\w-]+)$", text)
    if seats and root(seats.group(1)) in told.heads:
        room = room or seats
    served = re.search(
        r"#\d+ (?:[\w'-]+ ){1,4}?(?:using|by|with|via|through|in|on|either by|by either) (?:either )?"
        r"@\d+(?:(?: ,)?(?: and| or| ,)(?: by| in| on| with)? @\d+)+$",
        text,
    )
    if served and need is not None and len(numbers) == 1 and need.end() <= served.start():
        told.limits.append(Limit(">=", figure(clause, place, numbers[0]), clause.said, assumed=True))
        return True
    invested = re.search(
        r"\binvest(?:s|ed|ing)? (?:a total of |up to )?#\d+ (?:in|into|between|among|across)"
        r" (?=.*@\d+.*@\d+)",
        text,
    )
    if invested and len(numbers) == 1:
        one = figure(clause, place, numbers[0])
        if one.family == "money":
            told.draft.assume(f"“{clause.said}” was read as at most that much.")
            told.limits.append(Limit("<=", one, clause.said))
            return True
    room = room or re.search(r"@\d+ using (?:up to )?#\d+ \w+ of [\w-]+(?: [\w-]+)?$", text)
    if room and len(numbers) == 1 and len(set(things)) == len(told.things) and not each_of(clause):
        told.limits.append(Limit("<=", figure(clause, place, numbers[0]), clause.said))
        return True
    if land and len(numbers) == 1 and "@" not in text[land.start() :]:
        told.limits.append(Limit("<=", figure(clause, place, numbers[0]), clause.said))
        return True
    if all(direct) and not re.search(r"\b(?:each|per|every)\b", text):
        first = text.index(f"#{numbers[0]}")
        owned = re.search(r"\b(?:access|available|stock|hand|inventory|supply|at most|only)\b", text)
        if have is not None and have.start() < first and "@" not in text[:first] and owned is None:
            raise Unclear(f"Does “{clause.said}” mean that at most so many can be used?", 2)
        if have is not None and have.start() < first and "@" not in text[:first]:
            relation: Relation = "<="
        elif need is not None and need.start() < first and "@" not in text[:first]:
            raise Unclear(f"Does “{clause.said}” mean exactly that many, at least, or at most?", 5)
        else:
            return False
        for k in numbers:
            item = clause.items[k + 1]
            one = figure(clause, place, k)
            told.bounds.append(Bound((item.thing,), False, relation, one, clause.said, False, item.container))
        return True
    if have is None:
        have = re.search(r"\bwith(?= #\d+ (?:acres?|hectares?|square_\w+)\b)", text)
    last = text.index(f"#{numbers[-1]}")
    if (
        have is not None
        and len(set(things)) >= 2
        and "@" not in text[:last]
        and not re.search(r"\b(?:each|per|every|respectively)\b", text)
        and have.start() < text.index(f"#{numbers[0]}") + 200
    ):
        found = free_limit(clause, place, numbers)
        told.limits += found or [Limit("<=", one, clause.said) for one in figures(clause, place, numbers)]
        return True
    return False


def account(told: Told) -> None:
    """Every number of the text must have gone into a fact or a limit."""
    figures = [f.figure for f in told.facts] + [o.figure for o in told.limits]
    figures += [b.figure for b in told.bounds if not isinstance(b, Comparison)]
    used = {id(f.token) for f in figures}
    for clause in told.clauses:
        for item in clause.items:
            if item.kind == "number" and id(item.token) not in used and not _says_not_negative(clause):
                raise Unclear(f"What is the number {item.token.text} in “{clause.said}” for?", 3)


def each_of(clause: Clause) -> bool:
    """Whether a clause is about one of a thing: "a", "each", "per"."""
    return any(i.kind == "thing" and i.each for i in clause.items) or bool(
        re.search(r"\b(?:each|per|every|respectively)\b", clause.text)
    )
