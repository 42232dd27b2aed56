"""Which modules of a model are its query, key and value maps, and how fused ones are laid out."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import torch
from peft.config import PeftConfig
from peft.tuners.tuners_utils import (
    BaseTunerLayer,
    _maybe_include_all_linear_layers,
    check_target_module_exists,
)
from peft.utils.other import match_target_against_key
from peft.utils.peft_types import TaskType
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from qualms.errors import ConfigError

# One row per naming habit: Llama, Qwen, Mistral, OPT · BERT · T5 · DistilBERT · DeBERTa · GPT-2 · GPT-NeoX,
# BLOOM · Phi-3 · ModernBERT.
QKV_NAMES = (
    ("q_proj", "k_proj", "v_proj"),
    ("query", "key", "value"),
    ("q", "k", "v"),
    ("q_lin", "k_lin", "v_lin"),
    ("query_proj", "key_proj", "value_proj"),
    ("c_attn",),
    ("query_key_value",),
    ("qkv_proj",),
    ("Wqkv",),
)
HEADS = {
    TaskType.SEQ_CLS: ("classifier", "score"),
    TaskType.TOKEN_CLS: ("classifier", "score"),
    TaskType.QUESTION_ANS: ("qa_outputs",),
}
_PER_HEAD = ("gpt_neox", "bloom")  # fused rows run head by head: q, k, v of head 0, then of head 1, …


@dataclass(frozen=True)
class Layout:
    """How a linear map's output divides into maps of their own.

    Attributes
    ----------
    sizes : tuple[int, ...]
        Output features of each map; one entry for a plain map, three for a fused q-k-v.
    order : Tensor | None
        Row i of the fused output is row `order[i]` of the maps' outputs put one after the other; None
        means as it is.
    """

    sizes: tuple[int, ...]
    order: Tensor | None = None

    def apart(self, fused: Tensor) -> Tensor:
        """The rows (out, …) of the whole map's output as those of its maps: (m, out / m, …)."""
        if self.order is None:
            return fused.unflatten(0, (len(self.sizes), -1))
        rows = torch.empty_like(fused)
        rows[self.order.to(fused.device)] = fused
        return rows.unflatten(0, (len(self.sizes), -1))


def features(module: nn.Module) -> tuple[int, int]:
    """(input, output) features of a linear module, transposed `Conv1D` included."""
    if isinstance(module, Conv1D):
        return module.weight.shape[0], module.weight.shape[1]
    return module.in_features, module.out_features  # type: ignore[return-value]


def is_linear(module: nn.Module) -> bool:
    return isinstance(module, (nn.Linear, Conv1D))


def find_qkv(model: nn.Module) -> set[str]:
    """Names of the query, key and value modules of `model`.

    Raises
    ------
    ConfigError
        If no naming habit known here occurs in it.
    """
    present = {
        name.rpartition(".")[2]
        for name, module in model.named_modules()
        if is_linear(getattr(module, "base_layer", module))
    }
    for names in QKV_NAMES:
        if present.issuperset(names):
            return set(names)
    raise ConfigError(
        f"no query, key and value maps found in {type(model).__name__}: set target_modules; its linear "
        f"modules are {', '.join(sorted(present))}"
    )


def find_linear(model: nn.Module, config: PeftConfig) -> set[str]:
    """What "all-linear" names: PEFT's choice, and the maps that another adapter stands beside already, which
    PEFT does not know for linear.
    """
    head = getattr(model, "get_output_embeddings", lambda: None)()
    adapted = {
        n
        for n, m in model.named_modules()
        if isinstance(m, BaseTunerLayer) and is_linear(m.get_base_layer()) and m is not head
    }
    return set(_maybe_include_all_linear_layers(copy.copy(config), model).target_modules) | adapted


def layer_of(config: PeftConfig, name: str) -> int | None:
    """The layer that a module lies in: the first number in its path, after one of `layers_pattern` where that
    is given.
    """
    patterns = [config.layers_pattern] if isinstance(config.layers_pattern, str) else config.layers_pattern
    for pattern in patterns or [r"[^.]*"]:
        if found := re.match(rf"(?:^|.*?\.){pattern}\.(\d+)\.", name):
            return int(found[1])
    return None


def is_target(config: PeftConfig, name: str) -> Any:
    """Whether the settings name a module, as PEFT has it; but layers count for modules that are named by
    their whole path ("all-linear") too.
    """
    # saved when layers did not count for it
    by_path = isinstance(config.base_probe, list) and config.base_probe and name in config.target_modules
    if config.layers_to_transform is None or by_path:
        return check_target_module_exists(config, name)
    found = check_target_module_exists(_anywhere(config), name)
    return found and layer_of(config, name) in _wanted_layers(config)


def _anywhere(config: PeftConfig) -> PeftConfig:
    """The same settings for all layers."""
    config = copy.copy(config)
    config.layers_to_transform = None
    return config


def _wanted_layers(config: PeftConfig) -> list[int]:
    return (
        config.layers_to_transform
        if isinstance(config.layers_to_transform, list)
        else [config.layers_to_transform]
    )


def matched(model: nn.Module, config: PeftConfig) -> dict[str, nn.Module]:
    """Modules that the settings name, by path; the insides of adapters left out."""
    adapters = tuple(f"{n}." for n, m in model.named_modules() if isinstance(m, BaseTunerLayer))
    return {
        n: m for n, m in model.named_modules() if n and not n.startswith(adapters) and is_target(config, n)
    }


def check_targets(model: nn.Module, config: PeftConfig) -> None:
    """Refuse targets that match nothing; PEFT itself passes over a name in silence where another one matches.

    Raises
    ------
    ConfigError
        Naming what did not match and what there is.
    """
    if missing := _unmatched(model, config.target_modules):
        linear = sorted(
            {n.rpartition(".")[2] for n, m in model.named_modules() if is_linear(getattr(m, "base_layer", m))}
        )
        raise ConfigError(
            f"target_modules {', '.join(missing)} match nothing in {type(model).__name__}; its linear "
            f"modules are {', '.join(linear)}"
        )


def passed_over(model: nn.Module, config: PeftConfig) -> list[str]:
    """What else of the settings matches nothing in `model`, a sentence for each setting."""
    found = []
    if missing := _unmatched(model, config.exclude_modules):
        found.append(
            f"exclude_modules {', '.join(missing)} match nothing in "
            f"{type(model).__name__}, so nothing is left out for them"
        )
    heads = HEADS.get(config.task_type, ())  # PEFT adds these by itself, whichever of them the model has
    names = [n for n, _ in model.named_modules()]
    if missing := sorted(
        w
        for w in set(config.modules_to_save or ()).difference(heads)
        if not any(n.endswith(w) for n in names)
    ):
        inside = sorted({n.rpartition(".")[2] for n in names if n and not n.rpartition(".")[2].isdecimal()})
        found.append(
            f"modules_to_save {', '.join(missing)} match nothing in {type(model).__name__}; its modules "
            f"are {', '.join(inside)}"
        )
    return found + (_check_layers(model, config) if config.layers_to_transform is not None else [])


def _unmatched(model: nn.Module, wanted: str | Iterable[str] | None) -> list[str]:
    """The names, or the regular expression, that no module of `model` has."""
    names = [n for n, _ in model.named_modules() if n]
    if isinstance(wanted, str):
        return [] if any(match_target_against_key(wanted, n) for n in names) else [repr(wanted)]
    return sorted(w for w in wanted or () if not any(n == w or n.endswith(f".{w}") for n in names))


def _check_layers(model: nn.Module, config: PeftConfig) -> list[str]:
    """Layers that no target lies in, and patterns of where they are counted that no target's path has."""
    kind, targets = type(model).__name__, list(matched(model, _anywhere(config)))
    patterns = (
        [config.layers_pattern] if isinstance(config.layers_pattern, str) else config.layers_pattern or []
    )
    for pattern in patterns:
        one = copy.copy(config)
        one.layers_pattern = [pattern]
        if all(layer_of(one, name) is None for name in targets):
            return [
                (
                    f"layers_pattern {pattern} matches nothing in {kind}: no number follows it in a "
                    f"target's path, for example {targets[0]}"
                )
            ]
    there = sorted({layer for name in targets if (layer := layer_of(config, name)) is not None})
    if not there:
        return [
            (
                f"layers_to_transform counts layers, and {kind} has no target in one, for example "
                f"{targets[0]}; layers_pattern says what they are called"
            )
        ]
    if missing := [k for k in _wanted_layers(config) if k not in there]:
        runs = (
            f"{there[0]} to {there[-1]}"
            if there == list(range(there[0], there[-1] + 1))
            else ", ".join(map(str, there))
        )
        return [
            (
                f"layers_to_transform names {', '.join(map(str, missing))}, and {kind} has {len(there)} "
                f"layers with targets, {runs}"
            )
        ]
    return []


def layout(
    name: str, module: nn.Module, model_type: str, heads: int | None, sizes: tuple[int, int, int] | None
) -> Layout:
    """The layout of a target.

    Parameters
    ----------
    name : str
        Last part of the module's name.
    module : nn.Module
        The linear module.
    model_type : str
        `config.model_type` of the model.
    heads : int | None
        Number of attention heads.
    sizes : tuple[int, int, int] | None
        Output features of q, k and v where the configuration tells them (grouped-query attention).
    """
    _, out = features(module)
    if name == "c_attn" and out % 3 == 0:
        return Layout((out // 3,) * 3)
    if name == "query_key_value" and model_type in _PER_HEAD and heads and out % (3 * heads) == 0:
        rows = torch.arange(out).reshape(3, heads, -1)  # map, head, feature
        return Layout((out // 3,) * 3, rows.transpose(0, 1).flatten())
    if name in ("qkv_proj", "Wqkv") and sizes and sum(sizes) == out and len(set(sizes)) == 1:
        return Layout(sizes)
    return Layout((out,))
