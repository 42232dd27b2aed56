"""The optimizers of a study by name, and how `transformers.Trainer` gets them."""

from __future__ import annotations

import difflib
import inspect
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import TrainerCallback

from qualms.data.numbers import plain
from qualms.data.text import read_text
from qualms.errors import ConfigError
from qualms.optim import CosineLam, PlateauLam, SuperpositionalAdamW
from qualms.records import Quadrant
from qualms.records.files import write_whole

SUPERPOSITIONAL = "superpositional"
OPTIMIZERS = ("adamw", SUPERPOSITIONAL)
OPTIMIZER_TWINS: dict[str, dict[str, Any]] = {"lambda-zero": {"lam": 0.0}, "random-q": {"mode": "random"}}
SCHEDULES = ("constant", "cosine", "plateau")
_ENOUGH = 4096  # numbers of a parameter that any setting can be tried on
_NOT_HERE = ("self", "params", "lr", "weight_decay")  # the recipe's own


@dataclass(frozen=True)
class Superpositional:
    """`SuperpositionalAdamW` with its settings.

    Attributes
    ----------
    settings : its arguments but for parameters, rate and decay. schedule : of λ.
    """

    settings: dict[str, Any]
    schedule: str

    @property
    def quadrant(self) -> Quadrant:
        return SuperpositionalAdamW([torch.nn.Parameter(torch.zeros(_ENOUGH))], **self.settings).quadrant

    @property
    def files(self) -> tuple[str, ...]:
        """What a whole checkpoint has besides the trainer's own."""
        return () if self.schedule == "constant" else (LamCallback.FILE,)

    def for_trainer(self, rate: float, seed: int) -> tuple[type[torch.optim.Optimizer], dict[str, Any]]:
        """`optimizer_cls_and_kwargs`; weight decay comes with the trainer's parameter groups."""
        # as AdamW does: a run that diverges is recorded as one that diverged
        return SuperpositionalAdamW, {"seed": seed, "nonfinite": "propagate", **self.settings, "lr": rate}

    def callbacks(self, steps: int) -> list[TrainerCallback]:
        return [] if self.schedule == "constant" else [LamCallback(self.schedule, steps)]


def superpositional(options: dict[str, Any], twin: str | None = None) -> Superpositional:
    """The optimizer of these options, or the twin of it.

    Parameters
    ----------
    options : arguments of `SuperpositionalAdamW`, and "lam_schedule": "constant", "cosine" over the run or "plateau" of the training loss.
    twin : "lambda-zero", which is AdamW, or "random-q", a random direction of Q's norm.

    Raises
    ------
    ConfigError : unknown options, values that cannot be honoured.
    """
    settings = plain(dict(options))
    schedule = settings.pop("lam_schedule", "constant")
    if schedule not in SCHEDULES:
        raise ConfigError(f"optim_options: lam_schedule={schedule!r} is unknown; choose one of {', '.join(SCHEDULES)}")
    known = [p for p in inspect.signature(SuperpositionalAdamW.__init__).parameters if p not in _NOT_HERE]
    for key in settings:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            raise ConfigError(f"optim_options: SuperpositionalAdamW has no {key!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    if twin == "random-q" and settings.get("mode", "sine") in ("sine", "circuit"):
        settings["control_of"] = settings.get("mode", "sine")
    settings.update(OPTIMIZER_TWINS[twin] if twin else {})
    made = Superpositional(settings, "constant" if twin == "lambda-zero" else schedule)
    try:
        _ = made.quadrant
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise ConfigError(f"optim_options: {error}") from None
    return made


class LamCallback(TrainerCallback):
    """A schedule of λ for `transformers.Trainer`; its state lies beside the optimizer's in every checkpoint."""

    FILE = "lam_schedule.json"

    def __init__(self, schedule: str, steps: int) -> None:
        self._name, self._steps = schedule, steps
        self._schedule: CosineLam | PlateauLam | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, optimizer: Any = None, **_: Any) -> None:
        self._schedule = CosineLam(optimizer, self._steps) if self._name == "cosine" else PlateauLam(optimizer)
        if state.global_step:
            saved = Path(args.output_dir) / f"checkpoint-{state.global_step}" / self.FILE
            try:
                self._schedule.load_state_dict(json.loads(read_text(saved).text))
            except (OSError, ValueError, AttributeError) as error:
                raise ConfigError(f"{saved}: the schedule of λ cannot go on: {error}") from None

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if isinstance(self._schedule, CosineLam):
            self._schedule.step()

    def on_log(self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any) -> None:
        loss = float((logs or {}).get("loss", "nan"))
        if isinstance(self._schedule, PlateauLam) and not math.isnan(loss):  # a diverged run is the record's to tell
            self._schedule.step(loss)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        if self._schedule is not None and state.is_world_process_zero and folder.is_dir():
            write_whole(folder / self.FILE, json.dumps(self._schedule.state_dict()))
