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
from qualms.optim import CosineLam, Perturbation, PlateauLam, SuperpositionalAdamW
from qualms.optim.settings import SHORT_NAMES, short_names
from qualms.optim.twins import optimizer_twin
from qualms.records import CLASSICAL, Quadrant
from qualms.records.files import write_whole

SUPERPOSITIONAL = "superpositional"
OPTIMIZERS = ("adamw", SUPERPOSITIONAL)
SCHEDULES = ("constant", "cosine", "plateau")
_ENOUGH = 4096  # numbers of a parameter that any setting can be tried on
_NOT_HERE = ("self", "params", "lr", "weight_decay", "q")  # the recipe's own, and what a file cannot hold


@dataclass(frozen=True)
class Superpositional:
    """`SuperpositionalAdamW` with its settings.

    Attributes
    ----------
    lam : float
        λ at the start of the run.
    q : Perturbation
        Q.
    seed : int, optional
        Of what Q draws; the run's own if None.
    schedule : str
        Of λ: "constant", "cosine" over the run or "plateau" of the training loss.
    arguments : dict
        What else `SuperpositionalAdamW` is given, but for parameters, rate and decay.
    """

    lam: float
    q: Perturbation
    seed: int | None
    schedule: str
    arguments: dict[str, Any]

    @property
    def quadrant(self) -> Quadrant:
        return self.q.quadrant if self.lam else CLASSICAL

    @property
    def settings(self) -> dict[str, Any]:
        """The same by short names, as a record tells them; what is as by default is left out."""
        named = {k: v for k, v in short_names(self.q, {}).items() if v != SHORT_NAMES[k]}
        return {
            **self.arguments,
            "lam": self.lam,
            **named,
            **({} if self.seed is None else {"seed": self.seed}),
        }

    @property
    def files(self) -> tuple[str, ...]:
        """What a whole checkpoint has besides the trainer's own."""
        return () if self.schedule == "constant" else (LamCallback.FILE,)

    def for_trainer(self, rate: float, seed: int) -> tuple[type[torch.optim.Optimizer], dict[str, Any]]:
        """`optimizer_cls_and_kwargs`; weight decay comes with the trainer's parameter groups."""
        q = self.q.with_seed(seed if self.seed is None else self.seed)
        # as AdamW does: a run that diverges is recorded as one that diverged
        return SuperpositionalAdamW, {
            "nonfinite": "propagate",
            **self.arguments,
            "lr": rate,
            "lam": self.lam,
            "q": q,
        }

    def callbacks(self, steps: int) -> list[TrainerCallback]:
        return [] if self.schedule == "constant" else [LamCallback(self.schedule, steps)]

    def to_dict(self) -> dict[str, Any]:
        """What a record tells of it."""
        return {"settings": self.settings, "schedule": self.schedule}


def superpositional(options: dict[str, Any], twin: str | None = None) -> Superpositional:
    """The optimizer of these options, or the twin of it. Short names are read here, once.

    Parameters
    ----------
    options : dict
        Arguments of `SuperpositionalAdamW`, Q by its short names, and "lam_schedule", see `Superpositional`.
    twin : str, optional
        Name of one of `qualms.optim.twins.TWINS`.

    Raises
    ------
    ConfigError
        For unknown options and values that cannot be honoured.
    """
    settings = plain(dict(options))
    schedule = settings.pop("lam_schedule", "constant")
    if schedule not in SCHEDULES:
        raise ConfigError(
            f"optim_options: lam_schedule={schedule!r} is unknown; choose one of {', '.join(SCHEDULES)}"
        )
    known = [p for p in inspect.signature(SuperpositionalAdamW.__init__).parameters if p not in _NOT_HERE]
    for key in settings:
        if key not in known:
            near = difflib.get_close_matches(str(key), known, n=1)
            raise ConfigError(
                f"optim_options: SuperpositionalAdamW has no {key!r}"
                + (f"; did you mean {near[0]!r}?" if near else "")
            )
    arguments = {k: v for k, v in settings.items() if k not in SHORT_NAMES and k != "lam"}
    tried = _tried(settings)
    lam, q = tried.param_groups[0]["lam"], tried.perturbations[0]
    if twin:
        lam, q = optimizer_twin(lam, q, twin)
        _tried({**arguments, "lam": lam, "q": q})
    return Superpositional(
        lam, q, settings.get("seed"), "constant" if twin == "lambda-zero" else schedule, arguments
    )


def _tried(settings: dict[str, Any]) -> SuperpositionalAdamW:
    """An optimizer of these settings, which looks at all of them."""
    try:
        return SuperpositionalAdamW([torch.nn.Parameter(torch.zeros(_ENOUGH))], **settings)
    except (TypeError, ValueError, RuntimeError, OverflowError) as error:
        raise ConfigError(f"optim_options: {error}") from None


class LamCallback(TrainerCallback):
    """A schedule of λ for `transformers.Trainer`; its state lies beside the optimizer's in every
    checkpoint.
    """

    FILE = "lam_schedule.json"

    def __init__(self, schedule: str, steps: int) -> None:
        self._name, self._steps = schedule, steps
        self._schedule: CosineLam | PlateauLam | None = None

    def on_train_begin(self, args: Any, state: Any, control: Any, optimizer: Any = None, **_: Any) -> None:
        self._schedule = (
            CosineLam(optimizer, self._steps) if self._name == "cosine" else PlateauLam(optimizer)
        )
        if state.global_step:
            saved = Path(args.output_dir) / f"checkpoint-{state.global_step}" / self.FILE
            try:
                self._schedule.load_state_dict(json.loads(read_text(saved).text))
            except (OSError, ValueError, AttributeError) as error:
                raise ConfigError(f"{saved}: the schedule of λ cannot go on: {error}") from None

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        if isinstance(self._schedule, CosineLam):
            self._schedule.step()

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, Any] | None = None, **_: Any
    ) -> None:
        loss = float((logs or {}).get("loss", "nan"))
        # a diverged run is the record's to tell
        if isinstance(self._schedule, PlateauLam) and not math.isnan(loss):
            self._schedule.step(loss)

    def on_save(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        if self._schedule is not None and state.is_world_process_zero and folder.is_dir():
            write_whole(folder / self.FILE, json.dumps(self._schedule.state_dict()))
