"""Solvers by name."""

from typing import TYPE_CHECKING

from qualms.faces import show

if TYPE_CHECKING:
    from qualms.solve.solvers.registry import BASELINES, SOLVERS, defaults, get_solver
    from qualms.solve.solvers.solver import Clock, Effort, Finding, Limits, Solver

__all__ = ["BASELINES", "SOLVERS", "Clock", "Effort", "Finding", "Limits", "Solver", "defaults", "get_solver"]

show(
    __name__,
    {
        "qualms.solve.solvers.registry": ["BASELINES", "SOLVERS", "defaults", "get_solver"],
        "qualms.solve.solvers.solver": ["Clock", "Effort", "Finding", "Limits", "Solver"],
    },
)
