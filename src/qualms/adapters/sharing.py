"""One projection A x for the maps of a block that share A: made once in a forward of the block, and forgotten
when that forward ends.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from qualms.adapters.scope import blocks, is_transformed


@dataclass
class _Used:
    """What `_Project` needs in its backward, brought by the maps whose gradients it gets."""

    saved: tuple[Tensor, Tensor] | None = None


@dataclass(frozen=True)
class _Made:
    """A projection of one input.

    `x` is kept, so that no other tensor can take its place in memory; `versions`, of it and of A, tell of
    changes.
    """

    x: Tensor
    versions: tuple[int, int] | None
    tokens: Tensor
    value: Tensor
    used: _Used


class _Project(torch.autograd.Function):
    """tokens (T, in), A (2ⁿ, in) → (T, 2ⁿ).

    Keeps nothing for its backward: `_Use` brings it, so that every map can have a backward of its own.
    """

    @staticmethod
    def forward(ctx: Any, tokens: Tensor, down: Tensor, used: _Used) -> Tensor:
        ctx.used = used
        with torch.autocast(tokens.device.type, enabled=False):
            return tokens @ down.mT

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, Tensor | None, None]:
        (tokens, down), ctx.used.saved = ctx.used.saved, None
        return (
            grad @ down if ctx.needs_input_grad[0] else None,
            grad.mT @ tokens if ctx.needs_input_grad[1] else None,
            None,
        )


class _Use(torch.autograd.Function):
    """The projection as one of its maps takes it.

    In the backward the gradients of all maps are summed before `_Project` works on them once.
    """

    @staticmethod
    def forward(ctx: Any, value: Tensor, tokens: Tensor, down: Tensor, used: _Used) -> Tensor:
        ctx.save_for_backward(tokens, down)
        ctx.used = used
        return value.view_as(value)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None, None]:
        ctx.used.saved = ctx.saved_tensors
        return grad, None, None, None


def projected(
    owner: nn.Module, adapter: str, x: Tensor, down: Tensor, tokens_of: Callable[[Tensor], Tensor]
) -> Tensor:
    """A x: (T, 2ⁿ) float32.

    Parameters
    ----------
    owner : nn.Module
        The module whose A it is.
    adapter : str
        Name of the adapter that A belongs to.
    x : Tensor
        The input, (..., in). The same tensor, not changed in between, is projected once in a forward of
        the block; another one (keys and values of another sequence, for instance) is projected for
        itself.
    down : Tensor
        A, (2ⁿ, in) float32.
    tokens_of : Callable[[Tensor], Tensor]
        Gives the input as (T, in) float32.
    """
    if is_transformed():
        return nn.functional.linear(tokens_of(x), down)
    # torch does not count the changes of inference tensors
    scope = None if x.is_inference() or down.is_inference() else blocks.present.get()
    key = (owner, adapter, id(x), torch.is_grad_enabled())
    made = scope.made.get(key) if scope is not None else None
    versions = None if scope is None else (x._version, down._version)
    if made is None or made.versions != versions:
        tokens, used = tokens_of(x), _Used()
        value = _Project.apply(tokens, down, used)
        made = _Made(x, versions, tokens, value, used)
        if scope is not None:
            scope.made[key] = made
    return _Use.apply(made.value, made.tokens, down, made.used)
