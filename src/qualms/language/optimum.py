"""The optimum of a small linear model, to see whether two readings of a text have the same answer."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import LinearConstraint, milp

from qualms.specification.expressions import expand
from qualms.specification.general import GeneralModel

_SECONDS = 2.0
_CLOSE = 1e-6  # relative


def optimum(model: GeneralModel) -> float | None:
    """The value of the best answer, or None where there is none or it is not found at once.

    Parameters
    ----------
    model : GeneralModel
        Variables without upper bounds of their own, linear rows and a linear goal.
    """
    count = len(model.variables)
    sign = 1.0 if model.objective.sense == "min" else -1.0
    goal = expand(model.objective.expression, model.table).linear
    rows, low, high = [], [], []
    for _, row, least, most in model.rows():
        rows.append([float(row.get(k, 0)) for k in range(count)])
        low.append(least)
        high.append(most)
    found = milp(
        [sign * float(goal.get(k, 0)) for k in range(count)],
        integrality=[int(v.domain != "real") for v in model.variables],
        constraints=[LinearConstraint(np.array(rows), low, high)] if rows else [],
        options={"time_limit": _SECONDS},
    )
    return sign * float(found.fun) if found.success else None


def same_optimum(one: float | None, other: float | None) -> bool:
    """Whether both readings have an answer, and of the same value."""
    return one is not None and other is not None and math.isclose(one, other, rel_tol=_CLOSE, abs_tol=_CLOSE)
