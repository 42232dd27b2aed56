"""HHL's circuit on any backend, with as much of the solution as measurements tell."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar

import numpy as np

from qualms.backends.protocol import Backend, Usage
from qualms.backends.registry import get_backend
from qualms.data.numbers import finite, plain
from qualms.learn.linear_systems.circuit import built, system_qubits
from qualms.learn.linear_systems.resources import CONJUGATE_GRADIENT
from qualms.learn.linear_systems.system import MAX_CONDITION, System, checked, clock_of
from qualms.records.quadrant import Quadrant
from qualms.records.twin import Twin


@dataclass(frozen=True, eq=False)
class Reading:
    """What measurements of HHL's circuit say about a solution.

    Attributes
    ----------
    magnitudes : np.ndarray
        (n,): |x_i| in the units of the system, from the shares of all runs. Signs and phases cannot be read
        in this way; zeros throughout if no run counted.
    exact : np.ndarray
        (n,): |x_i| by numpy.linalg.
    relative_error : float
        ‖magnitudes − exact‖ / ‖exact‖.
    kept, shots : int
        Runs that counted, and all of them.
    clock_qubits : int
        Of the circuit.
    quadrant : Quadrant
        Of the backend.
    usage : Usage
        What it took.
    system : System
        The system, checked.
    """

    twins: ClassVar[tuple[Twin, ...]] = (CONJUGATE_GRADIENT,)

    magnitudes: np.ndarray
    exact: np.ndarray
    relative_error: float
    kept: int
    shots: int
    clock_qubits: int
    quadrant: Quadrant
    usage: Usage
    system: System = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """In plain values."""
        names = ("magnitudes", "exact", "relative_error", "kept", "shots", "clock_qubits")
        found: dict[str, Any] = finite(plain({name: getattr(self, name) for name in names}))
        return {**found, "quadrant": self.quadrant.to_dict(), "usage": asdict(self.usage)}


def read_hhl(
    A: Any,
    b: Any,
    backend: str | Backend,
    shots: int,
    seed: int = 0,
    clock_qubits: int | None = None,
    max_condition: float = MAX_CONDITION,
) -> Reading:
    """Run the circuit of `hhl_circuit` on a backend and read the magnitudes of the solution.

    When not to use it: for a solution. It shows how shots, failed runs and noise add up to the error that
    `Resources.runs_to_read` predicts for a device without noise.

    Parameters
    ----------
    A, b, clock_qubits, max_condition
        As in `hhl`; at most 16 qubits.
    backend : str or Backend
        A backend, or the name of one that needs no options, as "statevector".
    shots : int
        Runs of the circuit.
    seed : int
        Of the measurements, in a simulator.

    Returns
    -------
    Reading

    Raises
    ------
    ConfigError, TooLargeError
        As `hhl` and `hhl_circuit`, and as the backend does.
    """
    system = checked(A, b, max_condition)
    t = clock_of(system, clock_qubits)
    circuit = built(system, t)
    runs_on = get_backend(backend) if isinstance(backend, str) else backend
    before = runs_on.usage
    counts = runs_on.sample(circuit, shots, seed)[0].numpy().reshape(1 << t, 2, 1 << system_qubits(system))
    kept = counts[0, 1]
    if not system.is_hermitian:
        kept = kept.reshape(2, -1)[1]
    kept = kept[: system.size]
    magnitudes = np.sqrt(kept / shots) * (np.linalg.norm(system.b) / system.smallest)
    exact = np.abs(system.solution)
    return Reading(
        magnitudes=magnitudes,
        exact=exact,
        relative_error=float(np.linalg.norm(magnitudes - exact) / np.linalg.norm(exact)),
        kept=int(kept.sum()),
        shots=int(shots),
        clock_qubits=t,
        quadrant=runs_on.quadrant,
        usage=runs_on.usage - before,
        system=system,
    )
