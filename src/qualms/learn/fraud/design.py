"""What every detector is given alike: the split by time, the sample, the prices."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from qualms.errors import ConfigError


@dataclass(frozen=True)
class FraudDesign:
    """The budget and the prices.

    Attributes
    ----------
    fit, choose : float
        Shares of the rows, by time: those to fit on, then those on which thresholds and probabilities are
        chosen; the rest is measured.
    budget : int
        Rows that a challenger may fit on; the classical baselines get all, and once the same sample.
    prevalence : float or None
        True share of frauds where the file has another: weights of the other rows are computed from it.
    review_cost : float
        Of looking at one transaction.
    missed_cost : float or None
        Of a fraud that nobody looked at; None for its amount.
    reviews : float
        Share of the transactions that people can look at, for recall.
    chunk : int
        Transactions that are scored at a time.
    n_qubits : int
        Most qubits of a challenger; more features are projected on their principal directions.
    resamples : int
        Of the bootstrap.
    seed : int
        Of sample, methods and bootstrap.
    """

    fit: float = 0.5
    choose: float = 0.2
    budget: int = 300
    prevalence: float | None = None
    review_cost: float = 5.0
    missed_cost: float | None = 100.0
    reviews: float = 0.005
    chunk: int = 500
    n_qubits: int = 8
    resamples: int = 1000
    seed: int = 0

    def __post_init__(self) -> None:
        if not (0 < self.fit < 1 and 0 < self.choose < 1 and self.fit + self.choose < 1):
            raise ConfigError(
                f"fit={self.fit} and choose={self.choose}: shares above 0 that leave something to measure on"
            )
        for name, least in (("budget", 20), ("chunk", 1), ("n_qubits", 1), ("resamples", 2), ("seed", 0)):
            if getattr(self, name) < least:
                raise ConfigError(f"{name}={getattr(self, name)} must be at least {least}")
        for name, low, high in (("prevalence", 0.0, 1.0), ("reviews", 0.0, 1.0)):
            value = getattr(self, name)
            if value is not None and not low < value < high:
                raise ConfigError(f"{name}={value} must be between {low:g} and {high:g}")
        for name in ("review_cost", "missed_cost"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < float("inf"):
                raise ConfigError(f"{name}={value} must be a number of at least 0")

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)
