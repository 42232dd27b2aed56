"""Does mitigation help? Thirty random circuits on three device models, exact expectations and 10,000 shots;
errors paired by circuit.

python experiments/nisq_qsl/mitigation.py     # about three minutes; writes mitigation.json beside this file
and prints the table
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from qualms.backends import DensityMatrixBackend, SampledBackend
from qualms.backends.mitigation import ReadoutBackend, TwirledBackend, ZNEBackend, evidence
from qualms.circuits import PauliSum
from qualms.circuits.ansatz import brick_wall, hardware_efficient
from qualms.records.provenance import machine, versions

DEVICES = ("fake_quito", "fake_sherbrooke", "fake_boston")
CIRCUITS = [
    build(n, depth)
    for build in (hardware_efficient, brick_wall)
    for n in (2, 3, 4)
    for depth in (1, 2, 3, 4, 5)
]
METHODS = {
    "readout": ReadoutBackend,
    "zne (richardson)": lambda b: ZNEBackend(b, (1, 3, 5), "richardson"),
    "zne (linear)": lambda b: ZNEBackend(b, (1, 3, 5), "linear"),
    "zne (exponential)": lambda b: ZNEBackend(b, (1, 3, 5), "exponential"),
    "zne (exponential) + readout": lambda b: ZNEBackend(ReadoutBackend(b), (1, 3, 5), "exponential"),
    "zne (linear) + readout": lambda b: ZNEBackend(ReadoutBackend(b), (1, 3, 5), "linear"),
    "twirling (4 copies)": lambda b: TwirledBackend(b, 4),
}


def main() -> None:
    values = [
        torch.as_tensor(np.random.default_rng(k).uniform(-np.pi, np.pi, len(c.parameters)))
        for k, c in enumerate(CIRCUITS)
    ]
    rows = []
    for device in DEVICES:
        for shots in (None, 10_000):
            for name, wrap in METHODS.items():
                inner = DensityMatrixBackend({"device": device})
                raw = inner if shots is None else SampledBackend(inner, shots)
                before, after = [], []
                for circuit, given in zip(CIRCUITS, values, strict=True):
                    n = circuit.n_qubits
                    observables = [
                        *(PauliSum.z(q, n) for q in range(n)),
                        PauliSum("Z" * n),
                        PauliSum("X" * n),
                    ]
                    found = evidence(raw, wrap(raw), [circuit], observables, [given])
                    before.append(found.raw.mean)
                    after.append(found.mitigated.mean)
                rows.append(summary(device, shots, name, before, after, found.circuits_factor))
                print(line(rows[-1]), flush=True)
    about = {"circuits": len(CIRCUITS), **versions(), **machine()}
    Path(__file__).with_name("mitigation.json").write_text(
        json.dumps({"about": about, "rows": rows}, indent=1) + "\n", encoding="utf-8"
    )


def summary(
    device: str, shots: int | None, name: str, before: list[float], after: list[float], factor: float
) -> dict:
    from qualms.records.stats import interval

    change = interval([a - b for a, b in zip(after, before, strict=True)])
    verdict = "no difference shown" if not change.excludes_zero else "helps" if change.mean < 0 else "hurts"
    return {
        "device": device, "shots": shots, "method": name, "raw": float(np.mean(before)),
        "mitigated": float(np.mean(after)), "change": [change.mean, change.low, change.high],
        "circuits_factor": factor, "verdict": verdict,
    }  # fmt: skip


def line(row: dict) -> str:
    mean, low, high = row["change"]
    shots = "∞" if row["shots"] is None else f"{row['shots']:,}"
    return (
        f"| {row['device']} | {shots} | {row['method']} | {row['circuits_factor']:g} | {row['raw']:.4f} | "
        f"{row['mitigated']:.4f} | {mean:+.4f} [{low:+.4f}, {high:+.4f}] | {row['verdict']} |"
    )


if __name__ == "__main__":
    main()
