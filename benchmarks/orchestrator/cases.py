"""The guide's case studies, each from a sentence and a table to a verified answer by one command.

python cases.py [--seconds 20]    # a few minutes on two cores; writes results/cases.json

Tables are generated from seeds: a fleet for 100 stops, a portfolio of 5,000 assets given by prices, a plan with more
than 10,000 constraints (100 facilities for 100 customers, whose linear form has 10,100 rows), and a schedule of ten
jobs on ten machines. What the guide claims stands beside what came out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from qualms.records.provenance import machine, versions

HERE = Path(__file__).resolve().parent
RESULT = HERE.parent / "results" / "cases.json"


def stops(folder: Path) -> tuple[str, Path]:
    rng = np.random.default_rng(7)
    places, demand = rng.integers(0, 1000, (101, 2)), rng.integers(1, 100, 101)
    rows = ["name,x,y,demand", "depot,500,500,0"]
    rows += [
        f"stop {k},{x},{y},{d}" for k, ((x, y), d) in enumerate(zip(places[1:], demand[1:], strict=True), 1)
    ]
    path = folder / "stops.csv"
    path.write_text("\n".join(rows) + "\n")
    return "Plan delivery routes for 30 trucks that carry 300 each", path


def prices(folder: Path) -> tuple[str, Path]:
    rng = np.random.default_rng(7)
    n, days, factors = 5000, 250, 20
    loading, drift = rng.normal(0, 0.01, (n, factors)) / np.sqrt(factors) * 3, rng.normal(4e-4, 2e-4, n)
    returns = drift + rng.normal(size=(days, factors)) @ loading.T + rng.normal(0, 0.008, (days, n))
    levels = 100 * np.exp(np.cumsum(returns, axis=0))
    dates = np.datetime64("2024-01-01") + np.arange(days)
    rows = ["date," + ",".join(f"A{k:04}" for k in range(n))]
    rows += [f"{d}," + ",".join(f"{p:.4f}" for p in line) for d, line in zip(dates, levels, strict=True)]
    path = folder / "prices.csv"
    path.write_text("\n".join(rows) + "\n")
    return "Choose a portfolio of at most 40 assets with a risk of 0.9", path


def sites(folder: Path) -> tuple[str, Path]:
    rng = np.random.default_rng(7)
    places, customers = rng.random((100, 2)), rng.random((100, 2))
    costs = np.rint(1000 * np.hypot(*(places[:, None] - customers[None]).transpose(2, 0, 1))).astype(int)
    opening = rng.integers(1500, 3000, 100)
    rows = ["site,opening," + ",".join(f"customer {k}" for k in range(1, 101))]
    rows += [
        f"site {k},{o}," + ",".join(map(str, c))
        for k, (o, c) in enumerate(zip(opening, costs, strict=True), 1)
    ]
    path = folder / "sites.csv"
    path.write_text("\n".join(rows) + "\n")
    return "Which facilities should we open, and who serves whom, at the lowest cost?", path


def work(folder: Path) -> tuple[str, Path]:
    rng = np.random.default_rng(7)
    rows = ["job,machine,duration"]
    for job in range(1, 11):
        rows += [f"job {job},machine {m + 1},{rng.integers(5, 100)}" for m in rng.permutation(10)]
    path = folder / "work.csv"
    path.write_text("\n".join(rows) + "\n")
    return "Schedule the jobs so that all end as early as possible", path


CASES = {
    "100-stop routing for a fleet": (stops, "classical 85–90 % of the optimum, quantum hybrid 92–95 %"),
    "portfolio of 5,000 assets": (prices, "too large for classical solvers"),
    "plan with 10,100 constraints": (sites, "10,000 constraints as a case for hybrids"),
    "schedule of 10 jobs on 10 machines": (work, "scheduling as a case for hybrids"),
}


def run(name: str, seconds: float) -> dict:
    make, claim = CASES[name]
    with tempfile.TemporaryDirectory() as folder:
        text, table = make(Path(folder))
        words = [sys.executable, "-m", "qualms.cli.main", "ask", text, "--table", str(table), "--yes", "--json",
                 "--time", f"{seconds:g}"]  # fmt: skip
        if (Path(sys.executable).parent / "qualms").exists():
            words[:3] = [str(Path(sys.executable).parent / "qualms")]
        done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 3):
        return {"case": name, "sentence": text, "status": done.returncode, "error": done.stderr[-500:]}
    told = json.loads(done.stdout)
    return {
        "case": name, "sentence": text, "claim": claim, "status": told["status"], "feasible": told["feasible"],
        "objective": told["objective"], "bound": told["bound"], "bound_from": told["bound_from"],
        "bound_verified": told["bound_verified"], "gap": told["gap"], "solver": told["solver"],
        "seconds": told["seconds"], "arms": {a["solver"]: a["objective"] for a in told["arms"]},
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20.0)
    seconds = parser.parse_args().seconds
    rows = []
    for name in CASES:
        rows.append(run(name, seconds))
        print(json.dumps(rows[-1]), flush=True)
    RESULT.write_text(
        json.dumps({"machine": machine(), "versions": versions(), "seconds": seconds, "rows": rows}, indent=1)
        + "\n"
    )


if __name__ == "__main__":
    main()
