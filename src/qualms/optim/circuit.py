"""Q from a quantum circuit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property, lru_cache
from typing import Any, ClassVar

import torch
from torch import Tensor

from qualms.backends import Backend, StatevectorBackend, get_backend
from qualms.backends.protocol import check_circuit
from qualms.circuits import Circuit, LayeredAnsatz, Operation, Parameter, PauliSum
from qualms.optim.perturbations import Coordinates, Placed
from qualms.records.quadrant import Quadrant

_ROWS = 1 << 16  # circuits simulated at once


@lru_cache(maxsize=32)
def perturbation_circuit(n_qubits: int, depth: int, entangle: bool = True) -> Circuit:
    """H on every qubit; then `depth` times RY(theta_i), RZ(gamma_i) on qubit i and CNOTs between neighbours
    i, i+1.

    The paper names these gates, 4 qubits and depth 2, and no more.
    """
    ops = [Operation("h", (q,)) for q in range(n_qubits)]
    for _ in range(depth):
        ops += [Operation("ry", (q,), (Parameter(f"theta{q}"),)) for q in range(n_qubits)]
        ops += [Operation("rz", (q,), (Parameter(f"gamma{q}"),)) for q in range(n_qubits)]
        ops += [Operation("cx", (q, q + 1)) for q in range(n_qubits - 1) if entangle]
    return Circuit(n_qubits).extended(ops)


@dataclass(frozen=True)
class FromCircuit(Placed):
    """Q_i = −⟨Z_i⟩·g_i after `perturbation_circuit` with theta_i = πθ_i and gamma_i from the gradient, in
    blocks of `n_qubits` coordinates.

    H then RY(πθ) gives −⟨Z⟩ = sin(πθ): at depth 1 without CNOTs this *is* the paper's sine, so the circuit is
    its generalisation. With ``scope="overall"`` blocks go on from one tensor to the next.

    Parameters
    ----------
    depth : int
        Layers of the circuit. The paper's number is 2.
    entangle : bool
        Whether the circuit has its CNOTs; False is its product-state twin.
    gradient_angle : str
        gamma_i = "relative", π g_i / max|g| of the block: gradients differ by orders of magnitude between
        tensors, and only so do the RZ gates do anything everywhere; "raw", π g_i; "none", 0. Unstated in the
        paper.
    backend, backend_options : str, mapping
        Where the circuit runs, see `qualms.backends.get_backend`: "statevector", "sampled", "density_matrix",
        "aer", …
    n_qubits, scope, short, seed
        As in `Placed`.

    Raises
    ------
    ConfigError
        For an unknown backend or option.
    TooLargeError
        For more qubits than the backend takes.
    """

    mode: ClassVar[str] = "circuit"
    depth: int = field(default=2, kw_only=True)
    entangle: bool = field(default=True, kw_only=True)
    gradient_angle: str = field(default="relative", kw_only=True)
    backend: str = field(default="statevector", kw_only=True)
    backend_options: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        check_circuit(self.opened, self.n_qubits, "n_qubits")

    def __getstate__(self) -> dict[str, Any]:
        """The settings; another process opens the backend for itself."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @cached_property
    def opened(self) -> Backend:
        """The backend."""
        return get_backend(self.backend, **self.backend_options)

    @property
    def quadrant(self) -> Quadrant:
        return self.opened.quadrant

    @cached_property
    def _circuit(self) -> Circuit:
        return perturbation_circuit(self.n_qubits, self.depth, self.entangle)

    @cached_property
    def _observables(self) -> list[PauliSum]:
        return [PauliSum.z(q, self.n_qubits) for q in range(self.n_qubits)]

    @cached_property
    def _ansatz(self) -> LayeredAnsatz | None:
        """After the H the circuit is a layered ansatz, which the exact backend runs for all blocks at once;
        None elsewhere.
        """
        if not isinstance(self.opened, StatevectorBackend) or self.n_qubits > self.opened.max_sublayer_qubits:
            return None
        return LayeredAnsatz(
            self.n_qubits, self.depth, entangler="linear" if self.entangle else "none", rz=True
        )

    def __call__(self, at: Coordinates) -> list[Tensor]:
        theta, grad = (self._blocks(tensors) for tensors in (at.theta, at.grad))
        angles = torch.cat([math.pi * theta, math.pi * self._relative(grad)], 1)
        means = torch.cat([self._means(rows).to(theta) for rows in angles.split(_ROWS)])
        q, out, start = (-means * grad).view(-1), [], 0
        for t in at.theta:
            out.append(q[start : start + t.numel()].view(t.shape).to(t))
            start += t.numel() if (self.scope == "overall") else t.numel() + -t.numel() % self.n_qubits
        return out

    def _means(self, angles: Tensor) -> Tensor:
        """⟨Z⟩ of every qubit for angles (B, 2n) of theta and gamma: (B, n)."""
        n = self.n_qubits
        if self._ansatz is None:
            return self.opened.expectation(self._circuit, self._observables, angles)
        plus = torch.full((1, 1 << n), 2 ** (-n / 2), dtype=angles.dtype, device=angles.device)
        return self.opened.read_out(
            self._ansatz, angles.view(-1, 2, n).repeat(1, self.depth, 1), plus, "z", False
        )[:, 0]

    def _blocks(self, tensors: list[Tensor]) -> Tensor:
        """(B, n): coordinates in rows of n, filled up with zeros. At least single precision."""
        real = torch.promote_types(tensors[0].dtype, torch.float32)
        flat = [t.reshape(-1).to(real) for t in tensors]
        if self.scope == "overall":
            flat = [torch.cat(flat)]
        missing = [-t.numel() % self.n_qubits for t in flat]
        return torch.cat(
            [torch.nn.functional.pad(t, (0, m)) if m else t for t, m in zip(flat, missing, strict=True)]
        ).view(-1, self.n_qubits)

    def _relative(self, grad: Tensor) -> Tensor:
        if self.gradient_angle == "none":
            return torch.zeros_like(grad)
        if self.gradient_angle == "raw":
            return grad
        return grad / grad.abs().amax(1, keepdim=True).clamp_min(torch.finfo(grad.dtype).tiny)
