"""Training by `transformers.Trainer`, resumable, with what the record needs to know about it."""

from __future__ import annotations

import contextlib
import json
import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments

from qualms.adapters import Fit
from qualms.data.text import read_text
from qualms.study import distributed, reporting
from qualms.study.encoding import Encoded, collate
from qualms.study.eva import start_eva
from qualms.study.fitting import fit_start
from qualms.study.lora_ga import start_lora_ga
from qualms.study.optimizer import Superpositional

Progress = Callable[[int, int, float], None]  # step, steps, loss


@dataclass(frozen=True)
class Trained:
    """What training left behind.

    Attributes
    ----------
    curve : list[dict[str, float]]
        Mean training loss between logging points: [{"step", "loss"}].
    seconds : float
        Wall time of this process's part.
    seconds_per_step : float
        Median.
    tokens_per_second : float
        Real tokens, padding not counted.
    resumed_at : int
        Step of the checkpoint it went on from, 0 if none.
    peak_memory : int | None
        Bytes of this process, see `peak_memory`; None where the system does not tell.
    processes : int
        How many trained together.
    fit : Fit | None
        How the adapter's directions were fitted before the first step; `seconds` has its time.
    """

    curve: list[dict[str, float]]
    seconds: float
    seconds_per_step: float
    tokens_per_second: float
    resumed_at: int
    peak_memory: int | None
    processes: int = 1
    fit: Fit | None = None


UNTRAINED = Trained([], 0.0, 0.0, 0.0, 0, None)


class _Watch(TrainerCallback):
    """Times every step, counts tokens and reports progress."""

    def __init__(self, progress: Progress | None) -> None:
        self.progress = progress
        self.seconds: list[float] = []
        self.tokens = 0
        self._began, self._loss = 0.0, float("nan")

    def on_step_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self._began = time.perf_counter()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        self.seconds.append(time.perf_counter() - self._began)
        if self.progress:
            self.progress(state.global_step, state.max_steps, self._loss)

    def on_log(self, args: Any, state: Any, control: Any, logs: dict | None = None, **_: Any) -> None:
        self._loss = float((logs or {}).get("loss", self._loss))


def last_checkpoint(folder: Path, files: tuple[str, ...] = ()) -> Path | None:
    """The newest whole checkpoint.

    The trainer writes its state last, and `files` after it: one without them was cut off by a kill.
    """
    whole = [
        p
        for p in folder.glob("checkpoint-*")
        if p.name.partition("-")[2].isdigit() and _is_whole(p) and all((p / f).exists() for f in files)
    ]
    return max(whole, key=lambda p: int(p.name.partition("-")[2]), default=None)


def _is_whole(checkpoint: Path) -> bool:
    try:
        json.loads(read_text(checkpoint / "trainer_state.json").text)
    except (OSError, ValueError):
        return False
    return True


def drop_checkpoints(folder: Path) -> None:
    """Remove the checkpoints of a finished run."""
    for checkpoint in folder.glob("checkpoint-*"):
        shutil.rmtree(checkpoint, ignore_errors=True)


def train(
    model: Any,
    items: list[Encoded],
    *,
    folder: Path,
    task: str,
    pad: int,
    steps: int,
    batch_size: int,
    rate: float,
    warmup: int,
    weight_decay: float,
    seed: int,
    save_every: int | None,
    progress: Progress | None = None,
    optimizer: Superpositional | None = None,
    report_to: Sequence[str] = (),
    name: str | None = None,
    same_fit: str | None = None,
    head_rate: float | None = None,
) -> Trained:
    """Train `model` in place for `steps` steps: AdamW or `optimizer`, linear warm-up, cosine decay, gradient
    norm clipped at 1. A start that is made from data is made first, see `fit_start`,
    `start_eva` and `start_lora_ga`.

    Parameters
    ----------
    folder : Path
        Where checkpoints are written; training resumes from a complete checkpoint found there.
    save_every : int | None
        steps between checkpoints; None for none. `drop_checkpoints` removes them when the run's record is
        safe.
    report_to : sequence of str
        Programs that also get the curve, see `qualms.study.reporting`.
    name : str, optional
        How the run is called there; default: the folder's name.
    same_fit : str, optional
        `same_as` of `fit_start`.
    head_rate : float, optional
        See `Recipe`.

    Notes
    -----
    Parameters that are not listed are as in `Recipe`.
    """
    watch = _Watch(progress)
    log_every = max(1, steps // 50)
    # the logged loss is a mean since the last log: a resumed run logs what an undisturbed one does
    if save_every:
        save_every = -(-save_every // log_every) * log_every
    reported = reporting.arguments(report_to, name or folder.name)
    arguments = TrainingArguments(
        output_dir=str(folder),
        per_device_train_batch_size=distributed.share_of(batch_size),
        use_cpu=distributed.on_processors(),
        max_steps=steps,
        learning_rate=rate,
        lr_scheduler_type="cosine",
        warmup_steps=warmup_of(warmup, steps),
        weight_decay=weight_decay,
        max_grad_norm=1.0,
        optim="adamw_torch",
        seed=seed,
        data_seed=seed,
        logging_steps=log_every,
        logging_nan_inf_filter=False,
        save_strategy="steps" if save_every else "no",
        save_steps=save_every or steps,
        save_total_limit=2,
        **reported,
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        label_names=["labels"],
    )

    def batch(chosen: list[Encoded]) -> dict[str, torch.Tensor]:
        out = collate(chosen, pad, task)
        watch.tokens += int(out["attention_mask"].sum())
        return out

    trainer = Trainer(
        model=model, args=arguments, train_dataset=items, data_collator=batch,
        callbacks=[watch, *(optimizer.callbacks(steps) if optimizer else ())],
        optimizer_cls_and_kwargs=optimizer.for_trainer(rate, seed) if optimizer else None,
    )  # fmt: skip
    trainer.remove_callback(PrinterCallback)  # the listener prints, if anybody does
    distributed.keep_integers(model)
    if head_rate is not None:
        set_head_rate(trainer.create_optimizer(), model, head_rate)
    start = last_checkpoint(folder, optimizer.files if optimizer else ()) if save_every else None
    reset_peak_memory()
    began = time.perf_counter()
    fit = fit_start(
        model, items, folder=folder if save_every else None, task=task, pad=pad, batch_size=batch_size,
        seed=seed, same_as=same_fit,
    )  # fmt: skip
    if start is None:  # a checkpoint has what the run started from
        start_eva(model, items, task=task, pad=pad, batch_size=batch_size, seed=seed)
    gradient_start = start_lora_ga(
        model, items, folder=folder if save_every else None, task=task, pad=pad, batch_size=batch_size,
        seed=seed,
    )  # also with a checkpoint, which does not have the base's weights  # fmt: skip
    try:
        trainer.train(resume_from_checkpoint=str(start) if start else None)
    finally:
        reporting.close(report_to, reported["run_name"])
    if gradient_start is not None:
        gradient_start.write_as_plain_lora()
    seconds = time.perf_counter() - began
    # of all processes
    tokens = trainer.accelerator.gather(torch.tensor([watch.tokens], device=trainer.args.device)).sum()
    curve = [{"step": row["step"], "loss": row["loss"]} for row in trainer.state.log_history if "loss" in row]
    return Trained(
        curve=curve,
        seconds=seconds,
        seconds_per_step=statistics.median(watch.seconds) if watch.seconds else 0.0,
        tokens_per_second=int(tokens) / max(sum(watch.seconds), 1e-9),
        resumed_at=int(start.name.partition("-")[2]) if start else 0,
        peak_memory=peak_memory(),
        processes=distributed.processes(),
        fit=fit,
    )


def set_head_rate(optimizer: torch.optim.Optimizer, model: Any, rate: float) -> None:
    """Give the numbers of a new head a learning rate of their own.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        Which has taken no step. Its groups are parted, with everything else as it was.
    model : Any
        With an adapter or without one; its head is what stands beside the pretrained model.
    rate : float
    """
    head = {id(p) for p in head_of(model)}
    for group in list(optimizer.param_groups):
        of_head = [p for p in group["params"] if id(p) in head]
        if of_head:
            group["params"] = [p for p in group["params"] if id(p) not in head]
            optimizer.add_param_group({**group, "params": of_head, "lr": rate})


def head_of(model: Any) -> list[torch.nn.Parameter]:
    """The trained parameters of a new head."""
    if isinstance(model, PeftModel):
        return [p for n, p in model.named_parameters() if ".modules_to_save." in n and p.requires_grad]
    pretrained = {id(p) for p in model.base_model.parameters()}
    return [p for p in model.parameters() if id(p) not in pretrained and p.requires_grad]


def warmup_of(warmup: int, steps: int) -> int:
    """Steps of warm-up of a run of `steps`: as many as were asked for, but no more than half of them."""
    return min(warmup, steps // 2)


_STATUS, _REFS = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def reset_peak_memory() -> None:
    """Start a new measurement of `peak_memory`."""
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    with contextlib.suppress(OSError):
        _REFS.write_text("5")  # Linux: resets the high-water mark of the resident set


def peak_memory() -> int | None:
    """Most bytes held since `reset_peak_memory`: of the GPU's allocator, else of the process (Linux), else
    None.
    """
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    try:
        line = next(x for x in _STATUS.read_text().splitlines() if x.startswith("VmHWM:"))
    except (OSError, StopIteration):
        return None
    return int(line.split()[1]) * 1024
