"""`qualms ask`: a problem in plain words in, a checked and explained answer out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from qualms.cli import incumbents, other_jobs, paths, show
from qualms.cli.budget import Cores, Gap, share
from qualms.data.numbers import finite
from qualms.errors import ConfigError
from qualms.language.read import read_text
from qualms.language.reading import Question, Refusal
from qualms.orchestrator.ask import Answer, answer
from qualms.orchestrator.budget import Budget
from qualms.orchestrator.intake import TextReader, Understood, intake, told
from qualms.orchestrator.other_jobs import OtherJob
from qualms.orchestrator.rows import answer_table
from qualms.records import RunStore
from qualms.records.files import check_folder, check_writable, write_whole
from qualms.records.store import RECORDS, read_records
from qualms.report import page
from qualms.report.pages import write_page
from qualms.specification.specification import to_problem

_OURS = ("specification", "file", "table", "grammar")  # readers that come with the package
_NOT_FOUND, _ASKED_BACK = 3, 4  # exit statuses: nothing feasible; a question back


def command(
    text: Annotated[
        str,
        typer.Argument(
            help="The problem in plain words; or an instance file, a specification's JSON, labs:N."
        ),
    ],
    table: Annotated[
        Path | None, paths.option("--table", help="A table that the words speak of (.csv, .tsv, .xlsx).")
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            "--endpoint", help="Let a language model read the words: URL of an OpenAI-compatible server."
        ),
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="The model's name at --endpoint.")] = None,
    key_variable: Annotated[
        str | None,
        typer.Option("--key-variable", help="Environment variable with the key for --endpoint."),
    ] = None,
    local: Annotated[
        str | None,
        typer.Option(
            "--local", help="Let a language model on this computer read the words: folder or hub id."
        ),
    ] = None,
    read_time: Annotated[
        float | None, typer.Option("--read-time", help="Seconds for a language model to read the words.")
    ] = None,
    decimal: Annotated[
        str | None, typer.Option("--decimal", help="The decimal mark of the table, . or , (see a message).")
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
        paths.option(
            "--out", help="Write the answer here as a table in text, beside the table's own columns."
        ),
    ] = None,
    report: Annotated[Path | None, paths.option("--report", help="Write a page here.")] = None,
    store: Annotated[
        Path | None, paths.option("--store", help="Add a record to this folder, for `qualms why`.")
    ] = None,
    why_quantum: Annotated[
        bool,
        typer.Option("--why-quantum", help="Say in full whether quantum was worth it: gates and quadrants."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")] = False,
) -> None:
    """Read a problem, say how it was understood, solve it, check the answer, and explain it.

    Ends with status 3 if nothing feasible was found, and with 4 if there is a question back.
    """
    reader, source = _reader(endpoint, model, key_variable, local, read_time, table)
    _check_paths(table, out, report, store, decimal)
    budget = Budget(seconds, cores, dollars, 0.0 if gap is None else share(gap, "--gap"))
    with show.warned() as warnings:
        asked = intake(text, table, reader, source, decimal)
        if not isinstance(asked, Understood):
            _ask_back(asked, as_json)
            raise typer.Exit(_ASKED_BACK)
        job = isinstance(asked.specification, OtherJob)
        if job:
            other_jobs.check_options(str(asked.specification.kind), out, solver, gap, why_quantum)
        else:
            to_problem(asked.specification)  # a contradiction is told before anybody is asked to confirm it
        if not _confirmed(asked, yes, as_json):
            _ask_back(asked, as_json)
            raise typer.Exit(_ASKED_BACK)
        if not job:
            with incumbents.heard(seconds, quiet=as_json or not yes) as listener:
                known = store if store is not None and (store / RECORDS).exists() else None
                found = answer(asked, budget, solver or None, seed, listener, known)
    if job:
        other_jobs.run(asked, budget, seed, report, store, as_json)
        return
    try:
        if as_json:
            print(json.dumps({**finite(found.to_dict()), "warnings": warnings}, allow_nan=False))
        else:
            _show(found, why_quantum)
    finally:
        _write(found, text, table, out, report, store, quiet=as_json)
    if not found.result.feasible or found.result.status == "unbounded":
        raise typer.Exit(_NOT_FOUND)


def _check_paths(
    table: Path | None, out: Path | None, report: Path | None, store: Path | None, decimal: str | None
) -> None:
    """Look at what is to be written before anything is read."""
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
    if decimal not in (None, ".", ","):
        raise ConfigError(f"--decimal {decimal!r} must be . or ,")


def _reader(
    endpoint: str | None,
    model: str | None,
    key_variable: str | None,
    local: str | None,
    seconds: float | None,
    table: Path | None,
) -> tuple[TextReader, str]:
    """Who reads the words, and what it is called. Raises ConfigError for options that do not fit together."""
    chosen = "--endpoint" if endpoint is not None else "--local"
    if endpoint is None:
        for option, given in (("--model", model), ("--key-variable", key_variable)):
            if given is not None:
                raise ConfigError(f"{option} belongs to --endpoint URL, which is not given")
    if endpoint is None and local is None:
        if seconds is not None:
            raise ConfigError("--read-time belongs to --endpoint or --local, and neither is given")
        return read_text, "grammar"
    if endpoint is not None and local is not None:
        raise ConfigError("--endpoint and --local are two readers; give one of them")
    if table is not None:
        raise ConfigError(
            f"{chosen} reads words alone, and with --table the package reads them itself; give one"
        )
    options: dict[str, Any] = {} if seconds is None else {"timeout": seconds}
    reader: Any
    if endpoint is not None:
        if model is None:
            raise ConfigError("--endpoint needs the model's name there: --model NAME")
        from qualms.language.endpoint import EndpointReader, key_from

        key = None if key_variable is None else key_from(key_variable)
        reader = EndpointReader(endpoint, model, key, **options)
    else:
        from qualms.language.local import LocalReader

        reader = LocalReader(str(local), **options)
    return reader, reader.name


def _confirmed(found: Understood, yes: bool, quiet: bool) -> bool:
    """Show what was understood, and ask for a yes where somebody is there to give it."""
    if not quiet:
        to = show.console()
        if found.source not in _OURS:
            show.say(
                to,
                f"Read by: {found.source}. A language model can misread; compare each line with your text.",
            )
        for sentence in (*found.paraphrase, *found.check_points):
            show.say(to, sentence)
    if yes:
        return True
    if quiet or not sys.stdin.isatty():
        return False
    return typer.confirm("Is this what you want to solve?")


def _ask_back(found: Question | Refusal | Understood, as_json: bool) -> None:
    """A question, a refusal, or the wish for a yes."""
    answered = told(found)
    if isinstance(found, Understood):
        answered["questions"] = [f"{answered['questions'][0]} The same command with --yes goes on."]
    if as_json:
        print(json.dumps(answered))
        return
    for sentence in answered["questions"] or [answered["reason"]]:
        print(sentence, file=sys.stderr)


def _show(found: Answer, why_quantum: bool) -> None:
    to = show.console()
    show.say(to, "")
    for sentence in found.explanation.sentences():
        show.say(to, sentence)
    show.say(to, "")
    told = found.decision.sentences() if why_quantum else _decided(found)
    for sentence in told:
        show.say(to, sentence)
    if why_quantum:
        for gate in found.decision.gates:
            show.say(to, f"gate {gate.name}: {'passed' if gate.passed else 'failed'}. {gate.sentence}")
        for use in found.decision.quadrants:
            show.say(to, f"{use.data} data, {use.compute} compute: {use.why}")
    receipt = found.explanation.receipt
    show.say(
        to, f"Receipt: problem {receipt.fingerprint}, specification {receipt.specification_sha256[:16]}."
    )


def _decided(found: Answer) -> list[str]:
    """The verdict on quantum in a sentence or two."""
    if found.decision.worth_it:
        return [f"A quantum solver was worth trying: {found.decision.reason}"]
    return [
        f"Quantum was not worth it here. {found.decision.reason}",
        "--why-quantum says more.",
    ]


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
    if store is not None and found.result.stopped:
        print("note: the run was interrupted, so no record of it is stored", file=sys.stderr)
        store = None
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
