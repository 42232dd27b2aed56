"""The compiled core's sweeps over wide states, on torch's tensors."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from qualms.kernels.core import CompiledCore, WideJob


def turn(
    core: CompiledCore, state: Tensor, qubits: np.ndarray, angles: Tensor, cotangent: Tensor | None = None
) -> Tensor | None:
    """RY on distinct qubits of complex states (B, 2ⁿ), in place.

    With a cotangent the turns are undone on both, in place, and the gradient to the angles comes back,
    float64.
    """
    angles = angles.detach().to(torch.float64).contiguous()
    job, gradient = _job(state, cotangent, len(qubits))
    job.n_turns, job.qubits, job.angles = len(qubits), qubits.ctypes.data, angles.data_ptr()
    core.turn(job, state.dtype.itemsize // 2)
    return gradient


def phase(
    core: CompiledCore, state: Tensor, table: Tensor, column: Tensor, cotangent: Tensor | None = None
) -> Tensor | None:
    """Multiply amplitude i of complex states (B, 2ⁿ) by table[column[i]], in place.

    With a cotangent both are multiplied by the conjugate, and Σ Im(conj(ψ) λ) comes back for every entry of
    the table, float64.
    """
    table = table.detach().to(state.dtype).contiguous()
    job, gradient = _job(state, cotangent, len(table))
    job.columns, job.column, job.table = len(table), column.data_ptr(), table.data_ptr()
    core.phase(job, state.dtype.itemsize // 2)
    return gradient


def _job(state: Tensor, cotangent: Tensor | None, size: int) -> tuple[WideJob, Tensor | None]:
    """With zeros for a gradient of that size where there is a cotangent; they must outlive the call."""
    job = WideJob()
    job.batch, job.n, job.threads = state.shape[0], state.shape[1].bit_length() - 1, torch.get_num_threads()
    job.state = state.data_ptr()
    if cotangent is None:
        return job, None
    gradient = torch.zeros(size, dtype=torch.float64)
    job.cotangent, job.grad = cotangent.data_ptr(), gradient.data_ptr()
    return job, gradient
