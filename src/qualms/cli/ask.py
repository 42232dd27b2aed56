"""`qualms ask`: a problem in plain words in, a checked and explained answer out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from qualms.cli import incumbents, paths, show
from qualms.cli.budget import Cores, Gap, share
from qualms.data.numbers import finite
from qualms.errors import ConfigError
from qualms.language.reading import Question, Refusal
from qualms.orchestrator.ask import Answer, ask
from qualms.orchestrator.intake import Understood
from qualms.orchestrator.race import Budget
from qualms.orchestrator.rows import answer_table
from qualms.records import RunStore
from qualms.records.files import check_folder, check_writable, write_whole
from qualms.records.store import RECORDS, read_records
from qualms.report import page
from qualms.report.pages import write_page

_NOT_FOUND, _ASKED_BACK = 3, 4  # exit statuses: nothing feasible; a question back


def command(
    text: Annotated[
        str,
        typer.Argument(
            help="The problem in plain words; or an instance file, a specification's JSON, labs:N."
        ),
    ],
    table: Annotated[
        Path | None, paths.option("--table", help="A table that the words speak of (.csv, .tsv).")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Do not ask whether the problem was understood.")
    ] = False,
    seconds: Annotated[float, typer.Option("--time", help="Seconds of wall time for solving.")] = 10.0,
    gap: Gap = None,
    cores: Cores = None,
    dollars: Annotated[float, typer.Option("--budget", help="US dollars for devices that cost money.")] = 0.0,
    seed: Annotated[int, typer.Option("--seed")] = 0,
    solver: Annotated[
        list[str] | None, typer.Option("--solver", help="Solvers to race; default: what suits the problem.")
    ] = None,
    out: Annotated[
        Path | None,
        paths.option("--out", help="Write the answer here as CSV, beside the table's own columns."),
    ] = None,
    report: Annotated[Path | None, paths.option("--report", help="Write a page here.")] = None,
    store: Annotated[
        Path | None, paths.option("--store", help="Add a record to this folder, for `qualms why`.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Read a problem, say how it was understood, solve it, check the answer, and explain it.

    Ends with status 3 if nothing feasible was found, and with 4 if there is a question back.
    """
    inputs = [str(table)] if table is not None else []
    for option, path in (("--out", out), ("--report", report)):
        if path is not None:
            check_writable(path, option, inputs=inputs)
    if out is not None and report is not None and out.resolve() == report.resolve():
        raise ConfigError(f"--out and --report are the same file, {out}")
    if store is not None:
        check_folder(store, "--store")
        if (store / RECORDS).exists():
            read_records(store)  # a file that is somebody else's is told before the work
    budget = Budget(seconds, cores, dollars, 0.0 if gap is None else share(gap, "--gap"))
    asked: list[Understood] = []

    def confirm(found: Understood) -> bool:
        asked.append(found)
        return _confirmed(found, yes, as_json)

    with show.warned() as warnings, incumbents.heard(seconds, quiet=as_json or not yes) as listener:
        found = ask(
            text, table, budget, confirm=confirm, solvers=solver or None, seed=seed, listener=listener
        )
    if not isinstance(found, Answer):
        _ask_back(found, asked, as_json)
        raise typer.Exit(_ASKED_BACK)
    try:
        if as_json:
            print(json.dumps({**finite(found.to_dict()), "warnings": warnings}, allow_nan=False))
        else:
            _show(found)
    finally:
        _write(found, text, table, out, report, store, quiet=as_json)
    if not found.result.feasible:
        raise typer.Exit(_NOT_FOUND)


def _confirmed(found: Understood, yes: bool, quiet: bool) -> bool:
    """Show what was understood, and ask for a yes where somebody is there to give it."""
    if not quiet:
        to = show.console()
        for sentence in (*found.paraphrase, *found.check_points):
            show.say(to, sentence)
    if yes:
        return True
    if quiet or not sys.stdin.isatty():
        return False
    return typer.confirm("Is this what you want to solve?")


def _ask_back(found: Question | Refusal | None, asked: list[Understood], as_json: bool) -> None:
    """A question, a refusal, or the wish for a yes."""
    if isinstance(found, Refusal):
        told: dict[str, Any] = {"status": "refused", "reason": found.reason, "questions": []}
    elif isinstance(found, Question):
        told = {"status": "question", "questions": list(found.questions)}
    else:
        told = {
            "status": "question",
            "questions": ["Is this what you want to solve? The same command with --yes goes on."],
            "specification": json.loads(asked[-1].specification.model_dump_json()),
            "paraphrase": list(asked[-1].paraphrase),
            "check_points": list(asked[-1].check_points),
        }
    if as_json:
        print(json.dumps(told))
        return
    for sentence in told["questions"] or [told["reason"]]:
        print(sentence, file=sys.stderr)


def _show(found: Answer) -> None:
    to = show.console()
    show.say(to, "")
    for sentence in found.explanation.sentences():
        show.say(to, sentence)
    receipt = found.explanation.receipt
    show.say(
        to, f"Receipt: problem {receipt.fingerprint}, specification {receipt.specification_sha256[:16]}."
    )


def _write(
    found: Answer,
    text: str,
    table: Path | None,
    out: Path | None,
    report: Path | None,
    store: Path | None,
    quiet: bool,
) -> None:
    """Write the files after the answer is printed; if one fails, the others are there all the same."""
    best = found.result.best
    solved, unsolved = (
        show.written(lambda: _save(found, table, out))
        if out is not None and best is not None
        else (None, None)
    )
    shown, unshown = (
        show.written(lambda: write_page(page.render([found.record(text)]), report))
        if report is not None
        else (None, None)
    )
    kept, unkept = show.written(lambda: _keep(found, text, store)) if store is not None else (None, None)
    if not quiet and (solved or shown or kept):
        written = ", ".join(str(p) for p in (solved, shown, kept) if p)
        show.console().print(f"written: {written}", soft_wrap=True)
    show.end(unsolved, unshown, unkept)


def _save(found: Answer, table: Path | None, path: Path | None) -> Path:
    assert path is not None
    assert found.result.best is not None
    specification = found.understood.specification
    write_whole(
        path, answer_table(specification, found.result.best.solution, found.explanation.answer, table)
    )
    return path


def _keep(found: Answer, text: str, store: Path | None) -> Path:
    assert store is not None
    record = found.record(text)
    with RunStore(store, patience=30.0) as kept:
        if record.id not in {r.id for r in kept.records()}:
            kept.add(record)
    return store
