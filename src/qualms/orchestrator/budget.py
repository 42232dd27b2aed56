"""What a race may take."""

from __future__ import annotations

import math
import os
from dataclasses import dataclass

import psutil

from qualms.errors import ConfigError
from qualms.solve.solvers.solver import Limits, positive

_MEMORY_SHARE = 0.6  # of the memory that is free, for all arms together


@dataclass(frozen=True)
class Budget:
    """What a race may take.

    Attributes
    ----------
    seconds : float
        Of wall time, for everything.
    cores : int or None
        Arms that run at a time, one core each; None for the cores of this machine.
    dollars : float
        For devices that cost money. With 0 no such device is used.
    gap : float
        The race ends when the best answer is proven to be at most this far from the optimum, relative to its
        size.
    memory : int or None
        Bytes that one arm may use; None for an equal share of six tenths of what is free.

    Raises
    ------
    ConfigError
        For a number that is none of these.
    """

    seconds: float = 10.0
    cores: int | None = None
    dollars: float = 0.0
    gap: float = 0.0
    memory: int | None = None

    def __post_init__(self) -> None:
        Limits(self.seconds)
        if self.cores is not None:
            positive("cores", self.cores)
        if self.memory is not None:
            positive("memory", self.memory)
        for what, value in (("dollars", self.dollars), ("gap", self.gap)):
            if not 0 <= value < math.inf:
                raise ConfigError(f"{what}={value} must be a finite number of at least 0")

    @property
    def workers(self) -> int:
        """Arms that run at a time."""
        if self.cores is not None:
            return self.cores
        allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        return allowed or 1

    def memory_of_an_arm(self) -> int:
        """Bytes."""
        if self.memory is not None:
            return self.memory
        return int(_MEMORY_SHARE * psutil.virtual_memory().available / self.workers)
