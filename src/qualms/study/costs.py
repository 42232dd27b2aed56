"""What an adapter costs to train: its circuits' counts, the bill on devices, and its classical twin's step beside it, measured here."""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from peft import get_peft_model

from qualms.adapters import QSLConfig, lora_twin
from qualms.adapters.placement import quantum_layers
from qualms.analysis import Bill, Resources, Workload, bill, resources
from qualms.backends.facts import DEVICES
from qualms.backends.sublayer import sublayer_circuit
from qualms.circuits import LayeredAnsatz
from qualms.data.numbers import plain
from qualms.errors import ConfigError, MissingExtraError
from qualms.language_models import load_model


@dataclass(frozen=True)
class Subject:
    """What is analysed: the circuit of an adapter, how many sublayers it has and how many of them are in the first block."""

    ansatz: LayeredAnsatz
    config: QSLConfig
    base: str
    sublayers: int
    first: int
    angles: torch.Tensor | None


def from_settings(base: str, **options: Any) -> Subject:
    """An adapter that could be: the seed preset with these options on a base model."""
    config = QSLConfig.seed(**plain(options))
    return _subject(get_peft_model(load_model(base, "generate"), config), config, base, None)


def from_adapter(folder: Path, base: str | None = None) -> Subject:
    """A trained adapter.

    Raises
    ------
    ConfigError : for a folder without a quantum sublayer adapter.
    """
    from qualms.study.tuned import load_tuned

    tuned = load_tuned(folder, base)
    config = tuned.model.peft_config["default"]
    if not isinstance(config, QSLConfig):
        raise ConfigError(f"{folder}: a {config.peft_type} adapter has no circuits to analyse")
    layers = quantum_layers(tuned.model)
    angles = next(iter(layers.values()))._tensor("qsl_angles", "default")
    return _subject(tuned.model, config, base or str(config.base_model_name_or_path), None if angles is None else angles[0].detach())


def _subject(model: Any, config: QSLConfig, base: str, angles: torch.Tensor | None) -> Subject:
    layers = quantum_layers(model)
    plans = [layer.plans["default"] for layer in layers.values()]
    if config.form == "factors":
        raise ConfigError("circuit factors are a linear map: they merge into the weights, and no device runs them")
    blocks = [next((part for part in name.split(".") if part.isdigit()), "0") for name in layers]
    first = sum(p.maps for p, b in zip(plans, blocks, strict=True) if b == blocks[0])
    return Subject(plans[0].ansatz, config, base, sum(p.maps for p in plans), first, angles)


def check_devices(devices: list[str]) -> None:
    """Raises ConfigError for a device that is not in the table, or that runs no gates."""
    unknown = [d for d in devices if d not in DEVICES]
    if unknown:
        raise ConfigError(f"unknown device {unknown[0]!r}; there are {', '.join(DEVICES)}")
    for name in devices:
        if DEVICES[name].coupling == "analog":
            raise ConfigError(f"{name} is an analog device: it runs no gates")


def on_devices(subject: Subject, devices: list[str], tokens: int, steps: int, shots: int, gradient: str) -> list[tuple[Resources, Bill]]:
    """Counts and the bill on each device.

    Raises
    ------
    ConfigError : for a device that is not in the table, or that runs no gates; for a number that is not at least 1.
    """
    check_devices(devices)
    tokens, steps, shots = plain(tokens), plain(steps), plain(shots)
    for name, value in (("tokens", tokens), ("steps", steps), ("shots", shots)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ConfigError(f"{name} {value}: must be a whole number of at least 1")
    work = Workload(subject.ansatz, subject.sublayers, subject.first, tokens, steps, shots, gradient)
    circuit, out = sublayer_circuit(subject.ansatz), []
    for name in devices:
        device = DEVICES[name]
        found = resources(circuit)
        if device.calibration:
            try:
                from qualms.backends.ibm import calibration
            except MissingExtraError as error:
                raise ConfigError(str(error)) from None
            found = resources(circuit, calibration(device.calibration))
        out.append((found, bill(work, name, device, found.two_qubit)))
    return out


def arithmetic(subject: Subject, hidden: int) -> dict[str, float]:
    """Multiply-adds and bytes of parameters a token, for one sublayer simulated and for its twin, LoRA of equal parameters."""
    d, n, layers = subject.ansatz.dimension, subject.ansatz.n_qubits, subject.ansatz.n_layers
    down = d * hidden if subject.config.down in ("learned", "random") else 0
    up = n * hidden
    angles = subject.ansatz.angle_shape[0] * n
    trained = angles + up + (down if subject.config.down == "learned" else 0)
    rank = max(1, round(trained / (2 * hidden)))
    return {
        "sublayer_multiply_adds": down + d * (1 + 2 * n * layers) + d * n + up,
        "sublayer_parameter_bytes": 4 * (angles + up + down),
        "twin_rank": rank,
        "twin_multiply_adds": 2 * rank * hidden,
        "twin_parameter_bytes": 4 * 2 * rank * hidden,
    }


def twin_step_seconds(subject: Subject, tokens: int, repeats: int = 5) -> dict[str, float]:
    """Seconds of a training step here, simulated sublayer and LoRA of equal parameters in turn; the least of `repeats`."""
    batch, length = max(1, tokens // 100), min(100, tokens)
    config = copy.deepcopy(subject.config)
    config.inference_mode = False  # a loaded adapter's is True
    models = {"qsl": get_peft_model(load_model(subject.base, "generate"), config)}
    models["lora-equal"] = get_peft_model(load_model(subject.base, "generate"), lora_twin(models["qsl"]))
    ids = torch.arange(batch * length).reshape(batch, length) % 1000
    best = dict.fromkeys(models, float("inf"))
    for _ in range(repeats + 1):
        for name, model in models.items():
            began = time.perf_counter()
            model(input_ids=ids, labels=ids).loss.backward()
            best[name] = min(best[name], time.perf_counter() - began)
            model.zero_grad()
    return best
