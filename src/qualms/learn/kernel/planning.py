"""What a kernel will take, computed before anything runs: memory, circuits and shots."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from qualms.backends.exact import StatevectorBackend
from qualms.backends.protocol import Backend
from qualms.errors import BudgetError, TooLargeError
from qualms.kernels import memory
from qualms.learn.kernel.measured import circuits_for, shots_of


@dataclass(frozen=True)
class Plan:
    """What a fit or a prediction takes.

    Attributes
    ----------
    rows, others : int
        The kernel is between so many rows, and so many; `others` 0 stands for all pairs of the rows.
    n_qubits : int
        0 where no circuit is there.
    bytes : int
        Of states and matrices in memory, about.
    circuits, shots : int
        Measured on a backend; 0 in exact simulation.
    """

    rows: int
    others: int
    n_qubits: int
    bytes: int
    circuits: int
    shots: int


def plan(
    name: str,
    backend: Backend,
    n_qubits: int,
    is_product: bool,
    rows: int,
    others: int = 0,
    among: bool = False,
) -> Plan:
    """What a kernel between rows and others takes; its parameters are those of `circuits_for`."""
    exact = isinstance(backend, StatevectorBackend) or not n_qubits
    pairs = rows * (others or rows)
    # a matrix of float64, another on the way, and complex overlaps for the fidelity
    matrices = pairs * 8 * (4 if name == "fidelity" else 3)
    states = 0
    if exact and n_qubits and not is_product:
        # amplitudes and phases; the Hamming kernel keeps three bases
        states = (rows + others) * (16 << n_qubits) * (4 if name == "hamming" else 3)
    circuits = 0 if exact else circuits_for(name, rows, others, among)
    return Plan(rows, others, n_qubits, matrices + states, circuits, circuits * (shots_of(backend) or 0))


def check(found: Plan, where: str, most_circuits: int | None, few: Plan | None = None) -> None:
    """Refuse work that is too large, before it begins.

    Parameters
    ----------
    found : Plan
    where : str
        Begins messages.
    most_circuits : int or None
        None for any number.
    few : Plan, optional
        The same with landmarks, which messages propose.

    Raises
    ------
    TooLargeError
        If memory does not suffice.
    BudgetError
        If it takes more circuits than `most_circuits`.
    """
    if most_circuits is not None and found.circuits > most_circuits:
        instead = f"n_landmarks={few.others} takes {few.circuits:,}; " if few else ""
        raise BudgetError(
            f"{where}: a kernel on {found.rows:,} rows takes {found.circuits:,} circuits ({found.shots:,} "
            f"shots), and max_circuits is {most_circuits:,}; {instead}kernel='projected' takes "
            f"{3 * found.rows:,}; or set max_circuits"
        )
    if found.bytes <= memory.UNCHECKED:
        return
    free = memory.available(torch.device("cpu"))
    if found.bytes <= free:
        return
    instead = "choose fewer qubits with n_qubits=… and reduction='pca', or entangling=False"
    if few is not None and few.bytes <= free:
        instead = f"n_landmarks={few.others} (Nyström) needs {few.bytes / 2**30:.2g} GiB"
    raise TooLargeError(
        f"{where}: a kernel on {found.rows:,} rows and {found.n_qubits} qubits needs about "
        f"{found.bytes / 2**30:.3g} GiB and {free / 2**30:.3g} GiB are free; {instead}"
    )
