"""The stochastic twin of IQP circuits as an estimator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qualms.errors import ConfigError
from qualms.learn.generative.bit_flips import BitFlipModel
from qualms.learn.generative.gates import GateSet
from qualms.learn.generative.trained import LOSSES, TrainedDistribution
from qualms.records.quadrant import CLASSICAL, Quadrant


class BitFlipCircuit(TrainedDistribution):
    """Correlated bit flips, trained like an IQP circuit; classical, and sampled at any size.

    **When not to use it.** As a model of its own: the pairwise Ising model and the autoregressive one give
    exact likelihoods. It is here to show what the interference of an IQP circuit is worth.

    Parameters
    ----------
    loss : "mmd" or "likelihood", default "mmd"
    max_weight : int, default 2
    symmetric : bool, default False
    bandwidths, init_scale, max_iter, tol, learning_rate, n_operators, n_draws, n_init, threshold
        As in `qualms.learn.generative.born.BornMachine`.
    random_state : int, RandomState or None
    """

    def __init__(
        self,
        loss: str = "mmd",
        max_weight: int = 2,
        symmetric: bool = False,
        bandwidths: Sequence[float] | None = None,
        init_scale: float = 0.1,
        max_iter: int = 300,
        tol: float = 1e-6,
        learning_rate: float = 0.1,
        n_operators: int = 256,
        n_draws: int = 8,
        n_init: int = 1,
        threshold: float = 0.0,
        random_state: Any = None,
    ) -> None:
        self.loss = loss
        self.max_weight = max_weight
        self.symmetric = symmetric
        self.bandwidths = bandwidths
        self.init_scale = init_scale
        self.max_iter = max_iter
        self.tol = tol
        self.learning_rate = learning_rate
        self.n_operators = n_operators
        self.n_draws = n_draws
        self.n_init = n_init
        self.threshold = threshold
        self.random_state = random_state

    @property
    def quadrant(self) -> Quadrant:
        return CLASSICAL

    def _loss(self) -> str:
        if self.loss not in LOSSES:
            raise ConfigError(f"BitFlipCircuit: loss={self.loss!r} is unknown; choose {' or '.join(LOSSES)}")
        return self.loss

    def _model(self, n_bits: int) -> BitFlipModel:
        return BitFlipModel(GateSet.local(n_bits, self._count("max_weight", 1)), self.symmetric)

    def _sample(self, count: int, random: np.random.RandomState) -> np.ndarray:
        return self._model(self.n_features_in_).sample(self.angles_, count, random)
