"""Answers that a race offers, in the form that a solver works in."""

from __future__ import annotations

import numpy as np

from qualms.errors import ConfigError
from qualms.solve.encodings import IsingEncoding
from qualms.solve.solvers.solver import Clock


def offered_spins(encoding: IsingEncoding, clock: Clock) -> np.ndarray | None:
    """The answer that is offered as (n) spins ±1 float64; None without a new one, and for one that the
    encoding has no place for.
    """
    answer = clock.offered()
    if answer is None:
        return None
    try:
        return np.asarray(encoding.encode(answer), np.float64)
    except ConfigError:
        return None
