"""raw.jsonl → src/qualms/assets/routing.jsonl.gz: an instance a line, gaps in place of objectives.

A run is [solver, [[seconds, gap], …], seconds watched, no more to say, quantum, twin of]. Of a trace only the points
stay at which the gap falls below one of a few levels. The time that making the encoding takes is added to the solvers
that use it, because in a race each makes it for itself.
"""

from __future__ import annotations

import gzip
import io
import json
import sys
from pathlib import Path

from collect import _SPINS, FRESH, RAW
from instances import made

from qualms.orchestrator.decision.experience import feasible_part, relative
from qualms.orchestrator.decision.features import features
from qualms.problems.fingerprint import fingerprint
from qualms.solve.solvers import BASELINES

OUT = Path(__file__).parents[2] / "src" / "qualms" / "assets" / "routing.jsonl.gz"
LEVELS = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001, 0.0)
EXTRA = ("encoding_seconds", "treewidth", "left_out", "classes", "flips", "pairs", "choices")


def thinned(trace: list[tuple[float, float]]) -> list[list[float]]:
    """The first point, and those after which another level is met."""
    kept: list[list[float]] = []
    passed = -1
    for at, gap in trace:
        level = sum(gap <= x for x in LEVELS)
        if level > passed or not kept:
            kept.append([round(at, 3), float(f"{gap:.4g}")])
            passed = level
    if trace and kept[-1][1] > trace[-1][1]:
        kept.append([round(trace[-1][0], 3), float(f"{trace[-1][1]:.4g}")])
    return kept


def row(raw: dict) -> dict | None:
    problem = made(raw["family"], raw["size"], raw["number"])
    for r in raw["runs"]:
        r["incumbents"] = feasible_part(r["incumbents"], raw["sense"])
    values = [v for r in raw["runs"] for _, v in r["incumbents"]]
    if not values:
        return None
    best = min(values) if raw["sense"] == "min" else max(values)
    seen = features(problem)
    late = seen.encoding_seconds or 0.0
    runs = []
    for r in raw["runs"]:
        if r["solver"] in BASELINES:
            continue
        own = r["twin_of"] or r["solver"]
        wait = late if own in _SPINS or own.startswith("qaoa") else 0.0
        trace = [(t + wait, relative(v, best, raw["sense"])) for t, v in r["incumbents"]]
        runs.append(
            [
                r["solver"], thinned(trace), round(r["seconds"] + wait, 3), int(r["ended"] in ("itself", "optimum")),
                int("quantum" in r["compute"] and r["compute"] != "quantum-inspired"), r["twin_of"],
            ]
        )  # fmt: skip
    told = {k: v for k, v in seen.to_dict().items() if k not in EXTRA}
    return {
        "instance": fingerprint(problem),
        **told,
        "generator": [raw["family"], raw["size"], raw["number"]],
        "runs": runs,
    }


def main() -> None:
    raw, out = (FRESH, FRESH.with_suffix(".jsonl.gz")) if "--fresh" in sys.argv else (RAW, OUT)
    rows = [r for r in map(row, map(json.loads, raw.read_text().splitlines())) if r is not None]
    text = "".join(json.dumps(r, separators=(",", ":")) + "\n" for r in rows)
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file:
        file.write(text.encode())
    out.write_bytes(packed.getvalue())
    print(f"{len(rows)} instances, {sum(len(r['runs']) for r in rows)} runs, {out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
