"""Layer 2: is quantum worth it, and which solvers should race.

`decide` looks at an instance, lets classical solvers probe it, predicts what every solver will reach, asks
five questions of a quantum one, and names the solvers for `qualms.orchestrator.race`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qualms.errors import ConfigError
from qualms.orchestrator.budget import Budget
from qualms.orchestrator.decision.arms import INSPIRED, QUANTUM, takers
from qualms.orchestrator.decision.evidence import Evidence, about, shipped_evidence
from qualms.orchestrator.decision.experience import Run, shipped_runs, stored_runs
from qualms.orchestrator.decision.features import Features, features
from qualms.orchestrator.decision.gates import Gate, Measured, gates
from qualms.orchestrator.decision.places import Place, places
from qualms.orchestrator.decision.predict import Experience, Prediction, chosen
from qualms.orchestrator.decision.probe import Probe, probed
from qualms.problems.fingerprint import fingerprint
from qualms.problems.problem import Problem
from qualms.solve.result import CLOSED
from qualms.solve.solvers import SOLVERS, defaults
from qualms.solve.solvers.solver import positive

_EXPLORED = 0.1  # how often an arm is explored where there is experience; always where there is none
_TOLERANCE = 0.01  # a time is predicted until this gap, where the budget asks for none
_FIELD = 2  # arms more than there are cores
_QUADRANTS = (
    ("classical", "classical"), ("classical", "quantum"), ("quantum", "classical"), ("quantum", "quantum"),
)  # fmt: skip


@dataclass(frozen=True)
class Exploration:
    """A solver that races to be learnt about.

    Attributes
    ----------
    arm : str or None
        Which one was drawn; None where none was.
    propensity : float
        With what probability this arm was drawn, or with what probability none was: later estimates weigh its
        run by the inverse.
    among : tuple of str
        Those that could have been drawn, each equally likely.
    """

    arm: str | None
    propensity: float
    among: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        return {"arm": self.arm, "propensity": self.propensity, "among": list(self.among)}


@dataclass(frozen=True)
class QuadrantUse:
    """What of a quadrant is used, and why.

    Attributes
    ----------
    data, compute : str
        "classical" or "quantum" each.
    arms : tuple of str
        Solvers that race in it.
    why : str
        One sentence.
    """

    data: str
    compute: str
    arms: tuple[str, ...]
    why: str

    def to_dict(self) -> dict[str, Any]:
        return {"data": self.data, "compute": self.compute, "arms": list(self.arms), "why": self.why}


@dataclass(frozen=True)
class Decision:
    """Whether quantum is worth it for a problem, and who should race.

    Attributes
    ----------
    worth_it : bool
        Whether all gates are passed.
    reason : str
        The first gate that failed, in a sentence; else that none did.
    arms : tuple of str
        Names for `race`. Baselines and classical twins join by themselves.
    features : Features
        Of the instance.
    probe : Probe
        What classical solvers reached.
    gates : tuple of Gate
        All five, in order.
    predictions : tuple of Prediction
        Of every solver that there is experience with, the best first; empty outside the experience.
    outside : str or None
        Why nothing is predicted.
    exploration : Exploration
        Which solver races to be learnt about.
    quadrants : tuple of QuadrantUse
        All four.
    places : tuple of Place
        Where the problem's circuit could run.
    evidence : tuple of Evidence
        Rows about this family and size.
    measured : Measured
        How quantum arms did in known runs.
    seconds_each : float
        That an arm gets at least, which the predictions are for.
    """

    worth_it: bool
    reason: str
    arms: tuple[str, ...]
    features: Features
    probe: Probe
    gates: tuple[Gate, ...]
    predictions: tuple[Prediction, ...]
    outside: str | None
    exploration: Exploration
    quadrants: tuple[QuadrantUse, ...]
    places: tuple[Place, ...]
    evidence: tuple[Evidence, ...]
    measured: Measured
    seconds_each: float
    asked: tuple[str, ...] = ()

    @property
    def failed(self) -> Gate | None:
        """The first gate that failed."""
        return next((g for g in self.gates if not g.passed), None)

    def to_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "worth_it": self.worth_it, "reason": self.reason, "arms": list(self.arms),
            "asked": list(self.asked), "features": self.features.to_dict(), "probe": self.probe.to_dict(),
            "gates": [g.to_dict() for g in self.gates],
            "predictions": [p.to_dict() for p in self.predictions], "outside": self.outside,
            "exploration": self.exploration.to_dict(), "seconds_each": self.seconds_each,
            "quadrants": [q.to_dict() for q in self.quadrants], "places": [p.to_dict() for p in self.places],
            "evidence": [e.model_dump() for e in self.evidence], "measured": dict(vars(self.measured)),
            "sentences": self.sentences(),
        }  # fmt: skip

    def sentences(self) -> list[str]:
        """The decision in plain words: the instance, what is known of it, the verdict, and who races."""
        told = [_instance(self.features), self.probe.sentence()]
        failed = self.failed
        if failed is None:
            told.append(f"A quantum solver is worth trying here: {self.reason}")
        else:
            told.append(f"Quantum is not worth it here. {self.reason}")
            told.append(f"To change that: {failed.change}.")
        if self.probe.gap is not None and self.probe.gap <= CLOSED:
            told.append("The probe has solved the problem, so a race can only confirm it.")
        told.append(self._race())
        told += [_told(p, self.seconds_each) for p in self.predictions if p.arm in self.arms][:3]
        if self.exploration.arm is not None:
            told.append(
                f"{self.exploration.arm} joins to be learnt about; it was drawn with a probability of "
                f"{self.exploration.propensity:.3g}."
            )
        if self.asked:
            told.append(
                f"{_listed(self.asked)} {'race' if len(self.asked) > 1 else 'races'} because you asked "
                "for it."
            )
        return told

    def _race(self) -> str:
        picked = [a for a in self.arms if a != self.exploration.arm and a not in self.asked]
        if self.outside is not None:
            return (
                f"Nothing is predicted, because {self.outside}. What suits the kind races: {_listed(picked)}."
            )
        known = {p.instances for p in self.predictions}
        return (
            f"{_listed(picked)} should race, by what solvers reached on up to {max(known, default=0)} "
            f"instances of the family {self.features.family!r}."
        )


def decide(
    problem: Problem,
    budget: Budget,
    *,
    store: Path | None = None,
    runs: Sequence[Run] = (),
    seed: int = 0,
    probe: Probe | None = None,
    asked: Sequence[str] = (),
    value_per_unit: float | None = None,
    queue_seconds: float | None = None,
) -> Decision:
    """Decide whether quantum is worth it for a problem, and which solvers should race.

    Parameters
    ----------
    problem : Problem
        Of any kind.
    budget : Budget
        Of the race. The probe takes a tenth of its seconds, and two at most.
    store : Path, optional
        A folder of records of the user's own, which count as much as the shipped runs.
    runs : sequence of Run
        Further runs, which were read before (`stored_runs`).
    seed : int
        Of the probe, and of the draw of an arm to be learnt about.
    probe : Probe, optional
        One that was made already; else it is made here.
    asked : sequence of str
        Solvers that race whatever is decided.
    value_per_unit : float, optional
        Dollars that an improvement of the objective by 1 is worth.
    queue_seconds : float, optional
        Of waiting for a device, where it is known.

    Returns
    -------
    Decision
        With the arms for `race`.

    Raises
    ------
    ConfigError
        For a value or a queue that is no finite number of at least 0, a negative seed, or an unknown solver.
    DataError
        For a store whose records cannot be read.
    """
    positive("seed", seed, least=0)
    for name, value in (("value_per_unit", value_per_unit), ("queue_seconds", queue_seconds)):
        if value is not None and not 0 <= value < math.inf:
            raise ConfigError(f"{name}={value} must be a finite number of at least 0")
    unknown = next((a for a in asked if a.partition(":")[0] not in SOLVERS), None)
    if unknown is not None:
        raise ConfigError(f"unknown solver {unknown!r}; there are {', '.join(SOLVERS)}")
    seen = features(problem)
    own = [*runs, *(stored_runs(store) if store is not None else ())]
    probe = probe or probed(problem, budget, seed)
    experience = Experience([*shipped_runs(), *own], seen.family, seen.kind)
    able = takers(problem, seen)
    quantum = [a for a in able if a in QUANTUM]
    classical = [a for a in able if a not in QUANTUM]
    seconds = _seconds(budget)
    outside = experience.outside(seen)
    field = budget.workers + _FIELD
    measured = _measured(experience, quantum, classical, seen.size, seconds(field))
    rows = about(shipped_evidence(), seen.family, seen.kind, seen.size)
    found = places(seen, queue_seconds)
    asks = gates(seen, found, probe, budget, rows, measured, value_per_unit)
    failed = next((g for g in asks if not g.passed), None)
    if outside is None:
        picked = chosen(experience, classical, seen.size, seconds, field, budget.workers)
    else:
        picked = [a for a in defaults(problem) if a in able] or classical[:1]
    among = [a for a in classical if a not in (*picked, *asked)]
    exploration = _drawn(among, outside is not None, seed, fingerprint(problem))
    arms = [*picked, *([exploration.arm] if exploration.arm else [])]
    if failed is None and not set(asked) & set(quantum):
        arms += _best_quantum(experience, quantum, seen.size, seconds)
    arms += [a for a in asked if a not in arms]
    each = seconds(len(arms))
    predictions: list[Prediction] = []
    if outside is None:
        tolerance = budget.gap or _TOLERANCE
        told = experience.predict(able, seen.size, each, tolerance)
        predictions = sorted(told.values(), key=_rank)
    reason = failed.sentence if failed else "no gate speaks against it."
    return Decision(
        worth_it=failed is None,
        reason=reason,
        arms=tuple(arms),
        features=seen,
        probe=probe,
        gates=tuple(asks),
        predictions=tuple(predictions),
        outside=outside,
        exploration=exploration,
        quadrants=_quadrants(arms, failed),
        places=tuple(found),
        evidence=tuple(rows),
        measured=measured,
        seconds_each=each,
        asked=tuple(asked),
    )


def _seconds(budget: Budget) -> Any:
    """Seconds that each of so many arms gets of the time that the probe leaves, at least."""
    left = 0.9 * budget.seconds

    def each(arms: int) -> float:
        return left / max(1, math.ceil(arms / budget.workers))

    return each


def _measured(
    experience: Experience, quantum: Sequence[str], classical: Sequence[str], size: int, seconds: float
) -> Measured:
    placebos = sorted({r.arm for r in experience.runs if r.twin_of is not None})
    return Measured(
        *experience.compared(quantum, classical, size, seconds),
        *experience.compared([q for q in quantum if f"{q}/placebo" in placebos], placebos, size, seconds),
    )


def _drawn(among: Sequence[str], outside: bool, seed: int, data: str) -> Exploration:
    """Draw an arm to be learnt about: another one for another problem, the same for the same one and seed."""
    rng = np.random.default_rng([seed, int(data, 16)])
    rate = 1.0 if outside else _EXPLORED
    if not among:
        return Exploration(None, 1.0, ())
    if rng.random() >= rate:
        return Exploration(None, 1 - rate, tuple(among))
    return Exploration(among[int(rng.integers(len(among)))], rate / len(among), tuple(among))


def _best_quantum(experience: Experience, quantum: Sequence[str], size: int, seconds: Any) -> list[str]:
    return chosen(experience, quantum, size, seconds, 1) or list(quantum[:1])


def _rank(told: Prediction) -> tuple[float, float, float, str]:
    return told.gap.middle, told.gap.high, told.seconds.middle, told.arm


def _quadrants(arms: Sequence[str], failed: Gate | None) -> tuple[QuadrantUse, ...]:
    quantum = tuple(a for a in arms if a.partition(":")[0] in QUANTUM)
    classical = tuple(a for a in arms if a not in quantum)
    inspired = [a for a in classical if a in INSPIRED]
    because = "a problem in a file is classical data, and no quantum state was given"
    told = (
        f"; {_listed(inspired)} {'are' if len(inspired) > 1 else 'is'} quantum-inspired" if inspired else ""
    )
    why = {
        ("classical", "classical"): f"classical solvers are the baseline of everything{told}",
        ("classical", "quantum"): (
            "simulated here, each beside its placebo" if quantum else f"not used: gate {failed.name!r} failed"
            if failed else "not used: no quantum solver takes the problem"
        ),
        ("quantum", "classical"): f"not used: {because}",
        ("quantum", "quantum"): f"not used: {because}",
    }  # fmt: skip
    used = {("classical", "classical"): classical, ("classical", "quantum"): quantum}
    return tuple(QuadrantUse(*q, used.get(q, ()), why[q] + ".") for q in _QUADRANTS)


def _instance(seen: Features) -> str:
    told = f"A problem of the family {seen.family!r} with {seen.size:,} numbers in a solution"
    if seen.spins is None or seen.pairs is None:
        return f"{told}; {seen.left_out[-1] if seen.left_out else 'it is not written in spins'}."
    width = f", treewidth at most {seen.treewidth:,}" if seen.treewidth is not None else ""
    return f"{told}: {seen.spins:,} spins with {seen.pairs:,} pairs (density {seen.density:.2g}{width})."


def _told(told: Prediction, seconds: float) -> str:
    middle, high = told.gap.middle, told.gap.high
    shown = (
        "no answer, or a useless one"
        if middle >= 1
        else f"an answer within {middle:.2%} of the best known one"
    )
    return (
        f"{told.arm} is predicted to have {shown} after {seconds:.2g} s (90 %: {told.gap.low:.2%} to "
        f"{high:.2%}), from {told.runs} runs."
    )


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else "".join(names)


__all__ = ["Decision", "Exploration", "QuadrantUse", "decide"]
