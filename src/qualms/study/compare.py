"""A study: every method × every seed on one task, learning rates found first, runs resumed, failures told
apart from the rest.
"""

from __future__ import annotations

import json
import math
import traceback
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from qualms.data.examples import Splits
from qualms.data.text import read_text
from qualms.errors import ConfigError, IncompleteError, NotSavedError, QualmsError, RunFolderError, one_line
from qualms.execution import (
    Call,
    Died,
    Done,
    Event,
    Executor,
    Failed,
    InlineExecutor,
    Listener,
    Tell,
    make_executor,
)
from qualms.execution.event import unheard
from qualms.language_models import check_model
from qualms.records import Record, RunStore, digest
from qualms.records.files import write_whole
from qualms.study import distributed
from qualms.study.method import UNTUNED, Method
from qualms.study.method_settings import check_options, check_together
from qualms.study.methods import parse, with_twins
from qualms.study.optimizer import SUPERPOSITIONAL, superpositional
from qualms.study.recipe import Recipe
from qualms.study.run import TrainingRun, forget_record, read_data, run, task_id
from qualms.study.starting_rates import default_rate

_CAUTIOUS = 0.95  # of the best gain of short runs


@dataclass
class Study:
    """What a study will do and what it has found.

    Attributes
    ----------
    rates : dict[Method, float]
        Learning rate of each method, known or found.
    search : dict[Method, dict[float, float]]
        Every point of the search: {method: {rate: validation loss}}.
    """

    recipe: Recipe
    splits: Splits
    methods: list[Method]
    task_id: str
    rates: dict[Method, float]
    search: dict[Method, dict[float, float]] = field(default_factory=dict)

    def job(self, method: Method, rate: float, seed: int, search: bool) -> TrainingRun:
        steps = self.recipe.search.steps if search else self.recipe.steps
        return TrainingRun(self.recipe, method, rate, seed, steps, search, self.task_id)


def plan(recipe: Recipe, add_twins: bool = True) -> Study:
    """Read the data and check everything that can be checked before training.

    Parameters
    ----------
    recipe : Recipe
        The study.
    add_twins : bool, default True
        Bring every quantum method's twins; only a single run, which is no comparison, goes without.

    Raises
    ------
    DataError
        The data cannot be read.
    ConfigError
        The recipe does not fit together.
    """
    methods = [parse(name) for name in recipe.methods]
    if add_twins:
        methods = with_twins(methods, recipe.twins)
    rates = {parse(name): rate for name, rate in recipe.learning_rates.items()}
    heads = list(dict.fromkeys(m.head for m in methods))
    for name, given in recipe.options.items():
        check_options(parse(name), given)
        if add_twins and name not in heads:  # one recipe may serve several single runs, but is one comparison
            raise ConfigError(
                f"options.{name}: {name} is not among the methods of this study, {', '.join(heads)}; "
                "leave its options out, or add the method"
            )
    for method in methods:
        check_together(method, recipe.options.get(method.head, {}), recipe.task)
    superposed = [m for m in methods if m.optimizer == SUPERPOSITIONAL]
    if recipe.optim_options and not superposed:
        raise ConfigError(f"optim_options are given, but no method is trained @{SUPERPOSITIONAL}")
    if recipe.head_rate is not None and recipe.task != "classify":
        raise ConfigError("head_rate is for a new head, and text is generated without one; leave it out")
    if recipe.head_rate is not None and superposed:
        raise ConfigError(
            f"head_rate: {superposed[0]} has one rate for all that it trains; leave one of them out"
        )
    for method in superposed:
        superpositional(recipe.optim_options, method.optimizer_twin)
    distributed.share_of(recipe.batch_size)
    _executor(recipe)  # nothing starts yet
    check_model(recipe.model)
    splits = read_data(recipe)
    known = {m: rates[m] for m in methods if m in rates}
    known.update({m: 0.0 for m in methods if not m.is_trained})
    if recipe.batch_size > len(splits.train):
        raise ConfigError(
            f"batch_size {recipe.batch_size}: the batch is larger than the training split, which has "
            f"{len(splits.train)} examples"
        )
    return Study(recipe, splits, methods, task_id(recipe, splits), known)


def compare(
    study: Study, folder: str | Path, listener: Listener = unheard, executor: Executor | None = None
) -> list[Record]:
    """Run a study; what the folder holds already is not run again.

    Parameters
    ----------
    study : Study
        From `plan`.
    folder : str | Path
        Records go to `records.jsonl`, the search to `search.json`, tuned models to `runs/<id>/model`.
    listener : Listener, optional
        Told about progress.
    executor : Executor, optional
        Where the runs are made; default: what the recipe says.

    Returns
    -------
    list[Record]
        The study's records, in the order of methods and seeds.

    Raises
    ------
    RunFolderError
        The folder is in use or holds another study.
    IncompleteError
        A run failed or its process was killed, or no learning rate was found for a method; the others are
        made, and the error has their records.
    ExecutionError
        What makes the runs is gone.
    NotSavedError
        Runs are done, but not all could be written; the error has all records.
    """
    folder = Path(folder)
    recipe = study.recipe
    identity = json.dumps(
        {
            "task": study.task_id,
            "recipe": recipe.told_without({"workers", "executor", "report_to", "methods", "twins", "seeds"}),
        },
        indent=1,
        sort_keys=True,
    )
    with RunStore(folder, identity) as store:
        if study.splits.skipped:
            rows = [json.dumps(vars(s), ensure_ascii=False) for s in study.splits.skipped]
            write_whole(folder / "skipped_rows.jsonl", "\n".join(rows) + "\n")
        _take_rates(study, store.records())
        with executor or _executor(recipe) as running:
            failures = _find_rates(study, folder, running, listener)
            jobs = [
                study.job(m, study.rates[m], s, search=False)
                for s in recipe.seeds
                for m in study.methods
                if m in study.rates
            ]
            have = {r.id: r for r in store.records()}
            for job in jobs:
                if job.id in have:
                    listener(Event("skipped", job.label, note="its record exists"))

            unsaved: list[str] = []

            def keep(job: TrainingRun, record: Record | float) -> None:
                assert isinstance(record, Record)
                have[record.id] = record
                try:
                    if record.payload.error:  # not stored, so that the same command trains it again
                        raise RunFolderError(record.payload.error)
                    store.add(record)
                    forget_record(folder, job)
                except RunFolderError as error:
                    unsaved.append(f"{job.label}: {error}")

            failures += _do(running, [j for j in jobs if j.id not in have], folder, keep, listener)
    order = {method: k for k, method in enumerate(study.methods)}
    ordered = [have[j.id] for j in sorted(jobs, key=lambda j: order[j.method]) if j.id in have]
    if failures:
        raise _incomplete(failures, ordered, len(study.methods) * len(recipe.seeds), unsaved)
    if unsaved:
        raise NotSavedError(f"{unsaved[0]} ({len(unsaved)} of {len(ordered)} runs are not saved)", ordered)
    return ordered


def _take_rates(study: Study, records: Iterable[Record]) -> None:
    """Fill `study.rates` with those of the folder's records, so that a study goes on as it began, however a
    later version of this package would choose.
    """
    methods = {m.name: m for m in study.methods}
    for record in records:
        method = methods.get(record.method)
        rate = record.payload.training.learning_rate
        if method is None or method in study.rates or rate is None:
            continue
        if study.job(method, rate, record.seed, search=False).id == record.id:
            study.rates[method] = rate


def _find_rates(study: Study, folder: Path, executor: Executor, listener: Listener) -> list[Failed | Died]:
    """Fill `study.rates` for methods without one; what failed, whose methods still have none.

    Every point is kept in `search.json`, so an interrupted search goes on.
    """
    path, search = folder / "search.json", study.recipe.search
    stored = _read_search(path) if path.exists() else {}
    for method in [UNTUNED, *study.methods]:
        if (found := stored.get(_searched_as(study, method))) is not None:
            study.search[method] = found
    open_methods = [m for m in study.methods if m not in study.rates]
    grid = {
        m: [round(default_rate(m, study.recipe.task) * f, 12) for f in search.factors] for m in open_methods
    }

    def keep(job: TrainingRun, loss: Record | float) -> None:
        assert isinstance(loss, float)
        study.search.setdefault(job.method, {})[job.rate] = loss
        stored.update({_searched_as(study, m): found for m, found in study.search.items()})
        plain = {
            name: {repr(r): (v if math.isfinite(v) else None) for r, v in sorted(found.items())}
            for name, found in stored.items()
        }
        write_whole(path, json.dumps(plain, indent=1, sort_keys=True) + "\n")

    if open_methods and 0.0 not in study.search.get(UNTUNED, {}):
        untuned = study.job(UNTUNED, 0.0, study.recipe.seeds[0], search=True)
        if failures := _do(executor, [untuned], folder, keep, listener):
            return failures  # no gain can be told without it
    failures = []
    for _ in range(search.extend + 1):
        missing = [
            study.job(m, r, study.recipe.seeds[0], True)
            for m, rates in grid.items()
            for r in rates
            if r not in study.search.get(m, {})
        ]
        new = _do(executor, missing, folder, keep, listener)
        failures += new
        for failure in new:
            grid.pop(failure.call.arguments[0].method, None)
        for method, rates in grid.items():
            found = study.search[method]
            best = min(rates, key=lambda r: (found[r], r))  # where all diverged the lowest
            ratio = max(search.factors) / sorted(search.factors)[-2] if len(search.factors) > 1 else 3.0
            if best == max(rates) and len(rates) < len(search.factors) + search.extend:
                rates.append(round(best * ratio, 12))
            elif best == min(rates) and len(rates) < len(search.factors) + search.extend:
                rates.append(round(best / ratio, 12))
    for method, rates in grid.items():
        tried = {r: study.search[method][r] for r in rates if r in study.search[method]}
        share = _CAUTIOUS if search.steps < study.recipe.steps else 1.0
        try:
            study.rates[method] = choose_rate(tried, study.search[UNTUNED][0.0], share)
        except NoRateError as error:
            failures.append(Failed(Call(f"{method} search", _train, ()), error))
            listener(failures[-1].event())
    return failures


def _searched_as(study: Study, method: Method) -> str:
    """A method's name in `search.json`: its own, with something added where its preset has become another."""
    changed = study.job(method, 0.0, 0, search=True).changed_settings
    return f"{method.name} {digest(changed)}" if changed else method.name


def _read_search(path: Path) -> dict[str, dict[float, float]]:
    """Losses by rate, by what a method is called there; other methods than the study's may be among them."""
    try:
        return {
            name: {float(r): math.inf if v is None else float(v) for r, v in found.items()}
            for name, found in json.loads(read_text(path).text).items()
        }
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        raise RunFolderError(
            f"{path}: this is not the search of a study ({error}); remove the file, and the search runs again"
        ) from None


class NoRateError(QualmsError):
    """A search in which training diverged at every rate; the same search finds none again."""


def choose_rate(losses: dict[float, float], untuned: float, share: float) -> float:
    """The lowest rate with a share of the best gain over the untuned model.

    Short runs flatter high rates, which may diverge in a longer run: after a search of them 95 % of the gain
    are enough. After one of full length the best rate is taken, because 5 % of the gain may be more than what
    methods differ by.

    Parameters
    ----------
    losses : dict[float, float]
        Validation loss of each rate tried.
    untuned : float
        Loss before any training.
    share : float
        At most 1.

    Raises
    ------
    NoRateError
        If every rate diverged.
    """
    best = min(losses.values())
    if not math.isfinite(best):
        raise NoRateError(
            f"training diverged at every learning rate tried: {', '.join(map(str, sorted(losses)))}; give "
            "one in learning_rates"
        )
    slack = (1 - share) * max(0.0, untuned - best) if share < 1 else 0.0
    return min(rate for rate, loss in losses.items() if loss <= best + slack)


def _executor(recipe: Recipe) -> Executor:
    if distributed.processes() > 1:
        return InlineExecutor()
    return make_executor(recipe.executor, recipe.workers, {"TOKENIZERS_PARALLELISM": "false"}, _quieten)


def _do(
    executor: Executor,
    jobs: list[TrainingRun],
    folder: Path,
    keep: Callable[[TrainingRun, Record | float], None],
    listener: Listener,
) -> list[Failed | Died]:
    """Do all jobs; `keep` gets each result as it comes. A job that fails or dies does not stop the others;
    those are returned.
    """
    failures: list[Failed | Died] = []
    for outcome in executor.run(
        [Call(job.label, _train, (job, folder), job.steps) for job in jobs], listener
    ):
        if isinstance(outcome, Done):
            keep(outcome.call.arguments[0], outcome.value)
            listener(outcome.event(_note(outcome.value)))
        else:
            if isinstance(outcome, Failed):  # what its frames hold, a model too, would stay until the end
                traceback.clear_frames(outcome.error.__traceback__)
            failures.append(outcome)
            listener(outcome.event())
    return failures


def _incomplete(
    failures: list[Failed | Died], records: list[Record], wanted: int, unsaved: list[str]
) -> IncompleteError:
    first = failures[0]
    reason = first.reason if isinstance(first, Died) else one_line(first.error)
    more = f", and {len(failures) - 1} more" if len(failures) > 1 else ""
    lost = f", {len(unsaved)} of them not saved ({unsaved[0]})" if unsaved else ""
    for_good = all(isinstance(f, Failed) and isinstance(f.error, NoRateError) for f in failures)
    again = "" if for_good else "; the same command tries what is missing again"
    made = IncompleteError(
        f"{first.call.label}: {reason}{more} ({len(records)} of {wanted} runs are done{lost}{again})", records
    )
    made.__cause__ = None if isinstance(first, Died) else first.error
    return made


def _note(result: Record | float) -> str:
    return f"nll {result:.4f}" if isinstance(result, float) else f"nll {result.value('nll'):.4f}"


# In a worker ------------------------------------------------------------------------------------------------


def _quieten() -> None:
    """Set up a worker: one thread, and libraries that say nothing."""
    import torch
    from transformers.utils import logging

    warnings.filterwarnings("ignore", category=FutureWarning)
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()


def _train(job: TrainingRun, folder: Path, tell: Tell) -> Record | float:
    return run(job, folder, lambda step, steps, loss: tell(step, steps, f"loss {loss:.3f}"))
