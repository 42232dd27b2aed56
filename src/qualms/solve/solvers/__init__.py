"""Solvers by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from qualms.errors import ConfigError
from qualms.solve.problems.problem import Problem
from qualms.solve.solvers.annealing import AnnealingSolver, TemperingSolver
from qualms.solve.solvers.baselines import GreedySolver, RandomSolver
from qualms.solve.solvers.bifurcation import BifurcationSolver
from qualms.solve.solvers.convex import ConvexSolver
from qualms.solve.solvers.cpsat import CPSATSolver
from qualms.solve.solvers.exact import ExactSolver
from qualms.solve.solvers.highs import HighsSolver
from qualms.solve.solvers.hybrid import NeighbourhoodSolver, ResidualPortfolioSolver, SegmentRoutingSolver
from qualms.solve.solvers.labs import MemeticLABSSolver
from qualms.solve.solvers.path_integral import PathIntegralSolver
from qualms.solve.solvers.priced import PricedKnapsackSolver
from qualms.solve.solvers.pyvrp import PyVRPSolver
from qualms.solve.solvers.qaoa import QAOASolver
from qualms.solve.solvers.quadratic_assignment import RobustTabuSolver
from qualms.solve.solvers.recursive import RecursiveQAOASolver
from qualms.solve.solvers.solver import Finding, Solver, Stop
from qualms.solve.solvers.tabu import TabuSolver

BASELINES = ("random", "greedy")  # always there
SOLVERS: dict[str, Callable[[], Solver]] = {
    "random": RandomSolver,
    "greedy": GreedySolver,
    "exact": ExactSolver,
    "annealing": AnnealingSolver,
    "tempering": TemperingSolver,
    "tabu": TabuSolver,
    "bifurcation": BifurcationSolver,
    "path-integral": PathIntegralSolver,
    "qaoa": QAOASolver,
    "qaoa-fixed": partial(QAOASolver, angles="fixed", name="qaoa-fixed"),
    "qaoa-warm": partial(QAOASolver, mixer="warm", name="qaoa-warm"),
    "qaoa-cvar": partial(QAOASolver, cvar=0.2, name="qaoa-cvar"),
    "qaoa-xy": partial(QAOASolver, mixer="xy", name="qaoa-xy"),
    "qaoa-recursive": RecursiveQAOASolver,
    "neighbourhood": NeighbourhoodSolver,
    "segment-routing": SegmentRoutingSolver,
    "residual-portfolio": ResidualPortfolioSolver,
    "highs": HighsSolver,
    "cpsat": CPSATSolver,
    "pyvrp": PyVRPSolver,
    "convex": ConvexSolver,
    "robust-tabu": RobustTabuSolver,
    "priced": PricedKnapsackSolver,
    "memetic-labs": MemeticLABSSolver,
}
_SUITED = {
    "labs": ["memetic-labs"], "assignment": ["highs"], "quadratic assignment": ["robust-tabu"], "tsp": ["pyvrp"], "cvrp": ["pyvrp"],
    "vrptw": ["pyvrp"], "vrp": ["pyvrp"], "job shop": ["cpsat"], "portfolio": ["convex"], "facility location": ["highs"], "colouring": ["cpsat"],
    "partition": ["cpsat", "annealing"], "independent set": ["cpsat", "annealing"], "knapsack": ["priced", "cpsat"], "mixed integer": ["highs"],
}  # fmt: skip
_FEW = 20  # spins that are enumerated


def get_solver(name: str) -> Solver:
    """A solver by name, perhaps with options: "annealing", "qaoa:depth=5,backend=sampled,shots=500".

    Raises
    ------
    ConfigError : for an unknown name or option; the message lists those there are.
    """
    key, _, told = name.partition(":")
    if key not in SOLVERS:
        raise ConfigError(f"unknown solver {key!r}; there are {', '.join(SOLVERS)}")
    make = SOLVERS[key]
    if not told:
        return make()
    takes = [p for p in inspect.signature(make).parameters if p not in ("name", "placebo_of")]
    options: dict[str, Any] = {}
    for part in told.split(","):
        option, equals, value = part.partition("=")
        if not equals or option.strip() not in takes:
            raise ConfigError(f"solver {key!r} takes {', '.join(f'{t}=…' for t in takes) or 'no options'}, not {part!r}")
        options[option.strip()] = _value(value.strip())
    try:
        solver = make(**options)
    except TypeError as error:
        raise ConfigError(f"solver {name!r}: {error}") from None
    return solver


def _value(text: str) -> Any:
    """A number, true or false, or the text itself."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def defaults(problem: Problem) -> list[str]:
    """The solvers that suit a kind: enumeration or annealing for spins, the field's own for the rest; annealing where those are not installed."""
    if problem.kind not in _SUITED:
        return ["exact" if problem.size <= _FEW else "annealing"]
    suited = _SUITED[problem.kind]
    return suited if any(get_solver(s).refuses(problem) is None for s in suited) else [*suited, "annealing"]


def twin_of(solver: Solver) -> Solver | None:
    """The matched classical control of a quantum solver: the same samples from a classical sampler, the same work after them."""
    make = getattr(solver, "twin", None)
    return make() if make is not None else None


__all__ = ["BASELINES", "SOLVERS", "Finding", "Solver", "Stop", "defaults", "get_solver", "twin_of"]
