"""What the tools return. From these classes the tools' output schemas are made."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field


class Progress(BaseModel):
    """How far a job is."""

    seconds: float | None = Field(description="Since it began.")
    eta: float | None = Field(description="Seconds that are left, as far as anybody knows.")
    note: str = Field(description="What it is at.")
    best: float | None = Field(description="Objective of the best feasible answer so far.")
    best_from: str | None = Field(description="The solver that found it.")


class JobStatus(BaseModel):
    """Where a job stands."""

    job: str = Field(description="Its handle, for `status`, `result`, `cancel` and `why`.")
    kind: str
    title: str
    state: Literal["waiting", "running", "done", "failed", "cancelled"]
    ahead: int = Field(description="Jobs that will be begun before it.")
    progress: Progress | None
    error: str | None = Field(description="Why it failed.")
    next: str = Field(description="What to do now.")


class AnswerLine(BaseModel):
    """A line of an answer, in the names and units of the problem."""

    what: str
    value: Any
    unit: str = ""


class Compute(BaseModel):
    """What a run really was. A simulator is never called hardware."""

    data: Literal["classical", "quantum"]
    compute: Literal["classical", "quantum-inspired", "simulated quantum", "quantum hardware"]


class TwinDifference(BaseModel):
    """A quantum solver beside one of its classical twins (placebos), which did the same work on the same
    budget without the circuit.
    """

    solver: str
    twin: str
    difference: float | None = Field(
        description="Objective of the quantum solver less that of the twin; None if one of them has none."
    )
    better: bool | None = Field(description="Whether the difference is to the good; one run is no proof.")
    sentence: str


class ArmLine(BaseModel):
    """One solver of the race."""

    solver: str
    compute: str
    twin_of: str | None
    objective: float | None
    feasible: bool
    seconds: float
    dollars: float
    problem: str | None = Field(description="Why it did not run to its end.")


class Receipt(BaseModel):
    """By which somebody else can find the same again."""

    fingerprint: str = Field(description="Hash of the problem's data.")
    specification_sha256: str
    seeds: list[int]
    versions: dict[str, str | None]
    machine: dict[str, Any]
    created_at: str
    quadrant: str = Field(description="Of all arms that ran, the one furthest from classical.")
    winner_quadrant: str | None
    seconds: float


class JobResult(BaseModel):
    """What came of a job. Fields are empty where a job of its kind has no such thing."""

    job: str
    kind: str
    state: Literal["done"]
    status: str = Field(
        description="optimal, feasible, infeasible, unbounded, unknown, done; or question, refused: then "
        "nothing was solved, and `questions` or `sentences` say why."
    )
    questions: list[str] = Field(description="What the text leaves open; ask the user, then solve again.")
    paraphrase: list[str] = Field(
        description="The problem as it was understood, made from the typed specification alone: show it to "
        "the user, who may have meant something else."
    )
    read_by: str
    answer: list[AnswerLine]
    objective: float | None
    sense: str | None
    feasible: bool | None = Field(description="Checked in exact arithmetic, whatever a solver claims.")
    violations: list[str]
    bound: float | None = Field(description="No answer can be better than this.")
    bound_from: str | None
    bound_verified: bool | None = Field(
        description="Whether arithmetic of Qualms proves the bound, or a solver is taken at its word."
    )
    gap: float | None = Field(description="Distance of objective and bound, relative to the objective.")
    solver: str | None = Field(description="Whose answer it is.")
    quadrant: Compute | None = Field(description="What that solver computed on.")
    twins: list[TwinDifference]
    arms: list[ArmLine]
    dollars: float = Field(description="Spent on devices.")
    decided: list[str] = Field(description="Whether quantum was worth it, and why these solvers raced.")
    sentences: list[str] = Field(description="The result for people, most important first.")
    notes: list[str] = Field(description="What was assumed.")
    warnings: list[str]
    receipt: Receipt | None
    record: str | None = Field(description="Key of the stored record, for `why` and `compare`.")
    specification: dict[str, Any] | None = Field(description="The typed problem, to go on with.")
    other: dict[str, Any] | None = Field(description="The answer of a job that is no optimization.")


class WhyResult(BaseModel):
    """An answer to a question about an answer, or a question back."""

    record: str
    kind: str = Field(description="infeasible, retrieve, sensitivity, what if, why not; or question back.")
    answered: bool
    understood: str = Field(description="What was taken to be asked.")
    sentences: list[str]
    choices: list[str] = Field(description="What a question back lets choose from.")
    status: str | None
    before: float | None = Field(description="The objective as it was.")
    after: float | None = Field(description="The objective after the change.")
    difference: float | None
    answer: list[AnswerLine]
    specification: dict[str, Any] | None = Field(description="The changed problem, to solve on with.")


class DevicePrice(BaseModel):
    """What a published price comes to."""

    price: str
    devices: list[str]
    per_job: float
    per_shot: float
    per_second: float
    dollars: float | None = Field(description="None where it depends on a time that nobody tells.")
    source: str
    dated: str
    stale: bool = Field(description="Older than 90 days: check it before spending.")


class QuoteLine(BaseModel):
    """A price that this server promises to stay below, for one run."""

    quote: str
    device: str
    circuits: int
    shots: int
    dollars: float = Field(description="That the run costs at most.")
    source: str
    dated: str
    expires: str
    next: str = Field(description="How it is used, and who has to consent.")


class CostEstimate(BaseModel):
    """What circuits cost on devices, and a quote if one was asked for."""

    circuits: int
    shots: int
    prices: list[DevicePrice]
    quote: QuoteLine | None
    allowed: list[str] = Field(description="Devices that this server may use.")
    note: str


class RecordLine(BaseModel):
    """One run of the store."""

    record: str = Field(description="Its key, for `compare` and `why`.")
    task: str = Field(description="Key of its task: only runs of one task may be compared.")
    kind: str
    title: str
    method: str
    seed: int
    twin_of: str | None
    data: str
    compute: str
    metric: str
    value: float | None
    unit: str
    better: str
    seconds: float | None
    dollars: float | None
    created: str


class RecordList(BaseModel):
    """A part of a list of runs."""

    records: list[RecordLine]
    total: int
    after: str | None = Field(description="Cursor with which the list goes on; None at its end.")
    broken_lines: int = Field(description="Lines of the record files that are no records.")


class TaskTable(BaseModel):
    """The runs of one task: a row a method, twins below the quantum methods, intervals over seeds."""

    task: str
    kind: str
    title: str
    runs: int
    header: list[str]
    rows: list[list[str]]
    legend: list[str]
    sentences: list[str]


class Comparison(BaseModel):
    """Stored runs side by side; what is of different tasks is in different tables."""

    tables: list[TaskTable]
    missing: list[str] = Field(description="Keys that are not there.")
