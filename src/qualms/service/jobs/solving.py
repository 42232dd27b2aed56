"""Jobs that solve: from a request to the answer of `qualms ask`, and to the record of it."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from qualms.backends.jobs import Patience
from qualms.backends.registry import device_client
from qualms.data.numbers import finite
from qualms.errors import ConfigError, DataError, one_line
from qualms.execution.executor import Tell
from qualms.orchestrator.ask import Answer, answer
from qualms.orchestrator.budget import Budget
from qualms.orchestrator.decision.experience import Run, stored_runs
from qualms.orchestrator.explain import explain
from qualms.orchestrator.intake import Intake, Understood, intake, told, understood
from qualms.orchestrator.other_jobs import OtherJob, do
from qualms.problems.problem import Bound
from qualms.service.jobs.work import Task, Worked, counted, upload_of
from qualms.service.spending.device_run import device_work, joined, run_on_device
from qualms.service.spending.ledger import FILE, SpendingLedger
from qualms.solve.arms import IncumbentListener, ProofListener
from qualms.solve.check import Checked
from qualms.solve.result import Arm
from qualms.specification.other_jobs import Classification
from qualms.specification.specification import parse, to_problem

_EXPLAINED = 10.0  # seconds for the explanation of a run on a device
_MOST_READ = 4 * 2**20  # bytes of records of solving, read for a decision: some tenths of a second
_WAIT = 1800.0  # seconds for a device with its queue, after which the answer is told without it

log = logging.getLogger("qualms.service")


def read(task: Task, tell: Tell) -> Worked:
    """How a problem is understood: paraphrase, check points, specification; or a question, or a refusal."""
    found = _read(task)
    if isinstance(found, Understood) and not isinstance(found.specification, OtherJob):
        to_problem(found.specification)  # a contradiction is told before anybody is asked for a yes
    return Worked(finite(told(found)))


def solve(task: Task, tell: Tell) -> Worked:
    """Read, decide, race, check and explain."""
    request = task.request
    found = _read(task)
    if not isinstance(found, Understood):
        return Worked(finite(told(found)))
    budget = Budget(request["seconds"], task.cores, gap=request["gap"])
    if isinstance(found.specification, OtherJob):
        done = do(found, budget, request["seed"], counted(tell, 0))
        return Worked(finite(done.to_dict()), tuple(record.to_json() for record in done.records))
    problem = to_problem(found.specification)
    tell.found({"paraphrase": list(found.paraphrase), "sense": problem.sense, "problem_kind": problem.kind})
    solvers, listener = list(request["solvers"]) or None, _incumbents(tell)
    answered = answer(
        found, budget, solvers, request["seed"], listener, proofs=_proofs(tell), runs=_past_runs(task.store)
    )
    if (quote := request.get("quote")) is not None:
        answered = _on_device(task, answered, quote)
    return _answered(answered, request)


def _past_runs(store: Path) -> list[Run]:
    """What solvers reached in the store before, as far as it can be read in little time.

    A record that somebody else wrote and that cannot be used keeps nobody from solving: the decision then
    rests on the runs that come with the package, and the log says so to whoever can mend the store.
    """
    try:
        return stored_runs(store, _MOST_READ)
    except (DataError, OSError) as error:
        log.warning("the past runs of the store are not used for a decision: %s", one_line(error))
        return []


def _answered(found: Answer, request: Mapping[str, Any]) -> Worked:
    record = found.record(request["text"] or "")
    result = {
        **finite(found.to_dict()),
        "sentences": list(found.explanation.sentences()),
        "decided": list(found.decision.sentences()),
        "record": record.id,
    }
    return Worked(result, (record.to_json(),))


def _read(task: Task) -> Intake:
    """What the request tells. A text is never taken for a file's name, and no file names another."""
    request = task.request
    upload = upload_of(task) if request["upload"] is not None else None
    if request["specification"] is not None:
        found: Intake = understood(parse(json.dumps(request["specification"])), "specification")
    elif request["text"] is not None:
        found = intake(request["text"], upload, decimal=request["decimal"], files=False)
    else:
        found = intake(f"./{upload}")
    table = _table_of(found)
    if table is not None and table != str(upload):
        raise ConfigError(
            "a classification names a file, which no request may; upload the table and ask for a job of "
            'kind "learn"'
        )
    return found


def _table_of(found: Intake) -> str | None:
    """The file that a specification names."""
    if isinstance(found, Understood) and isinstance(found.specification, Classification):
        return found.specification.table
    return None


def _incumbents(tell: Tell) -> IncumbentListener:
    """Tells every new best answer of an arm, with plain numbers."""

    def listen(arm: Arm, found: Checked) -> None:
        value = float(found.objective)
        tell.found(
            {
                "solver": arm.solver,
                "objective": value if math.isfinite(value) else None,
                "feasible": found.feasible,
                "seconds": round(tell.elapsed, 3),
                "compute": arm.quadrant.compute,
                "twin_of": arm.twin_of,
            }
        )

    return listen


def _proofs(tell: Tell) -> ProofListener:
    """Tells the tightest bound, where it is from, and its gap, each time one of them changes."""

    def listen(bound: Bound | None, gap: float | None) -> None:
        tell.found(
            {
                "bound": None if bound is None else float(bound.value),
                "bound_from": None if bound is None else bound.how,
                "bound_verified": None if bound is None else bound.verified,
                "gap": gap,
                "seconds": round(tell.elapsed, 3),
            }
        )

    return listen


def _on_device(task: Task, found: Answer, quote: str) -> Answer:
    """The answer with further arms: QAOA on the device of a quote, and its classical twins.

    The quote belongs to the job, and the device's jobs are kept in a folder of the quote, so that a job that
    is begun again finds what was handed in and pays nothing twice.
    """
    problem, began = found.result.problem, time.monotonic()
    ledger = SpendingLedger(task.store / FILE)
    asked = ledger.get(quote).work
    client, work = device_work(problem, asked.device, asked.shots, task.spending, device_client)
    begun = ledger.begin(quote, task.id, work, client.price)
    patience = Patience(timeout=_WAIT)
    try:
        arms = run_on_device(problem, begun, ledger, client, task.store, task.request["seed"], patience)
    finally:  # of a process that is killed here, the job that is begun again does it
        ledger.end(quote)
    result = joined(found.result, arms, time.monotonic() - began)
    explanation = explain(found.understood.specification, result, _EXPLAINED)
    return replace(found, result=result, explanation=explanation)
