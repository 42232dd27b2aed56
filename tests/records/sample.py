"""Records made up for tests."""

from __future__ import annotations

from typing import Any

from qualms.records import CLASSICAL, Record


def make_record(method: str = "lora", seed: int = 0, nll: float = 1.0, trained: int = 1000, **changes: Any) -> Record:
    """A plausible record."""
    values: dict[str, Any] = {
        "id": f"{method}-{seed}",
        "task_id": "task",
        "method": method,
        "seed": seed,
        "twin_of": method.partition("/")[0] if "/" in method else None,
        "quadrant": CLASSICAL,
        "metrics": {"nll": nll, "test_nll": nll, "conditionality": 0.5, "rouge1": 0.5, "rouge2": 0.3, "rougeL": 0.4, "bleu": 20.0},
        "parameters": {"angles": 10, "classical": trained - 10, "head": 0, "total": 10**6, "trained": trained},
        "cost": {"train_seconds": 1.0, "seconds_per_step": 0.1, "tokens_per_second": 100.0, "peak_memory_bytes": 2**20, "adapter_bytes": 4096},
        "curve": [{"step": s, "loss": nll + 1 / s} for s in range(1, 11)],
        "samples": [{"input": "name[<b>X</b>]", "references": ["X is."], "output": f"{method} says <script>"}],
        "run_info": {
            "created_at": "2026-01-01T00:00:00+00:00", "experiment_name": f"{method}/base-trails",
            "train_config": {"max_steps": 10, "batch_size": 4, "optimizer_kwargs": {"lr": 0.01}},
        },
        "train_info": {"status": "success"},
        "meta_info": {
            "dataset_info": {"trails": {}},
            "model_info": {"name": "base", "sha": "0"}, "system_info": {"cores": 2}, "package_info": {"torch-version": "2"}},
    }  # fmt: skip
    return Record(**{**values, **changes})
