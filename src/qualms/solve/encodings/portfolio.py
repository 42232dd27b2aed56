"""Portfolios: lots in bits."""

from __future__ import annotations

import numpy as np

from qualms.errors import ConfigError
from qualms.problems.model_builder import ModelBuilder
from qualms.problems.portfolio import Portfolio
from qualms.problems.problem import Solution
from qualms.solve.encodings.dispatch import ising_encoding, linear_encoding
from qualms.solve.encodings.encoding import IsingEncoding, LinearEncoding
from qualms.solve.encodings.penalties import penalised

_GRID = 31  # lots of a portfolio that has none when it becomes bits
_DIGITS = 1e4  # of returns in a constraint: four, of the largest


@linear_encoding.register
def _(problem: Portfolio) -> LinearEncoding:
    raise ConfigError(f"{problem.kind} {problem.name} has no linear encoding: its variance is a square")


@ising_encoding.register
def _(problem: Portfolio) -> IsingEncoding:
    """Lots as bits (weights without lots come in 31sts), the constraints as penalties; a bit tells who is
    held, if few may be.
    """
    units, n = problem.units or _GRID, problem.size
    limited, moved = problem.most is not None or problem.smallest > 0, problem.turnover is not None
    high = max(1.0, float(np.floor(problem.largest * units + 1e-9)))
    model = ModelBuilder(problem.name)
    lots = model.variables(n, 0.0, high, integer=True, cost=-(1 - problem.risk) * problem.mean / units)
    covariance = problem.factors @ problem.factors.T + np.diag(problem.specific)
    i, j = np.triu_indices(n)
    model.add_products(i, j, problem.risk * covariance[i, j] * np.where(i == j, 1, 2) / units**2)
    model.add_rows((lots[None], 1.0), low=units, high=units)
    if limited:
        _add_held(model, problem, lots, units, high)
    if moved:
        _add_turnover(model, problem, lots, units, max(high, units))
    if problem.least_return is not None:
        scale = _DIGITS / max(1e-300, float(np.abs(problem.mean).max(initial=0)))
        least = float(np.ceil(problem.least_return * scale * units))
        model.add_rows((lots[None], np.rint(problem.mean * scale)), low=least)
    inner = penalised(model.build())

    def encode(solution: Solution) -> np.ndarray:
        held = np.rint(np.asarray(solution) * units)
        parts = [held, *([held > 0] if limited else [])]
        if moved:
            step = held - np.rint(problem.holdings * units)
            parts += [np.maximum(step, 0), np.maximum(-step, 0)]
        return inner.encode(np.concatenate(parts).astype(float))

    def decode(spins: np.ndarray) -> Solution:
        return _whole(problem, inner.decode(spins)[:n] / units)

    return IsingEncoding(inner.model, decode, encode, inner.penalty)


def _add_held(model: ModelBuilder, problem: Portfolio, lots: np.ndarray, units: int, high: float) -> None:
    """A bit for each asset: its lots are none, or between the least and the most; at most so many assets are
    held.
    """
    held = model.bits(len(lots))
    least = max(1.0, float(np.ceil(problem.smallest * units - 1e-9)))
    model.add_rows((lots, 1.0), (held, -high), high=0.0)
    model.add_rows((lots, 1.0), (held, -least), low=0.0)
    if problem.most is not None:
        model.add_rows((held[None], 1.0), high=float(problem.most))


def _add_turnover(model: ModelBuilder, problem: Portfolio, lots: np.ndarray, units: int, high: float) -> None:
    """What is bought and what is sold of each asset, and at most so much of both."""
    assert problem.turnover is not None
    bought, sold = model.variables((2, len(lots)), 0.0, high, integer=True)
    now = np.rint(problem.holdings * units)
    model.add_rows((lots, 1.0), (bought, -1.0), (sold, 1.0), low=now, high=now)
    most = float(np.floor(problem.turnover * units + 1e-9))
    model.add_rows((np.concatenate([bought, sold])[None], 1.0), high=most)


def _whole(problem: Portfolio, w: np.ndarray) -> Solution:
    """As it is if it may be; else its assets, fewest dropped, weights stretched to sum to one within the
    limits.
    """
    if not problem.violations(w):
        return w
    order = np.argsort(-w, kind="stable")[: problem.most or problem.size]
    chosen = order[w[order] > 0] if (w > 0).any() else order[:1]
    if problem.smallest > 0:
        chosen = chosen[: int(1 / problem.smallest + 1e-9)]
    return problem.spread(chosen, w[chosen])
