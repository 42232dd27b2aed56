"""The algorithm of Harrow, Hassidim and Lloyd for linear systems, simulated exactly."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np

from qualms.data.numbers import as_real, finite, plain
from qualms.errors import ConfigError
from qualms.learn.learner import SIMULATED
from qualms.learn.linear_systems.amplitudes import factors, least_fidelity, solved_by_model
from qualms.learn.linear_systems.circuit import solved_by_circuit
from qualms.learn.linear_systems.resources import (
    CONJUGATE_GRADIENT,
    ClassicalRun,
    Resources,
    conjugate_gradient,
    resources,
)
from qualms.learn.linear_systems.system import MAX_CONDITION, System, checked, clock_of
from qualms.records.quadrant import Quadrant
from qualms.records.twin import Twin


@dataclass(frozen=True, eq=False)
class HHLResult:
    """What HHL makes of a linear system, beside conjugate gradient on the same system.

    Attributes
    ----------
    solution : np.ndarray
        (n,): what the final state stands for, in the units of the system. A device has this as a state and
        not as numbers; `resources` says what reading it takes.
    exact : np.ndarray
        (n,): the solution by numpy.linalg.
    fidelity : float
        |⟨exact|solution⟩|² of the two as states of norm 1.
    least_fidelity : float
        The same for the right side that fits worst, with this matrix and clock. It is above .995 for every
        matrix whose clock has 2ᵗ ≥ 5 κ.
    relative_error : float
        ‖solution − exact‖ / ‖exact‖.
    success_probability : float
        That the ancilla is read as 1, the clock as 0 (and the qubit of the dilation as 1): other runs are
        thrown away.
    condition_number : float
        κ of the matrix.
    clock_qubits : int
        Qubits of phase estimation, t.
    dilated : bool
        Whether the matrix is not Hermitian and was solved by its dilation.
    method : str
        "model" or "circuit".
    resources : Resources
        What the run takes on a device, with loading and reading.
    classical : ClassicalRun
        Conjugate gradient on the same system.
    system : System
        The system, checked.
    """

    quadrant: ClassVar[Quadrant] = SIMULATED
    twins: ClassVar[tuple[Twin, ...]] = (CONJUGATE_GRADIENT,)

    solution: np.ndarray
    exact: np.ndarray
    fidelity: float
    least_fidelity: float
    relative_error: float
    success_probability: float
    condition_number: float
    clock_qubits: int
    dilated: bool
    method: str
    resources: Resources
    classical: ClassicalRun
    system: System = field(repr=False)

    def to_dict(self) -> dict[str, Any]:
        """In plain values; complex numbers as pairs."""
        names = (
            "fidelity",
            "least_fidelity",
            "relative_error",
            "success_probability",
            "condition_number",
            "clock_qubits",
            "dilated",
            "method",
        )
        found: dict[str, Any] = finite(
            plain(
                {
                    "solution": _listed(self.solution),
                    "exact": _listed(self.exact),
                    **{name: getattr(self, name) for name in names},
                    "resources": self.resources.to_dict(),
                    "classical": self.classical.to_dict(),
                    "quadrant": self.quadrant.to_dict(),
                }
            )
        )
        return found

    def table(self) -> str:
        """The quantum run and conjugate gradient side by side, as lines of text."""
        return self.resources.table(self.classical, self.relative_error)


def hhl(
    A: Any,
    b: Any,
    clock_qubits: int | None = None,
    *,
    method: Literal["model", "circuit"] = "model",
    read_error: float = 0.01,
    max_condition: float = MAX_CONDITION,
) -> HHLResult:
    """Solve A x = b as the algorithm of Harrow, Hassidim and Lloyd does, in an exact simulation.

    Phase estimation writes every eigenvalue λ into a clock, a rotation by the clock gives each eigenvector of
    b the amplitude C/λ, and the estimation is undone; the run counts if the ancilla is 1 and the clock 0. C
    is the smallest eigenvalue, and the clock's values below it are rotated fully.

    When not to use it: to solve a linear system. `classical` in the result is faster on every computer that
    there is, and `resources` says why a fault-tolerant quantum computer would not change that for dense
    right sides or whole solutions: the gates to load b grow with n, the circuit and the chance of failure
    with κ, and the runs to read x with n. "O(log n)" counts none of these.

    Parameters
    ----------
    A : array or sparse matrix
        (n, n) real or complex. One that is not Hermitian is solved by its dilation [[0, A], [Aᴴ, 0]].
    b : array
        (n,) real or complex.
    clock_qubits : int, optional
        Qubits of phase estimation, t ≤ 20; default the fewest with 2ᵗ ≥ 5 κ, and one more where eigenvalues
        have two signs.
    method : "model" or "circuit"
        "model" computes the amplitudes in closed form, for thousands of unknowns; "circuit" simulates the
        whole circuit of `hhl_circuit`, for a few qubits.
    read_error : float, default 0.01
        The error of reading, ‖measured − solution‖ / ‖solution‖, that the number of shots is computed for.
    max_condition : float, default 1e5
        A larger κ is refused.

    Returns
    -------
    HHLResult

    Raises
    ------
    ConfigError
        For a matrix that is not square, singular or ill-conditioned, a right side that does not fit, and
        numbers that are not finite.
    TooLargeError
        For more unknowns or qubits than can be simulated; nothing was allocated.

    References
    ----------
    Harrow, Hassidim, Lloyd, "Quantum algorithm for linear systems of equations" (2009), with a uniform
    superposition in the clock. On what is left out of "O(log n)": Aaronson, "Read the fine print" (2015).
    """
    if method not in ("model", "circuit"):
        raise ConfigError(f"hhl: method={method!r} is unknown; choose model or circuit")
    error = as_real(read_error, "hhl: read_error=")
    if not 0 < error < 1:
        raise ConfigError(f"hhl: read_error={error} must lie between 0 and 1")
    system = checked(A, b, max_condition)
    t = clock_of(system, clock_qubits)
    kept = factors(system, t)
    state = solved_by_circuit(system, t) if method == "circuit" else solved_by_model(system, kept)
    success = float(np.vdot(state, state).real)
    # the amplitudes are C/λ times those of b/‖b‖, so that the solution's norm is in the success probability
    solution = state * (np.linalg.norm(system.b) / system.smallest)
    exact = system.solution
    run = conjugate_gradient(system)
    return HHLResult(
        solution=solution,
        exact=exact,
        fidelity=_fidelity(exact, solution),
        least_fidelity=least_fidelity(system, kept),
        relative_error=float(np.linalg.norm(solution - exact) / np.linalg.norm(exact)),
        success_probability=success,
        condition_number=system.condition,
        clock_qubits=t,
        dilated=not system.is_hermitian,
        method=method,
        resources=resources(system, t, success, error),
        classical=run,
        system=system,
    )


def _fidelity(one: np.ndarray, other: np.ndarray) -> float:
    norms = np.vdot(one, one).real * np.vdot(other, other).real
    return float(abs(np.vdot(one, other)) ** 2 / norms) if norms > 0 else 0.0


def _listed(vector: np.ndarray) -> list[Any]:
    return [[v.real, v.imag] for v in vector] if np.iscomplexobj(vector) else vector.tolist()
