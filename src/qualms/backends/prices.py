"""What devices charge. Every price has a source and a date, and is flagged once it is older than ninety days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

STALE_DAYS = 90


@dataclass(frozen=True)
class Price:
    """US dollars.

    Attributes
    ----------
    per_task : for each job. per_shot : for each measurement of a circuit. per_second : of the device's time.
    source, dated : where the price stands and when it was read there (ISO), or "undated".
    """

    per_task: float = 0.0
    per_shot: float = 0.0
    per_second: float = 0.0
    source: str = "unknown"
    dated: str = "undated"

    def cost(self, tasks: int, shots: int, seconds: float = 0.0) -> float:
        """Dollars for so many tasks with `shots` shots in all and so many seconds."""
        return tasks * self.per_task + shots * self.per_shot + seconds * self.per_second

    def is_stale(self, today: date | None = None) -> bool:
        """Whether it is undated or older than ninety days."""
        if self.dated == "undated":
            return True
        return ((today or date.today()) - date.fromisoformat(self.dated)).days > STALE_DAYS

    def note(self, today: date | None = None) -> str:
        """Source and date, with a warning where it is old."""
        old = "; older than 90 days, check it before spending" if self.is_stale(today) else ""
        return f"{self.source}, {self.dated}{old}"


_BRAKET = {"per_task": 0.30, "source": "Amazon Braket price list, a copy of 2025", "dated": "undated"}
_IBM = {"source": "IBM Quantum price list", "dated": "2026-05-25"}

PRICES: dict[str, Price] = {
    "ibm": Price(per_second=1.60, **_IBM),  # type: ignore[arg-type]  # pay as you go
    "ibm-flex": Price(per_second=72 / 60, **_IBM),  # type: ignore[arg-type]
    "ibm-premium": Price(per_second=48 / 60, **_IBM),  # type: ignore[arg-type]
    "forte": Price(per_shot=0.08, **_BRAKET),  # type: ignore[arg-type]
    "garnet": Price(per_shot=0.00145, **_BRAKET),  # type: ignore[arg-type]
    "ankaa": Price(per_shot=0.0009, **_BRAKET),  # type: ignore[arg-type]
    "aquila": Price(per_shot=0.01, **_BRAKET),  # type: ignore[arg-type]
    "free": Price(source="runs on this machine", dated=date.max.isoformat()),
}
