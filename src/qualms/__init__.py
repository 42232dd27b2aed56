"""Qualms: quantum adapters for language models, and solvers.

Every quantum result stands beside its classical twin.
"""

from typing import TYPE_CHECKING

from qualms.errors import QualmsError
from qualms.faces import show
from qualms.late_registration import register_with_peft

if TYPE_CHECKING:
    from qualms.adapters import QSLConfig, QSLModel, export_lora, summarize, twin
    from qualms.optim import SuperpositionalAdamW
    from qualms.orchestrator.ask import quantum_optimize

__version__ = "0.1.0"

__all__ = [
    "QSLConfig",
    "QSLModel",
    "QualmsError",
    "SuperpositionalAdamW",
    "__version__",
    "export_lora",
    "quantum_optimize",
    "summarize",
    "twin",
]

show(
    __name__,
    {
        "qualms.adapters": ["QSLConfig", "QSLModel", "export_lora", "summarize", "twin"],
        "qualms.optim": ["SuperpositionalAdamW"],
        "qualms.orchestrator.ask": ["quantum_optimize"],
    },
)
register_with_peft()
