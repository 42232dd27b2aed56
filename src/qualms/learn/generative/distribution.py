"""What all distributions of bits share: rows made bits, scores, samples, discrepancy."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch
from sklearn.base import DensityMixin
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data
from torch import Tensor

from qualms.backends.protocol import DENSE_QUBITS
from qualms.data.numbers import as_integer, as_real
from qualms.errors import ConfigError, QualmsWarning, TooLargeError
from qualms.learn.generative import mmd
from qualms.learn.learner import Learner, checked_weights


def codes_of(bits: np.ndarray) -> np.ndarray:
    """The index of each row of bits, bit 0 the most significant: (rows, n) → (rows,) int64."""
    return bits.astype(np.int64) @ (np.int64(1) << np.arange(bits.shape[1] - 1, -1, -1))


def bits_of(codes: np.ndarray, n_bits: int) -> np.ndarray:
    """Rows of bits, (len(codes), n) int64, from their indices."""
    return (codes[:, None] >> np.arange(n_bits - 1, -1, -1)) & 1


def check_dense(n_bits: int, where: str, instead: str) -> None:
    """Raises TooLargeError for more bits than tables of all 2ⁿ patterns are made for."""
    if n_bits > DENSE_QUBITS:
        raise TooLargeError(f"{where}: {n_bits} bits are too many, at most {DENSE_QUBITS}; {instead}")


class BitDistribution(DensityMixin, Learner):
    """Base of the learners of distributions of bits.

    A subclass has the setting `threshold`, a `fit`, and `_probabilities` or its own `_log_probability` and
    `_sample`. Values above the threshold are 1 and the others 0, so that rows of 0 and 1, of truth values,
    and of spins ±1 all work with the threshold 0.
    """

    task = "distribution"
    threshold: float

    # Rows ---------------------------------------------------------------------------------------------------

    def _bits(self, X: Any, reset: bool = False) -> np.ndarray:
        """Rows as bits, (rows, n) int64; says so where the rows were not bits before."""
        X = validate_data(self, X, dtype=np.float64, reset=reset)
        least = as_real(self.threshold, f"{type(self).__name__}: threshold=")
        bits = (least < X).astype(np.int64)
        if reset and len(np.unique(X)) > 2:
            warnings.warn(
                f"{type(self).__name__}: X has more than two values; everything above "
                f"threshold={self.threshold} was taken as 1, the rest as 0",
                QualmsWarning,
                stacklevel=3,
            )
        return bits

    def _weights(self, X: Any, sample_weight: Any) -> np.ndarray:
        """The weight of each row, (rows,), of sum 1."""
        weight = checked_weights(sample_weight, X)
        if weight.sum() <= 0:
            raise ConfigError(f"{type(self).__name__}: all of sample_weight is zero; at least one row counts")
        return weight / weight.sum()

    # Scores -------------------------------------------------------------------------------------------------

    def _probabilities(self) -> Tensor:
        """The probability of every pattern, (2ⁿ,) float64."""
        raise NotImplementedError

    def _log_probability(self, bits: np.ndarray) -> np.ndarray:
        """(rows,) natural logarithms."""
        with np.errstate(divide="ignore"):  # a pattern that cannot occur has the logarithm −∞
            return np.log(self._probabilities().numpy()[codes_of(bits)])

    def probabilities(self) -> np.ndarray:
        """The probability of every pattern.

        Returns
        -------
        np.ndarray
            (2ⁿ,) float64; the first feature is the most significant bit of the index.

        Raises
        ------
        TooLargeError
            For more than 20 features.
        """
        check_is_fitted(self)
        check_dense(self.n_features_in_, type(self).__name__, "use score_samples or sample")
        return self._probabilities().numpy()

    def score_samples(self, X: Any) -> np.ndarray:
        """Natural logarithm of the probability of each row.

        Parameters
        ----------
        X : array-like
            (rows, n).

        Returns
        -------
        np.ndarray
            (rows,); −∞ for a row that the model says cannot occur.
        """
        check_is_fitted(self)
        return self._log_probability(self._bits(X))

    def score(self, X: Any, y: Any = None) -> float:
        """Mean of `score_samples`; higher is better."""
        return float(np.mean(self.score_samples(X)))

    def mmd(self, X: Any, bandwidth: float) -> float:
        """Unbiased estimate of MMD² between the model, whose probabilities are exact, and the rows' source.

        Parameters
        ----------
        X : array-like
            (rows, n), at least two rows.
        bandwidth : float
            σ of the Gaussian kernel.

        Returns
        -------
        float
            Below zero by chance where the two are nearly equal.
        """
        check_is_fitted(self)
        bits = self._bits(X)
        check_dense(bits.shape[1], type(self).__name__, "compare samples with qualms.learn.generative.mmd")
        counts = torch.from_numpy(np.bincount(codes_of(bits), minlength=1 << bits.shape[1]))
        return mmd.to_sample(self._probabilities(), counts, as_real(bandwidth, "bandwidth="))

    # Samples ------------------------------------------------------------------------------------------------

    def sample(self, n_samples: int = 1, random_state: Any = None) -> np.ndarray:
        """Draw rows.

        Parameters
        ----------
        n_samples : int, default 1
        random_state : int, RandomState or None

        Returns
        -------
        np.ndarray
            (n_samples, n) int64 of 0 and 1.
        """
        check_is_fitted(self)
        count = as_integer(n_samples, "n_samples=", 1)
        return self._sample(count, check_random_state(random_state))

    def _sample(self, count: int, random: np.random.RandomState) -> np.ndarray:
        n = self.n_features_in_
        check_dense(n, type(self).__name__, "its patterns cannot be listed")
        chances = np.cumsum(self._probabilities().numpy())
        return bits_of(np.searchsorted(chances, random.random_sample(count) * chances[-1], "right"), n)


def empirical(bits: np.ndarray, weight: np.ndarray) -> Tensor:
    """The weight of every pattern, (2ⁿ,) float64, of sum 1."""
    return torch.from_numpy(np.bincount(codes_of(bits), weight, 1 << bits.shape[1]))
