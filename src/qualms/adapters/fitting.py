"""Angles that start where the loss's gradient points: circuit factors are fitted to ∂loss/∂W before
training.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import torch
from torch import Tensor, nn

from qualms.adapters.factors import Factors
from qualms.adapters.gradients import weight_gradients
from qualms.adapters.layer import QSLLayer
from qualms.adapters.placement import quantum_layers
from qualms.errors import ConfigError

# numbers of gradients that are held at once, 1 GiB of them; a larger model is done in parts
_AT_ONCE = 1 << 28
_KINDS = ("qsl_angles", "qsl_angles_out")


@dataclass(frozen=True)
class Fit:
    """How well angles were fitted to the gradient G = ∂loss/∂W.

    Attributes
    ----------
    batches, steps : int
        Batches of which G is the mean, and steps of Adam.
    overlap : dict[str, float]
        By map, max_k |u_kᵀ G v_k| / σ₁: how near the best column pair comes to G's largest singular value, at
        most 1. A map's name has "[0]", "[1]", … where a fused map has several.
    captured : dict[str, float]
        By map, Σ_k (u_kᵀ G v_k)² / Σ_k σ_k²: how much of what the best K pairs of directions hold is reached,
        at most 1.
    seconds : float
        Wall time, gradients included.
    """

    batches: int
    steps: int
    overlap: dict[str, float]
    captured: dict[str, float]
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """The means over maps, as a record has them."""
        return {
            "batches": self.batches,
            "steps": self.steps,
            "maps": len(self.overlap),
            "overlap": fmean(self.overlap.values()),
            "captured": fmean(self.captured.values()),
            "seconds": self.seconds,
        }


def needs_fitting(model: nn.Module, adapter: str = "default") -> bool:
    """Whether the adapter has ``start="fitted"`` and its angles are still as they were drawn."""
    return any(not m.fitted.get(adapter, True) for m in model.modules() if isinstance(m, QSLLayer))


def fit_to_gradient(model: nn.Module, batches: Iterable[Mapping[str, Any]], adapter: str = "default") -> Fit:
    """Move the angles of circuit factors to where the loss's gradient points, before training.

    G = ∂loss/∂W is estimated for every map, for the base model that the adapter stands on. Then Adam moves
    the angles of ΔW = s · U(θ_a)[:, :K] diag(λ) U(θ_b)[:, :K]ᵀ so that Σ_k (u_kᵀ G v_k)² grows, u_k and v_k
    being the circuits' columns. The numbers λ stay 0, so the model computes what it did.

    Parameters
    ----------
    model : nn.Module
        A model with an adapter of ``form="factors"`` and ``start="fitted"`` that has not been trained.
    batches : Iterable[Mapping[str, Any]]
        Keyword arguments of the model, with labels, such as a training loader gives; all of them are used.
    adapter : str, default "default"
        The adapter's name.

    Returns
    -------
    Fit
        What was reached.

    Raises
    ------
    ConfigError
        For another adapter or one that has been trained, for no batches, and for gradients that there are not
        or that are not finite, see `weight_gradients`. The angles are as before then.

    Notes
    -----
    The result depends on `init_seed`, the batches and the base alone. `requires_grad` and `.grad` are left as
    they are. The gradients of a large model are computed in parts, each with a pass over the batches, so that
    about 1 GiB of them is held at a time.
    """
    began = time.perf_counter()
    layers = quantum_layers(model, adapter)
    _check(layers, adapter)
    given = list(batches)
    if not given:
        raise ConfigError("fitting needs at least one batch of training data, and there is none")
    config = next(iter(layers.values())).plans[adapter].config
    angles: dict[str, tuple[Tensor, Tensor]] = {}
    overlap: dict[str, float] = {}
    captured: dict[str, float] = {}
    for part in _parts(layers):
        gradients = weight_gradients(model, part, given)
        for alike in _of_one_shape(part, adapter).values():
            found, reached, held = _fitted(alike, gradients, adapter)
            angles.update(found)
            overlap.update(reached)
            captured.update(held)
    _put(angles, layers, adapter)
    return Fit(len(given), config.fit_steps, overlap, captured, time.perf_counter() - began)


def _check(layers: dict[str, QSLLayer], adapter: str) -> None:
    """Raises ConfigError for an adapter that is not to be fitted, or not any more."""
    for name, layer in layers.items():
        plan = layer.plans[adapter]
        if not isinstance(plan, Factors) or plan.config.start != "fitted":
            raise ConfigError(
                f"adapter {adapter!r} has start={plan.config.start!r}; only QSLConfig(form='factors', "
                "start='fitted') is fitted to the gradient"
            )
        if layer.qsl_spectrum[adapter].any():
            raise ConfigError(
                f"adapter {adapter!r} has been trained: its λ at {name} are not 0, and fitting would change "
                "what it computes; fit before training"
            )


def _parts(layers: dict[str, QSLLayer]) -> Iterator[dict[str, QSLLayer]]:
    """The layers in order, as many at a time as may have their gradients in memory together."""
    part: dict[str, QSLLayer] = {}
    size = 0
    for name, layer in layers.items():
        own = layer.in_features * layer.out_features
        if part and size + own > _AT_ONCE:
            yield part
            part, size = {}, 0
        part[name], size = layer, size + own
    yield part


def _of_one_shape(layers: dict[str, QSLLayer], adapter: str) -> dict[tuple, dict[str, QSLLayer]]:
    """Layers whose maps have the same sizes, on the same device; they are fitted together."""
    groups: dict[tuple, dict[str, QSLLayer]] = {}
    for name, layer in layers.items():
        plan = layer.plans[adapter]
        key = (plan.n_in, plan.n_out, layer.qsl_angles[adapter].device)
        groups.setdefault(key, {})[name] = layer
    return groups


def _fitted(
    layers: dict[str, QSLLayer], gradients: dict[str, Tensor], adapter: str
) -> tuple[dict[str, tuple[Tensor, Tensor]], dict[str, float], dict[str, float]]:
    """Fit maps of one shape together: the angles by layer, and `Fit.overlap` and `Fit.captured` by map."""
    plans = {name: layer.plans[adapter] for name, layer in layers.items()}
    plan = next(iter(plans.values()))
    assert isinstance(plan, Factors)
    g = torch.cat([plans[name].layout.apart(gradients[name]) for name in layers])
    largest = _singular_values(g, plan.config.rank)
    g = g / largest[:, :1, None]
    ours, theirs = (
        torch.cat([getattr(layer, kind)[adapter].detach().float() for layer in layers.values()])
        for kind in _KINDS
    )
    ours, theirs, reached = _ascend(plan, g, ours.requires_grad_(), theirs.requires_grad_())
    if not (torch.isfinite(ours).all() and torch.isfinite(theirs).all()):
        raise ConfigError(f"fitting {', '.join(layers)} gave angles that are not finite; lower fit_rate")
    sizes = [p.maps for p in plans.values()]
    angles = dict(zip(layers, zip(ours.split(sizes), theirs.split(sizes), strict=True), strict=True))
    names = [
        name if count == 1 else f"{name}[{k}]"
        for name, count in zip(layers, sizes, strict=True)
        for k in range(count)
    ]
    best = (largest / largest[:, :1]).square().sum(1)
    overlap = reached.abs().amax(1).tolist()
    captured = (reached.square().sum(1) / best).tolist()
    return angles, dict(zip(names, overlap, strict=True)), dict(zip(names, captured, strict=True))


def _ascend(plan: Factors, g: Tensor, ours: Tensor, theirs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Adam on Σ_k (u_kᵀ G v_k)², for C maps at once.

    Parameters
    ----------
    g : Tensor
        (C, out, in), of spectral norm 1.
    ours, theirs : Tensor
        Angles of the input and the output side, (C, L, n).

    Returns
    -------
    tuple[Tensor, Tensor, Tensor]
        The angles, and u_kᵀ G v_k at them, (C, K).
    """
    optimizer = torch.optim.Adam([ours, theirs], lr=plan.config.fit_rate)

    def overlaps() -> Tensor:
        v, u = plan.columns(ours, theirs)
        return ((u @ g) * v).sum(2)

    with torch.enable_grad(), torch.autocast(g.device.type, enabled=False):
        for _ in range(plan.config.fit_steps):
            optimizer.zero_grad()
            (-overlaps().square().sum()).backward()
            optimizer.step()
    with torch.no_grad():
        return ours.detach(), theirs.detach(), overlaps()


def _singular_values(g: Tensor, count: int) -> Tensor:
    """The largest singular values of each matrix (C, out, in), in falling order: (C, count)."""
    spare = min(count + 8, *g.shape[-2:])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)  # the start of the subspace iteration; its end does not depend on it
        return torch.svd_lowrank(g, q=spare, niter=6)[1][:, :count]


def fitted_angles(model: nn.Module, adapter: str = "default") -> dict[str, list[list]]:
    """The angles of both sides by layer, as lists of numbers: what `set_fitted` needs to do without a fit."""
    return {
        name: [getattr(layer, kind)[adapter].tolist() for kind in _KINDS]
        for name, layer in quantum_layers(model, adapter).items()
    }


def set_fitted(model: nn.Module, angles: Mapping[str, Any], adapter: str = "default") -> None:
    """Put angles from `fitted_angles` into a model of the same settings, instead of a fit.

    Raises
    ------
    ConfigError
        If they are another adapter's; nothing is changed then.
    """
    layers = quantum_layers(model, adapter)
    try:
        found = {name: [torch.tensor(side) for side in angles[name]] for name in layers}
        fits = len(angles) == len(layers) and all(
            [t.shape for t in found[name]] == [getattr(layer, kind)[adapter].shape for kind in _KINDS]
            for name, layer in layers.items()
        )
    except (KeyError, TypeError, ValueError):
        fits = False
    if not fits:
        raise ConfigError(f"the fitted angles do not belong to adapter {adapter!r} of this model")
    _put({name: (ours, theirs) for name, (ours, theirs) in found.items()}, layers, adapter)


def _put(angles: Mapping[str, tuple[Tensor, Tensor]], layers: dict[str, QSLLayer], adapter: str) -> None:
    with torch.no_grad():
        for name, sides in angles.items():
            for kind, side in zip(_KINDS, sides, strict=True):
                getattr(layers[name], kind)[adapter].copy_(side)
            layers[name].fitted[adapter] = True
