"""What an instance looks like, in numbers that cost little."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from functools import singledispatch
from typing import Any

import numpy as np

from qualms.errors import QualmsError
from qualms.kernels.annealing import IsingModel
from qualms.problems.knapsack import Knapsack
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.problem import Problem
from qualms.problems.quadratic import MaxCut
from qualms.solve.encodings import ising_encoding, linear_encoding

_SECONDS = 0.3  # of the treewidth's bound
_SPARSE = 6.0  # neighbours of a node on average; a cut with more is dense
# sizes above which an encoding takes more than a fraction of a second, by kind
_ENCODED = {
    "assignment": 150, "quadratic assignment": 30, "tsp": 60, "cvrp": 30, "vrp": 30, "vrptw": 25,
    "job shop": 10, "portfolio": 150, "colouring": 120, "facility location": 400, "knapsack": 2000,
    "mixed integer": 3000, "labs": 60,
}  # fmt: skip
_LARGEST = 20_000  # of all other kinds
_ROUNDS = 4  # of colour refinement
_UNCONSTRAINED = ("maxcut", "qubo", "ising", "partition", "labs", "spins")


@dataclass(frozen=True)
class Features:
    """An instance in numbers. What was not computed is None, and `left_out` says why.

    Attributes
    ----------
    kind : str
        Of the problem.
    family : str
        A finer word for it: instances of a family are hard in the same way.
    size : int
        Numbers in a solution.
    spins, pairs : int or None
        Of its Ising encoding.
    density : float or None
        Pairs over all that there could be.
    coefficient_bits : float or None
        log₂ of the largest coefficient over the smallest.
    constraint_share : float or None
        Rows of its linear model over rows and columns; 0 for kinds without constraints.
    penalised : bool
        Whether the encoding has penalties for constraints.
    choices : bool
        Whether the encoding has groups of spins of which exactly one is up.
    encoding_seconds : float or None
        What making it took.
    treewidth : int or None
        Of the graph of pairs at most this, by elimination of the node with the fewest neighbours.
    flips : bool or None
        Whether turning all spins changes nothing.
    classes : int or None
        Spins that colour refinement cannot tell apart count once: few classes hint at symmetry.
    left_out : tuple of str
        A sentence for everything that was not computed.
    """

    kind: str
    family: str
    size: int
    spins: int | None = None
    pairs: int | None = None
    density: float | None = None
    coefficient_bits: float | None = None
    constraint_share: float | None = None
    penalised: bool = False
    choices: bool = False
    encoding_seconds: float | None = None
    treewidth: int | None = None
    flips: bool | None = None
    classes: int | None = None
    left_out: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return {**asdict(self), "left_out": list(self.left_out)}


def features(problem: Problem) -> Features:
    """Look at an instance.

    Parameters
    ----------
    problem : Problem
        Of any kind. Large ones are not encoded: `left_out` says so.
    """
    left_out = []
    share = 0.0 if problem.kind in _UNCONSTRAINED else None
    found: dict[str, Any] = {}
    most = _ENCODED.get(problem.kind, _LARGEST)
    if problem.size > most:
        left_out.append(
            f"it was not encoded: a {problem.kind} problem of size {problem.size:,} is above {most:,}, where "
            "that takes long"
        )
        if isinstance(problem, MixedInteger):
            share = _share(problem)
    else:
        try:
            if share is None:
                share = _share(linear_encoding(problem).model)
        except QualmsError as error:
            left_out.append(f"constraints were not counted: {error}")
        try:
            began = time.monotonic()
            encoding = ising_encoding(problem)
            found = {
                "encoding_seconds": time.monotonic() - began,
                "penalised": encoding.penalty > 0,
                "choices": bool(len(encoding.one_hot)),
            }
            found.update(_of_spins(encoding.model))
        except QualmsError as error:
            left_out.append(f"it cannot be written in spins, which quantum solvers need: {error}")
    return Features(
        kind=problem.kind,
        family=family(problem),
        size=problem.size,
        constraint_share=share,
        left_out=tuple(left_out),
        **found,
    )


@singledispatch
def family(problem: Problem) -> str:
    """The word for instances that are hard in the same way; the kind where nothing finer is known."""
    return problem.kind


@family.register
def _(problem: MaxCut) -> str:
    if (problem.weights.values < 0).any():
        return "maxcut, signed"
    return "maxcut, sparse" if 2 * len(problem.i) <= _SPARSE * problem.n else "maxcut, dense"


@family.register
def _(problem: Knapsack) -> str:
    return "quadratic knapsack" if np.triu(problem.profits, 1).any() else "knapsack"


def _share(model: MixedInteger) -> float:
    rows = model.rows.shape[0]
    return rows / max(1, rows + model.size)


def _of_spins(model: IsingModel) -> dict[str, Any]:
    sizes = np.concatenate([np.abs(model.values), np.abs(model.fields)])
    sizes = sizes[sizes > 0]
    pairs = len(model.values) // 2
    return {
        "spins": model.n,
        "pairs": pairs,
        "density": pairs / max(1, model.n * (model.n - 1) // 2),
        "coefficient_bits": float(np.log2(sizes.max() / sizes.min())) if len(sizes) else 0.0,
        "treewidth": treewidth(model),
        "flips": not model.fields.any(),
        "classes": classes(model),
    }


def treewidth(model: IsingModel, seconds: float = _SECONDS) -> int:
    """An upper bound of the treewidth of the graph of pairs.

    Parameters
    ----------
    model : IsingModel
        Whose pairs are the edges.
    seconds : float
        After which the nodes that are left count as one clique, which is a bound too.

    Returns
    -------
    int
        The most neighbours that a node had when it was eliminated, always the node with the fewest
        (Markowitz's rule of minimal degree).
    """
    end = time.monotonic() + seconds
    near = {k: set(model.neighbours[model.first[k] : model.first[k + 1]].tolist()) for k in range(model.n)}
    by_degree: list[set[int]] = [set() for _ in range(model.n + 1)]
    for k, others in near.items():
        by_degree[len(others)].add(k)
    width, degree = 0, 0
    while near:
        degree = max(0, degree - 1)
        while not by_degree[degree]:
            degree += 1
        if degree >= len(near) - 1 or time.monotonic() > end:
            return max(width, len(near) - 1)
        node = by_degree[degree].pop()
        width = max(width, degree)
        others = near.pop(node)
        for k in others:
            by_degree[len(near[k])].discard(k)
            near[k] |= others
            near[k] -= {k, node}
            by_degree[len(near[k])].add(k)
        degree = max(0, degree - 1)
    return width


def classes(model: IsingModel, rounds: int = _ROUNDS) -> int:
    """Classes of spins that some rounds of colour refinement tell apart, by fields and couplings.

    Spins that a symmetry maps onto each other are always in one class; spins in one class need not be.
    """
    if not model.n:
        return 0
    _, label = np.unique(model.fields, return_inverse=True)
    rows = np.repeat(np.arange(model.n), np.diff(model.first))
    _, value = np.unique(model.values, return_inverse=True)
    rng = np.random.default_rng(0)
    for _ in range(rounds):
        # random words, so that equal sums are of equal multisets; integers wrap around, and addition commutes
        words = rng.integers(0, 2**63, (label.max() + 1, max(1, value.max(initial=0) + 1)), dtype=np.uint64)
        total = np.zeros(model.n, np.uint64)
        np.add.at(total, rows, words[label[model.neighbours], value])
        _, found = np.unique(np.stack([label.astype(np.uint64), total]), axis=1, return_inverse=True)
        found = found.reshape(-1)
        if found.max() == label.max():
            return int(label.max()) + 1
        label = found
    return int(label.max()) + 1
