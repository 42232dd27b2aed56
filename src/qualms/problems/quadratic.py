"""Quadratic objectives of binary variables: QUBO, Ising, MaxCut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from scipy.sparse import csr_matrix

from qualms.errors import TooLargeError
from qualms.kernels.annealing import IsingModel
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.numbers import Decimals
from qualms.problems.problem import Linear, Lowering, Noted, Number, Solution, once
from qualms.problems.spins import binary, descended, from_binary, to_bits

MOST_PRODUCTS = 500_000


@dataclass(frozen=True)
class QUBO(Noted):
    """Σ_{i≤j} q_ij x_i x_j + offset over x ∈ {0, 1}ⁿ.

    Attributes
    ----------
    n : variables. i, j : int64, i ≤ j; entries given twice add up. q : their coefficients. labels : what the file calls each variable, or empty.
    """

    n: int
    i: np.ndarray
    j: np.ndarray
    q: Decimals
    offset: Number = 0
    sense: str = "min"
    name: str = "qubo"
    labels: Sequence[str] = ()
    kind: str = field(default="qubo", init=False)

    @property
    def size(self) -> int:
        return self.n

    def objective(self, assignment: Solution) -> Number:
        x = binary(self, assignment)
        return self.q.total((x[self.i] & x[self.j]).astype(bool)) + self.offset

    def violations(self, assignment: Solution) -> list[str]:
        binary(self, assignment)
        return []

    def sample(self, rng: np.random.Generator) -> Solution:
        return rng.choice(np.array([0, 1]), self.n)

    def greedy(self, rng: np.random.Generator) -> Solution:
        """One-flip descent from a random start."""
        lowering = self.lower()
        return lowering.decode(descended(lowering.couplings, rng.choice(np.array([-1.0, 1.0]), self.n)))

    @once
    def lower(self) -> Lowering:
        """x = (1 + s) / 2."""
        sign = 1.0 if self.sense == "min" else -1.0
        q, own = sign * self.q.floats, self.i == self.j
        linear = np.bincount(self.i[own], q[own], self.n)
        couplings = from_binary(self.n, linear, self.i[~own], self.j[~own], q[~own], sign * float(self.offset))
        return Lowering(couplings, to_bits, lambda x: 2 * np.asarray(x) - 1)

    @once
    def linear(self) -> Linear:
        own = self.i == self.j
        linear = np.bincount(self.i[own], self.q.floats[own], self.n)
        return _linear(self, linear, self.i[~own], self.j[~own], self.q.floats[~own], float(self.offset))

    def written(self, assignment: Solution) -> str:
        return _lines(self.labels, binary(self, assignment))


@dataclass(frozen=True)
class Ising(Noted):
    """Σ_{i<j} J_ij s_i s_j + Σ h_i s_i + offset over s ∈ {−1, 1}ⁿ.

    Attributes
    ----------
    n : spins. i, j : int64, i < j. values : J_ij beside them. fields : (n) h. labels : what the file calls each spin, or empty.
    """

    n: int
    i: np.ndarray
    j: np.ndarray
    values: Decimals
    fields: Decimals
    offset: Number = 0
    sense: str = "min"
    name: str = "ising"
    labels: Sequence[str] = ()
    kind: str = field(default="ising", init=False)

    @property
    def size(self) -> int:
        return self.n

    def objective(self, assignment: Solution) -> Number:
        s = binary(self, assignment, (-1, 1))
        aligned, up = s[self.i] == s[self.j], s > 0
        pairs = self.values.total(aligned) - self.values.total(~aligned)
        return pairs + self.fields.total(up) - self.fields.total(~up) + self.offset

    def violations(self, assignment: Solution) -> list[str]:
        binary(self, assignment, (-1, 1))
        return []

    def sample(self, rng: np.random.Generator) -> Solution:
        return rng.choice(np.array([-1, 1]), self.n)

    def greedy(self, rng: np.random.Generator) -> Solution:
        """One-flip descent from a random start."""
        lowering = self.lower()
        return lowering.decode(descended(lowering.couplings, rng.choice(np.array([-1.0, 1.0]), self.n)))

    @once
    def lower(self) -> Lowering:
        sign = 1.0 if self.sense == "min" else -1.0
        couplings = IsingModel.from_pairs(self.n, self.i, self.j, sign * self.values.floats, sign * self.fields.floats, sign * float(self.offset))
        return Lowering(couplings, lambda s: np.asarray(s).astype(np.int64), np.asarray)

    @once
    def linear(self) -> Linear:
        """s = 2x − 1."""
        w, h = self.values.floats, self.fields.floats
        linear = 2 * h - 2 * np.bincount(self.i, w, self.n) - 2 * np.bincount(self.j, w, self.n)
        form = _linear(self, linear, self.i, self.j, 4 * w, float(self.offset) + float(w.sum() - h.sum()))
        return Linear(form.model, lambda x: 2 * form.decode(x) - 1, lambda s: form.encode((np.asarray(s) + 1) // 2))  # type: ignore[misc]

    def written(self, assignment: Solution) -> str:
        return _lines(self.labels, binary(self, assignment, (-1, 1)))


@dataclass(frozen=True)
class MaxCut(Noted):
    """The weight of edges between two sides of a graph, at its largest.

    Attributes
    ----------
    n : nodes. i, j : int64, the edges' ends. weights : of the edges. An assignment gives each node its side, 0 or 1.
    """

    n: int
    i: np.ndarray
    j: np.ndarray
    weights: Decimals
    name: str = "graph"
    kind: str = field(default="maxcut", init=False)
    sense: str = field(default="max", init=False)

    @property
    def size(self) -> int:
        return self.n

    def objective(self, assignment: Solution) -> Number:
        side = binary(self, assignment)
        return self.weights.total(side[self.i] != side[self.j])

    def violations(self, assignment: Solution) -> list[str]:
        binary(self, assignment)
        return []

    def sample(self, rng: np.random.Generator) -> Solution:
        return rng.choice(np.array([0, 1]), self.n)

    def greedy(self, rng: np.random.Generator) -> Solution:
        """One-flip descent from a random start."""
        lowering = self.lower()
        return lowering.decode(descended(lowering.couplings, rng.choice(np.array([-1.0, 1.0]), self.n)))

    @once
    def lower(self) -> Lowering:
        """−cut = Σ w (s_i s_j − 1) / 2."""
        w = self.weights.floats
        couplings = IsingModel.from_pairs(self.n, self.i, self.j, w / 2, None, -float(w.sum()) / 2)
        return Lowering(couplings, to_bits, lambda x: 2 * np.asarray(x) - 1)

    @once
    def linear(self) -> Linear:
        w = self.weights.floats
        return _linear(self, np.bincount(self.i, w, self.n) + np.bincount(self.j, w, self.n), self.i, self.j, -2 * w, 0.0)

    def written(self, assignment: Solution) -> str:
        return "\n".join(map(str, binary(self, assignment))) + "\n"


def _lines(labels: Sequence[str], values: np.ndarray) -> str:
    """A value a line, after its label where there are labels."""
    return "".join(f"{label} {v}\n" for label, v in zip(labels, values, strict=True)) if labels else "".join(f"{v}\n" for v in values)


def step(problem: QUBO | Ising | MaxCut) -> Fraction | None:
    """The grid that objectives lie on, if they are whole multiples of something: what a bound may be rounded to."""
    parts = [problem.q] if isinstance(problem, QUBO) else [problem.weights] if isinstance(problem, MaxCut) else [problem.values, problem.fields]
    offset = Fraction(0) if isinstance(problem, MaxCut) else Fraction(problem.offset)
    scale = max(p.scale for p in parts)
    return Fraction(1, scale) if (offset * scale).denominator == 1 else None


def _linear(problem: QUBO | Ising | MaxCut, linear: np.ndarray, i: np.ndarray, j: np.ndarray, q: np.ndarray, offset: float) -> Linear:
    """Of bits, with a variable for every product."""
    n = problem.n
    key, place = np.unique(np.minimum(i, j) * n + np.maximum(i, j), return_inverse=True)
    if len(key) > MOST_PRODUCTS:
        raise TooLargeError(f"{problem.name} as a linear model: {len(key):,} products; at most {MOST_PRODUCTS:,}")
    form = MixedInteger(
        linear, np.zeros(n), np.ones(n), np.ones(n, bool), csr_matrix((0, n)), np.zeros(0), np.zeros(0), key // n, key % n,
        np.bincount(place, q, len(key)), offset, problem.sense, problem.name,
    ).linear()  # fmt: skip
    return Linear(form.model, lambda x: np.rint(form.decode(x)).astype(np.int64), form.encode)
