"""Fitting angles: quasi-Newton steps where the loss is exact, Adam where it is estimated."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from scipy.optimize import minimize
from torch import Tensor


@dataclass(frozen=True)
class Trained:
    """What training ended with.

    Attributes
    ----------
    values : np.ndarray
        The parameters.
    loss : float
        At these; for estimated losses the mean of the last tenth of the steps.
    n_iter : int
        Steps made.
    curve : list of float
        The loss at every step.
    converged : bool
        Whether the method stopped before it had made all its steps.
    """

    values: np.ndarray
    loss: float
    n_iter: int
    curve: list[float]
    converged: bool


def exactly(loss: Callable[[Tensor], Tensor], start: np.ndarray, max_iter: int, tol: float) -> Trained:
    """Minimise an exact loss by L-BFGS (scipy), in float64, with gradients from torch."""

    def value_and_gradient(values: np.ndarray) -> tuple[float, np.ndarray]:
        theta = torch.tensor(values, dtype=torch.float64, requires_grad=True)
        found = loss(theta)
        (gradient,) = torch.autograd.grad(found, theta)
        return float(found.detach()), gradient.numpy()

    return minimised(value_and_gradient, start, max_iter, tol)


def minimised(
    value_and_gradient: Callable[[np.ndarray], tuple[float, np.ndarray]],
    start: np.ndarray,
    max_iter: int,
    tol: float,
) -> Trained:
    """Minimise a function that comes with its gradient, by L-BFGS; `tol` bounds the largest entry of it."""
    curve: list[float] = []

    def note(intermediate_result: Any) -> None:
        curve.append(float(intermediate_result.fun))

    found = minimize(
        value_and_gradient,
        start,
        jac=True,
        method="L-BFGS-B",
        callback=note,
        options={"maxiter": max_iter, "maxfun": 2 * max_iter + 20, "gtol": tol, "ftol": 1e-15, "maxcor": 20},
    )
    return Trained(found.x, float(found.fun), int(found.nit), curve, found.nit < max_iter)


def by_estimates(
    loss: Callable[[Tensor], Tensor], start: np.ndarray, steps: int, learning_rate: float
) -> Trained:
    """Minimise a loss that is drawn anew at every step, by Adam in float32; the step falls to a tenth on the
    way.
    """
    theta = torch.tensor(start, dtype=torch.float32, requires_grad=True)
    optimizer = torch.optim.Adam([theta], lr=learning_rate)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.1 ** (1 / max(steps, 1)))
    curve = []
    for _ in range(steps):
        optimizer.zero_grad()
        value = loss(theta)
        value.backward()
        optimizer.step()
        schedule.step()
        curve.append(float(value.detach()))
    last = curve[-max(1, steps // 10) :]
    return Trained(theta.detach().double().numpy(), float(np.mean(last)), steps, curve, False)
