"""The fit that Born machines and their stochastic twin share: likelihood or MMD, exact or estimated."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from qualms.backends.protocol import DENSE_QUBITS, Backend
from qualms.data.numbers import as_integer, as_real
from qualms.errors import ConfigError
from qualms.learn.generative import mmd, training
from qualms.learn.generative.distribution import BitDistribution, check_dense, codes_of, empirical

LOSSES = ("likelihood", "mmd")
_OPERATORS, _DRAWS = 2048, 64  # that a reported MMD² is estimated from: its error is about 2e-4
_AT_ONCE = 1 << 22  # numbers in a table of random strings


class Model(Protocol):
    """A family of distributions of bits with angles."""

    @property
    def size(self) -> int:
        """How many angles."""
        ...

    def start(self, bits: np.ndarray, weight: np.ndarray, scale: float, seed: int) -> np.ndarray:
        """Angles to begin with."""
        ...

    def probabilities(self, theta: Tensor) -> Tensor:
        """Of every pattern, (2ⁿ,), differentiable."""
        ...


class Estimating(Model, Protocol):
    """One whose ⟨Z_a⟩ can be estimated without its 2ⁿ probabilities."""

    def estimates(
        self, theta: Tensor, operators: Tensor, draws: int, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """⟨Z_a⟩² and ⟨Z_a⟩, unbiased."""
        ...


class TrainedDistribution(BitDistribution):
    """Base of the distributions whose angles are found by training.

    A subclass has the settings that are used here, and `_model`.
    """

    bandwidths: Sequence[float] | None
    init_scale: float
    max_iter: int
    tol: float
    learning_rate: float
    n_operators: int
    n_draws: int
    n_init: int
    random_state: Any

    @abstractmethod
    def _model(self, n_bits: int) -> Any:
        """The family of distributions on so many bits. Raises ConfigError for settings that do not fit."""

    @abstractmethod
    def _loss(self) -> str:
        """ "likelihood" or "mmd". Raises ConfigError for another."""

    def _where(self) -> Backend | None:
        """The backend whose usage counts."""
        return None

    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> TrainedDistribution:
        """Train on rows.

        Parameters
        ----------
        X : array-like
            (rows, n): bits, or numbers that `threshold` makes bits.
        y : ignored
        sample_weight : array-like, optional
            (rows,) how often each row counts.

        Returns
        -------
        TrainedDistribution
            Itself.

        Raises
        ------
        ConfigError
            For settings that do not exist or do not fit each other, and training that diverged.
        TooLargeError
            For more bits than the loss can be computed for.
        """
        bits = self._bits(X, reset=True)
        weight = self._weights(X, sample_weight)
        model, backend = self._model(bits.shape[1]), self._where()
        seeds = check_random_state(self.random_state).randint(2**31 - 1, size=self._count("n_init", 1))
        with self._fitting(bits, y, backend):
            self.bandwidths_ = self._widths(bits, weight)
            runs = [self._run(model, bits, weight, int(seed)) for seed in seeds]
            best = min(runs, key=lambda run: run.loss if np.isfinite(run.loss) else np.inf)
            if not np.isfinite(best.loss):
                raise ConfigError(
                    f"{type(self).__name__}: training diverged, the loss is {best.loss}; choose a smaller "
                    "learning_rate or init_scale"
                )
            self.angles_, self.loss_, self.n_iter_ = best.values, best.loss, best.n_iter
            self.loss_curve_ = best.curve
            self.findings_ |= self._found(best, bits.shape[1])
        return self

    def _run(self, model: Any, bits: np.ndarray, weight: np.ndarray, seed: int) -> training.Trained:
        start = model.start(bits, weight, as_real(self.init_scale, "init_scale="), seed)
        steps = self._count("max_iter", 1)
        if self._is_exact(bits.shape[1]):
            target = empirical(bits, weight)
            loss = (
                self._likelihood(model, target) if self._loss() == "likelihood" else self._mmd(model, target)
            )
            return training.exactly(loss, start, steps, self.tol)
        if self._loss() == "likelihood":
            check_dense(
                bits.shape[1],
                type(self).__name__,
                "train by loss='mmd', which needs no table of probabilities",
            )
        return training.by_estimates(
            self._estimated(model, bits, weight, seed), start, steps, self.learning_rate
        )

    def _count(self, name: str, least: int) -> int:
        return as_integer(getattr(self, name), f"{type(self).__name__}: {name}=", least)

    def _is_exact(self, n_bits: int) -> bool:
        return n_bits <= DENSE_QUBITS

    def _widths(self, bits: np.ndarray, weight: np.ndarray) -> list[float]:
        if self.bandwidths is None:
            return list(mmd.default_bandwidths(bits, weight))
        found = [as_real(b, "bandwidths: a bandwidth") for b in self.bandwidths]
        if not found or min(found) <= 0:
            raise ConfigError(
                f"{type(self).__name__}: bandwidths={self.bandwidths!r} must be positive numbers"
            )
        return found

    # Losses -------------------------------------------------------------------------------------------------

    def _likelihood(self, model: Model, target: Tensor) -> Callable[[Tensor], Tensor]:
        """Mean negative log-likelihood; only patterns that were seen count."""
        seen = torch.nonzero(target)[:, 0]
        share = target[seen]

        def loss(theta: Tensor) -> Tensor:
            # a pattern of probability zero would end the training with an infinite loss
            return -(share @ torch.log(model.probabilities(theta)[seen].clamp_min(1e-30)))

        return loss

    def _mmd(self, model: Model, target: Tensor) -> Callable[[Tensor], Tensor]:
        """Mean over the bandwidths of MMD² to the rows themselves."""

        def loss(theta: Tensor) -> Tensor:
            p = model.probabilities(theta)
            return torch.stack([mmd.between(p, target, b) for b in self.bandwidths_]).mean()

        return loss

    def _estimated(
        self, model: Estimating, bits: np.ndarray, weight: np.ndarray, seed: int
    ) -> Callable[[Tensor], Tensor]:
        """The same but for what does not depend on the angles, from random operators; unbiased, and so are
        its gradients.
        """
        draws, count = self._count("n_draws", 2), self._count("n_operators", 1)
        generator = torch.Generator().manual_seed(seed)
        rows, share = torch.from_numpy(bits.astype(np.float32)), torch.from_numpy(weight)

        def loss(theta: Tensor) -> Tensor:
            total = torch.zeros(())
            for bandwidth in self.bandwidths_:
                operators = mmd.draw_operators(bandwidth, bits.shape[1], count, generator)
                data = mmd.data_expectations(rows, operators, share).float()
                square, mean = model.estimates(theta, operators, draws, generator)
                total = total + (square - 2 * mean * data + data**2).mean()
            return total / len(self.bandwidths_)

        return loss

    # After the fit ------------------------------------------------------------------------------------------

    def _probabilities(self) -> Tensor:
        with torch.no_grad():
            found = self._model(self.n_features_in_).probabilities(torch.from_numpy(self.angles_))
        return found.double().clamp_min(0)  # rounding leaves impossible patterns a little below zero

    def _log_probability(self, bits: np.ndarray) -> np.ndarray:
        check_dense(bits.shape[1], type(self).__name__, "use mmd, which needs no table of probabilities")
        return super()._log_probability(bits)

    def score(self, X: Any, y: Any = None) -> float:
        """Higher is better: mean log-likelihood, or −MMD² (mean over the bandwidths) if it was trained by
        that.
        """
        check_is_fitted(self)
        if self._loss() == "likelihood":
            return super().score(X)
        return -float(np.mean([self.mmd(X, b) for b in self.bandwidths_]))

    def mmd(self, X: Any, bandwidth: float, random_state: Any = 0) -> float:
        """Unbiased estimate of MMD² between the model and the rows' source.

        Parameters
        ----------
        X : array-like
            (rows, n), at least two rows.
        bandwidth : float
            σ of the Gaussian kernel.
        random_state : int, RandomState or None, default 0
            Draws the products of Z, beyond 20 bits; up to there the model's probabilities are exact.

        Returns
        -------
        float
            Below zero by chance where the two are nearly equal.
        """
        check_is_fitted(self)
        bits = self._bits(X)
        if bits.shape[1] <= DENSE_QUBITS:
            return super().mmd(X, bandwidth)
        if len(bits) < 2:
            raise ConfigError(f"an unbiased MMD² needs at least two rows, got {len(bits)}")
        return self.mmd_by_expectations(bits, as_real(bandwidth, "bandwidth="), random_state)[0]

    def mmd_by_expectations(
        self,
        bits: np.ndarray,
        bandwidth: float,
        random_state: Any = 0,
        n_operators: int = _OPERATORS,
        n_draws: int = _DRAWS,
    ) -> tuple[float, float]:
        """MMD² from expectations of random products of Z, and its standard error over these.

        Parameters
        ----------
        bits : np.ndarray
            (rows, n) of 0 and 1.
        bandwidth : float
        random_state : int, RandomState or None
        n_operators, n_draws : int, default 2048 and 64
            Products of Z, and random strings for each of them.

        Returns
        -------
        tuple of float
            The estimate and the standard error that the draws leave; the rows' own scatter is not in it.
        """
        seed = int(check_random_state(random_state).randint(2**31 - 1))
        generator, m = torch.Generator().manual_seed(seed), len(bits)
        model, theta = self._model(self.n_features_in_), torch.from_numpy(self.angles_).float()
        rows, parts = torch.from_numpy(bits.astype(np.float32)), []
        piece = max(1, _AT_ONCE // (n_draws * bits.shape[1]))
        for first in range(0, n_operators, piece):
            count = min(piece, n_operators - first)
            operators = mmd.draw_operators(bandwidth, bits.shape[1], count, generator)
            data = mmd.data_expectations(rows, operators)
            with torch.no_grad():
                square, mean = model.estimates(theta, operators, n_draws, generator)
            parts.append(square.double() - 2 * mean.double() * data + (data**2 * m - 1) / (m - 1))
        found = torch.cat(parts)
        return float(found.mean()), float(found.std() / n_operators**0.5)

    def _found(self, run: training.Trained, n_bits: int) -> dict[str, Any]:
        return {
            "loss": self._loss(),
            "final_loss": run.loss,
            "iterations": run.n_iter,
            "converged": run.converged,
            "parameters": len(run.values),
            "bandwidths": self.bandwidths_,
            "exact": self._is_exact(n_bits),
        }


__all__ = ["LOSSES", "Model", "TrainedDistribution", "codes_of"]
