"""A layered ansatz in plain torch: real where the circuit is real, CNOTs as an index map, rotations as
Kronecker blocks.
"""

from __future__ import annotations

import torch
from torch import Tensor

from qualms.circuits import LayeredAnsatz
from qualms.circuits.reference import z_signs

# qubits whose rotations are multiplied out into one matrix: 64 × 64 is still far below a GEMM's break-even
_BLOCK = 6


def evolve(ansatz: LayeredAnsatz, angles: Tensor, states: Tensor) -> Tensor:
    """Apply U(θ) to every state. Differentiable to both arguments.

    Parameters
    ----------
    ansatz : LayeredAnsatz
        The circuit.
    angles : Tensor
        (*circuits, rows, n) real.
    states : Tensor
        (*circuits, B, 2ⁿ); need not be normalised. Real, or complex for a circuit with RZ.

    Returns
    -------
    Tensor
        (*circuits, B, 2ⁿ): real if the ansatz and the states are real, complex otherwise.
    """
    if states.shape[-2] > ansatz.dimension:  # cheaper to build U once and multiply
        matrix = unitary(ansatz, angles)
        return (
            states.to(matrix.dtype) @ matrix.mT
            if not states.is_complex()
            else states @ matrix.to(states.dtype).mT
        )
    return _layers(ansatz, angles, states)


def read_out(ansatz: LayeredAnsatz, angles: Tensor, x: Tensor, readout: str, normalize: bool) -> Tensor:
    """`ry_ring` in plain torch, RZ included: `angles` (*circuits, rows, n), `x` ([*circuits,] B, 2ⁿ) →
    (*circuits, B, n | 2ⁿ).
    """
    rows = normalized(x) if normalize else x
    return measure(evolve(ansatz, angles, rows.expand(*angles.shape[:-2], *x.shape[-2:])), readout)


def normalized(x: Tensor) -> Tensor:
    """Rows divided by their norms, without over- or underflow on the way; a zero row stays zero, a row with
    NaN or infinity becomes NaN.
    """
    largest = x.detach().abs().amax(-1, keepdim=True)
    nothing = largest == 0
    scaled = x / largest.masked_fill(nothing, 1)
    norm = torch.linalg.vector_norm(scaled, dim=-1, keepdim=True)
    return (scaled / norm.masked_fill(nothing, 1)).masked_fill(nothing, 0)


def measure(states: Tensor, readout: str) -> Tensor:
    """⟨Z⟩ of every qubit ("z"), probabilities ("probs") or the states themselves ("amplitudes")."""
    if readout == "amplitudes":
        return states
    probabilities = states.real**2 + states.imag**2 if states.is_complex() else states * states
    if readout == "probs":
        return probabilities
    n = states.shape[-1].bit_length() - 1
    return probabilities @ torch.from_numpy(z_signs(n)).to(probabilities)


def unitary(ansatz: LayeredAnsatz, angles: Tensor) -> Tensor:
    """U(θ) as (*circuits, 2ⁿ, 2ⁿ), for `angles` (*circuits, rows, n)."""
    identity = torch.eye(ansatz.dimension, dtype=angles.dtype, device=angles.device)
    return _layers(ansatz, angles, identity.expand(*angles.shape[:-2], -1, -1)).mT


def _layers(ansatz: LayeredAnsatz, angles: Tensor, states: Tensor) -> Tensor:
    if not ansatz.is_real and not states.is_complex():
        states = states.to(torch.promote_types(states.dtype, torch.complex64))
    source = torch.tensor(ansatz.permutation(), device=states.device) if ansatz.cnots() else None
    per_layer = 2 if ansatz.rz else 1
    for layer in range(ansatz.n_layers):
        row = layer * per_layer
        gates = _ry(angles[..., row, :])
        if ansatz.rz:
            gates = _rz_after(gates, angles[..., row + 1, :])
        states = _rotate(gates, states)
        if source is not None:
            states = states.index_select(-1, source)
    if ansatz.closing_ry:
        states = _rotate(_ry(angles[..., -1, :]), states)
    return states


def _ry(theta: Tensor) -> Tensor:
    """(..., n) → (..., n, 2, 2)."""
    cos, sin = torch.cos(theta / 2), torch.sin(theta / 2)
    return torch.stack([cos, -sin, sin, cos], -1).unflatten(-1, (2, 2))


def _rz_after(gates: Tensor, theta: Tensor) -> Tensor:
    """RZ(θ) times `gates`, (..., n, 2, 2)."""
    half = torch.stack([-theta, theta], -1) / 2
    return torch.polar(torch.ones_like(half), half)[..., None] * gates


def _rotate(gates: Tensor, states: Tensor) -> Tensor:
    """One single-qubit gate per qubit: `gates` (*c, n, 2, 2) on `states` (*c, B, 2ⁿ)."""
    n, done = gates.shape[-3], 0
    gates = gates.to(states.dtype)
    while done < n:
        take = min(_BLOCK, n - done)
        block = _kronecker(gates[..., done : done + take, :, :])
        if take == n:
            return states @ block.mT
        left, size, right = 1 << done, 1 << take, 1 << (n - done - take)
        shaped = states.unflatten(-1, (left, size, right))  # (*c, B, left, size, right)
        states = torch.matmul(block[..., None, None, :, :], shaped).flatten(-3)
        done += take
    return states


def _kronecker(gates: Tensor) -> Tensor:
    """(..., k, 2, 2) → (..., 2ᵏ, 2ᵏ); the first gate acts on the most significant bit."""
    product = gates[..., 0, :, :]
    for k in range(1, gates.shape[-3]):
        product = (
            torch.einsum("...ab,...cd->...acbd", product, gates[..., k, :, :]).flatten(-4, -3).flatten(-2)
        )
    return product
