"""What devices charge.

Every price has a source and a date, and is flagged once it is older than ninety days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

STALE_DAYS = 90


@dataclass(frozen=True)
class Price:
    """US dollars.

    Attributes
    ----------
    per_task : float
        Dollars for each job.
    per_shot : float
        Dollars for each measurement of a circuit.
    per_second : float
        Dollars for each second of the device's time.
    source, dated : str
        Where the price stands and when it was read there (ISO), or "undated"; an empty date where nothing is
        charged and nothing has to be read.
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
        if not self.dated:
            return False
        if self.dated == "undated":
            return True
        return ((today or date.today()) - date.fromisoformat(self.dated)).days > STALE_DAYS

    def note(self, today: date | None = None) -> str:
        """Source and date, with a warning where it is old."""
        old = "; older than 90 days, check it before spending" if self.is_stale(today) else ""
        return f"{self.source}, {self.dated}{old}" if self.dated else self.source


_BRAKET = "Amazon Braket price list as read on that day by a third party"
_IBM = "IBM Quantum price list"

PRICES: dict[str, Price] = {
    "ibm": Price(per_second=1.60, source=_IBM + ", pay as you go", dated="2026-05-25"),
    "ibm-flex": Price(per_second=72 / 60, source=_IBM + ", flex", dated="2026-05-25"),
    "ibm-premium": Price(per_second=48 / 60, source=_IBM + ", premium", dated="2026-05-25"),
    "forte": Price(0.30, 0.08, source=_BRAKET, dated="2026-09-17"),
    "garnet": Price(0.30, 0.00145, source=_BRAKET, dated="2026-09-17"),
    "emerald": Price(0.30, 0.0016, source=_BRAKET, dated="2026-09-17"),
    "cepheus": Price(0.30, 0.000425, source=_BRAKET, dated="2026-09-17"),
    "ankaa": Price(0.30, 0.0009, source=_BRAKET + "; the device is retired", dated="2026-09-18"),
    "aquila": Price(0.30, 0.01, source=_BRAKET, dated="2026-09-17"),
    "free": Price(source="runs on this machine", dated=""),
}
