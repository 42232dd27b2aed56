"""Backends that measure: frequencies of finitely many shots in place of probabilities, and gradients from
further circuits.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from qualms.backends import gradients, measurement, sublayer
from qualms.backends.base import BaseBackend
from qualms.backends.protocol import check_circuit, check_sublayer, listed, shaped
from qualms.circuits import Circuit, LayeredAnsatz, Observable
from qualms.errors import ConfigError


def seed_of(seed: int, circuit: Circuit, *tensors: Tensor | None) -> int:
    """A seed for exactly this work: the same circuit with the same values gets the same shots in any order
    and after any restart.
    """
    found = hashlib.blake2b(str(seed).encode() + circuit.fingerprint, digest_size=8)
    for tensor in tensors:
        if tensor is not None:
            found.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return int.from_bytes(found.digest(), "little")


class ShotBackend(BaseBackend):
    """What takes shots makes `sample` and `_tables`; means, standard errors and gradients are here.

    See `Backend` for the methods' shapes.

    Attributes
    ----------
    shots : int
        For each circuit that is measured.
    seed : int
        Of the shots.
    gradient : str
        One of `gradients.METHODS`.
    """

    differentiable = True
    noisy = True
    shots: int
    seed: int
    gradient: str

    def _tables(
        self, circuits: list[Circuit], values: Tensor | None, inputs: Tensor | None
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """Every circuit measured `shots` times: the outcomes that occur (U,) and how often in each row (B,
        U).
        """
        raise NotImplementedError

    def _seed(self, circuit: Circuit, values: Tensor | None, inputs: Tensor | None) -> int:
        """The seed of the shots of this work."""
        return seed_of(self.seed, circuit, values, inputs)

    def _probabilities(self, circuit: Circuit, values: Tensor | None, inputs: Tensor | None) -> Tensor:
        counts = self.sample(circuit, self.shots, self._seed(circuit, values, inputs), values, inputs)
        return counts.to(_real(values, inputs)) / self.shots

    def estimate(
        self,
        circuit: Circuit,
        observables: Sequence[Observable],
        values: Tensor | None = None,
        inputs: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Means and their standard errors, (B, k) each; no gradients."""
        groups = measurement.grouped(observables, circuit.n_qubits)
        tables = self._tables([group.circuit(circuit) for group in groups], values, inputs)
        means: Any = 0.0
        variances: Any = 0.0
        for group, (outcomes, counts) in zip(groups, tables, strict=True):
            found = measurement.estimate(group, outcomes, counts, len(observables))
            means, variances = means + found[0], variances + found[1]
        kind = _real(values, inputs)
        return torch.as_tensor(means, dtype=kind), torch.as_tensor(np.sqrt(variances), dtype=kind)

    def expectation(
        self,
        circuit: Circuit,
        observables: Observable | Sequence[Observable],
        values: Tensor | None = None,
        inputs: Tensor | None = None,
        fixed: frozenset[str] = frozenset(),
    ) -> Tensor:
        """See `Backend`.

        `fixed` : parameters whose derivatives nobody needs, and no shifted circuit is run for.
        """
        check_circuit(self, circuit.n_qubits)
        several = listed(observables, circuit)
        if torch.is_grad_enabled() and any(t is not None and t.requires_grad for t in (values, inputs)):
            found = self._differentiable(circuit, several, values, inputs, fixed)
        else:
            found = self.estimate(circuit, several, values, inputs)[0]
        return shaped(found, observables, values, inputs)

    def _differentiable(
        self,
        circuit: Circuit,
        observables: list[Observable],
        values: Tensor | None,
        inputs: Tensor | None,
        fixed: frozenset[str],
    ) -> Tensor:
        """Means (B, k) with gradients from further circuits."""
        if inputs is not None and inputs.requires_grad:
            raise ConfigError(
                f"{self.name}: {self.gradient} gives gradients to angles, not to input states; load them "
                "by a circuit or use 'straight-through'"
            )
        assert values is not None

        def evaluate(circuit: Circuit, rows: Tensor) -> Tensor:
            states = (
                inputs if inputs is None or inputs.ndim == 1 else inputs.repeat(len(rows) // len(inputs), 1)
            )
            with torch.no_grad():
                return self.estimate(circuit, observables, rows, states)[0].to(rows)

        rows = torch.atleast_2d(values)
        if inputs is not None and inputs.ndim == 2 and len(rows) == 1:
            rows = rows.expand(len(inputs), -1)
        if self.gradient == "spsa":
            return gradients.spsa(evaluate, circuit, rows, seed_of(self.seed + 1, circuit, rows))
        return gradients.parameter_shift(evaluate, circuit, rows, fixed)

    def read_out(
        self, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor, readout: str, normalize: bool
    ) -> Tensor:
        check_sublayer(self, ansatz.n_qubits)
        return sublayer.read_out(
            self, ansatz, angles, inputs, readout, by_shifts=self.gradient == "parameter-shift"
        )


def _real(*tensors: Tensor | None) -> torch.dtype:
    kinds = [t.dtype.to_real() if t.is_complex() else t.dtype for t in tensors if t is not None]
    found = torch.float32
    for kind in kinds:
        found = torch.promote_types(found, kind)
    return found
