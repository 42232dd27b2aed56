"""Second thoughts about a model that was read: what is possible and yet hardly meant."""

from __future__ import annotations

import re

import numpy as np
from scipy.optimize import linprog

from qualms.language.words import root
from qualms.specification.base import number
from qualms.specification.expressions import Constant, Expression, Reference, Total, expand
from qualms.specification.general import Constraint, GeneralModel

_TOLERANCE = 1e-9
_TOGETHER = re.compile(r"\b(combined|altogether|in total|together|in all|of (?:either|any|both))\b")
_EITHER = re.compile(r"\bof either(?: (?:type|kind|one))?$")

_ODD_NUMBERS = re.compile(
    r"(?:(?<=[\s(:=])|^)[-−–][$€£₩¥]?\d[\w.,]*|\b\d+(?:[.,]\d+)?[eE][+-]?\d+\b"
    r"|[$€£₩¥]?\d+(?:\.\d+)?[kKmMbB]\b(?!\.)"
    r"|[$€£₩¥]?\d+[²³⁰¹⁴-⁹]+|\b0[xX][0-9a-fA-F]+\b"
)
_HARD_WORDS = re.compile(
    r"\b(?:nobody|no one|none|zero|aren't|isn't|wasn't|weren't|doesn't|don't|won't|except|minus|approximately"
    r"|roughly"
    r"|actually|ignore|instead|out of stock|sold out|unavailable|in pairs|in dozens|in multiples"
    r"|only (?:make|makes|sell|sells|produce|produces|buy|buys|use|uses|come|comes)"
    r"(?! (?:a total of |at most |up to )?\d)"
    r"|(?:about|around) (?=\d|a hundred|a thousand))(?:\b|(?<= ))",
    re.IGNORECASE,
)


def odd_number(text: str) -> str | None:
    """A question about a number that is written in a way that is not read: signs, exponents, "40k"."""
    found = _ODD_NUMBERS.search(text)
    if found is None:
        return None
    return (
        f"What does “{found.group().strip()}” mean? Write numbers in full, without a sign or a letter, such "
        "as 40000."
    )


def hard_words(text: str) -> str | None:
    """A question about words that may turn a condition round or take it away, and that are not read."""
    found = _HARD_WORDS.search(text)
    if found is None:
        return None
    return (
        f"What does “{found.group()}” mean for the problem? Say it as a condition with numbers, or leave it "
        "out."
    )


def doubt(model: GeneralModel) -> str | None:
    """A question about a bound of one thing that may have been meant for several, or None.

    Parameters
    ----------
    model : GeneralModel
        What was read.

    Returns
    -------
    str or None
        One question: where a thing has two different bounds of the same direction, one of which may be of the
        total, and where the words of a bound name another thing or say "combined".
    """
    if (question := _pointless(model)) is not None:
        return question
    seen: dict[tuple[str, str], Constraint] = {}
    for constraint in model.constraints:
        name = _single(constraint)
        if name is None:
            continue
        said = constraint.words.lower()
        if (_TOGETHER.search(said) and not _of_each(model, constraint)) or _names_another(model, name, said):
            return f"Is “{constraint.words}” a limit of {name} alone, or of several things together?"
        before = seen.setdefault((name, constraint.relation), constraint)
        if before is not constraint and _side(before) != _side(constraint):
            return (
                f"Both “{before.words}” and “{constraint.words}” were read as limits of {name}. Is one of "
                "them a limit of the total?"
            )
    return None


def _of_each(model: GeneralModel, constraint: Constraint) -> bool:
    """Whether "at most 12 of either kind" was rightly read as a bound of each thing.

    It was where there is a bound of their sum that would contradict it, or make it idle, if it were of the
    sum as well.
    """
    if not _EITHER.search(constraint.words.lower()) or constraint.relation != "<=":
        return False
    same = [c for c in model.constraints if c.words == constraint.words and _single(c) is not None]
    everything = Total(terms=tuple(Reference(name=v.name) for v in model.variables))
    sums = [
        c for c in model.constraints if _names(c.left) == _names(everything) and isinstance(c.right, Constant)
    ]
    return len(same) == len(model.variables) and any(
        c.relation == "<=" and _side(constraint) < _side(c) < len(same) * _side(constraint) for c in sums
    )


def _names(expression: Expression) -> frozenset[str]:
    """The variables of a sum that has every coefficient 1; nothing of any other expression."""
    if not isinstance(expression, Total) or not all(isinstance(t, Reference) for t in expression.terms):
        return frozenset()
    return frozenset(t.name for t in expression.terms if isinstance(t, Reference))


def _pointless(model: GeneralModel) -> str | None:
    """A question where nothing at all is the best answer, or where more is always better.

    Both are models that nobody asks about: a condition was left out of the text, or was read the wrong way.
    """
    goal = expand(model.objective.expression, model.table).linear
    sign = 1.0 if model.objective.sense == "min" else -1.0
    cost = np.array([sign * float(goal.get(k, 0)) for k in range(len(model.variables))])
    upper, sides = [], []
    for _, row, low, high in model.rows():
        line = np.array([float(row.get(k, 0)) for k in range(len(cost))])
        for side, factor in ((high, 1.0), (low, -1.0)):
            if np.isfinite(side):
                upper.append(factor * line)
                sides.append(factor * side)
    if any(v.domain == "binary" for v in model.variables):
        return None
    if (cost >= 0).all() and all(side >= 0 for side in sides):
        return "With these conditions, nothing of anything is the best answer. What must be reached at least?"
    found = linprog(
        cost,
        A_ub=np.array(upper) if upper else None,
        b_ub=np.zeros(len(sides)) if upper else None,
        bounds=[(0, 1)] * len(cost),
    )
    if found.success and found.fun < -_TOLERANCE:
        more = [v.name for v, x in zip(model.variables, found.x, strict=True) if x > _TOLERANCE]
        return f"Nothing limits the number or amount of {' and '.join(more)}. What is there at most?"
    return None


def _single(constraint: Constraint) -> str | None:
    """The one variable that a constraint bounds by a number."""
    if isinstance(constraint.left, Reference) and isinstance(constraint.right, Constant):
        return constraint.left.name
    return None


def _side(constraint: Constraint) -> float:
    assert isinstance(constraint.right, Constant)
    return number(constraint.right.value)


def _names_another(model: GeneralModel, name: str, said: str) -> bool:
    """Whether the clause names another thing in the same breath: "topsoil and subsoil"."""
    roots = [root(w) for w in re.findall(r"[\w'-]+", said)]
    own = {root(w) for w in re.findall(r"[\w'-]+", name.lower())}
    for other in model.variables:
        words = {root(w) for w in re.findall(r"[\w'-]+", other.name.lower())} - own
        for k in range(1, len(roots) - 1):
            if roots[k] != "and":
                continue
            left, right = roots[k - 1], roots[k + 1]
            if (left in words and right in own) or (left in own and right in words):
                return True
    return False
