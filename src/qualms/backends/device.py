"""A device as a backend: circuits in its gates, few jobs, a bill that is known before anything is spent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from numbers import Real
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from qualms.backends import gradients
from qualms.backends.jobs import Counts, DeviceClient, Job, Ledger, Patience, keys_of, run
from qualms.backends.protocol import (
    DENSE_QUBITS,
    Usage,
    batch_size,
    check_circuit,
    check_dense,
    check_values,
    shots_of,
)
from qualms.backends.shots import ShotBackend
from qualms.circuits import Circuit, Operation
from qualms.circuits.encode import amplitude_encoding
from qualms.data.numbers import as_integer
from qualms.errors import BudgetError, ConfigError


class DeviceBackend(ShotBackend):
    """Any `DeviceClient` behind the backend protocol. See `Backend` for the methods' shapes.

    Parameters
    ----------
    client : DeviceClient
        Client of a vendor, `qualms.backends.ibm.client(…)` or `qualms.backends.braket.client(…)`.
    shots : int, default 1000
        Shots for each circuit.
    seed : int, default 0
        Part of a job's identity: another seed is another run.
    folder : str | Path, optional
        Where jobs are kept, so that a killed process goes on; None keeps them in memory.
    max_cost : float, default 0.0
        Dollars that all jobs of this device in this folder may cost, planned ones included; asked before
        each submission. Prices that nobody knows count as too much.
    gradient : str, default "parameter-shift"
        "parameter-shift" or "spsa".

    Attributes
    ----------
    usage : Usage
        What the jobs took whose results this backend gave, whenever they ran: a job of the folder's
        ledger is not run anew, but counts.
    fresh : Usage
        The part of `usage` that was handed in for this backend.
    jobs : dict[str, Job]
        Those whose results it gave, by key.
    ledger : Ledger
        All jobs of the folder.
    """

    def __init__(
        self,
        client: DeviceClient,
        shots: int = 1000,
        seed: int = 0,
        folder: str | Path | None = None,
        max_cost: float = 0.0,
        patience: Patience | None = None,
        gradient: str = "parameter-shift",
    ) -> None:
        gradients.check_method(gradient, client.name)
        if gradient == "straight-through":
            raise ConfigError(
                f"{client.name}: no device can give gradients straight "
                "through; choose parameter-shift or spsa"
            )
        shots = self._shots(client, shots)
        limit: Any = max_cost
        # NaN would be no limit at all
        if isinstance(limit, bool) or not isinstance(limit, Real) or not float(limit) >= 0:
            raise ConfigError(f"{client.name}: max_cost={max_cost!r} must be a number of dollars, at least 0")
        self.client, self.shots, self.max_cost, self.gradient = client, shots, float(limit), gradient
        self.seed = as_integer(seed, f"{client.name}: seed=")
        self.name, self.quadrant = client.name, client.quadrant
        self.max_qubits, self.max_sublayer_qubits = client.n_qubits, min(client.n_qubits, DENSE_QUBITS)
        self.ledger, self.patience = Ledger(folder), patience or Patience()
        self.jobs: dict[str, Job] = {}
        self._fresh: set[str] = set()
        self._noisy = lru_cache(maxsize=64)(client.prepare)

    # Running ------------------------------------------------------------------------------------------------

    @staticmethod
    def _shots(client: DeviceClient, shots: int) -> int:
        shots = shots_of(shots, client.name)
        if shots > client.max_shots:
            raise ConfigError(f"{client.name}: shots={shots} must be 1 … {client.max_shots}")
        return shots

    def counts(self, circuits: Sequence[Circuit], shots: int, seed: int) -> list[Counts]:
        """Measured strings, qubit 0 first, of circuits without free parameters, each of any width that the
        device has.
        """
        prepared = [self._noisy(c) for c in circuits]
        return self._run(prepared, shots, seed)

    def price(self, circuits: int, shots: int) -> float:
        """Dollars for so many circuits.

        Raises
        ------
        BudgetError
            Where the device is billed by time and nobody says how long it takes.
        """
        jobs = -(-circuits // self.client.max_circuits)
        seconds = self.client.seconds(circuits, shots)
        if seconds is None and self.client.price.per_second:
            raise BudgetError(
                f"{self.name} is billed by the second and states no time for a shot: the cost is unknown"
            )
        return self.client.price.cost(jobs, circuits * shots, seconds or 0.0)

    def _run(self, prepared: list[Circuit], shots: int, seed: int) -> list[Counts]:
        shots, seed = self._shots(self.client, shots), as_integer(seed, f"{self.name}: seed=")
        batches = [
            prepared[k : k + self.client.max_circuits]
            for k in range(0, len(prepared), self.client.max_circuits)
        ]
        keys = keys_of(self.client, batches, shots, seed)
        with self.ledger.locked():
            self._afford(batches, keys, shots)
            fresh = {key for key in keys if not _paid(self.ledger.get(key))}
            for batch, key in zip(batches, keys, strict=True):
                if self.ledger.get(key) is None:  # planned: what it will cost is reserved
                    self.ledger.write(
                        Job(key, self.client.name, len(batch), shots, compute=self.quadrant.compute)
                    )
        out: list[Counts] = []
        for batch, key in zip(batches, keys, strict=True):
            job = run(self.client, batch, shots, key, self.ledger, self.patience)
            if key in fresh:
                self._fresh.add(key)
            self.jobs[key] = job
            out += job.counts
        return out

    @property
    def usage(self) -> Usage:
        return _used(self.jobs.values())

    @property
    def fresh(self) -> Usage:
        return _used(job for key, job in self.jobs.items() if key in self._fresh)

    def _afford(self, batches: list[list[Circuit]], keys: list[str], shots: int) -> None:
        """Raises BudgetError if what is not yet paid for would go beyond `max_cost`."""
        new = [b for b, key in zip(batches, keys, strict=True) if not _paid(self.ledger.get(key))]
        asked = sum(self.price(len(b), shots) for b in new)
        own = [
            j
            for j in self.ledger.all()
            if j.device == self.client.name and j.state != "failed" and (j.key not in keys or _paid(j))
        ]
        already = sum(j.dollars if j.state == "done" else self.price(j.circuits, j.shots) for j in own)
        if asked > 0 and asked + already > self.max_cost + 1e-9:
            raise BudgetError(
                f"{self.name}: {sum(map(len, new))} circuits × {shots} shots would cost ${asked:,.2f} "
                f"(${already:,.2f} are spent) and ${self.max_cost:,.2f} are allowed; raise max_cost "
                "(--max-cost) or ask for less"
            )

    # The protocol -------------------------------------------------------------------------------------------

    def sample(
        self,
        circuit: Circuit,
        shots: int,
        seed: int,
        values: Tensor | None = None,
        inputs: Tensor | None = None,
    ) -> Tensor:
        check_circuit(self, circuit.n_qubits)
        check_dense(self, circuit.n_qubits, "`counts`")
        prepared = self._bound(circuit, values, inputs)
        return _table(self._run(prepared, shots, seed), circuit.n_qubits)

    def _seed(self, circuit: Circuit, values: Tensor | None, inputs: Tensor | None) -> int:
        return self.seed  # a job's key has circuit and values in it already

    def _tables(
        self, circuits: list[Circuit], values: Tensor | None, inputs: Tensor | None
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """All rows of all circuits in as few jobs as the device allows; outcomes of any width."""
        prepared = [self._bound(c, values, inputs) for c in circuits]
        every = self._run([c for rows in prepared for c in rows], self.shots, self.seed)
        size = len(prepared[0])
        return [_occurring(every[k : k + size]) for k in range(0, len(every), size)]

    def readout_confusion(self, circuit: Circuit) -> np.ndarray:
        """Measured: all qubits in 0 and all in 1, on the device's qubits where this circuit is measured."""
        prepared = self._noisy(circuit.unmeasured())
        ends = [op for op in prepared.operations if op.gate == "measure"]
        zeros = Circuit(prepared.n_qubits).extended(ends)
        ones = Circuit(prepared.n_qubits).extended([*(Operation("x", op.qubits) for op in ends), *ends])
        tables = (
            _table(self._run([zeros, ones], self.shots, self.seed), circuit.n_qubits).double().numpy()
            / self.shots
        )
        bits = (np.arange(1 << circuit.n_qubits)[:, None] >> np.arange(circuit.n_qubits)[::-1]) & 1  # (2ⁿ, n)
        wrong1, wrong0 = tables[0] @ bits, tables[1] @ (1 - bits)
        return np.array([[[1 - a, b], [a, 1 - b]] for a, b in zip(wrong1, wrong0, strict=True)])

    def _bound(self, circuit: Circuit, values: Tensor | None, inputs: Tensor | None) -> list[Circuit]:
        """The prepared circuit with each row's numbers; the transpiler runs once for all rows without given
        states.
        """
        check_values(values, circuit.parameters)
        rows = [None] if values is None else torch.atleast_2d(values).tolist()
        names = circuit.parameters
        if inputs is None:
            template = self._noisy(circuit.unmeasured())
            return [template if r is None else template.bind(_known(template, names, r)) for r in rows]
        states, count = torch.atleast_2d(inputs), batch_size(values, inputs)
        out = []
        for k in range(count):
            whole = amplitude_encoding(states[k % len(states)].cpu().numpy()).then(circuit.unmeasured())
            row = rows[k % len(rows)]
            out.append(self._noisy(whole if row is None else whole.bind(dict(zip(names, row, strict=True)))))
        return out


def _used(jobs: Iterable[Job]) -> Usage:
    return sum((Usage(j.circuits, j.circuits * j.shots, 1, j.dollars, j.waited) for j in jobs), Usage())


def _paid(job: Job | None) -> bool:
    return job is not None and job.state in ("submitted", "done")


def _known(template: Circuit, names: tuple[str, ...], row: list[float]) -> dict[str, float]:
    """Values of the parameters that the device's circuit still has: the transpiler may have cancelled
    some.
    """
    given = dict(zip(names, row, strict=True))
    return {name: given[name] for name in template.parameters}


def _occurring(tables: list[Counts]) -> tuple[np.ndarray, np.ndarray]:
    """The outcomes that occur in any of the tables (U,), and how often in each (B, U)."""
    outcomes = np.array(sorted({int(bits, 2) for t in tables for bits in t}), np.int64)
    place = {int(o): k for k, o in enumerate(outcomes)}
    counts = np.zeros((len(tables), len(outcomes)))
    for row, table in enumerate(tables):
        for bits, count in table.items():
            counts[row, place[int(bits, 2)]] += count
    return outcomes, counts


def _table(tables: list[Counts], n: int) -> Tensor:
    counts = torch.zeros(len(tables), 1 << n, dtype=torch.int64)
    for row, table in enumerate(tables):
        for bits, count in table.items():
            counts[row, int(bits, 2)] += count
    return counts
