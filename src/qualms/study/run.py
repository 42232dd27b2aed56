"""One run: load, make trainable, train, measure, record."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from transformers import set_seed

from qualms.data.examples import Example, Splits, take
from qualms.data.splits import load_splits
from qualms.data.text import read_text
from qualms.errors import QualmsError, RunFolderError
from qualms.language_models import load_model, load_tokenizer, resolve
from qualms.records import Cost, Record, digest
from qualms.records.files import write_whole
from qualms.records.kinds import FineTuning, Training
from qualms.records.metrics import language_metrics
from qualms.records.provenance import provenance
from qualms.records.quadrant import highest
from qualms.study import distributed, evaluation
from qualms.study.account import about_data, about_split
from qualms.study.encoding import Encoded, Encoder
from qualms.study.fitting import drop_fitted
from qualms.study.lora_ga import drop_start
from qualms.study.method import Method
from qualms.study.optimizer import SUPERPOSITIONAL, Superpositional, superpositional
from qualms.study.preset_settings import changed_settings
from qualms.study.recipe import Recipe
from qualms.study.trainable import TrainableModel, prepare
from qualms.study.training import UNTRAINED, Progress, Trained, drop_checkpoints, train, warmup_of


@dataclass(frozen=True)
class TrainingRun:
    """A method at a learning rate with a seed, for some steps.

    A search job is measured by its validation loss alone and leaves no adapter.
    """

    recipe: Recipe
    method: Method
    rate: float
    seed: int
    steps: int
    search: bool
    task_id: str

    @property
    def id(self) -> str:
        """Hash of everything that determines the outcome."""
        method = self.method
        parts = [
            self.task_id,
            method.name,
            method.preset,
            self.recipe.options.get(method.head, {}),
            self.rate,
            self.seed,
            self.steps,
            self.search,
        ]
        parts += [self.recipe.optim_options] if self.optimizer else []
        parts += [self.changed_settings] if self.changed_settings else []
        return digest(parts)

    @property
    def changed_settings(self) -> dict[str, Any]:
        """What the method's preset stands for today and did not at first, see `preset_settings`."""
        method = self.method
        if method.family != "qsl":
            return {}
        return changed_settings(
            method.preset, {**self.recipe.options.get(method.head, {}), **method.settings}
        )

    @property
    def fit_id(self) -> str:
        """Hash of everything that determines directions which are fitted before the first step: neither the
        rate nor the number of steps does.
        """
        return replace(self, rate=0.0, steps=0).id

    @property
    def optimizer(self) -> Superpositional | None:
        """None is AdamW."""
        if self.method.optimizer != SUPERPOSITIONAL:
            return None
        return superpositional(self.recipe.optim_options, self.method.optimizer_twin)

    @property
    def label(self) -> str:
        return f"{self.method} lr {self.rate:.2g}" if self.search else f"{self.method} seed {self.seed}"


def read_data(recipe: Recipe) -> Splits:
    """The splits of a recipe."""
    return load_splits(
        recipe.data, recipe.task, recipe.input_field, recipe.output_field, recipe.skip_bad_rows
    )


def task_id(recipe: Recipe, splits: Splits) -> str:
    """What makes runs comparable: the budget, the data's content and the base model's."""
    return digest([recipe.budget(), splits.fingerprint(), model_fingerprint(recipe.model)])


def model_fingerprint(name: str) -> str:
    """Hash of a model folder's configuration and weight files' sizes and ends; a hub id stands for itself."""
    folder = Path(resolve(name))
    if not folder.is_dir():
        return digest(name)
    parts: list[Any] = []
    for path in (
        sorted(folder.glob("*.json")) + sorted(folder.glob("*.safetensors")) + sorted(folder.glob("*.bin"))
    ):
        with open(path, "rb") as file:
            file.seek(max(0, path.stat().st_size - 1_000_000))
            parts.append([path.name, path.stat().st_size, digest(file.read().hex())])
    return digest(parts)


@dataclass(frozen=True)
class _Task:
    """What all runs of a process share: examples and, of the training ones, items; `about` is what a record
    says of them.
    """

    splits: Splits
    encoder: Encoder
    labels: list[str]
    train: list[Encoded]
    validation: list[Example]
    test: list[Example]
    about: dict[str, Any]


@lru_cache(maxsize=1)
def _task(recipe_json: str) -> _Task:
    recipe = Recipe.model_validate_json(recipe_json)
    splits = read_data(recipe)
    labels = splits.labels() if recipe.task == "classify" else []
    encoder = Encoder(load_tokenizer(recipe.model), recipe.separator, recipe.max_length, labels)
    validation, test = (
        take(splits.validation, recipe.validation_examples),
        take(splits.test, recipe.test_examples),
    )
    train = encoder.training(splits.train, recipe.task)
    seen = {e.input for e in splits.train}
    about = {
        "sha": splits.fingerprint(), "test_inputs_in_train": sum(e.input in seen for e in test),
        **about_data(splits, recipe.max_length),
        **about_split("train", splits.train, len(splits.train), train, recipe.task, labels),
    }  # fmt: skip
    for name, used, of in (("validation", validation, splits.validation), ("test", test, splits.test)):
        about.update(
            about_split(name, used, len(of), encoder.training(used, recipe.task), recipe.task, labels)
        )
    return _Task(splits, encoder, labels, train, validation, test, about)


def _pad(task: _Task) -> int:
    return int(task.encoder.tokenizer.pad_token_id or 0)


def _build(job: TrainingRun, task: _Task) -> TrainableModel:
    set_seed(job.seed)
    recipe = job.recipe
    model = load_model(recipe.model, recipe.task, task.labels, job.seed)
    model.config.pad_token_id = _pad(task)
    prepared = prepare(job.method, model, recipe.task, recipe.options, job.seed)
    if hasattr(prepared.model, "generation_config"):
        prepared.model.generation_config.pad_token_id = _pad(task)
    return prepared


def run(job: TrainingRun, folder: Path, progress: Progress | None = None) -> Record | float:
    """Do a job.

    Parameters
    ----------
    folder : Path
        The study's folder; the run's own is `runs/<id>` in it.
    progress : Progress, optional
        Called after every training step with (step, steps, loss).

    Returns
    -------
    Record | float
        The record, whose `payload.error` is not empty where it or the model could not be written; for a
        search job the validation loss (infinite where training diverged).
    """
    recipe = job.recipe
    own = folder / "runs" / job.id
    if (own / "record.json").exists():  # finished, but the parent died before it heard
        return Record.from_dict(json.loads(read_text(own / "record.json").text))
    task = _task(recipe.model_dump_json())
    prepared = _build(job, task)
    try:
        own.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFolderError(f"{own}: cannot be written: {error.strerror or error}") from None
    if not job.method.is_trained:
        trained = UNTRAINED
    else:
        distributed.announce((job, folder))
        trained = _trained(job, prepared, task, own, progress)
    if job.search:
        loss = evaluation.loss(
            prepared.model, task.encoder.training(task.validation, recipe.task), recipe.task, _pad(task)
        )
        return loss if math.isfinite(loss) else math.inf
    measured, samples = _measure(job, prepared.model, task)
    try:
        size = 0 if trained is UNTRAINED else _save(prepared, task, own / "model", job)
        record = _record(job, prepared, trained, measured, samples, size, task)
        write_whole(own / "record.json", record.to_json())
    except (OSError, SafetensorError, RunFolderError) as error:
        # what was measured is worth telling all the same
        return _record(
            job,
            prepared,
            trained,
            measured,
            samples,
            0,
            task,
            f"the model or its record could not be written: {error}",
        )
    drop_checkpoints(own)
    drop_fitted(own)
    drop_start(own)
    return record


def forget_record(folder: Path, job: TrainingRun) -> None:
    """Remove the run's own copy of its record, which is there only until the study's file has it."""
    (folder / "runs" / job.id / "record.json").unlink(missing_ok=True)


def train_along() -> None:
    """What all processes but the first do under a launcher: train whatever that one announces, until the
    end.
    """
    while (announced := distributed.announced()) is not None:
        job, folder = announced
        task = _task(job.recipe.model_dump_json())
        _trained(job, _build(job, task), task, folder / "runs" / job.id, None)


def _trained(
    job: TrainingRun, prepared: TrainableModel, task: _Task, own: Path, progress: Progress | None
) -> Trained:
    """Train a method's model, with checkpoints in the run's folder."""
    recipe = job.recipe
    save_every = None if job.search else max(25, job.steps // 4)
    try:
        return train(
            prepared.model, task.train, folder=own, task=recipe.task, pad=_pad(task), steps=job.steps,
            batch_size=recipe.batch_size, rate=job.rate, warmup=recipe.warmup_steps,
            weight_decay=recipe.weight_decay, seed=job.seed, save_every=save_every, progress=progress,
            optimizer=job.optimizer, report_to=() if job.search else recipe.report_to, name=job.label,
            same_fit=job.fit_id if job.search else None, head_rate=recipe.head_rate,
        )  # fmt: skip
    except OSError as error:
        raise QualmsError(f"{own}: {error}") from None


def _measure(job: TrainingRun, model: Any, task: _Task) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """Loss and conditionality on the validation examples, quality on the test examples; a few outputs to look
    at.
    """
    recipe = job.recipe
    items = task.encoder.training(task.validation, recipe.task)
    found = {"nll": evaluation.loss(model, items, recipe.task, _pad(task))}
    if recipe.task == "generate" and (mixed := evaluation.shuffled(task.validation)):
        shuffled = evaluation.loss(model, task.encoder.training(mixed, recipe.task), recipe.task, _pad(task))
        found.update(shuffled_nll=shuffled, conditionality=shuffled - found["nll"])
    quality, outputs = evaluation.evaluate(model, task.encoder, task.test, recipe.task, recipe.max_new_tokens)
    renamed = {
        ("test_" + k if k in ("nll", "shuffled_nll", "conditionality") else k): v for k, v in quality.items()
    }
    samples = [
        {"input": e.input, "references": list(e.references), "output": o}
        for e, o in zip(task.test, outputs, strict=True)
    ]
    return {**found, **renamed}, samples[: recipe.samples]


def _save(prepared: TrainableModel, task: _Task, folder: Path, job: TrainingRun) -> int:
    """Save the adapter (the whole model for full fine-tuning); bytes of its weights."""
    if prepared.config is None:
        prepared.model.save_pretrained(str(folder))
        task.encoder.tokenizer.save_pretrained(str(folder))
    else:
        for config in prepared.model.peft_config.values():
            # the name the user gave, not this machine's path
            config.base_model_name_or_path = job.recipe.model
        prepared.model.save_pretrained(str(folder), save_embedding_layers=False)
    recipe = job.recipe
    note = {
        "base": recipe.model,
        "task": recipe.task,
        "method": job.method.name,
        "separator": recipe.separator,
        "labels": task.labels,
        "max_length": recipe.max_length,
    }
    write_whole(folder / "qualms.json", json.dumps(note, ensure_ascii=False))
    return sum(p.stat().st_size for p in folder.glob("*.safetensors"))


def _record(
    job: TrainingRun,
    prepared: TrainableModel,
    trained: Trained,
    measured: dict[str, float],
    samples: list[dict[str, Any]],
    size: int,
    task: _Task,
    failure: str = "",
) -> Record:
    recipe, note = job.recipe, prepared.config
    return Record(
        id=job.id,
        kind="fine-tuning",
        task_id=job.task_id,
        method=job.method.name,
        seed=job.seed,
        twin_of=job.method.twin_of,
        twin_is=job.method.control,
        quadrant=highest(prepared.quadrant, job.optimizer.quadrant) if job.optimizer else prepared.quadrant,
        metrics=language_metrics(measured),
        cost=Cost(trained.seconds, memory_bytes=trained.peak_memory),
        provenance=provenance(),
        payload=FineTuning(
            model=recipe.model,
            model_hash=model_fingerprint(recipe.model),
            dataset=task.splits.name,
            dataset_account=task.about,
            parameters=prepared.parameters.to_dict(),
            training=_training(job, trained.processes),
            seconds_per_step=trained.seconds_per_step,
            tokens_per_second=trained.tokens_per_second,
            adapter_bytes=size,
            resumed_at_step=trained.resumed_at,
            fit=trained.fit.to_dict() if trained.fit is not None else None,
            curve=trained.curve,
            samples=samples,
            adapter_config=note
            and {**json.loads(json.dumps(note, default=_plain)), "base_model_name_or_path": recipe.model},
            evaluation={
                "rouge_tokenizer": "unicode words",
                "bertscore_model": "all-MiniLM-L6-v2, 6 layers" if "bertscore" in measured else None,
            },
            error=failure,
        ),
    )


def _training(job: TrainingRun, processes: int) -> Training:
    recipe = job.recipe
    return Training(
        steps=job.steps,
        batch_size=recipe.batch_size,
        learning_rate=job.rate,
        weight_decay=recipe.weight_decay,
        optimizer="SuperpositionalAdamW" if job.optimizer else "AdamW",
        optimizer_options=_optimizer_options(job),
        warmup_steps=warmup_of(recipe.warmup_steps, job.steps),
        warmup_asked=recipe.warmup_steps,
        max_length=recipe.max_length,
        separator=recipe.separator,
        max_new_tokens=recipe.max_new_tokens,
        processes=processes,
    )


def _optimizer_options(job: TrainingRun) -> dict[str, Any]:
    if job.optimizer:
        return job.optimizer.to_dict()
    return {} if job.recipe.head_rate is None else {"head_rate": job.recipe.head_rate}


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, (set, frozenset)) else getattr(value, "value", str(value))
