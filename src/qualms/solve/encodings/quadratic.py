"""QUBO, Ising, MaxCut, and pieces of spin systems: Ising models as they are."""

from __future__ import annotations

import numpy as np

from qualms.errors import TooLargeError
from qualms.problems.model_builder import ModelBuilder
from qualms.problems.quadratic import QUBO, Ising, MaxCut
from qualms.problems.spins import to_bits
from qualms.problems.system import SpinSystem
from qualms.solve.encodings.dispatch import ising_encoding, linear_encoding
from qualms.solve.encodings.encoding import IsingEncoding, LinearEncoding
from qualms.solve.encodings.mixed_integer import linearised

_MOST_PRODUCTS = 500_000


@ising_encoding.register
def _(problem: QUBO | MaxCut) -> IsingEncoding:
    """x = (1 + s) / 2."""
    return IsingEncoding(problem.energy, to_bits, _to_spins)


@ising_encoding.register
def _(problem: Ising) -> IsingEncoding:
    return IsingEncoding(problem.energy, _as_integers, np.asarray)


@ising_encoding.register
def _(problem: SpinSystem) -> IsingEncoding:
    return IsingEncoding(problem.model, _as_integers, np.asarray)


def _to_spins(bits: np.ndarray) -> np.ndarray:
    return 2 * np.asarray(bits) - 1


def _as_integers(spins: np.ndarray) -> np.ndarray:
    return np.asarray(spins).astype(np.int64)


@linear_encoding.register
def _(problem: QUBO) -> LinearEncoding:
    own, q = problem.i == problem.j, problem.q.floats
    linear = np.bincount(problem.i[own], q[own], problem.n)
    return _linear(problem, linear, problem.i[~own], problem.j[~own], q[~own], float(problem.offset))


@linear_encoding.register
def _(problem: Ising) -> LinearEncoding:
    """s = 2x − 1."""
    n, w, h = problem.n, problem.values.floats, problem.fields.floats
    linear = 2 * h - 2 * np.bincount(problem.i, w, n) - 2 * np.bincount(problem.j, w, n)
    bits = _linear(
        problem, linear, problem.i, problem.j, 4 * w, float(problem.offset) + float(w.sum() - h.sum())
    )
    assert bits.encode is not None
    encode = bits.encode
    return LinearEncoding(
        bits.model, lambda x: 2 * bits.decode(x) - 1, lambda s: encode((np.asarray(s) + 1) // 2)
    )


@linear_encoding.register
def _(problem: MaxCut) -> LinearEncoding:
    n, w = problem.n, problem.weights.floats
    linear = np.bincount(problem.i, w, n) + np.bincount(problem.j, w, n)
    return _linear(problem, linear, problem.i, problem.j, -2 * w, 0.0)


def _linear(
    problem: QUBO | Ising | MaxCut,
    linear: np.ndarray,
    i: np.ndarray,
    j: np.ndarray,
    q: np.ndarray,
    offset: float,
) -> LinearEncoding:
    """Of bits, with a variable for every product."""
    n = problem.n
    key, place = np.unique(np.minimum(i, j) * n + np.maximum(i, j), return_inverse=True)
    if len(key) > _MOST_PRODUCTS:
        raise TooLargeError(
            f"{problem.name} as a linear model: {len(key):,} products; "
            f"at most {_MOST_PRODUCTS:,} are possible"
        )
    model = ModelBuilder(problem.name, problem.sense, offset)
    model.bits(n, linear)
    model.add_products(key // n, key % n, np.bincount(place, q, len(key)))
    form = linearised(model.build())
    return LinearEncoding(form.model, lambda x: np.rint(form.decode(x)).astype(np.int64), form.encode)
