"""The inner step of a hybrid: a solver for small pieces, or its placebo."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from qualms.errors import ConfigError
from qualms.problems.problem import Problem, Solution
from qualms.records.quadrant import Quadrant
from qualms.records.twin import Twin, twin_named
from qualms.solve.solvers.annealing import AnnealingSolver
from qualms.solve.solvers.exact import ExactSolver
from qualms.solve.solvers.placebos import PLACEBOS
from qualms.solve.solvers.qaoa import QAOASolver, largest
from qualms.solve.solvers.solver import Clock, Limits, Solver

INNER = ("qaoa", "annealing", "exact")
_SHOTS = 64  # of a piece


def twins_of_inner(hybrid: Any) -> tuple[Twin, ...]:
    """The twins of a hybrid: all of it again, with a placebo of its inner circuit; none where that is
    classical.
    """
    return (
        tuple(replace(twin, make=partial(_made, twin)) for twin in PLACEBOS) if hybrid._inner.quantum else ()
    )


def _made(twin: Twin, of: Any) -> Any:
    made = type(of)(placebo=twin.name, **of._options)
    made.name = twin.name_of(of.name)
    return made


class Inner:
    """Answers for pieces.

    Parameters
    ----------
    name : str
        "qaoa" (two layers at fixed angles, 64 samples a piece), "annealing" or "exact".
    placebo : str
        The name of a twin of the circuit that stands in its place; empty for the circuit itself.
    mixer : str, default "x"
        Mixer of the circuit.
    """

    def __init__(self, name: str, placebo: str = "", mixer: str = "x", backend: Any = "statevector") -> None:
        if name not in INNER:
            raise ConfigError(f"inner={name!r} is unknown; there are {', '.join(INNER)}")
        if placebo and name != "qaoa":
            raise ConfigError("only a circuit has a placebo: use inner='qaoa'")
        self.name, self.quantum = name, name == "qaoa" and not placebo
        self._circuit = (
            QAOASolver(depth=2, angles="fixed", shots=_SHOTS, mixer=mixer, backend=backend)
            if name == "qaoa"
            else None
        )
        self._solver: Solver
        if self._circuit is not None:
            self._solver = (
                twin_named(PLACEBOS, placebo, "a circuit").make(self._circuit) if placebo else self._circuit
            )
        else:
            self._solver = AnnealingSolver(replicas=8, threads=1) if name == "annealing" else ExactSolver()

    @property
    def quadrant(self) -> Quadrant:
        return self._solver.quadrant

    def too_wide(self, spins: int) -> str | None:
        """Why pieces of so many spins do not fit, or None."""
        most = largest(self._circuit.backend) if self._circuit is not None else spins
        return f"pieces of {spins} spins; the backend runs {most}" if spins > most else None

    def answers(self, piece: Problem, seconds: float, seed: int) -> list[Solution]:
        """In the order found, the last thought best; of one round."""
        clock = Clock(Limits(max(0.0, seconds), rounds=1))
        return [found for found in self._solver.run(piece, clock, seed) if isinstance(found, np.ndarray)]
