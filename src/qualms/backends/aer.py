"""Qiskit Aer as a backend, with our noise models or its own; this file alone imports qiskit_aer."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

from qualms.backends.base import BaseBackend
from qualms.backends.density import Noise, as_noise
from qualms.backends.protocol import batch_size, shots_of
from qualms.circuits import Circuit, Diagonal, Observable, Operation
from qualms.circuits.encode import amplitude_encoding
from qualms.circuits.interchange import to_qiskit
from qualms.data.numbers import as_integer
from qualms.errors import ConfigError, MissingExtraError, one_line, translated

try:
    from qiskit_aer import AerSimulator
    from qiskit_aer.library import SaveDensityMatrix
except ImportError:
    raise MissingExtraError("qiskit-aer", "aer", "simulation by Qiskit Aer") from None


class AerBackend(BaseBackend):
    """Density matrices by Qiskit Aer, one circuit after the other: a second opinion, and slower than
    `density_matrix`. See `Backend`.

    Parameters
    ----------
    noise : Noise, optional
        See `qualms.backends.density_matrix`. Channels go to Aer as Kraus operators behind the gates.
    method : str, default "density_matrix"
        Aer's simulation method for samples: "density_matrix", "statevector" (trajectories),
        "matrix_product_state", "automatic".
    """

    name = "aer"
    noisy = True
    max_qubits = 14  # Aer's matrices are complex, and made one after the other
    max_sublayer_qubits = 10

    def __init__(self, noise: Noise = None, method: str = "density_matrix") -> None:
        self.noise = as_noise(noise)
        if method not in AerSimulator().available_methods() and method != "automatic":
            raise ConfigError(
                f"aer: method={method!r} is unknown; there are: "
                f"{', '.join(AerSimulator().available_methods())}"
            )
        self.method = method
        self._noisy = lru_cache(maxsize=64)(self.noise.noisy_circuit)

    def densities(
        self, circuit: Circuit, values: Tensor | None = None, inputs: Tensor | None = None
    ) -> list[np.ndarray]:
        """Final density matrices in our bit order, complex128, one for each row; a device's, on the qubits of
        its own that are in use.
        """
        simulator = AerSimulator(method="density_matrix")
        out = []
        for bound in self._bound(circuit, values, inputs):
            made = to_qiskit(_unmeasured(bound))
            made.append(SaveDensityMatrix(made.num_qubits), made.qubits)
            found = np.asarray(_finished(simulator, made, 1).data()["density_matrix"])
            n = bound.n_qubits
            axes = [*range(n - 1, -1, -1), *range(2 * n - 1, n - 1, -1)]
            out.append(found.reshape([2] * (2 * n)).transpose(axes).reshape(1 << n, 1 << n))
        return out

    def _probabilities(self, circuit: Circuit, values: Tensor | None, inputs: Tensor | None) -> Tensor:
        chances = torch.as_tensor(
            np.stack([np.diag(rho).real.clip(0) for rho in self.densities(circuit, values, inputs)])
        )
        return self._noisy(circuit).marginal(chances)

    def _means(
        self, circuit: Circuit, observables: list[Observable], values: Tensor | None, inputs: Tensor | None
    ) -> Tensor:
        ready = self._noisy(circuit)
        if ready.columns is not None or all(isinstance(o, Diagonal) or o.is_diagonal for o in observables):
            return super()._means(circuit, observables, values, inputs)
        if ready.misreads:
            raise ConfigError(
                "aer: readout errors act on measured bits; take shots of X and Y with "
                "SampledBackend(AerBackend(…))"
            )
        matrices = [o.matrix() for o in observables]
        densities = self.densities(circuit, values, inputs)
        return torch.tensor(
            [[float(np.sum(m.T * rho).real) for m in matrices] for rho in densities], dtype=torch.float64
        )

    def sample(
        self,
        circuit: Circuit,
        shots: int,
        seed: int,
        values: Tensor | None = None,
        inputs: Tensor | None = None,
    ) -> Tensor:
        ready, shots, seed = (
            self._noisy(circuit),
            shots_of(shots, self.name),
            as_integer(seed, "aer: seed=", 0),
        )
        simulator = AerSimulator(method=self.method, seed_simulator=seed % (1 << 31))
        made = [
            to_qiskit(
                _unmeasured(bound).extended(
                    Operation("measure", (p,), clbits=(k,)) for k, p in enumerate(ready.places)
                )
            )
            for bound in self._bound(circuit, values, inputs)
        ]
        result = _finished(simulator, made, shots)
        self._count(0, len(made) * shots)
        counts = torch.zeros(len(made), 1 << circuit.n_qubits, dtype=torch.int64)
        rng = np.random.default_rng(seed)
        for row, _ in enumerate(made):
            for bits, count in result.get_counts(row).items():
                counts[row, int(bits[::-1], 2)] += count
            if ready.misreads:
                counts[row] = _misread_counts(counts[row], ready.confusion, rng)
        return counts

    def readout_confusion(self, circuit: Circuit) -> np.ndarray:
        return self._noisy(circuit).confusion

    def _bound(self, circuit: Circuit, values: Tensor | None, inputs: Tensor | None) -> list[Circuit]:
        ready = self._noisy(circuit)
        values, inputs = ready.inputs(values, inputs)
        noisy = ready.circuit
        rows: Any = [None] if values is None else torch.atleast_2d(values).tolist()
        states = [None] if inputs is None else list(torch.atleast_2d(inputs))
        out = []
        for k in range(batch_size(values, inputs)):
            row, state = rows[k % len(rows)], states[k % len(states)]
            bound = noisy if row is None else noisy.bind(dict(zip(noisy.parameters, row, strict=True)))
            # a given state is free of noise
            out.append(bound if state is None else amplitude_encoding(state.cpu().numpy()).then(bound))
        self._count(len(out))
        return out


def _finished(simulator: AerSimulator, made: Any, shots: int) -> Any:
    """Aer's result. It hands back failures as results too, whose reasons stand with the single circuits."""
    with translated("aer"):
        result = simulator.run(made, shots=shots).result()
        if not result.success:
            reasons = dict.fromkeys(str(one.status) for one in result.results if not one.success)
            raise ConfigError(f"aer: {one_line('; '.join([str(result.status), *reasons]))}")
        return result


def _unmeasured(circuit: Circuit) -> Circuit:
    """Without measurements, and with matrices in place of gates that Aer does not know by name."""
    kept = circuit.unmeasured().operations
    return Circuit(circuit.n_qubits).extended(
        op if op.gate in _known() or not op.is_gate else _as_matrix(op) for op in kept
    )


def _as_matrix(op: Operation) -> Operation:
    return op if not op.qubits else Operation("unitary", op.qubits, matrices=(op.matrix(),), label=op.gate)


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(AerSimulator(method="density_matrix").configuration().basis_gates)


def _misread_counts(counts: Tensor, confusions: np.ndarray, rng: np.random.Generator) -> Tensor:
    """Every bit of every shot read with its errors."""
    n = len(confusions)
    shots = np.repeat(np.arange(len(counts)), counts.numpy())
    for q, ((_, wrong1), (wrong0, _)) in enumerate(
        [((m[0, 0], m[0, 1]), (m[1, 0], m[1, 1])) for m in confusions]
    ):
        place = n - 1 - q
        is_one = (shots >> place) & 1
        flips = rng.random(len(shots)) < np.where(is_one == 1, wrong1, wrong0)
        shots = shots ^ (flips.astype(np.int64) << place)
    return torch.from_numpy(np.bincount(shots, minlength=len(counts)))
