"""`qualms why`: a question about an answer that a store holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qualms.cli import options, paths, show
from qualms.errors import ConfigError, DataError

if TYPE_CHECKING:
    from qualms.records import Record

_ASKED_BACK = 4  # exit status of a question back
_SHOWN = 5  # identifiers in a message


def command(
    store: Annotated[
        Path, paths.argument("A folder of records, or a records.jsonl, with an answered question in it.")
    ],
    question: Annotated[str, typer.Argument(help="In English, with the names of the problem.")],
    record: Annotated[
        str | None, typer.Option("--id", help="Which record, by its id or the beginning of it.")
    ] = None,
    seconds: Annotated[float, typer.Option("--time", help="Seconds of wall time for everything.")] = 10.0,
    as_json: options.Json = False,
) -> None:
    """Answer a question about an answer: why, how much, what if, why not.

    Ends with status 4 where the question is answered with a question back.
    """
    options.within("--time", seconds, 0.0)
    from qualms.orchestrator.asking import asked
    from qualms.orchestrator.questions.why import why
    from qualms.records import read_records

    known = asked(_chosen(store, [r for r in read_records(store) if r.kind == "asking"], record))
    answer = why(known.specification, known.result, question, seconds)
    if as_json:
        print(show.dumped(answer.to_dict()))
    else:
        to = show.console()
        for sentence in answer.sentences():
            show.say(to, sentence)
    if not answer.answered:
        raise typer.Exit(_ASKED_BACK)


def _chosen(store: Path, records: list[Record], told: str | None) -> Record:
    """The record that is asked about; the only one where none is named."""
    if not records:
        raise DataError(f"{store}: holds no answered question (a record of kind 'asking')")
    by_id = {r.id: r for r in records if told is None or r.id.startswith(told)}
    if len(by_id) == 1:
        return next(iter(by_id.values()))
    if not by_id:
        raise ConfigError(f"--id {told}: {store} holds no answered question of that id")
    ids = list(by_id)
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    raise ConfigError(
        f"{store}: holds {len(ids)} answered questions; choose one with --id: {', '.join(ids[:_SHOWN])}{more}"
    )
