"""One computation for the parameters of many modules: a single node in autograd's graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


class Together:
    """The results of one computation for several tensors, each to be asked for by its tensor."""

    def __init__(self, tensors: Sequence[Tensor], results: Sequence[Tensor]) -> None:
        # the tensors are kept, so that no other one can take the place of one in memory
        self._made = {id(t): (t, t._version, result) for t, result in zip(tensors, results, strict=True)}

    @classmethod
    def of(cls, tensors: Sequence[Tensor], compute: Callable[[Tensor], Tensor]) -> Together:
        """Compute for the tensors one below the other along their first axis; row i of the result belongs to
        row i.
        """
        if torch.is_grad_enabled() and any(t.requires_grad for t in tensors):
            return cls(tensors, _Computed.apply(compute, *tensors))
        return cls(tensors, compute(torch.cat(list(tensors))).split([len(t) for t in tensors]))

    def of_one(self, tensor: Tensor) -> Tensor | None:
        """The result for one of the tensors; None if it is not among them, or was changed since."""
        found = self._made.get(id(tensor))
        return found[2] if found and found[1] == tensor._version else None


class _Computed(torch.autograd.Function):
    """Keeps its own graph, so that every result can have a backward of its own."""

    @staticmethod
    def forward(ctx: Any, compute: Callable[[Tensor], Tensor], *tensors: Tensor) -> tuple[Tensor, ...]:
        ctx.sizes = [len(t) for t in tensors]
        ctx.set_materialize_grads(False)
        with torch.enable_grad():
            ctx.stacked = torch.cat([t.detach() for t in tensors]).requires_grad_()
            ctx.result = compute(ctx.stacked)
        return ctx.result.detach().split(ctx.sizes)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor | None) -> tuple[Tensor | None, ...]:
        if all(g is None for g in grads):
            return (None,) * (1 + len(grads))
        whole = torch.cat([
            ctx.result.new_zeros(size, *ctx.result.shape[1:]) if g is None else g
            for g, size in zip(grads, ctx.sizes, strict=True)
        ])  # fmt: skip
        (found,) = torch.autograd.grad(ctx.result, ctx.stacked, whole, retain_graph=True)
        return None, *found.split(ctx.sizes)
