"""The tools about stored runs: list_records, compare, why."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from qualms.errors import ConfigError, ExecutionError
from qualms.execution import Call, Done, Failed, ProcessExecutor, Tell
from qualms.orchestrator.asking import asked
from qualms.orchestrator.questions.why import why as answer_why
from qualms.records import Record
from qualms.report.page import sections
from qualms.service.agents.access import Access, access_of, plainly
from qualms.service.agents.protocol import Context
from qualms.service.agents.results import (
    AnswerLine,
    Comparison,
    RecordLine,
    RecordList,
    TaskTable,
    WhyResult,
)
from qualms.service.index.entry import Entry, key_of
from qualms.service.index.query import Filters, Sort
from qualms.service.jobs.work import be_nice

_MOST_LISTED = 100
_MOST_RUNS = 2000  # of one task in a table
_MOST_CHOSEN = 200
_MOST_SECONDS = 45.0  # of a question, below the minute after which clients give up
_GRACE = 20.0  # seconds for a process to start and to end

Key = Annotated[str, Field(max_length=64)]


@plainly
def list_records(
    ctx: Context,
    search: Annotated[str, Field(max_length=300, description="Words that all occur in a run.")] = "",
    kind: Annotated[str, Field(description="solving, asking, learning, fine-tuning or noise.")] = "",
    method: Annotated[str, Field(max_length=300)] = "",
    task: Annotated[str, Field(max_length=64, description="Key of a task.")] = "",
    compute: Literal["", "classical", "quantum-inspired", "simulated quantum", "quantum hardware"] = "",
    twins: Annotated[
        Literal["", "twin", "quantum", "other"],
        Field(description="Twins only, quantum runs only, or neither."),
    ] = "",
    after: Annotated[str | None, Field(description="The cursor of the part before.")] = None,
    limit: Annotated[int, Field(ge=1, le=_MOST_LISTED)] = 20,
) -> RecordList:
    """Stored runs of this folder, the newest first: solved problems, fine-tuned models, learners, each with
    its main number, what it ran on and whose classical twin it is.
    """
    index = access_of(ctx).refreshed()
    filters = Filters(kind=kind, compute=compute, method=method, task=task, twins=twins, text=search)
    found = index.find(filters, Sort(), after, limit)
    return RecordList(
        records=[_line(entry) for entry in found.entries],
        total=found.total,
        after=found.after,
        broken_lines=index.broken(0)[0],
    )


@plainly
def compare(
    ctx: Context,
    task: Annotated[Key | None, Field(description="Key of a task: all its runs.")] = None,
    records: Annotated[list[Key], Field(description="Or keys of runs.", max_length=_MOST_CHOSEN)] = [],  # noqa: B006 - as in `solve`
) -> Comparison:
    """Stored runs in tables: a row a method with its interval over seeds, every quantum method with its
    classical twins, and the verdicts in sentences. Runs of different tasks are never put into one table.
    """
    index = access_of(ctx).refreshed()
    if (task is None) == (not records):
        raise ConfigError("give `task`, or keys as `records`; `list_records` tells both")
    keys = records
    if task is not None:
        keys = [entry.key for entry in index.of_task(task)[:_MOST_RUNS]]
        if not keys:
            raise ConfigError("there is no task of that key; `list_records` tells them")
    there = index.records(keys)
    known = {key_of(record.id) for record in there}
    return Comparison(tables=_tables(there), missing=[key for key in dict.fromkeys(keys) if key not in known])


@plainly
def why(
    ctx: Context,
    question: Annotated[
        str, Field(min_length=1, max_length=2000, description="In English, with the names of the problem.")
    ],
    job: Annotated[str | None, Field(max_length=64, description="A job that solved a problem.")] = None,
    record: Annotated[
        str | None, Field(max_length=64, description="Or the key of a record of kind asking.")
    ] = None,
    seconds: Annotated[float, Field(gt=0, le=_MOST_SECONDS)] = 10.0,
) -> WhyResult:
    """Ask about an answer: why there is none, how much of something, what one more would bring, what if a
    number changes or a constraint goes, why something is not in the answer. Answered by fixed rules and by
    solving again, never by guessing; what is not understood comes back as a question.
    """
    access = access_of(ctx)
    found = _asked(access, job, record)
    told = _in_process(found, question, seconds, access.settings.limits.memory)
    return WhyResult(
        record=key_of(found.id),
        kind=told["kind"],
        answered=told["answered"],
        understood=told["understood"],
        sentences=told["sentences"],
        choices=told["choices"],
        status=told["status"],
        before=told["before"],
        after=told["after"],
        difference=told["difference"],
        answer=[AnswerLine(**line) for line in told["answer"]],
        specification=told["specification"],
    )


def answered(record: Record, question: str, seconds: float, tell: Tell) -> dict[str, Any]:
    """What `why` computes, in a process of its own."""
    known = asked(record)
    found = answer_why(known.specification, known.result, question, seconds)
    return {**found.to_dict(), "sentences": found.sentences()}


def _in_process(record: Record, question: str, seconds: float, memory: int) -> dict[str, Any]:
    """Answer a question where it can be ended when it takes too long or too much."""
    call = Call("why", answered, (record, question, seconds), seconds=_GRACE + 2 * seconds, memory=memory)
    with ProcessExecutor(1, setup=be_nice) as place:
        (outcome,) = place.run([call])
    if isinstance(outcome, Done):
        found: dict[str, Any] = outcome.value
        return found
    if isinstance(outcome, Failed):
        raise outcome.error
    raise ExecutionError(
        f"the question was not answered: {outcome.reason}; ask a simpler one, or give more `seconds`"
    )


def _asked(access: Access, job: str | None, record: str | None) -> Record:
    """The record that a question is about."""
    if (job is None) == (record is None):
        raise ConfigError("give `job` or `record`, which the question is about")
    if job is not None:
        return _left_by(access, job)
    found = access.refreshed().records([str(record)])
    if not found:
        raise ConfigError("there is no record of that key; `list_records` with kind=asking tells them")
    return found[0]


def _left_by(access: Access, job: str) -> Record:
    """The record of a job, which comes into the store's file a moment after the job is done."""
    there = (access.queue.get(job).result or {}).get("record")
    if there is None:
        raise ConfigError(f"job {job} has left no answer to ask about; `status` and `result` say more")
    waiting = [Record.from_dict(json.loads(line)) for line in access.queue.records(job)]
    found = [*(r for r in waiting if r.id == there), *access.refreshed().records([key_of(there)])]
    if not found:
        raise ConfigError(f"the record of job {job} is no longer in the store")
    return found[0]


def _tables(records: Sequence[Record]) -> list[TaskTable]:
    out = []
    for part in sections(records):
        sheet = part.report.sheet(part.records)
        out.append(
            TaskTable(
                task=key_of(part.kind, part.task_id), kind=part.kind, title=part.title,
                runs=len(part.records), header=sheet.header, rows=sheet.rows,
                legend=part.report.legend(part.records), sentences=part.report.sentences(part.records),
            )
        )  # fmt: skip
    return out


def _line(entry: Entry) -> RecordLine:
    return RecordLine(
        record=entry.key, task=entry.task_key, kind=entry.kind, title=entry.title, method=entry.method,
        seed=entry.seed, twin_of=entry.twin_of, data=entry.data, compute=entry.compute, metric=entry.metric,
        value=entry.value, unit=entry.unit, better=entry.better, seconds=entry.seconds,
        dollars=entry.dollars, created=datetime.fromtimestamp(entry.created, UTC).isoformat(),
    )  # fmt: skip
