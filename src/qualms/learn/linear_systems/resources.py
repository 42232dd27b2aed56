"""What HHL takes on a device, and what conjugate gradient takes on the same system."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.sparse.linalg import LinearOperator, cg

from qualms.learn.linear_systems.system import System
from qualms.records.twin import Twin

_TOLERANCE = 1e-10  # of conjugate gradient's residual
_ITERATIONS = 10  # at most so many times the number of unknowns


@dataclass(frozen=True)
class Resources:
    """Counts for a fault-tolerant device; times are not told, because there is no such device.

    Attributes
    ----------
    qubits : int
        Clock, ancilla, and unknowns with the qubit of the dilation.
    clock_qubits : int
        Those of phase estimation.
    loading_rotations, loading_cnots : int
        Gates that make b/‖b‖ from |0…0⟩, for a b without structure (Möttönen et al. 2005). Of one run.
    simulated_time : float
        ‖A‖·time of exp(iAt) in one run, phase estimation and its inverse together, in radians; grows with κ.
    matrix_queries : float
        Sparsity · max|A_ij| · time: the least number of questions for entries of A, up to a constant (Low
        and Chuang 2017). Of one run.
    rotations : int
        Of the ancilla, controlled by the clock. Of one run.
    success_probability : float
        Of one run.
    runs_for_one_success : float
        1/p, by repeating.
    rounds_of_amplification : float
        π/(4 arcsin √p), by amplitude amplification, each round twice the circuit.
    read_error : float
        ‖measured − solution‖ / ‖solution‖ that the next two are for.
    states_to_read : float
        States for all n magnitudes to this error, (n − 1)/(4 ε²): the variances of the square roots of n
        measured frequencies, summed. The signs need more.
    runs_to_read : float
        States by success probability: runs of the whole circuit.
    gates_to_read : float
        These runs times the rotations and CNOTs of loading and of the ancilla alone; the matrix comes on top.
    """

    qubits: int
    clock_qubits: int
    loading_rotations: int
    loading_cnots: int
    simulated_time: float
    matrix_queries: float
    rotations: int
    success_probability: float
    runs_for_one_success: float
    rounds_of_amplification: float
    read_error: float
    states_to_read: float
    runs_to_read: float
    gates_to_read: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def table(self, classical: ClassicalRun, relative_error: float) -> str:
        """Two columns of text: HHL, and conjugate gradient."""
        rows = [
            ("", "HHL, simulated", classical.method),
            ("works on", f"{self.qubits} qubits", f"{classical.bytes:,} bytes"),
            ("loads b with", f"{self.loading_rotations + self.loading_cnots:,} gates a run", "nothing"),
            (
                "asks A",
                f"{self.matrix_queries:,.0f} times a run",
                f"{classical.products:,} products, {classical.flops:,} flops",
            ),
            ("succeeds", f"once in {self.runs_for_one_success:,.1f} runs", "always"),
            (
                f"reads x to {self.read_error:g}",
                f"after {self.runs_to_read:,.0f} runs, without signs",
                "nothing to read",
            ),
            ("error of x", f"{relative_error:.1e} before reading", f"{classical.relative_error:.1e}"),
        ]
        widths = [max(len(row[k]) for row in rows) for k in range(3)]
        return "\n".join(
            "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows
        )


@dataclass(frozen=True)
class ClassicalRun:
    """Conjugate gradient on a linear system.

    Attributes
    ----------
    method : str
        "conjugate gradient", or "conjugate gradient on the normal equations" where the matrix is not
        positive definite.
    iterations : int
        Until the residual is 1e-10 of the right side.
    converged : bool
    products : int
        Of the matrix, or its adjoint, with a vector.
    flops : int
        Floating point operations: 2 for each nonzero in a product, 10 for each unknown in an iteration.
    bytes : int
        Of the matrix's nonzeros and four vectors, in float64.
    relative_error : float
        ‖x − exact‖ / ‖exact‖.
    seconds : float
        Of wall time.
    """

    method: str
    iterations: int
    converged: bool
    products: int
    flops: int
    bytes: int
    relative_error: float
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def resources(system: System, clock_qubits: int, success: float, read_error: float) -> Resources:
    """What a run with this many clock qubits and this chance of success takes."""
    n = max(1, (system.size - 1).bit_length())
    steps = 2 * ((1 << clock_qubits) - 1)  # powers of the unitary, in the estimation and in its inverse
    radians = 2 * np.pi * system.turns * steps
    complex_numbers = 2 if np.iscomplexobj(system.b) else 1
    loading = complex_numbers * ((1 << n) - 1), complex_numbers * ((1 << n) - 2)
    states = (system.size - 1) / (4 * read_error**2)
    runs = states / success if success > 0 else math.inf
    return Resources(
        qubits=clock_qubits + 1 + n + (not system.is_hermitian),
        clock_qubits=clock_qubits,
        loading_rotations=loading[0],
        loading_cnots=loading[1],
        simulated_time=radians * system.largest,
        matrix_queries=radians * system.sparsity * float(np.abs(system.matrix).max()),
        rotations=1 << clock_qubits,
        success_probability=success,
        runs_for_one_success=1 / success if success > 0 else math.inf,
        rounds_of_amplification=np.pi / (4 * np.arcsin(math.sqrt(min(success, 1.0))))
        if success > 0
        else math.inf,
        read_error=read_error,
        states_to_read=states,
        runs_to_read=runs,
        gates_to_read=runs * (sum(loading) + (2 << clock_qubits)),
    )


def conjugate_gradient(system: System) -> ClassicalRun:
    """Scipy's conjugate gradient, on the normal equations unless A is positive definite."""
    A, b, n = system.matrix, system.b, system.size
    if system.is_positive:
        name, right, apply = "conjugate gradient", b, _product(A)
    else:
        # the residual of the normal equations is asked for the same share of their right side
        name = "conjugate gradient on the normal equations"
        right, apply = A.conj().T @ b, _normal(A)
    counted = [0]

    def counting(_: np.ndarray) -> None:
        counted[0] += 1

    operator = LinearOperator((n, n), matvec=apply, dtype=np.result_type(A, b))
    started = time.perf_counter()
    found, failed = cg(operator, right, rtol=_TOLERANCE, maxiter=_ITERATIONS * n, callback=counting)
    seconds = time.perf_counter() - started
    each = 1 if system.is_positive else 2
    products = each * counted[0] + (each - 1)
    width = 16 if np.iscomplexobj(A) or np.iscomplexobj(b) else 8
    return ClassicalRun(
        method=name,
        iterations=counted[0],
        converged=failed == 0,
        products=products,
        flops=2 * system.nonzeros * products + 10 * n * counted[0],
        bytes=width * (system.nonzeros + 4 * n),
        relative_error=float(np.linalg.norm(found - system.solution) / np.linalg.norm(system.solution)),
        seconds=seconds,
    )


def _product(A: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    return lambda v: A @ v


def _normal(A: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    adjoint = A.conj().T
    return lambda v: adjoint @ (A @ v)


CONJUGATE_GRADIENT = Twin(
    "cg",
    "conjugate gradient on the same system, to a residual of 1e-10",
    lambda result: conjugate_gradient(result.system),
)
