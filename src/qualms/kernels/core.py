"""The compiled core: finds the library built for this processor and calls it through its C interface.

Nothing here needs torch to be imported.
"""

from __future__ import annotations

import ctypes
import os
import sys
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from qualms.errors import ConfigError

_ABI = 6
LANE_BYTES = {"avx512": 64, "avx2": 32, "baseline": 16}  # of one vector; best first
_VARIANTS = tuple(LANE_BYTES)
_RUNTIMES = ("libgomp*", "libiomp*", "libomp*")  # GNU's, Intel's and LLVM's OpenMP
READOUTS = ("z", "probs", "amplitudes")  # the order is the C interface's


class LayersJob(ctypes.Structure):
    """`Job` of native/job.hpp."""

    _fields_ = [
        *(
            (name, ctypes.c_int64)
            for name in (
                *("circuits", "batch", "n", "rows", "closing", "readout", "normalize"),
                *("shared_x", "need_x", "threads", "n_cnots", "angle_bytes"),
            )
        ),
        *((name, ctypes.c_void_p) for name in "cnots angles x out state grad grad_x grad_angles".split()),
    ]


class WideJob(ctypes.Structure):
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
        *(
            (name, ctypes.c_void_p)
            for name in "sizes limits steps params grads means squares not_finite".split()
        ),
    ]


class AnnealJob(ctypes.Structure):
    """`AnnealJob` of native/job.hpp."""

    _fields_ = [
        *((name, ctypes.c_int64) for name in "n tiles sweeps threads start per_lane beta_stride".split()),
        ("seed", ctypes.c_uint64),
        ("seconds", ctypes.c_double),
        *(
            (name, ctypes.c_void_p)
            for name in "first neighbours couplings fields betas state energies done".split()
        ),
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


_JOBS: dict[str, type[ctypes.Structure]] = {
    "job": LayersJob,
    "wide_job": WideJob,
    "adamw_job": AdamWJob,
    "anneal_job": AnnealJob,
    "labs_job": LabsJob,
}


@dataclass(frozen=True)
class CompiledCore:
    """One loaded library.

    Attributes
    ----------
    variant : str
        "avx512", "avx2" or "baseline" (SSE2 on x86-64, NEON on ARM).
    path : Path
        Its file.
    """

    variant: str
    path: Path
    library: ctypes.CDLL

    def forward(self, job: LayersJob, value_bytes: int) -> None:
        self.library.qualms_forward(ctypes.byref(job), value_bytes)

    def backward(self, job: LayersJob, value_bytes: int) -> None:
        self.library.qualms_backward(ctypes.byref(job), value_bytes)

    def turn(self, job: WideJob, value_bytes: int) -> None:
        self._wide("turn", job, value_bytes)

    def phase(self, job: WideJob, value_bytes: int) -> None:
        self._wide("phase", job, value_bytes)

    def adamw(self, job: AdamWJob, value_bytes: int) -> None:
        self.library.qualms_adamw(ctypes.byref(job), value_bytes)

    def not_finite(self, job: AdamWJob, value_bytes: int) -> None:
        self.library.qualms_not_finite(ctypes.byref(job), value_bytes)

    def anneal(self, job: AnnealJob, value_bytes: int) -> None:
        self.library.qualms_anneal(ctypes.byref(job), value_bytes)

    def labs(self, job: LabsJob) -> None:
        self.library.qualms_labs(ctypes.byref(job), 0)

    def _wide(self, what: str, job: WideJob, value_bytes: int) -> None:
        """Forwards, or backwards where the job has a cotangent."""
        back = "_back" if job.cotangent else ""
        getattr(self.library, f"qualms_{what}{back}")(ctypes.byref(job), value_bytes)


def compiled_core() -> CompiledCore | None:
    """The fastest compiled core that this processor runs, or None where none was built.

    The environment variable QUALMS_CORE chooses: "avx512", "avx2" or "baseline" ask for that one, "torch" for
    none.

    Raises
    ------
    ConfigError
        If QUALMS_CORE asks for what is not there, or the library was built for another version of this
        package.
    """
    return _compiled_core("torch" in sys.modules)


@cache
def _compiled_core(torch_is_loaded: bool) -> CompiledCore | None:
    """Opened again, with the OpenMP runtime that there is then, when torch has been loaded since."""
    wanted = os.environ.get("QUALMS_CORE", "")
    if wanted and wanted not in (*_VARIANTS, "torch"):
        raise ConfigError(
            f"QUALMS_CORE={wanted!r} is unknown; choose one of {', '.join((*_VARIANTS, 'torch'))}"
        )
    if wanted == "torch":
        return None
    here = available_cores()
    if wanted and wanted not in here:
        raise ConfigError(
            f"QUALMS_CORE={wanted} was asked for; built and running on this processor: "
            f"{', '.join(here) or 'none'}"
        )
    if not here:
        return None
    variant = wanted or next(iter(here))
    return CompiledCore(variant, here[variant], _open(here[variant]))


@cache
def available_cores() -> dict[str, Path]:
    """The libraries that were built and run on this processor, best first."""
    package = sys.modules[__package__]  # it may be spread over two folders, as editable installs do
    found = {
        v: path
        for v in _VARIANTS
        for folder in package.__path__
        if (path := Path(folder) / f"libqualms_core_{v}.so").exists()
    }
    if "baseline" not in found:
        return {}
    supports = _open(found["baseline"]).qualms_supports
    supports.restype, supports.argtypes = ctypes.c_int64, [ctypes.c_char_p]
    return {v: path for v, path in found.items() if supports(v.encode())}


def _open(path: Path) -> ctypes.CDLL:
    library = ctypes.CDLL(str(path))
    library.qualms_abi.restype = ctypes.c_int64
    if library.qualms_abi() != _ABI or any(
        _bytes_of(library, name) != ctypes.sizeof(job) for name, job in _JOBS.items()
    ):
        raise ConfigError(f"{path} was built for another version of Qualms; install again")
    for name in (
        "forward",
        "backward",
        "turn",
        "turn_back",
        "phase",
        "phase_back",
        "adamw",
        "not_finite",
        "anneal",
        "labs",
    ):
        getattr(library, f"qualms_{name}").argtypes = [ctypes.c_void_p, ctypes.c_int64]
    library.qualms_set_fork.argtypes = [ctypes.c_void_p]
    library.qualms_set_fork(_fork_of_torch("torch" in sys.modules))
    return library


def _bytes_of(library: ctypes.CDLL, name: str) -> int:
    function = getattr(library, f"qualms_{name}_bytes")
    function.restype = ctypes.c_int64
    return function()


def shares_torch_threads() -> bool:
    """Whether the core found torch's OpenMP runtime and runs on its threads."""
    return _fork_of_torch("torch" in sys.modules) is not None


@cache
def _fork_of_torch(torch_is_loaded: bool) -> int | None:
    """The address of GOMP_parallel in torch's OpenMP runtime, so that the core shares torch's threads.

    It is in this process already, or a file beside torch's libraries: opened here, that one is the runtime
    that torch will find when it is loaded. Where torch brings no file of its own (builds against a system's
    runtime), it is found once torch is loaded; before, threads are the core's own.
    """
    torch = find_spec("torch")
    folders = [Path(folder) / "lib" for folder in (torch and torch.submodule_search_locations) or []]
    files = (path for folder in folders for pattern in _RUNTIMES for path in sorted(folder.glob(pattern)))
    names: list[str | None] = [None, *map(str, files)]
    for name in names if sys.platform != "win32" else []:
        try:
            return ctypes.cast(ctypes.CDLL(name).GOMP_parallel, ctypes.c_void_p).value
        except (OSError, AttributeError):
            continue
    return None
