"""The weighted sum of linear adapters, as an adapter of its own."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch
from peft.tuners.tuners_utils import set_requires_grad
from torch import Tensor

from qualms.adapters.layer import QSLLayer
from qualms.data.numbers import plain_integer, plain_real
from qualms.errors import ConfigError

if TYPE_CHECKING:
    from qualms.adapters.model import QSLModel


def add_weighted(
    tuner: QSLModel,
    adapters: Sequence[str],
    weights: Sequence[float],
    name: str,
    combination_type: str = "cat",
    svd_rank: int | None = None,
    **others: object,
) -> None:
    """Add the adapter ΔW = Σ_i w_i ΔW_i, frozen and not active, as LoRA's method does.

    Every ΔW_i is B_i A_i, so the sum is the product of the B_i and A_i put beside one another. Its columns
    are no circuit's, so it is kept in the form of the classical twin: a learned A and B around a frozen
    random orthogonal matrix (`circuit="orthogonal"`), which B undoes.

    Parameters
    ----------
    tuner : QSLModel
        The model that carries the adapters.
    adapters : Sequence[str]
        Names of linear adapters.
    weights : Sequence[float]
        As many finite numbers; they may be negative.
    name : str
        Name of the sum.
    combination_type : str, default "cat"
        "cat", the sum itself, up to float32; or "svd", the matrix of rank `svd_rank` that is nearest to
        it, for each of a fused map's parts. What that leaves out is told in a warning.
    svd_rank : int, optional
        Rank of the matrix for "svd"; the largest rank among the adapters if left out, as in PEFT.

    Raises
    ------
    NotMergeableError
        If an adapter is not linear.
    ConfigError
        For other kinds of combination, unknown names, heads that were trained along, and a sum of more
        amplitudes than a map has inputs. The model is left as it was.
    """
    weights = weights.tolist() if isinstance(weights, (Tensor, np.ndarray)) else weights
    numbers = _check(tuner, adapters, weights, name, combination_type, svd_rank, others)
    layers = {
        n: m
        for n, m in tuner.model.named_modules()
        if isinstance(m, QSLLayer) and any(a in m.plans for a in adapters)
    }
    for layer in layers.values():
        for adapter in adapters:
            layer.check_mergeable(adapter)
    sums = {where: _sum(layer, adapters, numbers) for where, layer in layers.items()}
    broken = next(
        (
            where
            for where, (a, b) in sums.items()
            if not (torch.isfinite(a).all() and torch.isfinite(b).all())
        ),
        None,
    )
    if broken is not None:
        raise ConfigError(
            f"the sum of {', '.join(adapters)} has NaN or infinities at "
            f"{broken}; one of the adapters is broken"
        )
    if combination_type == "svd":
        rank = svd_rank or max(
            layer.factors(a)[0].shape[1] for layer in layers.values() for a in adapters if a in layer.plans
        )
        sums = _cut(sums, rank)
    widest = max(a.shape[1] for a, _ in sums.values())
    first = tuner.peft_config[adapters[0]]
    tuner.peft_config[name] = replace(
        first, form="sublayer", circuit="orthogonal", down="learned", readout="amplitudes", up="learned",
        normalize=False, keep_norm=False, rz=False, closing_ry=False, share_down=False, share_up=False,
        n_layers=1, n_qubits=max(1, math.ceil(math.log2(widest))), scaling=1.0, dropout=0.0,
        target_modules=sorted(sums), exclude_modules=None, layers_to_transform=None, layers_pattern=None,
        backend="statevector", backend_options={}, start="random", bits=32, gains=0,
    )  # fmt: skip
    try:
        tuner.inject_adapter(tuner.model, name)
    except Exception as error:
        del tuner.peft_config[name]
        if isinstance(error, ConfigError):
            raise ConfigError(
                f"the sum has rank {widest}, which some map is too small for; combination_type='svd' with "
                f"svd_rank cuts it: {error}"
            ) from error
        raise
    for where, (a, b) in sums.items():
        layers[where].set_factors(name, a, b)
    set_requires_grad(tuner.model, name, False)


def _check(
    tuner: QSLModel,
    adapters: Sequence[str],
    weights: Sequence[float],
    name: str,
    kind: str,
    svd_rank: int | None,
    others: dict[str, object],
) -> list[float]:
    """The weights as numbers; raises ConfigError for what is not offered."""
    if kind not in ("cat", "svd"):
        raise ConfigError(
            f"combination_type={kind!r} is not offered for quantum sublayers: 'cat' is the weighted sum, "
            "'svd' the nearest of a lower rank; qualms.export_lora makes LoRA adapters, which PEFT "
            "combines in the other ways"
        )
    if given := sorted(k for k, v in others.items() if v is not None):
        raise ConfigError(
            f"add_weighted_adapter takes no {', '.join(given)} for quantum sublayers; only "
            "combination_type 'cat' or 'svd' and svd_rank"
        )
    if svd_rank is not None and (kind != "svd" or (plain_integer(svd_rank) or 0) < 1):
        raise ConfigError(
            f"svd_rank={svd_rank!r} is an integer of at least 1, and goes with combination_type='svd' alone"
        )
    if isinstance(adapters, str) or not adapters or len(adapters) != len(weights):
        raise ConfigError(
            "add_weighted_adapter takes a list of adapters and as many "
            f"weights, not {adapters!r} and {weights!r}"
        )
    tuner._check_known("adapters", adapters)
    tuner.check_name(name)
    if name in tuner.peft_config:
        raise ConfigError(f"there is an adapter {name!r} already; delete it first or choose another name")
    numbers = [plain_real(w) for w in weights]
    if any(w is None or math.isinf(w) for w in numbers):
        raise ConfigError(f"weights={list(weights)!r} must be finite numbers")
    for adapter in adapters:
        config = tuner.peft_config[adapter]
        if config.modules_to_save or config.trainable_token_indices:
            what = "modules_to_save" if config.modules_to_save else "trainable_token_indices"
            raise ConfigError(
                f"adapter {adapter!r} has trained copies of whole modules ({what}), and a weighted sum is "
                "of linear sublayers alone"
            )
    return numbers  # type: ignore[return-value]


def _sum(layer: QSLLayer, adapters: Sequence[str], weights: Sequence[float]) -> tuple[Tensor, Tensor]:
    """(A, B) of the weighted sum at one layer, for each of its maps: (m, r, in) and (m, out, r), float32."""
    parts = [
        (*layer.factors(name), weight)
        for name, weight in zip(adapters, weights, strict=True)
        if name in layer.plans
    ]
    return torch.cat([a for a, _, _ in parts], 1), torch.cat([weight * b for _, b, weight in parts], 2)


def _cut(sums: dict[str, tuple[Tensor, Tensor]], rank: int) -> dict[str, tuple[Tensor, Tensor]]:
    """The nearest matrices of rank `rank` or less."""
    out, lost, whole = {}, 0.0, 0.0
    for where, (a, b) in sums.items():
        left, s, right = torch.linalg.svd(b.double() @ a.double(), full_matrices=False)
        lost, whole = lost + float(s[:, rank:].square().sum()), whole + float(s.square().sum())
        out[where] = (right[:, :rank].float(), (left[:, :, :rank] * s[:, None, :rank]).float())
    if lost > 1e-10 * whole:
        warnings.warn(
            (
                f"the weighted sum is cut to rank {rank}: {math.sqrt(lost / whole):.1%} of its norm is "
                "left out; combination_type='cat' keeps all of it"
            ),
            RuntimeWarning,
            stacklevel=4,
        )
    return out
