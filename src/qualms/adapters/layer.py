"""The layer: a frozen linear map with quantum sublayers beside it."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from peft.tuners._buffer_dict import BufferDict
from peft.tuners.tuners_utils import BaseTunerLayer, check_adapters_to_merge
from torch import Tensor, nn
from transformers.pytorch_utils import Conv1D

from qualms.adapters.config import QSLConfig
from qualms.adapters.targets import Layout, features
from qualms.backends import get_backend
from qualms.circuits import LayeredAnsatz
from qualms.circuits.reference import z_signs
from qualms.errors import ConfigError, NotMergeableError


@dataclass(frozen=True)
class Plan:
    """What one adapter does at one layer: sizes and choices, no tensors.

    Attributes
    ----------
    config : the adapter's settings.
    layout : how the map divides into `m` maps (1, or 3 for a fused q-k-v).
    n_in : input features. n_out : output features of each of the `m` maps.
    ansatz : the circuit; for factors the input side's, with `ansatz_out` the output side's.
    """

    config: QSLConfig
    layout: Layout
    n_in: int
    n_out: int
    ansatz: LayeredAnsatz
    ansatz_out: LayeredAnsatz | None

    @property
    def maps(self) -> int:
        return len(self.layout.sizes)

    @property
    def width(self) -> int:
        """Number of values read out of the circuit."""
        return self.ansatz.n_qubits if self.config.readout == "z" else self.ansatz.dimension


def make_plan(config: QSLConfig, layout: Layout, n_in: int, where: str) -> Plan:
    """Check that the adapter fits the map at `where`.

    Raises
    ------
    ConfigError : if the map has too few dimensions for the qubits, or the backend takes fewer qubits.
    """
    n_out = layout.sizes[0]
    if config.form == "factors":
        sides = [config.ansatz(max(1, math.ceil(math.log2(size)))) for size in (n_in, n_out)]
        smallest = min(n_in, n_out)
        if config.rank > smallest:
            raise ConfigError(f"{where}: rank {config.rank} exceeds the map's smaller side, {smallest}")
        plan = Plan(config, layout, n_in, n_out, *sides)
    else:
        needed = max(1, math.ceil(math.log2(n_in)))
        n = config.n_qubits if config.n_qubits is not None else needed
        if config.down == "full" and n < needed:
            raise ConfigError(f"{where}: down='full' encodes {n_in} features and needs {needed} qubits, n_qubits is {n}")
        if config.down != "full" and (1 << n) > n_in:
            most = int(math.log2(n_in))
            raise ConfigError(
                f"{where}: too few dimensions, {n} qubits encode {1 << n} amplitudes but it has {n_in} inputs; use n_qubits ≤ {most} or down='full'"
            )
        plan = Plan(config, layout, n_in, n_out, config.ansatz(n), None)
    limit = get_backend(config.backend).max_qubits
    widest = max(a.n_qubits for a in (plan.ansatz, plan.ansatz_out) if a)
    if widest > limit:
        raise ConfigError(f"{where}: needs {widest} qubits, the {config.backend} backend takes at most {limit}")
    return plan


class _Draw:
    """Random numbers that depend on seed, place and purpose alone.

    `RandomState` is numpy's frozen generator: its stream is guaranteed never to change, so what is frozen need not be saved.
    """

    def __init__(self, seed: int, where: str) -> None:
        self._key = f"{seed}/{where}"

    def normal(self, purpose: str, *shape: int, std: float) -> Tensor:
        digest = hashlib.sha256(f"{self._key}/{purpose}".encode()).digest()
        generator = np.random.RandomState(np.frombuffer(digest[:16], np.uint32))
        return torch.from_numpy((generator.standard_normal(shape) * std).astype(np.float32))

    def orthogonal(self, purpose: str, maps: int, rows: int, columns: int) -> Tensor:
        """Haar-random orthonormal columns, (maps, rows, columns)."""
        q, r = torch.linalg.qr(self.normal(purpose, maps, rows, columns, std=1.0).double())
        return (q * torch.sign(torch.diagonal(r, dim1=-2, dim2=-1))[:, None]).float()


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
    qsl_gain: nn.ParameterDict
    qsl_spectrum: nn.ParameterDict
    qsl_frozen_angles: BufferDict

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
        config, maps, draw = plan.config, plan.maps, _Draw(plan.config.init_seed, where)
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
        for attribute in (name, name.replace("qsl_", "qsl_frozen_")):
            values: Any = getattr(layer, attribute, None)
            if values is not None and adapter in values:
                return values[adapter].float()
        return None

    def _project(self, adapter: str, x: Tensor) -> Tensor:
        """A x: (T, in) → (m or 1, T, 2ⁿ)."""
        plan = self.plans[adapter]
        down = self._tensor("qsl_down", adapter)
        if down is not None:
            return x @ down.mT
        if plan.config.down == "slice":
            return x[None, :, : plan.ansatz.dimension]
        return nn.functional.pad(x, (0, plan.ansatz.dimension - plan.n_in))[None]

    def _read_out(self, plan: Plan, angles: Tensor | None, matrix: Tensor | None, alpha: Tensor) -> Tensor:
        """r(U α) with a spread of about 1 for dense Gaussian input: (m, T, 2ⁿ) → (m, T, width)."""
        config, d, backend = plan.config, plan.ansatz.dimension, get_backend(plan.config.backend)
        if angles is None:
            assert matrix is not None
            state = alpha @ matrix.mT
            probabilities = state * state
        elif config.readout == "amplitudes":
            state = backend.amplitudes(plan.ansatz, angles, alpha)
        elif config.readout == "probs":
            probabilities = backend.probabilities(plan.ansatz, angles, alpha)
        if config.readout == "amplitudes":
            return state * math.sqrt(d) if config.normalize else state
        if config.readout == "probs":
            return probabilities * (d / math.sqrt(2))
        signs = torch.from_numpy(z_signs(plan.ansatz.n_qubits)).to(alpha)
        expectation = probabilities @ signs if angles is None else backend.expectation(plan.ansatz, angles, alpha, signs)
        return expectation * math.sqrt(d / 2)

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
                    basis = torch.eye(plan.config.rank, ansatz.dimension, device=angles.device).expand(plan.maps, -1, -1)
                    columns = get_backend(plan.config.backend).amplitudes(ansatz, angles, basis).mT
                sides.append(columns[:, :size])
            return sides[0].mT, sides[1] * self.qsl_spectrum[adapter].float()[:, None]
        backend = get_backend(plan.config.backend)
        identity = torch.eye(plan.n_in, device=self.weight.device)
        encoded = self._project(adapter, identity).expand(plan.maps, -1, -1)  # (m, in, 2ⁿ)
        if matrix is not None:
            state = encoded @ matrix.mT
        else:
            assert angles is not None
            state = backend.amplitudes(plan.ansatz, angles, encoded)
        up = self._tensor("qsl_up", adapter)
        gain = self.qsl_gain[adapter].float() if adapter in self.qsl_gain else None
        if plan.config.up == "fixed":
            start = backend.amplitudes(plan.ansatz, self.qsl_frozen_angles[adapter].float(), encoded)
            state = state - start
        assert up is not None
        return state.mT, (up * gain[:, None] if gain is not None else up).expand(plan.maps, -1, -1)

    def delta(self, adapter: str, x: Tensor) -> Tensor:
        """What the adapter adds to the output, float32: (..., in) → (..., out)."""
        plan, config = self.plans[adapter], self.plans[adapter].config
        tokens = nn.functional.dropout(x.reshape(-1, plan.n_in).float(), config.dropout, self.training)
        if config.form == "factors":
            a, b = self._factors(adapter)
            out = (tokens @ a.mT) @ b.mT
        else:
            out = self._sublayer(adapter, plan, tokens)
        out = out.movedim(0, 1).flatten(1)
        if plan.layout.order is not None:
            out = out[:, plan.layout.order.to(out.device)]
        return (out * config.scaling).reshape(*x.shape[:-1], -1)

    def _sublayer(self, adapter: str, plan: Plan, tokens: Tensor) -> Tensor:
        """(T, in) → (m, T, out)."""
        config = plan.config
        h = self._project(adapter, tokens)
        norm = torch.linalg.vector_norm(h, dim=-1, keepdim=True)
        alpha = h / norm.clamp_min(torch.finfo(h.dtype).tiny) if config.normalize else h  # a zero vector stays zero
        alpha = alpha.expand(plan.maps, -1, -1)
        angles, matrix = self._tensor("qsl_angles", adapter), self._tensor("qsl_frozen_matrix", adapter)
        read = self._read_out(plan, angles, matrix, alpha)
        if config.up == "fixed":
            read = read - self._read_out(plan, self.qsl_frozen_angles[adapter].float(), None, alpha)
        if config.keep_norm and config.normalize:
            read = read * (norm / math.sqrt(plan.ansatz.dimension))
        if adapter in self.qsl_gain:
            read = read * self.qsl_gain[adapter].float()[:, None]
        up = self._tensor("qsl_up", adapter)
        assert up is not None
        return read @ up.mT

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
                    result = result + self.delta(adapter, x).to(result.dtype)
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
                result[rows] += self.delta(adapter, x[rows]).to(result.dtype)
        return result

    # Merging -----------------------------------------------------------------------------------------------------

    def check_mergeable(self, adapter: str) -> None:
        """Raises NotMergeableError if the adapter is here and not linear."""
        reason = self.plans[adapter].config.why_not_linear() if adapter in self.plans else None
        if reason is not None:
            raise NotMergeableError(f"adapter {adapter!r} cannot be merged or exported: {reason}; QSLConfig.mergeable() is linear")

    def lora_factors(self, adapter: str) -> tuple[Tensor, Tensor]:
        """(A, B) with ΔW = B A of the whole map: (r, in) and (out, r); a fused map's three parts are stacked.

        Raises
        ------
        NotMergeableError : if the adapter is not linear.
        """
        self.check_mergeable(adapter)
        plan = self.plans[adapter]
        with torch.no_grad(), torch.autocast(self.weight.device.type, enabled=False):
            a, b = self._factors(adapter)
            stacked = torch.block_diag(*b) if plan.maps > 1 else b[0]
            if plan.layout.order is not None:
                stacked = stacked[plan.layout.order.to(stacked.device)]
            return a.expand(plan.maps, -1, -1).flatten(0, 1), stacked * plan.config.scaling

    def get_delta_weight(self, adapter: str) -> Tensor:
        """ΔW in the base weight's orientation, float32."""
        a, b = self.lora_factors(adapter)
        return (b @ a).T if isinstance(self.get_base_layer(), Conv1D) else b @ a

    def merge(self, safe_merge: bool = False, adapter_names: list[str] | None = None) -> None:
        """Add ΔW to the base weights. Raises NotMergeableError for a non-linear adapter, before anything is changed."""
        names = [n for n in check_adapters_to_merge(self, adapter_names) if n in self.plans]
        deltas = [self.get_delta_weight(n) for n in names]
        weight = self.get_base_layer().weight
        for name, delta in zip(names, deltas, strict=True):
            merged = (weight.data.float() + delta).to(weight.dtype)
            if safe_merge and not torch.isfinite(merged).all():
                raise ConfigError(f"adapter {name!r} would put NaN or infinity into the merged weights")
            weight.data = merged
            self.merged_adapters.append(name)

    def unmerge(self) -> None:
        weight = self.get_base_layer().weight
        while self.merged_adapters:
            weight.data = (weight.data.float() - self.get_delta_weight(self.merged_adapters.pop())).to(weight.dtype)

    def supports_lora_conversion(self, adapter_name: str = "default") -> bool:
        return adapter_name in self.plans and self.plans[adapter_name].config.is_linear

    def __repr__(self) -> str:
        return "qsl." + super().__repr__()
