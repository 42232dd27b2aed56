"""Spins as a circuit: cost, start state and mixer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qualms.circuits import Circuit, PauliSum, ansatz
from qualms.circuits.operation import Operation
from qualms.circuits.parameter import Parameter
from qualms.errors import ConfigError
from qualms.kernels.annealing import IsingModel

MIXERS = ("x", "warm", "xy")
_KEEP = 0.25  # how far a warm start stays from certainty (Egger, Mareček, Woerner 2021, section 4)


@dataclass(frozen=True)
class Cost:
    """An energy of spins as a Pauli sum whose root-mean-square coupling is a half, as that of an unweighted
    cut is.

    Attributes
    ----------
    pauli : PauliSum
        Pauli of Z and ZZ, without a constant.
    scale : float
        Energy = pauli / scale + offset.
    """

    pauli: PauliSum
    scale: float
    degree: float

    @classmethod
    def of(cls, c: IsingModel) -> Cost:
        i, j, values = c.pairs()
        used = c.fields[c.fields != 0]
        sizes = np.concatenate([values, used])
        scale = 0.5 / float(np.sqrt((sizes**2).mean())) if len(sizes) else 1.0
        terms: dict[str, float] = {}
        for a, b, v in zip(i.tolist(), j.tolist(), values.tolist(), strict=True):
            terms["".join("Z" if q in (a, b) else "I" for q in range(c.n))] = scale * v
        for q in np.flatnonzero(c.fields):
            terms["".join("Z" if k == q else "I" for k in range(c.n))] = scale * float(c.fields[q])
        degree = (2 * len(i) + len(used)) / max(1, c.n)
        return cls(PauliSum(terms or {"I" * c.n: 0.0}), scale, degree)


def circuit(
    cost: Cost,
    n: int,
    depth: int,
    mixer: str,
    warm: np.ndarray | None = None,
    groups: Sequence[np.ndarray] = (),
) -> Circuit:
    """QAOA with a mixer.

    "x": Hadamards and X. "warm": each qubit starts towards its spin in `warm` and the mixer keeps that state
    (Egger et al. 2021). "xy": each of the groups starts with one spin up, all equally (a W state), and XX +
    YY around the group moves it on (Hadfield et al. 2019; Wang et al. 2020); spins of no group have X.

    Raises
    ------
    ConfigError
        An unknown mixer, "warm" without spins, "xy" without groups.
    """
    if mixer == "x":
        return ansatz.qaoa(cost.pauli, depth)
    if mixer == "warm" and warm is not None:
        angles = warm_angles(warm)
        start = [Operation("ry", (q,), (float(a),)) for q, a in enumerate(angles)]

        def towards(beta: Parameter) -> list[Operation]:
            turned = []
            for q, a in enumerate(angles):
                turned += [
                    Operation("ry", (q,), (-float(a),)),
                    Operation("rz", (q,), (-2 * beta,)),
                    Operation("ry", (q,), (float(a),)),
                ]
            return turned

        return ansatz.qaoa(cost.pauli, depth, start, towards)
    if mixer == "xy" and len(groups):
        free = sorted(set(range(n)) - {int(q) for g in groups for q in g})
        start = [op for g in groups for op in _w_state([int(q) for q in g])] + [
            Operation("h", (q,)) for q in free
        ]

        def around(beta: Parameter) -> list[Operation]:
            moves = [Operation("rx", (q,), (2 * beta,)) for q in free]
            for g in groups:
                ring = [(int(g[k]), int(g[(k + 1) % len(g)])) for k in range(len(g) if len(g) > 2 else 1)]
                for parity in (0, 1):
                    for pair in ring[parity::2]:
                        moves += [Operation("rxx", pair, (beta,)), Operation("ryy", pair, (beta,))]
            return moves

        return ansatz.qaoa(cost.pauli, depth, start, around)
    if mixer not in MIXERS:
        raise ConfigError(f"mixer {mixer!r} is unknown; there are {', '.join(MIXERS)}")
    raise ConfigError(
        f"mixer {mixer!r} needs "
        f"{'spins to start from' if mixer == 'warm' else 'a problem with one-of-many choices'}"
    )


def warm_angles(spins: np.ndarray) -> np.ndarray:
    """RY angles whose probability of |1⟩ (a spin of −1) is 1/4 where the spin is up and 3/4 where it is
    down.
    """
    return 2 * np.arcsin(np.sqrt(np.where(np.asarray(spins) > 0, _KEEP, 1 - _KEEP)))


def _w_state(qubits: list[int]) -> list[Operation]:
    """Σ over the qubits of "this one up, the others down" (up is |0⟩), all amplitudes equal: all down but
    one, and that one shared on.
    """
    m = len(qubits)
    made = [Operation("x", (q,)) for q in qubits[1:]]  # the first is up
    for k in range(m - 1):
        here, there = qubits[k], qubits[k + 1]
        angle = 2 * float(np.arccos(np.sqrt(1 / (m - k))))
        # |up, down⟩ → cos |up, down⟩ + sin |down, up⟩: turn the next while this is up, then take this down
        # where the next came up
        made += [Operation("x", (here,)), Operation("cry", (here, there), (-angle,)), Operation("x", (here,))]
        made += [Operation("x", (there,)), Operation("cx", (there, here)), Operation("x", (there,))]
    return made
