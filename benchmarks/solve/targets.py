"""The table of targets: every family on the literature's instances, five seeds, beside peers and published
values, in one run.

python benchmarks/solve/targets.py                # about forty minutes on two cores; goes on where it was cut
off python benchmarks/solve/targets.py --table        # the table alone, from results/solve_targets.jsonl
python benchmarks/solve/targets.py --only maxcut labs

Reads ../shared/data/optimization. Two-thread arms run alone; one-thread arms run two at a time. Every value
is `check`'s; a peer's answer is scored by the same code. Wall time is of `solve` whole: baselines, arm,
bound. Peers get the arm's seconds.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import os
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "2")

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from measure import RESULTS
from qualms.problems import LABS, FacilityLocation, MaxCut, Portfolio
from qualms.problems.numbers import Decimals
from qualms.records.provenance import machine, versions
from qualms.solve import Limits, read_problem, solve
from qualms.solve.check import check
from qualms.solve.encodings import ising_encoding

DATA = Path(__file__).parents[3] / "shared" / "data" / "optimization"
OUT = RESULTS / "solve_targets.jsonl"
SEEDS = range(5)


def job(
    family: str,
    instance: str,
    arm: str,
    seconds: float,
    threads: int,
    reference: float | None,
    seeds: Any = SEEDS,
    **more: Any,
) -> Iterator[dict]:
    for seed in seeds:
        yield {
            "family": family,
            "instance": instance,
            "arm": arm,
            "seed": seed,
            "budget": seconds,
            "threads": threads,
            "reference": reference,
            **more,
        }


def rows_of(folder: str) -> list[dict]:
    return list(csv.DictReader((DATA / folder / "best_known.csv").open()))


def jobs() -> Iterator[dict]:
    best = {r["instance"]: float(r["best_known_cut"]) for r in rows_of("maxcut_gset")}
    for name in ("G14", "G22", "G35", "G43", "G70"):
        path = f"maxcut_gset/{name}.txt"
        yield from job("maxcut", name, "annealing", 10.0, 2, best[name], path=path)
        yield from job("maxcut", name, "peer: dwave-samplers", 8.0, 1, best[name], path=path)
        yield from job("maxcut", name, "peer: openjij", 8.0, 1, best[name], range(2), path=path)
        yield from job("maxcut", name, "peer: simulated-bifurcation", 8.0, 2, best[name], range(2), path=path)
    for name in ("G14", "G22"):
        for arm in ("tempering", "bifurcation", "path-integral", "tabu"):
            yield from job("maxcut", name, arm, 10.0, 2, best[name], range(2), path=f"maxcut_gset/{name}.txt")
    yield from biqmac()
    for n in range(20, 41):
        yield from job("labs", f"N={n}", "memetic-labs", 60.0, 1, listed("02-labs", f"labs{n:03d}"), n=n)
    yield from routing()
    for name in ("ft10", *(f"la{k:02d}" for k in range(1, 41, 2))):
        row = next(r for r in rows_of("jobshop") if r["instance"] == name)
        yield from job(
            "jobshop",
            name,
            "cpsat",
            20.0,
            2,
            float(row["optimum"] or row["upper_bound"]),
            range(3),
            path=f"jobshop/{name}.txt",
        )
    for row in rows_of("qaplib"):
        yield from job(
            "qaplib",
            row["instance"],
            "robust-tabu",
            3.0,
            1,
            float(row["value_in_sln"]),
            range(3),
            path=f"qaplib/{row['instance']}.dat",
        )
    for row in rows_of("qkp"):
        yield from job(
            "knapsack",
            row["instance"],
            "default",
            3.0,
            2,
            float(row["best_known_profit"]),
            path=f"qkp/{row['instance']}.txt",
        )
    for count in (25, 50, 100):
        yield from job(
            "portfolio", f"5,000 assets, K={count}", "convex", 5.0, 2, None, assets=5000, most=count
        )
    for folder, risk, value in PORTFOLIOS:
        yield from job(
            "qoblib portfolio",
            f"{folder} λ={risk:g}",
            "highs",
            60.0,
            2,
            value,
            range(1),
            path=f"qoblib/06-portfolio/instances/{folder}",
            risk=risk,
        )
    for path in sorted((DATA / "qoblib" / "07-independentset" / "instances").glob("*.gph")):
        yield from job(
            "qoblib independent set",
            path.stem,
            "default",
            5.0,
            2,
            listed("07-independentset", path.stem),
            range(1),
            path=str(path.relative_to(DATA)),
        )
    yield from job("facility", "100 × 100, 10,100 rows", "highs", 20.0, 2, None, facilities=100)
    for depth in range(1, 12):
        yield from job("qaoa", f"p={depth}", "fixed angles", 0.0, 1, None, range(20), depth=depth)


PORTFOLIOS = [
    ("po_a010_t10_orig", 0.0, -110541.0),
    ("po_a010_t10_orig", 0.000001, None),
    ("po_a050_t10_orig", 0.0, None),
]


def biqmac() -> Iterator[dict]:
    for folder in ("biqmac_be", "biqmac_beasley", "biqmac_gka", "biqmac_rudy", "biqmac_ising"):
        for row in rows_of(folder):
            if int(row["n"]) <= 120:
                # bonds that fall off with distance: walls that single flips hardly move
                chain = row["file"].startswith(("ising2.5", "ising3.0"))
                yield from job(
                    "biq mac",
                    row["file"],
                    "annealing",
                    10.0 if chain else 0.4,
                    2,
                    float(row["best_known"]),
                    path=f"{folder}/{row['file']}",
                )


def routing() -> Iterator[dict]:
    best = {r["instance"]: float(r["best_known_cost"]) for r in rows_of("cvrp")}
    for seconds in (5.0, 20.0):
        yield from job(
            "x-n101",
            f"X-n101-k25, {seconds:g} s",
            "pyvrp",
            seconds,
            1,
            best["X-n101-k25"],
            path="cvrp/X-n101-k25.vrp",
        )
    yield from job(
        "x-n101",
        "X-n101-k25, 4 s",
        "peer: PyVRP alone",
        4.0,
        1,
        best["X-n101-k25"],
        path="cvrp/X-n101-k25.vrp",
    )
    for name in sorted(best):
        if name.startswith("X-n") and 101 <= int(name[3:6]) <= 200:
            yield from job("x set", name, "pyvrp", 60.0, 1, best[name], range(1), path=f"cvrp/{name}.vrp")
    for path in sorted((DATA / "qoblib" / "09-routing" / "instances").glob("*.vrp")):
        solution = next((DATA / "qoblib" / "09-routing" / "solutions").glob(f"{path.stem}.*.sol"))
        told = float(
            next(line.split()[-1] for line in solution.read_text().splitlines() if line.startswith("Cost"))
        )
        yield from job(
            "qoblib routing", path.stem, "pyvrp", 4.0, 1, told, range(3), path=str(path.relative_to(DATA))
        )
        yield from job(
            "qoblib routing",
            path.stem,
            "segment-routing",
            3.0,
            1,
            told,
            range(1),
            path=str(path.relative_to(DATA)),
        )


def listed(folder: str, name: str) -> float | None:
    """The best value of a result table of QOBLIB."""
    for line in (DATA / "qoblib" / folder / "solutions" / "README.md").read_text().splitlines():
        cells = [c.strip() for c in line.split("|")]
        if len(cells) > 3 and cells[1] == name:
            return float(cells[3].rstrip("*\\") or "nan")
    return None


def problem_of(j: dict) -> Any:
    rng = np.random.default_rng(j["seed"])
    if "n" in j:
        return LABS(j["n"])
    if "assets" in j:
        n, k = j["assets"], 30
        factors = rng.normal(size=(n, k)) * 0.04 / np.sqrt(k) * rng.uniform(0.5, 2, n)[:, None]
        specific = (rng.uniform(0.1, 0.4, n) / np.sqrt(252)) ** 2
        return Portfolio(
            rng.normal(0.0004, 0.0003, n),
            factors,
            specific,
            risk=0.8,
            most=j["most"],
            smallest=0.002,
            largest=0.1,
        )
    if "facilities" in j:
        m = j["facilities"]
        place, customer = rng.random((m, 2)), rng.random((m, 2))
        cost = np.rint(1000 * np.hypot(*(place[:, None] - customer[None]).transpose(2, 0, 1))).astype(
            np.int64
        )
        return FacilityLocation(m, m, Decimals.of(rng.integers(800, 1200, m)), Decimals.of(cost.reshape(-1)))
    if "depth" in j:
        import networkx as nx

        n = (12, 14, 16)[j["seed"] % 3] if j["depth"] < 9 else 12
        ends = np.array(sorted(nx.random_regular_graph(3, n, seed=j["seed"]).edges)).T
        return MaxCut(n, ends[0], ends[1], Decimals.of(np.ones(len(ends[0]), int)))
    settings = {"risk": j["risk"]} if "risk" in j else {}
    return read_problem(DATA / j["path"], **settings)


def run(j: dict) -> dict:
    problem = problem_of(j)
    began = time.perf_counter()
    if j["arm"].startswith("peer"):
        found = {"value": float(check(problem, peer(j, problem)).objective)}
    elif j["family"] == "qaoa":
        found = qaoa(j, problem)
    elif j["family"] == "labs":
        found = labs(j, problem)
    else:
        found = solved(j, problem)
    return {**j, **found, "wall": time.perf_counter() - began}


def solved(j: dict, problem: Any) -> dict:
    result = solve(problem, Limits(j["budget"]), None if j["arm"] == "default" else [j["arm"]], j["seed"])
    limit = result.bound
    arms = {a.solver: a for a in result.arms}
    twin = arms.get(f"{j['arm']}/placebo")
    own = arms.get(j["arm"])
    return {
        "value": float(result.objective) if result.objective is not None else None,
        "feasible": result.feasible, "status": result.status, "gap": result.gap,
        "bound": float(limit.value) if limit else None, "bound_from": limit.how if limit else None,
        "verified": limit.verified if limit else None,
        "found_at": own.incumbents[-1][0] if own and own.incumbents else None,
        "own": float(own.best.objective) if own and own.best else None,
        "own_feasible": bool(own and own.best and own.best.feasible),
        "placebo": float(twin.best.objective) if twin and twin.best else None, "winner": result.winner,
    }  # fmt: skip


def labs(j: dict, problem: LABS) -> dict:
    """Seconds until the optimum."""
    from qualms.kernels.labs import LabsSearch

    search, began = LabsSearch(problem.n, j["seed"]), time.perf_counter()
    while search.best_energy > j["reference"] and time.perf_counter() - began < j["budget"]:
        search.improve(1000, 0.05)
    return {
        "value": float(problem.objective(search.best.astype(int))),
        "seconds_to": time.perf_counter() - began,
        "offspring": search.made,
    }


def qaoa(j: dict, problem: MaxCut) -> dict:
    """Expected cut over the largest, at fixed angles."""
    from qualms.backends import get_backend
    from qualms.solve.qaoa.angles import fixed, table
    from qualms.solve.qaoa.circuit import Cost, circuit
    from qualms.solve.solvers.qaoa import _ordered

    c = ising_encoding(problem).model
    cost = Cost.of(c)
    made = circuit(cost, c.n, j["depth"], "x")
    energy = (
        float(get_backend("statevector").expectation(made, cost.pauli, _ordered(made, fixed(j["depth"], 3))))
        / cost.scale
        + c.offset
    )
    best = float(solve(problem, Limits(5), ["exact"]).objective)
    return {
        "value": -energy / best,
        "guarantee": table()[j["depth"]][2],
        "published": PUBLISHED[j["depth"] - 1],
    }


# Wurtz and Lykov 2021
PUBLISHED = [0.6924, 0.7559, 0.7924, 0.8169, 0.8364, 0.8499, 0.8598, 0.8674, 0.8735, 0.8785, 0.8828]


def peer(j: dict, problem: Any) -> np.ndarray:
    """Peers as their users call them, again and again until the seconds are over."""
    name = j["arm"].removeprefix("peer: ")
    if name == "PyVRP alone":
        return pyvrp_alone(j, problem)
    c = ising_encoding(problem).model
    end, best, answer, k = time.perf_counter() + j["budget"], np.inf, None, 0
    sweeps = 1000
    while answer is None or time.perf_counter() < end:
        before = time.perf_counter()
        spins = {"dwave-samplers": dwave, "openjij": openjij, "simulated-bifurcation": bifurcation}[name](
            c, sweeps, j["seed"] + 1000 * k, end - before
        )
        energy = float(c.energies(spins))
        if energy < best:
            best, answer = energy, spins
        took, k = time.perf_counter() - before, k + 1
        left = end - time.perf_counter()
        sweeps = max(10, min(3 * sweeps, int(0.9 * left / took * sweeps)))
    return ising_encoding(problem).decode(answer)


def dwave(c: Any, sweeps: int, seed: int, left: float) -> np.ndarray:
    from dwave.samplers import SimulatedAnnealingSampler

    from qualms.solve.dimod import to_bqm

    first = (
        SimulatedAnnealingSampler()
        .sample(to_bqm(c), num_reads=4, num_sweeps=sweeps, seed=seed % 2**31)
        .first.sample
    )
    return np.array([first[k] for k in range(c.n)])


def openjij(c: Any, sweeps: int, seed: int, left: float) -> np.ndarray:
    import openjij as oj

    i, j, values = c.pairs()
    first = (
        oj.SASampler()
        .sample_ising(
            dict(enumerate(c.fields.tolist())),
            {(int(a), int(b)): float(v) for a, b, v in zip(i, j, values, strict=True)},
            num_reads=4,
            num_sweeps=sweeps,
            seed=seed % 2**31,
        )
        .first.sample
    )
    return np.array([first[k] for k in range(c.n)])


def bifurcation(c: Any, sweeps: int, seed: int, left: float) -> np.ndarray:
    import simulated_bifurcation as sb
    import torch

    torch.manual_seed(seed)
    matrix = torch.zeros(c.n, c.n)
    i, j, values = c.pairs()
    matrix[i, j] = torch.tensor(values, dtype=torch.float32)
    found, _ = sb.minimize(
        matrix,
        torch.tensor(c.fields, dtype=torch.float32),
        domain="spin",
        agents=32,
        max_steps=sweeps,
        mode="discrete",
        best_only=True,
        verbose=False,
        timeout=max(0.1, left),
    )
    return found.numpy().astype(int)


def pyvrp_alone(j: dict, problem: Any) -> np.ndarray:
    import pyvrp
    from pyvrp.stop import MaxRuntime

    data = pyvrp.read(DATA / j["path"], round_func="round")
    best = pyvrp.solve(data, MaxRuntime(j["budget"]), seed=j["seed"], display=False, collect_stats=False).best
    return problem.joined(
        [[int(stop.idx) + 1 for stop in route if stop.is_client()] for route in best.routes()]
    )


def key(j: dict) -> tuple:
    return j["family"], j["instance"], j["arm"], j["seed"]


def worker(j: dict) -> dict:
    import torch

    torch.set_num_threads(1)
    return attempted(j)


def attempted(j: dict) -> dict:
    try:
        return run(j)
    except Exception as error:
        return {**j, "error": f"{type(error).__name__}: {error}"}


def read_rows() -> list[dict]:
    return [json.loads(line) for line in OUT.read_text().splitlines()] if OUT.exists() else []


def table(rows: list[dict]) -> str:
    groups: dict[tuple, list[dict]] = defaultdict(list)
    for r in rows:
        if "family" in r and "error" not in r:
            groups[r["family"], r["instance"], r["arm"]].append(r)
    per_family: dict[tuple, list[list[dict]]] = defaultdict(list)
    for (family, instance, arm), found in groups.items():
        single = family in ("maxcut", "x-n101", "portfolio", "facility", "qaoa", "qoblib portfolio")
        per_family[family, instance if single else "all", arm].append(found)
    lines = [
        (
            "| family | instances | arm | runs | median loss against the reference, % | worst, % | at the "
            "reference | certified gap, % (median) | seconds (median) |"
        ),
        "|---|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for (family, instance, arm), found in per_family.items():
        runs = [r for instance_runs in found for r in instance_runs]
        loss = [
            100 * abs(r["value"] - r["reference"]) / abs(r["reference"])
            for r in runs
            if r.get("reference") and r.get("value") is not None
        ]
        gaps = [100 * r["gap"] for r in runs if r.get("gap") is not None]
        seconds = [r.get("seconds_to", r["wall"]) for r in runs]
        named = instance if instance != "all" else f"{len(found)} instances"
        cell = (
            f"{np.median(loss):.3f} | {max(loss):.3f} | {sum(x < 1e-9 for x in loss)} of {len(loss)}"
            if loss
            else "– | – | –"
        )
        if family == "qaoa":
            cell = (
                f"ratio {min(r['value'] for r in runs):.4f} at least | guarantee "
                f"{runs[0]['published']:.4f} | {sum(r['value'] >= r['published'] for r in runs)} "
                f"of {len(runs)} above"
            )
        lines.append(
            f"| {family} | {named} | {arm} | {len(runs)} | {cell} | "
            f"{f'{np.median(gaps):.3g}' if gaps else '–'} | {np.median(seconds):.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--only", nargs="*", default=[])
    args = parser.parse_args()
    if args.table:
        print(table(read_rows()))
        return
    if not DATA.exists():
        print(f"{DATA} is not there: nothing to run on")
        return
    done = {key(r) for r in read_rows() if "family" in r and "error" not in r}
    wanted = [j for j in jobs() if key(j) not in done and (not args.only or j["family"] in args.only)]
    with OUT.open("a") as out:

        def keep(row: dict) -> None:
            out.write(json.dumps(row) + "\n")
            out.flush()
            print(
                row["family"],
                row["instance"],
                row["arm"],
                row["seed"],
                row.get("value"),
                row.get("reference"),
                row.get("error", ""),
                f"{row.get('wall', 0):.1f} s",
                flush=True,
            )

        out.write(
            json.dumps({"machine": machine(), "versions": versions(), "load_average": os.getloadavg()[0]})
            + "\n"
        )
        for j in (j for j in wanted if j["threads"] == 2):
            keep(attempted(j))
        with multiprocessing.get_context("spawn").Pool(2) as pool:
            for row in pool.imap_unordered(worker, [j for j in wanted if j["threads"] == 1]):
                keep(row)
    print(table(read_rows()))


if __name__ == "__main__":
    main()
