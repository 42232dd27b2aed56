"""Is quantum worth it here: five gates in order, each a number against a threshold."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from qualms.orchestrator.budget import Budget
from qualms.orchestrator.decision.evidence import ANY, Evidence
from qualms.orchestrator.decision.features import Features
from qualms.orchestrator.decision.places import Place, best_place
from qualms.orchestrator.decision.probe import Probe
from qualms.solve.result import CLOSED

_SURE = 0.05  # of a sign test


@dataclass(frozen=True)
class Gate:
    """One condition.

    Attributes
    ----------
    name : str
        "fit", "fidelity", "gap", "cost" or "evidence".
    number, threshold : float or None
        What was found, and what it is compared with; None where it is not known.
    passed : bool
        Whether it speaks for a quantum arm, or at least not against one.
    sentence : str
        The number in words.
    change : str
        What would have to change for it to pass; empty where it does.
    """

    name: str
    number: float | None
    threshold: float | None
    passed: bool
    sentence: str
    change: str = ""

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Measured:
    """How quantum arms did on instances of this family and about this size.

    Attributes
    ----------
    better, equal, worse : int
        Instances on which the best quantum arm ended closer to the best known answer than the best classical
        arm, as close, or less close.
    placebo_better, placebo_equal, placebo_worse : int
        The same against their placebos alone.
    """

    better: int = 0
    equal: int = 0
    worse: int = 0
    placebo_better: int = 0
    placebo_equal: int = 0
    placebo_worse: int = 0

    @property
    def instances(self) -> int:
        return self.better + self.equal + self.worse

    @property
    def wins(self) -> bool:
        """Whether the quantum arms are better than the classical ones by a sign test at 5 %, one-sided."""
        told = self.better + self.worse
        return told > 0 and sum(math.comb(told, k) for k in range(self.better, told + 1)) / 2**told < _SURE

    def sentence(self) -> str:
        """The counts in words."""
        if not self.instances:
            return "no run of a quantum arm on this family and about this size is known"
        told = (
            f"in known runs on {self.instances} instances of this family and about this size the best "
            f"quantum arm was better than the best classical arm on {self.better}, equal on {self.equal} and "
            f"worse on {self.worse}"
        )
        if self.placebo_better + self.placebo_equal + self.placebo_worse:
            told += (
                f"; against its placebo it was better on {self.placebo_better}, equal on "
                f"{self.placebo_equal} and worse on {self.placebo_worse}"
            )
        return told


def gates(
    seen: Features,
    found: list[Place],
    probe: Probe,
    budget: Budget,
    evidence: Sequence[Evidence] = (),
    measured: Measured | None = None,
    value_per_unit: float | None = None,
) -> list[Gate]:
    """All five, in order. The first that fails is the reason why quantum is not worth it.

    Parameters
    ----------
    seen : Features
        Of the problem.
    found : list of Place
        Where its circuit could run.
    probe : Probe
        What classical solvers reached in a short time.
    budget : Budget
        Of the race: its dollars, seconds and gap.
    evidence : sequence of Evidence
        Rows about this family and size.
    measured : Measured, optional
        Known runs.
    value_per_unit : float, optional
        Dollars that an improvement of the objective by 1 is worth.
    """
    best = best_place(found)
    return [
        _fit(seen, found, best),
        _signal(best),
        _room(probe, budget),
        _cost(best, probe, budget, value_per_unit),
        _known(seen, evidence, measured or Measured()),
    ]


def _fit(seen: Features, found: Sequence[Place], best: Place | None) -> Gate:
    largest = max((p.qubits or 0 for p in found if p.hardware and "analog" not in p.why), default=0)
    if seen.spins is None:
        why = seen.left_out[-1] if seen.left_out else "it has no Ising encoding"
        return Gate(
            "fit", None, largest, False, f"There is no circuit for this problem: {why}.",
            "the problem would need an encoding as spins of a size that can be made here",
        )  # fmt: skip
    if best is None:
        return Gate(
            "fit", seen.spins, largest, False,
            f"The circuit needs {seen.spins:,} qubits, and the largest device that runs gates has {largest}.",
            f"a device of {seen.spins:,} qubits, or an encoding of at most {largest} spins",
        )  # fmt: skip
    return Gate(
        "fit", seen.spins, best.qubits, True,
        f"The circuit needs {seen.spins:,} qubits, and {best.title} has {best.qubits}; one layer has "
        f"{best.two_qubit:,} two-qubit gates, {best.depth:,} gates in a row"
        f"{'' if best.routed else ', before routing'}.",
    )  # fmt: skip


def _signal(best: Place | None) -> Gate:
    if best is None:
        return Gate(
            "fidelity", None, None, False, "No fidelity can be told, because the circuit fits on no device.",
            "the circuit has to fit first",
        )  # fmt: skip
    given = (
        f"a circuit gets {best.max_shots:,} there"
        if best.max_shots is not None
        else f"as it does not say how many it takes, {best.most_shots:,} are reckoned with"
    )
    if best.fidelity is None:
        return Gate(
            "fidelity", None, best.most_shots, False, f"The errors of {best.title} are not known.",
            "its gate and readout errors have to be published",
        )  # fmt: skip
    most = "" if best.routed else "at most "
    told = f"On {best.title} its output is right with a fidelity of {most}{best.fidelity:.2g}"
    needed = (best.two_qubit or 1) + 1
    if best.shots is None or best.shots > best.most_shots:
        wanted = math.sqrt(100 / best.most_shots)
        error = 1 - wanted ** (1 / needed)
        count = "more shots than can be counted" if best.shots is None else f"{best.shots:,} shots"
        return Gate(
            "fidelity", best.shots, best.most_shots, False,
            f"{told}: a signal takes {count}, and {given}.",
            f"a fidelity of {wanted:.2g}, which {best.two_qubit:,} two-qubit gates have at an error of "
            f"{error:.1g} each, or an encoding with fewer couplings",
        )  # fmt: skip
    return Gate(
        "fidelity", best.shots, best.most_shots, True,
        f"{told}: a signal takes {best.shots:,} shots, and {given}.",
    )  # fmt: skip


def _room(probe: Probe, budget: Budget) -> Gate:
    tolerance = max(budget.gap, CLOSED)
    if probe.value is None:
        return Gate(
            "gap", None, tolerance, True, "The classical probe found no feasible answer, so there is room."
        )
    if probe.gap is None:
        return Gate(
            "gap", None, tolerance, True,
            "No bound is known for the classical probe's answer, so it may be improved.",
        )  # fmt: skip
    passed = probe.gap > tolerance
    solved = probe.gap <= CLOSED
    close = "optimal" if solved else f"within {probe.gap:.2%} of the optimum"
    told = f"A classical answer found in {probe.seconds:.1f} s is proven to be {close}"
    if solved and not passed:
        return Gate(
            "gap", probe.gap, tolerance, False, f"{told}: nothing is left to gain.",
            "a harder instance, on which a classical probe leaves a gap",
        )  # fmt: skip
    if passed:
        wanted = f"{tolerance:.2%} is" if budget.gap > CLOSED else "an optimum is"
        return Gate("gap", probe.gap, tolerance, True, f"{told}, and {wanted} asked for.")
    return Gate(
        "gap", probe.gap, tolerance, False, f"{told}, and {tolerance:.2%} is good enough.",
        f"a gap below {probe.gap:.2%} would have to be asked for",
    )  # fmt: skip


def _cost(best: Place | None, probe: Probe, budget: Budget, value_per_unit: float | None) -> Gate:
    if best is None or best.shots is None:
        return Gate(
            "cost", None, budget.dollars, False, "No price can be told, because no device gives a signal.",
            "the circuit has to fit and to give a signal first",
        )  # fmt: skip
    if best.dollars is None:
        return Gate(
            "cost", None, budget.dollars, False, f"What {best.title} charges is not known.",
            "a price list, or an offer",
        )  # fmt: skip
    gain = probe.most_gain
    worth = None if value_per_unit is None or gain is None else value_per_unit * gain
    limit = budget.dollars if worth is None else min(budget.dollars, worth)
    told = f"One circuit with {max(1000, best.shots):,} shots on {best.title} costs {_money(best.dollars)}"
    if value_per_unit is not None:
        told += (
            ", and what an improvement can bring is not bounded"
            if worth is None
            else f", and the most that can still be gained is worth {_money(worth)}"
        )
    queue = best.queue_seconds
    told += "; its queue is not known" if queue is None else f"; its queue takes {queue:,.0f} s"
    late = queue is not None and queue + (best.seconds or 0.0) > budget.seconds
    if best.dollars > limit:
        lack = "the budget" if worth is None or budget.dollars <= worth else "the value of an improvement"
        return Gate(
            "cost", best.dollars, limit, False, f"{told}; {lack} is {_money(limit)}.",
            f"{lack} would have to be at least {_money(best.dollars)}",
        )  # fmt: skip
    if late:
        return Gate(
            "cost", best.dollars, limit, False, f"{told}, and the budget has {budget.seconds:g} s.",
            f"at least {(queue or 0.0) + (best.seconds or 0.0):,.0f} s",
        )  # fmt: skip
    return Gate("cost", best.dollars, limit, True, f"{told}; at most {_money(limit)} may be spent.")


def _known(seen: Features, evidence: Sequence[Evidence], measured: Measured) -> Gate:
    own = [r for r in evidence if r.family != ANY]
    wins = [r for r in own if r.direction == "advantage" and r.basis == "end-to-end"]
    # what was found later, end to end, counts against it
    wins = [
        r
        for r in wins
        if not any(o.direction != "advantage" and o.basis == "end-to-end" and o.date > r.date for o in own)
    ]
    count = len(wins) + measured.wins
    told = measured.sentence()
    said = (wins or own or list(evidence))[:1]
    cited = f" {said[0].sentence()}." if said else " Nothing is cited about it either."
    if count:
        return Gate(
            "evidence",
            count,
            1,
            True,
            f"There is a measured win for {seen.family} at this size: {told}.{cited}",
        )
    return Gate(
        "evidence", 0, 1, False,
        f"No end-to-end win of a quantum method is known for {seen.family} at this size: {told}.{cited}",
        "an end-to-end measurement on such instances, in which a quantum arm beats the best classical one "
        "and its own placebo",
    )  # fmt: skip


def _money(dollars: float) -> str:
    return f"${dollars:,.2f}" if dollars < 1e9 else f"${dollars:.2g}"
