"""The goal of a text: what is to be as large or as small as can be."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import Literal

from qualms.language.clauses import Clause
from qualms.language.columns import Column, alike, likeness
from qualms.language.frames import Figure
from qualms.language.reading import Unclear
from qualms.language.words import COST, EMPTY, GAIN, MEASURES, PERIODS, root, stem, words

_GAIN = {root(w) for w in GAIN}
_COST = {root(w) for w in COST}
_NOUN = (
    r"(?:possible |total |overall |net |monthly |weekly |daily |average |the |amount of |number of "
    r"|production |diet )*"
    r"(?:profits?|costs?|revenue|income|return|earnings|sales|expenses?|wages?|time|waste|price|yield"
    r"|number|amount|"
    r"pollution|score|points|total|value|viewers|distance|spending)"
)
_GOALS: list[tuple[str, Literal["max", "min"]]] = [
    (r"\b(?:maximi[sz]\w*|max)\b(?! of)", "max"),
    (r"\b(?:minimi[sz]\w*|min)\b(?! of)", "min"),
    (rf"\b(?:maximum|maximal|highest|largest|greatest|most|best|optimal|optimum)\b(?= {_NOUN}\b)", "max"),
    (rf"\b(?:minimum|minimal|lowest|smallest|least|fewest|cheapest)\b(?= {_NOUN}\b)", "min"),
    (r"\bcheapest\b", "min"),
    (r"\bas (?:many|much)\b(?= [^#]* as possible\b)", "max"),
    (r"\bas (?:few|little)\b(?= [^#]* as possible\b)", "min"),
    (r"(?<!\ba )(?<!\bthe )\b(?:reduce|decrease|lower|cut)\b(?= (?:the |their |its |his |her )?(?:total"
     r"|overall|number|amount|cost))", "min"),
    (r"\bincrease\b(?= (?:the |their |its |his |her )?(?:total|overall|number|amount|profit))", "max"),
    (r"\bminimum\b(?= \w+ \w+ that can be used$)", "min"),
]  # fmt: skip
_STOP = re.compile(
    r"\b(?:with(?= (?:a|an|his|her|their|its|the|at) (?:[\w'-]+ ){0,4}(?:budget|limit|#))|while|given"
    r"|subject|so that|in order|if|when|under|within|without|assuming|provided|by|such that|and at the "
    r"same time|and also|what|and still|using(?= #))\b|[,;:(]"
)


@dataclass(frozen=True)
class Goal:
    """What a text wants.

    Attributes
    ----------
    sense : str
        "max" or "min".
    phrase : str
        What is to be large or small, as a clause's pattern text.
    said : str
        The words of the text.
    roots : tuple of str
        Its words with a meaning.
    things : tuple of int
        The things that it mentions.
    """

    sense: Literal["max", "min"]
    phrase: str
    said: str
    roots: tuple[str, ...]
    things: tuple[int, ...]


def find(clause: Clause) -> tuple[Goal, int, int] | None:
    """The goal of a clause, with where it begins in its text, and how many items behind it hold numbers."""
    text = clause.text
    hits: list[tuple[int, int, Literal["max", "min"]]] = []
    if re.search(r"\ballowed\b", text) and not re.search(r"maximi[sz]|minimi[sz]", text):
        return None
    for pattern, sense in _GOALS:
        for match in re.finditer(pattern, text):
            if not re.match(r" (?:of )?(?:a |the )?(?:total of )?#\d", text[match.end() :]):
                hits.append((match.start(), match.end(), sense))
    if not hits:
        return _kept(clause)
    start, end, sense = min(hits)
    phrase = text[end:].strip()
    later = [h for h in hits if h[0] > end]
    if any(h[2] != sense or re.search(r"\bor\b", text[end : h[0]]) for h in later):
        raise Unclear(f"“{clause.said}” names more than one goal. Which of them counts?", 1)
    if text[start:end] == "cheapest":
        phrase = "cost"
    if text[start:end].startswith("as "):
        phrase = f"number of {phrase[: phrase.index('as possible')].strip()}"
    if not phrase and (passive := _PASSIVE.search(text[:end])):
        phrase = passive["what"]
    rest = ""
    if (cut := _STOP.search(phrase)) and cut.start() > 0:
        rest = phrase[cut.start() :]
        phrase = phrase[: cut.start()].strip()
        if "#" in rest and not re.match(
            r"(?:with|within|given|under|subject to|while|using|if|assuming)\b", rest
        ):
            raise Unclear(f"I cannot read the end of “{clause.said}”.", 1)
    if _TWO.search(phrase) and not all("@" in part for part in re.split(r"\band\b", phrase)):
        raise Unclear(f"“{clause.said}” names more than one goal. Which of them counts?", 1)
    if "#" in phrase:
        raise Unclear(f"What exactly is to be {_sense(sense)} in “{clause.said}”?", 1)
    if re.search(r"\b(?:ratio|difference|variance|risk)\b", phrase):
        raise Unclear(f"The goal “{phrase}” is not a total. Which total is to be {_sense(sense)}?", 1)
    things = tuple(dict.fromkeys(int(t) for t in re.findall(r"@(\d+)", phrase)))
    found = [w for w in phrase.split() if re.fullmatch(r"[a-z][\w'&-]*", w)]
    size = len(rest.split()) if "#" in rest else 0
    return Goal(sense, phrase, " ".join(found), tuple(root(w) for w in found), things), start, size


_TWO = re.compile(
    r"\b(?:profits?|costs?|revenue|income|earnings|sales|time|hours|number|amount)\b.*\b(?:and|or) (?:also )?"
    r"(?:the |its |their )?(?:total |overall )?"
    r"(?:(?:number|amount|quantity|costs?|profits?|revenue|time|hours|waste|pollution)\b|@\d+$)"
)
_PASSIVE = re.compile(
    r"\b(?:how (?:can|should|could|will)|so that|such that|that|so) (?P<what>[^#@,]+?)"
    r" (?:is|are|be|can be|should be|will be) (?:maximi[sz]ed|minimi[sz]ed)$"
)
_KEPT = re.compile(
    r"\b(?:keep|make|get)(?:ing)? (?P<what>[^#@]*?) as (?P<how>low|small|cheap|short|high|large|big|great)"
    r" as possible\b|\b(?P<verb>earn|gain|make|spend|pay|cost)(?:ing)? as (?P<much>much|little)(?: money)?"
    r" as possible\b"
)


def _kept(clause: Clause) -> tuple[Goal, int, int] | None:
    """The goal of "keep the cost as low as possible" and of "earn as much as possible"."""
    match = _KEPT.search(clause.text)
    if match is None or "#" in clause.text[match.end() :]:
        return None
    if match["how"]:
        sense: Literal["max", "min"] = "min" if match["how"] in ("low", "small", "cheap", "short") else "max"
        phrase = match["what"]
    else:
        sense = "max" if match["much"] == "much" else "min"
        gains = match["verb"] in ("earn", "gain", "make")
        if gains == (sense == "min"):
            return None
        phrase = "earnings" if gains else "cost"
    found = phrase.split()
    if not found:
        return None
    return Goal(sense, phrase, phrase, tuple(root(w) for w in found), ()), match.start(), 0


def _sense(sense: str) -> str:
    return "maximized" if sense == "max" else "minimized"


def unite(goals: list[Goal]) -> Goal:
    """The one goal of a text.

    Raises
    ------
    Unclear
        Where there is none, or several that differ.
    """
    if not goals:
        raise Unclear("What is to be maximized or minimized?", 1)
    senses = {g.sense for g in goals}
    if len(senses) > 1:
        raise Unclear(
            "The text wants to maximize one thing and to minimize another. Which of them is the goal?", 1
        )
    best = max(
        goals, key=lambda g: (len(g.things), len([r for r in g.roots if r not in EMPTY]), len(g.roots))
    )
    key = set(best.roots)
    for goal in goals:
        own = {
            r
            for r in goal.roots
            if r not in {root(w) for w in EMPTY} | key and r not in ("overall", "possibl")
        }
        roles = _roles(goal.roots)
        if (roles and _roles(best.roots) and roles != _roles(best.roots)) or (own and not roles):
            raise Unclear("The text names more than one goal. Which of them counts?", 1)
    return best


def _roles(roots: tuple[str, ...]) -> set[str]:
    found = set()
    if any(r in _GAIN for r in roots):
        found.add("gain")
        if root("return") in roots:  # the return on an investment is no cost
            return found
    if any(r in _COST for r in roots):
        found.add("cost")
    return found


def choose(
    goal: Goal,
    columns: list[Column],
    names: set[str],
    units: set[str],
    count: int,
    bound: set[int],
    told: set[str],
) -> int | None:
    """The column that a goal means, or None where it is the number of all things together.

    Parameters
    ----------
    goal : Goal
        The goal.
    columns : list of Column
        What the text tells of each thing.
    names : set of str
        Roots of the words by which the text calls all things together.
    units : set of str
        Roots of the units that things are counted in.
    count : int
        How many things there are.
    bound : set of int
        The columns that limits use.
    told : set of str
        Roots of the words of the limits.

    Raises
    ------
    Unclear
        Where several would do, or none.
    """
    found = _choose(goal, columns, names, units, count, bound, told)
    if rate := rate_of(goal):
        same = found is not None and all(told_per(f, rate) for f in columns[found].facts.values())
        if not same or units & _TIMES:
            raise Unclear(f"The goal “{goal.said}” is a rate. Which total is to be {_sense(goal.sense)}?", 4)
    return found


def rate_of(goal: Goal) -> str:
    """The hour, minute or second that a goal is told per; empty where it is a total."""
    rate = re.search(r"\b(?:per|every|each) (\w+)", goal.phrase)
    return rate[1] if rate and PERIODS.get(rate[1], "hour") in ("hour", "minute") else ""


def told_per(figure: Figure, period: str) -> bool:
    """Whether a number is told for that time: 5 liters per hour."""
    return figure.basis == stem(period) or figure.period == PERIODS.get(period, "-")


def _choose(
    goal: Goal,
    columns: list[Column],
    names: set[str],
    units: set[str],
    count: int,
    bound: set[int],
    told: set[str],
) -> int | None:
    content = [_SAME.get(r, r) for r in _content(goal)]
    roles = _roles(goal.roots)
    full = [c for c in range(len(columns)) if len(columns[c].facts) == count]
    rarity: Counter[str] = Counter(w for column in columns for w in column.words)
    lead = (
        r"(?:the |its |his |her |their )?(?:total |overall )?(?:(?:amount|number) of )?(?:total )?(?:\w+ )?"
    )
    timed = re.match(lead + _TIME, goal.phrase) is not None
    full = [c for c in full if not timed or columns[c].family in ("time", "day")]
    weights = {r: 3.0 for k, r in enumerate(content) if k == 0 or r not in names or r in units}
    scores = {c: likeness(weights, columns[c].words, rarity) for c in full}
    summed = _is_sum(goal, content, names, units, count)
    if summed and content and content[0] not in names | units and not _counts_things(goal):
        known = {w for column in columns for w in column.words} | told
        summed = not any(alike(content[0], w) for w in known)
    if len(roles) == 1 and not summed:
        return _money(goal, roles.pop(), columns, full, scores, bound)
    best = [c for c in full if scores[c] > 0 and scores[c] == max(scores.values())]
    if not best and content and content[0] in _MEASURED:
        best = [c for c in full if columns[c].family in _MEASURED[content[0]] and c not in bound]
        if len(best) == 1:
            return best[0]
    strong = [c for c in best if _strong(content, columns[c])]
    if summed and not strong:
        return None
    if summed and len(best) == 1 and not re.search(r"\bnumber of\b", goal.phrase):
        return best[0]
    if summed:
        raise Unclear(
            f"Is the goal “{goal.said}” the number of all things together, or {columns[strong[0]].name}?", 4
        )
    if len(best) == 1 and (strong or not re.search(r"\bnumber of\b", goal.phrase)):
        return best[0]
    if not best:
        able = [c for c in full if columns[c].family in ("time", "day") and c not in bound]
        if timed and len(able) == 1:
            return able[0]
    counted = re.search(r"\bnumber of (?!(?:hours|minutes|days|times)\b)", goal.phrase)
    everything = {w for column in columns for w in column.words} | told
    if (
        counted
        and content
        and set(range(len(columns))) <= bound
        and not any(alike(r, w) for r in content for w in everything)
    ):
        return None
    people = [
        c
        for c in full
        if not columns[c].family and {"view", "read", "user", "listen", "person"} & set(columns[c].words)
    ]
    if len(people) == 1 and {root(w) for w in words("audience reach exposure")} & set(goal.roots):
        return people[0]
    raise Unclear(f"Which of the numbers in the text does the goal “{goal.said}” mean?", 4)


_PLAIN = {root(w) for w in words(
    "the a an of total number amount overall all its his her their our my possible that can be which is "
    "are used needed "
    "required made produced to in on for by each and or both it they he she we sum quantity this problem "
    "as lp answer "
    "combined would should must while will with using from at per day week month year daily weekly monthly "
    "yearly so "
    "average expected running run working spent taken"
)} | {root(w) for w in words("time hour minute day")}  # fmt: skip
# Families of units by the word for what they measure.
_MEASURED = {
    root("area"): {
        "square_foot",
        "square_m",
        "square_meter",
        "square_km",
        "square_mile",
        "square_yard",
        "acre",
        "hectare",
    },
    root("weight"): {"mass", "pound", "ounce", "ton"},
    root("distance"): {"km", "mile", "meter"},
    root("volume"): {"volume", "gallon", "cubic_foot", "cubic_meter"},
    root("energy"): {"kwh", "calorie"},
    root("electricity"): {"kwh"},
}
_SAME = {root("score"): root("point")}
_TIME = r"\b(?:time|hours?|minutes?|seconds?)\b"
_TIMES = {root(w) for w in words("hour minute day second")}


def _content(goal: Goal) -> list[str]:
    """The words of a goal with a meaning; of "the number of orders of ice cream" only the orders count."""
    counted = re.search(r"\b(?:number|amount|quantity|sum) of (.*)", goal.phrase)
    phrase = counted.group(1) if counted else goal.phrase
    found: list[str] = []
    for k, one in enumerate(phrase.split()):
        if (
            k
            and counted
            and one
            in (
                "of",
                "that",
                "which",
                "using",
                "to",
                "in",
                "on",
                "for",
                "per",
                "by",
                "it",
                "they",
                "he",
                "she",
            )
        ):
            break
        if one == "per":
            break
        if re.fullmatch(r"[a-z][\w'&-]*", one) and root(one) not in _PLAIN:
            found.append(root(one))
    return found


def _strong(content: list[str], column: Column) -> bool:
    nouns = {w for w, v in column.words.items() if v >= 3} | {root(f.unit) for f in column.facts.values()}
    return bool(set(content) & nouns)


def _counts_things(goal: Goal) -> bool:
    """Whether the things are what a goal counts, as in "the number of trains and pipelines"."""
    return bool(re.match(r"(?:the )?(?:total |overall )?(?:number |amount |sum )?(?:of )?@", goal.phrase))


def _is_sum(goal: Goal, content: list[str], names: set[str], units: set[str], count: int) -> bool:
    if len(goal.things) == count:
        return True
    if not re.search(
        r"\b(?:number|total|amount|sum|time|hours|minutes|days|fewest|sales)\b", goal.phrase
    ) and not (content and content[0] in names | units):
        return False
    measured = {r for r in goal.roots if r in units and (stem(r) in MEASURES or r in ("minut", "hour"))}
    if not content:
        return bool(measured) or bool(re.search(r"\btime\b", goal.phrase) and units & _TIMES)
    noun = content[0]
    return noun in names or (noun in units and stem(noun) not in MEASURES)


def _money(
    goal: Goal, role: str, columns: list[Column], full: list[int], scores: dict[int, float], bound: set[int]
) -> int:
    able = [c for c in full if columns[c].family == "money" and columns[c].role == role]
    if not able and role == "gain":
        able = [c for c in full if columns[c].family == "%" and columns[c].role in ("", role)]
    able = able or [
        c for c in full if columns[c].family == "money" and not columns[c].role and c not in bound
    ]
    if len(able) > 1:
        named = [c for c in able if scores[c] > 0 and scores[c] == max(scores[a] for a in able)]
        able = named or able
    if len(able) > 1:
        able = [c for c in able if c not in bound] or able
        if len(able) > 1:
            raise Unclear(
                f"The text gives several sums of money for each thing. Which makes the {goal.said}?", 4
            )
    if not able:
        counted = [c for c in full if scores[c] > 0]
        if len(counted) == 1:
            return counted[0]
        raise Unclear(f"How much does each thing add to the {goal.said}?", 4)
    costs = any(column.role == "cost" for column in columns)
    if costs and "profit" in goal.roots and role == "gain" and "profit" not in columns[able[0]].words:
        raise Unclear("The text tells an income and a cost of each thing. Is the profit their difference?", 4)
    return able[0]
