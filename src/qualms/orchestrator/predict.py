"""What solvers will reach on an instance, from what they reached on others like it.

Quality is a weighted quantile over runs of the same family, nearer sizes with more weight. Time to a given
quality is right-censored where a run ended before it came so close: its quantiles are those of the
Kaplan–Meier estimator. The intervals of both are widened, or made narrower, by what they would have missed on
the instances that are known, each left out in its turn: conformal prediction by cross-validation, for each
family (Vovk 2015; Romano, Patterson and Candès 2019 for the score).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from qualms.orchestrator.experience import Run
from qualms.orchestrator.features import Features

LEVEL = 0.9  # of the intervals
_TAIL = (1 - LEVEL) / 2
WORST = 1.0  # a gap of 100 % or no answer at all
_RESOLUTION = 1e-3  # gaps far below it are alike
_BLUR = 0.25  # on the scale of gaps: of an arm that always ends alike
_WIDTH = 0.5  # of the kernel over ln size
_LEAST_WEIGHT = 0.02  # for runs of the family that are far away in size
LEAST_INSTANCES = 4  # of a family; fewer are no experience
# outside the experience is what is beyond the range seen by more than
_BEYOND = 1.3  # times, of sizes
_DENSITY, _BITS = 0.1, 4.0


@dataclass(frozen=True)
class Span:
    """A number with its interval of 90 %. Infinite means: not within the time that runs were watched."""

    low: float
    middle: float
    high: float

    def to_dict(self) -> dict[str, float | None]:
        return {k: v if math.isfinite(v) else None for k, v in asdict(self).items()}


@dataclass(frozen=True)
class Prediction:
    """What an arm is expected to do.

    Attributes
    ----------
    arm : str
        The solver.
    gap : Span
        Relative distance from the best known answer when its time is over; 1 also where it has none.
    seconds : Span
        Until it is within the tolerance of the best known answer.
    dollars : Span
        What it costs.
    instances, runs : int
        That this rests on.
    """

    arm: str
    gap: Span
    seconds: Span
    dollars: Span
    instances: int
    runs: int

    def to_dict(self) -> dict[str, Any]:
        return {
            "arm": self.arm, "gap": self.gap.to_dict(), "seconds": self.seconds.to_dict(),
            "dollars": self.dollars.to_dict(), "instances": self.instances, "runs": self.runs,
        }  # fmt: skip


# Quantiles --------------------------------------------------------------------------------------------------


def quantile(values: np.ndarray, weights: np.ndarray, q: float) -> float:
    """The smallest value at which the weights of all values up to it reach the share q of all weights."""
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order]) / weights.sum()
    return float(values[order][min(len(order) - 1, int(np.searchsorted(share, q - 1e-12)))])


def survival_quantile(times: np.ndarray, events: np.ndarray, weights: np.ndarray, q: float) -> float:
    """The time by which the share q have had their event, by the Kaplan–Meier estimator.

    Parameters
    ----------
    times : array
        Of the event, or until which it is known not to have come.
    events : array of bool
        Whether it came.
    weights : array
        Of the runs.
    q : float
        Between 0 and 1.

    Returns
    -------
    float
        Infinite where so many never had their event while they were watched.
    """
    left, alive = float(weights.sum()), 1.0
    for at in np.unique(times):
        here = times == at
        came = float(weights[here & events].sum())
        if came:
            alive *= 1 - came / left
            if 1 - alive >= q - 1e-12:
                return float(at)
        left -= float(weights[here].sum())
    return math.inf


def gap_scale(gap: float | np.ndarray) -> Any:
    """Gaps as they are compared: small ones linearly, large ones by their logarithms."""
    return np.log1p(np.minimum(gap, WORST) / _RESOLUTION)


def gap_back(scaled: float) -> float:
    return round(min(WORST, max(0.0, math.expm1(scaled) * _RESOLUTION)), 12)


# Experience of a family -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Question:
    size: int
    seconds: float
    tolerance: float


class Experience:
    """The runs that say something about a problem, by arm.

    Parameters
    ----------
    runs : iterable of Run
        Any.
    family, kind : str
        Of the problem. Runs of its family count; runs whose family is not known count by their kind.
    """

    def __init__(self, runs: Iterable[Run], family: str, kind: str) -> None:
        self.family = family
        self.runs = [r for r in runs if r.family == family or (not r.family and r.kind == kind)]
        self.by_arm: dict[str, list[Run]] = defaultdict(list)
        for run in self.runs:
            self.by_arm[run.arm].append(run)
        self.instances = sorted({r.instance for r in self.runs})

    def outside(self, seen: Features) -> str | None:
        """Why there is no experience with a problem like this, in a sentence; None where there is."""
        if len(self.instances) < LEAST_INSTANCES:
            return (
                f"there are runs of {len(self.instances)} instances of the family {self.family!r}, and a "
                f"prediction needs {LEAST_INSTANCES}"
            )
        for name, here, stretch, room in (
            ("size", seen.size, _BEYOND, 0.0),
            ("number of spins", seen.spins, _BEYOND, 0.0),
            ("density", seen.density, 1.0, _DENSITY),
            ("coefficients' span in bits", seen.coefficient_bits, 1.0, _BITS),
        ):
            known = [value for r in self.runs if (value := _feature(r, name)) is not None]
            if here is None or not known:
                continue
            low, high = min(known), max(known)
            if not low / stretch - room <= here <= high * stretch + room:
                return (
                    f"the instances of the family {self.family!r} that were run have a {name} from "
                    f"{low:.4g} to {high:.4g}, and this one has {here:.4g}"
                )
        return None

    def predict(
        self, arms: Sequence[str], size: int, seconds: float, tolerance: float, calibrate: bool = True
    ) -> dict[str, Prediction]:
        """A prediction for every arm that there are runs of.

        Parameters
        ----------
        arms : sequence of str
            Those asked about.
        size : int
            Of the problem.
        seconds : float
            That each arm would get.
        tolerance : float
            The gap, relative, that is good enough.
        calibrate : bool
            Whether intervals are corrected by what they would have missed. Without it they are plain
            quantiles.
        """
        asked = _Question(size, seconds, tolerance)
        by_gap, by_time = self._corrections(asked) if calibrate else (0.0, 0.0)
        found = {}
        for arm in arms:
            runs = self.by_arm.get(arm)
            if runs:
                gap, took = _spans(runs, asked)
                found[arm] = Prediction(
                    arm,
                    _widened(gap, by_gap),
                    Span(_scaled(took.low, -by_time), took.middle, _scaled(took.high, by_time)),
                    Span(0.0, 0.0, 0.0),
                    len({r.instance for r in runs}),
                    len(runs),
                )
        return found

    def _corrections(self, asked: _Question) -> tuple[float, float]:
        """How much wider the intervals have to be: those of gaps in parts of their own width, those of times
        in logarithms.
        """
        gaps: list[tuple[float, float]] = []
        times: list[tuple[float, float]] = []
        near = {r.instance: _kernel(np.array([r.size]), asked.size)[0] for r in self.runs}
        for runs in self.by_arm.values():
            for instance in {r.instance for r in runs}:
                rest = [r for r in runs if r.instance != instance]
                if not rest:
                    continue
                own = [r for r in runs if r.instance == instance]
                gap, took = _spans(rest, _Question(own[0].size, asked.seconds, asked.tolerance))
                weight = near[instance] / len(own)
                for run in own:
                    there = float(gap_scale(run.gap_after(asked.seconds)))
                    gaps.append((max(gap.low - there, there - gap.high) / _breadth(gap), weight))
                    score = _time_score(took, run, asked.tolerance)
                    if score is not None:
                        times.append((score, weight))
        level = min(1.0, LEVEL * (1 + 1 / max(1, len(self.instances))))
        return max(0.0, _needed(gaps, level)), max(0.0, _needed(times, level))

    def compared(
        self, arms: Sequence[str], against: Sequence[str], size: int, seconds: float
    ) -> tuple[int, int, int]:
        """(better, equal, worse): instances of about this size on which the best of `arms` ended closer to
        the best known answer than the best of `against` did, as close, or less close.
        """
        counts = [0, 0, 0]
        by_instance: dict[str, list[Run]] = defaultdict(list)
        for run in self.runs:
            if size / 2 <= run.size <= 2 * size:
                by_instance[run.instance].append(run)
        for theirs in by_instance.values():
            one = [r.gap_after(seconds) for r in theirs if r.arm in arms]
            other = [r.gap_after(seconds) for r in theirs if r.arm in against]
            if one and other:
                a, b = min(one), min(other)
                counts[
                    1 if abs(a - b) <= 1e-9 or (math.isinf(a) and math.isinf(b)) else 0 if a < b else 2
                ] += 1
        return counts[0], counts[1], counts[2]


def _feature(run: Run, name: str) -> float | None:
    by_name = {"size": run.size, "number of spins": run.spins, "density": run.density}
    return by_name.get(name, run.coefficient_bits)


def _kernel(sizes: np.ndarray, size: int) -> np.ndarray:
    away = np.log(np.maximum(sizes, 1) / max(size, 1)) / _WIDTH
    return np.maximum(np.exp(-(away**2) / 2), _LEAST_WEIGHT)


def _weights(runs: Sequence[Run], size: int) -> np.ndarray:
    """Near sizes count more; an instance that ran with several seeds counts once."""
    counts: dict[str, int] = defaultdict(int)
    for run in runs:
        counts[run.instance] += 1
    share = np.array([1 / counts[r.instance] for r in runs])
    return share * _kernel(np.array([r.size for r in runs]), size)


def _spans(runs: Sequence[Run], asked: _Question) -> tuple[Span, Span]:
    """Quantiles of gaps, on their scale, and of the times to the tolerance."""
    weights = _weights(runs, asked.size)
    gaps = gap_scale(np.array([r.gap_after(asked.seconds) for r in runs]))
    told = [r.reached(asked.tolerance) for r in runs]
    times, events = np.array([t for t, _ in told]), np.array([e for _, e in told])

    def by_time(q: float) -> float:
        return survival_quantile(times, events, weights, q)

    def by_gap(q: float) -> float:
        return quantile(gaps, weights, q)

    return _span(by_gap), _span(by_time)


def _breadth(gap: Span) -> float:
    """By which an arm's misses are measured, so that one that is hard to predict does not blur the others."""
    return gap.high - gap.low + _BLUR


def _widened(gap: Span, by: float) -> Span:
    """An interval of gaps, corrected, with its middle inside."""
    low, high = gap.low - by * _breadth(gap), gap.high + by * _breadth(gap)
    return Span(gap_back(min(low, gap.middle)), gap_back(gap.middle), gap_back(max(high, gap.middle)))


def _span(at: Callable[[float], float]) -> Span:
    return Span(at(_TAIL), at(0.5), at(1 - _TAIL))


def _time_score(told: Span, run: Run, tolerance: float) -> float | None:
    """By how much a run is outside an interval, in logarithms; negative inside. None where a run that was not
    watched long enough leaves it open.
    """
    at, came = run.reached(tolerance)
    low, high = (math.log(max(1e-3, t)) if math.isfinite(t) else math.inf for t in (told.low, told.high))
    if came:
        there = math.log(max(1e-3, at))
        return max(low - there, there - high) if math.isfinite(low) else math.inf
    if math.isinf(high):
        return None if math.isinf(low) else -math.inf
    return math.inf if math.isinf(at) else math.log(max(1e-3, at)) - high


def _needed(scores: Sequence[tuple[float, float]], level: float) -> float:
    """The correction that would have covered the share `level` of the scores."""
    if not scores:
        return 0.0
    values, weights = np.array([s for s, _ in scores]), np.array([w for _, w in scores])
    found = quantile(values, weights, level)
    return found if not math.isinf(found) or found > 0 else 0.0


def _scaled(seconds: float, by: float) -> float:
    if math.isinf(by):
        return math.inf if by > 0 else 0.0
    return seconds * math.exp(by)


def chosen(
    experience: Experience, arms: Sequence[str], size: int, seconds: Callable[[int], float], most: int
) -> list[str]:
    """The arms whose best is expected to be best: one after the other, each the one that helps most.

    Parameters
    ----------
    experience : Experience
        Runs of the family.
    arms : sequence of str
        Those that take the problem.
    size : int
        Of the problem.
    seconds : callable
        What each of so many arms gets.
    most : int
        Arms.

    Returns
    -------
    list of str
        At least one where there are runs of any; the best one first. None is added that helps on no instance.
    """
    known = [a for a in arms if experience.by_arm.get(a)]
    table: dict[str, dict[str, list[Run]]] = {a: defaultdict(list) for a in known}
    for arm in known:
        for run in experience.by_arm[arm]:
            table[arm][run.instance].append(run)
    sizes = {r.instance: r.size for r in experience.runs}
    weight = {i: float(_kernel(np.array([s]), size)[0]) for i, s in sizes.items()}
    picked: list[str] = []
    while len(picked) < min(most, len(known)):
        given = seconds(len(picked) + 1)
        costs = {
            arm: sum(
                w * min(_cost(table[a].get(i), given) for a in (*picked, arm)) for i, w in weight.items()
            )
            for arm in known
            if arm not in picked
        }
        arm = min(costs, key=lambda a: costs[a])
        if picked:
            before = sum(w * min(_cost(table[a].get(i), given) for a in picked) for i, w in weight.items())
            if costs[arm] > before - 1e-3 * sum(weight.values()):
                break
        picked.append(arm)
    return picked


def _cost(runs: Sequence[Run] | None, seconds: float) -> float:
    """Of ending with this gap, and then, a little, of coming there late."""
    if not runs:
        return float(gap_scale(WORST))
    costs = []
    for run in runs:
        gap = run.gap_after(seconds)
        at, came = run.reached(gap) if math.isfinite(gap) else (seconds, False)
        costs.append(float(gap_scale(gap)) + 0.1 * (min(at, seconds) / seconds if came and seconds else 1.0))
    return float(np.mean(costs))
