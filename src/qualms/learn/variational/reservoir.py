"""A quantum reservoir: a fixed random circuit turns a series into features, and only a readout is trained."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import torch
from torch import Tensor

from qualms.backends.protocol import Backend
from qualms.circuits import Circuit, LayeredAnsatz, Operation, Parameter, PauliSum
from qualms.data.numbers import as_integer
from qualms.learn.variational import simulation
from qualms.learn.variational.layout import GATES
from qualms.learn.variational.reservoir_twins import TWINS
from qualms.learn.variational.windows import WindowRegressor

_CHUNK_BYTES = 1 << 27  # of states at once


class QuantumReservoirRegressor(WindowRegressor):
    """Forecasts a series with a fixed random circuit, whose qubits take in one row after another.

    For each row, the circuit starts from |0…0⟩ and takes in the last `window` rows, oldest first: RY(x) on
    every qubit, with the features dealt out in turn, then `n_layers` layers of CZ gates and random rotations,
    the same at every row. Features are ⟨Z_i⟩ and ⟨Z_i Z_j⟩ at the end; a ridge regression reads them. With
    ``window=1`` nothing is remembered, and the order of rows does not matter.

    **When not to use it.** To forecast: an echo state network of the same size, or ridge regression on the
    same window, costs a hundredth and is usually as good; both are its twins, and the page on variational
    learners shows where the reservoir lost. Not for long memories either: what is older than the window is
    not there, and the cost grows with it.

    Parameters
    ----------
    n_qubits : int, default 6
    n_layers : int, default 2
        Of CZ gates and random rotations after each row.
    window : int, default 8
        Rows that are taken in, the present one included.
    entangler : str or tuple of pairs, default "ring"
        Where CZ gates stand; "none" for the twin.
    input_scale : float, default 0.5
        Radians for one standard deviation of a column.
    reduction : "pca" or None
        What to do with more features than qubits; None raises ConfigError.
    alpha : float, default 1e-4
        Of the ridge readout.
    backend : str, Backend or None
        Where the circuit runs; None is the fast exact simulation.
    random_state : int, RandomState or None
        Of the circuit's angles.

    Attributes
    ----------
    angles_ : np.ndarray
        (layers, qubits, 3) radians, uniform in [−π, π).
    coef_ : np.ndarray
        (features,): the readout.
    intercept_ : float

    References
    ----------
    Fujii and Nakajima, "Harnessing disordered-ensemble quantum dynamics for machine learning", Phys. Rev.
    Applied 8 (2017). Their reservoir keeps its state and replaces input qubits; this one starts anew for each
    window, so that the memory is exactly the window and no measurement disturbs it.
    """

    twins = TWINS

    def __init__(
        self,
        n_qubits: int = 6,
        n_layers: int = 2,
        window: int = 8,
        entangler: str | tuple[tuple[int, int], ...] = "ring",
        input_scale: float = 0.5,
        reduction: str | None = None,
        alpha: float = 1e-4,
        backend: str | Backend | None = None,
        random_state: Any = None,
    ) -> None:
        self.n_qubits = n_qubits
        self.n_layers = n_layers
        self.window = window
        self.entangler = entangler
        self.input_scale = input_scale
        self.reduction = reduction
        self.alpha = alpha
        self.backend = backend
        self.random_state = random_state

    @property
    def n_readout(self) -> int:
        """Features that the readout reads: ⟨Z⟩ of every qubit and ⟨ZZ⟩ of every pair."""
        return int(self.n_qubits * (self.n_qubits + 1) // 2)

    def circuit(self, n_features: int) -> Circuit:
        """The circuit of one window; parameter x{step}_{qubit} is the encoding's angle."""
        n, angles = self.n_qubits, self.angles_
        cz = [Operation("cz", pair) for pair in self._pairs()]
        operations = []
        for step in range(self.window):
            operations += [Operation("ry", (q,), (Parameter(f"x{step}_{q}"),)) for q in range(n)]
            for layer in angles:
                operations += cz
                for k, gate in enumerate(GATES):
                    operations += [Operation(gate, (q,), (float(layer[q, k]),)) for q in range(n)]
        return Circuit(n).extended(operations)

    def _place(self) -> Backend | None:
        return None if self.backend is None else self._runs_on()

    def _reduced_to(self) -> tuple[str | None, int | None]:
        return self.reduction, as_integer(self.n_qubits, f"{type(self).__name__}: n_qubits=", 1)

    def _pairs(self) -> tuple[tuple[int, int], ...]:
        cnots = LayeredAnsatz(self.n_qubits, 1, self.entangler).cnots()
        return tuple(dict.fromkeys((min(p), max(p)) for p in cnots))

    def _draw(self, n_features: int, rng: np.random.RandomState) -> None:
        where = type(self).__name__
        as_integer(self.n_layers, f"{where}: n_layers=", 1)
        self._pairs()
        self.angles_ = rng.uniform(-np.pi, np.pi, (self.n_layers, self.n_qubits, 3))

    def _features(self, windowed: np.ndarray, backend: Backend | None) -> np.ndarray:
        taken = windowed[:, :, np.arange(self.n_qubits) % windowed.shape[2]]
        rows = torch.from_numpy(np.ascontiguousarray(taken))  # (n, window, qubits)
        with torch.no_grad():
            if backend is not None:
                values = rows.flatten(1)
                circuit = self.circuit(windowed.shape[2])
                return backend.expectation(circuit, self._observables(), values).double().numpy()
            simulation.require_memory(1, self.n_qubits, 2, 16, rows.device)
            size = max(1, _CHUNK_BYTES // (16 << self.n_qubits))
            return torch.cat([self._simulated(part) for part in rows.split(size)]).numpy()

    def _observables(self) -> list[PauliSum]:
        n = self.n_qubits
        places = [(q,) for q in range(n)] + list(combinations(range(n), 2))
        return [PauliSum("".join("Z" if q in own else "I" for q in range(n))) for own in places]

    def _simulated(self, rows: Tensor) -> Tensor:
        """Means (B, features) of encoding angles (B, window, qubits)."""
        n = self.n_qubits
        fixed = simulation.rotations(torch.from_numpy(self.angles_))[:, None]  # (layers, 1, n, 2, 2)
        encoding = simulation.rotations(torch.nn.functional.pad(rows.transpose(0, 1)[..., None], (0, 2)))
        state = simulation.product_state(encoding[0, :, :, :, 0])
        pairs = self._pairs()
        signs = simulation.pair_signs(n, pairs, state) if pairs else None
        for step in range(self.window):
            if step:
                state = simulation.through_layers(state, encoding[step : step + 1])
            state = simulation.through_layers(state, fixed, signs, signs_first=True)
        chances = state.real**2 + state.imag**2
        z = simulation.z_signs(n, chances.dtype, chances.device)
        both = [z[:, a] * z[:, b] for a, b in combinations(range(n), 2)]
        return chances @ torch.cat([z, *(column[:, None] for column in both)], 1)
