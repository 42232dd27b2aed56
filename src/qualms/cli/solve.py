"""`qualms solve`: a problem file in, a checked answer out."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qualms.cli import incumbents, paths, show
from qualms.cli.budget import Cores, Gap, share
from qualms.data.numbers import finite
from qualms.errors import ConfigError
from qualms.formats import KINDS, SETTINGS
from qualms.formats.write import written
from qualms.problems.problem import Problem
from qualms.records.files import check_folder, check_writable, write_whole
from qualms.records.store import RECORDS, read_records
from qualms.report import solution
from qualms.report.sheet import Sheet
from qualms.solve import SOLVERS, Limits, Result, read_problem, solve
from qualms.solve.arms import IncumbentListener
from qualms.solve.picture import picture

if TYPE_CHECKING:
    from qualms.orchestrator.budget import Budget

_KEYS = "; ".join(
    f"{s.name} ({s.of}): {s.help}" + (f" [{s.unit}]" if s.unit else "") for s in SETTINGS.values()
)
_SHOWN = 5  # broken constraints that are printed
_NOT_FOUND = 3  # exit status of a run without a feasible answer


def command(
    file: Annotated[
        str,
        paths.name_argument(
            help="The instance, in the format of its field (see docs/solving.md); or labs:N."
        ),
    ],
    seconds: Annotated[float, typer.Option("--time", help="Seconds of wall time for everything.")] = 10.0,
    seed: Annotated[int, typer.Option("--seed")] = 0,
    solver: Annotated[
        list[str] | None,
        typer.Option(
            "--solver",
            help=f"One or more of {', '.join(SOLVERS)}, perhaps with options: qaoa:depth=5; default by kind.",
        ),
    ] = None,
    rounds: Annotated[
        int | None, typer.Option("--rounds", help="Rounds of each arm; ended by them, two runs are the same.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", help=f"What the file holds, where it does not say: {', '.join(KINDS)}."),
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help=f"KEY=VALUE of the problem or its file. {_KEYS}.")
    ] = None,
    out: Annotated[
        Path | None, paths.option("--out", help="Write the solution here, in its field's format.")
    ] = None,
    report: Annotated[Path | None, paths.option("--report", help="Write a page with pictures here.")] = None,
    store: Annotated[
        Path | None,
        paths.option(
            "--store",
            help="Add a record of every solver's run to this folder; `qualms report` shows them together.",
        ),
    ] = None,
    raced: Annotated[
        bool,
        typer.Option(
            "--race",
            help="Let the solvers race, one process each: one that crashes or hangs harms no other.",
        ),
    ] = False,
    gap: Gap = None,
    cores: Cores = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Solve it, check the answer in exact arithmetic, bound it, and show the baselines beside it.

    Ends with status 3 if nothing feasible was found.
    """
    for option, path in (("--out", out), ("--report", report)):
        if path is not None:
            check_writable(path, option, inputs=[file])
    if out is not None and report is not None and out.resolve() == report.resolve():
        raise ConfigError(f"--out and --report are the same file, {out}")
    if store is not None:
        check_folder(store, "--store")
        if (store / RECORDS).exists():
            # a file that is somebody else's, or of a newer version, is told before the work
            read_records(store)
    limits = Limits(seconds, rounds)  # looked at before a large file is read
    budget = _budget(raced, seconds, rounds, gap, cores)
    with show.warned() as warnings:
        problem = read_problem(file, kind, **settings_of(settings))
        with incumbents.heard(seconds, quiet=as_json) as listener:
            result = _solved(problem, limits, budget, solver or None, seed, listener)
    if result.best is None and result.no_answer is None:
        raise ConfigError(f"{file}: stopped before any answer was found")
    try:
        if as_json:
            print(json.dumps({**finite(result.to_dict()), "warnings": warnings}, allow_nan=False))
        else:
            _show(result, warnings)
    finally:  # also when nobody listens any more
        _write(result, out, report, _stored(store, limits, budget, result), quiet=as_json)
    if not result.feasible:
        raise typer.Exit(_NOT_FOUND)


def _budget(
    raced: bool, seconds: float, rounds: int | None, gap: str | None, cores: int | None
) -> Budget | None:
    """The budget of a race, or None where there is none. Raises ConfigError for options that do not go
    together.
    """
    if not raced:
        given = next(
            (name for name, value in (("--gap", gap), ("--cores", cores)) if value is not None), None
        )
        if given is not None:
            raise ConfigError(f"{given} is for races; add --race")
        return None
    if rounds is not None:
        raise ConfigError("--rounds cannot be combined with --race, which ends by time or by proof")
    from qualms.orchestrator.budget import Budget

    return Budget(seconds, cores, gap=0.0 if gap is None else share(gap, "--gap"))


def _solved(
    problem: Problem,
    limits: Limits,
    budget: Budget | None,
    solvers: list[str] | None,
    seed: int,
    listener: IncumbentListener | None,
) -> Result:
    if budget is None:
        return solve(problem, limits, solvers, seed, listener)
    from qualms.orchestrator.race import race

    return race(problem, budget, solvers, seed, listener)


@dataclass(frozen=True)
class _Stored:
    """Where records of a run go, and the budget that it had."""

    folder: Path
    limits: Limits
    budget: Budget | None

    def add(self, result: Result) -> Path:
        """Add what is not there yet: the same solver on the same problem with the same budget and seed is the
        same run.
        """
        from qualms.records import RunStore
        from qualms.solve.record import records

        made = records(result, self.limits, self.budget.workers if self.budget else None)
        with RunStore(self.folder, patience=30.0) as store:
            known = {record.id for record in store.records()}
            new = [record for record in made if record.id not in known]
            for record in new:
                store.add(record)
        if len(new) < len(made):
            kept = (
                f"{self.folder} has {len(made) - len(new)} of these {len(made)} runs already, with "
                "this seed and these limits"
            )
            print(f"note: {kept}; the first ones are kept. Another --seed adds others.", file=sys.stderr)
        return self.folder


def _stored(store: Path | None, limits: Limits, budget: Budget | None, result: Result) -> _Stored | None:
    """Where the records go, if they do: a run that Ctrl-C ended is not the run that its limits say."""
    if store is None:
        return None
    if result.stopped:
        print("note: the run was stopped before its end, so no record of it is stored", file=sys.stderr)
        return None
    return _Stored(store, limits, budget)


def _write(
    result: Result, out: Path | None, report: Path | None, stored: _Stored | None, quiet: bool
) -> None:
    """Write the files after the answer is printed: if one fails, the other is there all the same, and the
    command ends with the failure.
    """
    solved, unsolved = (
        show.written(lambda: _save(result, out)) if out and result.best is not None else (None, None)
    )
    page, unwritten = (
        show.written(lambda: solution.write({**result.to_dict(), "picture": picture(result)}, report))
        if report
        else (None, None)
    )
    kept, unkept = show.written(lambda: stored.add(result)) if stored else (None, None)
    if not quiet and (solved or page or kept):
        show.console().print(
            f"written: {', '.join(str(p) for p in (solved, page, kept) if p)}", soft_wrap=True
        )
    show.end(unsolved, unwritten, unkept)


def _save(result: Result, path: Path) -> Path:
    assert result.best is not None
    write_whole(path, written(result.problem, result.best.solution))
    return path


def settings_of(told: list[str] | None) -> dict[str, Any]:
    """What `--set` told, by key. Raises ConfigError for what has no form KEY=VALUE, and for a key given
    twice.
    """
    found: dict[str, str] = {}
    for text in told or []:
        key, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not key or key in ("path", "kind"):
            raise ConfigError(f"--set {text!r}: it must have the form KEY=VALUE")
        if key in found:
            raise ConfigError(f"--set {key} is given twice: {found[key]!r} and {value!r}")
        found[key] = value
    return found


def _show(result: Result, warnings: list[str]) -> None:
    plain = result.to_dict()
    spins = (
        f", {plain['encoding']['variables']:,} spins, {plain['encoding']['pairs']:,} pairs"
        if plain["encoding"]
        else ""
    )
    to = show.console()
    show.say(to, f"{result.kind} {result.problem.name}, size {result.problem.size:,}{spins}")
    to.print(
        Sheet(
            ["solver", "objective", "feasible", "seconds", "compute"],
            [_row(arm) for arm in plain["arms"]],
            text=["compute"],
        )
    )
    warned = [f"warning: {text}" for text in warnings]
    for sentence in (*solution.sentences(plain), *solution.notes(plain), *warned):
        show.say(to, sentence)
    broken = result.best.violations if result.best is not None else []
    for text in broken[:_SHOWN]:
        show.say(to, f"  {text}")
    if len(broken) > _SHOWN:
        show.say(to, f"  and {len(broken) - _SHOWN} more; --json lists all")
    to.print(f"{result.seconds:.1f} s in all")


def _row(arm: dict[str, Any]) -> list[str]:
    value = solution.without_answer(arm)
    feasible = "–"
    if arm["objective"] is not None:
        value, feasible = f"{arm['objective']:.10g}", "yes" if arm["feasible"] else "no"
    return [arm["solver"], value, feasible, f"{arm['seconds']:.2f}", arm["quadrant"]["compute"]]
