"""Random circuits with channels."""

import numpy as np

from qualms.circuits import Circuit, Operation, channels
from tests.circuits.circuits import seeded_circuit

KINDS = (
    channels.depolarizing, channels.amplitude_damping, channels.phase_damping,
    channels.bit_flip, channels.phase_flip, lambda p: channels.thermal_relaxation(1.0, 1.3, p),
)  # fmt: skip


def noisy_circuit(seed, most_qubits=5):
    """Gates of every kind with parameters, random one-qubit channels behind them, here and there a two-qubit
    one or a reset.
    """
    rng = np.random.default_rng(seed)
    n = 1 + seed % most_qubits
    operations = []
    for op in seeded_circuit(n, 14, seed).operations:
        operations.append(op)
        for q in op.qubits:
            operations.append(
                Operation("channel", (q,), matrices=KINDS[rng.integers(len(KINDS))](rng.uniform(0, 0.3)))
            )
        if n > 1 and rng.random() < 0.15:
            pair = tuple(int(q) for q in rng.permutation(n)[:2])
            operations.append(
                Operation("channel", pair, matrices=channels.depolarizing(rng.uniform(0, 0.5), 2))
            )
        if rng.random() < 0.05:
            operations.append(Operation("reset", (int(rng.integers(n)),)))
    return Circuit(n, tuple(operations)), rng
