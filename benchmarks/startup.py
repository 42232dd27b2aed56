"""What a start costs: seconds of wall and of processor time from nothing to the end, of imports and of
commands, and what else they import.

python benchmarks/startup.py [--starts 7]
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from measure import save

HEAVY = ("torch", "transformers", "peft", "scipy", "numpy")
SECONDS = 0.2  # asked of `qualms solve`; a target is beside it
MODULES = """
import json, sys
try:
    {code}
except SystemExit:
    pass
print("\\n" + json.dumps([m for m in {heavy!r} if m in sys.modules]))
"""


def maxcut(path: Path, nodes: int = 20) -> Path:
    rng = np.random.default_rng(0)
    i, j = np.triu_indices(nodes, 1)
    kept = rng.random(len(i)) < 0.3
    lines = [f"{a + 1} {b + 1} 1" for a, b in zip(i[kept], j[kept], strict=True)]
    path.write_text(f"{nodes} {len(lines)}\n" + "\n".join(lines) + "\n")
    return path


def cases(problem: Path) -> dict[str, tuple[list[str], str, float | None]]:
    """Name → the command's words, the same as code for a look at its modules, and the target in seconds."""

    def command(*words: str) -> tuple[list[str], str]:
        return [
            sys.executable,
            "-m",
            "qualms.cli.main",
            *words,
        ], f"sys.argv = ['qualms', *{list(words)!r}]; from qualms.cli.main import run; run()"

    def code(text: str) -> tuple[list[str], str]:
        return [sys.executable, "-c", text], text

    return {
        "python, nothing": (*code("pass"), None),
        "import numpy": (*code("import numpy"), None),
        "import torch": (*code("import torch"), None),
        "import peft": (*code("import peft"), None),
        "import qualms": (*code("import qualms"), 0.15),
        "import qualms.solve": (*code("import qualms.solve"), None),
        "from qualms import QSLConfig": (*code("from qualms import QSLConfig"), None),
        "qualms --help": (*command("--help"), 0.5),
        "qualms solve --help": (*command("solve", "--help"), None),
        "qualms solve, 20 nodes": (
            *command("solve", str(problem), "--time", str(SECONDS), "--json"),
            1.0 + SECONDS,
        ),
        "qualms doctor": (*command("doctor"), None),
    }


def once(words: list[str]) -> tuple[float, float]:
    """Wall and processor seconds of one process and its children."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def heavy(code: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", MODULES.format(code=code, heavy=HEAVY)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--starts", type=int, default=7)
    args = parser.parse_args()
    os.environ["HF_HUB_OFFLINE"] = "1"
    with tempfile.TemporaryDirectory() as folder:
        named = cases(maxcut(Path(folder) / "g20.mc"))
        for words, _, _ in named.values():
            once(words)  # files into memory, bytecode written
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in named}
        for _ in range(args.starts):  # in turn, so that a busy minute is everyone's
            for name, (words, _, _) in named.items():
                taken[name].append(once(words))
        rows = []
        for name, (_, code, target) in named.items():
            wall, processor = zip(*taken[name], strict=True)
            rows.append(
                {
                    "case": name,
                    "min_s": min(wall),
                    "median_s": statistics.median(wall),
                    "processor_min_s": min(processor),
                    "starts": args.starts,
                    "target_s": target,
                    "imports": heavy(code),
                }
            )
            print(
                f"{name:30} {min(wall):6.3f} s, median {statistics.median(wall):6.3f}, processor "
                f"{min(processor):6.3f}"
            )
    save("startup", rows)


if __name__ == "__main__":
    main()
