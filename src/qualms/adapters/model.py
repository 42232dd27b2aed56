"""The tuner: puts quantum sublayers into a model the way PEFT puts LoRA into one."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, Never

from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING
from peft.tuners.tuners_utils import BaseTuner, BaseTunerLayer
from peft.utils import register_peft_method
from peft.utils.other import AuxiliaryTrainingWrapper
from torch import Tensor, nn

from qualms.adapters.base import check_base
from qualms.adapters.config import QSLConfig
from qualms.adapters.forms import make_plan
from qualms.adapters.layer import QSLLayer
from qualms.adapters.plan import Plan
from qualms.adapters.registration import NAME, PEFT_TYPE
from qualms.adapters.rows import rows_with_names
from qualms.adapters.scope import blocks, models
from qualms.adapters.targets import (
    check_targets,
    features,
    find_linear,
    find_qkv,
    is_linear,
    is_target,
    layout,
    matched,
    passed_over,
)
from qualms.adapters.weighted import add_weighted
from qualms.errors import ConfigError, NotMergeableError

_SAFE_NAME = re.compile(r"[^/\\\0]+")


class QSLModel(BaseTuner):
    """A model with quantum sublayers. Made by `peft.get_peft_model(model, QSLConfig(...))`."""

    prefix = "qsl_"
    tuner_layer_cls = QSLLayer
    # not consulted: `find_qkv` looks at the model itself
    target_module_mapping: ClassVar[dict[str, list[str]]] = {}

    @staticmethod
    def check_name(name: str) -> None:
        """An adapter's name becomes a folder's; one with a separator in it would be saved outside the chosen
        folder. Raises ConfigError.
        """
        if not _SAFE_NAME.fullmatch(name) or name in (".", "..") or "." in name:
            raise ConfigError(
                f"adapter name {name!r} cannot be used as a folder: no '/', '\\', '.' or NUL in it"
            )

    def inject_adapter(self, model: nn.Module, adapter_name: str, *args: Any, **kwargs: Any) -> None:
        self.check_name(adapter_name)
        self._owners: dict[tuple, QSLLayer] = {}
        self._plans: dict[str, Plan] = {}
        super().inject_adapter(model, adapter_name, *args, **kwargs)
        if any(plan.is_made_together for plan in self._plans.values()):
            for whole in (self, model):  # PEFT calls the one, `generate` the other
                models.watch(whole)

    @staticmethod
    def _check_target_module_exists(peft_config: QSLConfig, key: str) -> Any:
        return is_target(peft_config, key)

    def _prepare_adapter_config(self, peft_config: QSLConfig, model_config: dict) -> QSLConfig:
        """Settle the targets, and look at everything that can be refused before the first module is
        replaced.
        """
        if peft_config.target_modules is None:
            peft_config.target_modules = find_qkv(self.model)  # type: ignore[assignment]
        elif (
            isinstance(peft_config.target_modules, str) and peft_config.target_modules.lower() == "all-linear"
        ):
            peft_config.target_modules = find_linear(self.model, peft_config)  # type: ignore[assignment]
        check_targets(self.model, peft_config)
        for wrong in passed_over(self.model, peft_config):
            if peft_config.base_probe is None:
                raise ConfigError(wrong)
            # it was no error once
            warnings.warn(
                f"{wrong}; the adapter was saved so, and is loaded without it", RuntimeWarning, stacklevel=2
            )
        check_base(self.model, peft_config)
        self._plans = {
            name: self._plan(peft_config, name, module)
            for name, module in matched(self.model, peft_config).items()
        }
        return peft_config

    def _plan(self, peft_config: QSLConfig, name: str, module: nn.Module) -> Plan:
        base = module.get_base_layer() if isinstance(module, BaseTunerLayer) else module
        if not is_linear(base):
            raise ConfigError(
                f"{name} is a {type(base).__name__}; quantum sublayers stand "
                "beside linear maps (nn.Linear, Conv1D)"
            )
        config = self.get_model_config(self.model)
        heads = config.get("num_attention_heads") or config.get("n_head")
        fused = layout(name.rpartition(".")[2], base, config.get("model_type", ""), heads, _qkv_sizes(config))
        return make_plan(peft_config, fused, features(base)[0], name)

    def _create_and_replace(
        self,
        peft_config: QSLConfig,
        adapter_name: str,
        target: nn.Module,
        target_name: str,
        parent: nn.Module,
        current_key: str,
        **_: Any,
    ) -> None:
        # PEFT may go by a file's keys
        plan = self._plans.get(current_key) or self._plan(peft_config, current_key, target)
        layer = target if isinstance(target, QSLLayer) else QSLLayer(target)
        owners: dict[str, QSLLayer] = {}
        block = current_key.rpartition(".")[0]
        for name, size in plan.shared.items():
            owner = self._owners.setdefault((name, block, size), layer)
            if owner is not layer:
                owners[name] = owner
        if layer is not target:
            layer._active_adapter = adapter_name  # type: ignore[assignment]
        layer.update_layer(adapter_name, plan, current_key, owners)
        if "down" in owners:
            blocks.watch(parent)
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
        if isinstance(names, str) or not all(isinstance(n, str) for n in names):
            raise ConfigError(f"adapter_names={names!r} must be a list of one name for each row of the batch")
        if self.training:
            raise ConfigError("adapter_names works at inference only: call model.eval() first")
        self._check_known("adapter_names", set(names) - {"__base__"})
        takers = [m for m in self.modules() if isinstance(m, (QSLLayer, AuxiliaryTrainingWrapper))]
        with rows_with_names(self.model, takers, list(names)):
            yield

    def _check_known(self, what: str, names: Iterable[str]) -> None:
        unknown = sorted(set(names) - set(self.peft_config))
        if unknown:
            raise ConfigError(f"{what} has {', '.join(unknown)}, loaded are {', '.join(self.peft_config)}")

    # Merging ------------------------------------------------------------------------------------------------

    def _check_merge(self, adapter_names: Sequence[str] | None, safe_merge: bool) -> None:
        """Refuse before the first layer is touched, so that a refused merge leaves the model whole."""
        if isinstance(adapter_names, str):
            raise ConfigError(f"adapter_names={adapter_names!r} must be a list of names")
        self._check_known("adapter_names", adapter_names or ())
        layers = [(n, m) for n, m in self.model.named_modules() if isinstance(m, QSLLayer)]
        wanted = {
            where: [n for n in adapter_names or layer.active_adapters if n in layer.plans]
            for where, layer in layers
        }
        for where, layer in layers:
            for name in wanted[where]:
                layer.check_mergeable(name)
            if wanted[where] and (tied := self._other_owner(layer)):
                raise NotMergeableError(
                    f"{where} has its weight in common with {tied}, which merging would change too; train "
                    "another map, or untie them (tie_word_embeddings=False) before"
                )
        for where, layer in layers:
            new = [n for n in wanted[where] if n not in layer.merged_adapters]
            if safe_merge and new:
                layer.merged_weight(new, safe_merge, f" of {where}")

    def _other_owner(self, layer: QSLLayer) -> str | None:
        """The module that a map shares its weight with, such as the embedding of a tied head."""
        weight, own = layer.get_base_layer().weight, set(layer.modules())
        return next(
            (name for name, module in self.model.named_modules()
             if module not in own and any(p is weight for p in module.parameters(recurse=False))),
            None,
        )  # fmt: skip

    def _unload_and_optionally_merge(
        self,
        merge: bool = True,
        progressbar: bool = False,
        safe_merge: bool = False,
        adapter_names: list[str] | None = None,
    ) -> nn.Module:
        if merge:
            self._check_merge(adapter_names, safe_merge)
        base = super()._unload_and_optionally_merge(merge, progressbar, safe_merge, adapter_names)
        for scopes in (blocks, models):
            scopes.unwatch(self)
        return base

    def merge_adapter(self, adapter_names: list[str] | None = None, safe_merge: bool = False) -> None:
        """Add adapters that are linear to the base weights; `unmerge_adapter` takes them off again.

        Raises
        ------
        NotMergeableError
            For an adapter that is not linear.
        ConfigError
            For NaN or infinities with `safe_merge`. Nothing is changed then.
        """
        self._check_merge(adapter_names, safe_merge)
        super().merge_adapter(adapter_names, safe_merge)

    def supports_lora_conversion(self, adapter_name: str | None = None) -> bool:
        """Whether `peft.convert_to_lora` takes the adapter: it is linear, and stands beside every map that
        any adapter stands beside.

        Parameters
        ----------
        adapter_name : str, optional
            The active ones if left out, as `PeftModel.supports_lora_conversion` does whatever name it is
            given.
        """
        names = self.active_adapters if adapter_name is None else [adapter_name]
        layers = [m for m in self.modules() if isinstance(m, QSLLayer)]
        return bool(layers and names) and all(
            layer.supports_lora_conversion(name) for layer in layers for name in names
        )

    # What LoRA's model can do beside ------------------------------------------------------------------------

    def add_weighted_adapter(
        self,
        adapters: list[str],
        weights: list[float],
        adapter_name: str,
        combination_type: str = "cat",
        svd_rank: int | None = None,
        **others: Any,
    ) -> None:
        """Add the adapter that is a weighted sum of linear ones, see
        `qualms.adapters.weighted.add_weighted`.
        """
        add_weighted(self, adapters, weights, adapter_name, combination_type, svd_rank, **others)

    def subtract_mutated_init(self, *_: Any, **__: Any) -> Never:
        """LoRA's, for initialisations that change the base weights."""
        raise ConfigError(
            "subtract_mutated_init is for LoRA's initialisations that change the base weights; quantum "
            "sublayers leave them as they are"
        )

    def delete_adapter(self, adapter_name: str) -> None:
        """Delete an adapter that is not merged."""
        super().delete_adapter(adapter_name)
        layers = [m for m in self.modules() if isinstance(m, QSLLayer)]
        if not any("down" in owners for m in layers for owners in m.shared.values()):
            blocks.unwatch(self)
        if not any(plan.is_made_together for m in layers for plan in m.plans.values()):
            models.unwatch(self)

    @classmethod
    def _remap_adapter_state_dict_for_load(
        cls, model: nn.Module, config: QSLConfig, adapter_name: str, state_dict: dict[str, Tensor]
    ) -> dict[str, Tensor]:
        """Refuse a file whose tensors are not exactly the adapter's, before any of them is used."""
        mapped = super()._remap_adapter_state_dict_for_load(model, config, adapter_name, state_dict)
        own = model.state_dict()
        shapes = {
            k: v.shape for k, v in own.items() if f".{cls.prefix}" in k and k.endswith(f".{adapter_name}")
        }
        found = {k: v.shape for k, v in mapped.items() if f".{cls.prefix}" in k}
        wrong = [k for k in sorted(shapes.keys() | found.keys()) if shapes.get(k) != found.get(k)]
        if wrong:
            first = wrong[0]
            raise ConfigError(
                f"adapter {adapter_name!r} does not fit this base model: {len(wrong)} tensors differ, "
                f"first {first}: file {tuple(found[first]) if first in found else 'missing'}, model "
                f"{tuple(shapes[first]) if first in shapes else 'missing'}"
            )
        return mapped


def _qkv_sizes(config: dict) -> tuple[int, int, int] | None:
    heads = config.get("num_attention_heads")
    size = config.get("head_dim") or (
        config["hidden_size"] // heads if heads and config.get("hidden_size") else None
    )
    if not heads or not size:
        return None
    groups = config.get("num_key_value_heads") or heads
    return heads * size, groups * size, groups * size


if PEFT_TYPE not in PEFT_TYPE_TO_CONFIG_MAPPING:
    register_peft_method(name=NAME, config_cls=QSLConfig, model_cls=QSLModel, prefix=QSLModel.prefix)
