"""What solving leaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from qualms.records.quadrant import Quadrant
from qualms.solve.bound import Bound
from qualms.solve.check import Checked
from qualms.solve.problems.problem import Number


@dataclass
class Arm:
    """One solver's run.

    Attributes
    ----------
    incumbents : (seconds since the arm began, checked objective) of each answer that was better than all before it in this arm.
    best : the best of them. seconds : how long the arm ran. refused : why it did not, if it did not.
    """

    solver: str
    quadrant: Quadrant
    seed: int
    incumbents: list[tuple[float, Number]] = field(default_factory=list)
    best: Checked | None = None
    seconds: float = 0.0
    refused: str | None = None


@dataclass
class Result:
    """A checked answer.

    Attributes
    ----------
    best : the best answer of all arms, or None if there is none. winner : whose it is.
    bound : proven. arms : what each solver did. lowering : what turning the problem into spins cost.
    """

    problem: str
    kind: str
    sense: str
    best: Checked | None
    winner: str | None
    bound: Bound | None
    arms: list[Arm]
    lowering: dict[str, Any]
    seconds: float

    @property
    def objective(self) -> Number | None:
        return self.best.objective if self.best else None

    @property
    def feasible(self) -> bool:
        return self.best is not None and self.best.feasible

    @property
    def gap(self) -> float | None:
        """(bound − objective) over the objective's size, relative and at least 0; None without a feasible answer or a bound."""
        if self.best is None or not self.feasible or self.bound is None:
            return None
        away = abs(float(self.bound.value) - float(self.best.objective))
        return 0.0 if away == 0 else away / max(abs(float(self.best.objective)), 1e-12)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        winner = next((a for a in self.arms if a.solver == self.winner), None)
        return {
            "problem": self.problem, "kind": self.kind, "sense": self.sense, "objective": _plain(self.objective), "feasible": self.feasible,
            "violations": self.best.violations if self.best else [], "bound": _plain(self.bound.value) if self.bound else None,
            "bound_from": self.bound.how if self.bound else None, "gap": self.gap, "solver": self.winner,
            "quadrant": winner.quadrant.to_dict() if winner else None, "seconds": self.seconds, "lowering": self.lowering,
            "arms": [
                {"solver": a.solver, "quadrant": a.quadrant.to_dict(), "seed": a.seed, "objective": _plain(a.best.objective) if a.best else None,
                 "feasible": a.best.feasible if a.best else False, "seconds": a.seconds, "refused": a.refused, "cost": 0.0,
                 "incumbents": [[round(t, 6), _plain(v)] for t, v in a.incumbents]}
                for a in self.arms
            ],
            "solution": np.asarray(self.best.assignment).tolist() if self.best else None,
        }  # fmt: skip


def _plain(value: Number | float | None) -> int | float | None:
    return float(value) if isinstance(value, Fraction) else value
