"""Whether a mitigation helped: its errors beside those without it, on circuits that can be computed
exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from qualms.backends.exact import StatevectorBackend
from qualms.backends.protocol import Backend
from qualms.circuits import Circuit, Observable
from qualms.records.stats import Interval, interval


@dataclass(frozen=True)
class Evidence:
    """Mean absolute errors over circuits.

    Attributes
    ----------
    raw, mitigated : Interval
        Without and with.
    change : Interval
        mitigated − raw, paired by circuit: below zero is better.
    circuits_factor, variance_factor : float
        What it cost.
    """

    method: str
    raw: Interval
    mitigated: Interval
    change: Interval
    circuits_factor: float
    variance_factor: float

    @property
    def verdict(self) -> str:
        """ "helps", "hurts" or "no difference shown"."""
        if not self.change.excludes_zero:
            return "no difference shown"
        return "helps" if self.change.mean < 0 else "hurts"


def evidence(
    raw: Backend,
    mitigated: Any,
    circuits: Sequence[Circuit],
    observables: Sequence[Observable],
    values: Sequence[Tensor | None] | None = None,
) -> Evidence:
    """Compare on circuits small enough for a state vector; with at least two of them there is an interval."""
    exact = StatevectorBackend()
    before, after = [], []
    for k, circuit in enumerate(circuits):
        given = None if values is None else values[k]
        with torch.no_grad():
            truth = exact.expectation(circuit, observables, given)
            before.append(
                float((raw.expectation(circuit, observables, given).to(truth) - truth).abs().mean())
            )
            after.append(
                float((mitigated.expectation(circuit, observables, given).to(truth) - truth).abs().mean())
            )
    change = interval([b - a for a, b in zip(before, after, strict=True)])
    return Evidence(
        mitigated.name,
        interval(before),
        interval(after),
        change,
        mitigated.circuits_factor,
        mitigated.variance_factor,
    )
