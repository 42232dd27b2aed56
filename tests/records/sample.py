"""Records made up for tests."""

from __future__ import annotations

from typing import Any

from qualms.records import CLASSICAL, Cost, Metric, Quadrant, Record
from qualms.records.kinds import (
    Asking,
    Calibration,
    Condition,
    FineTuning,
    Learning,
    Noise,
    ProvenBound,
    RunOutcome,
    Solving,
    Training,
)
from qualms.records.metrics import language_metrics
from qualms.records.provenance import Provenance

HERE = Provenance("2026-01-01T00:00:00+00:00", {"qualms": "0.1.0", "torch": "2"}, {"cores": 2})
SIMULATED = Quadrant("classical", "simulated quantum")


def make_record(
    method: str = "lora", seed: int = 0, nll: float = 1.0, trained: int = 1000, **changes: Any
) -> Record:
    """A plausible record of fine-tuning.

    Changes are of the core, of the payload or of its training, by the field's name.
    """
    training = {
        "steps": 10, "batch_size": 4, "learning_rate": 0.01, "weight_decay": 0.0, "optimizer": "AdamW",
        "optimizer_options": {}, "warmup_steps": 1, "warmup_asked": 1, "max_length": 64, "separator": " =>",
        "max_new_tokens": 20,
    }  # fmt: skip
    payload: dict[str, Any] = {
        "model": "base",
        "model_hash": "0",
        "dataset": "trails",
        "dataset_account": {},
        "parameters": {
            "angles": 10,
            "classical": trained - 10,
            "head": 0,
            "total": 10**6,
            "trained": trained,
        },
        "seconds_per_step": 0.1,
        "tokens_per_second": 100.0,
        "adapter_bytes": 4096,
        "resumed_at_step": 0,
        "curve": [{"step": s, "loss": nll + 1 / s} for s in range(1, 11)],
        "samples": [
            {"input": "name[<b>X</b>]", "references": ["X is."], "output": f"{method} says <script>"}
        ],
        "adapter_config": None,
        "evaluation": {},
    }
    metrics = {
        "nll": nll,
        "test_nll": nll,
        "conditionality": 0.5,
        "rouge1": 0.5,
        "rouge2": 0.3,
        "rougeL": 0.4,
        "bleu": 20.0,
    }
    core: dict[str, Any] = {
        "id": f"{method}-{seed}", "kind": "fine-tuning", "task_id": "task", "method": method, "seed": seed,
        "twin_of": method.partition("/")[0] if "/" in method else None,
        "twin_is": "a control" if "/" in method else None,
        "quadrant": SIMULATED if method.startswith("qsl") and "/" not in method else CLASSICAL,
        "metrics": language_metrics(metrics), "cost": Cost(1.0, memory_bytes=2**20), "provenance": HERE,
    }  # fmt: skip
    if "metrics" in changes and not any(isinstance(m, Metric) for m in changes["metrics"].values()):
        changes["metrics"] = language_metrics(changes["metrics"])
    for name, value in changes.items():
        next(d for d in (core, payload, training) if name in d or d is training)[name] = value
    return Record(**core, payload=FineTuning(**payload, training=Training(**training)))


def make_noise(
    method: str = "qsl", shots: int | None = None, seed: int = 0, nll: float = 1.0, device: str = "ideal"
) -> Record:
    """A plausible record of a measurement under noise."""
    condition = Condition(device, shots, "none", 1.0, seed)
    calibration = None if device == "ideal" else Calibration(device, "2024-01-01", 0.01)
    twin = "/" in method
    return Record(
        id=f"noise-{method}-{device}-{shots}-{seed}", kind="noise", task_id="noise task", method=method,
        seed=seed, twin_of=method.partition("/")[0] if twin else None, twin_is="a control" if twin else None,
        quadrant=CLASSICAL if twin else SIMULATED, metrics=language_metrics({"nll": nll}),
        cost=Cost(1.0, shots=(shots or 0) * 40), provenance=HERE,
        payload=Noise(condition, "trails", {}, "0", calibration, None if twin else 40, None if twin else 12),
    )  # fmt: skip


def make_solving(
    solver: str = "annealing", seed: int = 0, objective: float | None = 12, **changes: Any
) -> Record:
    """A plausible record of a solver."""
    twin_of = solver.partition("/")[0] if "/" in solver else None
    outcome = RunOutcome(
        "feasible",
        "annealing",
        CLASSICAL,
        12,
        True,
        ProvenBound(14, "sum of couplings", True),
        2 / 12,
        None,
        [],
        1.5,
    )
    payload: dict[str, Any] = {
        "problem": "ring", "problem_kind": "maxcut", "sense": "max", "size": 4, "problem_hash": "0",
        "limits": {"seconds": 2.0, "rounds": None}, "outcome": outcome, "feasible": objective is not None,
        "violations": [], "bounds": [], "no_answer": None, "refused": None, "failed": None, "effort": None,
        "incumbents": [(0.1, objective)] if objective is not None else [], "solution": [1, -1, 1, -1],
        "solution_is": "a side of each node", "encoding": None, "picture": None, "notes": [],
    }  # fmt: skip
    core: dict[str, Any] = {
        "id": f"{solver}-{seed}",
        "kind": "solving",
        "task_id": "ring",
        "method": solver,
        "seed": seed,
        "twin_of": twin_of,
        "twin_is": "a control" if twin_of else None,
        "quadrant": SIMULATED if solver.startswith("qaoa") and not twin_of else CLASSICAL,
        "metrics": {} if objective is None else {"objective": Metric(objective, "objective", "higher")},
        "cost": Cost(0.5),
        "provenance": HERE,
    }
    for name, value in changes.items():
        (core if name in core else payload)[name] = value
    return Record(**core, payload=Solving(**payload))


def make_asking(seed: int = 0, objective: float | None = 4100, **changes: Any) -> Record:
    """A plausible record of a question that was answered."""
    quadrant = CLASSICAL.to_dict()
    arm = {"solver": "highs", "quadrant": quadrant, "seed": seed, "objective": objective, "feasible": True,
           "seconds": 0.1, "refused": None, "failed": None, "cost": 0.0, "effort": None, "twin_of": None,
           "twin_is": None, "no_answer": None, "bounds": [], "incumbents": []}  # fmt: skip
    payload: dict[str, Any] = {
        "question": "How many <b>tables</b>?", "paraphrase": ["Choose tables."], "specification": {},
        "problem": "workshop", "problem_kind": "general", "sense": "max", "problem_hash": "0",
        "limits": {"seconds": 2.0, "rounds": None}, "decision": {}, "status": "optimal",
        "answer": [{"what": "tables", "value": 30, "unit": "tables"}], "solution": [30],
        "explanation": {
            "sentences": ["Answer: tables 30.", "Profit is 4,100 dollars."],
            "goal": {"name": "profit", "unit": "dollars", "sense": "max", "value": objective},
            "limit": {"value": 4100, "how": "linear relaxation", "verified": True, "gap": 0.0},
            "arms": [{"solver": "highs", "sentence": "highs found 4,100 dollars.", "data": arm}],
        },
        "notes": ["Every table is sold."],
    }  # fmt: skip
    core: dict[str, Any] = {
        "id": f"asking-{seed}", "kind": "asking", "task_id": "workshop", "method": "highs", "seed": seed,
        "twin_of": None, "twin_is": None, "quadrant": CLASSICAL,
        "metrics": {} if objective is None else {"objective": Metric(objective, "objective", "higher")},
        "cost": Cost(0.5), "provenance": HERE,
    }  # fmt: skip
    for name, value in changes.items():
        (core if name in core else payload)[name] = value
    return Record(**core, payload=Asking(**payload))


def make_learning(
    method: str = "QuantumKernelClassifier",
    seed: int = 0,
    fold: int = 0,
    accuracy: float = 0.8,
    **changes: Any,
) -> Record:
    """A plausible record of a learner that was measured on a fold."""
    of, _, twin = method.partition("/")
    quantum = of.startswith("Quantum") and not twin
    payload: dict[str, Any] = {
        "task": "classification", "learner": of, "data": "irises.csv", "data_hash": "0", "rows": 80,
        "features": 4, "classes": 3, "params": {"C": 1.0},
        "split": {"folds": 2, "fold": fold, "inner": 2, "tested": 40, "judged": "accuracy", "tried": 2,
                  "settings": 2, "baseline": of == "logistic"},
        "usage": {"circuits": 0, "shots": 0, "jobs": 0, "money": 0.0, "queue_seconds": 0.0},
        "findings": {}, "notes": ["Two <b>rows</b> repeat an earlier one."],
    }  # fmt: skip
    core: dict[str, Any] = {
        "id": f"learning-{method}-{seed}-{fold}", "kind": "learning", "task_id": "irises", "method": method,
        "seed": seed, "twin_of": of if twin else None, "twin_is": "an RBF kernel" if twin else None,
        "quadrant": Quadrant("classical", "simulated quantum") if quantum else CLASSICAL,
        "metrics": {"accuracy": Metric(accuracy, "1", "higher"), "fit_seconds": Metric(0.1, "s", "lower"),
                    "predict_microseconds": Metric(20.0, "µs", "lower")},
        "cost": Cost(0.5), "provenance": HERE,
    }  # fmt: skip
    for name, value in changes.items():
        (core if name in core else payload)[name] = value
    return Record(**core, payload=Learning(**payload))
