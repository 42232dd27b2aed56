"""Solvers by name."""

from __future__ import annotations

from collections.abc import Callable

from qualms.errors import ConfigError
from qualms.solve.solvers.annealing import AnnealingSolver, TemperingSolver
from qualms.solve.solvers.baselines import GreedySolver, RandomSolver
from qualms.solve.solvers.bifurcation import BifurcationSolver
from qualms.solve.solvers.exact import ExactSolver
from qualms.solve.solvers.solver import Solver, Stop
from qualms.solve.solvers.tabu import TabuSolver

SOLVERS: dict[str, Callable[[], Solver]] = {
    "random": RandomSolver,
    "greedy": GreedySolver,
    "exact": ExactSolver,
    "annealing": AnnealingSolver,
    "tempering": TemperingSolver,
    "tabu": TabuSolver,
    "bifurcation": BifurcationSolver,
}


def get_solver(name: str) -> Solver:
    """Raises ConfigError for an unknown name; the message lists those there are."""
    if name not in SOLVERS:
        raise ConfigError(f"unknown solver {name!r}; there are {', '.join(SOLVERS)}")
    return SOLVERS[name]()


__all__ = ["SOLVERS", "Solver", "Stop", "get_solver"]
