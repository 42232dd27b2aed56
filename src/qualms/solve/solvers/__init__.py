"""Solvers by name."""

from typing import TYPE_CHECKING

from qualms.faces import show

if TYPE_CHECKING:
    from qualms.solve.solvers.registry import BASELINES, SOLVERS, defaults, get_solver, twin_of
    from qualms.solve.solvers.solver import Effort, Finding, Solver, Stop

__all__ = ["BASELINES", "SOLVERS", "Effort", "Finding", "Solver", "Stop", "defaults", "get_solver", "twin_of"]

show(
    __name__,
    {
        "qualms.solve.solvers.registry": ["BASELINES", "SOLVERS", "defaults", "get_solver", "twin_of"],
        "qualms.solve.solvers.solver": ["Effort", "Finding", "Solver", "Stop"],
    },
)
