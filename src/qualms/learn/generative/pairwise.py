"""The classical Boltzmann machine with fields and pair couplings, by exact maximum likelihood."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from qualms.data.numbers import as_integer, as_real
from qualms.learn.generative import training
from qualms.learn.generative.distribution import BitDistribution, check_dense, empirical
from qualms.learn.generative.gates import GateSet
from qualms.learn.generative.walsh import walsh_hadamard
from qualms.records.quadrant import CLASSICAL, Quadrant


class PairwiseIsing(BitDistribution):
    """p(s) ∝ exp(Σ_i b_i s_i + Σ_ij w_ij s_i s_j) with s = ±1, s = 1 for the bit 0; at most 20 bits.

    The likelihood is convex and exact: energies of all 2ⁿ patterns and the model's expectations are one
    Walsh–Hadamard transform each.

    **When not to use it.** Beyond 20 bits, or where correlations of three and more bits matter; the
    autoregressive model takes any number of bits.

    Parameters
    ----------
    alpha : float, default 1e-4
        Half the weight of Σ w², in units of a row's mean log-likelihood; keeps couplings finite where a
        pattern never occurs.
    max_iter : int, default 300
    tol : float, default 1e-6
    threshold : float, default 0.0
    random_state
        Not used: the fit has no chance in it.

    Attributes
    ----------
    couplings_ : np.ndarray
        (n + n (n − 1) / 2,): fields, then couplings of pairs (0, 1), (0, 2), …
    """

    def __init__(
        self,
        alpha: float = 1e-4,
        max_iter: int = 300,
        tol: float = 1e-6,
        threshold: float = 0.0,
        random_state: Any = None,
    ) -> None:
        self.alpha = alpha
        self.max_iter = max_iter
        self.tol = tol
        self.threshold = threshold
        self.random_state = random_state

    @property
    def quadrant(self) -> Quadrant:
        return CLASSICAL

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> PairwiseIsing:
        """Maximise the likelihood of rows. Raises TooLargeError for more than 20 bits."""
        bits = self._bits(X, reset=True)
        check_dense(bits.shape[1], "PairwiseIsing", "use AutoregressiveBits")
        target = empirical(bits, self._weights(X, sample_weight))
        gates = GateSet.local(bits.shape[1], 2)
        alpha = as_real(self.alpha, "PairwiseIsing: alpha=")
        with self._fitting(bits, y):
            seen = walsh_hadamard(target)[torch.from_numpy(gates.codes)].numpy()

            def value_and_gradient(theta: np.ndarray) -> tuple[float, np.ndarray]:
                exponent = gates.table(torch.from_numpy(theta))
                norm = torch.logsumexp(exponent, 0)
                model = walsh_hadamard(torch.exp(exponent - norm))[torch.from_numpy(gates.codes)].numpy()
                return (
                    float(norm) - float(theta @ seen) + alpha / 2 * float(theta @ theta),
                    model - seen + alpha * theta,
                )

            run = training.minimised(
                value_and_gradient,
                np.zeros(gates.size),
                as_integer(self.max_iter, "PairwiseIsing: max_iter=", 1),
                self.tol,
            )
            self.couplings_, self.loss_, self.n_iter_ = run.values, run.loss, run.n_iter
            self.findings_ |= {"parameters": gates.size, "iterations": run.n_iter}
        return self

    def _probabilities(self) -> Tensor:
        gates = GateSet.local(self.n_features_in_, 2)
        return torch.softmax(gates.table(torch.from_numpy(self.couplings_)), 0)
