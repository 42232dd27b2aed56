"""The adapter that an analysis is of: one that was trained, or one that could be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from peft import get_peft_model
from torch import Tensor

from qualms.adapters import QSLConfig
from qualms.adapters.placement import quantum_layers
from qualms.circuits import LayeredAnsatz
from qualms.data.numbers import plain
from qualms.errors import ConfigError


@dataclass(frozen=True)
class AnalyzedAdapter:
    """What is analysed.

    Attributes
    ----------
    ansatz : LayeredAnsatz
        The circuit of every sublayer.
    config : QSLConfig
        Of the adapter.
    load_base : Callable
        Makes the base model anew, without adapters.
    hidden : int
        Width of the base model.
    sublayers, first : int
        How many sublayers there are, and how many of them are in the first block.
    angles : Tensor or None
        Trained angles of the first sublayer; None for an adapter that was not trained.
    """

    ansatz: LayeredAnsatz
    config: QSLConfig
    load_base: Callable[[], Any]
    hidden: int
    sublayers: int
    first: int
    angles: Tensor | None


def from_settings(load_base: Callable[[], Any], **options: Any) -> AnalyzedAdapter:
    """An adapter that could be: the seed preset with these options on a base model."""
    config = QSLConfig.seed(**plain(options))
    return _analyzed(get_peft_model(load_base(), config), config, load_base, None)


def from_model(model: Any, load_base: Callable[[], Any], where: str = "the model") -> AnalyzedAdapter:
    """The adapter of a model that PEFT loaded. `where` it came from begins the message of an error.

    Raises
    ------
    ConfigError
        For an adapter without circuits.
    """
    config = model.peft_config["default"]
    if not isinstance(config, QSLConfig):
        raise ConfigError(f"{where}: a {config.peft_type} adapter has no circuits to analyse")
    layers = quantum_layers(model)
    angles = next(iter(layers.values()))._tensor("qsl_angles", "default")
    return _analyzed(model, config, load_base, None if angles is None else angles[0].detach())


def _analyzed(
    model: Any, config: QSLConfig, load_base: Callable[[], Any], angles: Tensor | None
) -> AnalyzedAdapter:
    layers = quantum_layers(model)
    plans = [layer.plans["default"] for layer in layers.values()]
    if config.form == "factors":
        raise ConfigError(
            "circuit factors are a linear map: they merge into the weights, and no device runs them"
        )
    blocks = [next((part for part in name.split(".") if part.isdigit()), "0") for name in layers]
    first = sum(p.maps for p, b in zip(plans, blocks, strict=True) if b == blocks[0])
    hidden = int(getattr(model.config, "hidden_size", 0))
    return AnalyzedAdapter(
        plans[0].ansatz, config, load_base, hidden, sum(p.maps for p in plans), first, angles
    )
