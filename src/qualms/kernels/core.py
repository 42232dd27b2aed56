"""The compiled core: finds the library built for this processor and calls it through its C interface."""

from __future__ import annotations

import ctypes
import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from qualms.errors import ConfigError

_ABI = 5
LANE_BYTES = {"avx512": 64, "avx2": 32, "baseline": 16}  # of one vector; best first
_VARIANTS = tuple(LANE_BYTES)
READOUTS = ("z", "probs", "amplitudes")  # the order is the C interface's


class _Job(ctypes.Structure):
    """`Job` of native/job.hpp."""

    _fields_ = [
        *((name, ctypes.c_int64) for name in "circuits batch n rows closing readout normalize shared_x need_x threads n_cnots".split()),
        *((name, ctypes.c_void_p) for name in "cnots angles x out state grad grad_x grad_angles".split()),
    ]


class _WideJob(ctypes.Structure):
    """`WideJob` of native/job.hpp."""

    _fields_ = [
        *((name, ctypes.c_int64) for name in "n batch threads n_turns columns".split()),
        *((name, ctypes.c_void_p) for name in "qubits angles column table state cotangent grad".split()),
    ]


class AdamWJob(ctypes.Structure):
    """`AdamWJob` of native/job.hpp."""

    _fields_ = [
        *((name, ctypes.c_int64) for name in "tensors threads maximize correct_bias eps_inside_root".split()),
        *((name, ctypes.c_double) for name in "lr beta1 beta2 eps decay lam".split()),
        *((name, ctypes.c_void_p) for name in "sizes limits steps params grads means squares not_finite".split()),
    ]


class AnnealJob(ctypes.Structure):
    """`AnnealJob` of native/job.hpp."""

    _fields_ = [
        *((name, ctypes.c_int64) for name in "n tiles sweeps threads start per_lane beta_stride".split()),
        ("seed", ctypes.c_uint64),
        ("seconds", ctypes.c_double),
        *((name, ctypes.c_void_p) for name in "first neighbours couplings fields betas state energies done".split()),
    ]


class LabsJob(ctypes.Structure):
    """`LabsJob` of native/job.hpp."""

    _fields_ = [
        *((name, ctypes.c_int64) for name in "n population offspring".split()),
        ("seed", ctypes.c_uint64),
        ("seconds", ctypes.c_double),
        *((name, ctypes.c_int64) for name in "best_energy done".split()),
        *((name, ctypes.c_void_p) for name in "members energies best".split()),
    ]


_JOBS: dict[str, type[ctypes.Structure]] = {"job": _Job, "wide_job": _WideJob, "adamw_job": AdamWJob, "anneal_job": AnnealJob, "labs_job": LabsJob}


@dataclass(frozen=True)
class CompiledCore:
    """One loaded library.

    Attributes
    ----------
    variant : "avx512", "avx2" or "baseline" (SSE2 on x86-64, NEON on ARM).
    path : its file.
    """

    variant: str
    path: Path
    library: ctypes.CDLL

    def forward(self, job: _Job, dtype: torch.dtype) -> None:
        self.library.qualms_forward(ctypes.byref(job), dtype.itemsize)

    def backward(self, job: _Job, dtype: torch.dtype) -> None:
        self.library.qualms_backward(ctypes.byref(job), dtype.itemsize)

    def turn(self, state: Tensor, qubits: np.ndarray, angles: Tensor, cotangent: Tensor | None = None) -> Tensor | None:
        """RY on distinct qubits of complex states (B, 2ⁿ), in place.

        With a cotangent the turns are undone on both, in place, and the gradient to the angles comes back, float64.
        """
        angles = angles.detach().to(torch.float64).contiguous()
        job = _wide_job(state, cotangent)
        job.n_turns, job.qubits, job.angles = len(qubits), qubits.ctypes.data, angles.data_ptr()
        return self._run("turn", job, state, cotangent, len(qubits))

    def phase(self, state: Tensor, table: Tensor, column: Tensor, cotangent: Tensor | None = None) -> Tensor | None:
        """Multiply amplitude i of complex states (B, 2ⁿ) by table[column[i]], in place.

        With a cotangent both are multiplied by the conjugate, and Σ Im(conj(ψ) λ) comes back for every entry of the table, float64.
        """
        table = table.detach().to(state.dtype).contiguous()
        job = _wide_job(state, cotangent)
        job.columns, job.column, job.table = len(table), column.data_ptr(), table.data_ptr()
        return self._run("phase", job, state, cotangent, len(table))

    def adamw(self, job: AdamWJob, dtype: torch.dtype) -> None:
        self.library.qualms_adamw(ctypes.byref(job), dtype.itemsize)

    def not_finite(self, job: AdamWJob, dtype: torch.dtype) -> None:
        self.library.qualms_not_finite(ctypes.byref(job), dtype.itemsize)

    def anneal(self, job: AnnealJob, value_bytes: int) -> None:
        self.library.qualms_anneal(ctypes.byref(job), value_bytes)

    def labs(self, job: LabsJob) -> None:
        self.library.qualms_labs(ctypes.byref(job), 0)

    def _run(self, what: str, job: _WideJob, state: Tensor, cotangent: Tensor | None, size: int) -> Tensor | None:
        number = state.dtype.itemsize // 2
        if cotangent is None:
            getattr(self.library, f"qualms_{what}")(ctypes.byref(job), number)
            return None
        gradient = torch.zeros(size, dtype=torch.float64)
        job.grad = gradient.data_ptr()
        getattr(self.library, f"qualms_{what}_back")(ctypes.byref(job), number)
        return gradient


@cache
def compiled_core() -> CompiledCore | None:
    """The fastest compiled core that this processor runs, or None where none was built.

    The environment variable QUALMS_CORE chooses: "avx512", "avx2" or "baseline" ask for that one, "torch" for none.

    Raises
    ------
    ConfigError : if QUALMS_CORE asks for what is not there, or the library was built for another version of this package.
    """
    wanted = os.environ.get("QUALMS_CORE", "")
    if wanted and wanted not in (*_VARIANTS, "torch"):
        raise ConfigError(f"QUALMS_CORE={wanted!r} is unknown; choose one of {', '.join((*_VARIANTS, 'torch'))}")
    if wanted == "torch":
        return None
    here = available_cores()
    if wanted and wanted not in here:
        raise ConfigError(f"QUALMS_CORE={wanted} was asked for; built and running on this processor: {', '.join(here) or 'none'}")
    if not here:
        return None
    variant = wanted or next(iter(here))
    return CompiledCore(variant, here[variant], _open(here[variant]))


@cache
def available_cores() -> dict[str, Path]:
    """The libraries that were built and run on this processor, best first."""
    import qualms.kernels  # a package may be spread over two folders, as editable installs do

    found = {v: path for v in _VARIANTS for folder in qualms.kernels.__path__ if (path := Path(folder) / f"libqualms_core_{v}.so").exists()}
    if "baseline" not in found:
        return {}
    supports = _open(found["baseline"]).qualms_supports
    supports.restype, supports.argtypes = ctypes.c_int64, [ctypes.c_char_p]
    return {v: path for v, path in found.items() if supports(v.encode())}


def _open(path: Path) -> ctypes.CDLL:
    library = ctypes.CDLL(str(path))
    library.qualms_abi.restype = ctypes.c_int64
    if library.qualms_abi() != _ABI or any(_bytes_of(library, name) != ctypes.sizeof(job) for name, job in _JOBS.items()):
        raise ConfigError(f"{path} was built for another version of Qualms; install again")
    for name in ("forward", "backward", "turn", "turn_back", "phase", "phase_back", "adamw", "not_finite", "anneal", "labs"):
        getattr(library, f"qualms_{name}").argtypes = [ctypes.c_void_p, ctypes.c_int64]
    library.qualms_set_fork.argtypes = [ctypes.c_void_p]
    library.qualms_set_fork(_fork_of_torch())
    return library


def _bytes_of(library: ctypes.CDLL, name: str) -> int:
    function = getattr(library, f"qualms_{name}_bytes")
    function.restype = ctypes.c_int64
    return function()


def shares_torch_threads() -> bool:
    """Whether the core found torch's OpenMP runtime and runs on its threads."""
    return _fork_of_torch() is not None


@cache
def _fork_of_torch() -> int | None:
    """The address of GOMP_parallel in the OpenMP runtime that torch has loaded; the core then shares torch's threads."""
    names: list[str | None] = [None, *map(str, sorted((Path(torch.__file__).parent / "lib").glob("lib*omp*")))]
    for name in names if sys.platform != "win32" else []:
        try:
            return ctypes.cast(ctypes.CDLL(name).GOMP_parallel, ctypes.c_void_p).value
        except (OSError, AttributeError):
            continue
    return None


def _wide_job(state: Tensor, cotangent: Tensor | None) -> _WideJob:
    job = _WideJob()
    job.batch, job.n, job.threads = state.shape[0], state.shape[1].bit_length() - 1, torch.get_num_threads()
    job.state, job.cotangent = state.data_ptr(), None if cotangent is None else cotangent.data_ptr()
    return job


def make_job(batch: int, shared_x: bool, angles: Tensor, cnots: np.ndarray, closing: bool, readout: int, normalize: bool) -> _Job:
    """A call's numbers: `angles` (C, rows, n) contiguous float64, `cnots` int32 of control, target, control, …; both must outlive the call."""
    job = _Job()
    job.circuits, job.rows, job.n = angles.shape
    job.batch, job.shared_x = batch, shared_x
    job.closing, job.readout, job.normalize = closing, readout, normalize
    job.threads, job.n_cnots = torch.get_num_threads(), len(cnots) // 2
    job.cnots, job.angles = cnots.ctypes.data, angles.data_ptr()
    return job
