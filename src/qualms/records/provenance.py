"""Versions and machine, for the record."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from typing import Any

_PACKAGES = ("qualms", "torch", "transformers", "peft", "accelerate", "tokenizers", "numpy", "rouge-score", "sacrebleu", "bert-score")


def package_versions() -> dict[str, str | None]:
    """Installed versions, None for what is missing; names as in PEFT's results, "torch-version" and so on."""
    found: dict[str, str | None] = {}
    for name in _PACKAGES:
        try:
            found[f"{name}-version"] = version(name)
        except PackageNotFoundError:
            found[f"{name}-version"] = None
    return found


def system() -> dict[str, Any]:
    """The machine in words that identify its kind and not its owner."""
    import torch  # what is said of a machine is what torch sees of it; versions alone need no torch

    accelerator = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "CPU"
    return {
        "system": platform.system(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "accelerator": accelerator,
    }
