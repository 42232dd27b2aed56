"""Low-autocorrelation sequences, whose squares of sums are products of products."""

from __future__ import annotations

import numpy as np

from qualms.errors import TooLargeError
from qualms.problems.labs import LABS
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.model_builder import ModelBuilder
from qualms.problems.problem import Solution
from qualms.solve.encodings.dispatch import ising_encoding, linear_encoding
from qualms.solve.encodings.encoding import IsingEncoding, LinearEncoding
from qualms.solve.encodings.mixed_integer import linearised
from qualms.solve.encodings.penalties import penalised

_MOST = 64  # elements of a sequence that becomes bits: n³ of them


@linear_encoding.register
def _(problem: LABS) -> LinearEncoding:
    """The quadratic model, every product of which is a variable."""
    form = linearised(_quadratic(problem))
    assert form.encode is not None
    encode, n = form.encode, problem.n
    return LinearEncoding(form.model, lambda x: _signs(form.decode(x), n), lambda s: encode(_bits(s)))


@ising_encoding.register
def _(problem: LABS) -> IsingEncoding:
    """The quadratic model, its rows as penalties."""
    inner, n = penalised(_quadratic(problem)), problem.n
    return IsingEncoding(
        inner.model,
        lambda s: _signs(inner.decode(s), n),
        lambda s: inner.encode(_bits(s)),
        inner.penalty,
        inner.one_hot,
    )


def _signs(x: np.ndarray, n: int) -> Solution:
    return 2 * np.rint(x[:n]).astype(np.int64) - 1


def _bits(signs: Solution) -> np.ndarray:
    """x, and x_i x_j of each pair."""
    a, b = np.triu_indices(len(signs), 1)
    return np.append((signs + 1) // 2, (signs[a] + 1) * (signs[b] + 1) // 4)


def _quadratic(problem: LABS) -> MixedInteger:
    """Bits x, products p_ij = x_i x_j as bits of their own, and C_k linear in them; the squares are in the
    objective.

    C_k = Σ (2x_i − 1)(2x_j − 1) = Σ (4 p_ij − 2x_i − 2x_j + 1); its square is a product of bits again, so
    that this is a model of n + n(n − 1)/2 bits.
    """
    n = problem.n
    if n > _MOST:
        raise TooLargeError(f"{problem.name} as bits: at most {_MOST} elements are possible")
    a, b = np.triu_indices(n, 1)
    total, lag = n + len(a), b - a - 1
    c = np.zeros((max(0, n - 1), total))
    np.add.at(c, (lag, a), -2.0)
    np.add.at(c, (lag, b), -2.0)
    c[lag, n + np.arange(len(a))] = 4.0
    constant = np.bincount(lag, minlength=max(0, n - 1)).astype(float)
    form = c.T @ c
    i, j = np.triu_indices(total, 1)
    q = 2 * form[i, j]
    kept = q != 0
    model = ModelBuilder(problem.name, offset=float(constant @ constant))
    variables = model.bits(total, np.diag(form) + 2 * constant @ c)
    x, p = variables[:n], variables[n:]
    model.add_rows((p, 1.0), (x[a], -1.0), high=0.0)
    model.add_rows((p, 1.0), (x[b], -1.0), high=0.0)
    model.add_rows((x[a], 1.0), (x[b], 1.0), (p, -1.0), high=1.0)
    model.add_products(i[kept], j[kept], q[kept])
    return model.build()
