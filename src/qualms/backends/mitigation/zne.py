"""Zero-noise extrapolation: run with the noise made larger on purpose, extrapolate to none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from qualms.backends.mitigation.wrapper import Mitigation
from qualms.backends.protocol import Backend
from qualms.circuits import Circuit, Observable, Operation
from qualms.errors import ConfigError


def fold(circuit: Circuit, scale: float) -> Circuit:
    """A circuit that does the same with about `scale` times the gates: G → G (G† G)ᵏ, and once more for the
    last gates if `scale` is no odd number.

    Folds stand between barriers, so that no transpiler takes them out again. Measurements at the end are left
    out.

    Raises
    ------
    ConfigError
        For a scale below 1, or a circuit with channels or resets, which cannot be undone.

    References
    ----------
    Giurgica-Tiron, Hindy, LaRose, Mari, Zeng, "Digital zero noise extrapolation for quantum error mitigation"
    (2020), unitary folding.
    """
    if not scale >= 1:
        raise ConfigError(f"fold: scale={scale} must be at least 1")
    plain = circuit.unmeasured()
    gates = [op for op in plain.operations if op.gate != "barrier"]
    whole = int((scale - 1) // 2)
    rest = round((scale - 1 - 2 * whole) / 2 * len(gates))
    wall = Operation("barrier", tuple(range(circuit.n_qubits)))
    out = list(plain.operations)
    for part in [gates] * whole + ([gates[len(gates) - rest :]] if rest else []):
        out += [wall, *(op.inverse() for op in reversed(part)), wall, *part]
    return Circuit(circuit.n_qubits).extended(replace(op) for op in out)


def richardson(scales: Sequence[float], values: np.ndarray) -> np.ndarray:
    """The polynomial through all points, at 0: Σ_i y_i Π_{j≠i} s_j / (s_j − s_i).

    `values` (..., len(scales)).
    """
    return np.asarray(values, np.float64) @ richardson_weights(scales)


def richardson_weights(scales: Sequence[float]) -> np.ndarray:
    """What Richardson's extrapolation multiplies each value with.

    Their squares' sum is what the variance grows by.
    """
    s = np.asarray(scales, np.float64)
    if len(s) < 2 or len(set(s.tolist())) != len(s):
        raise ConfigError(f"extrapolation needs at least two different scales, got {list(scales)}")
    return np.array([np.prod([b / (b - a) for j, b in enumerate(s) if j != i]) for i, a in enumerate(s)])


def linear(scales: Sequence[float], values: np.ndarray) -> np.ndarray:
    """The least-squares line at 0."""
    return np.asarray(values, np.float64) @ _line_weights(scales)


def _line_weights(scales: Sequence[float]) -> np.ndarray:
    s = np.asarray(scales, np.float64)
    return 1 / len(s) - s.mean() * (s - s.mean()) / ((s - s.mean()) ** 2).sum()


def exponential(
    scales: Sequence[float], values: np.ndarray, limit: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """The decay `limit` + a·exp(−b s) fitted to the logarithms, at 0: (values, where it fits).

    A decay needs values on one side of the limit that do not grow; elsewhere the first value is not decay but
    shot noise or something else, and the answer is the line's, marked False in the second array. Nothing
    leaves [−|a|, |a|] by more than the fit's own extrapolation.
    """
    y = np.asarray(values, np.float64) - limit
    fits = (np.all(y > 0, -1) | np.all(y < 0, -1)) & (np.abs(y[..., 0]) >= np.abs(y[..., -1]))
    logs = np.log(np.where(fits[..., None], np.abs(y), 1.0))
    decay = np.sign(y[..., 0]) * np.exp(logs @ _line_weights(scales)) + limit
    return np.where(fits, decay, linear(scales, values)), fits


FITS = ("richardson", "linear", "exponential")


class ZNEBackend(Mitigation):
    """Expectations extrapolated to zero noise.

    Not differentiable by itself. See `Backend` for the methods' shapes.

    Parameters
    ----------
    backend : Backend
        What runs the folded circuits.
    scales : Sequence[float], optional
        Scales of the noise, at least two, rising from 1.
    fit : str, default "richardson"
        "richardson", "linear" or "exponential" (towards 0, as Pauli expectations decay under depolarizing
        noise).

    Attributes
    ----------
    unfit : int
        Values so far that were no decay and got a line instead (exponential).
    """

    def __init__(
        self, backend: Backend, scales: Sequence[float] = (1, 3, 5), fit: str = "richardson"
    ) -> None:
        if fit not in FITS:
            raise ConfigError(f"zne: fit={fit!r} is unknown; choose one of {', '.join(FITS)}")
        weights = richardson_weights(scales) if fit == "richardson" else _line_weights(scales)
        if list(scales) != sorted(scales) or scales[0] < 1:
            raise ConfigError(f"zne: scales={list(scales)} must rise and begin at 1 or above")
        super().__init__("zne", backend, len(scales), float((weights**2).sum()))
        self.gives_probabilities = self.gives_shots = False
        self.scales, self.fit, self.unfit = tuple(scales), fit, 0

    def _means(
        self, circuit: Circuit, observables: list[Observable], values: Tensor | None, inputs: Tensor | None
    ) -> Tensor:
        with torch.no_grad():
            rows = [
                torch.atleast_2d(self.inner.expectation(fold(circuit, s), observables, values, inputs))
                for s in self.scales
            ]
        found = torch.stack(rows, -1).double().cpu().numpy()
        if self.fit == "exponential":
            means, fits = exponential(self.scales, found)
            self.unfit += int((~fits).sum())
        else:
            means = richardson(self.scales, found) if self.fit == "richardson" else linear(self.scales, found)
        return torch.as_tensor(means).to(rows[0])

    def probabilities(
        self, circuit: Circuit, values: Tensor | None = None, inputs: Tensor | None = None
    ) -> Tensor:
        """Refused: extrapolated probabilities are none."""
        raise ConfigError("zero-noise extrapolation gives expectations, not probabilities")

    def sample(
        self,
        circuit: Circuit,
        shots: int,
        seed: int,
        values: Tensor | None = None,
        inputs: Tensor | None = None,
    ) -> Tensor:
        """Refused: extrapolation has no shots of its own."""
        raise ConfigError("zero-noise extrapolation gives expectations, not shots")
