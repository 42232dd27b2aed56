"""What an adapter costs to train: its circuits' counts, the bill on devices, and its classical twin's step
beside it, measured here.
"""

from __future__ import annotations

import copy
import time

import torch
from peft import get_peft_model

from qualms.adapters import lora_twin
from qualms.analysis.adapter import AnalyzedAdapter
from qualms.analysis.bill import Bill, Workload, bill
from qualms.analysis.resources import Resources, resources
from qualms.backends.facts import DEVICES
from qualms.backends.sublayer import sublayer_circuit
from qualms.data.numbers import plain
from qualms.errors import ConfigError, MissingExtraError


def check_devices(devices: list[str]) -> None:
    """Raises ConfigError for a device that is not in the table, or that runs no gates."""
    unknown = [d for d in devices if d not in DEVICES]
    if unknown:
        raise ConfigError(f"unknown device {unknown[0]!r}; there are {', '.join(DEVICES)}")
    for name in devices:
        if DEVICES[name].coupling == "analog":
            raise ConfigError(f"{name} is an analog device: it runs no gates")


def on_devices(
    adapter: AnalyzedAdapter, devices: list[str], tokens: int, steps: int, shots: int, gradient: str
) -> list[tuple[Resources, Bill]]:
    """Counts and the bill on each device.

    Raises
    ------
    ConfigError
        For a device that is not in the table, or that runs no gates; for a number that is not at least 1.
    """
    check_devices(devices)
    tokens, steps, shots = plain(tokens), plain(steps), plain(shots)
    for name, value in (("tokens", tokens), ("steps", steps), ("shots", shots)):
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise ConfigError(f"{name} {value}: must be an integer of at least 1")
    work = Workload(adapter.ansatz, adapter.sublayers, adapter.first, tokens, steps, shots, gradient)
    circuit, out = sublayer_circuit(adapter.ansatz), []
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


def arithmetic(adapter: AnalyzedAdapter) -> dict[str, float]:
    """Multiply-adds and bytes of parameters a token, for one sublayer simulated and for its twin, LoRA of
    equal parameters.
    """
    hidden = adapter.hidden
    d, n, layers = adapter.ansatz.dimension, adapter.ansatz.n_qubits, adapter.ansatz.n_layers
    down = d * hidden if adapter.config.down in ("learned", "random") else 0
    up = n * hidden
    angles = adapter.ansatz.angle_shape[0] * n
    trained = angles + up + (down if adapter.config.down == "learned" else 0)
    rank = max(1, round(trained / (2 * hidden)))
    return {
        "sublayer_multiply_adds": down + d * (1 + 2 * n * layers) + d * n + up,
        "sublayer_parameter_bytes": 4 * (angles + up + down),
        "twin_rank": rank,
        "twin_multiply_adds": 2 * rank * hidden,
        "twin_parameter_bytes": 4 * 2 * rank * hidden,
    }


def twin_step_seconds(adapter: AnalyzedAdapter, tokens: int, repeats: int = 5) -> dict[str, float]:
    """Seconds of a training step here, simulated sublayer and LoRA of equal parameters in turn; the least of
    `repeats`.
    """
    batch, length = max(1, tokens // 100), min(100, tokens)
    config = copy.deepcopy(adapter.config)
    config.inference_mode = False  # a loaded adapter's is True
    models = {"qsl": get_peft_model(adapter.load_base(), config)}
    models["lora-equal"] = get_peft_model(adapter.load_base(), lora_twin(models["qsl"]))
    ids = torch.arange(batch * length).reshape(batch, length) % 1000
    best = dict.fromkeys(models, float("inf"))
    for _ in range(repeats + 1):
        for name, model in models.items():
            began = time.perf_counter()
            model(input_ids=ids, labels=ids).loss.backward()
            best[name] = min(best[name], time.perf_counter() - began)
            model.zero_grad()
    return best
