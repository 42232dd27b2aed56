"""The layer: a frozen linear map with quantum sublayers beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from peft.tuners._buffer_dict import BufferDict
from peft.tuners.tuners_utils import BaseTunerLayer, check_adapters_to_merge
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from qualms.adapters.frozen_numbers import FrozenNumbers
from qualms.adapters.plan import Plan
from qualms.adapters.targets import features
from qualms.errors import ConfigError, NotMergeableError


class QSLLayer(nn.Module, BaseTunerLayer):
    """y = W x + Σ over active adapters of what each adds; the forms are `Sublayer` and `Factors`, see
    `QSLConfig`.

    The layer holds every adapter's tensors and does what PEFT asks of a layer; what is computed with them is
    the plan's. Adapter weights are float32 whatever the base's dtype; they compute in float32, and the output
    is cast to the base's.
    """

    # what BaseTunerLayer brings, which mypy does not read
    base_layer: nn.Module
    weight: nn.Parameter
    get_base_layer: Callable[[], Any]
    set_adapter: Callable[..., None]
    active_adapters: list[str]
    merged: bool
    qsl_angles: nn.ParameterDict
    qsl_down: nn.ParameterDict
    qsl_up: nn.ParameterDict
    qsl_gain: nn.ParameterDict
    qsl_spectrum: nn.ParameterDict
    qsl_frozen_angles: BufferDict
    qsl_frozen_matrix: BufferDict

    adapter_layer_names = (
        "qsl_angles",
        "qsl_angles_out",
        "qsl_down",
        "qsl_up",
        "qsl_gain",
        "qsl_gain_out",
        "qsl_spectrum",
    )
    _kept_names = ("qsl_stored", "qsl_stored_out")
    _frozen_names = (
        "qsl_frozen_angles",
        "qsl_frozen_angles_out",
        "qsl_frozen_down",
        "qsl_frozen_up",
        "qsl_frozen_matrix",
        "qsl_frozen_matrix_out",
    )
    other_param_names = (*_kept_names, *_frozen_names, "plans", "shared", "fitted")

    def __init__(self, base_layer: nn.Module) -> None:
        super().__init__()
        self.base_layer = base_layer
        self.in_features, self.out_features = features(self.get_base_layer())
        for name in self.adapter_layer_names:
            setattr(self, name, nn.ParameterDict())
        for name in (*self._kept_names, *self._frozen_names):
            setattr(self, name, BufferDict(persistent=name in self._kept_names))
        self.plans: dict[str, Plan] = {}
        self.shared: dict[str, dict[str, QSLLayer]] = {}  # adapter → {"down" | "up": the layer that owns it}
        # by adapter: whether it may be trained, because its directions are fitted or need no fit
        self.fitted: dict[str, bool] = {}
        self._disable_adapters = False
        self.merged_adapters: list[str] = []

    # Setting up ---------------------------------------------------------------------------------------------

    def update_layer(self, adapter: str, plan: Plan, where: str, owners: dict[str, QSLLayer]) -> None:
        """Add an adapter.

        Parameters
        ----------
        adapter : str
            Name of the adapter.
        plan : Plan
            What the adapter does here, from `make_plan`.
        where : str
            The module's path, from which the random seed of the adapter's frozen numbers is derived.
        owners : dict[str, QSLLayer]
            Layers whose tensors, such as "down" or "up", this one uses instead of its own.
        """
        device = self.get_base_layer().weight.device
        self.plans[adapter], self.shared[adapter] = plan, owners
        self.fitted[adapter] = plan.config.start == "random"
        for start in plan.starts(FrozenNumbers(plan.config.init_seed, where), owners):
            value = start.value.to(device)
            if start.learned:
                getattr(self, f"qsl_{start.name}")[adapter] = nn.Parameter(value)
            else:
                getattr(self, f"qsl_{'' if start.kept else 'frozen_'}{start.name}")[adapter] = value
        self._move_adapter_to_device_of_base_layer(adapter)
        self.set_adapter(self.active_adapters, inference_mode=plan.config.inference_mode)

    def _move_adapter_to_device_of_base_layer(
        self, adapter_name: str, device: torch.device | None = None
    ) -> None:
        """To the base's device, but not its dtype: what is frozen must not depend on the precision the base
        was loaded in.
        """
        device = device or self.get_base_layer().weight.device
        for name in (*self.adapter_layer_names, *self._kept_names, *self._frozen_names):
            values = getattr(self, name)
            if (
                adapter_name in values
                and values[adapter_name].device.type != "meta"
                and device.type != "meta"
            ):
                values[adapter_name] = values[adapter_name].to(device)

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *args: Any) -> None:
        """As torch's; directions that come from a file and are not those made here need no fitting."""
        for adapter in [name for name, is_fitted in self.fitted.items() if not is_fitted]:
            kind = f"qsl_{self.plans[adapter].fitted_names[0]}"
            given, own = state_dict.get(f"{prefix}{kind}.{adapter}"), getattr(self, kind)[adapter]
            if given is not None:
                self.fitted[adapter] = own.is_meta or not torch.equal(given.to(own), own)
        super()._load_from_state_dict(state_dict, prefix, *args)

    # The sublayer -------------------------------------------------------------------------------------------

    def _tensor(self, name: str, adapter: str) -> Tensor | None:
        """A learned or frozen tensor of an adapter, its own or the one it shares; None if it has none."""
        layer = self.shared[adapter].get(name.removeprefix("qsl_"), self)
        if layer is not self and getattr(self, "_is_replica", False):
            raise ConfigError(
                "share_down and share_up do not work under torch.nn.DataParallel; use "
                "DistributedDataParallel, torchrun or accelerate"
            )
        for attribute in (name, name.replace("qsl_", "qsl_frozen_")):
            values: Any = getattr(layer, attribute, None)
            if values is not None and adapter in values:
                found = values[adapter]
                return found.float() if found.is_floating_point() else found
        return None

    def _tokens(self, adapter: str, x: Tensor) -> Tensor:
        """The input as (T, in) float32, dropout applied."""
        plan = self.plans[adapter]
        return nn.functional.dropout(x.reshape(-1, plan.n_in).float(), plan.config.dropout, self.training)

    def delta(self, adapter: str, x: Tensor) -> Tensor:
        """What the adapter adds to the output, float32: (..., in) → (..., out)."""
        return self._beside(adapter, x, torch.zeros(*x.shape[:-1], self.out_features, device=x.device))

    def _beside(self, adapter: str, x: Tensor, result: Tensor) -> Tensor:
        """`result` (..., out) plus what the adapter adds to it, for the input `x` (..., in).

        Computed in float32.
        """
        plan = self.plans[adapter]
        if self.training and not self.fitted[adapter]:
            raise ConfigError(
                f"adapter {adapter!r} has start='fitted' and is being trained without a fit: call "
                "qualms.adapters.fit_directions(model, batches) first, or use start='random'"
            )
        read, up = plan.read(_Held(self, adapter), x)
        up = up * plan.config.scaling  # here it multiplies the fewest numbers
        if len(read) == 1 and plan.layout.order is None and result.dtype == read.dtype:
            return torch.addmm(result.reshape(-1, plan.n_out), read[0], up[0].mT).reshape(result.shape)
        out = (read @ up.mT).movedim(0, 1).flatten(1)
        if plan.layout.order is not None:
            out = out[:, plan.layout.order.to(out.device)]
        return result + out.reshape(result.shape).to(result.dtype)

    def forward(self, x: Tensor, *args: Any, adapter_names: list[str] | None = None, **kwargs: Any) -> Tensor:
        if self.disable_adapters:
            if self.merged:
                self.unmerge()
            return self.base_layer(x, *args, **kwargs)
        result = self.base_layer(x, *args, **kwargs)
        if adapter_names is not None:
            return self._mixed_batch(x, result, adapter_names)
        if self.merged:
            return result
        with torch.autocast(x.device.type, enabled=False):
            for adapter in self.active_adapters:
                if adapter in self.plans:
                    result = self._beside(adapter, x, result)
        return result

    def _mixed_batch(self, x: Tensor, result: Tensor, adapter_names: list[str]) -> Tensor:
        """Row i of the batch gets the adapter `adapter_names[i]`; "__base__" gets none."""
        if self.merged:
            raise ConfigError(
                "adapter_names needs adapters that are not merged: call unmerge_adapter() first"
            )
        if len(adapter_names) != len(x):
            raise ConfigError(f"adapter_names has {len(adapter_names)} names for a batch of {len(x)}")
        result = result.clone()
        with torch.autocast(x.device.type, enabled=False):
            for adapter in set(adapter_names) & self.plans.keys():
                rows = [i for i, name in enumerate(adapter_names) if name == adapter]
                result[rows] = self._beside(adapter, x[rows], result[rows])
        return result

    # Merging ------------------------------------------------------------------------------------------------

    def check_mergeable(self, adapter: str) -> None:
        """Raises NotMergeableError if the adapter is here and not linear."""
        reason = self.plans[adapter].config.why_not_linear() if adapter in self.plans else None
        if reason is not None:
            raise NotMergeableError(
                f"adapter {adapter!r} cannot be merged, exported or summed: {reason}; "
                "QSLConfig.mergeable() is linear"
            )

    def lora_factors(self, adapter: str) -> tuple[Tensor, Tensor]:
        """(A, B) with ΔW = B A of the whole map: (r, in) and (out, r); a fused map's three parts are stacked.

        Raises
        ------
        NotMergeableError
            If the adapter is not linear.
        """
        plan = self.plans[adapter]
        a, b = self.factors(adapter)
        stacked = torch.block_diag(*b) if plan.maps > 1 else b[0]
        if plan.layout.order is not None:
            stacked = stacked[plan.layout.order.to(stacked.device)]
        return a.flatten(0, 1), stacked

    def factors(self, adapter: str) -> tuple[Tensor, Tensor]:
        """(A, B) with ΔW = B A for each of the maps: (m, r, in) and (m, out, r), float32.

        Raises NotMergeableError if the adapter is not linear.
        """
        self.check_mergeable(adapter)
        plan = self.plans[adapter]
        with torch.no_grad(), torch.autocast(self.weight.device.type, enabled=False):
            a, b = plan.factors(_Held(self, adapter))
            return a.expand(plan.maps, -1, -1), b * plan.config.scaling

    def set_factors(self, adapter: str, a: Tensor, b: Tensor) -> None:
        """Make ΔW = B A of each map, for an adapter that learns A and B around an orthogonal matrix of r rows
        or more. Shapes as in `factors`.
        """
        down, up, matrix = (
            self.qsl_down[adapter],
            self.qsl_up[adapter],
            self.qsl_frozen_matrix[adapter].double(),
        )
        rank = a.shape[1]
        with torch.no_grad():
            down.zero_()[:, :rank] = a
            up.copy_(b.double() @ matrix.mT[:, :rank])

    def get_delta_weight(self, adapter: str) -> Tensor:
        """ΔW in the base weight's orientation, float32."""
        a, b = self.lora_factors(adapter)
        return (b @ a).T if isinstance(self.get_base_layer(), Conv1D) else b @ a

    def merge(self, safe_merge: bool = False, adapter_names: list[str] | None = None) -> None:
        """Add ΔW to the base weights.

        Raises
        ------
        NotMergeableError
            For an adapter that is not linear.
        ConfigError
            For NaN or infinities with `safe_merge`. Nothing is changed then.
        """
        names = [n for n in check_adapters_to_merge(self, adapter_names) if n in self.plans]
        if names:
            self.get_base_layer().weight.data = self.merged_weight(names, safe_merge)
            self.merged_adapters.extend(names)

    def merged_weight(self, names: list[str], safe_merge: bool, where: str = "") -> Tensor:
        """The base weight with the adapters `names` added to it; raises as `merge` does."""
        merged = self.get_base_layer().weight.data
        if not merged.is_floating_point():
            raise NotMergeableError(
                f"nothing can be merged into a quantized weight of {merged.dtype}; "
                "load the base in full or half precision"
            )
        for name in names:
            merged = (merged.float() + self.get_delta_weight(name)).to(merged.dtype)
            if safe_merge and not torch.isfinite(merged).all():
                raise ConfigError(
                    f"NaNs or infinities detected in the merged weights{where}. The adapter {name} seems "
                    "to be broken; nothing was merged"
                )
        return merged

    def unmerge(self) -> None:
        weight = self.get_base_layer().weight
        while self.merged_adapters:
            weight.data = (weight.data.float() - self.get_delta_weight(self.merged_adapters.pop())).to(
                weight.dtype
            )

    def supports_lora_conversion(self, adapter_name: str = "default") -> bool:
        return adapter_name in self.plans and self.plans[adapter_name].config.is_linear

    def __repr__(self) -> str:
        return "qsl." + super().__repr__()


class _Held:
    """An adapter's tensors at one layer, as its plan asks for them."""

    def __init__(self, layer: QSLLayer, adapter: str) -> None:
        self._layer, self.adapter = layer, adapter

    @property
    def training(self) -> bool:
        return self._layer.training

    def find(self, name: str) -> Tensor | None:
        return self._layer._tensor(f"qsl_{name}", self.adapter)

    def get(self, name: str) -> Tensor:
        found = self.find(name)
        assert found is not None
        return found

    def tokens(self, x: Tensor) -> Tensor:
        return self._layer._tokens(self.adapter, x)

    def owner(self, name: str) -> nn.Module:
        return self._layer.shared[self.adapter].get(name, self._layer)

    def peers(self, model: nn.Module) -> Iterator[tuple[Plan, _Held]]:
        for module in model.modules():
            if isinstance(module, QSLLayer) and self.adapter in module.plans:
                yield module.plans[self.adapter], _Held(module, self.adapter)
