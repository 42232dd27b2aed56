"""Pauli twirling: random Paulis around every two-qubit gate, which leave it as it is and make its noise a Pauli channel on average."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import product

import numpy as np
import torch
from torch import Tensor

from qualms.backends.protocol import Backend, listed, shaped, shots_of
from qualms.backends.sublayer import read_out
from qualms.circuits import Circuit, LayeredAnsatz, Observable, Operation
from qualms.circuits.gates import GATES, PAULIS
from qualms.data.numbers import as_integer

TWIRLED = ("cx", "cy", "cz", "ecr", "swap", "iswap", "dcx")  # Clifford gates: a Pauli before them is a Pauli after them


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
    return [Operation(letter.lower(), (q,)) for q, letter in zip(op.qubits, pair, strict=True) if letter != "I"]


@lru_cache(maxsize=16)
def _pairs(gate: str) -> tuple[tuple[str, str], ...]:
    """(P, Q) with Q G P = G up to a phase, for all sixteen P."""
    matrix = GATES[gate].matrix()
    strings = {"".join(s): np.kron(PAULIS[s[0]], PAULIS[s[1]]) for s in product("IXYZ", repeat=2)}
    found = []
    for before, p in strings.items():
        moved = matrix @ p @ matrix.conj().T
        found.append((before, next(s for s, q in strings.items() if abs(abs(np.trace(q @ moved)) - 4) < 1e-9)))
    return tuple(found)


class TwirledBackend:
    """Averages over random twirls: coherent errors become stochastic ones, which extrapolate better. See `Backend` for the methods' shapes.

    Under Pauli noise twirling changes nothing but the price; it does not reduce errors by itself.

    Parameters
    ----------
    backend : what runs the instances. copies : how many. seed : of the Paulis.
    """

    differentiable = False

    def __init__(self, backend: Backend, copies: int = 16, seed: int = 0) -> None:
        copies = as_integer(copies, "twirling: copies=", 1)
        self.inner, self.copies, self.seed = backend, copies, as_integer(seed, "twirling: seed=", 0)
        self.name, self.quadrant, self.noisy, self.max_qubits = f"twirled({backend.name})", backend.quadrant, backend.noisy, backend.max_qubits
        self.circuits_factor, self.variance_factor = copies, 1 / copies  # each copy has shots of its own

    def _mean(self, circuit: Circuit, run: object) -> Tensor:
        with torch.no_grad():
            rows = [run(twirled(circuit, self.seed + k)) for k in range(self.copies)]  # type: ignore[operator]
        return torch.stack(rows).mean(0)

    def probabilities(self, circuit: Circuit, values: Tensor | None = None, inputs: Tensor | None = None) -> Tensor:
        return self._mean(circuit, lambda c: self.inner.probabilities(c, values, inputs))

    def expectation(
        self, circuit: Circuit, observables: Observable | Sequence[Observable], values: Tensor | None = None, inputs: Tensor | None = None
    ) -> Tensor:
        found = self._mean(circuit, lambda c: torch.atleast_2d(self.inner.expectation(c, listed(observables, circuit), values, inputs)))
        return shaped(found, observables, values, inputs)

    def sample(self, circuit: Circuit, shots: int, seed: int, values: Tensor | None = None, inputs: Tensor | None = None) -> Tensor:
        """Shots divided among the copies."""
        shots = shots_of(shots, self.name)
        shares = [shots // self.copies + (k < shots % self.copies) for k in range(self.copies)]
        some = [self.inner.sample(twirled(circuit, self.seed + k), s, seed + k, values, inputs) for k, s in enumerate(shares) if s]
        return torch.stack(some).sum(0)

    def readout_confusion(self, circuit: Circuit) -> np.ndarray:
        """The inner backend's."""
        return self.inner.readout_confusion(circuit)

    def read_out(self, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor, readout: str, normalize: bool) -> Tensor:
        return read_out(self, ansatz, angles, inputs, readout)
