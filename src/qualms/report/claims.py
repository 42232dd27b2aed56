"""How good an answer is, in the words of its field: what is proven, by whom, and what is left open."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

# "no … than": what an answer that does not exist would have to be
_BETTER = {
    "tsp": "tour is shorter", "cvrp": "set of routes is shorter", "vrptw": "set of routes is shorter",
    "job shop": "schedule is shorter", "maxcut": "cut is larger",
    "independent set": "independent set is larger", "colouring": "colouring has fewer colours",
    "knapsack": "selection is worth more", "quadratic assignment": "assignment is cheaper",
    "assignment": "assignment is cheaper", "facility location": "plan is cheaper",
    "portfolio": "portfolio has a lower objective (risk less return)", "labs": "sequence has a lower energy",
    "partition": "split has a smaller difference",
}  # fmt: skip


def better(answer: dict[str, Any]) -> str:
    """ "tour is shorter", by the kind and the sense of the problem."""
    return (
        _BETTER.get(answer["kind"])
        or f"solution has a {'lower' if answer['sense'] == 'min' else 'higher'} objective"
    )


def number(value: float) -> str:
    """Ten digits."""
    return f"{value:.10g}"


def bound(answer: dict[str, Any]) -> list[str]:
    """What the bound says of the answer, and whose word that is."""
    limit = answer["bound"]
    if limit is None:
        return (
            ["No bound was found, so it is not known how far this is from the best."]
            if answer["feasible"]
            else []
        )
    checked = answer["bound_verified"]
    whose = (
        "was proven by Qualms's own check" if checked else "is the solver's word, which Qualms did not check"
    )
    return [f"{_claim(answer, float(limit), checked)} The bound ({answer['bound_from']}) {whose}."]


def _claim(answer: dict[str, Any], limit: float, checked: bool) -> str:
    if answer["status"] == "optimal":
        met = math.isclose(limit, answer["objective"], rel_tol=1e-9, abs_tol=1e-9)
        away = (
            ""
            if met
            else f", within the tolerance for real numbers (the bound is {_safe(limit, answer['sense'])})"
        )
        return (
            f"{'Proven optimal' if checked else 'Optimal, if the bound is right'}: no {better(answer)} "
            f"than {number(answer['objective'])}{away}."
        )
    none = (
        f"{'No' if checked else 'If the bound is right, no'} {better(answer)} than "
        f"{_safe(limit, answer['sense'])}"
    )
    return f"{none}{_open(answer, limit)}."


def _open(answer: dict[str, Any], limit: float) -> str:
    """How much better the best may be than this answer, rounded so that it is not less than it can be."""
    if not answer["feasible"] or answer["gap"] is None:
        return ""
    side = "below" if answer["sense"] == "min" else "above"
    if answer["objective"] > 0 and limit >= 0 and answer["gap"] < 10:
        percent = Context(prec=3, rounding=ROUND_CEILING).create_decimal(
            Decimal(f"{100 * answer['gap']:.10g}")
        )
        return f"; the best may be up to {float(percent):.3g} % {side} this one"
    away = Context(prec=6, rounding=ROUND_CEILING).create_decimal(
        abs(Decimal(answer["objective"]) - Decimal(limit))
    )
    return f"; the best may be up to {float(away):.6g} {side} this one"


def _safe(limit: float, sense: str) -> str:
    """The bound to ten digits, rounded to the side on which it still holds."""
    rounding = ROUND_FLOOR if sense == "min" else ROUND_CEILING
    return number(float(Context(prec=10, rounding=rounding).create_decimal(Decimal(repr(limit)))))


def none(answer: dict[str, Any]) -> str:
    """Why there is no answer, or no best one."""
    source = answer["no_answer_from"]
    if answer["status"] == "unbounded":
        return (
            f"There is no best answer: {source} finds the problem unbounded, that is, the objective can be "
            "improved without end. Perhaps a variable lacks a bound."
        )
    if answer["status"] == "infeasible or unbounded":
        return (
            f"There is no best answer: {source} finds the problem infeasible "
            "or unbounded, and not which of the two."
        )
    named = answer["conflict"]
    more = f", and {len(named) - 12} more" if len(named) > 12 else ""
    conflict = f" These cannot hold together: {', '.join(named[:12])}{more}." if named else ""
    return (
        f"There is no answer: {source} finds the problem infeasible, that is, nothing keeps all its "
        f"constraints.{conflict}"
    )


def not_found(arm: Mapping[str, Any]) -> str:
    """What is told of a solver that found nothing, or nothing better than what a race gave it."""
    offers = arm.get("offers") or []
    if not offers:
        return "nothing found"
    return f"nothing better than the {number(offers[-1][2])} of {offers[-1][1]}"
