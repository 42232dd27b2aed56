"""What a trained adapter does on a device: its loss exact, with finite shots, under device noise, with and
without mitigation, twins beside.
"""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from qualms.adapters.layer import QSLLayer
from qualms.adapters.placement import quantum_layers, running_on
from qualms.backends.conditions import IDEAL, RunCondition
from qualms.backends.prices import PRICES
from qualms.backends.protocol import Usage
from qualms.backends.sublayer import sublayer_circuit
from qualms.data.examples import Example, Splits, take
from qualms.data.numbers import plain
from qualms.data.splits import load_splits
from qualms.errors import ConfigError, NotSavedError, RunFolderError
from qualms.execution.event import Event, Listener, unheard
from qualms.records import CLASSICAL, Cost, Quadrant, Record, RunStore, digest, read_records
from qualms.records.kinds import Calibration, Condition, Noise
from qualms.records.metrics import language_metrics
from qualms.records.provenance import provenance
from qualms.records.store import RECORDS
from qualms.study import evaluation
from qualms.study.account import about_data, about_split
from qualms.study.encoding import Encoder
from qualms.study.run import model_fingerprint
from qualms.study.tuned import Tuned, described, load_tuned


@dataclass(frozen=True)
class StudiedAdapter:
    """An adapter under study: its name in tables, its folder, the quantum method it is a twin of, and what is
    different from that.
    """

    label: str
    folder: Path
    twin_of: str | None = None
    twin_is: str | None = None


def studied_adapters(folder: Path, twins: Sequence[Path] = ()) -> list[StudiedAdapter]:
    """The adapter and its twins: those given, and those that stand beside it in its study (same seed).

    Raises
    ------
    ConfigError
        For a folder that holds no adapter.
    """
    own = _record_beside(folder)
    label = own.method if own else folder.name
    found = [StudiedAdapter(label, folder)]
    for path in twins:
        note = _record_beside(path)
        found.append(
            StudiedAdapter(note.method if note else path.name, path, label, note.twin_is if note else None)
        )
    if own and not twins:
        runs = folder.absolute().parent.parent
        for record in read_records(runs.parent):
            beside = runs / record.id / "model"
            if record.twin_of == own.method and record.seed == own.seed and beside.is_dir():
                found.append(StudiedAdapter(record.method, beside, label, record.twin_is))
    for studied in found:
        if not (studied.folder / "adapter_config.json").exists():
            raise ConfigError(f"{studied.folder} holds no adapter")
    labels = [s.label for s in found]
    twice = next((s for k, s in enumerate(found) if s.label in labels[:k]), None)
    if twice is not None:
        raise ConfigError(
            f"{twice.folder}: another adapter is called {twice.label!r}, too; rename one of the folders"
        )
    return found


def _record_beside(folder: Path) -> Record | None:
    """The record of the run that left this adapter, if the folder lies in a study."""
    run = folder.absolute().parent
    study = run.parent.parent
    if run.parent.name != "runs" or not (study / RECORDS).exists():
        return None
    return next((record for record in read_records(study) if record.id == run.name), None)


def study_noise(
    adapter: Path,
    data: str,
    out: Path,
    plan: Sequence[RunCondition],
    twins: Sequence[Path] = (),
    base: str | None = None,
    examples: int = 60,
    listener: Listener = unheard,
    max_cost: float = 0.0,
) -> list[Record]:
    """Measure an adapter and its twins under every condition; what is in `out` already is not measured again.

    Parameters
    ----------
    adapter : Path
        Folder of the adapter.
    data : str
        A data set; its test split is used.
    out : Path
        Where records and jobs go.
    plan : Sequence[RunCondition]
        From `qualms.backends.conditions`.
    examples : int, default 60
        How many test examples are used, at least 2.
    max_cost : float, default 0.0
        Dollars that each device may cost in all, finite.
    listener : Listener, optional
        Told about progress: an adapter is a job, and every condition of it a step.

    Returns
    -------
    list[Record]
        The records, in the order of the plan: metrics "nll" (and "accuracy"), cost with circuits, shots
        and gates.

    Raises
    ------
    NotSavedError
        Conditions are measured, but not all records could be written; the error has all of them.
    """
    examples, max_cost = plain(examples), plain(max_cost)
    if not isinstance(examples, int) or examples < 2:
        raise ConfigError(f"examples {examples}: must be an integer of at least 2")
    if not 0 <= max_cost < math.inf:
        raise ConfigError(f"max_cost {max_cost}: must be a finite number of dollars, from 0 up")
    everyone = studied_adapters(adapter, twins)
    splits = load_splits(data, described(adapter, base).task)
    identity = json.dumps(_identity(everyone, splits, base, examples), ensure_ascii=False, sort_keys=True)
    records = []
    unsaved: list[str] = []
    with RunStore(out, identity, kind="noise") as store:
        known = {r.id: r for r in store.records()}
        for studied in everyone:
            work: _Work | None = None
            listener(Event("started", studied.label, 0, len(plan)))
            for step, condition in enumerate(plan, 1):
                key = digest([identity, studied.label, condition.__dict__])
                if key not in known:
                    work = work or _open(studied, splits, base, examples)
                    if not work.is_quantum and (condition.device, condition.shots) != (IDEAL, None):
                        continue  # no circuit, no noise: a classical adapter is measured once
                    known[key] = _measure(work, studied, condition, key, digest(identity), out, max_cost)
                    try:
                        store.add(known[key])
                    except RunFolderError as error:
                        unsaved.append(f"{studied.label}, {condition.label}: {error}")
                records.append(known[key])
                listener(Event("step", studied.label, step, len(plan), condition.label))
            listener(Event("done", studied.label))
    if unsaved:
        raise NotSavedError(f"{unsaved[0]} ({len(unsaved)} of {len(records)} records are not saved)", records)
    return records


@dataclass
class _Work:
    tuned: Tuned
    encoder: Encoder
    examples: list[Example]
    dataset: str
    account: dict[str, Any]
    layers: dict[str, QSLLayer]
    adapter_hash: str

    @property
    def is_quantum(self) -> bool:
        return bool(self.layers)


def _identity(
    everyone: Sequence[StudiedAdapter], splits: Splits, base: str | None, examples: int
) -> dict[str, Any]:
    """What determines the measurements, by content: where adapter, data and base model lie does not count."""
    return {
        "adapters": [
            [s.label, adapter_hash(s.folder), model_fingerprint(described(s.folder, base).base)]
            for s in everyone
        ],
        "data": splits.fingerprint(),
        "examples": examples,
    }


def adapter_hash(folder: Path) -> str:
    """Hash of the files that an adapter or a tuned model consists of.

    Parameters
    ----------
    folder : Path
        With an adapter_config.json or a config.json.

    Returns
    -------
    str
        Sixteen hexadecimal digits, the same wherever the folder lies.
    """
    files = sorted(p for pattern in ("*.json", "*.safetensors", "*.bin") for p in folder.glob(pattern))
    return digest([[p.name, hashlib.sha256(p.read_bytes()).hexdigest()] for p in files])


def _open(studied: StudiedAdapter, splits: Splits, base: str | None, count: int) -> _Work:
    tuned = load_tuned(studied.folder, base)
    encoder = Encoder(tuned.tokenizer, tuned.separator, tuned.max_length, tuned.labels)
    try:
        layers = quantum_layers(tuned.model)
    except ConfigError:
        if studied.twin_of is None:
            raise
        layers = {}
    used = take(splits.test, count)
    about = about_data(splits, tuned.max_length)
    about |= about_split(
        "test", used, len(splits.test), encoder.training(used, tuned.task), tuned.task, tuned.labels
    )
    return _Work(tuned, encoder, used, splits.name, about, layers, adapter_hash(studied.folder))


def _measure(
    work: _Work,
    studied: StudiedAdapter,
    condition: RunCondition,
    key: str,
    task: str,
    out: Path,
    max_cost: float,
) -> Record:
    tuned, began = work.tuned, time.monotonic()
    pad = int(tuned.tokenizer.pad_token_id or 0)
    items = work.encoder.training(work.examples, tuned.task)
    cost: dict[str, float | None] = {}
    metrics: dict[str, float] = {}

    def measure() -> None:
        metrics["nll"] = evaluation.loss(tuned.model, items, tuned.task, pad)
        if tuned.task == "classify":
            predicted, _ = evaluation.predict_classes(tuned.model, items, pad)
            metrics["accuracy"] = sum(p == i.labels[0] for p, i in zip(predicted, items, strict=True)) / len(
                items
            )

    quadrant = CLASSICAL
    if work.is_quantum:
        backend = condition.backend(out, max_cost)
        before = backend.usage
        with torch.no_grad(), running_on(tuned.model, backend):
            measure()
        quadrant = backend.quadrant if condition.vendor else Quadrant("classical", _compute(work))
        cost = _cost(condition, backend.usage - before, work)
    else:
        with torch.no_grad():
            measure()
    seconds = time.monotonic() - began
    spent = (cost.get("device_dollars") or 0.0) if quadrant.compute == "quantum hardware" else 0.0
    calibration = None
    if (noise := condition.noise()) is not None and noise.calibration is not None:
        calibration = Calibration(condition.device, noise.calibration.date, noise.calibration.median_error(2))
    return Record(
        id=key,
        kind="noise",
        task_id=task,
        method=studied.label,
        seed=condition.seed,
        twin_of=studied.twin_of,
        twin_is=studied.twin_is,
        quadrant=quadrant,
        metrics=language_metrics(metrics),
        cost=Cost(seconds, spent, int(cost.pop("shots", None) or 0)),
        provenance=provenance(),
        payload=Noise(
            Condition(**condition.__dict__),
            work.dataset,
            work.account,
            work.adapter_hash,
            calibration,
            **cost,  # type: ignore[arg-type]
        ),
    )


def _compute(work: _Work) -> str:
    config = next(iter(work.layers.values())).plans["default"].config
    return str(config.compute)


def _cost(condition: RunCondition, used: Usage, work: _Work) -> dict[str, float | None]:
    """Circuits, shots and gates of the evaluation, and what it cost or would have cost on the device that the
    noise is of.
    """
    plan = next(iter(work.layers.values())).plans["default"]
    noise, circuit = condition.noise(), sublayer_circuit(plan.ansatz)
    gates = (noise.noisy_circuit(circuit).circuit if noise is not None else circuit).operations
    found: dict[str, float | None] = {
        "circuits": used.circuits,
        "shots": None if condition.shots is None else used.shots,
    }
    found["two_qubit_gates"] = sum(len(op.qubits) == 2 and op.is_gate for op in gates)
    if condition.vendor:
        found |= {"jobs": used.jobs, "device_dollars": used.money, "queue_seconds": used.queue_seconds}
    elif condition.shots is not None and noise is not None and noise.calibration is not None:
        seconds = used.circuits * condition.shots * (250e-6 + (noise.calibration.readout_seconds or 0.0))
        found["device_seconds"], found["device_dollars"] = seconds, PRICES["ibm"].cost(0, 0, seconds)
    return found
