"""What every backend offers, what it says of itself, and what it has used."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from qualms.circuits import Circuit, LayeredAnsatz, Observable
from qualms.data.numbers import as_integer
from qualms.errors import ConfigError, TooLargeError
from qualms.records.quadrant import Quadrant

# as `max_qubits`: there is no fixed limit, and the simulator says how many qubits fit
MEMORY_DECIDES = sys.maxsize
DENSE_QUBITS = 20  # the outcomes of more qubits than this are not put into one array


@dataclass(frozen=True)
class Usage:
    """What a backend has used so far. The difference of two values is what was used in between.

    Attributes
    ----------
    circuits : int
        Circuits that ran. Every row of values counts, and every group of observables that is measured by
        itself.
    shots : int
        Measurements of these circuits in all. An exact simulation takes none.
    jobs : int
        Submissions to a device.
    money : float
        US dollars that these jobs cost.
    queue_seconds : float
        Time that these jobs took from submission to result.
    """

    circuits: int = 0
    shots: int = 0
    jobs: int = 0
    money: float = 0.0
    queue_seconds: float = 0.0

    def __add__(self, other: Usage) -> Usage:
        return Usage(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Usage)))

    def __sub__(self, other: Usage) -> Usage:
        return Usage(*(getattr(self, f.name) - getattr(other, f.name) for f in fields(Usage)))


def listed(observables: Observable | Sequence[Observable], circuit: Circuit) -> list[Observable]:
    """One observable or several as a list.

    Raises
    ------
    ConfigError
        For one on another number of qubits than the circuit's.
    """
    found = [observables] if isinstance(observables, Observable) else list(observables)
    if not found:
        raise ConfigError("no observable was asked for")
    wrong = next((o for o in found if o.n_qubits != circuit.n_qubits), None)
    if wrong is not None:
        raise ConfigError(
            f"an observable on {wrong.n_qubits} qubits was asked of a circuit on {circuit.n_qubits}"
        )
    return found


def check_values(values: Tensor | None, names: Sequence[str]) -> None:
    """Raises ConfigError for values that are not one for each parameter, or not finite, with the parameter's
    name.
    """
    if len(names) != (0 if values is None or not values.ndim else values.shape[-1]):
        raise ConfigError(
            f"values have shape {None if values is None else tuple(values.shape)}; the circuit takes "
            f"{len(names)}: {', '.join(names)}"
        )
    if values is not None and values.numel() and not bool(values.isfinite().all()):
        row, column = (~torch.atleast_2d(values).isfinite()).nonzero()[0].tolist()
        raise ConfigError(
            f"the value of parameter {names[column]} in row {row} is "
            f"{float(torch.atleast_2d(values)[row, column])}, which is not an angle"
        )


def shots_of(shots: int, backend: str) -> int:
    """Raises ConfigError for what is no integer of at least 1."""
    return as_integer(shots, f"{backend}: shots=", 1)


def is_batch(*tensors: Tensor | None) -> bool:
    """Whether values or inputs have a batch axis."""
    return any(t is not None and t.ndim == 2 for t in tensors)


def batch_size(values: Tensor | None, inputs: Tensor | None) -> int:
    """Rows of work.

    Raises
    ------
    ConfigError
        For batches of values and inputs of different sizes, or empty ones.
    """
    sizes = {len(t) for t in (values, inputs) if t is not None and t.ndim == 2}
    if len(sizes) > 1 or 0 in sizes:
        raise ConfigError(f"batches of {' and '.join(map(str, sorted(sizes)))} rows do not go together")
    return sizes.pop() if sizes else 1


def shaped(means: Tensor, observables: Observable | Sequence[Observable], *tensors: Tensor | None) -> Tensor:
    """Means (B, k) as `expectation` returns them for these observables and these values and inputs."""
    found = means if is_batch(*tensors) else means[0]
    return found[..., 0] if isinstance(observables, Observable) else found


class Backend(Protocol):
    """A place where circuits run.

    `values` are those of a circuit's parameters in the order of `circuit.parameters`, (P,) or (B, P) radians;
    `inputs` are states of norm 1 that it starts from, (2ⁿ,) or (B, 2ⁿ), default |0…0⟩. Qubit 0 is the most
    significant bit of an index.

    Attributes
    ----------
    name : str
        What messages and records call it.
    quadrant : Quadrant
        What a run on it really is.
    differentiable : bool
        Whether results have gradients to angles.
    noisy : bool
        Whether two runs of one circuit may differ, or channels act.
    gives_probabilities, gives_shots : bool
        Whether `probabilities` and `sample` can be asked for. Error mitigation may give expectations alone.
    max_qubits : int
        Most qubits of a circuit; `MEMORY_DECIDES` where no fixed number is the limit.
    max_sublayer_qubits : int
        Most qubits of a quantum sublayer, which runs once for every token.
    """

    name: str
    quadrant: Quadrant
    differentiable: bool
    noisy: bool
    gives_probabilities: bool
    gives_shots: bool
    max_qubits: int
    max_sublayer_qubits: int

    @property
    def usage(self) -> Usage:
        """What it has used since it was made."""
        ...

    def probabilities(
        self, circuit: Circuit, values: Tensor | None = None, inputs: Tensor | None = None
    ) -> Tensor:
        """Probability of every basis state, ([B,] 2ⁿ)."""
        ...

    def expectation(
        self,
        circuit: Circuit,
        observables: Observable | Sequence[Observable],
        values: Tensor | None = None,
        inputs: Tensor | None = None,
    ) -> Tensor:
        """Means of one observable, ([B]), or of several, ([B,] k)."""
        ...

    def sample(
        self,
        circuit: Circuit,
        shots: int,
        seed: int,
        values: Tensor | None = None,
        inputs: Tensor | None = None,
    ) -> Tensor:
        """Counts of basis states over `shots` measurements, (B, 2ⁿ) int64."""
        ...

    def readout_confusion(self, circuit: Circuit) -> np.ndarray:
        """(n, 2, 2): entry (k, i, j) is the probability that qubit k of this circuit is read as i when it is
        j, on the qubits it is measured on.
        """
        ...

    def read_out(
        self, ansatz: LayeredAnsatz, angles: Tensor, inputs: Tensor, readout: str, normalize: bool
    ) -> Tensor:
        """A quantum sublayer's core: amplitude-encode, run, measure.

        `readout` is "z" (⟨Z⟩ of every qubit), "probs" or "amplitudes".

        `inputs` ([C,] B, 2ⁿ) need not have norm 1 if `normalize`; `angles` (C, rows, n). Returns (C, B, n |
        2ⁿ). Only an exact simulator has amplitudes.
        """
        ...


def check_circuit(backend: Backend, n_qubits: int, where: str = "") -> None:
    """Raises TooLargeError if the backend takes no circuit of so many qubits. `where` begins the message."""
    _check_size(backend.name, "circuit", n_qubits, backend.max_qubits, where)


def check_sublayer(backend: Backend, n_qubits: int, where: str = "") -> None:
    """Raises TooLargeError if the backend takes no quantum sublayer of so many qubits.

    `where` begins the message.
    """
    _check_size(backend.name, "sublayer", n_qubits, backend.max_sublayer_qubits, where)


def _check_size(name: str, what: str, n_qubits: int, most: int, where: str) -> None:
    if n_qubits > most:
        raise TooLargeError(
            f"{where}{': ' if where else ''}a {what} has {n_qubits} qubits, and {name} takes at most {most}"
        )


def check_dense(backend: Backend, n_qubits: int, instead: str) -> None:
    """Raises TooLargeError if the outcomes of so many qubits are too many for one array.

    `instead` is what can be asked for.
    """
    if n_qubits > DENSE_QUBITS:
        raise TooLargeError(
            f"{backend.name}: all outcomes of {n_qubits} qubits do not fit in one array, at most "
            f"{DENSE_QUBITS} qubits; use {instead}"
        )
