"""Jobs that train: comparisons of learners and of fine-tuning methods, and texts of tuned models.

The records of a comparison go into a folder of the job as they are made, so that a job that is begun again
goes on where it was.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from qualms.data.numbers import finite
from qualms.errors import ConfigError, IncompleteError, MissingError, QualmsError
from qualms.execution.event import Event, Listener
from qualms.execution.executor import Tell
from qualms.records import read_records
from qualms.service.jobs.work import RUNS, Task, Worked, counted, upload_of


def learn(task: Task, tell: Tell) -> Worked:
    """Learners, their twins and classical methods on an uploaded table."""
    from qualms.learn.comparison import Design, compare, plan
    from qualms.learn.table import read_learning_table

    request = task.request
    path = upload_of(task)
    design = Design(
        folds=request["folds"],
        inner=2,
        seeds=(request["seed"],),
        settings=request["settings"],
        n_qubits=request["qubits"],
        reduction="pca",
    )
    table = read_learning_table(path, request["target"], task=request["task"], drop=request["drop"])
    comparison = plan(table, design, request["learners"])
    outcome = compare(
        comparison,
        task.folder,
        counted(tell, len(comparison.jobs)),
        workers=task.cores,
        seconds=request["seconds"],
    )
    if not outcome.records:
        raise QualmsError((outcome.failures or ["no run has ended"])[0])
    return Worked(
        {
            "status": "done",
            "task": comparison.task_id,
            "folder": f"{RUNS}/{task.id}",
            "records": [record.id for record in outcome.records],
            "notes": list(table.notes),
            "failures": [*outcome.failures, *outcome.unsaved],
        }
    )


def compare(task: Task, tell: Tell) -> Worked:
    """Fine-tuning methods beside their twins."""
    from qualms.study.compare import compare as run
    from qualms.study.compare import plan
    from qualms.study.recipe import checked

    recipe = dict(task.request["recipe"])
    if task.request["upload"] is not None:
        recipe["data"] = str(upload_of(task))
    study = plan(checked({**recipe, "executor": "processes", "workers": task.cores}))
    searched = sum(m not in study.rates for m in study.methods) * len(study.recipe.search.factors)
    total = (
        searched * study.recipe.search.steps
        + len(study.methods) * len(study.recipe.seeds) * study.recipe.steps
    )
    failures = []
    try:
        records = run(study, task.folder, _summed(tell, total, study.recipe.steps))
    except IncompleteError as error:
        if not error.records:
            raise
        stored = {record.id for record in read_records(task.folder)}
        records = [record for record in error.records if record.id in stored]
        failures = [str(error)]
    return Worked(
        {
            "status": "done",
            "task": study.task_id,
            "folder": f"{RUNS}/{task.id}",
            "records": [record.id for record in records],
            "notes": list(study.splits.notes),
            "failures": failures,
        }
    )


def generate(task: Task, tell: Tell) -> Worked:
    """What tuned models of the store and their base make of one prompt, greedily."""
    from qualms.study.encoding import Encoder
    from qualms.study.evaluation import generate_texts
    from qualms.study.tuned import described, load_tuned

    request = task.request
    prompt, tokens = request["prompt"], request["tokens"]
    folders = {record: _model_of(task.store, record) for record in request["records"]}
    outputs: list[dict[str, Any]] = []
    bases: dict[str, Any] = {}

    def written(model: Any, tokenizer: Any, encoder: Encoder) -> tuple[str, float]:
        began = time.perf_counter()
        [text] = generate_texts(model, tokenizer, encoder, [prompt], tokens)
        return text, time.perf_counter() - began

    for k, (record, folder) in enumerate(folders.items()):
        tuned = load_tuned(folder)
        if tuned.task != "generate":
            raise ConfigError(f"the model of record {record} is a classifier, and writes no text")
        encoder = Encoder(tuned.tokenizer, tuned.separator, 10**6)
        text, seconds = written(tuned.model, tuned.tokenizer, encoder)
        base = described(folder).base
        whole = base == str(folder)  # every weight was tuned: the folder does not say of which model
        outputs.append(
            {"record": record, "base": None if whole else Path(base).name, "output": text, "seconds": seconds}
        )
        if not whole and Path(base).name not in bases:
            bases[Path(base).name] = _of_base(base, tuned.task, written, encoder)
        tell(k + 1, len(folders), record)
    return Worked(finite({"status": "done", "prompt": prompt, "outputs": outputs, "bases": bases}))


def _of_base(base: str, kind: str, written: Callable[..., tuple[str, float]], encoder: Any) -> dict[str, Any]:
    from qualms.language_models import load_model, load_tokenizer

    text, seconds = written(load_model(base, kind).eval(), load_tokenizer(base), encoder)
    return {"output": text, "seconds": seconds}


def _model_of(store: Path, record: str) -> Path:
    """The folder of the model that a record is of. Raises MissingError where there is none."""
    home = store.resolve()
    for path in store.glob(f"**/runs/{record}/model"):
        if path.is_dir() and path.resolve().is_relative_to(home):  # a link may lead elsewhere
            return path
    raise MissingError(f"the store has no model of record {record}")


def _summed(tell: Tell, total: int, steps: int) -> Listener:
    """Tells the training steps of all runs together."""
    seen: dict[str, int] = {}
    done = 0

    def listen(event: Event) -> None:
        nonlocal done
        if event.kind == "skipped":
            done += steps
        elif event.kind == "step":
            done += event.step - seen.get(event.job, 0)
            seen[event.job] = event.step
        else:
            return
        tell(min(done, total), total, f"{event.job} {event.note}".strip())

    return listen
