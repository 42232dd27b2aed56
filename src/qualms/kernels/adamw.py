"""One sweep over memory: AdamW's step with the superpositional term in it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from qualms.errors import ConfigError
from qualms.kernels.core import AdamWJob, compiled_core


def can_sweep(tensors: Sequence[Tensor]) -> bool:
    """Whether the compiled core takes these: it is there, and they are dense, contiguous CPU tensors of one
    precision, float32 or float64.
    """
    if torch.compiler.is_compiling() or compiled_core() is None:
        return False
    dtype = tensors[0].dtype
    if dtype not in (torch.float32, torch.float64) or {t.dtype for t in tensors} != {dtype}:
        return False
    plain = {type(t) for t in tensors} <= {Tensor, torch.nn.Parameter}
    # a negative view and a tensor of zeros without memory are lazy: their numbers are not what lies at their
    # address
    return plain and all(
        [t.is_cpu and t.is_contiguous() and not t.is_neg() and not t._is_zerotensor() for t in tensors]  # noqa: C419  a list is faster
    )


def materialised(grad: Tensor) -> Tensor:
    """A gradient whose numbers lie at its address; autograd makes negative views, and zeros without
    memory.
    """
    if grad._is_zerotensor():
        return torch.zeros(grad.shape, dtype=grad.dtype, device=grad.device)
    return grad.resolve_neg()


def superpositional_adamw_(
    params: Sequence[Tensor],
    grads: Sequence[Tensor],
    means: Sequence[Tensor],
    squares: Sequence[Tensor],
    limits: Sequence[int],
    steps: Sequence[float],
    *,
    lr: float,
    betas: tuple[float, float],
    eps: float,
    weight_decay: float,
    lam: float,
    maximize: bool,
    eps_inside_root: bool,
    correct_bias: bool,
    check: bool,
) -> np.ndarray:
    """θ ← θ(1 − lr·weight_decay) − lr·( m̂/(√v̂ + eps) + lam·sin(πθ)·g ), in place, the sine on each tensor's
    first coordinates.

    Parameters
    ----------
    params, grads, means, squares : Sequence[Tensor]
        Tensors that `can_sweep` takes; means and squares are Adam's m and v.
    limits : Sequence[int]
        How many of each tensor's coordinates have the sine.
    steps : Sequence[float]
        How many steps each tensor will have made with this one.
    check : bool
        Whether to look for gradients that are infinite or NaN; the blocks of 512 numbers that hold one
        are left alone.

    Returns
    -------
    np.ndarray
        How many such gradients each tensor has, (tensors) int64; zeros without `check`.

    Raises
    ------
    ConfigError
        For a gradient or state of another shape than its parameter, before anything changes.

    Notes
    -----
    The rest is as in `SuperpositionalAdamW`.
    """
    core = compiled_core()
    assert core is not None
    shapes = [p.shape for p in params]
    for name, column in (("gradient", grads), ("exp_avg", means), ("exp_avg_sq", squares)):
        for shape, t in zip(shapes, column, strict=True):
            if t.shape != shape:
                raise ConfigError(
                    f"a {name} of shape {tuple(t.shape)} belongs to a parameter of shape {tuple(shape)}: "
                    "was its data replaced?"
                )
    job = AdamWJob(
        tensors=len(params), threads=torch.get_num_threads(), maximize=maximize, correct_bias=correct_bias,
        eps_inside_root=eps_inside_root, lr=lr, beta1=betas[0], beta2=betas[1], eps=eps, decay=weight_decay,
        lam=lam,
    )  # fmt: skip
    columns = [
        np.array([t.data_ptr() for t in column], np.uint64) for column in (params, grads, means, squares)
    ]
    sizes, counts, bad = (
        np.array([p.numel() for p in params], np.int64),
        np.array(steps, np.float64),
        np.zeros(len(params), np.int64),
    )
    job.not_finite = bad.ctypes.data if check else None
    first = np.array(limits, np.int64)
    job.sizes, job.limits, job.steps, job.params, job.grads, job.means, job.squares = (
        a.ctypes.data for a in (sizes, first, counts, *columns)
    )
    core.adamw(job, params[0].dtype.itemsize)
    torch.autograd.graph.increment_version([*params, *means, *squares])
    return bad


def not_finite_counts(grads: Sequence[Tensor]) -> np.ndarray:
    """How many numbers of each tensor are infinite or NaN, (tensors) int64; of tensors that `can_sweep`
    takes.
    """
    core = compiled_core()
    assert core is not None
    places, sizes = (
        np.array([g.data_ptr() for g in grads], np.uint64),
        np.array([g.numel() for g in grads], np.int64),
    )
    steps, bad = np.ones(len(grads)), np.zeros(len(grads), np.int64)
    job = AdamWJob(tensors=len(grads), threads=torch.get_num_threads())
    job.sizes, job.grads, job.steps, job.not_finite = (a.ctypes.data for a in (sizes, places, steps, bad))
    core.not_finite(job, grads[0].dtype.itemsize)
    return bad
