"""One logistic regression for each bit on the bits before it: exact likelihoods and samples at any size."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import torch
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from qualms.data.numbers import as_real
from qualms.errors import ConfigError
from qualms.learn.generative.distribution import BitDistribution, bits_of
from qualms.records.quadrant import CLASSICAL, Quadrant


class AutoregressiveBits(BitDistribution):
    """p(x) = ∏_k p(x_k | x_0 … x_{k−1}), each a logistic regression; a fully visible sigmoid belief network.

    **When not to use it.** Where the order of the bits means nothing and more than pair terms are needed: it
    is linear in the bits before unless `degree` is 2, which takes n² columns.

    Parameters
    ----------
    C : float, default 1.0
        Inverse weight of the penalty, as in scikit-learn's LogisticRegression.
    degree : 1 or 2, default 1
        2 adds products of pairs of bits to the regressors.
    threshold : float, default 0.0

    Attributes
    ----------
    coefficients_ : np.ndarray
        (n, columns): row k is what bit k's log-odds take from the columns of the bits before it.
    intercepts_ : np.ndarray
        (n,).

    References
    ----------
    Frey, Hinton and Dayan, "Does the wake-sleep algorithm produce good density estimators?" (1996).
    Larochelle and Murray, "The neural autoregressive distribution estimator" (2011).
    """

    def __init__(self, C: float = 1.0, degree: int = 1, threshold: float = 0.0) -> None:
        self.C = C
        self.degree = degree
        self.threshold = threshold

    @property
    def quadrant(self) -> Quadrant:
        return CLASSICAL

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> AutoregressiveBits:
        """Fit the regressions to rows."""
        bits = self._bits(X, reset=True)
        rows, n = bits.shape
        weight = self._weights(X, sample_weight) * rows
        C = as_real(self.C, "AutoregressiveBits: C=")
        if self.degree not in (1, 2):
            raise ConfigError(f"AutoregressiveBits: degree={self.degree!r} is unknown; choose 1 or 2")
        with self._fitting(bits, y):
            columns = self._columns(2.0 * bits - 1)
            self.coefficients_ = np.zeros((n, columns.shape[1]))
            self.intercepts_ = np.zeros(n)
            for k in range(n):
                ones = weight @ bits[:, k]
                before = self._before(k, n)
                if k == 0 or not 0 < ones < weight.sum() or len(np.unique(bits[weight > 0, k])) < 2:
                    # a bit that never changes, and the first one: half a row of each value is added
                    self.intercepts_[k] = np.log((ones + 0.5) / (weight.sum() - ones + 0.5))
                    continue
                found = LogisticRegression(C=C, max_iter=1000).fit(
                    columns[:, before], bits[:, k], sample_weight=weight
                )
                self.coefficients_[k, before] = found.coef_[0]
                self.intercepts_[k] = found.intercept_[0]
            self.findings_["parameters"] = int((self.coefficients_ != 0).sum() + n)
        return self

    def _columns(self, spins: np.ndarray) -> np.ndarray:
        """Spins ±1, and for degree 2 their products: (rows, columns)."""
        if self.degree == 1:
            return spins
        pairs = np.array(list(combinations(range(spins.shape[1]), 2)), np.int64).reshape(-1, 2)
        return np.hstack([spins, spins[:, pairs[:, 0]] * spins[:, pairs[:, 1]]])

    def _before(self, k: int, n: int) -> np.ndarray:
        """The columns that bit k may see."""
        found = [np.arange(k)]
        if self.degree == 2:
            later = np.array([j for _, j in combinations(range(n), 2)], np.int64)
            found.append(n + np.flatnonzero(later < k))
        return np.concatenate(found)

    def _log_probability(self, bits: np.ndarray) -> np.ndarray:
        odds = self._columns(2.0 * bits - 1) @ self.coefficients_.T + self.intercepts_
        return -np.logaddexp(0, np.where(bits == 1, -odds, odds)).sum(1)

    def _probabilities(self) -> Tensor:
        n = self.n_features_in_
        return torch.from_numpy(np.exp(self._log_probability(bits_of(np.arange(1 << n), n))))

    def _sample(self, count: int, random: np.random.RandomState) -> np.ndarray:
        n = self.n_features_in_
        spins = np.full((count, n), -1.0)
        for k in range(n):
            # the coefficients of bits that are not drawn yet are zero
            odds = self._columns(spins) @ self.coefficients_[k] + self.intercepts_[k]
            spins[random.random_sample(count) < expit(odds), k] = 1
        return (spins > 0).astype(np.int64)
