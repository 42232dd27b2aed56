"""What a record holds beyond the core, by its kind. A new kind is a module here and a row in `PAYLOADS`."""

from qualms.records.kinds.asking import Asking
from qualms.records.kinds.fine_tuning import FineTuning, Training
from qualms.records.kinds.learning import Learning
from qualms.records.kinds.noise import Calibration, Condition, Noise
from qualms.records.kinds.solving import ProvenBound, RunOutcome, Solving

Payload = FineTuning | Noise | Solving | Asking | Learning
PAYLOADS: dict[str, type[Payload]] = {
    "fine-tuning": FineTuning,
    "noise": Noise,
    "solving": Solving,
    "asking": Asking,
    "learning": Learning,
}

__all__ = [
    "PAYLOADS", "Asking", "Calibration", "Condition", "FineTuning", "Learning", "Noise", "Payload",
    "ProvenBound", "RunOutcome", "Solving", "Training",
]  # fmt: skip
