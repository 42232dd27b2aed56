"""What a trained adapter does on a device: its loss exact, with finite shots, under device noise, with and without mitigation, twins beside."""

from __future__ import annotations

import datetime
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from qualms.adapters.layer import QSLLayer
from qualms.adapters.placement import quantum_layers, running_on
from qualms.backends import Backend, DensityMatrixBackend, NoiseModel, SampledBackend, StatevectorBackend, get_backend
from qualms.backends.density import as_noise
from qualms.backends.mitigation import ReadoutBackend, TwirledBackend, ZNEBackend
from qualms.backends.prices import PRICES
from qualms.backends.sublayer import sublayer_circuit
from qualms.circuits import LayeredAnsatz
from qualms.data.examples import Example, take
from qualms.data.numbers import plain
from qualms.data.splits import load_splits
from qualms.data.text import read_text
from qualms.errors import ConfigError, NotSavedError, RunFolderError
from qualms.execution.event import Event, Listener, unheard
from qualms.records import CLASSICAL, Quadrant, Record, RunStore, digest
from qualms.records.provenance import package_versions, system
from qualms.study import evaluation
from qualms.study.account import about_data, about_split
from qualms.study.encoding import Encoder
from qualms.study.tuned import Tuned, load_tuned

IDEAL = "ideal"
VENDORS = ("ibm", "braket")
MOST_SHOTS, LARGEST_SCALE, LARGEST_SEED = 10**9, 1000, 2**32 - 1
MITIGATIONS = ("none", "readout", "zne", "zne+readout", "zne+twirling")


@dataclass(frozen=True)
class Setting:
    """One way to run the circuits.

    Attributes
    ----------
    device : "ideal"; a device whose calibration is known ("fake_sherbrooke"), simulated; or "ibm:NAME", "braket:NAME", the device itself.
    scale : of a calibration's noise.
    shots : for every circuit; None for infinitely many.
    mitigation : one of `MITIGATIONS`. seed : of the shots.
    """

    device: str
    shots: int | None
    mitigation: str = "none"
    scale: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value in plain(self.__dict__).items():  # a setting is hashed and written: numpy's numbers become Python's
            object.__setattr__(self, name, value)

    @property
    def label(self) -> str:
        scale = "" if self.scale == 1 else f" × {self.scale:g}"
        return f"{self.device}{scale}, {'∞' if self.shots is None else f'{self.shots:,}'} shots, {self.mitigation}"

    @property
    def vendor(self) -> str | None:
        """ "\"ibm\" or "braket" where the circuits go through a vendor's SDK."""
        head, colon, _ = self.device.partition(":")
        return head if colon else None

    def noise(self) -> NoiseModel | None:
        return None if self.device == IDEAL or self.vendor else as_noise({"device": self.device, "scale": self.scale})

    def backend(self, folder: Path, max_cost: float = 0.0) -> Backend:
        """The backend, mitigation around it. Jobs of devices are kept in `folder`, and may cost `max_cost` dollars."""
        noise = self.noise()
        backend: Backend = StatevectorBackend() if noise is None else DensityMatrixBackend(noise)
        if self.vendor:
            name = self.device.partition(":")[2]
            backend = get_backend(self.vendor, name=name, shots=self.shots, seed=self.seed, folder=folder / "jobs" / name, max_cost=max_cost)
        elif self.shots is not None:
            backend = SampledBackend(backend, self.shots, self.seed)
        if "readout" in self.mitigation:
            backend = ReadoutBackend(backend)
        if "zne" in self.mitigation:
            backend = ZNEBackend(backend, (1, 3, 5), "richardson" if self.shots is None else "linear")
        if "twirling" in self.mitigation:
            backend = TwirledBackend(backend, 8, self.seed)
        return backend


def _check_numbers(mitigations: Sequence[str], shots: Sequence[int], scales: Sequence[float], seeds: Sequence[int]) -> None:
    for name, values in (("mitigations", mitigations), ("shots", shots), ("scales", scales), ("seeds", seeds)):
        if len(set(values)) < len(values):
            raise ConfigError(f"{name} {', '.join(map(str, values))}: the same value twice")
    bounds: tuple[tuple[str, Sequence[float], Any, int, int], ...] = (
        ("shots", shots, int, 1, MOST_SHOTS), ("seeds", seeds, int, 0, LARGEST_SEED), ("scales", scales, (int, float), 0, LARGEST_SCALE),
    )  # fmt: skip
    for name, numbers, kind, least, most in bounds:
        wrong = [v for v in numbers if not isinstance(v, kind) or isinstance(v, bool) or not least <= v <= most]
        if wrong:
            raise ConfigError(f"{name} {wrong[0]}: must be at least {least:,} and at most {most:,}")
    if not (mitigations and scales and seeds):
        raise ConfigError("at least one mitigation, one scale and one seed")


def settings(
    devices: Sequence[str], shots: Sequence[int], mitigations: Sequence[str], scales: Sequence[float], seeds: Sequence[int]
) -> list[Setting]:
    """Every combination that means something: an ideal device has nothing to mitigate, infinitely many shots need one seed.

    Raises
    ------
    ConfigError : for an unknown device or mitigation, shots, scales or seeds that are out of bounds, and for the same value twice.
    """
    shots, scales, seeds = plain(list(shots)), plain(list(scales)), plain(list(seeds))
    _check_numbers(mitigations, shots, scales, seeds)
    unknown = [m for m in mitigations if m not in MITIGATIONS]
    if unknown:
        raise ConfigError(f"unknown mitigation {unknown[0]!r}; there are {', '.join(MITIGATIONS)}")
    for device in devices:
        if ":" in device and device.partition(":")[0] not in VENDORS:
            raise ConfigError(f"unknown vendor in device {device!r}; there are {', '.join(VENDORS)}")
        if ":" in device and not shots:
            raise ConfigError(f"device {device!r} needs shots: nothing real has infinitely many")
        Setting(device, None).noise()  # raises for a device without a calibration here
    out = []
    for device in dict.fromkeys([IDEAL, *devices]):
        counts = list(shots) if ":" in device else [None, *shots]  # nothing real has infinitely many shots, or noise to be scaled
        for count in counts:
            for mitigation in mitigations if device != IDEAL else ("none",):
                for scale in scales if device != IDEAL and ":" not in device else (1.0,):
                    out += [Setting(device, count, mitigation, scale, s) for s in (seeds if count is not None else seeds[:1])]
    return out


@dataclass
class Counting:
    """A backend that counts the circuits of sublayers it is given."""

    inner: Backend
    circuits: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def read_out(self, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor, readout: str, normalize: bool) -> Tensor:
        self.circuits += len(angles) * inputs.shape[-2]
        return self.inner.read_out(ansatz, angles, inputs, readout, normalize)


@dataclass(frozen=True)
class Subject:
    """An adapter under study: its name in tables, the quantum method it is a twin of, its folder."""

    label: str
    folder: Path
    twin_of: str | None = None


def subjects(folder: Path, twins: Sequence[Path] = ()) -> list[Subject]:
    """The adapter and its twins: those given, and those that stand beside it in its study (same seed).

    Raises
    ------
    ConfigError : for a folder that holds no adapter.
    """
    own = _record_beside(folder)
    label = own["method"] if own else folder.name
    found = [Subject(label, folder)]
    for path in twins:
        note = _record_beside(path)
        found.append(Subject(note["method"] if note else path.name, path, label))
    if own and not twins:
        for other in sorted(folder.parent.parent.glob("*/record.json")):
            note = _note(other)
            if note.get("twin_of") == own["method"] and note.get("seed") == own["seed"] and (other.parent / "model").is_dir():
                found.append(Subject(note["method"], other.parent / "model", label))
    for subject in found:
        if not (subject.folder / "adapter_config.json").exists():
            raise ConfigError(f"{subject.folder} holds no adapter")
    return found


def _record_beside(folder: Path) -> dict[str, Any] | None:
    path = folder.parent / "record.json"
    return _note(path) if path.exists() else None


def _note(path: Path) -> dict[str, Any]:
    """A run's record.json; damaged ones are told."""
    try:
        found = json.loads(read_text(path).text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    if not isinstance(found, dict) or not {"method", "seed"} <= found.keys():
        raise ConfigError(f"{path}: not the record of a run")
    return found


def study_noise(
    adapter: Path,
    data: str,
    out: Path,
    plan: Sequence[Setting],
    twins: Sequence[Path] = (),
    base: str | None = None,
    examples: int = 60,
    listener: Listener = unheard,
    max_cost: float = 0.0,
) -> list[Record]:
    """Measure an adapter and its twins under every setting; what is in `out` already is not measured again.

    Parameters
    ----------
    adapter : its folder. data : a data set; its test split is used. out : where records and jobs go. plan : from `settings`.
    examples : how many test examples are used, at least 2. max_cost : dollars that each device may cost in all, finite.
    listener : told about progress: an adapter is a job, and every setting of it a step.

    Returns
    -------
    The records, in the order of the plan: metrics "nll" (and "accuracy"), cost with circuits, shots and gates.

    Raises
    ------
    NotSavedError : settings are measured, but not all records could be written; the error has all of them.
    """
    examples, max_cost = plain(examples), plain(max_cost)
    if not isinstance(examples, int) or examples < 2:
        raise ConfigError(f"examples {examples}: must be a whole number of at least 2")
    if not 0 <= max_cost < math.inf:
        raise ConfigError(f"max_cost {max_cost}: must be a finite number of dollars, from 0 up")
    everyone = subjects(adapter, twins)
    identity = json.dumps({"adapter": [str(s.folder.resolve()) for s in everyone], "data": data, "examples": examples}, ensure_ascii=False)
    records = []
    unsaved: list[str] = []
    with RunStore(out, identity) as store:
        known = {r.id: r for r in store.records()}
        for subject in everyone:
            work: _Work | None = None
            listener(Event("started", subject.label, 0, len(plan)))
            for step, setting in enumerate(plan, 1):
                key = digest([identity, subject.label, setting.__dict__])
                if key not in known:
                    work = work or _open(subject, data, base, examples)
                    if not work.is_quantum and setting != Setting(IDEAL, None):
                        continue  # no circuit, no noise: a classical adapter is measured once
                    known[key] = _measure(work, subject, setting, key, digest(identity), out, max_cost)
                    try:
                        store.add(known[key])
                    except RunFolderError as error:
                        unsaved.append(f"{subject.label}, {setting.label}: {error}")
                records.append(known[key])
                listener(Event("step", subject.label, step, len(plan), setting.label))
            listener(Event("done", subject.label))
    if unsaved:
        raise NotSavedError(f"{unsaved[0]} ({len(unsaved)} of {len(records)} records are not saved)", records)
    return records


@dataclass
class _Work:
    tuned: Tuned
    encoder: Encoder
    examples: list[Example]
    data: dict[str, Any]
    layers: dict[str, QSLLayer]

    @property
    def is_quantum(self) -> bool:
        return bool(self.layers)


def _open(subject: Subject, data: str, base: str | None, count: int) -> _Work:
    tuned = load_tuned(subject.folder, base)
    splits = load_splits(data, tuned.task)
    encoder = Encoder(tuned.tokenizer, tuned.separator, tuned.max_length, tuned.labels)
    try:
        layers = quantum_layers(tuned.model)
    except ConfigError:
        if subject.twin_of is None:
            raise
        layers = {}
    used = take(splits.test, count)
    about = about_data(splits, tuned.max_length)
    about |= about_split("test", used, len(splits.test), encoder.training(used, tuned.task), tuned.task, tuned.labels)
    return _Work(tuned, encoder, used, about, layers)


def _measure(work: _Work, subject: Subject, setting: Setting, key: str, task: str, out: Path, max_cost: float) -> Record:
    tuned, began = work.tuned, time.monotonic()
    pad = int(tuned.tokenizer.pad_token_id or 0)
    items = work.encoder.training(work.examples, tuned.task)
    cost: dict[str, float | None] = {}
    metrics: dict[str, float] = {}

    def measure() -> None:
        metrics["nll"] = evaluation.loss(tuned.model, items, tuned.task, pad)
        if tuned.task == "classify":
            predicted, _ = evaluation.predict_classes(tuned.model, items, pad)
            metrics["accuracy"] = sum(p == i.labels[0] for p, i in zip(predicted, items, strict=True)) / len(items)

    quadrant = CLASSICAL
    if work.is_quantum:
        backend = Counting(setting.backend(out, max_cost))
        with torch.no_grad(), running_on(tuned.model, backend):
            measure()
        quadrant = backend.quadrant if setting.vendor else Quadrant("classical", _compute(work))
        cost = _cost(setting, backend, work)
    else:
        with torch.no_grad():
            measure()
    cost["seconds"] = time.monotonic() - began
    about = {
        "setting": setting.__dict__,
        "label": setting.label,
        "data": work.data,
        "is_simulation": quadrant.compute != "quantum hardware",
        "created_at": datetime.datetime.now(datetime.UTC).isoformat(),
    }
    if (noise := setting.noise()) is not None and noise.calibration is not None:
        about["calibration"] = {"device": setting.device, "date": noise.calibration.date, "two_qubit_error": noise.calibration.median_error(2)}
    return Record(
        id=key, task_id=task, method=subject.label, seed=setting.seed, twin_of=subject.twin_of, quadrant=quadrant, metrics=metrics, parameters={},
        cost=cost, curve=[], samples=[], run_info=about, train_info={}, meta_info={**package_versions(), **system()},
    )  # fmt: skip


def _compute(work: _Work) -> str:
    config = next(iter(work.layers.values())).plans["default"].config
    return str(config.compute)


def _cost(setting: Setting, backend: Counting, work: _Work) -> dict[str, float | None]:
    """Circuits, shots and gates of the evaluation, and what it would have cost on the device that the noise is of."""
    circuits: int = backend.circuits
    layer: Any = backend.inner
    while hasattr(layer, "circuits_factor"):  # every mitigation makes several circuits of one
        circuits, layer = circuits * layer.circuits_factor, layer.inner
    found: dict[str, float | None] = {"circuits": circuits, "shots": None if setting.shots is None else circuits * setting.shots}
    plan = next(iter(work.layers.values())).plans["default"]
    noise, circuit = setting.noise(), sublayer_circuit(plan.ansatz)
    gates = (noise.prepared(circuit).circuit if noise is not None else circuit).operations
    found["two_qubit_gates"] = sum(len(op.qubits) == 2 and op.is_gate for op in gates)
    runner = _innermost(backend.inner)
    if setting.vendor:  # what these results took, whenever their jobs ran
        jobs = list(runner.jobs.values())
        circuits = sum(job.circuits for job in jobs)
        found |= {"circuits": circuits, "shots": sum(job.circuits * job.shots for job in jobs), "jobs": len(jobs)}
        found |= {"device_dollars": runner.spent, "queue_seconds": sum(job.waited for job in jobs)}
    elif setting.shots is not None:  # calibrations of the readout included
        circuits = runner.usage.circuits
        found |= {"circuits": circuits, "shots": runner.usage.shots}
    if setting.shots is not None and noise is not None and noise.calibration is not None:
        seconds = circuits * setting.shots * (250e-6 + (noise.calibration.readout_seconds or 0.0))
        found["device_seconds"], found["device_dollars"] = seconds, PRICES["ibm"].cost(0, 0, seconds)
    return found


def _innermost(backend: Any) -> Any:
    while hasattr(backend, "circuits_factor"):
        backend = backend.inner
    return backend
