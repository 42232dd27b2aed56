"""States of many rows at once: the fast simulation behind quantum kernels.

States stand in columns, (2ⁿ, rows) complex128, so that every gate on all qubits is a few large matrix
products over the contiguous rows.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import combinations

import numpy as np
import torch

from qualms.circuits import Operation, Parameter
from qualms.kernels import simulate
from qualms.learn.kernel.feature_maps import FeatureMap, amplitudes

_BLOCK = 4  # qubits that one matrix product transforms: a 16 × 16 Hadamard matrix


def states(map_: FeatureMap, X: np.ndarray) -> np.ndarray:
    """Final states of a feature map for every row.

    Parameters
    ----------
    map_ : FeatureMap
    X : np.ndarray
        (rows, n_features) float64, the angles; a bandwidth is multiplied in before.

    Returns
    -------
    np.ndarray
        (2ⁿ, rows) complex128, up to a global phase of each.
    """
    if map_.is_diagonal:
        return _diagonal_states(map_, X)
    if map_.name == "amplitude" and not map_.is_product:
        return np.ascontiguousarray(amplitudes(X, map_.n_qubits).T.astype(np.complex128))
    with torch.no_grad():
        found = simulate(map_.circuit, torch.from_numpy(map_.values(X)), dtype=torch.complex128)
    return np.ascontiguousarray(found.numpy().T)


def _diagonal_states(map_: FeatureMap, X: np.ndarray) -> np.ndarray:
    """Layers of phases between Walsh–Hadamard transforms.

    The exponent of all rows and all basis states is one product: signs (2ⁿ, terms) times coefficients.
    """
    n, size = map_.n_qubits, 1 << map_.n_qubits
    singles, pairs = map_.phase_columns(X)
    exponent = signs(n) @ singles.T
    if pairs.shape[1]:
        exponent += pair_signs(n) @ pairs.T
    phases = np.empty(exponent.shape, np.complex128)
    np.cos(exponent, out=phases.real)
    np.sin(exponent, out=phases.imag)
    np.conjugate(phases, out=phases)
    found = phases / math.sqrt(size)  # the first Hadamards make the uniform superposition
    for _ in range(map_.repeats - 1):
        found = hadamards(found)
        found *= phases
    return found


@lru_cache(maxsize=16)
def signs(n_qubits: int) -> np.ndarray:
    """(2ⁿ, n) float64: the eigenvalue ±1 of Z_k on every basis state; qubit 0 is the most significant bit."""
    index = np.arange(1 << n_qubits)
    return 1.0 - 2.0 * ((index[:, None] >> np.arange(n_qubits)[::-1]) & 1)


@lru_cache(maxsize=16)
def pair_signs(n_qubits: int) -> np.ndarray:
    """(2ⁿ, n(n−1)/2) float64: those of Z_j Z_k for j < k."""
    single = signs(n_qubits)
    pairs = list(combinations(range(n_qubits), 2))
    return single[:, [j for j, _ in pairs]] * single[:, [k for _, k in pairs]]


def hadamards(columns: np.ndarray) -> np.ndarray:
    """H on all qubits: the Walsh–Hadamard transform of every column divided by √2ⁿ.

    Parameters
    ----------
    columns : np.ndarray
        (2ⁿ, rows) float64 or complex128, contiguous.

    Returns
    -------
    np.ndarray
        The same shape and type, a new array.
    """
    size, rows = columns.shape
    n = size.bit_length() - 1
    flat = columns.view(np.float64) if np.iscomplexobj(columns) else columns
    done = 0
    while done < n:
        width = min(_BLOCK, n - done)
        block = flat.reshape(1 << done, 1 << width, -1)
        flat = np.matmul(_hadamard(width), block)
        done += width
    flat = flat.reshape(size, -1)
    return flat.view(np.complex128).reshape(size, rows) if np.iscomplexobj(columns) else flat


@lru_cache(maxsize=8)
def _hadamard(n_qubits: int) -> np.ndarray:
    found: np.ndarray = np.ones((1, 1))
    for _ in range(n_qubits):
        found = np.kron(found, np.array([[1.0, 1.0], [1.0, -1.0]]) / math.sqrt(2.0))
    return found


def bloch(found: np.ndarray) -> np.ndarray:
    """Bloch vectors of every single qubit of states in columns: (rows, n, 3), the means of X, Y and Z."""
    size, rows = found.shape
    n = size.bit_length() - 1
    vectors = np.empty((rows, n, 3))
    for q in range(n):
        pair = found.reshape(1 << q, 2, -1, rows)
        zero, one = pair[:, 0].reshape(-1, rows), pair[:, 1].reshape(-1, rows)
        cross = np.einsum("sr,sr->r", zero.conj(), one)
        vectors[:, q, 0], vectors[:, q, 1] = 2 * cross.real, 2 * cross.imag
        vectors[:, q, 2] = np.einsum("sr,sr->r", zero.conj(), zero).real
        vectors[:, q, 2] -= np.einsum("sr,sr->r", one.conj(), one).real
    return vectors


def product_bloch(map_: FeatureMap, X: np.ndarray) -> np.ndarray:
    """Bloch vectors of a map without entangling gates, (rows, n, 3), for any number of qubits.

    Each rotation turns the vector of its qubit; no state of 2ⁿ amplitudes is made.
    """
    columns = map_.columns(X)
    vectors = np.zeros((len(X), map_.n_qubits, 3))
    vectors[:, :, 2] = 1.0
    for op in map_.circuit.operations:
        _turn(vectors[:, op.qubits[0]], op, columns)
    return vectors


# the two axes that a rotation about the third mixes, in the direction of positive angles
_PLANES = {"rx": (1, 2), "ry": (2, 0), "rz": (0, 1)}


def _turn(vector: np.ndarray, op: Operation, columns: dict[str, np.ndarray]) -> None:
    """Turn Bloch vectors (rows, 3) of one qubit in place."""
    if op.gate == "h":
        vector[:] = vector[:, [2, 1, 0]] * np.array([1.0, -1.0, 1.0])
        return
    given = op.params[0]
    angle: np.ndarray | float = given if not isinstance(given, Parameter) else given.shift
    if isinstance(given, Parameter):
        product = np.full(len(vector), given.scale)
        for name in given.names:
            product = product * columns[name]
        angle = product + angle
    first, second = _PLANES[op.gate]
    cos, sin = np.cos(angle), np.sin(angle)
    a, b = vector[:, first].copy(), vector[:, second].copy()
    vector[:, first], vector[:, second] = cos * a - sin * b, sin * a + cos * b
