"""Which solvers take a problem, told without importing what circuits need."""

from __future__ import annotations

from qualms.orchestrator.decision.features import Features
from qualms.orchestrator.decision.places import SIMULATED
from qualms.problems.portfolio import Portfolio
from qualms.problems.problem import Problem
from qualms.problems.routing import Routing
from qualms.solve.solvers import BASELINES, SOLVERS, get_solver

# these need torch, which takes seconds to import; a test compares what is told here with what they say
CIRCUITS = (
    "qaoa", "qaoa-fixed", "qaoa-warm", "qaoa-cvar", "qaoa-xy", "qaoa-recursive", "neighbourhood",
    "segment-routing", "residual-portfolio",
)  # fmt: skip
QUANTUM = (*CIRCUITS, "path-integral")
INSPIRED = ("bifurcation",)
_RECURSIVE_SPINS, _RECURSIVE_PAIRS = 400, 3000
_SPINS = ("annealing", "tempering", "tabu", "bifurcation", "path-integral", "exact")


def takers(problem: Problem, seen: Features) -> list[str]:
    """The solvers that take a problem, baselines left out.

    Parameters
    ----------
    problem : Problem
        Of any kind.
    seen : Features
        Of it. Solvers of spins are left out where it was not encoded.
    """
    return [name for name in SOLVERS if name not in BASELINES and _takes(name, problem, seen)]


def _takes(name: str, problem: Problem, seen: Features) -> bool:
    if name in CIRCUITS:
        return _runs_circuits(name, problem, seen)
    if name in _SPINS and seen.spins is None:
        return False
    return get_solver(name).refuses(problem) is None


def _runs_circuits(name: str, problem: Problem, seen: Features) -> bool:
    if name == "segment-routing":
        return isinstance(problem, Routing)
    if name == "residual-portfolio":
        return isinstance(problem, Portfolio) and problem.most is not None and _convex(problem)
    if not seen.spins or seen.pairs is None:
        return name == "neighbourhood" and seen.spins == 0
    if name == "qaoa-recursive":
        return seen.spins <= _RECURSIVE_SPINS and seen.pairs <= _RECURSIVE_PAIRS
    if name == "qaoa-xy":
        return seen.spins <= SIMULATED and seen.choices
    return name == "neighbourhood" or seen.spins <= SIMULATED


def _convex(problem: Problem) -> bool:
    return get_solver("convex").refuses(problem) is None
