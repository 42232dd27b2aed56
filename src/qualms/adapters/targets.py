"""Which modules of a model are its query, key and value maps, and how fused ones are laid out."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from qualms.errors import ConfigError

# One row per naming habit: Llama, Qwen, Mistral, OPT · BERT · T5 · DistilBERT · DeBERTa · GPT-2 · GPT-NeoX, BLOOM · Phi-3 · ModernBERT.
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
_PER_HEAD = ("gpt_neox", "bloom")  # fused rows run head by head: q, k, v of head 0, then of head 1, …


@dataclass(frozen=True)
class Layout:
    """How a linear map's output divides into maps of their own.

    Attributes
    ----------
    sizes : output features of each map; one entry for a plain map, three for a fused q-k-v.
    order : row i of the fused output is row `order[i]` of the maps' outputs put one after the other; None means as it is.
    """

    sizes: tuple[int, ...]
    order: Tensor | None = None


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
    ConfigError : if no naming habit known here occurs in it.
    """
    present = {name.rpartition(".")[2] for name, module in model.named_modules() if is_linear(getattr(module, "base_layer", module))}
    for names in QKV_NAMES:
        if present.issuperset(names):
            return set(names)
    raise ConfigError(
        f"no query, key and value maps found in {type(model).__name__}: set target_modules; its linear modules are {', '.join(sorted(present))}"
    )


def check_names(model: nn.Module, wanted: set[str] | list[str]) -> None:
    """Refuse a target name that matches nothing; PEFT itself skips it silently.

    Raises
    ------
    ConfigError : naming what did not match and what there is.
    """
    names = [n for n, _ in model.named_modules()]
    missing = sorted(w for w in wanted if not any(n == w or n.endswith(f".{w}") for n in names))
    if missing:
        linear = sorted({n.rpartition(".")[2] for n, m in model.named_modules() if is_linear(getattr(m, "base_layer", m))})
        raise ConfigError(f"target_modules {', '.join(missing)} match nothing in {type(model).__name__}; its linear modules are {', '.join(linear)}")


def layout(name: str, module: nn.Module, model_type: str, heads: int | None, sizes: tuple[int, int, int] | None) -> Layout:
    """The layout of a target.

    Parameters
    ----------
    name : last part of the module's name.
    module : the linear module.
    model_type : `config.model_type` of the model.
    heads : number of attention heads.
    sizes : output features of q, k and v where the configuration tells them (grouped-query attention).
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
