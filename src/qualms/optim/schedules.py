"""Schedules of λ, called as torch's learning-rate schedulers are."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor
from torch.optim import Optimizer

from qualms.data.numbers import plain_real
from qualms.errors import ConfigError


class _LamSchedule:
    """Sets each group's `lam` to its first value times a factor."""

    def __init__(self, optimizer: Optimizer) -> None:
        if any("lam" not in g for g in optimizer.param_groups):
            raise ConfigError(f"{type(optimizer).__name__} has no lam to schedule")
        self._optimizer = optimizer
        self._first = [float(g["lam"]) for g in optimizer.param_groups]
        self.factor = 1.0

    def _apply(self) -> None:
        if len(self._optimizer.param_groups) != len(self._first):
            raise ConfigError(
                f"a schedule made for {len(self._first)} parameter groups, but the optimizer has "
                f"{len(self._optimizer.param_groups)}"
            )
        for group, first in zip(self._optimizer.param_groups, self._first, strict=True):
            if isinstance(group["lam"], Tensor):
                group["lam"].fill_(first * self.factor)
            else:
                group["lam"] = first * self.factor

    def state_dict(self) -> dict[str, Any]:
        """Everything but the optimizer."""
        return {k: v for k, v in vars(self).items() if k != "_optimizer"}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Raises ConfigError for the state of another schedule."""
        mine = vars(self).keys() - {"_optimizer"}
        if state.keys() != mine:
            raise ConfigError(
                f"the state of a {type(self).__name__} has {', '.join(sorted(mine))}; this has "
                f"{', '.join(sorted(state))}"
            )
        numbers = [v for k, v in state.items() if k != "_first"] + list(state["_first"])
        if any(plain_real(v) is None for v in numbers):
            raise ConfigError(f"the state of a {type(self).__name__} is of numbers, this is {state}")
        if (
            any(not math.isfinite(v) for v in numbers)
            or min(state["_first"], default=0) < 0
            or state.get("total_steps", 1) < 1
        ):
            raise ConfigError(
                f"the state of a {type(self).__name__} has finite numbers, λ of at least 0 and at least "
                f"one step, this is {state}"
            )
        if len(state["_first"]) != len(self._first):
            raise ConfigError(
                f"a schedule's state for {len(state['_first'])} parameter groups, "
                f"but the optimizer has {len(self._first)}"
            )
        vars(self).update(state)
        self._apply()


class CosineLam(_LamSchedule):
    """λ from its first value to `final` times that along half a cosine in `total_steps` calls of `step`, and
    there it stays.

    Parameters
    ----------
    optimizer : Optimizer
        With `lam` in its groups.
    total_steps : int
        Number of steps of the schedule, at least 1.
    final : float, default 0.0
        The factor at the end, at least 0.
    """

    def __init__(self, optimizer: Optimizer, total_steps: int, final: float = 0.0) -> None:
        super().__init__(optimizer)
        steps, last = plain_real(total_steps), plain_real(final)
        if steps is None or not steps >= 1 or last is None or not 0 <= last < math.inf:
            raise ConfigError(
                f"total_steps={total_steps!r} is a number of at least 1 and final={final!r} one of at least 0"
            )
        self.total_steps, self.final, self.steps = steps, last, 0

    def step(self) -> None:
        """After each step of the optimizer."""
        self.steps += 1
        done = min(1.0, self.steps / self.total_steps)
        self.factor = self.final + (1 - self.final) * (1 + math.cos(math.pi * done)) / 2
        self._apply()


class PlateauLam(_LamSchedule):
    """λ times `decay` whenever the loss has not fallen by `threshold` (relative) for `patience` calls of
    `step`.

    Parameters
    ----------
    optimizer : Optimizer
        With `lam` in its groups.
    decay : float, default 0.5
        The factor of each reduction, in (0, 1).
    patience : int, default 10
        Calls without improvement that are borne, at least 0.
    threshold : float, default 0.001
        Relative improvement that counts.
    """

    def __init__(
        self, optimizer: Optimizer, decay: float = 0.5, patience: int = 10, threshold: float = 1e-3
    ) -> None:
        super().__init__(optimizer)
        found = [number for number in map(plain_real, (decay, patience, threshold)) if number is not None]
        if len(found) < 3 or not 0 < found[0] < 1 or min(found) < 0:
            raise ConfigError(
                f"decay={decay!r} is a number between 0 and 1, patience={patience!r} and "
                f"threshold={threshold!r} are numbers of at least 0"
            )
        self.decay, self.patience, self.threshold = found
        self.best, self.waited = math.inf, 0

    def step(self, loss: float) -> None:
        """After each measurement of the loss, of training or validation.

        Raises
        ------
        ConfigError
            For a loss that is NaN.
        """
        value = float(loss)
        if math.isnan(value):
            raise ConfigError("the loss is NaN: λ cannot follow it")
        if value < self.best - self.threshold * abs(self.best) or self.best == math.inf:
            self.best, self.waited = value, 0
            return
        self.waited += 1
        if self.waited > self.patience:
            self.factor, self.waited = self.factor * self.decay, 0
            self._apply()
