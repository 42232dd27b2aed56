"""Qualms: quantum adapters for language models, and solvers. Every quantum result stands beside its classical twin."""

from qualms.adapters import QSLConfig, QSLModel, export_lora, summarize, twin
from qualms.errors import QualmsError
from qualms.optim import SuperpositionalAdamW

__version__ = "0.1.0"

__all__ = ["QSLConfig", "QSLModel", "QualmsError", "SuperpositionalAdamW", "__version__", "export_lora", "summarize", "twin"]
