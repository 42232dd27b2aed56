"""Where the matrices of linear maps should move: the loss's gradient to them, or their update in a short
training. They need not be trainable for it, and are left as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from qualms.errors import ConfigError


def weight_gradients(
    model: nn.Module, maps: Mapping[str, nn.Module], batches: Sequence[Mapping[str, Any]]
) -> dict[str, Tensor]:
    """The mean over batches of ∂loss/∂W, for each of some linear maps inside a model.

    The gradient is made of each map's inputs x and of the loss's gradients δ to its outputs: Σ δ xᵀ over the
    tokens. So weights may be frozen, quantized (the gradient is then that of the matrix they stand for) or
    tied (it is that of this map's use alone). It is computed in evaluation mode, without dropout.

    Parameters
    ----------
    model : nn.Module
        Called with each batch's items; its result has a `loss`.
    maps : Mapping[str, nn.Module]
        Modules of the model by name, each y = W x + … of its first argument.
    batches : Sequence[Mapping[str, Any]]
        Keyword arguments of the model, labels among them.

    Returns
    -------
    dict[str, Tensor]
        (out, in) float32 by name, on the map's device.

    Raises
    ------
    ConfigError
        For batches without a loss, a loss that is not finite, and maps that the loss does not depend on.
        Modes, `requires_grad` and `.grad` are as before in every case.
    """
    totals: dict[str, Tensor] = {}
    for number, batch in enumerate(batches, 1):
        with _evaluating(model), _watching(maps) as seen, torch.enable_grad():
            _add_gradients(totals, seen, _loss(model, batch, number))
    _check_moved(maps, totals, len(batches))
    return {name: total / len(batches) for name, total in totals.items()}


@dataclass(frozen=True)
class Updates:
    """What a short training did.

    Attributes
    ----------
    by_map : dict[str, Tensor]
        What it added to every map's matrix, (out, in) float32.
    loss_before, loss_after : float
        The first batch's loss before the first step and after the last one.
    """

    by_map: dict[str, Tensor]
    loss_before: float
    loss_after: float


def weight_updates(
    model: nn.Module, maps: Mapping[str, nn.Module], batches: Sequence[Mapping[str, Any]], rate: float
) -> Updates:
    """Train some linear maps for a few steps, and tell by how much that moves their matrices.

    Every batch is a step of sign descent, W ← W − rate · r · sign(∂loss/∂W), where r is the root mean square
    of W's entries. It needs no optimizer's state, and every gradient is freed as soon as it is used: what is
    held is the maps' numbers once more, in float32. The moved matrices stand in the maps' place while the
    model runs; beside quantized and half-precision ones stands their change. What `weight_gradients` says of
    weights, mode and errors holds here.

    Parameters
    ----------
    model, maps, batches
        As in `weight_gradients`.
    rate : float
        The step, as a share of the root mean square of a map's entries.
    """
    steps = {name: rate * _root_mean_square(module) for name, module in maps.items()}
    own = {name: weight for name, module in maps.items() if (weight := _plain_weight(module)) is not None}
    moved = {name: nn.Parameter(weight.detach().clone()) for name, weight in own.items()}
    beside = {name: module for name, module in maps.items() if name not in own}
    changes: dict[str, Tensor] = {}
    for name, module in beside.items():
        size: Any = (module.out_features, module.in_features)
        changes[name] = torch.zeros(size, device=steps[name].device, requires_grad=True)
    trained = {**moved, **changes}

    def apply(matrix: Tensor, step: Tensor) -> None:
        assert matrix.grad is not None
        with torch.no_grad():
            matrix.sub_(step * matrix.grad.sign())
        matrix.grad = None

    for name, matrix in trained.items():
        matrix.register_post_accumulate_grad_hook(lambda m, step=steps[name]: apply(m, step))
    losses = []
    for number, batch in enumerate([*batches, batches[0]], 1):
        is_step = number <= len(batches)
        with (
            _evaluating(model), _replaced(maps, moved), _changed(beside, changes),
            torch.set_grad_enabled(is_step),
        ):  # fmt: skip
            loss = _loss(model, batch, number if is_step else 1)
            if is_step and loss.requires_grad:
                torch.autograd.backward(loss, inputs=list(trained.values()))
        losses.append(loss.item())
    found = {name: change.detach() for name, change in changes.items()}
    for name, weight in own.items():
        change = moved[name].detach() - weight.detach()
        found[name] = change.T.contiguous() if _is_transposed(maps[name]) else change
    found = {name: found[name] for name in maps}
    _check_moved(maps, found, len(batches))
    return Updates(found, losses[0], losses[-1])


def _base(module: nn.Module) -> Any:
    layer: Any = module
    return layer.get_base_layer()


def _is_transposed(module: nn.Module) -> bool:
    return isinstance(_base(module), Conv1D)


def _plain_weight(module: nn.Module) -> Tensor | None:
    """The weights of a map that another matrix can stand in for: of a plain layer, in single precision. A
    step is lost in the rounding of lower ones.
    """
    base = _base(module)
    weight: Tensor | None = base._parameters.get("weight") if type(base) in (nn.Linear, Conv1D) else None
    return weight if type(weight) is nn.Parameter and weight.dtype == torch.float32 else None


def _root_mean_square(module: nn.Module) -> Tensor:
    """Of the entries of a linear map's matrix; a quantized one's is estimated by what it does to random
    inputs.
    """
    layer: Any = module
    weight = _base(module).weight
    if weight.is_floating_point():
        return torch.linalg.vector_norm(weight.detach().float()) / weight.numel() ** 0.5
    inputs = torch.randn(64, layer.in_features, generator=torch.Generator().manual_seed(0)).to(weight.device)
    with torch.no_grad():
        base = _base(module)
        return (base(inputs) - base(torch.zeros_like(inputs))).float().square().mean().sqrt() / (
            layer.in_features**0.5
        )


def _loss(model: nn.Module, batch: Mapping[str, Any], number: int) -> Tensor:
    loss = getattr(model(**_on_device(model, batch)), "loss", None)
    if loss is None:
        raise ConfigError(f"batch {number} gives no loss, so there is no gradient: it needs labels")
    if not torch.isfinite(loss):
        raise ConfigError(
            f"batch {number} gives a loss of {loss.item()}, which has no gradient to fit directions to; look "
            "at its data, at the base model, and at update_rate"
        )
    return loss


def _check_moved(maps: Mapping[str, nn.Module], found: Mapping[str, Tensor], batches: int) -> None:
    """Raises ConfigError for a map that the loss does not depend on."""
    for name in maps:
        if name not in found or not found[name].any():
            raise ConfigError(
                f"{name} has no gradient: the loss of {batches} batches does not depend on it; leave it out "
                "with exclude_modules"
            )


def _add_gradients(
    totals: dict[str, Tensor], seen: list[tuple[str, Tensor, torch.autograd.graph.GradientEdge]], loss: Tensor
) -> None:
    if not seen or not loss.requires_grad:
        return
    found = torch.autograd.grad(loss, [edge for *_, edge in seen], allow_unused=True)
    for (name, x, _), delta in zip(seen, found, strict=True):
        if delta is not None:
            product = delta.reshape(-1, delta.shape[-1]).float().mT @ x.reshape(-1, x.shape[-1]).float()
            totals[name] = totals[name] + product if name in totals else product


def _on_device(model: nn.Module, batch: Mapping[str, Any]) -> dict[str, Any]:
    device = next(model.parameters()).device
    return {k: v.to(device) if isinstance(v, Tensor) else v for k, v in batch.items()}


@contextmanager
def _evaluating(model: nn.Module) -> Iterator[None]:
    """Inside, the model is in evaluation mode; every module has its own mode back afterwards."""
    before = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        yield
    finally:
        for module, training in before:
            module.training = training


@contextmanager
def _watching(
    maps: Mapping[str, nn.Module],
) -> Iterator[list[tuple[str, Tensor, torch.autograd.graph.GradientEdge]]]:
    """Inside, every call of a map is noted: name, input, and the place of its output in autograd's graph."""
    seen: list[tuple[str, Tensor, torch.autograd.graph.GradientEdge]] = []

    def note(name: str, x: Tensor, out: Tensor) -> Tensor:
        # a copy, so that what the model does to it in place does not change which gradient is asked for
        copied = (out if out.requires_grad else out.detach().requires_grad_()).clone()
        seen.append((name, x.detach(), torch.autograd.graph.get_gradient_edge(copied)))
        return copied

    handles = [
        module.register_forward_hook(lambda _, args, out, name=name: note(name, args[0], out))
        for name, module in maps.items()
    ]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()


@contextmanager
def _replaced(maps: Mapping[str, nn.Module], matrices: Mapping[str, nn.Parameter]) -> Iterator[None]:
    """Inside, some maps have other weights."""
    before = {name: _base(maps[name]).weight for name in matrices}
    try:
        for name, matrix in matrices.items():
            _base(maps[name])._parameters["weight"] = matrix
        yield
    finally:
        for name, weight in before.items():
            _base(maps[name])._parameters["weight"] = weight


@contextmanager
def _changed(maps: Mapping[str, nn.Module], changes: Mapping[str, Tensor]) -> Iterator[None]:
    """Inside, every map's output has that of its change added to it."""

    def add(change: Tensor, x: Tensor, out: Tensor) -> Tensor:
        return out + (x.float() @ change.mT).to(out.dtype)

    handles = [
        module.register_forward_hook(lambda _, args, out, change=changes[name]: add(change, args[0], out))
        for name, module in maps.items()
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()
