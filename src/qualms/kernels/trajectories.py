"""Quantum trajectories: at every channel one Kraus operator happens, by chance; averages over many are the
density matrix's.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from qualms.circuits import Circuit, Operation
from qualms.kernels import memory
from qualms.kernels.program import one_angle_each, without_measurements
from qualms.kernels.statevector import inputs_of
from qualms.kernels.steps import gate_matrix, on_qubits

_CHUNK = 1 << 27  # bytes of states at a time


def unravel(
    circuit: Circuit,
    trajectories: int,
    seed: int,
    values: Tensor | None = None,
    initial: Tensor | None = None,
    dtype: torch.dtype | None = None,
) -> Iterator[Tensor]:
    """Final states of norm 1, in chunks (B, T, 2ⁿ) whose T add up to `trajectories`. No gradients.

    Parameters as in `simulate`; the same seed gives the same trajectories.

    References
    ----------
    Dalibard, Castin, Mølmer, "Wave-function approach to dissipative processes in quantum optics" (1992).
    """
    values, initial, dtype = inputs_of(circuit, values, initial, dtype)
    n = circuit.n_qubits
    batch = max(
        len(values) if values.ndim == 2 else 1,
        len(initial) if initial is not None and initial.ndim == 2 else 1,
    )
    memory.require(
        lambda size: 3 * batch * dtype.itemsize << size,
        n,
        values.device,
        f"a trajectory (batch {batch})",
        "qubits",
    )
    together = max(1, min(trajectories, _CHUNK // (batch * dtype.itemsize << n)))
    rng = np.random.default_rng(seed)
    operations = [
        single
        for whole in without_measurements(circuit)
        for single in one_angle_each(whole)
        if single.gate != "gphase"
    ]
    for start in range(0, trajectories, together):
        count = min(together, trajectories - start)
        with torch.no_grad():
            yield _one_chunk(circuit, operations, count, batch, values, initial, dtype, rng)


def _one_chunk(
    circuit: Circuit,
    operations: list[Operation],
    count: int,
    batch: int,
    values: Tensor,
    initial: Tensor | None,
    dtype: torch.dtype,
    rng: np.random.Generator,
) -> Tensor:
    n = circuit.n_qubits
    if initial is None:
        state = torch.zeros(batch * count, 1 << n, dtype=dtype, device=values.device)
        state[:, 0] = 1
    else:
        state = torch.atleast_2d(initial).expand(batch, -1).repeat_interleave(count, 0).to(dtype)
    rows = values.repeat_interleave(count, 0) if values.ndim == 2 else values
    for op in operations:
        if op.is_gate and op.free:
            state = on_qubits(gate_matrix(op, circuit.parameters, rows, dtype), state, op.qubits, n)
        elif op.is_gate:
            state = on_qubits(
                torch.as_tensor(op.matrix(), dtype=dtype, device=state.device), state, op.qubits, n
            )
        else:
            state = _jump(state, _kraus(op), op.qubits, n, rng)
    return state.unflatten(0, (batch, count))


def _kraus(op: Operation) -> tuple[np.ndarray, ...]:
    if op.gate == "reset":
        return np.array([[1, 0], [0, 0]], np.complex128), np.array([[0, 1], [0, 0]], np.complex128)
    return op.matrices


def _jump(
    state: Tensor, kraus: tuple[np.ndarray, ...], qubits: tuple[int, ...], n: int, rng: np.random.Generator
) -> Tensor:
    """One operator of the channel for each row, with the probability of what it leaves."""
    effects = np.stack([k.conj().T @ k for k in kraus])
    weights = np.einsum("jaa->j", effects).real / effects.shape[1]
    # unitaries by chance: no look at the state
    if np.abs(effects - weights[:, None, None] * np.eye(effects.shape[1])).max() < 1e-12:
        chances = torch.as_tensor(weights).expand(len(state), -1)
    else:
        chances = torch.einsum(
            "jab,rba->rj",
            torch.as_tensor(effects, device=state.device).to(state.dtype),
            _reduced(state, qubits, n),
        ).real
        chances = chances.double().clamp_min(0).cpu()
    chances = chances / chances.sum(-1, keepdim=True)
    chosen = (
        (torch.as_tensor(rng.random(len(state)))[:, None] > chances.cumsum(-1))
        .sum(-1)
        .clamp_max(len(kraus) - 1)
    )
    state = state.clone()
    for j, operator in enumerate(kraus):
        scale = operator[0, 0]
        if np.array_equal(operator, scale * np.eye(len(operator))):
            continue  # nothing but a factor happens
        rows = (chosen == j).nonzero()[:, 0].to(state.device)
        if len(rows):
            moved = on_qubits(
                torch.as_tensor(operator, dtype=state.dtype, device=state.device), state[rows], qubits, n
            )
            state[rows] = moved / torch.linalg.vector_norm(moved, dim=-1, keepdim=True)
    return state


def _reduced(state: Tensor, qubits: tuple[int, ...], n: int) -> Tensor:
    """Density matrices of some qubits, (rows, 2ᵏ, 2ᵏ)."""
    order = [*qubits, *(q for q in range(n) if q not in qubits)]
    moved = (
        state.reshape(-1, *[2] * n)
        .permute(0, *(1 + q for q in order))
        .reshape(len(state), 1 << len(qubits), -1)
    )
    return moved @ moved.mH
