"""From a linear quantum sublayer to a LoRA checkpoint that plain PEFT loads."""

from __future__ import annotations

from pathlib import Path

from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import save_file
from torch import nn

from qualms.adapters.layer import QSLLayer
from qualms.errors import ConfigError


def export_lora(model: nn.Module, folder: str | Path, adapter: str = "default") -> Path:
    """Write a linear adapter as a LoRA checkpoint: same outputs, no need of this package to load it.

    Parameters
    ----------
    model : nn.Module
        A PEFT model with a QSL adapter.
    folder : str | Path
        Where `adapter_config.json` and `adapter_model.safetensors` go; must not hold an adapter yet.
    adapter : str, default "default"
        The adapter's name.

    Returns
    -------
    Path
        The folder that was written.

    Raises
    ------
    NotMergeableError
        If the adapter is not linear; nothing is written.
    ConfigError
        If the folder already holds an adapter or the model has no such adapter.
    """
    folder = Path(folder)
    layers = {n: m for n, m in model.named_modules() if isinstance(m, QSLLayer) and adapter in m.plans}
    if not layers:
        raise ConfigError(f"the model has no quantum sublayer adapter named {adapter!r}")
    if (folder / "adapter_config.json").exists():
        raise ConfigError(f"{folder} already holds an adapter; choose an empty folder")
    tensors, ranks = {}, {}
    for name, layer in layers.items():
        a, b = layer.lora_factors(adapter)
        key = name if name.startswith("base_model.model.") else f"base_model.model.{name}"
        tensors[f"{key}.lora_A.weight"] = a.contiguous().cpu()
        tensors[f"{key}.lora_B.weight"] = b.contiguous().cpu()
        ranks[key.removeprefix("base_model.model.")] = a.shape[0]
    source = next(iter(layers.values())).plans[adapter].config
    heads = {
        k: v for k, v in get_peft_model_state_dict(model, adapter_name=adapter).items() if ".qsl_" not in k
    }
    tensors.update({k: v.contiguous().cpu() for k, v in heads.items()})  # a trained task head goes along
    most = max(ranks.values())
    pattern = {"^" + n.replace(".", r"\."): r for n, r in ranks.items() if r != most}
    config = LoraConfig(  # alpha = r: the factors carry the scale already
        r=most, lora_alpha=most, rank_pattern=pattern, alpha_pattern=dict(pattern),
        target_modules=sorted(ranks), task_type=source.task_type, modules_to_save=source.modules_to_save,
        trainable_token_indices=source.trainable_token_indices,
        base_model_name_or_path=source.base_model_name_or_path, inference_mode=True,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    save_file(tensors, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    config.save_pretrained(str(folder))
    return folder
