"""`qualms solve`: a problem file in, a checked answer out."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from qualms.errors import ConfigError
from qualms.records.store import write_whole
from qualms.solve import SOLVERS, Result, Stop, read_problem, solve
from qualms.solve.check import Checked
from qualms.solve.result import Arm


def command(
    file: Annotated[Path, typer.Argument(help="The instance: Gset or rudy graphs, Biq Mac and COO quadratic files.")],
    seconds: Annotated[float, typer.Option("--time", help="Seconds of wall time for everything.")] = 10.0,
    seed: Annotated[int, typer.Option("--seed")] = 0,
    solver: Annotated[list[str] | None, typer.Option("--solver", help=f"One or more of {', '.join(SOLVERS)}; default by size.")] = None,
    rounds: Annotated[int | None, typer.Option("--rounds", help="Rounds of each arm; ended by them, two runs are the same.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="What the file holds, where it does not say.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Write the solution here, in its field's format.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Solve it, check the answer in exact arithmetic, bound it, and show the baselines beside it."""
    problem = read_problem(file, kind)
    began = time.monotonic()

    def told(arm: Arm, found: Checked) -> None:
        if not as_json:
            print(f"{time.monotonic() - began:8.2f} s  {arm.solver:10} {float(found.objective):.10g}", file=sys.stderr, flush=True)

    result = solve(problem, Stop(seconds, rounds), solver or None, seed, told)
    if result.best is None:
        raise ConfigError(f"{file}: stopped before any answer was found")
    if out:
        write_whole(out, problem.written(result.best.assignment))
    if as_json:
        print(json.dumps(result.to_dict()))
        return
    _show(result, out)


def _show(result: Result, out: Path | None) -> None:
    assert result.best is not None
    plain = result.to_dict()
    print(f"{'problem':12} {result.kind} {result.problem}, {plain['lowering']['variables']} spins, {plain['lowering']['pairs']:,} pairs")
    for arm in plain["arms"]:
        value = arm["refused"] or (f"{arm['objective']:.10g}" if arm["objective"] is not None else "nothing found")
        print(f"{arm['solver']:12} {value}  ({arm['seconds']:.2f} s, {arm['quadrant']['compute']})")
    print(f"{'objective':12} {plain['objective']:.10g}" + ("" if result.feasible else f"  breaks {len(result.best.violations)} constraints"))
    for text in result.best.violations[:5]:
        print(f"{'':12} {text}")
    if plain["bound"] is not None:
        gap = f", gap {100 * plain['gap']:.3g} %" if plain["gap"] is not None else ""
        print(f"{'bound':12} {plain['bound']:.10g} by the {plain['bound_from']}{gap}")
    print(f"{'found by':12} {result.winner}, {result.seconds:.1f} s in all" + (f"; written to {out}" if out else ""))
