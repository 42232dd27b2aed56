"""Facts, limits and the goal put together into a model, or a question about what is missing."""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Literal

from qualms.language import constraints as binding
from qualms.language import objective as goals
from qualms.language.clauses import Clause, clauses
from qualms.language.constraints import Bound, Comparison, Limit, Multiple, Relation, Share
from qualms.language.frames import Column, Fact, Figure, alike, columns, facts, likeness
from qualms.language.phrases import Item, Mentions, Thing, heads_of
from qualms.language.reading import Unclear
from qualms.language.tokens import Token
from qualms.language.words import CONTINUOUS, MEASURES, PERIODS, VERBS, root, stem, words
from qualms.specification.base import Quantity
from qualms.specification.expressions import Constant, Expression, Product, Reference, Total
from qualms.specification.general import Constraint, GeneralModel, Objective, Variable

_LARGEST = 1000  # denominator of a fraction that was told in words
_TOTALS = {
    root(w)
    for w in words("total money investment fund portfolio capital amount sum budget overall whole entire")
}
_TYPES = words("type kind model version variety brand style option way method size category different")
_ODD = re.compile(
    r"\b(?:fixed (?:cost|fee|charge)|set-?up (?:cost|fee|charge)|one-time|squared|cubed|unless"
    r"|overtime|probability|"
    r"chance|randomly|compound(?:ed)? (?:annually|monthly|daily|interest)|for each additional|buy one get"
    r"|per additional|for every #|free of charge|"
    r"not both|mutually exclusive|only if|whichever)\b"
)  # fmt: skip


_MONEY = {
    root(w)
    for w in words(
        "money investment fund portfolio capital budget profit revenue cost income return spending"
    )
}
_HARMLESS = re.compile(
    r"\d+(?:\.\d+)?-(?:minutes?|seconds?|months?|years?|star|inch|year-olds?|d|person|seat|way|part)\b"
)
_INTENSIVE = re.compile(
    r"\b(?:quality|rating|concentration|density|octane|purity|strength|temperature|percentage|average"
    r"|speed|grade)s?"
    r" (?:rating |level )?(?:of|is|must be|should be|has to be|are)\b|\bratings?\b|\bfraction of each\b"
    r"|\bon average\b.*\bmixture\b"
)
_FRACTIONS = re.compile(
    r"\b(?:fractional|fractions (?:are|of)|divisibility|need not be (?:whole|integers?)|not (?:necessarily"
    r"|need) (?:whole|integers?))\b"
)
_REACH = words("audience reach exposure viewer viewership view impression")
_ALREADY = re.compile(
    r"\b(?:already|currently has|left over|last (?:year|month|week)|previously|so far|initially|the first #)"
)
_QUANTITIES = {
    root(w)
    for w in words(
        "area space land field floor time weight volume mass length labor work capacity energy power fuel "
        "material "
        "distance water electricity pollution waste revenue value effort attention demand supply"
    )
}
_WISH = re.compile(
    r"\b(?:would be (?:nice|good|great)|ideally|hopes?|hopefully|preferably|if possible|tries to|desirable"
    r"|dreams?)\b"
)
_PERIOD = re.compile(
    r"\b(?:per|a|each|every) (?:day|week|month|year)\b|\b(?:daily|everyday|weekly|monthly|yearly|annually)\b"
)
_SOME = re.compile(
    r"\b(?:a|one|two) (?:half|third|quarter|fifth|tenth)s? (?:is|are|must|should|can|will|has|have)\b"
    r"|\bhalf (?:is|are|must|should)\b|\bthe (?:other )?half\b"
)
_LOSS = re.compile(
    r"\b(?:loss|deficit|penalty|fine|rebate|refund) of #|#\d+ (?:[a-z]+ )?(?:loss|deficit|rebate"
    r"|penalty)\b|\b(?:loses?|losing)\b"
)


@dataclass(frozen=True)
class Row:
    """A constraint as numbers: coefficients by thing, and what it was read from."""

    name: str
    terms: tuple[tuple[int, Quantity], ...]
    relation: Relation
    right: Quantity
    words: str
    total: Quantity | None = None  # a share of the total: the things on the left, this times all on the right
    other: tuple[int, Quantity] | None = None  # a multiple of another thing on the right


@dataclass
class Draft:
    """What was read, before it becomes a model."""

    things: tuple[Thing, ...]
    sense: Literal["max", "min"] = "max"
    goal: str = ""
    goal_unit: str = ""
    goal_words: str = ""
    cost: dict[int, Quantity] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    whole: bool = True
    unit: str = ""
    assumptions: list[str] = field(default_factory=list)
    order: tuple[int, ...] = ()

    def assume(self, sentence: str) -> None:
        """Notes a reading, once."""
        if sentence not in self.assumptions:
            self.assumptions.append(sentence)

    def signature(self) -> tuple[object, ...]:
        """What two readings must have in common to be the same: the numbers, in any order of the things."""
        orders = itertools.permutations(range(len(self.things))) if len(self.things) <= 4 else [self.order]
        return min((self._ordered(tuple(order)) for order in orders), key=repr)

    def _ordered(self, order: tuple[int, ...]) -> tuple[object, ...]:
        place = {t: k for k, t in enumerate(order)}
        count = len(self.things)
        rows = set()
        for row in self.rows:
            line = [Fraction(0)] * count
            for t, q in row.terms:
                line[place[t]] += _exact(q)
            if row.total is not None:
                line = [a - _exact(row.total) for a in line]
            if row.other is not None:
                line[place[row.other[0]]] -= _exact(row.other[1])
            right = _exact(row.right)
            relation = row.relation
            if relation == ">=":
                line, right = [-a for a in line], -right
            scale = max((abs(a) for a in line), default=Fraction(1)) or Fraction(1)
            rows.add((tuple(a / scale for a in line), right / scale, relation == "="))
        goal = tuple(_exact(self.cost[t]) if t in self.cost else Fraction(0) for t in order)
        return (self.sense, goal, tuple(sorted(rows)))


def _exact(quantity: Quantity) -> Fraction:
    value = quantity.value
    return Fraction(value) if isinstance(value, int) else Fraction(repr(value))


def _plain(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)


def quantity(figure: Figure, scale: Fraction = Fraction(1)) -> Quantity:
    """A number with its unit and words."""
    return Quantity(value=_plain(figure.value * scale), unit=_shown(figure), words=figure.token.text)


def _says_not_negative(clause: Clause) -> bool:
    """Whether a clause only says that the unknowns are not negative, which always holds."""
    return bool(
        re.search(r"\b(?:unknowns?|greater than or equal to|non-?negative)\b", clause.text)
    ) and not any(i.kind == "number" and i.token.value for i in clause.items)


def _plural(unit: str) -> str:
    """Of a unit: "hours", "square feet"."""
    if not unit or unit in ("%", "lb", "kg", "g", "oz", "mg", "ml", "km", "dollars", "euros"):
        return unit
    return (unit[:-4] + "feet" if unit.endswith("foot") else unit + "s").replace("_", " ")


def _shown(figure: Figure) -> str:
    if figure.unit:
        return _plural(figure.unit)
    return figure.said if figure.family == "" else figure.family


class Reader:
    """Reads a text as being about given things.

    Parameters
    ----------
    things : tuple of Thing
        What is to be decided.
    sentences : list of list of Token
        The text.
    loose : bool
        Whether a thing may be mentioned by a part of its name.
    """

    def __init__(self, things: tuple[Thing, ...], sentences: list[list[Token]], loose: bool) -> None:
        self.things = things
        self.mentions = Mentions(things, sentences, loose)
        marked = [self.mentions.mark(s) for s in sentences]
        self.heads = {root(h) for h in heads_of(marked, self.mentions)}
        self.marked = [self._explained(items) for items in marked]
        self.clauses: list[Clause] = [c for k, items in enumerate(self.marked) for c in clauses(items, k)]
        self.draft = Draft(things)
        seen = list(dict.fromkeys(i.thing for items in self.marked for i in items if i.kind == "thing"))
        self.draft.order = tuple(seen)
        self.facts: list[Fact] = []
        self.bounds: list[Bound | Share | Multiple | Comparison] = []
        self.limits: list[Limit] = []
        self.goals: list[goals.Goal] = []
        self.asked: set[str] = set()

    def _explained(self, items: list[Item]) -> list[Item]:
        """Leaves out numbers that only count what a list then names, as in "two types of cakes"."""
        out: list[Item] = []
        for k, item in enumerate(items):
            if item.kind == "number" and self._counts(items, k):
                continue
            out.append(item)
        return out

    def _counts(self, items: list[Item], k: int) -> bool:
        token = items[k].token
        ahead = [i.low for i in items[k + 1 : k + 3]]
        if len(ahead) == 2 and ahead[0] in ("month", "year") and k and items[k - 1].low in ("a", "an"):
            return ahead[1] in ("commitment", "term", "period", "plan", "horizon", "contract")
        if token.number != "plain" or token.value.denominator != 1 or not 1 <= token.value <= 12:
            return False
        after = [i for i in items[k + 1 : k + 5] if i.kind == "word"]
        if not after:
            return False
        if token.value == 1:
            following = items[k + 1]
            if following.stem == "year" and k and items[k - 1].low == "a":
                return True
            if (
                following.low in PERIODS
                and k
                and items[k - 1].low in ("in", "per", "during", "for")
                and token.spelled
            ):
                return items[k - 1].low != "for"
            told = " ".join(i.low for i in items[max(0, k - 5) : k])
            if (
                re.search(r"\b(?:run|running|operate|operating|use)\b(?: \S+)* for$", told)
                and following.stem in MEASURES
            ):
                return True
            return token.spelled and (
                following.kind == "thing"
                or (following.low in ("of", "type", "kind", "the"))
                or (
                    following.kind == "word"
                    and root(following.stem) in self.heads
                    and following.stem not in MEASURES
                )
            )
        if any(i.stem in _TYPES for i in after[:2]) and (
            k == 0 or items[k - 1].low not in ("least", "most", "than")
        ):
            return True
        if any(i.stem in MEASURES for i in after[:2]) or items[k + 1].kind == "thing":
            return False
        previous = items[k - 1].low if k else ""
        if len(self.things) == token.value and token.spelled and self._lists_after(items, k):
            return True
        if (
            len(self.things) == token.value
            and token.spelled
            and previous in ("these", "the", "those", "all", "its", "his", "her", "their")
        ):
            return True
        nouns = [i for i in items[k + 1 : k + 4] if i.kind == "word" and i.stem not in MEASURES]
        if token.spelled and previous not in ("least", "most", "than", "to", "exceed") and nouns:
            if len(self.things) == token.value and any(root(i.stem) in self.heads for i in nouns[:2]):
                return True
            if (
                previous in words("of by through in into on at from with between among across using are")
                and token.value <= 6
            ):
                return nouns[0] is items[k + 1] and items[k + 1].low not in ("of", "and")
        if previous in ("least", "most", "than", "to", "exceed", "of") and previous != "of":
            return False
        listed = {i.thing for i in items[k + 1 :] if i.kind == "thing"}
        named = len(listed) == token.value == len(self.things) and not any(
            i.kind == "number" for j, i in enumerate(items) if j != k
        )
        apposed = token.spelled and re.match(
            r"(?:[\w'-]+ ){1,4}(?:[,:(]|named|called|such as|like|in|of|that|which|who|to|for|from|$)",
            " ".join(i.low or "@" for i in items[k + 1 :]) + " ",
        )
        alone = token.spelled and not any(
            i.kind == "number" and not (i.token.spelled and i.token.value <= 12)
            for j, i in enumerate(items)
            if j != k
        )
        return named or bool(apposed and alone and not self._binds(items))

    def _lists_after(self, items: list[Item], k: int) -> bool:
        """Whether a comma or colon and then the list of all things follow a number and its noun."""
        text = " ".join(
            "@" if i.kind == "thing" else "#" if i.kind == "number" else i.low for i in items[k + 1 :]
        )
        match = re.match(r"(?:[\w'-]+ ){1,4}?(?:[,:(] )?(@[^#]*)", text)
        return match is not None and match.group(1).count("@") == len(self.things)

    def _binds(self, items: list[Item]) -> bool:
        text = " ".join(i.low for i in items)
        return bool(
            re.search(
                r"\b(?:at least|at most|more than|less than|exceed|maximum|minimum|need|must|available"
                r"|only|each|every)\b",
                text,
            )
        )

    def read(self) -> Draft:
        """The draft of a model.

        Raises
        ------
        Unclear
            With the first thing that is not understood.
        """
        for items in self.marked:
            for item in items:
                if item.kind == "word" and re.match(r"\d", item.low) and not _HARMLESS.match(item.low):
                    raise Unclear(f"What does “{item.low}” mean for the numbers of the model?", 1)
        if len(self.draft.order) != len(self.things):
            raise Unclear("What are the things to be decided?", 0)
        inherited: tuple[int, ...] = ()
        for place, clause in enumerate(self.clauses):
            if clause.reason:
                continue
            self._clause(place, clause, inherited)
            here = tuple(dict.fromkeys(i.thing for i in clause.items if i.kind == "thing"))
            inherited = here or inherited
        self._account()
        goal = goals.unite(self.goals)
        self._wages()
        self._units()
        reached = bool({root(w) for w in _REACH} & set(goal.roots))
        table = columns(self.facts, tuple(t.name for t in self.things), reached)
        if not table and not self.bounds and not self.limits:
            raise Unclear("Which numbers belong to which thing?", 1)
        used = self._limits(table)
        self._bind()
        told = {w for o in self.limits for w in o.figure.words}
        said = [o.words for o in self.limits] + [
            b.words for b in self.bounds if not isinstance(b, Comparison)
        ]
        periods = {PERIODS[p.split()[-1]] for one in said for p in _PERIOD.findall(one.lower())} - {
            "hour",
            "minute",
        }
        if len(periods - {""}) > 1 and self.draft.unit not in PERIODS:
            both = " and one per ".join(sorted(periods - {""}))
            raise Unclear(f"One limit is per {both}. For which time is the plan?", 5)
        chosen = goals.choose(goal, table, self.heads, self._unit_roots(), len(self.things), used, told)
        self._goal(goal, chosen, table)
        if chosen is not None:
            used.add(chosen)
        for c, column in enumerate(table):
            if c not in used:
                name = column.name or "this number"
                raise Unclear(
                    f"The text tells {name} for {self._list(column.facts)}, but it is in no limit and not "
                    f"the goal. "
                    "What is it for?",
                    6,
                )
        self._whole()
        self._consistent()
        return self.draft

    def _list(self, found: dict[int, Figure]) -> str:
        return " and ".join(self.things[t].name for t in found)

    def _clause(self, place: int, clause: Clause, inherited: tuple[int, ...]) -> None:
        text = clause.text
        if _says_not_negative(clause):
            return
        if _ODD.search(text) or ("#" in text and re.search(r"\bdiscount", text)):
            raise Unclear(
                f"I cannot put “{clause.said}” into a linear model. What does it mean in numbers?", 2
            )
        found = goals.find(clause)
        if found is not None:
            goal, start, rest = found
            self.goals.append(goal)
            if rest:
                skip = 1 if clause.items[-rest].low in ("with", "while", "given", "if", "using") else 0
                self._clause(
                    place, Clause(clause.items[len(clause.items) - rest + skip :], clause.sentence), inherited
                )
            head = clause.text[:start]
            if "#" not in head:
                self._question(clause)
                return
            size = len(head.split())
            clause = Clause(clause.items[:size], clause.sentence, clause.continues)
            text = clause.text
        if (
            re.match(r"(?:how|what) (?:many|much|is|are|should|amount|number|ratio|combination)\b", text)
            and "#" not in text
        ):
            self._question(clause)
            return
        if (
            "#" in text
            and _INTENSIVE.search(text)
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
        bound = binding.bind(clause, place)
        if bound.free and any(not isinstance(o, Limit) for o in bound.found):
            raise Unclear(f"What does each number in “{clause.said}” belong to?", 2)
        for one in bound.found:
            if isinstance(one, Limit) and one.continued and self._same_again(one, clause, place, inherited):
                self.bounds.append(Bound(inherited, False, one.relation, one.figure, clause.said, one.strict))
            elif isinstance(one, Limit):
                self.limits.append(one)
            else:
                self.bounds.append(one)
        if bound.free:
            self._free(place, clause, list(bound.free), inherited)
        elif not bound.found:
            self._idle(clause)

    def _same_again(self, limit: Limit, clause: Clause, place: int, inherited: tuple[int, ...]) -> bool:
        """Whether "but cannot sell more than 50" goes on about the one thing that was bound just before."""
        nouns = [w for w, v in limit.figure.words.items() if v >= 1]
        last = self.clauses[place - 1] if place else clause
        before = [
            b for b in self.bounds if isinstance(b, Bound) and b.things == inherited and b.words == last.said
        ]
        verbs = [w for w in nouns if w in {root(i.stem) for i in last.items if i.kind == "word"}]
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

    def _question(self, clause: Clause) -> None:
        match = re.search(r"\bhow (many|much)\b(?: (?:of )?(?:the )?(\w+))?(?: (\w+))?", clause.text)
        if match:
            self.asked.add(match.group(1))
            if match.group(2):
                self.asked.add(stem(match.group(2)))
        for item in clause.items:
            if item.kind == "thing" and item.container:
                self.asked.add(item.container)

    def _idle(self, clause: Clause) -> None:
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
            raise Unclear(
                f"Does “{clause.said}” exclude one of them? Only one model at a time can be read.", 2
            )
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

    def _free(self, place: int, clause: Clause, numbers: list[int], inherited: tuple[int, ...]) -> None:
        """Numbers without the words of a bound: supplies and demands, or facts about one of each thing."""
        text = clause.text
        things = [int(t) for t in re.findall(r"@(\d+)", text)]
        if things:
            if self._supply(place, clause, numbers, things):
                return
            if re.search(r"\b(?:budget|available|availability)\b", text):
                raise Unclear(f"Is “{clause.said}” about one of a thing, or about how much there is?", 2)
            self.facts += facts(clause, place, numbers, inherited, len(self.things))
            return
        if re.match(r"(?:they )?(?:both|each|all)\b", text) and not re.search(
            r"available|\bavailability|\bcan be used\b|\bhas\b|\bhave\b", text
        ):
            self.facts += facts(clause, place, numbers, inherited, len(self.things))
            return
        if self._per_head(text):
            self.facts += facts(clause, place, numbers, inherited, len(self.things), every=True)
            return
        same = place > 0 and self.clauses[place - 1].sentence == clause.sentence
        if (
            same
            and len(inherited) == 1
            and re.match(r"it (?:also )?\w+s\b", text)
            and not binding.HAVE.search(text)
        ):
            figures = binding.figures(clause, place, numbers)
            self.facts += [Fact(inherited[0], f) for f in figures]
            return
        if clause.continues and len(inherited) == 1 and not binding.HAVE.search(text):
            self.facts += facts(clause, place, numbers, inherited, len(self.things))
            return
        limits = binding.free_limit(clause, place, numbers)
        if limits is None:
            raise Unclear(f"What is the number in “{clause.said}” for?", 2)
        self.limits += limits

    def _per_head(self, text: str) -> bool:
        """Whether a clause is about each of all things: "3 hours for each phone"."""
        found = re.findall(
            r"\b(?:each|every|per|any) (?:type of |kind of |one of the )?([\w'-]+)(?: ([\w'-]+))?", text
        )
        return any(
            (root(a) in self.heads or (b and root(b) in self.heads)) and a not in PERIODS for a, b in found
        ) and not re.search(r"\bavailable\b", text)

    def _supply(self, place: int, clause: Clause, numbers: list[int], things: list[int]) -> bool:
        """Whether a clause with things tells how much there is: of a thing, or of a resource for several."""
        text = clause.text
        have = binding.HAVE.search(text)
        need = binding.NEED.search(text)
        direct = [
            k + 1 < len(clause.items) and clause.items[k + 1].kind == "thing" and not clause.items[k + 1].each
            for k in numbers
        ]
        land = re.search(
            r"\b(?:in|on) (?:his|her|their|its|a|the) #\d+ \w+ (?:\w+ )?(?:farm|field|land|garden|backyard"
            r"|lot|property|plot|area)\b",
            text,
        )
        if land and len(numbers) == 1 and "@" not in text[land.start() :]:
            self.limits.append(Limit("<=", binding.figure(clause, place, numbers[0]), clause.said))
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
                one = binding.figure(clause, place, k)
                self.bounds.append(
                    Bound((item.thing,), False, relation, one, clause.said, False, item.container)
                )
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
            found = binding.free_limit(clause, place, numbers)
            self.limits += found or [
                Limit("<=", one, clause.said) for one in binding.figures(clause, place, numbers)
            ]
            return True
        return False

    def _account(self) -> None:
        """Every number of the text must have gone into a fact or a limit."""
        figures = [f.figure for f in self.facts] + [o.figure for o in self.limits]
        figures += [b.figure for b in self.bounds if not isinstance(b, Comparison)]
        used = {id(f.token) for f in figures}
        for clause in self.clauses:
            for item in clause.items:
                if item.kind == "number" and id(item.token) not in used and not _says_not_negative(clause):
                    raise Unclear(f"What is the number {item.token.text} in “{clause.said}” for?", 3)

    def _wages(self) -> None:
        """What people earn is a cost of the one who pays it."""
        text = " ".join(c.text for c in self.clauses)
        if not re.search(
            r"\b(?:wages?|payroll|salar(?:y|ies)|labor cost|labour cost|wage bill|hires?|employs?)\b", text
        ):
            return
        earned = {root(w) for w in ("earn", "earning", "paid", "get", "make")}
        known = {root(w) for w in ("profit", "revenue", "sell", "income", "return")}
        self.facts = [
            Fact(f.thing, replace(f.figure, role="cost"))
            if f.figure.family == "money" and set(f.figure.words) & earned and not set(f.figure.words) & known
            else f
            for f in self.facts
        ]

    def _units(self) -> None:
        """The unit that things are counted in."""
        containers: dict[int, Counter[str]] = {k: Counter() for k in range(len(self.things))}
        for clause in self.clauses:
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
        for fact in self.facts:
            basis = fact.figure.basis
            if basis and basis not in PERIODS and basis not in MEASURES and root(basis) not in self.heads:
                containers[fact.thing][basis] += 1
        common = set.intersection(*(set(c) for c in containers.values()))
        measured = {c for found in containers.values() for c in found if c in MEASURES and c not in PERIODS}
        if len(measured) > 1:
            raise Unclear(f"Is a thing counted in {' or in '.join(sorted(measured))}?", 3)
        for clause in self.clauses:
            found = re.search(
                r"\b(?:each|per|every|one|an|a|in a) (hour|day|minute|week)(?:'s \w+)? (?:at|in|on|of"
                r"|with) @",
                clause.text,
            )
            if found:
                self.asked.add(found.group(1))
            found = re.search(
                r"\b(?:run|running|operate|operating)\b.*\b(?:per|an|a|each|every) (hour"
                r"|day)\b",
                clause.text,
            )
            if found and "@" in clause.text:
                self.asked.add(found.group(1))
        asked = {a for a in self.asked if a in MEASURES}
        percent = any(f.figure.family == "%" for f in self.facts)
        invested = any(
            re.search(
                r"\binvest|\blen[dt]s?\b|\bmoney (?:placed"
                r"|put)\b",
                c.text,
            )
            for c in self.clauses
        )
        dollars = any(re.search(r"\bdollars? (?:placed|invested|put)\b", c.text) for c in self.clauses)
        if measured:
            self.draft.unit = measured.pop()
        elif asked:
            self.draft.unit = sorted(asked)[0]
        elif dollars or (percent and invested):
            self.draft.unit = "dollar"
        elif common:
            self.draft.unit = sorted(common)[0]
        self.containers = containers

    def _unit_roots(self) -> set[str]:
        found = {root(c) for counter in self.containers.values() for c in counter if c}
        found |= {root(a) for a in self.asked if a not in ("many", "much", "each")}
        return found | ({root(self.draft.unit)} if self.draft.unit else set())

    def _limits(self, table: list[Column]) -> set[int]:
        """Finds for each limit the column that it limits; returns the columns that were used."""
        used: set[int] = set()
        taken: dict[tuple[int, Relation], Figure] = {}
        rarity: Counter[str] = Counter(w for column in table for w in column.words)
        self._claimed: set[tuple[int, Relation]] = set()
        later: list[Limit] = []
        for limit in self.limits:
            top = self._top(limit, table, rarity)
            if len(top) == 1:
                self._claimed.add((top[0], limit.relation))
            else:
                later.append(limit)
        for limit in [o for o in self.limits if o not in later] + later:
            if (
                limit.figure.token.spelled
                and limit.figure.value <= 12
                and not limit.figure.unit
                and limit.assumed
            ):
                raise Unclear(f"Is the number in “{limit.words}” a limit?", 5)
            if limit.assumed:
                self.draft.assume(f"“{limit.words}” was read as “at least”.")
            if limit.strict:
                self.draft.assume(f"“{limit.words}” was read with the bound itself allowed.")
            found = self._columns_of(limit, table, rarity)
            if found is None:
                self._total(limit)
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
                self._row(limit, table[c])
                used.add(c)
        return used

    def _top(self, limit: Limit, table: list[Column], rarity: Counter[str]) -> list[int]:
        """The columns that a limit's words fit best."""
        able = [c for c, column in enumerate(table) if self._fits(limit.figure, column)]
        scores = {c: likeness(limit.figure.words, table[c].words, rarity) for c in able}
        best = max(scores.values(), default=0.0)
        return [c for c in able if best > 0 and scores[c] > best - 1e-9]

    def _columns_of(self, limit: Limit, table: list[Column], rarity: Counter[str]) -> list[int] | None:
        """The columns of a limit; None where it is about the total of all things."""
        figure = limit.figure
        if limit.total:
            nouns = {w for w, v in figure.words.items() if v >= 3}
            if any(
                alike(n, w)
                for n in nouns
                for c in table
                for w, v in c.words.items()
                if v >= 3 and n not in self.heads
            ):
                raise Unclear(
                    f"Is “{limit.words}” about all things together, or about something that they need?", 5
                )
            if limit.either:
                self.draft.assume(f"“{limit.words}” was read as all of them together.")
            return None
        able = [c for c, column in enumerate(table) if self._fits(figure, column)]
        scores = {c: likeness(figure.words, table[c].words, rarity) for c in able}
        nouns = {w for w, v in figure.words.items() if v >= 3}
        total = self._is_total(limit, nouns)
        best = max(scores.values(), default=0.0)
        top = [c for c in able if scores[c] > best - 1e-9 and best > 0]
        if len(top) > 1 and not limit.each:
            top = [c for c in top if (c, limit.relation) not in self._claimed] or top
        if total:
            strong = [
                c for c in top if any(alike(n, w) for n in nouns for w, v in table[c].words.items() if v >= 3)
            ]
            if strong and figure.unit and figure.unit == self.draft.unit:
                same = [c for c in strong if {w for w, v in table[c].words.items() if v >= 3} >= nouns]
                if len(same) == 1 and len(strong) == 1 and table[same[0]].family in ("%", figure.family):
                    return same
                if nouns - self.heads:
                    raise Unclear(
                        f"Is “{limit.words}” about all things together, or about {table[strong[0]].name}?", 5
                    )
            exact = [c for c in strong if {w for w, v in table[c].words.items() if v >= 3} == nouns]
            if (
                len(exact) == 1
                and not re.search(r"\btotal|\bcombined|\beither", limit.words)
                and not figure.unit
                and (limit.relation == ">=" or binding.HAVE.search(limit.words))
            ):
                return exact
            if strong and nouns <= self.heads | self._unit_roots() and re.search(r"\btotal\b", limit.words):
                mine = [
                    n
                    for n in nouns
                    if not any(alike(n, w) for w, v in table[strong[0]].words.items() if v >= 3)
                ]
                strong = [] if mine else strong
            if strong and not (figure.unit and figure.unit == self.draft.unit):
                raise Unclear(
                    f"Is “{limit.words}” about all things together, or about {table[strong[0]].name}?", 5
                )
            return None
        if limit.each and len(able) > 1 and (len(top) != 1 or self._spread(limit, [table[c] for c in able])):
            same = [c for c in able if table[c].family == figure.family and figure.family]
            if same:
                self.draft.assume(
                    f"“{limit.words}” was read as a limit of its own for each of {len(same)} resources."
                )
                return same
        if len(top) == 1:
            return top
        if not top and (figure.family in ("money", "time") or (figure.family and not nouns)):
            own = [c for c in able if figure.family != "money" or table[c].role != "gain"]
            rivals = [o for o in self.limits if o.figure.family == figure.family]
            if len(own) == 1 and len(rivals) == 1:
                return own
            if figure.family == "money" and len(rivals) == 1:
                costs = [c for c in own if table[c].role == "cost"]
                if len(costs) == 1:
                    return costs
        if len(top) > 1:
            raise Unclear(f"Which of the numbers of each thing does “{limit.words}” limit?", 5)
        raise Unclear(f"What does “{limit.words}” limit? No number of each thing is of that kind.", 5)

    def _spread(self, limit: Limit, able: list[Column]) -> bool:
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

    def _fits(self, figure: Figure, column: Column) -> bool:
        if column.family == "%" and figure.unit and figure.unit == self.draft.unit and not column.role:
            return True
        if figure.family != column.family:
            return False
        if figure.family == "money":
            return not (figure.role and column.role and figure.role != column.role) and not (
                not figure.role and column.role == "gain"
            )
        if figure.unit != (unit := next(iter(column.facts.values())).unit):
            return (
                figure.unit in MEASURES and unit in MEASURES and MEASURES[unit][0] == MEASURES[figure.unit][0]
            )
        return True

    def _is_total(self, limit: Limit, nouns: set[str]) -> bool:
        figure = limit.figure
        unit = self.draft.unit
        if figure.family == "money":
            return unit == "dollar"
        if figure.unit:
            return figure.unit == unit
        if figure.family == "%":
            return False
        known = self.heads | self._unit_roots() | _TOTALS
        if self._people() & nouns:
            if not nouns & {root("ticket"), root("seat"), root("pass")}:
                self.draft.assume(
                    f"“{limit.words}” was read as a limit of the number of all {self._names()}, one for "
                    f"each person."
                )
            return True
        plain = {n for n in nouns if n in known or n not in {root(v) for v in VERBS}}
        if not plain:
            told = {w for f in self.facts for w in f.figure.words if w not in ("unit",)}
            return (
                bool(re.search(r"\b(?:total|combined|altogether|together)\b", limit.words))
                and not (set(figure.words) - self.heads) & told
            )
        everything = re.search(
            rf"{re.escape(figure.token.text)} total \w|\btotal$|\bin total\b|\baltogether\b|\bcombined\b"
            rf"|\btotal of either\b",
            limit.words,
        )
        if everything and not any(w in c.figure.words for c in self.facts for w in plain):
            return True
        return plain <= known

    def _people(self) -> set[str]:
        """Roots of words for those who take a seat or a ticket each, where that is what is sold."""
        if not self.heads & {root("ticket"), root("seat"), root("pass")}:
            return set()
        told = {w for f in self.facts for w in f.figure.words}
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
        } - told

    def _total(self, limit: Limit) -> None:
        for row in self.draft.rows:
            if (
                row.name == "total"
                and row.relation == limit.relation
                and row.right.value != _plain(limit.figure.value)
            ):
                raise Unclear(f"There are two limits of the total; what is “{limit.words}” about?", 5)
        if limit.continued and not limit.total:
            raise Unclear(f"Is “{limit.words}” about all things together, or about one of them?", 5)
        if limit.assumed:
            raise Unclear(f"Does “{limit.words}” mean exactly that many, at least, or at most?", 5)
        if limit.each:
            raise Unclear(f"Is “{limit.words}” about all things together, or about each of them?", 5)
        one = Quantity(value=1)
        self.draft.rows.append(
            Row(
                "total",
                tuple((t, one) for t in range(len(self.things))),
                limit.relation,
                quantity(limit.figure),
                limit.words,
            )
        )

    def _row(self, limit: Limit, column: Column) -> None:
        missing = [t for t in range(len(self.things)) if t not in column.facts]
        if missing:
            raise Unclear(
                f"How much {column.name or 'of it'} does one of {self.things[missing[0]].name} need or give? "
                f"“{limit.words}” limits it.",
                5,
            )
        here, there = limit.figure.unit, next(iter(column.facts.values())).unit
        scale = Fraction(1)
        if here != there and here and there and there != "%":
            scale = Fraction(str(MEASURES[here][1])) / Fraction(str(MEASURES[there][1]))
            self.draft.assume(f"“{limit.words}” was converted from {here}s to {there}s.")
        # what was converted goes by its new unit, in the limit as in the name
        right = quantity(limit.figure, scale)
        name = column.name or _plural(limit.figure.unit) or "resource"
        if scale != 1:
            right = right.model_copy(update={"unit": _plural(there)})
            name = _plural(there) if not column.name or column.name == _plural(here) else column.name
        units = {f.unit for f in column.facts.values()}
        if len(units) > 1:
            raise Unclear(f"In which unit is {column.name} told: {' or '.join(sorted(units))}?", 5)
        here, there = column.period, limit.figure.period
        if here and there and here not in (there, self.draft.unit):
            raise Unclear(
                f"{column.name} is told per {here}, but “{limit.words}” is per {there}. "
                "How many of one are in the other?",
                5,
            )
        self.draft.rows.append(
            Row(
                name,
                tuple((t, quantity(f)) for t, f in sorted(column.facts.items())),
                limit.relation,
                right,
                limit.words,
            )
        )

    def _bind(self) -> None:
        one = Quantity(value=1)
        count = len(self.things)
        for bound in self.bounds:
            if bound.strict:
                self.draft.assume(f"“{bound.words}” was read with equality allowed.")
            if isinstance(bound, Bound):
                self._check_unit(bound)
                if bound.things == (-2,):
                    if not any(r.name == "total" for r in self.draft.rows):
                        raise Unclear(f"Does “{bound.words}” bind each of them, or all of them together?", 5)
                    self.draft.assume(
                        f"“{bound.words}” was read as a bound of each, because the total has its own."
                    )
                if bound.together:
                    terms = tuple((t, one) for t in bound.things)
                    self.draft.rows.append(
                        Row("total", terms, bound.relation, quantity(bound.figure), bound.words)
                    )
                    continue
                for t in range(count) if bound.things[0] < 0 else bound.things:
                    name = f"number of {self.things[t].name}"
                    self.draft.rows.append(
                        Row(name, ((t, one),), bound.relation, quantity(bound.figure), bound.words)
                    )
            elif isinstance(bound, Share):
                self._check_base(bound)
                name = f"share of {self.things[bound.thing].name}"
                self.draft.rows.append(
                    Row(
                        name,
                        ((bound.thing, one),),
                        bound.relation,
                        Quantity(value=0),
                        bound.words,
                        total=quantity(bound.figure),
                    )
                )
                self.draft.assume(f"“{bound.words}” was read as a share of the total of {self._names()}.")
            elif isinstance(bound, Multiple):
                name = f"{self.things[bound.left].name} and {self.things[bound.right].name}"
                factor = quantity(bound.figure)
                other = (bound.right, Quantity(value=factor.value, words=factor.words))
                self.draft.rows.append(
                    Row(
                        name,
                        ((bound.left, one),),
                        bound.relation,
                        Quantity(value=0),
                        bound.words,
                        other=other,
                    )
                )
                if re.search(
                    r"times more|times (?:as )?greater|times larger", bound.figure.said + bound.words
                ):
                    self.draft.assume(f"“{bound.words}” was read as that multiple, not as one more.")
            else:
                name = f"{self.things[bound.left].name} and {self.things[bound.right].name}"
                self.draft.rows.append(
                    Row(
                        name,
                        ((bound.left, one),),
                        bound.relation,
                        Quantity(value=0),
                        bound.words,
                        other=(bound.right, one),
                    )
                )

    def _names(self) -> str:
        return ", ".join(t.name for t in self.things)

    def _check_unit(self, bound: Bound) -> None:
        figure, unit = bound.figure, self.draft.unit
        if figure.family == "money" and unit != "dollar":
            raise Unclear(f"Is “{bound.words}” a sum of money or a number of things?", 5)
        if figure.family == "%":
            raise Unclear(f"Which total is the percentage in “{bound.words}” of?", 5)
        if bound.container == "?" and figure.unit and figure.unit != unit and figure.family != "money":
            raise Unclear(f"Is “{bound.words}” the number of things, or something that they need?", 5)
        if bound.container == "?" and not figure.unit:
            nouns = {w for w, v in figure.words.items() if v >= 3}
            plain = {n for n in nouns if n not in {root(v) for v in VERBS}}
            if plain and not plain <= self.heads | self._unit_roots() | _TOTALS:
                raise Unclear(f"Is “{bound.words}” the number of things, or something that they need?", 5)
        if bound.container in MEASURES and bound.container != unit:
            raise Unclear(f"In which unit is “{bound.words}”?", 5)
        for t in bound.things:
            known = set() if t < 0 else set(self.containers[t])
            if bound.container not in ("", "?") and known and len(known) > 1:
                raise Unclear(f"What is one of {self.things[t].name}: {' or '.join(sorted(known))}?", 5)

    def _check_base(self, share: Share) -> None:
        base = {root(b) for b in share.base}
        if base & _QUANTITIES and self.draft.unit not in ("acre", "hectare", "square_foot", "square_meter"):
            raise Unclear(f"Which total is “{share.words}” a share of?", 5)
        if base & _MONEY and self.draft.unit != "dollar":
            raise Unclear(f"Which total is “{share.words}” a share of?", 5)
        rest = base - self.heads - self._unit_roots() - _TOTALS
        if not rest:
            return
        known = {w for f in self.facts for w, v in f.figure.words.items() if v >= 1}
        known |= {root(u) for f in self.facts for u in f.figure.unit.split("_")} | {root(m) for m in MEASURES}
        if rest & known or rest & _MONEY:
            raise Unclear(f"Which total is “{share.words}” a share of?", 5)

    def _goal(self, goal: goals.Goal, chosen: int | None, table: list[Column]) -> None:
        self.draft.sense = goal.sense
        self.draft.goal_words = goal.said
        if chosen is None:
            self.draft.cost = {t: Quantity(value=1) for t in range(len(self.things))}
            self.draft.goal = "total"
            self.draft.goal_unit = self.draft.unit
            return
        column = table[chosen]
        units = {f.unit for f in column.facts.values()}
        if len(units) > 1:
            raise Unclear(f"In which unit is the goal told: {' or '.join(sorted(units))}?", 5)
        self.draft.cost = {t: quantity(f) for t, f in sorted(column.facts.items())}
        self.draft.goal = goal.said or "goal"
        self.draft.goal_unit = next(iter(column.facts.values())).unit or column.name

    def _whole(self) -> None:
        unit = self.draft.unit
        asked_much = "much" in self.asked and "many" not in self.asked
        counted = any(set(c) - CONTINUOUS for c in self.containers.values())
        loose = any(_FRACTIONS.search(c.text) for c in self.clauses)
        self.draft.whole = not (unit in CONTINUOUS or loose or (asked_much and not counted))
        if self.draft.whole:
            self.draft.assume(f"The numbers of {self._names()} are whole.")
        else:
            measured = f" of {unit}s" if unit else ""
            self.draft.assume(f"The amounts{measured} of {self._names()} may be fractions.")

    def _consistent(self) -> None:
        """Bounds of one thing, or of the total, that contradict each other are asked about."""
        low: dict[tuple[int, ...], Fraction] = {}
        high: dict[tuple[int, ...], Fraction] = {}
        for row in self.draft.rows:
            if row.total is None and row.other is None and all(q.value == 1 for _, q in row.terms):
                key = tuple(sorted(t for t, _ in row.terms))
                value = _exact(row.right)
                if row.relation in (">=", "="):
                    low[key] = max(low.get(key, value), value)
                if row.relation in ("<=", "="):
                    high[key] = min(high.get(key, value), value)
        for key in low.keys() & high.keys():
            if low[key] > high[key]:
                names = ", ".join(self.things[t].name for t in key)
                raise Unclear(f"The bounds of {names} contradict each other. Which is right?", 6)


def model(draft: Draft) -> GeneralModel:
    """A draft as a specification."""
    names = _unique([t.name for t in draft.things])
    variables = tuple(
        Variable(name=names[t], domain="integer" if draft.whole else "real", low=0, unit=draft.unit)
        for t in draft.order
    )
    labels = _unique([row.name for row in draft.rows])
    return GeneralModel(
        assumptions=tuple(draft.assumptions),
        variables=variables,
        constraints=tuple(
            _constraint(row, label, names) for row, label in zip(draft.rows, labels, strict=True)
        ),
        objective=Objective(
            sense=draft.sense,
            expression=_sum([(t, draft.cost[t]) for t in draft.order if t in draft.cost], names),
            name=draft.goal[:80],
            # a share of amounts is counted as the amounts are: 4 % of dollars are dollars
            unit=_plural(draft.unit) if draft.goal_unit == "%" else draft.goal_unit,
            words=draft.goal_words,
        ),
    )


def _sum(terms: list[tuple[int, Quantity]], names: list[str]) -> Expression:
    return Total(terms=tuple(_term(t, q, names) for t, q in terms))


def _term(t: int, q: Quantity, names: list[str]) -> Expression:
    if q.value == 1 and not q.words:
        return Reference(name=names[t])
    return Product(factors=(Constant(value=q), Reference(name=names[t])))


def _in_integers(row: Row) -> Row:
    """A row in which a third is no rounded 0.333…: both sides times the denominators of such numbers."""
    told = [q for _, q in row.terms] + [row.right]
    told += [q for q in (row.total, row.other[1] if row.other else None) if q is not None]
    factor = math.lcm(*(_denominator(q) for q in told))
    if factor == 1:
        return row

    def times(q: Quantity) -> Quantity:
        value = Fraction(q.value).limit_denominator(_LARGEST) if _denominator(q) > 1 else _exact(q)
        return q.model_copy(update={"value": _plain(value * factor)})

    return replace(
        row,
        terms=tuple((t, times(q)) for t, q in row.terms),
        right=times(row.right),
        total=None if row.total is None else times(row.total),
        other=None if row.other is None else (row.other[0], times(row.other[1])),
    )


def _denominator(q: Quantity) -> int:
    """The denominator of a number that no decimal is, such as a third; 1 for all others."""
    near = Fraction(q.value).limit_denominator(_LARGEST)
    return near.denominator if float(near) == q.value and near != _exact(q) else 1


def _constraint(row: Row, label: str, names: list[str]) -> Constraint:
    row = _in_integers(row)
    left = _sum(list(row.terms), names) if len(row.terms) > 1 else _term(*row.terms[0], names)
    right: Expression = Constant(value=row.right)
    if row.total is not None:
        every = Total(terms=tuple(Reference(name=n) for n in names))
        right = Product(factors=(Constant(value=row.total), every))
    elif row.other is not None:
        right = _term(*row.other, names)
    return Constraint(name=label, left=left, relation=row.relation, right=right, words=row.words)


def _unique(names: list[str]) -> list[str]:
    seen: Counter[str] = Counter()
    out: list[str] = []
    for name in names:
        seen[name] += 1
        out.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return out
