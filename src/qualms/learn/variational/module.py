"""A variational circuit as a torch module, alone or inside a larger network."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from qualms.backends.gradients import parameter_shift
from qualms.backends.protocol import Backend
from qualms.backends.registry import get_backend
from qualms.data.numbers import as_integer
from qualms.errors import ConfigError
from qualms.learn.variational import simulation
from qualms.learn.variational.layout import Layout


class VariationalModule(torch.nn.Module):
    """Rows of features in; weighted sums of ⟨Z⟩, or ⟨Z⟩ itself, out.

    Output k is the mean of the observable Σ_q W_kq Z_q + b_k, and W and b are trained as well.

    Parameters
    ----------
    layout : Layout
        The circuit.
    n_outputs : int, optional
        Outputs; default: ⟨Z⟩ of every qubit as they are, (B, qubits), for a following layer.
    backend : str | Backend, optional
        Where the circuit runs. None is the fast exact simulation of this module; a backend without gradients
        of its own is differentiated by the parameter-shift rule.
    seed : int, default 0
        Of the first values of the parameters.
    gradient : str, default "adjoint"
        Of the fast simulation: "adjoint" for first derivatives, fast; "backprop" for derivatives of any
        order, to inputs and parameters.

    Attributes
    ----------
    angles : Parameter
        (layers, qubits, 3) radians, in the order RY, RZ, RY.
    scales : Parameter or None
        (layers, qubits, features per qubit), ω of "re-uploading".
    weight, bias : Parameter or None
        (outputs, qubits) and (outputs,): the observables.
    circuits_run : int
        Rows that were simulated or sent to the backend so far, without those of shifted circuits.

    Notes
    -----
    The type of the numbers is that of the parameters: ``module.double()`` computes in complex128.
    """

    _feature_of: Tensor

    def __init__(
        self,
        layout: Layout,
        n_outputs: int | None = None,
        backend: str | Backend | None = None,
        seed: int = 0,
        gradient: str = "adjoint",
    ) -> None:
        super().__init__()
        self.layout = layout
        self.backend = get_backend(backend) if isinstance(backend, str) else backend
        if gradient not in simulation.GRADIENTS:
            raise ConfigError(f"gradient={gradient!r} is unknown; choose {' or '.join(simulation.GRADIENTS)}")
        self.gradient = gradient
        self.circuits_run = 0
        generator = torch.Generator().manual_seed(as_integer(seed, "seed=", 0))
        n, layers, per = layout.qubits, layout.n_layers, layout.features_per_qubit
        self.angles = torch.nn.Parameter(math.pi * (2 * torch.rand(layers, n, 3, generator=generator) - 1))
        self.scales: torch.nn.Parameter | None = None
        if layout.architecture == "re-uploading":
            self.scales = torch.nn.Parameter(1 + 0.1 * torch.randn(layers, n, per, generator=generator))
        self.weight: torch.nn.Parameter | None = None
        self.bias: torch.nn.Parameter | None = None
        if n_outputs is not None:
            outputs = as_integer(n_outputs, "n_outputs=", 1)
            self.weight = torch.nn.Parameter(torch.randn(outputs, n, generator=generator) / math.sqrt(n))
            self.bias = torch.nn.Parameter(torch.zeros(outputs))
        self.register_buffer("_feature_of", torch.from_numpy(layout.feature_of), persistent=False)

    def forward(self, rows: Tensor) -> Tensor:
        """Outputs (B, outputs or qubits) of rows (B, features)."""
        rows = self._checked(rows)
        if self.backend is None:
            return self.from_encoded(self.encoded(rows))
        return self._read(self._means_on(self.backend, rows))

    def encoded(self, rows: Tensor) -> Tensor:
        """What does not depend on parameters, computed once where the same rows come again and again.

        The encoded states (B, 2ⁿ); the rows themselves for "re-uploading", whose encoding is trained.
        """
        layout = self.layout
        if layout.architecture == "re-uploading":
            return rows
        simulation.require_memory(len(rows), layout.qubits, 1, 2 * rows.element_size(), rows.device)
        taken = rows[:, self._feature_of[:, 0]]
        if layout.architecture == "hardware-efficient":
            half = taken / 2
            state = simulation.product_state(torch.stack([torch.cos(half), torch.sin(half)], -1))
            return torch.complex(state, torch.zeros_like(state))
        phases = simulation.iqp_phases(taken, bool(layout.encoded_pairs))
        state = phases / math.sqrt(1 << layout.qubits)
        gates = simulation.hadamards(layout.qubits, state)[None]
        for _ in range(layout.repeats - 1):
            state = simulation.through_layers(state, gates, gradient=self.gradient) * phases
        return state

    def from_encoded(self, encoded: Tensor) -> Tensor:
        """Outputs of what `encoded` made."""
        layout = self.layout
        self.circuits_run += len(encoded)
        itemsize = 2 * self.angles.element_size()
        simulation.require_memory(len(encoded), layout.qubits, layout.n_layers, itemsize, encoded.device)
        if layout.architecture == "re-uploading":
            gates = simulation.rotations(self._row_angles(encoded))
            state, gates = simulation.product_state(gates[0, :, :, :, 0]), gates[1:]
        else:
            gates, state = simulation.rotations(self.angles)[:, None], encoded
        signs = simulation.pair_signs(layout.qubits, layout.pairs, state) if layout.pairs else None
        state = simulation.through_layers(state, gates, signs, layout.architecture != "iqp", self.gradient)
        return self._read(simulation.z_means(state))

    def _checked(self, rows: Tensor) -> Tensor:
        if rows.ndim != 2 or rows.shape[1] != self.layout.n_features:
            raise ConfigError(
                f"a variational circuit of {self.layout.n_features} features got rows of shape "
                f"{tuple(rows.shape)}"
            )
        return rows.to(self.angles.dtype)

    def _row_angles(self, rows: Tensor) -> Tensor:
        """Angles θ + ω·x of "re-uploading" for rows (B, features): (layers, B, qubits, 3)."""
        assert self.scales is not None
        moved = self.scales[:, None] * rows[:, self._feature_of]
        return self.angles[:, None] + torch.nn.functional.pad(moved, (0, 3 - moved.shape[-1]))

    def _read(self, means: Tensor) -> Tensor:
        return means if self.weight is None else torch.nn.functional.linear(means, self.weight, self.bias)

    # Any backend --------------------------------------------------------------------------------------------

    def values(self, rows: Tensor) -> Tensor:
        """Values of the parameters of `layout.circuit` for rows (B, features): (B, P) radians."""
        layout = self.layout
        if layout.architecture == "re-uploading":
            return self._row_angles(rows).permute(1, 0, 3, 2).flatten(1)
        taken = rows[:, self._feature_of[:, 0]]
        columns = [taken, *(taken[:, [a]] * taken[:, [b]] for a, b in layout.encoded_pairs)]
        own = self.angles.transpose(1, 2).reshape(1, -1).expand(len(rows), -1)
        return torch.cat([*columns, own], 1)

    def _means_on(self, backend: Backend, rows: Tensor) -> Tensor:
        layout, values = self.layout, self.values(rows)
        self.circuits_run += len(rows)
        if not values.requires_grad or not torch.is_grad_enabled():
            with torch.no_grad():
                return backend.expectation(layout.circuit, layout.observables, values).to(values)
        if backend.differentiable:
            return backend.expectation(layout.circuit, layout.observables, values).to(values)
        fixed = frozenset() if rows.requires_grad else frozenset(layout.encoding_parameters)
        return parameter_shift(
            lambda circuit, angles: backend.expectation(circuit, layout.observables, angles).to(angles),
            layout.circuit,
            values,
            fixed,
        )
