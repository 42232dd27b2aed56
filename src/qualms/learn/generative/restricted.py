"""The restricted Boltzmann machine by exact maximum likelihood, its settings chosen on held-out rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

import numpy as np
import torch
from scipy.special import expit, logsumexp
from sklearn.utils import check_random_state
from torch import Tensor

from qualms.data.numbers import as_integer, as_real
from qualms.errors import ConfigError
from qualms.learn.generative import training
from qualms.learn.generative.distribution import BitDistribution, bits_of, check_dense, codes_of, empirical
from qualms.records.quadrant import CLASSICAL, Quadrant

_HELD_OUT = 0.2
_LEAST_TO_TUNE = 25  # rows: with fewer there is nothing to hold out, and the first setting is taken
_PATTERNS = 4096  # at a time, so that the hidden units' inputs stay in the cache


class RestrictedBoltzmannMachine(BitDistribution):
    """p(v) ∝ Σ_h exp(a·v + b·h + h·W·v) with bits v and hidden bits h; at most 20 visible bits.

    The likelihood and its gradient are exact sums over the 2ⁿ visible patterns, without sampling and without
    a learning rate, which makes it a stronger control than contrastive divergence. The grid of hidden units ×
    penalties is tried on four fifths of the rows and measured on the rest; the best is trained again on all.

    **When not to use it.** Beyond 16 bits it takes minutes; scikit-learn's BernoulliRBM takes any number and
    knows its likelihood only up to a constant. Where pair couplings are enough, the pairwise Ising model has
    a convex likelihood and needs no grid.

    Parameters
    ----------
    n_hidden : sequence of int, default (8, 32)
    alphas : sequence of float, default (1e-4, 1e-2)
        Half the weight of Σ W², in units of a row's mean log-likelihood.
    max_iter : int, default 200
        Steps of L-BFGS.
    tol : float, default 1e-5
        L-BFGS ends when no entry of the gradient is larger.
    threshold : float, default 0.0
    random_state : int, RandomState or None
        For the rows that are held out, and the first weights.

    Attributes
    ----------
    weights_ : np.ndarray
        (hidden, n).
    visible_, hidden_ : np.ndarray
        (n,) and (hidden,): the biases.

    References
    ----------
    Smolensky, "Information processing in dynamical systems" (1986); Hinton, "Training products of experts by
    minimizing contrastive divergence" (2002), which avoids the sum that is taken here.
    """

    def __init__(
        self,
        n_hidden: Sequence[int] = (8, 32),
        alphas: Sequence[float] = (1e-4, 1e-2),
        max_iter: int = 200,
        tol: float = 1e-5,
        threshold: float = 0.0,
        random_state: Any = None,
    ) -> None:
        self.n_hidden = n_hidden
        self.alphas = alphas
        self.max_iter = max_iter
        self.tol = tol
        self.threshold = threshold
        self.random_state = random_state

    @property
    def quadrant(self) -> Quadrant:
        return CLASSICAL

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> RestrictedBoltzmannMachine:
        """Choose the settings and train. Raises TooLargeError for more than 20 bits."""
        bits = self._bits(X, reset=True)
        weight = self._weights(X, sample_weight)
        check_dense(bits.shape[1], "RestrictedBoltzmannMachine", "log Z is a sum over all patterns")
        grid = list(product(self.n_hidden, self.alphas))
        if not grid:
            raise ConfigError("RestrictedBoltzmannMachine: n_hidden and alphas must not be empty")
        random = check_random_state(self.random_state)
        seed = int(random.randint(2**31 - 1))
        with self._fitting(bits, y):
            chosen = grid[0]
            if len(bits) >= _LEAST_TO_TUNE and len(grid) > 1:
                order = random.permutation(len(bits))
                held = int(len(bits) * _HELD_OUT)
                reached = []
                for setting in grid:
                    self._train(bits[order[held:]], weight[order[held:]], setting, seed)
                    reached.append(float(weight[order[:held]] @ self._log_probability(bits[order[:held]])))
                chosen = grid[int(np.argmax(reached))]
                told = (value / weight[order[:held]].sum() for value in reached)
                self.findings_["held_out_log_likelihood"] = dict(zip(map(str, grid), told, strict=True))
            self._train(bits, weight, chosen, seed)
            self.findings_ |= {
                "n_hidden": int(chosen[0]),
                "alpha": float(chosen[1]),
                "iterations": self.n_iter_,
                "parameters": int(self.weights_.size + self.visible_.size + self.hidden_.size),
            }
        return self

    def _train(self, bits: np.ndarray, weight: np.ndarray, setting: tuple[int, float], seed: int) -> None:
        n, hidden = bits.shape[1], as_integer(setting[0], "n_hidden: an entry", 1)
        target = empirical(bits, weight / weight.sum()).numpy()
        mean = 0.98 * (weight @ bits / weight.sum()) + 0.01  # finite biases for bits that never change
        start = np.concatenate(
            [
                np.log(mean / (1 - mean)),
                np.zeros(hidden),
                np.random.default_rng(seed).normal(0, 0.1, hidden * n),
            ]
        )
        loss = _loss(target, n, hidden, as_real(setting[1], "alphas: an entry"))
        steps = as_integer(self.max_iter, "RestrictedBoltzmannMachine: max_iter=", 1)
        run = training.minimised(loss, start, steps, self.tol)
        self.visible_, self.hidden_, self.weights_ = _split(run.values, n, hidden)
        self.loss_, self.n_iter_ = run.loss, run.n_iter

    def _table(self) -> np.ndarray:
        """log p of every pattern, (2ⁿ,)."""
        parts = [_log_weight(v, self.visible_, self._inner(v)) for _, v in _all_patterns(self.n_features_in_)]
        found = np.concatenate(parts)
        return found - logsumexp(found)

    def _inner(self, patterns: np.ndarray) -> np.ndarray:
        return patterns @ self.weights_.T + self.hidden_

    def _log_probability(self, bits: np.ndarray) -> np.ndarray:
        return self._table()[codes_of(bits)]

    def _probabilities(self) -> Tensor:
        return torch.from_numpy(np.exp(self._table()))


def _all_patterns(n: int) -> list[tuple[slice, np.ndarray]]:
    """All patterns as float64 rows, in pieces, with their places."""
    size = min(_PATTERNS, 1 << n)
    return [
        (slice(first, first + size), bits_of(np.arange(first, first + size), n).astype(np.float64))
        for first in range(0, 1 << n, size)
    ]


def _split(values: np.ndarray, n: int, hidden: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return values[:n].copy(), values[n : n + hidden].copy(), values[n + hidden :].reshape(hidden, n).copy()


def _log_weight(patterns: np.ndarray, visible: np.ndarray, inner: np.ndarray) -> np.ndarray:
    """log Σ_h exp(−E(v, h)) of rows, (rows,)."""
    return patterns @ visible + np.logaddexp(0, inner).sum(1)


def _loss(
    target: np.ndarray, n: int, hidden: int, alpha: float
) -> Callable[[np.ndarray], tuple[float, np.ndarray]]:
    """Mean negative log-likelihood with its penalty, and the gradient."""
    pieces = _all_patterns(n)

    def value_and_gradient(values: np.ndarray) -> tuple[float, np.ndarray]:
        visible, bias, weights = _split(values, n, hidden)
        inner = [v @ weights.T + bias for _, v in pieces]
        log_weight = np.concatenate(
            [_log_weight(v, visible, i) for (_, v), i in zip(pieces, inner, strict=True)]
        )
        norm = logsumexp(log_weight)
        surplus = np.exp(log_weight - norm) - target
        gradient = [np.zeros(n), np.zeros(hidden), alpha * weights]
        for (place, v), i in zip(pieces, inner, strict=True):
            on = expit(i) * surplus[place, None]
            gradient[0] += surplus[place] @ v
            gradient[1] += on.sum(0)
            gradient[2] += on.T @ v
        value = float(norm - target @ log_weight) + alpha / 2 * float((weights**2).sum())
        return value, np.concatenate([part.ravel() for part in gradient])

    return value_and_gradient
