"""Pauli twirling: random Paulis around every two-qubit gate, which leave it as it is and make its noise a
Pauli channel on average.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import product

import numpy as np
import torch
from torch import Tensor

from qualms.backends.mitigation.wrapper import Mitigation
from qualms.backends.protocol import Backend, shots_of
from qualms.circuits import Circuit, Observable, Operation
from qualms.circuits.gates import GATES, PAULIS
from qualms.data.numbers import as_integer

# Clifford gates: a Pauli before them is a Pauli after them
TWIRLED = ("cx", "cy", "cz", "ecr", "swap", "iswap", "dcx")


def twirled(circuit: Circuit, seed: int) -> Circuit:
    """One random instance; barriers keep the Paulis where they are. Other two-qubit gates stay bare."""
    rng = np.random.default_rng(seed)
    out: list[Operation] = []
    for op in circuit.unmeasured().operations:
        if op.gate not in TWIRLED:
            out.append(op)
            continue
        before, after = _pairs(op.gate)[rng.integers(16)]
        wall = Operation("barrier", op.qubits)
        out += [*_paulis(before, op), wall, op, wall, *_paulis(after, op)]
    # the label is what tells two copies apart whose Paulis happen to be the same: each has shots of its own
    out.append(Operation("barrier", tuple(range(circuit.n_qubits)), label=f"twirl {seed}"))
    return Circuit(circuit.n_qubits).extended(out)


def _paulis(pair: str, op: Operation) -> list[Operation]:
    return [
        Operation(letter.lower(), (q,)) for q, letter in zip(op.qubits, pair, strict=True) if letter != "I"
    ]


@lru_cache(maxsize=16)
def _pairs(gate: str) -> tuple[tuple[str, str], ...]:
    """(P, Q) with Q G P = G up to a phase, for all sixteen P."""
    matrix = GATES[gate].matrix()
    strings = {"".join(s): np.kron(PAULIS[s[0]], PAULIS[s[1]]) for s in product("IXYZ", repeat=2)}
    found = []
    for before, p in strings.items():
        moved = matrix @ p @ matrix.conj().T
        found.append(
            (before, next(s for s, q in strings.items() if abs(abs(np.trace(q @ moved)) - 4) < 1e-9))
        )
    return tuple(found)


class TwirledBackend(Mitigation):
    """Averages over random twirls: coherent errors become stochastic ones, which extrapolate better.

    See `Backend` for the methods' shapes.

    Under Pauli noise twirling changes nothing but the price; it does not reduce errors by itself.

    Parameters
    ----------
    backend : Backend
        What runs the instances.
    copies : int, default 16
        How many.
    seed : int, default 0
        Seed of the Paulis.
    """

    def __init__(self, backend: Backend, copies: int = 16, seed: int = 0) -> None:
        copies = as_integer(copies, "twirling: copies=", 1)
        super().__init__("twirled", backend, copies, 1 / copies)  # each copy has shots of its own
        self.copies, self.seed = copies, as_integer(seed, "twirling: seed=", 0)

    def _mean(self, circuit: Circuit, run: Callable[[Circuit], Tensor]) -> Tensor:
        with torch.no_grad():
            rows = [torch.atleast_2d(run(twirled(circuit, self.seed + k))) for k in range(self.copies)]
        return torch.stack(rows).mean(0)

    def _probabilities(self, circuit: Circuit, values: Tensor | None, inputs: Tensor | None) -> Tensor:
        return self._mean(circuit, lambda c: self.inner.probabilities(c, values, inputs))

    def _means(
        self, circuit: Circuit, observables: list[Observable], values: Tensor | None, inputs: Tensor | None
    ) -> Tensor:
        return self._mean(circuit, lambda c: self.inner.expectation(c, observables, values, inputs))

    def sample(
        self,
        circuit: Circuit,
        shots: int,
        seed: int,
        values: Tensor | None = None,
        inputs: Tensor | None = None,
    ) -> Tensor:
        """Shots divided among the copies."""
        shots = shots_of(shots, self.name)
        shares = [shots // self.copies + (k < shots % self.copies) for k in range(self.copies)]
        some = [
            self.inner.sample(twirled(circuit, self.seed + k), s, seed + k, values, inputs)
            for k, s in enumerate(shares)
            if s
        ]
        return torch.stack(some).sum(0)
