"""HHL's amplitude model beside the simulated circuit and conjugate gradient, and the quantum proposal beside scipy.

python benchmarks/learn/linear_systems.py     # about a minute; writes ../results/learn_linear_systems.json

Each pair is run one right after the other, and the ratio of processor time counts. The model and the circuit must agree,
and the proposals too, before anything is timed.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import numpy as np
import scipy.linalg
from scipy.sparse.linalg import cg

sys.path.insert(0, str(Path(__file__).parents[1]))
from measure import in_pairs, save
from qualms.learn import hhl
from qualms.learn.mcmc import proposals, sherrington_kirkpatrick
from qualms.learn.mcmc.circuit import proposal_circuit, proposals_of


def system(n: int, condition: float) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(n)
    vectors = np.linalg.qr(rng.normal(size=(n, n)))[0]
    return (vectors * np.linspace(1 / condition, 1, n)) @ vectors.T, rng.normal(size=n)


def linear_systems() -> list[dict]:
    rows = []
    for n in (4, 16):
        A, b = system(n, 10)
        model, circuit = hhl(A, b, 7), hhl(A, b, 7, method="circuit")
        assert np.abs(model.solution - circuit.solution).max() < 1e-9
        timed = in_pairs(lambda: hhl(A, b, 7, method="circuit"), lambda: hhl(A, b, 7), budget=4)
        rows.append({"what": "circuit by model", "unknowns": n, "clock_qubits": 7, **timed})
    for n in (16, 256, 1024):
        A, b = system(n, 10)
        timed = in_pairs(lambda: hhl(A, b), lambda: cg(A, b, rtol=1e-10), budget=4, least=5)
        rows.append({"what": "simulated HHL by conjugate gradient", "unknowns": n, **timed})
    return rows


def by_exponentials(model) -> np.ndarray:
    """The same average by one matrix exponential for each strength and time."""
    size = 1 << model.size
    found = np.zeros((size, size))
    strengths = 0.25 + 0.35 * (np.arange(8) + 0.5) / 8
    times = 2 + 18 * (np.arange(12) + 0.5) / 12
    for gamma in strengths:
        H = gamma * proposals.flips(model.size, 1) + (1 - gamma) * model.scale * np.diag(model.energies)
        for time in times:
            found += np.abs(scipy.linalg.expm(-1j * time * H)) ** 2
    return found / 96


def quantum_proposals() -> list[dict]:
    rows = []
    for n in (4, 6):
        model = sherrington_kirkpatrick(n, 0)
        assert np.abs(by_exponentials(model) - proposals.quantum(model)).max() < 1e-10
        timed = in_pairs(lambda: by_exponentials(model), lambda: proposals.quantum(model), budget=4)
        rows.append({"what": "matrix exponentials by one spectrum for all times", "spins": n, **timed})
    circuit = proposal_circuit(model, 0.4, 12.0)
    timed = in_pairs(lambda: proposals_of(circuit), lambda: proposals.quantum(model, [0.4], [12.0]), budget=4)
    rows.append({"what": "Trotterised circuit by spectrum, one strength and time", "spins": n, **timed})
    return rows


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # too few clock qubits are no matter here
    rows = linear_systems() + quantum_proposals()
    for row in rows:
        print(f"{row['what']}, {row.get('unknowns', row.get('spins'))}: {row['ratio']:.1f} times")
    save("learn_linear_systems", rows)
