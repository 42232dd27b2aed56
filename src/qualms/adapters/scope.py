"""What is made once in a forward of a module, and forgotten when that forward ends."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn


@dataclass(frozen=True)
class Scope:
    """One forward of a module, and what was made in it."""

    module: nn.Module
    outer: Scope | None
    made: dict[tuple, Any] = field(default_factory=dict)


class Scopes:
    """The forwards of modules that are watched, of one purpose.

    The present one stands in a context variable and in no attribute of a module: threads that share a model
    do not share it, and copies and files of the model hold nothing of it.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self.present: ContextVar[Scope | None] = ContextVar(f"qualms_{name}", default=None)

    def __reduce__(self) -> str:
        return self._name  # the hooks of a copied or a loaded model are those of this module

    def enter(self, module: nn.Module, *_: Any) -> None:
        if torch.compiler.is_compiling():
            return
        outer = stale = self.present.get()
        # torch calls no hook after KeyboardInterrupt: what that forward left behind goes now
        while stale is not None:
            if stale.module is module:
                outer = stale.outer
            stale = stale.outer
        self.present.set(Scope(module, outer))

    def leave(self, module: nn.Module, *_: Any) -> None:
        if torch.compiler.is_compiling():
            return
        scope = self.present.get()
        while scope is not None and scope.module is not module:
            scope = scope.outer
        if scope is not None:
            self.present.set(scope.outer)

    def watch(self, module: nn.Module) -> None:
        """From now on every forward of `module` is a scope, which ends with it, also where it raises."""
        if self.enter not in module._forward_pre_hooks.values():
            module.register_forward_pre_hook(self.enter)
            module.register_forward_hook(self.leave, always_call=True)

    def unwatch(self, model: nn.Module) -> None:
        """Take the hooks of `watch` off every module of `model`."""
        for module in model.modules():
            hooks: Any
            for hooks in (module._forward_pre_hooks, module._forward_hooks):
                for key in [k for k, hook in hooks.items() if hook in (self.enter, self.leave)]:
                    del hooks[key]
                    module._forward_hooks_always_called.pop(key, None)


blocks = Scopes("blocks")
"""Forwards of blocks whose maps share a projection."""
models = Scopes("models")
"""Forwards of whole models, whose circuit factors are made together."""


def is_transformed() -> bool:
    """Whether torch does something that Python's autograd functions cannot go through."""
    return (
        torch.compiler.is_compiling()
        or torch._C._are_functorch_transforms_active()
        or torch.autograd.forward_ad._current_level >= 0
    )


def is_recomputed() -> bool:
    """Whether what a forward saves may be made once more in the backward, as `torch.utils.checkpoint` does:
    then it must not depend on what was made outside.
    """
    return torch._C._autograd._top_saved_tensors_default_hooks(True) is not None
