"""What solvers will reach on an instance, from what they reached on others like it.

Quality is a weighted quantile over runs of the same family, nearer sizes with more weight. Time to a given
quality is right-censored where a run ended before it came so close: its quantiles are those of the
Kaplan–Meier estimator. How far out the quantiles have to be for an interval of 90 % is found on the instances
that are known, each left out in its turn: conformal prediction by cross-validation over nested intervals, for
each family (Vovk 2015; Gupta, Kuchibhotla and Ramdas 2022).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from qualms.orchestrator.decision.experience import Run
from qualms.orchestrator.decision.features import Features

LEVEL = 0.9  # of the intervals
_TAILS = (0.25, 0.2, 0.15, 0.1, 0.05, 0.02)  # beyond each side of the nested intervals
WORST = 1.0  # a gap of 100 % or no answer at all
_RESOLUTION = 1e-3  # gaps far below it are alike
_BLUR = 0.25  # on the scale of gaps: of an arm that always ends alike
_WIDTH = 0.5  # of the kernel over ln size
_SOON = 1e-3  # seconds; shorter times are alike
_FAR = 10.0  # in breadths: a value farther away than this is no farther
_LEAST_WEIGHT = 0.02  # for runs of the family that are far away in size
_HELPS = 0.05  # on the scale of gaps: an arm that helps by less does not help
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
        What it costs: nothing where it runs on this machine, as every arm that there are runs of does. What
        a device would charge stands with the places.
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


def quantile(values: np.ndarray, weights: np.ndarray, q: np.ndarray | float) -> np.ndarray:
    """The smallest value at which the weights of all values up to it reach the share q of all weights."""
    order = np.argsort(values, kind="stable")
    share = np.cumsum(weights[order]) / weights.sum()
    place = np.searchsorted(share, np.asarray(q) - 1e-12)
    return np.asarray(values[order][np.minimum(len(order) - 1, place)])


def survival_quantile(
    times: np.ndarray, events: np.ndarray, weights: np.ndarray, q: np.ndarray | float
) -> np.ndarray:
    """The time by which the share q have had their event, by the Kaplan–Meier estimator.

    Parameters
    ----------
    times : array
        Of the event, or until which it is known not to have come.
    events : array of bool
        Whether it came.
    weights : array
        Of the runs.
    q : float or array
        Between 0 and 1.

    Returns
    -------
    array
        Infinite where so many never had their event while they were watched.
    """
    at, place = np.unique(times, return_inverse=True)
    came = np.bincount(place, weights * events, len(at))
    gone = np.bincount(place, weights, len(at))
    left = weights.sum() - np.concatenate([[0.0], np.cumsum(gone)[:-1]])
    had = 1 - np.cumprod(1 - came / np.maximum(left, 1e-300))
    found = np.searchsorted(had, np.asarray(q) - 1e-9)
    return np.concatenate([at, [np.inf]])[np.where(found < len(at), found, len(at))]


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
        plain = float(_TAILS.index((1 - LEVEL) / 2)) if (1 - LEVEL) / 2 in _TAILS else 4.0
        by_gap, by_time = self._corrections(asked) if calibrate else (plain, plain)
        found = {}
        for arm in arms:
            runs = self.by_arm.get(arm)
            if runs:
                gap, took = _nests(runs, asked)
                inner, outer = took.interval(by_time)
                low, high = gap.interval(by_gap)
                found[arm] = Prediction(
                    arm,
                    Span(gap_back(low), gap_back(gap.middle), gap_back(high)),
                    Span(_unlogged(inner), _unlogged(took.middle), _unlogged(outer)),
                    Span(0.0, 0.0, 0.0),
                    len({r.instance for r in runs}),
                    len(runs),
                )
        return found

    def _corrections(self, asked: _Question) -> tuple[float, float]:
        """How far out intervals of gaps and of times have to be, as scores of `_Nest`: so far that they would
        have covered the known runs, each instance predicted from the others.
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
                gap, took = _nests(rest, _Question(own[0].size, asked.seconds, asked.tolerance))
                weight = near[instance] / len(own)
                for run in own:
                    gaps.append((gap.score(float(gap_scale(run.gap_after(asked.seconds)))), weight))
                    at, came = run.reached(asked.tolerance)
                    times.append((took.score(_logged(at), came), weight))
        return _needed(gaps), _needed(times)

    def compared(
        self, arms: Sequence[str], against: Sequence[str], size: int | None, seconds: float
    ) -> tuple[int, int, int]:
        """(better, equal, worse): instances of about this size, or of any, on which the best of `arms` ended
        closer to the best known answer than the best of `against` did, as close, or less close. Of an arm
        that ran with several seeds the mean counts, so that more runs are no better chance.
        """
        counts = [0, 0, 0]
        by_instance: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
        for run in self.runs:
            if size is None or size / 2 <= run.size <= 2 * size:
                by_instance[run.instance][run.arm].append(min(WORST, run.gap_after(seconds)))
        for gaps in by_instance.values():
            one = [float(np.mean(g)) for a, g in gaps.items() if a in arms]
            other = [float(np.mean(g)) for a, g in gaps.items() if a in against]
            if one and other:
                away = min(one) - min(other)
                counts[1 if abs(away) <= 1e-9 else 0 if away < 0 else 2] += 1
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


@dataclass(frozen=True)
class _Nest:
    """Intervals, each inside the next, and beyond the last as wide as is needed.

    Attributes
    ----------
    lows, highs : arrays
        Of the intervals.
    middle : float
        In all of them.
    breadth : float
        In which distances beyond the last one are measured, so that an arm that is hard to predict does not
        blur the others.
    """

    lows: np.ndarray
    highs: np.ndarray
    middle: float
    breadth: float

    def score(self, value: float, exact: bool = True) -> float:
        """How far out a value is: the number of the first interval that holds it, or more than all numbers.

        Of a value that is not `exact` it is known that the truth is at least as large.
        """
        above = value >= self.lows if exact else True
        holds = above & (value <= self.highs)
        if holds.any():
            return float(np.argmax(holds))
        low, high = float(self.lows[-1]), float(self.highs[-1])
        away = max(value - high, (low - value) if exact else -math.inf)
        return len(self.lows) + min(away / self.breadth, _FAR)

    def interval(self, score: float) -> tuple[float, float]:
        """The narrowest interval that holds everything up to this score."""
        last = len(self.lows) - 1
        k = min(last, math.ceil(score))
        more = self.breadth * max(0.0, score - last - 1)
        return float(self.lows[k]) - more, float(self.highs[k]) + more


def _nests(runs: Sequence[Run], asked: _Question) -> tuple[_Nest, _Nest]:
    """Of gaps, on their scale, and of the times to the tolerance, in logarithms."""
    weights = _weights(runs, asked.size)
    tails = np.array(_TAILS)
    gaps = gap_scale(np.array([r.gap_after(asked.seconds) for r in runs]))
    shares = np.concatenate([tails, 1 - tails, [0.5]])
    found = quantile(gaps, weights, shares)
    n = len(tails)
    by_gap = _Nest(found[:n], found[n:-1], float(found[-1]), float(found[-2] - found[n - 1]) + _BLUR)
    told = [r.reached(asked.tolerance) for r in runs]
    times, events = np.array([t for t, _ in told]), np.array([e for _, e in told])
    late = np.log(np.maximum(_SOON, survival_quantile(times, events, weights, shares)))
    # where so few came there, all that is known is that it takes longer than they were watched
    watched = _logged(max((t for t, _ in told if math.isfinite(t)), default=asked.seconds))
    return by_gap, _Nest(np.minimum(late[:n], watched), late[n:-1], float(late[-1]), 1.0)


def _logged(seconds: float) -> float:
    return math.log(max(_SOON, seconds)) if math.isfinite(seconds) else math.inf


def _unlogged(logarithm: float) -> float:
    return math.exp(logarithm) if logarithm < _FAR * 10 else math.inf


def _needed(scores: Sequence[tuple[float, float]]) -> float:
    """The score that covers the share `LEVEL`."""
    if not scores:
        return float(len(_TAILS) - 1)
    values, weights = np.array([s for s, _ in scores]), np.array([w for _, w in scores])
    return float(quantile(values, weights, LEVEL))


def chosen(
    experience: Experience,
    arms: Sequence[str],
    size: int,
    seconds: Callable[[int], float],
    most: int,
    least: int = 1,
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
    most, least : int
        Arms; those beyond `least` only where they help.

    Returns
    -------
    list of str
        Fewer where there are no runs of more; the best one first.
    """
    known = [a for a in arms if experience.by_arm.get(a)]
    table: dict[str, dict[str, list[Run]]] = {a: defaultdict(list) for a in known}
    for arm in known:
        for run in experience.by_arm[arm]:
            table[arm][run.instance].append(run)
    sizes = {r.instance: r.size for r in experience.runs}
    weight = {i: float(_kernel(np.array([s]), size)[0]) for i, s in sizes.items()}
    picked: list[str] = []
    while len(picked) < min(max(most, least), len(known)):
        given = seconds(len(picked) + 1)
        alone = {a: {i: _cost(table[a].get(i), given) for i in weight} for a in known}
        left = [a for a in known if a not in picked]

        def summed(arms: Sequence[str], alone: dict[str, dict[str, float]] = alone) -> float:
            return sum(w * min(alone[a][i] for a in arms) for i, w in weight.items())

        costs = {a: summed([*picked, a]) for a in left}
        arm = min(costs, key=lambda a: costs[a])
        if picked and costs[arm] > summed(picked) - _HELPS * sum(weight.values()):
            if len(picked) >= least:
                break
            arm = min(
                left, key=lambda a: summed([a])
            )  # nobody helps on what is known: the best of the others
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
