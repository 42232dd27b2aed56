"""Records of fine-tuning as PEFT's method_comparison has its results, so that ours can stand next to theirs.

The fields are those of `method_comparison/MetaMathQA/results/*.json` in PEFT's repository: "run_info",
"train_info" and "meta_info".
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from qualms.errors import DataError
from qualms.records import Record
from qualms.records.kinds import FineTuning


def experiment_name(record: Record) -> str:
    """The method, the base model and the data set, as PEFT names its experiments."""
    return f"{record.method}/{record.payload.title}"


def peft_result(record: Record) -> dict[str, Any]:
    """One record in PEFT's form.

    Parameters
    ----------
    record : Record
        Of kind "fine-tuning".

    Returns
    -------
    dict[str, Any]
        To be written as JSON. What PEFT measures and we do not is None.

    Raises
    ------
    DataError
        For a record of another kind.
    """
    if record.kind != "fine-tuning":
        raise DataError(
            f"record {record.id} is of kind {record.kind!r}; PEFT's results are of fine-tuning alone"
        )
    run: FineTuning = record.payload
    return {
        "run_info": _run_info(record, run),
        "train_info": _train_info(record, run),
        "meta_info": _meta_info(record, run),
    }


def _run_info(record: Record, run: FineTuning) -> dict[str, Any]:
    t = run.training
    return {
        "created_at": record.provenance.created_at,
        "total_time": record.cost.seconds,
        "experiment_name": experiment_name(record),
        "peft_branch": None,
        "train_config": {
            "model_id": run.model,
            "dtype": t.precision,
            "max_seq_length": t.max_length,
            "batch_size": t.batch_size,
            "max_steps": t.steps,
            "compile": False,
            "query_template": "{query}" + t.separator,
            "seed": record.seed,
            "grad_norm_clip": t.gradient_norm_clip,
            "optimizer_type": t.optimizer,
            "optimizer_kwargs": {
                "lr": t.learning_rate,
                "weight_decay": t.weight_decay,
                **t.optimizer_options,
            },
            "lr_scheduler": t.schedule,
            "use_amp": False,
            "generation_kwargs": {"max_new_tokens": t.max_new_tokens, "do_sample": False},
        },
        "peft_config": run.adapter_config,
        "error_msg": run.error,
    }


def _train_info(record: Record, run: FineTuning) -> dict[str, Any]:
    rows = [
        {
            "step": p["step"],
            "train loss": p["loss"],
            "train samples": int(p["step"]) * run.training.batch_size,
        }
        for p in run.curve
    ]
    final = {f"test {name}": metric.value for name, metric in record.metrics.items()}
    diverged = "nll" in record.metrics and not abs(record.value("nll")) < float("inf")
    return {
        "accelerator_memory_max": record.cost.memory_bytes,
        "accelerator_memory_reserved_avg": None,
        "accelerator_memory_reserved_99th": None,
        "train_time": record.cost.seconds,
        "file_size": run.adapter_bytes,
        "num_trainable_params": run.parameters["trained"],
        "num_total_params": run.parameters["total"],
        "status": "failed" if run.error else "diverged" if diverged else "success",
        "metrics": [*rows, {"step": run.training.steps, "train total tokens": None, **final}],
    }


def _meta_info(record: Record, run: FineTuning) -> dict[str, Any]:
    machine = dict(record.provenance.machine)
    build = machine.pop("torch_build", None)
    return {
        "model_info": {"name": run.model, "sha": run.model_hash},
        "dataset_info": {run.dataset: dict(run.dataset_account)},
        "package_info": {f"{name}-version": version for name, version in record.provenance.versions.items()},
        "system_info": machine,
        "pytorch_info": build,
    }


def file_names(records: Sequence[Record]) -> dict[str, Path]:
    """{record's id: a file name of its own}, as PEFT names them: the experiment, with -- for slashes, and the
    seed.

    Two records that would get the same name get their ids in it.
    """
    plain = {
        r.id: f"{experiment_name(r).replace('/', '--').replace(':', '-')}--seed-{r.seed}" for r in records
    }
    names = list(plain.values())
    return {
        id: Path(f"{name}--{id}.json" if names.count(name) > 1 else f"{name}.json")
        for id, name in plain.items()
    }
