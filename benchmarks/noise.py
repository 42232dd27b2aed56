"""Noisy simulation of a sublayer's circuit, loading included: our density matrices in batches against Aer's,
one circuit after the other.

python benchmarks/noise.py     # about a minute; writes results/noise.json
"""

from __future__ import annotations

import argparse

import numpy as np
import torch

from measure import interleave, save
from qualms.backends import NoiseModel, ibm
from qualms.backends.aer import AerBackend
from qualms.backends.density import DensityMatrixBackend
from qualms.backends.sublayer import sublayer_circuit
from qualms.circuits import LayeredAnsatz, PauliSum

NOISES = {
    "uniform": {"depolarizing": 0.01, "amplitude_damping": 0.005},
    "fake_sherbrooke": {"device": "fake_sherbrooke"},
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--budget", type=float, default=4.0)
    budget = parser.parse_args().budget
    rows = []
    for n in (3, 4, 5, 6):
        circuit = sublayer_circuit(LayeredAnsatz(n, 2))
        observables = [PauliSum.z(q, n) for q in range(n)]
        many = torch.randn(256 if n < 6 else 64, len(circuit.parameters))
        few = many[:8].double()
        for label, noise in NOISES.items():
            model = (
                NoiseModel.from_calibration(ibm.calibration(noise["device"]))
                if "device" in noise
                else NoiseModel.uniform(noise)
            )
            ours, aer = (
                DensityMatrixBackend(model),
                AerBackend(
                    NoiseModel(model.name, model.everywhere, model.local, (0.0, 0.0), model.calibration)
                ),
            )
            clean = DensityMatrixBackend(
                NoiseModel(model.name, model.everywhere, model.local, (0.0, 0.0), model.calibration)
            )
            difference = float(
                np.abs(
                    clean.expectation(circuit, observables, few).numpy()
                    - aer.expectation(circuit, observables, few).numpy()
                ).max()
            )
            assert difference < 1e-9, difference
            with torch.no_grad():
                found = interleave(
                    {
                        "qualms": lambda: ours.expectation(circuit, observables, many),
                        "aer": lambda: aer.densities(circuit, few),
                    },
                    budget,
                )
            each = {"qualms": found["qualms"]["min_ms"] / len(many), "aer": found["aer"]["min_ms"] / len(few)}
            row = {
                "qubits": n,
                "noise": label,
                "ms_per_circuit": each,
                "ratio": each["aer"] / each["qualms"],
                "difference": difference,
                "timing": found,
            }
            rows.append(row)
            print(
                (
                    f"n={n} {label:16} qualms {each['qualms']:.4f} ms, aer {each['aer']:.3f} ms a circuit: "
                    f"× {row['ratio']:.0f} (difference {difference:.1e})"
                ),
                flush=True,
            )
    save("noise", rows)


if __name__ == "__main__":
    main()
