"""Other forms of the idea, tried because the paper's Q does so little.

The hypotheses were written down before any of them was run.

scaled        Q is some thousandth of Adam's step because it is not divided by √v: give it Adam's scale, Q =
sin(πθ)·m̂/(√v̂ + ε). annealed      the same, strong at first and gone at the end (CosineLam): exploration
early, none late. curvature     where the gradient is largest a perturbation matters most: sin(πθ)·g on the n
coordinates with the largest v of each tensor. interference  two momenta interfere: Q = sgn(g)·√|m g|/(√v̂ +
ε), constructive where gradient and momentum agree, destructive where not. tunnelling    a plateau of the loss
is left by steps of Adam's size in a random direction, ten at a time.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from qualms.optim import Coordinates
from qualms.optim.coordinates import generator


def adam_step(at: Coordinates) -> list[Tensor]:
    """m̂/(√v̂ + ε) as this step will make it."""
    out = []
    for g, m, v, step in zip(at.grad, at.mean, at.square, at.step, strict=True):
        t = float(step) + 1
        mean, square = at.beta1 * m + (1 - at.beta1) * g, at.beta2 * v + (1 - at.beta2) * g * g
        out.append(mean / (1 - at.beta1**t) / ((square / (1 - at.beta2**t)).sqrt() + at.eps))
    return out


def scaled(at: Coordinates) -> list[Tensor]:
    return [torch.sin(math.pi * theta) * step for theta, step in zip(at.theta, adam_step(at), strict=True)]


def curvature(at: Coordinates, n: int = 4) -> list[Tensor]:
    out = []
    for theta, g, v in zip(at.theta, at.grad, at.square, strict=True):
        q = torch.zeros_like(g)
        top = v.reshape(-1).topk(min(n, v.numel())).indices
        q.view(-1)[top] = torch.sin(math.pi * theta.reshape(-1)[top]) * g.reshape(-1)[top]
        out.append(q)
    return out


def interference(at: Coordinates) -> list[Tensor]:
    out = []
    for g, m, v, step in zip(at.grad, at.mean, at.square, at.step, strict=True):
        root = ((at.beta2 * v + (1 - at.beta2) * g * g) / (1 - at.beta2 ** (float(step) + 1))).sqrt() + at.eps
        out.append(g.sign() * (m * g).abs().sqrt() / root)
    return out


class Tunnelling:
    """Watches the loss; for ten steps after fifty without a new best of its running mean, Q is random and of
    the size of Adam's step.
    """

    def __init__(self, seed: int) -> None:
        self.seed, self.mean, self.best, self.waited, self.left = seed, None, math.inf, 0, 0

    def observe(self, loss: float) -> None:
        self.mean = loss if self.mean is None else 0.95 * self.mean + 0.05 * loss
        self.left = max(0, self.left - 1)
        self.waited = 0 if self.mean < self.best else self.waited + 1
        self.best = min(self.best, self.mean)
        if self.waited >= 50:
            self.left, self.waited = 10, 0

    def __call__(self, at: Coordinates) -> list[Tensor]:
        out = []
        for step, count, place in zip(adam_step(at), at.step, at.position, strict=True):
            drawn = torch.randn(step.shape, generator=generator("tunnel", self.seed, int(count), place))
            out.append(drawn * (step.norm() / drawn.norm()) if self.left else torch.zeros_like(step))
        return out
