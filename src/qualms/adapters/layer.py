"""The layer: a frozen linear map with quantum sublayers beside it."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from peft.tuners._buffer_dict import BufferDict
from peft.tuners.tuners_utils import BaseTunerLayer, check_adapters_to_merge
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from qualms.adapters.config import QSLConfig
from qualms.adapters.draw import Draw
from qualms.adapters.plan import Plan
from qualms.adapters.sharing import projected
from qualms.adapters.targets import features
from qualms.circuits import LayeredAnsatz
from qualms.errors import ConfigError, NotMergeableError
from qualms.kernels import measure, normalized


class QSLLayer(nn.Module, BaseTunerLayer):
    """y = W x + Σ over active adapters of s · B r(U(θ) A x / ‖A x‖), see `QSLConfig`.

    Adapter weights are float32 whatever the base's dtype; the sublayer computes in float32 and its output is cast to the base's.
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

    adapter_layer_names = ("qsl_angles", "qsl_angles_out", "qsl_down", "qsl_up", "qsl_gain", "qsl_spectrum")
    other_param_names = (
        "qsl_frozen_angles",
        "qsl_frozen_angles_out",
        "qsl_frozen_down",
        "qsl_frozen_up",
        "qsl_frozen_matrix",
        "qsl_frozen_matrix_out",
        "plans",
        "shared",
    )

    def __init__(self, base_layer: nn.Module) -> None:
        super().__init__()
        self.base_layer = base_layer
        self.in_features, self.out_features = features(self.get_base_layer())
        for name in self.adapter_layer_names:
            setattr(self, name, nn.ParameterDict())
        for name in self.other_param_names[:-2]:
            setattr(self, name, BufferDict(persistent=False))
        self.plans: dict[str, Plan] = {}
        self.shared: dict[str, dict[str, QSLLayer]] = {}  # adapter → {"qsl_down" | "qsl_up": the layer that owns it}
        self._disable_adapters = False
        self.merged_adapters: list[str] = []

    # Setting up --------------------------------------------------------------------------------------------------

    def update_layer(self, adapter: str, plan: Plan, where: str, owners: dict[str, QSLLayer]) -> None:
        """Add an adapter.

        Parameters
        ----------
        adapter : its name.
        plan : from `make_plan`.
        where : the module's path, which seeds what is drawn.
        owners : layers whose "qsl_down" or "qsl_up" this one uses instead of its own.
        """
        config, maps, draw = plan.config, plan.maps, Draw(plan.config.init_seed, where)
        device = self.get_base_layer().weight.device
        self.plans[adapter], self.shared[adapter] = plan, owners

        def learn(name: str, value: Tensor) -> None:
            getattr(self, name)[adapter] = nn.Parameter(value.to(device))

        def freeze(name: str, value: Tensor) -> None:
            getattr(self, name)[adapter] = value.to(device)

        def circuit(side: str, ansatz: LayeredAnsatz, columns: int) -> None:
            if config.circuit == "orthogonal":
                freeze("qsl_frozen_matrix" + side, draw.orthogonal("matrix" + side, maps, ansatz.dimension, columns))
                return
            angles = draw.normal("angles" + side, maps, *ansatz.angle_shape, std=config.std)
            trained = config.circuit == "trained"
            (learn if trained else freeze)(("qsl_angles" if trained else "qsl_frozen_angles") + side, angles)

        if config.form == "factors":
            assert plan.ansatz_out is not None
            circuit("", plan.ansatz, config.rank)
            circuit("_out", plan.ansatz_out, config.rank)
            learn("qsl_spectrum", torch.zeros(maps, config.rank))
        else:
            circuit("", plan.ansatz, plan.ansatz.dimension)
            if config.down in ("learned", "random") and "qsl_down" not in owners:
                rows = 1 if config.share_down else maps
                down = draw.normal("down", rows, plan.ansatz.dimension, plan.n_in, std=1 / math.sqrt(plan.n_in))
                (learn if config.down == "learned" else freeze)("qsl_down" if config.down == "learned" else "qsl_frozen_down", down)
            if config.up == "learned":
                if "qsl_up" not in owners:
                    learn("qsl_up", torch.zeros(1 if config.share_up else maps, plan.n_out, plan.width))
            else:
                freeze("qsl_frozen_up", draw.normal("up", maps, plan.n_out, plan.width, std=1 / math.sqrt(plan.width)))
                if config.up == "gain":
                    learn("qsl_gain", torch.zeros(maps, plan.width))
                else:
                    freeze("qsl_frozen_angles", draw.normal("angles", maps, *plan.ansatz.angle_shape, std=config.std))
        self._move_adapter_to_device_of_base_layer(adapter)
        self.set_adapter(self.active_adapters, inference_mode=config.inference_mode)

    def _move_adapter_to_device_of_base_layer(self, adapter_name: str, device: torch.device | None = None) -> None:
        """To the base's device, but not its dtype: what is frozen must not depend on the precision the base was loaded in."""
        device = device or self.get_base_layer().weight.device
        for name in (*self.adapter_layer_names, *self.other_param_names[:-2]):
            values = getattr(self, name)
            if adapter_name in values and values[adapter_name].device.type != "meta" and device.type != "meta":
                values[adapter_name] = values[adapter_name].to(device)

    # The sublayer ------------------------------------------------------------------------------------------------

    def _tensor(self, name: str, adapter: str) -> Tensor | None:
        """A learned or frozen tensor of an adapter, its own or the one it shares; None if it has none."""
        layer = self.shared[adapter].get(name, self)
        if layer is not self and getattr(self, "_is_replica", False):
            raise ConfigError("share_down and share_up do not work under torch.nn.DataParallel; use DistributedDataParallel, torchrun or accelerate")
        for attribute in (name, name.replace("qsl_", "qsl_frozen_")):
            values: Any = getattr(layer, attribute, None)
            if values is not None and adapter in values:
                return values[adapter].float()
        return None

    def _project(self, adapter: str, x: Tensor) -> Tensor:
        """A x: (T, in) → (T, 2ⁿ) where all maps share it, else (m, T, 2ⁿ)."""
        plan = self.plans[adapter]
        down = self._tensor("qsl_down", adapter)
        if down is not None:
            return nn.functional.linear(x, down[0]) if len(down) == 1 else x @ down.mT
        if plan.config.down == "slice":
            return x[:, : plan.ansatz.dimension]
        return nn.functional.pad(x, (0, plan.ansatz.dimension - plan.n_in))

    def _tokens(self, adapter: str, x: Tensor) -> Tensor:
        """The input as (T, in) float32, dropout applied."""
        plan = self.plans[adapter]
        return nn.functional.dropout(x.reshape(-1, plan.n_in).float(), plan.config.dropout, self.training)

    def _projected(self, adapter: str, x: Tensor) -> Tensor:
        """A of the input (..., in); once in a forward of the block for all maps that share A and are given the same tensor."""
        plan = self.plans[adapter]
        down = self._tensor("qsl_down", adapter)
        dropped = self.training and plan.config.dropout > 0  # each map drops its own
        if down is None or dropped or not plan.config.share_down or plan.maps > 1:  # a fused map projects once anyhow
            return self._project(adapter, self._tokens(adapter, x))
        return projected(self.shared[adapter].get("qsl_down", self), adapter, x, down[0], partial(self._tokens, adapter))

    def _read_out(self, plan: Plan, angles: Tensor | None, matrix: Tensor | None, h: Tensor) -> Tensor:
        """r(U α), α = h / ‖h‖: ([m,] T, 2ⁿ) → (m, T, width)."""
        config = plan.config
        if angles is None:
            assert matrix is not None
            return measure((normalized(h) if config.normalize else h) @ matrix.mT, config.readout)
        return plan.backend.read_out(plan.ansatz, angles, h, config.readout, config.normalize)

    def _factors(self, adapter: str) -> tuple[Tensor, Tensor]:
        """(A, B) of a linear adapter with ΔW = s·B A for each map: (m, r, in) and (m, out, r)."""
        plan = self.plans[adapter]
        angles, matrix = self._tensor("qsl_angles", adapter), self._tensor("qsl_frozen_matrix", adapter)
        if plan.config.form == "factors":
            assert plan.ansatz_out is not None
            sides = []
            for side, ansatz, size in (("", plan.ansatz, plan.n_in), ("_out", plan.ansatz_out, plan.n_out)):
                angles = self._tensor("qsl_angles" + side, adapter)
                if angles is None:
                    columns = getattr(self, "qsl_frozen_matrix" + side)[adapter].float()
                else:  # the first K columns of U are what U makes of the first K basis states
                    basis = torch.eye(plan.config.rank, ansatz.dimension, device=angles.device)
                    columns = plan.backend.read_out(ansatz, angles, basis, "amplitudes", False).mT
                sides.append(columns[:, :size])
            return sides[0].mT, sides[1] * self.qsl_spectrum[adapter].float()[:, None]
        backend = plan.backend
        identity = torch.eye(plan.n_in, device=self.weight.device)
        encoded = self._project(adapter, identity)  # ([m,] in, 2ⁿ)
        if matrix is not None:
            state = encoded @ matrix.mT
        else:
            assert angles is not None
            state = backend.read_out(plan.ansatz, angles, encoded, "amplitudes", False)
        up = self._tensor("qsl_up", adapter)
        gain = self.qsl_gain[adapter].float() if adapter in self.qsl_gain else None
        if plan.config.up == "fixed":
            start = backend.read_out(plan.ansatz, self.qsl_frozen_angles[adapter].float(), encoded, "amplitudes", False)
            state = state - start
        assert up is not None
        return state.mT, (up * gain[:, None] if gain is not None else up).expand(plan.maps, -1, -1)

    def delta(self, adapter: str, x: Tensor) -> Tensor:
        """What the adapter adds to the output, float32: (..., in) → (..., out)."""
        return self._beside(adapter, x, torch.zeros(*x.shape[:-1], self.out_features, device=x.device))

    def _beside(self, adapter: str, x: Tensor, result: Tensor) -> Tensor:
        """`result` (..., out) plus what the adapter adds to it, for the input `x` (..., in). Computed in float32."""
        plan, config = self.plans[adapter], self.plans[adapter].config
        if config.form == "factors":
            a, b = self._factors(adapter)
            read, up = self._tokens(adapter, x) @ a.mT, b
        else:
            read, up = self._sublayer(adapter, plan, self._projected(adapter, x))
        up = up * config.scaling  # here it multiplies the fewest numbers
        if len(read) == 1 and plan.layout.order is None and result.dtype == read.dtype:
            return torch.addmm(result.reshape(-1, plan.n_out), read[0], up[0].mT).reshape(result.shape)
        out = (read @ up.mT).movedim(0, 1).flatten(1)
        if plan.layout.order is not None:
            out = out[:, plan.layout.order.to(out.device)]
        return result + out.reshape(result.shape).to(result.dtype)

    def _sublayer(self, adapter: str, plan: Plan, h: Tensor) -> tuple[Tensor, Tensor]:
        """What the circuits read out of ([m,] T, 2ⁿ), (m, T, width), and the up-projection that takes it to the outputs, ([m,] out, width)."""
        config, d = plan.config, plan.ansatz.dimension
        read = self._read_out(plan, self._tensor("qsl_angles", adapter), self._tensor("qsl_frozen_matrix", adapter), h)
        if config.up == "fixed":
            read = read - self._read_out(plan, self.qsl_frozen_angles[adapter].float(), None, h)
        if config.keep_norm and config.normalize:
            read = read * (torch.linalg.vector_norm(h, dim=-1, keepdim=True) / math.sqrt(d))
        up = self._tensor("qsl_up", adapter)
        assert up is not None
        if adapter in self.qsl_gain:
            up = up * self.qsl_gain[adapter].float()[:, None]
        return read, up.expand(plan.maps, -1, -1) * _spread(config, d)

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
            raise ConfigError("adapter_names needs adapters that are not merged: call unmerge_adapter() first")
        if len(adapter_names) != len(x):
            raise ConfigError(f"adapter_names has {len(adapter_names)} names for a batch of {len(x)}")
        result = result.clone()
        with torch.autocast(x.device.type, enabled=False):
            for adapter in set(adapter_names) & self.plans.keys():
                rows = [i for i, name in enumerate(adapter_names) if name == adapter]
                result[rows] = self._beside(adapter, x[rows], result[rows])
        return result

    # Merging -----------------------------------------------------------------------------------------------------

    def check_mergeable(self, adapter: str) -> None:
        """Raises NotMergeableError if the adapter is here and not linear."""
        reason = self.plans[adapter].config.why_not_linear() if adapter in self.plans else None
        if reason is not None:
            raise NotMergeableError(f"adapter {adapter!r} cannot be merged, exported or summed: {reason}; QSLConfig.mergeable() is linear")

    def lora_factors(self, adapter: str) -> tuple[Tensor, Tensor]:
        """(A, B) with ΔW = B A of the whole map: (r, in) and (out, r); a fused map's three parts are stacked.

        Raises
        ------
        NotMergeableError : if the adapter is not linear.
        """
        plan = self.plans[adapter]
        a, b = self.factors(adapter)
        stacked = torch.block_diag(*b) if plan.maps > 1 else b[0]
        if plan.layout.order is not None:
            stacked = stacked[plan.layout.order.to(stacked.device)]
        return a.flatten(0, 1), stacked

    def factors(self, adapter: str) -> tuple[Tensor, Tensor]:
        """(A, B) with ΔW = B A for each of the maps: (m, r, in) and (m, out, r), float32. Raises NotMergeableError if the adapter is not linear."""
        self.check_mergeable(adapter)
        plan = self.plans[adapter]
        with torch.no_grad(), torch.autocast(self.weight.device.type, enabled=False):
            a, b = self._factors(adapter)
            return a.expand(plan.maps, -1, -1), b * plan.config.scaling

    def set_factors(self, adapter: str, a: Tensor, b: Tensor) -> None:
        """Make ΔW = B A of each map, for an adapter that learns A and B around an orthogonal matrix of r rows or more. Shapes as in `factors`."""
        down, up, matrix = self.qsl_down[adapter], self.qsl_up[adapter], self.qsl_frozen_matrix[adapter].double()
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
        NotMergeableError : for an adapter that is not linear. ConfigError : for NaN or infinities with `safe_merge`. Nothing is changed then.
        """
        names = [n for n in check_adapters_to_merge(self, adapter_names) if n in self.plans]
        if names:
            self.get_base_layer().weight.data = self.merged_weight(names, safe_merge)
            self.merged_adapters.extend(names)

    def merged_weight(self, names: list[str], safe_merge: bool, where: str = "") -> Tensor:
        """The base weight with the adapters `names` added to it; raises as `merge` does."""
        merged = self.get_base_layer().weight.data
        if not merged.is_floating_point():
            raise NotMergeableError(f"nothing can be merged into a quantized weight of {merged.dtype}; load the base in full or half precision")
        for name in names:
            merged = (merged.float() + self.get_delta_weight(name)).to(merged.dtype)
            if safe_merge and not torch.isfinite(merged).all():
                raise ConfigError(
                    f"NaNs or infinities detected in the merged weights{where}. The adapter {name} seems to be broken; nothing was merged"
                )
        return merged

    def unmerge(self) -> None:
        weight = self.get_base_layer().weight
        while self.merged_adapters:
            weight.data = (weight.data.float() - self.get_delta_weight(self.merged_adapters.pop())).to(weight.dtype)

    def supports_lora_conversion(self, adapter_name: str = "default") -> bool:
        return adapter_name in self.plans and self.plans[adapter_name].config.is_linear

    def __repr__(self) -> str:
        return "qsl." + super().__repr__()


def _spread(config: QSLConfig, dimension: int) -> float:
    """What gives the readout of a dense Gaussian input a standard deviation of about 1."""
    if config.readout == "z":
        return math.sqrt(dimension / 2)
    if config.readout == "probs":
        return dimension / math.sqrt(2)
    return math.sqrt(dimension) if config.normalize else 1.0
