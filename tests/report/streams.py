"""Records of detectors on a stream, made up for tests."""

from __future__ import annotations

from qualms.records import Metric, Record
from tests.records.sample import make_learning

BASELINE = "gradient boosting"


def make_stream(method: str = BASELINE, auprc: float = 0.7) -> Record:
    """A plausible record of a detector."""
    gap = {"mean": auprc - 0.7, "low": auprc - 0.75, "high": auprc - 0.65}
    numbers = {"recall_at_k": 0.8, "cost": 40.0, "brier": 0.001, "latency_p50": 1.0, "latency_p99": 2.0}
    return make_learning(
        method,
        id=f"stream-{method}",
        task_id="transactions",
        metrics={n: Metric(v, "1", "higher") for n, v in {"auprc": auprc, **numbers, "drift": 0.1}.items()},
        split={
            "protocol": "stream", "past": 1000, "choosing": 300, "measuring": 500, "budget": 100,
            "reviews": 0.005, "everything": method == BASELINE,
        },
        findings={
            "minus": {} if method == BASELINE else {BASELINE: {"auprc": gap, "cost": gap}},
            "intervals": {"auprc": [auprc - 0.1, auprc + 0.1]}, "drift_by_chance": 0.02,
            "curve": [[0.0, 1.0], [0.5, auprc], [1.0, 0.01]], "drift": [0.01, 0.3, 0.02],
            "reliability": [{"predicted": 0.001, "observed": 0.002}, {"predicted": 0.2, "observed": 0.3}],
            "cost_of_nothing": 174.0, "frauds_measured": 12, "prevalence": 0.001,
            "largest_feature_drift": 0.4,
        },
    )  # fmt: skip


STREAM = [
    make_stream(),
    make_stream("QuantumKernelClassifier", 0.5),
    make_stream("QuantumKernelClassifier/rbf", 0.6),
]
