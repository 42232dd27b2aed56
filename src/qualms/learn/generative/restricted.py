"""The restricted Boltzmann machine: scikit-learn's training, exact likelihoods, tuned on held-out rows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import numpy as np
import torch
from sklearn.neural_network import BernoulliRBM
from sklearn.utils import check_random_state
from torch import Tensor

from qualms.data.numbers import as_integer
from qualms.errors import ConfigError
from qualms.learn.generative.distribution import BitDistribution, bits_of, check_dense, codes_of
from qualms.records.quadrant import CLASSICAL, Quadrant

_HELD_OUT = 0.2
_LEAST_TO_TUNE = 25  # rows: with fewer there is nothing to hold out, and the first setting is taken


class RestrictedBoltzmannMachine(BitDistribution):
    """scikit-learn's BernoulliRBM with exact log-likelihoods, so that its settings can be chosen by these.

    The grid of hidden units × learning rates is tried on four fifths of the rows and measured on the rest;
    the best is trained again on all. log Z is a sum over the 2ⁿ visible patterns, exact to 20 bits.

    **When not to use it.** On few bits the pairwise Ising model has a convex likelihood and needs no grid.

    Parameters
    ----------
    n_hidden : sequence of int, default (8, 32)
    learning_rates : sequence of float, default (0.05, 0.5)
    n_iter : int, default 30
        Passes over the rows.
    batch_size : int, default 20
    threshold : float, default 0.0
    random_state : int, RandomState or None

    Attributes
    ----------
    weights_ : np.ndarray
        (hidden, n).
    visible_, hidden_ : np.ndarray
        (n,) and (hidden,): the biases.
    """

    def __init__(
        self,
        n_hidden: Sequence[int] = (8, 32),
        learning_rates: Sequence[float] = (0.05, 0.5),
        n_iter: int = 30,
        batch_size: int = 20,
        threshold: float = 0.0,
        random_state: Any = None,
    ) -> None:
        self.n_hidden = n_hidden
        self.learning_rates = learning_rates
        self.n_iter = n_iter
        self.batch_size = batch_size
        self.threshold = threshold
        self.random_state = random_state

    @property
    def quadrant(self) -> Quadrant:
        return CLASSICAL

    def fit(self, X: Any, y: Any = None) -> RestrictedBoltzmannMachine:
        """Choose the settings and train. Raises TooLargeError for more than 20 bits."""
        bits = self._bits(X, reset=True)
        check_dense(bits.shape[1], "RestrictedBoltzmannMachine", "log Z is a sum over all patterns")
        grid = list(product(self.n_hidden, self.learning_rates))
        if not grid:
            raise ConfigError("RestrictedBoltzmannMachine: n_hidden and learning_rates must not be empty")
        random = check_random_state(self.random_state)
        with self._fitting(bits, y):
            chosen = grid[0]
            if len(bits) >= _LEAST_TO_TUNE and len(grid) > 1:
                order = random.permutation(len(bits))
                held = int(len(bits) * _HELD_OUT)
                train, rest = bits[order[held:]], bits[order[:held]]
                reached = []
                for setting in grid:
                    self._train(train, setting, random)
                    reached.append(float(self._log_probability(rest).mean()))
                chosen = grid[int(np.argmax(reached))]
                self.findings_["held_out_log_likelihood"] = dict(zip(map(str, grid), reached, strict=True))
            self._train(bits, chosen, random)
            self.findings_ |= {
                "n_hidden": int(chosen[0]),
                "learning_rate": float(chosen[1]),
                "parameters": int(self.weights_.size + self.visible_.size + self.hidden_.size),
            }
        return self

    def _train(self, bits: np.ndarray, setting: tuple[int, float], random: np.random.RandomState) -> None:
        machine = BernoulliRBM(
            n_components=as_integer(setting[0], "n_hidden: an entry", 1),
            learning_rate=setting[1],
            batch_size=min(self.batch_size, len(bits)),
            n_iter=self.n_iter,
            random_state=int(random.randint(2**31 - 1)),
        ).fit(bits.astype(np.float64))
        self.weights_ = machine.components_
        self.visible_, self.hidden_ = machine.intercept_visible_, machine.intercept_hidden_

    def _log_weights(self, bits: np.ndarray) -> Tensor:
        """log Σ_h exp(−E(v, h)), the negative free energy, of rows."""
        rows = torch.from_numpy(bits.astype(np.float64))
        inner = rows @ torch.from_numpy(self.weights_).mT + torch.from_numpy(self.hidden_)
        return rows @ torch.from_numpy(self.visible_) + torch.nn.functional.softplus(inner).sum(-1)

    def _table(self) -> Tensor:
        """log p of every pattern, (2ⁿ,), in pieces that fit in a cache."""
        n = self.n_features_in_
        codes = np.array_split(np.arange(1 << n), max(1, (1 << n) >> 12))
        found = torch.cat([self._log_weights(bits_of(part, n)) for part in codes])
        return found - torch.logsumexp(found, 0)

    def _log_probability(self, bits: np.ndarray) -> np.ndarray:
        return self._table().numpy()[codes_of(bits)]

    def _probabilities(self) -> Tensor:
        return torch.exp(self._table())
