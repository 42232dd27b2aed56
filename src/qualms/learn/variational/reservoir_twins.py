"""The classical controls of a quantum reservoir: no entanglers, an echo state network, the window itself."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone

from qualms.backends.protocol import Backend
from qualms.learn.variational.windows import WindowRegressor
from qualms.records.quadrant import CLASSICAL, Quadrant
from qualms.records.twin import Twin


class _Classical(WindowRegressor):
    @property
    def quadrant(self) -> Quadrant:
        return CLASSICAL


class WindowRidge(_Classical):
    """Ridge regression on the rows of the window as they are.

    **When not to use it.** Where the target is not a linear function of the last rows.

    Parameters
    ----------
    window, input_scale, alpha, random_state
        As in `QuantumReservoirRegressor`; nothing here is random.
    """

    def __init__(
        self, window: int = 8, input_scale: float = 1.0, alpha: float = 1e-4, random_state: Any = None
    ) -> None:
        self.window = window
        self.input_scale = input_scale
        self.alpha = alpha
        self.random_state = random_state

    def _features(self, windowed: np.ndarray, backend: Backend | None) -> np.ndarray:
        return windowed.reshape(len(windowed), -1)


class EchoStateRegressor(_Classical):
    """An echo state network that takes in the window from a state of zeros: s ← tanh(W s + V x + b).

    **When not to use it.** As a tuned forecaster: its settings here are the customary ones, so that it is a
    fair control and no more.

    Parameters
    ----------
    n_units : int, default 21
        Features that the readout reads.
    window, input_scale, alpha, random_state
        As in `QuantumReservoirRegressor`.
    spectral_radius : float, default 0.9
        Largest absolute eigenvalue of W.

    References
    ----------
    Jaeger, "The 'echo state' approach to analysing and training recurrent neural networks" (2001).
    """

    def __init__(
        self,
        n_units: int = 21,
        window: int = 8,
        input_scale: float = 0.5,
        alpha: float = 1e-4,
        spectral_radius: float = 0.9,
        random_state: Any = None,
    ) -> None:
        self.n_units = n_units
        self.window = window
        self.input_scale = input_scale
        self.alpha = alpha
        self.spectral_radius = spectral_radius
        self.random_state = random_state

    def _draw(self, n_features: int, rng: np.random.RandomState) -> None:
        inner = rng.normal(size=(self.n_units, self.n_units))
        self.inner_ = self.spectral_radius * inner / np.abs(np.linalg.eigvals(inner)).max()
        self.input_ = rng.uniform(-1, 1, (n_features, self.n_units))
        self.offset_ = rng.uniform(-0.2, 0.2, self.n_units)

    def _features(self, windowed: np.ndarray, backend: Backend | None) -> np.ndarray:
        state = np.zeros((len(windowed), self.n_units))
        for step in range(windowed.shape[1]):
            state = np.tanh(state @ self.inner_.T + windowed[:, step] @ self.input_ + self.offset_)
        return state


def without_entanglers(learner: Any) -> Any:
    """The same reservoir without gates on two qubits."""
    return clone(learner).set_params(entangler="none")


def echo_state(learner: Any) -> EchoStateRegressor:
    """A network with as many features for the readout."""
    return EchoStateRegressor(
        learner.n_readout,
        learner.window,
        learner.input_scale,
        learner.alpha,
        random_state=learner.random_state,
    )


def window_ridge(learner: Any) -> WindowRidge:
    """Ridge regression on the same rows."""
    return WindowRidge(learner.window, 1.0, learner.alpha)


TWINS = (
    Twin("separable", "the reservoir without entangling gates", without_entanglers),
    Twin("echo-state", "an echo state network with as many features", echo_state),
    Twin("ridge", "ridge regression on the same window", window_ridge),
)
