"""Adam as other readings of the paper have it."""

from __future__ import annotations

import torch
from torch import Tensor


def adamw_as_read(
    params: list[Tensor], grads: list[Tensor], means: list[Tensor], squares: list[Tensor],
    steps: list[Tensor], *, bias_correction: bool, eps_inside_root: bool, beta1: float, beta2: float,
    lr: float | Tensor, weight_decay: float, eps: float, maximize: bool,
) -> None:  # fmt: skip
    """AdamW's step in place, with or without bias correction, dividing by √v + eps or √(v + eps).

    Tensors as in `torch.optim.adamw.adamw`.
    """
    torch._foreach_add_(steps, 1)
    rate = float(lr)
    for p, g, m, v, step in zip(params, grads, means, squares, steps, strict=True):
        theta, grad, mean, square = (
            torch.view_as_real(t) if t.is_complex() else t for t in (p, -g if maximize else g, m, v)
        )
        correction1, correction2 = (
            (1 - beta ** float(step)) if bias_correction else 1.0 for beta in (beta1, beta2)
        )
        theta.mul_(1 - rate * weight_decay)
        mean.lerp_(grad, 1 - beta1)
        square.mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
        root = (
            (square / correction2 + eps).sqrt_()
            if eps_inside_root
            else (square.sqrt() / correction2**0.5).add_(eps)
        )
        theta.addcdiv_(mean, root, value=-rate / correction1)
