"""One projection A x for the maps of a block that share A: made once in a forward of the block, and forgotten
when that forward ends.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn


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


@dataclass
class _Scope:
    """One forward of a block, and what was projected in it."""

    block: nn.Module
    outer: _Scope | None
    made: dict[tuple, _Made] = field(default_factory=dict)


# A context variable and no attribute of a module: threads that share a model do not share it, and copies and
# files of the model hold nothing of it.
_scope: ContextVar[_Scope | None] = ContextVar("qualms_projection_scope", default=None)


def _enter(block: nn.Module, *_: Any) -> None:
    if torch.compiler.is_compiling():
        return
    outer = stale = _scope.get()
    # torch calls no hook after KeyboardInterrupt: what that forward left behind goes now
    while stale is not None:
        if stale.block is block:
            outer = stale.outer
        stale = stale.outer
    _scope.set(_Scope(block, outer))


def _leave(block: nn.Module, *_: Any) -> None:
    if torch.compiler.is_compiling():
        return
    scope = _scope.get()
    while scope is not None and scope.block is not block:
        scope = scope.outer
    if scope is not None:
        _scope.set(scope.outer)


def watch(block: nn.Module) -> None:
    """From now on every forward of `block` is a scope, which ends with it, also where it raises."""
    if _enter not in block._forward_pre_hooks.values():
        block.register_forward_pre_hook(_enter)
        block.register_forward_hook(_leave, always_call=True)


def unwatch(model: nn.Module) -> None:
    """Take the hooks of `watch` off every module of `model`."""
    for module in model.modules():
        hooks: Any
        for hooks in (module._forward_pre_hooks, module._forward_hooks):
            for key in [k for k, hook in hooks.items() if hook in (_enter, _leave)]:
                del hooks[key]
                module._forward_hooks_always_called.pop(key, None)


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


def _plain() -> bool:
    """Whether torch does something that Python's autograd functions cannot go through."""
    return (
        torch.compiler.is_compiling()
        or torch._C._are_functorch_transforms_active()
        or torch.autograd.forward_ad._current_level >= 0
    )


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
    if _plain():
        return nn.functional.linear(tokens_of(x), down)
    # torch does not count the changes of inference tensors
    scope = None if x.is_inference() or down.is_inference() else _scope.get()
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
