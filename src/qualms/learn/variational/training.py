"""Training a module: mini-batches, any torch optimizer, early stopping on rows that are held out."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from qualms.data.numbers import as_integer, as_real
from qualms.errors import ConfigError, NonFiniteError
from qualms.learn.variational.module import VariationalModule
from qualms.optim import SuperpositionalAdamW

Loss = Callable[[Tensor, Tensor], Tensor]  # outputs (B, k) and targets → a loss for each row, (B,)
_KEPT_BYTES = 1 << 28  # encoded states of all rows are kept where they are not larger than this
_OWN = {"superpositionaladamw": SuperpositionalAdamW}


@dataclass(frozen=True)
class Training:
    """How to train.

    Attributes
    ----------
    optimizer : str | type
        The name of a class in `torch.optim`, upper or lower case, "SuperpositionalAdamW", or a class.
    optimizer_settings : Mapping or None
        Its further settings.
    learning_rate : float
    max_iter : int
        Most passes through the rows.
    batch_size : int or None
        None for all rows at once.
    tol : float
        A loss that is not lower than the best by this much is no improvement.
    n_iter_no_change : int
        Passes without improvement after which training ends.
    """

    optimizer: str | type = "Adam"
    optimizer_settings: Mapping[str, Any] | None = None
    learning_rate: float = 0.05
    max_iter: int = 200
    batch_size: int | None = 32
    tol: float = 1e-4
    n_iter_no_change: int = 10

    def __post_init__(self) -> None:
        as_integer(self.max_iter, "max_iter=", 1)
        as_integer(self.n_iter_no_change, "n_iter_no_change=", 1)
        if self.batch_size is not None:
            as_integer(self.batch_size, "batch_size=", 1)
        if as_real(self.learning_rate, "learning_rate=") <= 0:
            raise ConfigError(f"learning_rate={self.learning_rate} must be above 0")
        as_real(self.tol, "tol=")

    def optimizer_of(self, parameters: Any) -> torch.optim.Optimizer:
        """The optimizer of these parameters. Raises ConfigError for one that is unknown, or its settings."""
        made = self.optimizer
        if isinstance(made, str):
            known = {
                name.lower(): kind
                for name, kind in vars(torch.optim).items()
                if inspect.isclass(kind) and issubclass(kind, torch.optim.Optimizer)
            } | _OWN
            if made.lower() not in known:
                raise ConfigError(
                    f"optimizer={made!r} is unknown; choose one of torch.optim, or give a class"
                )
            made = known[made.lower()]
        try:
            return made(parameters, lr=self.learning_rate, **(self.optimizer_settings or {}))
        except TypeError as error:
            raise ConfigError(f"optimizer {made.__name__}: {error}") from None


@dataclass(frozen=True)
class Rows:
    """Rows (N, features), targets (N, …) and weights (N,)."""

    rows: Tensor
    targets: Tensor
    weights: Tensor


@dataclass(frozen=True)
class Curve:
    """What a training did.

    Attributes
    ----------
    losses : list of float
        Mean loss of each pass, over its batches.
    held_out : list of float
        Loss on the held-out rows after each pass; empty without such rows.
    stopped : str
        "no improvement" or "max_iter".
    """

    losses: list[float]
    held_out: list[float]
    stopped: str


def train(
    module: VariationalModule,
    data: Rows,
    loss: Loss,
    how: Training,
    rng: np.random.RandomState,
    held_out: Rows | None = None,
) -> Curve:
    """Train a module in place.

    It ends with the parameters of the best pass on the held-out rows, and without such rows with the last.

    Raises
    ------
    NonFiniteError
        Where the loss is no number any more.
    """
    optimizer = how.optimizer_of(module.parameters())
    inputs = _inputs(module, data.rows)
    checked = None if held_out is None else _inputs(module, held_out.rows)
    count, mean_weight = len(data.rows), data.weights.mean()
    size = min(how.batch_size or count, count)
    losses: list[float] = []
    validation: list[float] = []
    best, best_state, waited = np.inf, _copied(module), 0
    for _ in range(how.max_iter):
        order = torch.from_numpy(rng.permutation(count)) if size < count else None
        total = 0.0
        for start in range(0, count, size):
            part = slice(None) if order is None else order[start : start + size]
            total += _step(module, optimizer, loss, inputs, part, data, mean_weight)
        losses.append(total / float(count * mean_weight))
        if held_out is not None and checked is not None:
            with torch.no_grad():
                each = loss(_outputs(module, checked, slice(None)), held_out.targets)
            validation.append(float((held_out.weights * each).sum() / held_out.weights.sum()))
        seen = (validation or losses)[-1]
        if not np.isfinite(seen):
            raise NonFiniteError(
                f"the loss became {seen} in pass {len(losses)}; set a smaller learning_rate, now "
                f"{how.learning_rate}"
            )
        waited = 0 if seen < best - how.tol else waited + 1
        if seen < best:
            best = seen
            if held_out is not None:
                best_state = _copied(module)
        if waited >= how.n_iter_no_change:
            break
    if held_out is not None:
        module.load_state_dict(best_state)
    stopped = "no improvement" if waited >= how.n_iter_no_change else "max_iter"
    return Curve(losses, validation, stopped)


def _step(
    module: VariationalModule,
    optimizer: torch.optim.Optimizer,
    loss: Loss,
    inputs: Tensor,
    part: Any,
    data: Rows,
    mean_weight: Tensor,
) -> float:
    """One step on a batch; the sum of its weighted losses before the step."""
    weights, targets = data.weights[part], data.targets[part]

    def closure() -> float:
        optimizer.zero_grad()
        each = (weights * loss(_outputs(module, inputs, part), targets)).sum()
        (each / (len(weights) * mean_weight)).backward()
        return float(each.detach())

    # optimizers with a line search evaluate several times, and return the first value
    return float(optimizer.step(closure))


def _inputs(module: VariationalModule, rows: Tensor) -> Tensor:
    """The encoded states of all rows, where these are the same in every pass and there is room; else rows."""
    size = len(rows) * (2 * rows.element_size() << module.layout.qubits)
    if module.backend is None and size <= _KEPT_BYTES:
        with torch.no_grad():
            return module.encoded(rows)
    return rows


def _outputs(module: VariationalModule, inputs: Tensor, part: Any) -> Tensor:
    if module.layout.architecture == "re-uploading" or not inputs.is_complex():
        made: Tensor = module(inputs[part])
        return made
    return module.from_encoded(inputs[part])


def _copied(module: torch.nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in module.state_dict().items()}
