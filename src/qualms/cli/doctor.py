"""`qualms doctor`: what this installation computes with, and what is missing."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from qualms.errors import install_line
from qualms.kernels import compiled_core
from qualms.kernels.core import available_cores, shares_torch_threads
from qualms.records.installation import extras
from qualms.records.provenance import machine, versions


def command(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Print versions, cores, the compiled paths in use, and the extras that are here or missing."""
    if as_json:
        print(json.dumps(examine(), indent=1))
        return
    for name, line in _lines():
        print(f"{name:16} {line}", flush=True)


def examine() -> dict[str, Any]:
    """The same as data."""
    core = compiled_core()
    return {
        "versions": versions(),
        "machine": machine(),
        "core": core.variant if core else "torch",
        "cores_available": [*available_cores(), "torch"],
        "core_asked_for": os.environ.get("QUALMS_CORE") or None,
        "core_shares_torch_threads": shares_torch_threads() if core else None,
        "triton": importlib.util.find_spec("triton") is not None,
        "extras": extras(),
    }


def _lines() -> Iterator[tuple[str, str]]:
    """What needs no torch comes first: importing it takes more than a second."""
    yield "qualms", str(versions()["qualms"])
    yield "Python", f"{platform.python_version()}, {platform.system()} {platform.machine()}"
    found = examine()
    here = found["machine"]
    yield "torch", f"{found['versions']['torch']}, {here['accelerator']}"
    yield (
        "processor",
        f"{here['cores']} cores, torch uses {here['threads']} threads, {here['cpu_capability']}",
    )
    if found["core"] == "torch":
        why = (
            "QUALMS_CORE=torch asks for it"
            if found["core_asked_for"] == "torch"
            else "no C++ compiler was at hand when it was installed"
        )
        again = (
            ""
            if found["core_asked_for"] == "torch"
            else "; with one, in the checkout of Qualms: pip install --force-reinstall --no-deps ."
        )
        yield "sublayer core", f"plain torch, because {why}{again}"
    else:
        whose = (
            "torch's threads"
            if found["core_shares_torch_threads"]
            else "threads of its own, which is slower beside torch"
        )
        others = ", ".join(c for c in found["cores_available"] if c != found["core"])
        yield "sublayer core", f"compiled, {found['core']}, on {whose}; also here: {others}"
    for extra, packages in found["extras"].items():
        missing = [name for name, here in packages.items() if here is None]
        yield (
            f"[{extra}]",
            f"missing {', '.join(missing)}; {install_line(extra)}" if missing else "here",
        )
