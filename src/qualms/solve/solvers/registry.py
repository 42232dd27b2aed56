"""Solvers by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import import_module
from typing import Any

from qualms.errors import ConfigError
from qualms.problems.problem import Problem
from qualms.solve.solvers.solver import Solver

BASELINES = ("random", "greedy")  # always there


class _Table(Mapping[str, Callable[..., Solver]]):
    """Constructors by name.

    A solver's module is imported when its constructor is asked for: circuits need torch, which takes seconds
    to import.
    """

    def __init__(self, homes: Mapping[str, tuple[str, str, Mapping[str, Any]]]) -> None:
        self._homes = homes

    def __getitem__(self, name: str) -> Callable[..., Solver]:
        module, constructor, options = self._homes[name]
        make = getattr(import_module(f"qualms.solve.solvers.{module}"), constructor)
        return partial(make, name=name, **options) if options else make

    def __iter__(self) -> Iterator[str]:
        return iter(self._homes)

    def __len__(self) -> int:
        return len(self._homes)


def _at(module: str, constructor: str, **options: Any) -> tuple[str, str, Mapping[str, Any]]:
    return module, constructor, options


SOLVERS: Mapping[str, Callable[..., Solver]] = _Table(
    {
        "random": _at("baselines", "RandomSolver"),
        "greedy": _at("baselines", "GreedySolver"),
        "exact": _at("exact", "ExactSolver"),
        "annealing": _at("annealing", "AnnealingSolver"),
        "tempering": _at("annealing", "TemperingSolver"),
        "tabu": _at("tabu", "TabuSolver"),
        "bifurcation": _at("bifurcation", "BifurcationSolver"),
        "path-integral": _at("path_integral", "PathIntegralSolver"),
        "qaoa": _at("qaoa", "QAOASolver"),
        "qaoa-fixed": _at("qaoa", "QAOASolver", angles="fixed"),
        "qaoa-warm": _at("qaoa", "QAOASolver", mixer="warm"),
        "qaoa-cvar": _at("qaoa", "QAOASolver", cvar=0.2),
        "qaoa-xy": _at("qaoa", "QAOASolver", mixer="xy"),
        "qaoa-recursive": _at("recursive", "RecursiveQAOASolver"),
        "neighbourhood": _at("hybrid", "NeighbourhoodSolver"),
        "segment-routing": _at("hybrid", "SegmentRoutingSolver"),
        "residual-portfolio": _at("hybrid", "ResidualPortfolioSolver"),
        "highs": _at("highs", "HighsSolver"),
        "cpsat": _at("cpsat", "CPSATSolver"),
        "pyvrp": _at("pyvrp", "PyVRPSolver"),
        "convex": _at("convex", "ConvexSolver"),
        "robust-tabu": _at("quadratic_assignment", "RobustTabuSolver"),
        "priced": _at("priced", "PricedKnapsackSolver"),
        "memetic-labs": _at("labs", "MemeticLABSSolver"),
    }
)
_SUITED = {
    "labs": ["memetic-labs"], "assignment": ["highs"], "quadratic assignment": ["robust-tabu"],
    "tsp": ["pyvrp"], "cvrp": ["pyvrp"], "vrptw": ["pyvrp"], "vrp": ["pyvrp"], "job shop": ["cpsat"],
    "portfolio": ["convex"], "facility location": ["highs"], "colouring": ["cpsat"],
    "partition": ["cpsat", "annealing"], "independent set": ["cpsat", "annealing"],
    "knapsack": ["priced", "cpsat"], "mixed integer": ["highs"],
}  # fmt: skip
_FEW = 20  # spins that are enumerated


def get_solver(name: str) -> Solver:
    """A solver by name, perhaps with options: "annealing", "qaoa:depth=5,backend=sampled,shots=500".

    Raises
    ------
    ConfigError
        For an unknown name or option; the message lists those there are.
    """
    key, colon, told = name.partition(":")
    if key not in SOLVERS:
        raise ConfigError(f"unknown solver {key!r}; there are {', '.join(SOLVERS)}")
    make = SOLVERS[key]
    if not colon:
        return make()
    takes = [p for p in inspect.signature(make).parameters if p not in ("name", "placebo")]
    options: dict[str, Any] = {}
    for part in told.split(","):
        option, equals, value = part.partition("=")
        if not equals or option.strip() not in takes:
            raise ConfigError(
                f"solver {key!r} takes {', '.join(f'{t}=…' for t in takes) or 'no options'}, not {part!r}"
            )
        if option.strip() in options:
            raise ConfigError(f"solver {name!r}: {option.strip()} is given twice")
        options[option.strip()] = _value(value.strip())
    try:
        solver = make(**options)
    except TypeError as error:
        raise ConfigError(f"solver {name!r}: {error}") from None
    # two runs that differ have two names
    solver.name = f"{key}:{','.join(f'{option}={value}' for option, value in options.items())}"
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
    """The solvers that suit a kind: enumeration or annealing for spins, the field's own for the rest;
    annealing where those are not installed.
    """
    if problem.kind not in _SUITED:
        return ["exact" if problem.size <= _FEW else "annealing"]
    suited = _SUITED[problem.kind]
    return suited if any(get_solver(s).refuses(problem) is None for s in suited) else [*suited, "annealing"]
