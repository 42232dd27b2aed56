"""LoRA that starts at the principal directions of its inputs, as PEFT computes them (EVA, Paischer et al.
2024, arXiv:2410.07170).
"""

from __future__ import annotations

from typing import Any

from peft import EvaConfig, LoraConfig, PeftModel, initialize_lora_eva_weights
from peft.tuners.lora.eva import prepare_layer_inputs_fn_language_modeling
from torch import Tensor

from qualms.adapters import QSLConfig
from qualms.errors import ConfigError
from qualms.study.encoding import IGNORED, Encoded
from qualms.study.fitting import starting_batches

EVA = "eva"


def eva_settings(given: Any, task: str) -> dict[str, Any]:
    """The settings of an `EvaConfig` for a study: those that are given, and the same rank for every map.

    Parameters
    ----------
    given : dict[str, Any] or None
        Settings by name.
    task : str
        "generate" or "classify". When text is generated, inputs at tokens without a label are left out.

    Raises
    ------
    ConfigError
        For what is no such setting, and for ``rho`` other than 1: PEFT would move ranks between maps, and the
        adapter would have other sizes than its name says.
    """
    try:
        made = EvaConfig(**{"rho": 1.0, "use_label_mask": task == "generate", **(given or {})})
    except (TypeError, ValueError) as error:
        raise ConfigError(f"eva_config={given!r}: {error}") from None
    if made.use_label_mask and task == "classify":
        raise ConfigError(
            f"eva_config={given!r}: use_label_mask is for labels of tokens, and a classification has none"
        )
    if made.rho != 1.0:
        raise ConfigError(
            f"eva_config={given!r}: a rho other than 1 moves ranks between maps, and the adapter would have "
            "other sizes than its name says; studies take rho=1"
        )
    return vars(made)


def start_eva(model: Any, items: list[Encoded], *, task: str, pad: int, batch_size: int, seed: int) -> None:
    """Replace the first matrices of a LoRA with ``init_lora_weights="eva"`` by the leading directions of each
    map's inputs. Any other model is left as it is.

    Parameters
    ----------
    model : Any
        The model that will be trained.
    items : list[Encoded]
        The training data, of which as many batches are taken as `QSLConfig` takes for a fit.
    task, pad, batch_size, seed
        As in `train`.

    Raises
    ------
    ConfigError
        If there are fewer items than one batch, or a batch has fewer inputs than the adapter has ranks.
    """
    config = model.peft_config["default"] if isinstance(model, PeftModel) else None
    if not isinstance(config, LoraConfig) or config.init_lora_weights != EVA:
        return
    batches = starting_batches(
        items, QSLConfig().fit_batches, "init_lora_weights='eva'", "init_lora_weights=true",
        task=task, pad=pad, batch_size=batch_size, seed=seed,
    )  # fmt: skip
    rank = config.r
    if max(int(_counted(batch, config.eva_config).sum()) for batch in batches) < rank:
        raise _too_few(rank, "no batch has as many tokens that count")

    def inputs_of_map(given: Any, positions: Tensor, name: str) -> Tensor:
        """At the positions that count; all of them where a map has no positions, such as that of a pooler."""
        first: Tensor = given if isinstance(given, Tensor) else given[0]
        if first.ndim > 2:
            return prepare_layer_inputs_fn_language_modeling(first, positions, name)
        if len(first) < rank:  # PEFT would wait for a larger batch for ever
            raise _too_few(rank, f"{name.removeprefix('base_model.model.')} has {len(first)} inputs a batch")
        return first.contiguous()

    try:
        initialize_lora_eva_weights(
            model, batches, prepare_layer_inputs_fn=inputs_of_map, show_progress_bar=False,
            gather_distributed_inputs=False,  # every process computes the same from the same batches
        )  # fmt: skip
    except ValueError as error:
        raise ConfigError(f"init_lora_weights='eva': PEFT cannot compute it: {error}") from None


def _counted(batch: dict[str, Tensor], settings: EvaConfig) -> Tensor:
    """The mask of tokens whose inputs are looked at."""
    return batch["labels"] != IGNORED if settings.use_label_mask else batch["attention_mask"]


def _too_few(rank: int, what: str) -> ConfigError:
    return ConfigError(
        f"init_lora_weights='eva' with rank {rank} needs as many inputs in a batch, and {what}; take a "
        "larger batch_size, a lower rank, or init_lora_weights=true"
    )
