"""Quantum sublayers in transformers, as a PEFT method."""

from qualms.adapters.config import PRESETS, QSLConfig
from qualms.adapters.convert import export_lora
from qualms.adapters.fitting import Fit, fit_directions, needs_fitting
from qualms.adapters.layer import QSLLayer
from qualms.adapters.model import QSLModel
from qualms.adapters.score_bias import FourierScoreBias, QuantumScoreBias
from qualms.adapters.summary import count, summarize
from qualms.adapters.twins import TWINS, lora_twin, twin, unilora_twin

__all__ = [
    "PRESETS",
    "TWINS",
    "Fit",
    "FourierScoreBias",
    "QSLConfig",
    "QSLLayer",
    "QSLModel",
    "QuantumScoreBias",
    "count",
    "export_lora",
    "fit_directions",
    "lora_twin",
    "needs_fitting",
    "summarize",
    "twin",
    "unilora_twin",
]
