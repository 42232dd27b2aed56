"""LoRA that starts at the singular directions of the loss's gradient, as PEFT computes them (LoRA-GA, Wang
et al. 2024, arXiv:2407.05000).

The start B₀A₀ is not zero, and PEFT takes it off the base's weights, so that the model computes what it did.
The trained adapter alone would then fit no base that anybody has. So after training it is written as a plain
LoRA of twice the rank, with [A; A₀] and [B, −B₀], on the base as it was.
"""

from __future__ import annotations

import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, LoraGAConfig, PeftModel
from peft.tuners.lora import Linear as LoraLinear
from peft.tuners.lora import LoraLayer
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from qualms.adapters import QSLConfig
from qualms.adapters.goals import weight_gradients
from qualms.errors import ConfigError, RunFolderError
from qualms.records.files import new_folder
from qualms.study import distributed
from qualms.study.encoding import Encoded
from qualms.study.fitting import starting_batches

LORA_GA = "lora_ga"
_NOT_WITH = (
    "rank_pattern", "alpha_pattern", "use_rslora", "use_dora", "lora_bias", "layer_replication",
    "alora_invocation_tokens", "monteclora_config", "kasa_config", "arrow_config", "use_bdlora",
    "velora_config",
)  # fmt: skip
_FOLDER, _TENSORS = "lora_ga", "start.safetensors"


def lora_ga_settings(given: Any, others: dict[str, Any]) -> dict[str, Any]:
    """The settings of a `LoraGAConfig` for a study.

    Parameters
    ----------
    given : dict[str, Any] or None
        Settings by name.
    others : dict[str, Any]
        Those of the LoRA.

    Raises
    ------
    ConfigError
        For what is no such setting, and for settings of the LoRA with which it cannot be written as a plain
        one.
    """
    try:
        made = LoraGAConfig(**(given or {}))
    except TypeError as error:
        raise ConfigError(f"lora_ga_config={given!r}: {error}") from None
    for name, allowed in (
        ("direction", ("ArBr", "A2rBr", "ArB2r", "random")),
        ("scale", ("stable", "weight_svd", "gd_scale", "unit")),
    ):
        if getattr(made, name) not in allowed:
            raise ConfigError(f"lora_ga_config={given!r}: {name} is one of {', '.join(allowed)}")
    if isinstance(made.stable_gamma, bool) or not isinstance(made.stable_gamma, (int, float)):
        raise ConfigError(f"lora_ga_config={given!r}: stable_gamma must be a number")
    if not 0 < made.stable_gamma < math.inf:
        raise ConfigError(f"lora_ga_config={given!r}: stable_gamma must be a finite number above zero")
    if wrong := [name for name in _NOT_WITH if others.get(name)]:
        raise ConfigError(
            f"init_lora_weights='lora_ga' is not combined with {', '.join(wrong)}: such an adapter cannot be "
            "written as a plain LoRA for the base as it was; leave one of them out"
        )
    return vars(made)


@dataclass(frozen=True)
class GradientStart:
    """What was taken off the base's weights, by map: the layer, A₀ (r, in) and B₀ (out, r)."""

    model: PeftModel
    taken: tuple[tuple[LoraLinear, Tensor, Tensor], ...]

    @torch.no_grad()
    def write_as_plain_lora(self) -> None:
        """Give the base its weights back, and make the adapter a plain LoRA of twice the rank. The model
        computes the same up to rounding.
        """
        config = self.model.peft_config["default"]
        assert isinstance(config, LoraConfig)
        for layer, first, second in self.taken:
            _add_to_base(layer, second @ first)
            _widen(layer.lora_A["default"], torch.cat([layer.lora_A["default"].weight, first]))
            _widen(layer.lora_B["default"], torch.cat([layer.lora_B["default"].weight, -second], dim=1))
            layer.r["default"] *= 2
            layer.lora_alpha["default"] *= 2  # the factor alpha / r stays
        config.r, config.lora_alpha, config.init_lora_weights = 2 * config.r, 2 * config.lora_alpha, True
        config.lora_ga_config = None


def start_lora_ga(
    model: Any, items: list[Encoded], *, folder: Path | None, task: str, pad: int, batch_size: int, seed: int
) -> GradientStart | None:
    """Start a LoRA with ``init_lora_weights="lora_ga"``. Any other model is left as it is.

    Parameters
    ----------
    model : Any
        The model that will be trained. Its base's weights are changed, see `GradientStart`.
    items : list[Encoded]
        The training data, of which as many batches are taken as `QSLConfig` takes for a fit.
    folder : Path | None
        The run's folder. The start is kept there and found again, because another machine's rounding may
        turn a singular vector around, and a checkpoint fits the base of its own start alone. None to keep
        nothing.
    task, pad, batch_size, seed
        As in `train`.

    Returns
    -------
    GradientStart | None
        What to undo after training; None for any other model.

    Raises
    ------
    ConfigError
        If there are fewer items than one batch, for a map that is not linear, shares its weights or has no
        gradient, and for a rank for which a gradient has too few directions.
    RunFolderError
        If the kept start is damaged, or cannot be written.
    """
    config = model.peft_config["default"] if isinstance(model, PeftModel) else None
    if not isinstance(config, LoraConfig) or config.init_lora_weights != LORA_GA:
        return None
    layers = {n: m for n, m in model.named_modules() if isinstance(m, LoraLayer)}
    for name, layer in layers.items():
        _check_layer(model, name, layer, config.r)
    kept = folder / _FOLDER if folder else None
    if kept and kept.exists():
        return GradientStart(model, _read(layers, kept / _TENSORS))
    batches = starting_batches(
        items, QSLConfig().fit_batches, "init_lora_weights='lora_ga'", "init_lora_weights=true",
        task=task, pad=pad, batch_size=batch_size, seed=seed,
    )  # fmt: skip
    gradients = weight_gradients(model, layers, batches)
    with torch.random.fork_rng():
        torch.manual_seed(seed)  # PEFT's singular values are computed from random vectors
        taken = tuple(
            _started(layer, gradients[name], config.lora_ga_config) for name, layer in layers.items()
        )
    if kept and distributed.leads():  # the others have made the same
        with new_folder(kept) as filled:
            tensors = {
                f"{name}.{side}": matrix.cpu().contiguous()
                for name, (_, first, second) in zip(layers, taken, strict=True)
                for side, matrix in (("first", first), ("second", second))
            }
            save_file(tensors, filled / _TENSORS)
    return GradientStart(model, taken)


def drop_start(folder: Path) -> None:
    """Remove what `start_lora_ga` has kept, when the run's record is safe."""
    shutil.rmtree(folder / _FOLDER, ignore_errors=True)


def _check_layer(model: PeftModel, name: str, layer: LoraLayer, rank: int) -> None:
    where = f"init_lora_weights='lora_ga': {name.removeprefix('base_model.model.')}"
    weight = layer.get_base_layer().weight
    if not isinstance(layer, LoraLinear) or not weight.is_floating_point() or layer.lora_variant:
        raise ConfigError(f"{where} is no plain linear map with weights to change")
    owners = sum(p is weight for m in model.modules() for p in m.parameters(recurse=False))
    if owners > 1:
        raise ConfigError(
            f"{where} shares its weights with another layer, which would be changed as well; leave it out "
            "with target_modules, or take init_lora_weights=true"
        )
    if 2 * rank > (sides := min(layer.in_features, layer.out_features)):
        raise ConfigError(
            f"{where} has {sides} directions, and 2 x {rank} of its gradient's are taken; take a lower rank, "
            "or init_lora_weights=true"
        )


@torch.no_grad()
def _started(layer: LoraLinear, gradient: Tensor, settings: Any) -> tuple[LoraLinear, Tensor, Tensor]:
    base = layer.get_base_layer()
    base._peft_loraga_grad = gradient.T if layer.fan_in_fan_out else gradient
    layer.lora_ga_init("default", settings)
    first, second = (side["default"].weight.detach().clone() for side in (layer.lora_A, layer.lora_B))
    return layer, first, second


@torch.no_grad()
def _read(layers: Mapping[str, LoraLinear], path: Path) -> tuple[tuple[LoraLinear, Tensor, Tensor], ...]:
    """Start as `_started` did, at what was kept."""
    try:
        tensors, taken = load_file(path), []
        for name, layer in layers.items():
            sides = layer.lora_A["default"].weight, layer.lora_B["default"].weight
            first, second = (tensors[f"{name}.{side}"].to(sides[0].device) for side in ("first", "second"))
            if (first.shape, second.shape) != (sides[0].shape, sides[1].shape):
                raise ValueError(f"{name} has other sizes")
            taken.append((layer, first, second))
    except (SafetensorError, OSError, ValueError, KeyError) as error:
        raise RunFolderError(
            f"{path}: the start of this run cannot be used ({error}); delete this folder and the checkpoints "
            "beside it, and it is made again"
        ) from None
    for layer, first, second in taken:
        layer.lora_A["default"].weight.copy_(first)
        layer.lora_B["default"].weight.copy_(second)
        _add_to_base(layer, -second @ first)
    return tuple(taken)


def _add_to_base(layer: LoraLinear, product: Tensor) -> None:
    weight = layer.get_base_layer().weight
    change = layer.scaling["default"] * product
    weight.add_((change.T if layer.fan_in_fan_out else change).to(weight.dtype))


def _widen(side: nn.Linear, weight: Tensor) -> None:
    side.weight = nn.Parameter(weight.contiguous(), requires_grad=side.weight.requires_grad)
    side.out_features, side.in_features = weight.shape
