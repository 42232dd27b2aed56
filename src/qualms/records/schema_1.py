"""Records as they were before every kind had a payload of its own, converted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qualms.errors import DataError
from qualms.records.metrics import language_metrics

SCHEMA_1 = "qualms.record/1"
_FIELDS = {
    "id": str, "task_id": str, "method": str, "seed": int, "quadrant": dict, "metrics": dict,
    "parameters": dict, "cost": dict, "curve": list, "samples": list, "run_info": dict, "train_info": dict,
    "meta_info": dict,
}  # fmt: skip
_CONTROLS = {  # the twins that there were, in today's words
    "frozen-angles": "the circuit's angles stay at their random start",
    "no-entangler": "the circuit without entangling gates",
    "random-orthogonal": "a frozen random orthogonal matrix in the circuit's place",
    "lora-equal": "LoRA with about as many trained parameters",
    "lambda-zero": "the optimizer without its perturbation, which is AdamW",
    "random-q": "the optimizer with a random direction of the same size",
}


def converted(data: Mapping[str, Any], schema: str) -> dict[str, Any]:
    """A record of schema 1 in today's form.

    Everything is kept under its new name, and what it did not have is None or empty.

    Parameters
    ----------
    data : Mapping[str, Any]
        What the JSON holds.
    schema : str
        Name of today's schema.

    Returns
    -------
    dict[str, Any]
        To be checked like any other.

    Raises
    ------
    DataError
        For fields that are unknown, missing or of another type than schema 1 had.
    """
    known = {*_FIELDS, "twin_of", "schema"}
    if data.keys() != known:
        raise DataError(
            f"record has fields that do not fit {SCHEMA_1}: {', '.join(sorted(data.keys() ^ known))}"
        )
    wrong = [name for name, kind in _FIELDS.items() if not isinstance(data[name], kind)]
    if wrong:
        raise DataError(f"record has a field {wrong[0]!r} of another type than {SCHEMA_1} has")
    try:
        created_at = data["run_info"]["created_at"]
        kind, cost, machine, versions, payload = (_noise if "setting" in data["run_info"] else _fine_tuning)(
            data
        )
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise DataError(f"record does not fit {SCHEMA_1}: {type(error).__name__} at {error}") from None
    return {
        **{name: data[name] for name in ("id", "task_id", "method", "seed", "twin_of", "quadrant")},
        "twin_is": _CONTROLS.get(data["method"].rpartition("/")[2]) if data["twin_of"] else None,
        "kind": kind,
        "metrics": {name: vars(metric) for name, metric in language_metrics(data["metrics"]).items()},
        "cost": cost,
        "provenance": {
            "created_at": created_at,
            "versions": versions,
            "machine": machine,
        },
        "payload": payload,
        "schema": schema,
    }


_Parts = tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]


def _fine_tuning(data: Mapping[str, Any]) -> _Parts:
    """Kind, cost, machine, versions and payload of a training run, which had the fields of PEFT's results."""
    run, meta, old = data["run_info"], data["meta_info"], data["cost"]
    config = run["train_config"]
    options = dict(config["optimizer_kwargs"])
    dataset, account = next(iter(meta["dataset_info"].items()))
    payload = {
        "model": meta["model_info"]["name"],
        "model_hash": meta["model_info"]["sha"],
        "dataset": dataset,
        "dataset_account": account,
        "parameters": data["parameters"],
        "seconds_per_step": old["seconds_per_step"],
        "tokens_per_second": old["tokens_per_second"],
        "adapter_bytes": old["adapter_bytes"],
        "resumed_at_step": old.get("resumed_at_step", 0),
        "curve": data["curve"],
        "samples": data["samples"],
        "adapter_config": run["peft_config"],
        "evaluation": meta.get("evaluation", {}),
        "error": run["error_msg"],
        "training": {
            "steps": config["max_steps"],
            "batch_size": config["batch_size"],
            "learning_rate": options.pop("lr"),
            "weight_decay": options.pop("weight_decay"),
            "optimizer": config["optimizer_type"],
            "optimizer_options": options,
            "warmup_steps": config.get("warmup_steps"),
            "warmup_asked": config.get("warmup_asked"),
            "max_length": config["max_seq_length"],
            "separator": config["query_template"].removeprefix("{query}"),
            "max_new_tokens": config["generation_kwargs"]["max_new_tokens"],
            "gradient_norm_clip": config["grad_norm_clip"],
            "schedule": config["lr_scheduler"],
            "precision": config["dtype"],
            "processes": 1,
        },
    }
    cost = {
        "seconds": old["train_seconds"],
        "dollars": 0.0,
        "shots": 0,
        "memory_bytes": old["peak_memory_bytes"],
    }
    machine = {**meta["system_info"], "torch_build": meta["pytorch_info"]}
    return "fine-tuning", cost, machine, _named(meta["package_info"]), payload


def _noise(data: Mapping[str, Any]) -> _Parts:
    """Kind, cost, machine, versions and payload of a measurement under noise."""
    run, meta, old = data["run_info"], data["meta_info"], data["cost"]
    real = data["quadrant"]["compute"] == "quantum hardware"
    payload = {
        "condition": run["setting"],
        "dataset": "",
        "dataset_account": run.get("data") or {},
        "adapter_hash": "",
        "calibration": run.get("calibration"),
        **{
            name: old.get(name)
            for name in (
                "circuits",
                "two_qubit_gates",
                "device_seconds",
                "device_dollars",
                "jobs",
                "queue_seconds",
            )
        },
    }
    dollars = (old.get("device_dollars") or 0.0) if real else 0.0
    cost = {
        "seconds": old["seconds"],
        "dollars": dollars,
        "shots": old.get("shots") or 0,
        "memory_bytes": None,
    }
    versions = {name: value for name, value in meta.items() if name.endswith("-version")}
    machine = {name: value for name, value in meta.items() if not name.endswith("-version")}
    return "noise", cost, machine, _named(versions), payload


def _named(versions: Mapping[str, str | None]) -> dict[str, str | None]:
    return {name.removesuffix("-version"): version for name, version in versions.items()}
