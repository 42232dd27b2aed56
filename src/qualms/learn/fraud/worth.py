"""What every detector was worth on the rows that came last, and the records of that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.isotonic import IsotonicRegression

from qualms.data.numbers import plain
from qualms.learn.fraud import metrics
from qualms.learn.fraud.methods import BASELINE, SAMPLED
from qualms.learn.fraud.stream import Watch, Watched
from qualms.learn.learner import hash_of
from qualms.records import Cost, Metric, Record
from qualms.records.kinds import Learning
from qualms.records.provenance import LEARNERS as PACKAGES
from qualms.records.provenance import provenance

_CURVE = 60  # points of a drawn curve
_CHUNKS = 8  # equal parts of the measured rows, for drift


@dataclass(frozen=True)
class Stream:
    """Transactions in the order of time.

    Attributes
    ----------
    X : np.ndarray
        (rows, features).
    fraud : np.ndarray
        (rows,) bool.
    weights : np.ndarray
        (rows,): how many transactions each stands for.
    missed : np.ndarray
        (rows,): cost of this fraud, if nobody reviews it.
    when : np.ndarray
        (rows,) time.
    parts : tuple of slice
        Rows to fit on, to choose on, to measure on.
    """

    X: np.ndarray = field(repr=False)
    fraud: np.ndarray = field(repr=False)
    weights: np.ndarray = field(repr=False)
    missed: np.ndarray = field(repr=False)
    when: np.ndarray = field(repr=False)
    parts: tuple[slice, slice, slice]


def records(
    stream: Stream, name: str, jobs: Sequence[Watch], heard: Mapping[str, Watched], notes: Sequence[str]
) -> list[Record]:
    """A record of each detector that has said something, with intervals against the baseline."""
    design, measure = jobs[0].design, stream.parts[2]
    fraud = stream.fraud[measure]
    drawn = metrics.resamples(fraud, design.resamples, design.seed)
    there = [job for job in jobs if job.detector.name in heard]
    found = {job.detector.name: _resampled(stream, job, heard[job.detector.name], drawn) for job in there}
    common = _about_the_stream(stream)
    return [_record(stream, name, job, heard[job.detector.name], found, common, notes) for job in there]


def _resampled(stream: Stream, job: Watch, said: Watched, drawn: np.ndarray) -> dict[str, np.ndarray]:
    """The judged numbers, (1 + resamples,) each: of the rows as they are, then of each resample."""
    _, choose, measure = stream.parts
    design, fraud = job.design, stream.fraud[measure]
    threshold = metrics.cheapest_threshold(
        stream.fraud[choose], said.choosing, stream.weights[choose], stream.missed[choose], design.review_cost
    )
    costs = metrics.row_costs(fraud, said.measuring >= threshold, stream.missed[measure], design.review_cost)
    measures: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        "auprc": lambda w: metrics.average_precision(fraud, said.measuring, w),
        "recall_at_k": lambda w: metrics.recall_at(fraud, said.measuring, w, design.reviews),
        "cost": lambda w: metrics.per_thousand(costs, w),
    }
    weights = stream.weights[measure]
    return {name: metrics.over_resamples(each, drawn, weights) for name, each in measures.items()}


def _record(
    stream: Stream,
    name: str,
    job: Watch,
    said: Watched,
    found: Mapping[str, Mapping[str, np.ndarray]],
    common: Mapping[str, Any],
    notes: Sequence[str],
) -> Record:
    d, design, account = job.detector, job.design, said.account
    usage = account["usage"]
    chance, curve = _calibrated(stream, said)
    measure = stream.parts[2]
    fraud, weights = stream.fraud[measure], stream.weights[measure]
    own = found[d.name]
    brier = float(weights @ (chance - fraud) ** 2 / weights.sum())
    p50, p99 = (float(1000 * q) for q in np.percentile(said.latencies, [50, 99]))
    rivals = [n for n in (BASELINE, SAMPLED, d.twin_of) if n and n != d.name and n in found]
    drift = _drift(said)
    findings = {
        **common,
        "learner": account["findings"],
        "intervals": {m: metrics.percentiles(v[1:]) for m, v in own.items()},
        "minus": {
            rival: {
                m: {"mean": float(own[m][0] - found[rival][m][0]),
                    **dict(zip(("low", "high"), metrics.percentiles(own[m][1:] - found[rival][m][1:]),
                               strict=True))}
                for m in own
            }
            for rival in rivals
        },
        "curve": _curve(fraud, said.measuring, weights),
        "reliability": curve,
        "drift": drift,
        "single_answers": len(said.latencies),
    }  # fmt: skip
    return Record(
        id=job.id,
        kind="learning",
        task_id=job.task_id,
        method=d.name,
        seed=design.seed,
        twin_of=d.twin_of,
        twin_is=d.twin_is,
        quadrant=d.quadrant,
        metrics={
            "auprc": Metric(float(own["auprc"][0]), "1", "higher"),
            "recall_at_k": Metric(float(own["recall_at_k"][0]), "1", "higher"),
            "cost": Metric(float(own["cost"][0]), "per 1,000 transactions", "lower"),
            "brier": Metric(brier, "1", "lower"),
            "drift": Metric(max(drift), "1", None),
            "latency_p50": Metric(p50, "ms", "lower"),
            "latency_p99": Metric(p99, "ms", "lower"),
            "throughput": Metric(len(fraud) / max(said.stream_seconds, 1e-9), "a second", "higher"),
        },
        cost=Cost(said.seconds, float(usage.get("money", 0.0)), int(usage.get("shots", 0))),
        provenance=provenance(PACKAGES),
        payload=Learning(
            task="anomaly detection",
            learner=account["learner"],
            data=name,
            data_hash=hash_of(stream.X, stream.fraud),
            rows=said.rows,
            features=stream.X.shape[1],
            classes=2,
            params=account["params"],
            split={"protocol": "stream", "judged": "auprc", "how": d.how, "everything": d.everything,
                   **{k: p.stop - p.start for k, p in zip(("past", "choosing", "measuring"), stream.parts,
                                                          strict=True)}, **design.to_dict()},
            usage=usage,
            findings=plain(findings),
            notes=[*notes, *account["notes"]],
        ),
    )  # fmt: skip


def _calibrated(stream: Stream, said: Watched) -> tuple[np.ndarray, list[dict[str, float]]]:
    """Chances of fraud, by isotonic regression on the rows to choose on; and how reliable they were."""
    _, choose, measure = stream.parts
    known = said.choosing[np.isfinite(said.choosing)]
    low, high = known.min(), known.max()
    # a detector may call a row impossible: then it is one step more suspicious than the most suspicious one
    span = max(high - low, 1.0)
    then, now = (
        np.nan_to_num(s, posinf=high + span, neginf=low - span) for s in (said.choosing, said.measuring)
    )
    made = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip")
    made.fit(then, stream.fraud[choose].astype(float), sample_weight=stream.weights[choose])
    chance = np.asarray(made.predict(now))
    return chance, metrics.reliability(stream.fraud[measure], chance, stream.weights[measure])


def _drift(said: Watched) -> list[float]:
    """Stability index of the scores in each chunk of time against those of the rows to choose on."""
    return [
        metrics.stability_index(said.choosing, said.measuring[rows])
        for rows in np.array_split(np.arange(len(said.measuring)), _CHUNKS)
        if len(rows)
    ]


def _about_the_stream(stream: Stream) -> dict[str, Any]:
    """What does not depend on the detector: prevalence, doing nothing, drift of the features."""
    past, choose, measure = stream.parts
    fraud, weights, missed = stream.fraud[measure], stream.weights[measure], stream.missed[measure]
    nobody = metrics.row_costs(fraud, np.zeros(len(fraud), bool), missed, 0.0)
    features = [
        metrics.stability_index(stream.X[past, k], stream.X[measure, k]) for k in range(stream.X.shape[1])
    ]
    return {
        "prevalence": float(weights @ fraud / weights.sum()),
        "frauds_measured": int(fraud.sum()),
        "cost_of_nothing": float(metrics.per_thousand(nobody, weights[None])[0]),
        "largest_feature_drift": max(features),
        "drift_by_chance": metrics.stability_by_chance(
            choose.stop - choose.start, len(fraud) // _CHUNKS or 1
        ),
    }


def _curve(fraud: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> list[list[float]]:
    """[recall, precision] of some thresholds, for a drawing."""
    caught, everything = metrics.Ranking.of(scores).caught(fraud, weights[None])
    points = np.stack([caught[0] / caught[0, -1], caught[0] / np.maximum(everything[0], 1e-300)], axis=1)
    wanted = np.searchsorted(points[:, 0], np.linspace(0, 1, _CURVE))
    kept = np.unique(np.minimum(wanted, len(points) - 1))
    return [[float(a), float(b)] for a, b in points[kept]]
