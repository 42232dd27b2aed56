"""What the provider of a device measured on it: errors and durations of gates, relaxation, readout."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from qualms.circuits import Circuit
from qualms.errors import ConfigError


@dataclass(frozen=True)
class Calibration:
    """What a device's provider measured, in seconds and probabilities.

    Attributes
    ----------
    name, date : str
        The device and the day of the calibration (ISO), "unknown" where the provider does not say.
    n_qubits : int
        Number of qubits of the device.
    coupling : tuple[tuple[int, int], ...]
        Pairs of qubits that two-qubit gates act on, as the device names them.
    gates : Mapping[tuple[str, tuple[int, ...]], tuple[float | None, float | None]]
        (gate, qubits) → (error or None, duration or None); error = 1 − average gate fidelity.
    t1, t2 : tuple[float | None, ...]
        Per qubit, None where not stated.
    readout : tuple[tuple[float, float] | None, ...]
        Readout per qubit (p(1|0), p(0|1)), None where not stated.
    """

    name: str
    date: str
    n_qubits: int
    coupling: tuple[tuple[int, int], ...]
    gates: Mapping[tuple[str, tuple[int, ...]], tuple[float | None, float | None]]
    t1: tuple[float | None, ...]
    t2: tuple[float | None, ...]
    readout: tuple[tuple[float, float] | None, ...]
    readout_seconds: float | None = None

    def __post_init__(self) -> None:
        """Raises ConfigError for values that no device can have."""
        if not len(self.t1) == len(self.t2) == len(self.readout) == self.n_qubits:
            raise ConfigError(
                f"{self.name}: a calibration of {self.n_qubits} qubits needs as many T1, T2 and readout "
                "errors (None where unknown)"
            )
        for q, (t1, t2, pair) in enumerate(zip(self.t1, self.t2, self.readout, strict=True)):
            if any(t is not None and not t > 0 for t in (t1, t2)):
                raise ConfigError(
                    f"{self.name}: T1={t1}, T2={t2} of qubit {q} must be positive, or None where unknown"
                )
            if pair is not None and not all(0 <= p <= 1 for p in pair):
                raise ConfigError(
                    f"{self.name}: readout errors {pair} of qubit {q} must "
                    "be in [0, 1], or None where unknown"
                )
        for (gate, qubits), (error, seconds) in self.gates.items():
            if (error is not None and not 0 <= error <= 1) or (
                seconds is not None and not 0 <= seconds < math.inf
            ):
                raise ConfigError(
                    f"{self.name}: {gate} on {qubits}: error {error} must be in [0, 1], duration {seconds} "
                    "not negative; None where unknown"
                )

    def assumptions(self, circuit: Circuit, read: Sequence[int]) -> list[str]:
        """What a noise model takes for values that this calibration does not state or that no channel can
        have, as far as a circuit uses them.

        Parameters
        ----------
        circuit : Circuit
            On the device's qubits.
        read : Sequence[int]
            The qubits that are measured.
        """
        used = sorted({(op.gate, op.qubits) for op in circuit.operations if op.is_gate and op.qubits})
        timed = sorted({q for place in used if self.gates.get(place, (None, None))[1] for q in place[1]})
        missing = [q for q in timed if self.t1[q] is None or self.t2[q] is None]
        long = [q for q in timed if q not in missing and self.t2[q] > 2 * self.t1[q] * (1 + 1e-12)]  # type: ignore[operator]
        unknown = [f"{g} on {qs}" for g, qs in used if self.gates.get((g, qs), (0.0, None))[0] is None]
        broken = [f"{g} on {qs}" for g, qs in used if (self.gates.get((g, qs), (0.0, None))[0] or 0.0) >= 1]
        unread = sorted({q for q in read if self.readout[q] is None})
        told: list[tuple[Sequence[object], str]] = [
            (missing, "no T1 or T2 of qubits {}: taken as infinite"),
            (long, "T2 of qubits {} above 2 T1: taken as 2 T1"),
            (unknown, "no error of {}: taken as what relaxation makes of its duration"),
            (broken, "error 1, which marks a broken gate, of {}: taken as full depolarizing"),
            (unread, "no readout error of qubits {}: taken as 0"),
        ]
        return [words.format(", ".join(map(str, which))) for which, words in told if which]

    @property
    def basis(self) -> tuple[str, ...]:
        """Names of its gates."""
        return tuple(sorted({name for name, _ in self.gates}))

    def median_error(self, n_qubits: int) -> float | None:
        """Median error of its gates on that many qubits; None if none is stated.

        Gates of error 0 are virtual and left out.
        """
        found = [e for (_, qubits), (e, _) in self.gates.items() if len(qubits) == n_qubits and e and e < 1]
        return float(np.median(found)) if found else None
