"""Directions of factors that are made from training data, before training."""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import torch
from torch import Tensor, nn

from qualms.adapters.config import QSLConfig
from qualms.adapters.factors import Factors
from qualms.adapters.goals import weight_gradients, weight_updates
from qualms.adapters.layer import QSLLayer
from qualms.adapters.placement import quantum_layers
from qualms.adapters.stored import StoredFactors, largest_singular
from qualms.errors import ConfigError, QualmsWarning

# numbers of gradients that are held at once, 1 GiB of them; a larger model is done in parts
_AT_ONCE = 1 << 28


@dataclass(frozen=True)
class Fit:
    """How near directions come to a goal G, the matrix that every map should move by.

    Attributes
    ----------
    to : str
        What G is, "update" or "gradient".
    batches, steps : int
        Batches that G is made of, and steps of Adam that fitted angles; 0 where directions are stored.
    overlap : dict[str, float]
        By map, max_k |u_kᵀ G v_k| / σ₁: how near the best pair of columns comes to G's largest singular
        value, at most 1. A map's name has "[0]", "[1]", … where a fused map has several.
    captured : dict[str, float]
        By map, Σ_k (u_kᵀ G v_k)² / Σ_k σ_k²: how much of what the best K pairs of directions hold is reached.
        At most 1, up to rounding, where directions are orthogonal; signs are not, and may count a part of G
        more than once.
    loss_before, loss_after : float or None
        The first batch's loss before and after the short training; None for the gradient.
    seconds : float
        Wall time, G's included.
    """

    to: str
    batches: int
    steps: int
    overlap: dict[str, float]
    captured: dict[str, float]
    loss_before: float | None
    loss_after: float | None
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """The means over maps, as a record has them."""
        return {
            "to": self.to,
            "batches": self.batches,
            "steps": self.steps,
            "maps": len(self.overlap),
            "overlap": fmean(self.overlap.values()),
            "captured": fmean(self.captured.values()),
            "loss_before": self.loss_before,
            "loss_after": self.loss_after,
            "seconds": self.seconds,
        }


def needs_fitting(model: nn.Module, adapter: str = "default") -> bool:
    """Whether the adapter has ``start="fitted"`` and its directions are still as they were made first."""
    return any(not m.fitted.get(adapter, True) for m in model.modules() if isinstance(m, QSLLayer))


def fit_directions(model: nn.Module, batches: Iterable[Mapping[str, Any]], adapter: str = "default") -> Fit:
    """Make the directions of factors from training data, before training.

    For every map the goal G is the update of a short training of the map itself (``fit_to="update"``, one
    step of sign descent for each batch), or ∂loss/∂W (``"gradient"``, the mean over the batches), on the
    model that the adapter stands on. Then Adam moves the angles of
    ΔW = s · U(θ_a)[:, :K] diag(λ) U(θ_b)[:, :K]ᵀ so that Σ_k (u_kᵀ G v_k)² grows, u_k and v_k being the
    circuits' columns; stored directions become G's leading singular vectors. The numbers λ stay 0, so the
    model computes what it did.

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
        For another adapter or one that has been trained or is on the device "meta", for no batches and what
        is none, under `torch.inference_mode`, and for gradients that there are not or that are not finite,
        see `weight_gradients`. The directions are as before then.

    Notes
    -----
    The result depends on `init_seed`, the batches and the base alone. `requires_grad` and `.grad` are left as
    they are. The gradients of a large model are computed in parts, each with a pass over the batches, so that
    about 1 GiB of them is held at a time; an update is of all maps together, and takes their numbers once
    more, in float32.
    """
    began = time.perf_counter()
    layers = quantum_layers(model, adapter)
    _check(layers, adapter)
    given = _listed(batches)
    config = next(iter(layers.values())).plans[adapter].config
    directions: dict[str, dict[str, Tensor]] = {}
    overlap: dict[str, float] = {}
    captured: dict[str, float] = {}
    is_update = config.fit_to == "update"
    for part in [layers] if is_update else _parts(layers):
        goals, losses = _goals(model, part, given, config)
        for alike in _of_one_shape(part, adapter).values():
            found, reached, held = _fitted(alike, goals, adapter)
            directions.update(found)
            overlap.update(reached)
            captured.update(held)
    _put(directions, layers, adapter)
    steps = 0 if config.circuit == "stored" else config.fit_steps
    return Fit(config.fit_to, len(given), steps, overlap, captured, *losses, time.perf_counter() - began)


def _goals(
    model: nn.Module, layers: dict[str, QSLLayer], batches: list[Mapping[str, Any]], config: QSLConfig
) -> tuple[dict[str, Tensor], tuple[float | None, float | None]]:
    """The goal of every map, and the losses before and after a short training, if there is one."""
    if config.fit_to == "gradient":
        return weight_gradients(model, layers, batches), (None, None)
    found = weight_updates(model, layers, batches, config.update_rate)
    if found.loss_after >= found.loss_before:
        warnings.warn(
            f"the short training that directions are fitted to raised the loss from {found.loss_before:.3f} "
            f"to {found.loss_after:.3f}; lower update_rate, which is {config.update_rate:g}",
            QualmsWarning,
            stacklevel=3,
        )
    return found.by_map, (found.loss_before, found.loss_after)


def fitted_directions(model: nn.Module, adapter: str = "default") -> dict[str, Tensor]:
    """What a fit has made, for `set_fitted`: tensors by "LAYER:NAME"."""
    return {
        f"{name}:{kind}": getattr(layer, f"qsl_{kind}")[adapter].detach()
        for name, layer in quantum_layers(model, adapter).items()
        for kind in layer.plans[adapter].fitted_names
    }


def set_fitted(model: nn.Module, directions: Mapping[str, Tensor], adapter: str = "default") -> None:
    """Put directions from `fitted_directions` into a model of the same settings, instead of a fit.

    Raises
    ------
    ConfigError
        If they are another adapter's; nothing is changed then.
    """
    own = fitted_directions(model, adapter)
    if {k: (v.shape, v.dtype) for k, v in own.items()} != {
        k: (v.shape, v.dtype) for k, v in directions.items()
    }:
        raise ConfigError(f"the fitted directions do not belong to adapter {adapter!r} of this model")
    parts: dict[str, dict[str, Tensor]] = {}
    for key, value in directions.items():
        name, _, kind = key.rpartition(":")
        parts.setdefault(name, {})[kind] = value
    _put(parts, quantum_layers(model, adapter), adapter)


def _put(directions: Mapping[str, Mapping[str, Tensor]], layers: dict[str, QSLLayer], adapter: str) -> None:
    with torch.no_grad():
        for name, tensors in directions.items():
            for kind, value in tensors.items():
                getattr(layers[name], f"qsl_{kind}")[adapter].copy_(value)
            layers[name].fitted[adapter] = True


def _listed(batches: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The batches; raises ConfigError for what is no batch."""
    if isinstance(batches, Mapping | str) or not isinstance(batches, Iterable):
        raise ConfigError(
            "fitting takes a list of batches, each a mapping of the model's arguments, and not one "
            f"{type(batches).__name__}"
        )
    given = list(batches)
    if not given:
        raise ConfigError("fitting needs at least one batch of training data, and there is none")
    for number, batch in enumerate(given, 1):
        if not isinstance(batch, Mapping):
            raise ConfigError(
                f"batch {number} is a {type(batch).__name__}, and not a mapping of the model's arguments, "
                "such as a tokenizer gives"
            )
    return given


def _check(layers: dict[str, QSLLayer], adapter: str) -> None:
    """Raises ConfigError for an adapter that is not to be fitted, or not any more."""
    if torch.is_inference_mode_enabled():
        raise ConfigError("fitting needs gradients, and torch.inference_mode allows none: fit outside of it")
    for name, layer in layers.items():
        plan = layer.plans[adapter]
        if not isinstance(plan, Factors) or plan.config.start != "fitted":
            raise ConfigError(
                f"adapter {adapter!r} has start={plan.config.start!r}; only QSLConfig(form='factors', "
                "start='fitted') is fitted"
            )
        if any(getattr(layer, f"qsl_{kind}")[adapter].is_meta for kind in plan.trained_names):
            raise ConfigError(
                f"adapter {adapter!r} has no numbers yet, as low_cpu_mem_usage=True leaves it: load its "
                "weights, or make it without that option"
            )
        if any(getattr(layer, f"qsl_{kind}")[adapter].any() for kind in plan.trained_names):
            raise ConfigError(
                f"adapter {adapter!r} has been trained: what starts at 0 is not 0 any more at {name}, and "
                "fitting would change what it computes; fit before training"
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
        key = (plan.n_in, plan.n_out, layer.get_base_layer().weight.device)
        groups.setdefault(key, {})[name] = layer
    return groups


def _fitted(
    layers: dict[str, QSLLayer], goals: dict[str, Tensor], adapter: str
) -> tuple[dict[str, dict[str, Tensor]], dict[str, float], dict[str, float]]:
    """Fit maps of one shape together: directions by layer, and `Fit.overlap` and `Fit.captured` by map."""
    plans = [layer.plans[adapter] for layer in layers.values()]
    plan = plans[0]
    assert isinstance(plan, Factors)
    g = torch.cat([p.layout.apart(goals[name]) for name, p in zip(layers, plans, strict=True)])
    values = largest_singular(g, plan.config.rank)[1]
    g = g / values[:, :1, None]
    if isinstance(plan, StoredFactors):
        made, v, u = plan.leading(g)
    else:
        made = _ascend(plan, g, *(
            torch.cat([getattr(layer, f"qsl_{kind}")[adapter].detach().float() for layer in layers.values()])
            for kind in plan.fitted_names
        ))  # fmt: skip
        with torch.no_grad():
            v, u = plan.columns(*made)
    reached = ((u @ g) * v).sum(2)
    if not torch.isfinite(reached).all():
        raise ConfigError(f"fitting {', '.join(layers)} gave directions that are not finite; lower fit_rate")
    sizes = [p.maps for p in plans]
    found = {
        name: dict(zip(plan.fitted_names, both, strict=True))
        for name, *both in zip(layers, *(side.split(sizes) for side in made), strict=True)
    }
    names = [
        name if count == 1 else f"{name}[{k}]"
        for name, count in zip(layers, sizes, strict=True)
        for k in range(count)
    ]
    best = (values / values[:, :1]).square().sum(1)
    overlap = dict(zip(names, reached.abs().amax(1).tolist(), strict=True))
    return found, overlap, dict(zip(names, (reached.square().sum(1) / best).tolist(), strict=True))


def _ascend(plan: Factors, g: Tensor, ours: Tensor, theirs: Tensor) -> tuple[Tensor, Tensor]:
    """Adam on Σ_k (u_kᵀ G v_k)², for C maps at once.

    Parameters
    ----------
    g : Tensor
        (C, out, in), of spectral norm 1.
    ours, theirs : Tensor
        Angles of the input and the output side, (C, L, n).

    Returns
    -------
    tuple[Tensor, Tensor]
        The angles that were reached.
    """
    ours, theirs = ours.clone().requires_grad_(), theirs.clone().requires_grad_()
    optimizer = torch.optim.Adam([ours, theirs], lr=plan.config.fit_rate)
    with torch.enable_grad(), torch.autocast(g.device.type, enabled=False):
        for _ in range(plan.config.fit_steps):
            optimizer.zero_grad()
            v, u = plan.columns(ours, theirs)
            (-((u @ g) * v).sum(2).square().sum()).backward()
            optimizer.step()
    return ours.detach(), theirs.detach()
