"""The tuner: puts quantum sublayers into a model the way PEFT puts LoRA into one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar

import torch
from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING
from peft.tuners.tuners_utils import BaseTuner, BaseTunerLayer
from peft.utils import register_peft_method
from peft.utils.other import AuxiliaryTrainingWrapper
from torch import Tensor, nn

from qualms.adapters.config import QSLConfig
from qualms.adapters.layer import QSLLayer
from qualms.adapters.plan import make_plan
from qualms.adapters.registration import NAME, PEFT_TYPE
from qualms.adapters.targets import check_names, features, find_qkv, is_linear, layout
from qualms.errors import ConfigError

_SAFE_NAME = re.compile(r"[^/\\\0]+")


def _check_adapter_name(name: str) -> None:
    """An adapter's name becomes a folder's; one with a separator in it would be saved outside the chosen folder."""
    if not _SAFE_NAME.fullmatch(name) or name in (".", "..") or "." in name:
        raise ConfigError(f"adapter name {name!r} cannot be used as a folder: no '/', '\\', '.' or NUL in it")


def _add_adapter_names(module: nn.Module, args: tuple, kwargs: dict, adapter_names: list[str]) -> tuple[tuple, dict]:
    return args, {**kwargs, "adapter_names": adapter_names}


class QSLModel(BaseTuner):
    """A model with quantum sublayers. Made by `peft.get_peft_model(model, QSLConfig(...))`."""

    prefix = "qsl_"
    tuner_layer_cls = QSLLayer
    target_module_mapping: ClassVar[dict[str, list[str]]] = {}  # not consulted: `find_qkv` looks at the model itself

    def inject_adapter(self, model: nn.Module, adapter_name: str, *args: Any, **kwargs: Any) -> None:
        _check_adapter_name(adapter_name)
        self._owners: dict[tuple, QSLLayer] = {}
        super().inject_adapter(model, adapter_name, *args, **kwargs)

    def _prepare_adapter_config(self, peft_config: QSLConfig, model_config: dict) -> QSLConfig:
        if peft_config.target_modules is None:
            peft_config.target_modules = find_qkv(self.model)  # type: ignore[assignment]
        elif not isinstance(peft_config.target_modules, str):
            check_names(self.model, peft_config.target_modules)
        _check_base(self.model, peft_config)
        return peft_config

    def _create_and_replace(
        self, peft_config: QSLConfig, adapter_name: str, target: nn.Module, target_name: str, parent: nn.Module, current_key: str, **_: Any
    ) -> None:
        base = target.get_base_layer() if isinstance(target, BaseTunerLayer) else target
        if not is_linear(base):
            raise ConfigError(f"{current_key} is a {type(base).__name__}; quantum sublayers stand beside linear maps (nn.Linear, Conv1D)")
        config = self.get_model_config(self.model)
        heads = config.get("num_attention_heads") or config.get("n_head")
        plan = make_plan(
            peft_config, layout(target_name, base, config.get("model_type", ""), heads, _qkv_sizes(config)), features(base)[0], current_key
        )
        layer = target if isinstance(target, QSLLayer) else QSLLayer(target)
        owners: dict[str, QSLLayer] = {}
        block = current_key.rpartition(".")[0]
        for name, wanted, size in (("qsl_down", peft_config.share_down, plan.n_in), ("qsl_up", peft_config.share_up, plan.n_out)):
            if wanted and peft_config.form == "sublayer":
                owner = self._owners.setdefault((name, block, size), layer)
                if owner is not layer:
                    owners[name] = owner
        if layer is not target:
            layer._active_adapter = adapter_name  # type: ignore[assignment]
        layer.update_layer(adapter_name, plan, current_key, owners)
        if layer is not target:
            if adapter_name not in self.active_adapters:
                layer.requires_grad_(False)
            self._replace_module(parent, target_name, layer, target)

    @contextmanager
    def _enable_peft_forward_hooks(self, *_: Any, **kwargs: Any) -> Iterator[None]:
        """Mixed batches: `model(..., adapter_names=[...])` gives every row of the batch its own adapter."""
        names = kwargs.get("adapter_names")
        if names is None:
            yield
            return
        if self.training:
            raise ConfigError("adapter_names works at inference only: call model.eval() first")
        unknown = sorted(set(names) - {"__base__"} - set(self.peft_config))
        if unknown:
            raise ConfigError(f"adapter_names has {', '.join(unknown)}, loaded are {', '.join(self.peft_config)}")
        # beams from anywhere else make more rows than names, which the layer refuses
        beams = kwargs.get("num_beams") or getattr(kwargs.get("generation_config"), "num_beams", None) or 1
        names = [n for n in names for _ in range(beams)]
        hook = partial(_add_adapter_names, adapter_names=names)
        handles = [m.register_forward_pre_hook(hook, with_kwargs=True) for m in self.modules() if isinstance(m, (QSLLayer, AuxiliaryTrainingWrapper))]
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()

    def _check_merge_allowed(self) -> None:
        """Refuse before the first layer is touched, so that a refused merge leaves the model whole."""
        super()._check_merge_allowed()
        for layer in self.modules():
            if isinstance(layer, QSLLayer):
                for name in layer.active_adapters:
                    layer.check_mergeable(name)

    @classmethod
    def _remap_adapter_state_dict_for_load(
        cls, model: nn.Module, config: QSLConfig, adapter_name: str, state_dict: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        """Refuse a file whose tensors are not exactly the adapter's, before any of them is used."""
        mapped = super()._remap_adapter_state_dict_for_load(model, config, adapter_name, state_dict)
        own = model.state_dict()
        shapes = {k: v.shape for k, v in own.items() if f".{cls.prefix}" in k and k.endswith(f".{adapter_name}")}
        found = {k: v.shape for k, v in mapped.items() if f".{cls.prefix}" in k}
        wrong = [k for k in sorted(shapes.keys() | found.keys()) if shapes.get(k) != found.get(k)]
        if wrong:
            first = wrong[0]
            raise ConfigError(
                f"adapter {adapter_name!r} does not fit this base model: {len(wrong)} tensors differ, first {first}: "
                f"file {tuple(found[first]) if first in found else 'missing'}, model {tuple(shapes[first]) if first in shapes else 'missing'}"
            )
        return mapped


def _qkv_sizes(config: dict) -> tuple[int, int, int] | None:
    heads = config.get("num_attention_heads")
    size = config.get("head_dim") or (config["hidden_size"] // heads if heads and config.get("hidden_size") else None)
    if not heads or not size:
        return None
    groups = config.get("num_key_value_heads") or heads
    return heads * size, groups * size, groups * size


def _probe(model: nn.Module) -> list[float] | None:
    """Eight numbers of the input embedding, which tell bases apart; None where there are none to read."""
    try:
        weight = model.get_input_embeddings().weight  # type: ignore[operator]
    except (AttributeError, NotImplementedError):
        return None
    if weight is None or weight.is_meta or weight.ndim != 2 or not weight.is_floating_point():
        return None
    rows = torch.arange(8, device=weight.device) * (weight.shape[0] // 9) + 3
    return [round(float(v), 6) for v in weight.detach()[rows.clamp(max=weight.shape[0] - 1), min(5, weight.shape[1] - 1)]]


def _check_base(model: nn.Module, config: QSLConfig) -> None:
    """Remember the base for when the adapter is saved; refuse another one when it is loaded."""
    seen = _probe(model)
    config._seen_probe = seen  # no field: a config may be used for several models before it is saved
    if config.base_probe and seen and not torch.allclose(torch.tensor(config.base_probe), torch.tensor(seen), rtol=2e-2, atol=1e-3):
        base = config.base_model_name_or_path or "another base model"
        raise ConfigError(
            f"this adapter was trained on {base}, and the model it is being loaded on has other weights; load that base (base_probe=[] overrides)"
        )


if PEFT_TYPE not in PEFT_TYPE_TO_CONFIG_MAPPING:
    register_peft_method(name=NAME, config_cls=QSLConfig, model_cls=QSLModel, prefix=QSLModel.prefix)
