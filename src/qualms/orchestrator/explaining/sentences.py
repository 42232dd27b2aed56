"""An explanation in sentences: the answer, how good it is, and what limits it."""

from __future__ import annotations

import math
from typing import Protocol

from qualms.orchestrator.explaining.parts import Binding, Goal, Limit
from qualms.orchestrator.wording import amount, difference, listed, outward, said, single, unit_of_condition
from qualms.solve.conflict import Conflict
from qualms.solve.result import CLOSED
from qualms.solve.sensitivity import Change, Rate
from qualms.specification.base import Line
from qualms.specification.specification import Specification

_MOST_TOLD = 12  # binding constraints that sentences name


class Told(Protocol):
    """What sentences are made of: an `Explanation`, whose attributes these are."""

    @property
    def status(self) -> str: ...
    @property
    def goal(self) -> Goal: ...
    @property
    def answer(self) -> tuple[Line, ...]: ...
    @property
    def feasible(self) -> bool: ...
    @property
    def violations(self) -> tuple[str, ...]: ...
    @property
    def limit(self) -> Limit | None: ...
    @property
    def checked(self) -> Limit | None: ...
    @property
    def bindings(self) -> tuple[Binding, ...]: ...


def answer_sentences(explanation: Told) -> list[str]:
    """What the answer is, and its objective."""
    goal = explanation.goal
    if explanation.status in ("infeasible", "infeasible or unbounded"):
        other = " or unbounded" if "unbounded" in explanation.status else ""
        return [f"There is no answer: the problem is infeasible{other}."]
    if explanation.status == "unbounded":
        return [
            f"There is no best answer: {goal.name} can be improved without end. Perhaps a limit is missing."
        ]
    if not explanation.feasible:
        told = ["No answer that keeps all constraints was found."]
        if explanation.violations:
            told.append(f"The best attempt breaks: {listed(explanation.violations, 5)}.")
        return told
    assert goal.value is not None
    shown = listed([line_text(line) for line in explanation.answer], 40)
    return [f"Answer: {shown}.", f"{capital(goal.name)} is {amount(goal.value, goal.unit)}."]


def limit_sentences(explanation: Told) -> list[str]:
    """How good the answer is, and whose word that is."""
    limit, goal = explanation.limit, explanation.goal
    if not explanation.feasible or goal.value is None:
        return []
    if limit is None:
        return ["No bound was found, so it is not known how far the answer is from the best one."]
    checked = explanation.checked
    if explanation.status == "optimal":
        if checked is not None and checked.gap is not None and checked.gap <= CLOSED:
            return [f"No answer is better. Qualms checked the bound that proves it ({checked.how})."]
        told = f"No answer is better, if the bound is right that it meets ({limit.how})."
        return [told, *_only_checked(checked, goal)]
    whose = "Qualms checked that bound" if limit.verified else "Qualms did not check that bound"
    better = "larger" if goal.sense == "max" else "smaller"
    shown = amount(outward(limit.value, goal.sense), goal.unit)
    gap = _gap(limit, goal)
    source = f"That bound comes from: {limit.how}; {whose}."
    told = f"In no answer is {goal.name} {better} than {shown}{gap}. {source}"
    return [told, *([] if limit.verified else _only_checked(checked, goal))]


def _only_checked(checked: Limit | None, goal: Goal) -> list[str]:
    """How much is known without the word of a solver."""
    if checked is None:
        return ["Qualms has no bound of its own for it."]
    shown = amount(outward(checked.value, goal.sense), goal.unit)
    gap = _gap(checked, goal)
    return [f"The bound that Qualms checked itself is {shown}{gap} from: {checked.how}."]


def _gap(limit: Limit, goal: Goal) -> str:
    """The distance from the bound: as a share of the objective, which says little near 0, and by itself."""
    if limit.gap is None or goal.value is None:
        return ""
    away = abs(float(limit.value) - float(goal.value))
    return f", a gap of {_percent(limit.gap)} ({amount(away, goal.unit)})"


def binding_sentences(explanation: Told) -> list[str]:
    """What limits the answer, and what moving that would bring."""
    rows = [b for b in explanation.bindings if b.of.startswith("row")]
    bounds = [b for b in explanation.bindings if not b.of.startswith("row")]
    shown = rows + [b for b in bounds if b.of == "high" or b.side != 0]
    told = []
    if shown:
        told.append(f"The answer reaches these limits: {listed([b.text for b in shown], _MOST_TOLD)}.")
    useful = [b for b in explanation.bindings if b.rate is not None and _matters(b.rate)]
    for one in useful[:_MOST_TOLD]:
        told += rate_sentences(one, explanation.goal)
    return told


def _matters(rate: Rate) -> bool:
    changes = [c for c in (rate.more, rate.less) if c is not None]
    return bool(rate.dual) or any(c.status in ("infeasible", "unbounded") or c.difference for c in changes)


def rate_sentences(one: Binding, goal: Goal) -> list[str]:
    """What moving one side brings."""
    rate = one.rate
    if rate is None:
        return []
    told = []
    if rate.dual is not None:
        held = " while the integer variables stay as they are" if one.integers_fixed else ""
        told.append(
            f"{_per(one)}, {goal.name} changes by {difference(rate.dual, goal.unit)}{held}"
            f"{_valid(rate, one.unit)}."
        )
        if not one.integers_fixed and _same_rate(rate):
            return told
    if one.of == "low" and one.side == 0:
        return told  # less than nothing of something is no answer
    parts = [
        _changed(change, word, one.unit, goal)
        for change, word in ((rate.more, "more"), (rate.less, "less"))
        if change is not None and change.status != "unknown"
    ]
    if parts:
        told.append(f"{capital(one.text)}: {'; '.join(parts)}.")
    return told


def _per(one: Binding) -> str:
    """ "Per hour more of carpentry (at most 240 hours)"."""
    unit = "one hundred percentage points" if one.unit == "%" else single(one.unit) or "unit"
    if one.of == "low" and one.side == 0:
        return f"Per {unit} of {one.name}"
    return f"Per {unit} more of {one.text}"


def _same_rate(rate: Rate) -> bool:
    """Whether both steps are in the range of the dual, so that they say nothing new."""
    changes = (rate.more, rate.less)
    return rate.dual is not None and all(
        c is not None
        and c.difference is not None
        and math.isclose(c.difference, rate.dual * c.step, rel_tol=1e-6, abs_tol=1e-9)
        for c in changes
    )


def _valid(rate: Rate, unit: str) -> str:
    if rate.range is None:
        return ""
    low, high = rate.range.low, rate.range.high
    if low is None and high is None:
        return ", wherever it is"
    if low is None:
        return f", while it is at most {amount(high or 0.0, unit)}"
    if high is None:
        return f", while it is at least {amount(low, unit)}"
    return f", while it is between {amount(low, unit)} and {amount(high, unit)}"


def _changed(change: Change, word: str, unit: str, goal: Goal) -> str:
    step = f"with {amount(abs(change.step), single(unit) if abs(change.step) == 1 else unit)} {word}"
    if change.status == "infeasible":
        return f"{step} there would be no answer"
    if change.status == "unbounded":
        return f"{step} {goal.name} would have no limit"
    assert change.objective is not None
    assert change.difference is not None
    if change.difference == 0:
        return f"{step} {goal.name} would stay the same"
    return (
        f"{step} {goal.name} would be {amount(change.objective, goal.unit)} "
        f"({difference(change.difference, goal.unit)})"
    )


def line_text(line: Line) -> str:
    """ "tables 30", "taken: gold, silver"."""
    if isinstance(line.value, str):
        return f"{line.what}: {line.value}"
    unit = "" if line.unit == line.what else line.unit
    return f"{line.what} {amount(float(line.value), unit)}"


def capital(text: str) -> str:
    """With a capital letter, as a sentence begins."""
    return text[:1].upper() + text[1:]


def _percent(gap: float) -> str:
    """Rounded up to two digits, so that it is not less than it is."""
    if gap == 0:
        return "0 %"
    places = 1 - math.floor(math.log10(100 * gap))
    scale = 10.0**places
    return f"{math.ceil(100 * gap * scale - 1e-9) / scale:.6g} %"


def conflict_sentences(specification: Specification, clash: Conflict) -> list[str]:
    """A conflict in words, with units."""
    return clash.sentences(lambda c: said(c, unit_of_condition(specification, c)))
