"""A circuit made ready to run on a state vector: few passes over the amplitudes instead of one a gate.

Four kinds of steps. `Block`: neighbouring gates multiplied into one matrix on at most `BLOCK` qubits.
`Phases`: all diagonal gates that meet without anything else between them, as one phase per amplitude, exp(i
(φ₀ + Σ v_k D_k)), however many there are: QAOA's cost is one step. `Rotations`: RY on many qubits side by
side. `Shuffle`: runs of CX, SWAP … as one index map.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import groupby

import numpy as np

from qualms.circuits import Circuit, Operation, Parameter
from qualms.circuits.gates import GATES
from qualms.errors import ConfigError
from qualms.kernels.walsh import walsh

# qubits: a 32 × 32 matrix keeps a matrix product busy, a larger one does more arithmetic than it saves
BLOCK = 5
_MOST_PHASES = 1 << 28  # bytes of exponents in one step
_WIDE = 20  # qubits: beyond, an index map a step would outgrow the states, and small matrices take its place
_SHUFFLES = frozenset(("x", "cx", "swap", "ccx", "cswap", "dcx", "id"))
_DIAGONAL = frozenset(
    ("z", "s", "sdg", "t", "tdg", "rz", "p", "cz", "cs", "csdg", "cp", "crz", "rzz", "ccz", "gphase")
)


@dataclass
class Block:
    """Gates on a few qubits.

    `factors`: matrices (2ᵏ, 2ᵏ) without parameters, or one-angle operations on local qubits, in order of
    time.
    """

    qubits: tuple[int, ...]
    factors: tuple[np.ndarray | Operation, ...]

    @cached_property
    def is_constant(self) -> bool:
        return all(isinstance(f, np.ndarray) for f in self.factors)

    @cached_property
    def signature(self) -> tuple:
        """Equal for blocks with equal matrices on the same parameters, wherever their qubits are."""
        return (len(self.qubits), *(f.tobytes() if isinstance(f, np.ndarray) else f for f in self.factors))

    @cached_property
    def is_real(self) -> bool:
        return all(
            np.isrealobj(f) if isinstance(f, np.ndarray) else f.gate in ("ry", "cry") for f in self.factors
        )


@dataclass
class Phases:
    """exp(i (constant + Σ_k v_k · exponents_k)) on every amplitude, v_k = scaled product of the values named
    in `products[k]`.

    `constant` (u,), `exponents` (K, u) float64; amplitude i takes column `column[i]`, or i itself where
    `column` is None.
    """

    products: tuple[tuple[str, ...], ...]
    constant: np.ndarray
    exponents: np.ndarray
    column: np.ndarray | None

    @property
    def is_constant(self) -> bool:
        return not self.products


@dataclass
class Rotations:
    """RY on distinct qubits: real, and worth a sweep of its own. One angle each."""

    qubits: tuple[int, ...]
    angles: tuple[Parameter, ...]
    is_constant: bool = False


@dataclass
class Shuffle:
    """After it, amplitude i is the former amplitude `source[i]`; `target` is the way back."""

    source: np.ndarray
    target: np.ndarray
    is_constant: bool = True


Step = Block | Phases | Rotations | Shuffle


@dataclass(frozen=True, eq=False)
class Program:
    """Steps in order of time; `prefix` of them, at the start, have no parameters. Hashed by identity."""

    n_qubits: int
    parameters: tuple[str, ...]
    steps: tuple[Step, ...]
    prefix: int
    cache: dict = field(default_factory=dict)  # tensors made from the steps, by dtype and device


_SAME = 1e-12  # radians
_SAMPLE = 4096  # numbers that say whether the distinct ones are few


@lru_cache(maxsize=16)
def compile_circuit(circuit: Circuit) -> Program:
    """The circuit as a program.

    Raises
    ------
    ConfigError
        For what a state vector cannot go through: channels, resets, measurements with anything but
        measurements after them.
    """
    groups = _group(circuit)
    steps: list[Step] = [_finish(g, circuit.n_qubits) for g in groups]
    merged = _merge_phases(_turn_real(steps, circuit.n_qubits))
    steps = _gather_rotations([_compressed(s) if isinstance(s, Phases) else s for s in merged])
    prefix = next((k for k, s in enumerate(steps) if not s.is_constant), len(steps))
    return Program(circuit.n_qubits, circuit.parameters, tuple(steps), prefix)


# Grouping ---------------------------------------------------------------------------------------------------


@dataclass
class _Group:
    kind: str  # "block" | "phases" | "shuffle"
    operations: list[Operation]
    qubits: set[int]
    products: set[tuple[str, ...]]


def _group(circuit: Circuit) -> list[_Group]:
    groups: list[_Group] = []
    room = max(1, _MOST_PHASES // (8 << circuit.n_qubits))
    for op in _plain(circuit):
        products = {p.names for p in op.free}
        kind = (
            "phases"
            if op.gate in _DIAGONAL
            else "shuffle"
            if op.gate in _SHUFFLES and len(op.qubits) > 1
            else "block"
        )
        if circuit.n_qubits > _WIDE and not products and op.gate != "gphase":
            kind = "block"
        home = _home(groups, op, kind, products, room)
        if home is None:
            if kind == "phases" and len(op.qubits) < 2 and op.gate != "gphase":
                kind = "block"  # a phase on one qubit is no reason for a pass of its own
            home = _Group(kind, [], set(), set())
            groups.append(home)
        home.operations.append(op)
        home.qubits |= set(op.qubits)
        home.products |= products
    return groups


def _home(
    groups: list[_Group], op: Operation, kind: str, products: set[tuple[str, ...]], room: int
) -> _Group | None:
    """The latest group that the operation may join: it commutes past every group behind that one."""
    qubits, found = set(op.qubits), None
    for group in reversed(groups):
        if kind == "phases" and group.kind == "phases" and len(group.products | products) <= room:
            return group
        if (
            group.kind == "block"
            and kind != "shuffle"
            and op.gate != "gphase"
            and len(group.qubits | qubits) <= BLOCK
        ):
            small = kind == "block" or len(qubits) == 1 or (qubits <= group.qubits and not products)
            if small and (group.qubits & qubits or found is None):
                found = group
        if kind == "shuffle" and group.kind == "shuffle":
            return group
        if kind == "shuffle" and group.kind == "block" and qubits <= group.qubits and not group.products:
            return group
        if group.qubits & qubits and not (kind == "phases" and group.kind == "phases"):
            break
    return found


def _plain(circuit: Circuit) -> list[Operation]:
    """Gates with at most one angle each; barriers and final measurements left out."""
    out: list[Operation] = []
    for op in without_measurements(circuit):
        if not op.is_gate:
            raise ConfigError(
                f"a state vector cannot go through {op.gate} on qubits {op.qubits}; the backends "
                "density_matrix and trajectories can"
            )
        out += one_angle_each(op)
    return out


def without_measurements(circuit: Circuit) -> list[Operation]:
    """Operations in order of time, without barriers, identities and the measurements at the end.

    Raises
    ------
    ConfigError
        If anything but a measurement follows a measurement on its qubit.
    """
    out: list[Operation] = []
    measured: set[int] = set()
    for op in circuit.operations:
        if op.gate in {"barrier", "id"}:
            continue
        if op.gate == "measure":
            measured |= set(op.qubits)
            continue
        if measured & set(op.qubits):
            raise ConfigError(
                f"{op.gate} on qubits {op.qubits} comes after a measurement of them; only measurements at "
                "the end can be left out"
            )
        out.append(op)
    return out


def one_angle_each(op: Operation) -> list[Operation]:
    """A gate with several free angles as gates with one each."""
    if op.gate == "u" and op.free:
        theta, phi, lam = op.params
        return [
            Operation("p", op.qubits, (lam,)),
            Operation("ry", op.qubits, (theta,)),
            Operation("p", op.qubits, (phi,)),
        ]
    if op.gate == "cu" and op.free:
        theta, phi, lam, gamma = op.params
        steps = [("cp", lam), ("cry", theta), ("cp", phi)]
        return [Operation("p", op.qubits[:1], (gamma,)), *(Operation(g, op.qubits, (a,)) for g, a in steps)]
    return [op]


# Finishing --------------------------------------------------------------------------------------------------


def _finish(group: _Group, n: int) -> Step:
    if group.kind == "phases":
        return _phases(group.operations, n)
    if group.kind == "shuffle":
        source = np.arange(1 << n)
        for op in group.operations:
            source = source[_moved(op, n)]
        return Shuffle(source, np.argsort(source))
    qubits = tuple(sorted(group.qubits))
    factors: list[np.ndarray | Operation] = []
    for op in group.operations:
        local = Operation(op.gate, tuple(qubits.index(q) for q in op.qubits), op.params, op.matrices)
        if local.free:
            factors.append(local)
            continue
        matrix = apply_matrix(
            local.matrix(), np.eye(1 << len(qubits), dtype=np.complex128), local.qubits, len(qubits)
        )
        if factors and isinstance(factors[-1], np.ndarray):
            factors[-1] = matrix @ factors[-1]
        else:
            factors.append(matrix)
    return Block(
        qubits,
        tuple(f.real.copy() if isinstance(f, np.ndarray) and not np.any(f.imag) else f for f in factors),
    )


def apply_matrix(matrix: np.ndarray, columns: np.ndarray, qubits: tuple[int, ...], n: int) -> np.ndarray:
    """A gate applied to the rows' index of (2ⁿ, c)."""
    k = len(qubits)
    shaped = columns.reshape([2] * n + [-1])
    out = np.tensordot(matrix.reshape([2] * (2 * k)), shaped, axes=(range(k, 2 * k), qubits))
    return np.moveaxis(out, range(k), qubits).reshape(columns.shape)


def _moved(op: Operation, n: int) -> np.ndarray:
    """Where each amplitude after the gate comes from."""
    index, k = np.arange(1 << n), len(op.qubits)
    source_of = np.argmax(np.abs(op.matrix()), axis=1)  # row → column of the permutation matrix
    places = [n - 1 - q for q in op.qubits]
    inner = sum(((index >> p) & 1) << (k - 1 - j) for j, p in enumerate(places))
    moved = source_of[inner]
    rest = index & ~sum(1 << p for p in places)
    return rest | sum(((moved >> (k - 1 - j)) & 1) << p for j, p in enumerate(places))


def _phases(operations: list[Operation], n: int) -> Phases:
    """One exponent per product of parameters; angles are linear in it, so the gates' exponents add up.

    A gate on few qubits has few Walsh coefficients. All gates' are added up, and one transform makes what
    they say of every amplitude.
    """
    constant = np.zeros(1 << n)
    exponents: dict[tuple[str, ...], np.ndarray] = {}
    for op in operations:
        places, inner = _characters(op.qubits, n)
        if not op.free:
            constant[places] += inner @ np.angle(np.diag(op.matrix()))
            continue
        angle = op.params[0]
        assert isinstance(angle, Parameter)
        # radians of phase per radian of angle
        per_angle = inner @ np.angle(np.diag(GATES[op.gate].matrix(1.0)))
        constant[places] += angle.shift * per_angle
        exponents.setdefault(angle.names, np.zeros(1 << n))[places] += angle.scale * per_angle
    stacked = np.stack([*exponents.values()]) if exponents else np.zeros((0, 1 << n))
    return Phases(tuple(exponents), walsh(constant), walsh(stacked), None)


def _characters(qubits: tuple[int, ...], n: int) -> tuple[np.ndarray, np.ndarray]:
    """Where a gate's Walsh coefficients belong among 2ⁿ (all different), and the matrix that makes them of
    its diagonal.
    """
    k = len(qubits)
    inner = np.arange(1 << k)
    shifted = (((inner >> (k - 1 - j)) & 1) << (n - 1 - q) for j, q in enumerate(qubits))
    places = sum(shifted, np.zeros_like(inner))
    odd = np.bitwise_count(inner[:, None] & inner).astype(np.int64) & 1
    return places, (1 - 2 * odd) / (1 << k)


def _compressed(phases: Phases) -> Phases:
    """Few different columns, as with a MaxCut's cost: keep each once."""
    constant, exponents = phases.constant, phases.exponents
    size = constant.size
    if size < 1 << 10 or phases.column is not None:
        return phases
    key, count = np.zeros(size, np.int64), 1
    for row in (np.mod(constant + 1e-9, 2 * np.pi), *exponents):
        values, inverse = _distinct(np.round(row, 12))
        if count * len(values) > size:
            return phases
        key, count = key * len(values) + inverse, count * len(values)
    present = np.zeros(count, bool)
    present[key] = True
    column = (np.cumsum(present) - 1)[key].astype(np.int32)
    used = int(present.sum())
    if used > size // 8:
        return phases
    first = np.zeros(used, np.int64)
    first[column[::-1]] = np.arange(size - 1, -1, -1)
    return Phases(phases.products, constant[first], exponents[:, first], column)


def _distinct(row: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The distinct values, sorted, and which of them each is. Where a sample says that they are few, most are
    found by bisection among those, which is faster than sorting them all.
    """
    sample = np.unique(row[np.random.default_rng(0).integers(0, len(row), _SAMPLE)])
    if len(sample) > _SAMPLE // 4:
        values, inverse = np.unique(row, return_inverse=True)
        return values, inverse.ravel()
    while True:
        place = np.minimum(np.searchsorted(sample, row), len(sample) - 1)
        missing = sample[place] != row
        if not missing.any():
            return sample, place
        sample = np.union1d(sample, row[missing])


def _expanded(phases: Phases) -> tuple[np.ndarray, np.ndarray]:
    if phases.column is None:
        return phases.constant, phases.exponents
    return phases.constant[phases.column], phases.exponents[:, phases.column]


# Peepholes --------------------------------------------------------------------------------------------------


def _turn_real(steps: list[Step], n: int) -> list[Step]:
    """RX = S† RY S: next to phases, mixers become real matrices, half the arithmetic, and the S go into the
    phases for nothing.
    """
    out: list[Step] = []
    quarters: dict[tuple[int, ...], tuple[Phases, Phases]] = {}  # every layer has the same
    for is_mixer, run in groupby(steps, _is_mixer):
        blocks = list(run)
        if not is_mixer or not any(isinstance(s, Phases) for s in steps):
            out += blocks
            continue
        turned = [
            Block(b.qubits, tuple(Operation("ry", f.qubits, f.params) for f in b.factors))  # type: ignore[union-attr]
            for b in blocks
        ]
        # each once, however often it is turned
        qubits = tuple(dict.fromkeys(q for b in turned for q in b.qubits))
        if qubits not in quarters:
            sides = [_phases([Operation(gate, (q,)) for q in qubits], n) for gate in ("s", "sdg")]
            quarters[qubits] = (sides[0], sides[1])
        quarter, back = quarters[qubits]
        out += [quarter, *turned, back]
    return out


def _is_mixer(step: Step) -> bool:
    return isinstance(step, Block) and all(isinstance(f, Operation) and f.gate == "rx" for f in step.factors)


def _merge_phases(steps: list[Step]) -> list[Step]:
    """Phases without parameters wander past blocks on other qubits and join the phases they meet."""
    out: list[Step] = []
    for step in steps:
        if isinstance(step, Phases):
            place = _reachable(out, step)
            if place is not None:
                out[place] = _product(out[place], step)  # type: ignore[arg-type]
                continue
        out.append(step)
    return out


def _reachable(steps: list[Step], phases: Phases) -> int | None:
    touched = _touched(phases) if phases.is_constant else None
    for k in range(len(steps) - 1, -1, -1):
        step = steps[k]
        if isinstance(step, Phases):
            return k
        if touched is None or isinstance(step, Shuffle) or touched & set(step.qubits):
            return None
    return None


def _touched(phases: Phases) -> set[int]:
    """Qubits that the phases depend on."""
    constant, _ = _expanded(phases)
    n = constant.size.bit_length() - 1
    touched = set()
    for q in range(n):
        shaped = constant.reshape(1 << q, 2, -1)
        if np.abs(shaped[:, 0] - shaped[:, 1]).max() > _SAME:
            touched.add(q)
    return touched


def _product(a: Phases, b: Phases) -> Phases:
    (constant_a, exponents_a), (constant_b, exponents_b) = _expanded(a), _expanded(b)
    merged = dict(zip(a.products, exponents_a, strict=True))
    for names, row in zip(b.products, exponents_b, strict=True):
        merged[names] = merged.get(names, 0.0) + row
    stacked = np.stack([*merged.values()]) if merged else np.zeros((0, constant_a.size))
    return Phases(tuple(merged), constant_a + constant_b, stacked, None)


def _gather_rotations(steps: list[Step]) -> list[Step]:
    """Blocks of RY alone, next to each other and on different qubits, as one step."""
    out: list[Step] = []
    for is_ry, run in groupby(steps, _is_ry):
        if not is_ry:
            out += run
            continue
        qubits: list[int] = []
        angles: list[Parameter] = []
        for block in run:
            for factor in block.factors:  # type: ignore[union-attr]
                qubit = block.qubits[factor.qubits[0]]  # type: ignore[union-attr]
                if qubit in qubits:
                    out.append(Rotations(tuple(qubits), tuple(angles)))
                    qubits, angles = [], []
                qubits.append(qubit)
                angles.append(factor.params[0])  # type: ignore[union-attr, arg-type]
        out.append(Rotations(tuple(qubits), tuple(angles)))
    return out


def _is_ry(step: Step) -> bool:
    return isinstance(step, Block) and all(isinstance(f, Operation) and f.gate == "ry" for f in step.factors)
