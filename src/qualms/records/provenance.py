"""Versions, machine and time, for the record."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

LEARNING = (
    "torch",
    "transformers",
    "peft",
    "accelerate",
    "tokenizers",
    "numpy",
    "rouge-score",
    "sacrebleu",
    "bert-score",
)
LEARNERS = ("torch", "numpy", "scipy", "scikit-learn")
SOLVING = ("numpy", "scipy", "highspy", "ortools", "pyvrp", "clarabel")


@dataclass(frozen=True)
class Provenance:
    """Where and when a run was made.

    Attributes
    ----------
    created_at : str
        Time in ISO 8601 with its zone.
    versions : Mapping[str, str or None]
        Installed packages by name; None for one that is missing.
    machine : Mapping[str, Any]
        The kind of machine, and not whose it is.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    created_at: str
    versions: Mapping[str, str | None]
    machine: Mapping[str, Any]


def provenance(packages: Sequence[str] = LEARNING, with_torch: bool = True) -> Provenance:
    """Of this moment, process and machine.

    Parameters
    ----------
    packages : Sequence[str]
        Whose versions matter, beside Qualms's own.
    with_torch : bool, default True
        Say what torch sees of the machine, too; torch is imported for that.

    Returns
    -------
    Provenance
        Of now.
    """
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    return Provenance(now, versions(packages), machine(with_torch))


def versions(packages: Sequence[str] = LEARNING) -> dict[str, str | None]:
    """Installed versions of Qualms and these packages, None for what is missing."""
    return {name: _version(name) for name in ("qualms", *packages)}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def machine(with_torch: bool = True) -> dict[str, Any]:
    """The machine in words that identify its kind and not its owner."""
    found: dict[str, Any] = {
        "system": platform.system(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
    }
    if with_torch:
        import torch  # takes seconds, and who solves has no need of it

        found["threads"] = torch.get_num_threads()
        found["cpu_capability"] = torch.backends.cpu.get_cpu_capability()
        found["accelerator"] = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "CPU"
    return found
