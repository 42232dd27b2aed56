"""QAOA on any backend; its twins are in `placebos`."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import numpy as np
import torch

from qualms.backends import Backend, get_backend
from qualms.circuits import Circuit
from qualms.data.numbers import plain_real
from qualms.errors import ConfigError, TooLargeError
from qualms.kernels.annealing import IsingModel
from qualms.kernels.walsh import walsh
from qualms.problems.problem import Problem
from qualms.records.quadrant import CLASSICAL, Quadrant
from qualms.records.twin import Twin
from qualms.solve.encodings import ising_encoding
from qualms.solve.qaoa.angles import fixed, table
from qualms.solve.qaoa.circuit import MIXERS, Cost, circuit
from qualms.solve.solvers.placebos import PLACEBOS
from qualms.solve.solvers.samples import Marginals, lowest, warm_start
from qualms.solve.solvers.solver import Clock, Effort, Finding, Limits, positive, without_spins

_MOST = 20  # spins simulated; 2^20 amplitudes
_BATCHES = 4  # of samples, where rounds do not say how many
_STEPS = 60  # evaluations of a search for angles
_QUICK = 14  # spins of which a circuit takes milliseconds
_TRANSFORMS = 10.0  # Walsh transforms that take as long as a layer of a circuit does the first time
_OTHER_MIXERS = 2.5  # times as long, where mixers are more than a turn of each spin


class QAOASolver:
    """Samples of QAOA, each improved by greedy descent, flipping single spins, the best kept.

    Parameters
    ----------
    depth : int, default 3
        Layers.
    angles : str, default "optimised"
        "optimised" from the fixed ones, or "fixed".
    mixer : str, default "x"
        "x", "warm" (started from a greedy answer), "xy" (one-of-many choices are kept).
    cvar : float, default 1.0
        The share of lowest energies whose mean is minimised when angles are optimised; 1 is the plain
        mean.
    backend : Backend | str, default "statevector"
        A `Backend` or its name, "statevector", "sampled", "aer", …; "ibm/fake_sherbrooke" names a device
        of a service. On an exact backend the mean is climbed by its gradient; else, and for cvar < 1,
        without one (COBYLA), from `shots` samples each time.
    shots : int, default 1024
        Samples of a round; four rounds where the limits have none.
    descend : bool, default True
        Whether samples are improved by greedy descent.

    Notes
    -----
    The effort that the solver reports is the number of samples drawn, including those of the search for
    angles, with the marginals of those that were drawn with the angles found.

    References
    ----------
    Farhi, Goldstone, Gutmann (2014); CVaR: Barkoutsos et al., Quantum 4, 256 (2020); see `qaoa.circuit` for
    warm starts and XY mixers.
    """

    def __init__(
        self, depth: int = 3, angles: str = "optimised", mixer: str = "x", cvar: float = 1.0,
        backend: Backend | str = "statevector", shots: int = 1024, descend: bool = True, name: str = "qaoa",
    ) -> None:  # fmt: skip
        depth, shots = positive("depth", depth), positive("shots", shots)
        if plain_real(cvar) is None or not 0 < cvar <= 1:
            raise ConfigError(f"cvar={cvar!r} must be above 0 and at most 1")
        if angles not in ("optimised", "fixed"):
            raise ConfigError(f"angles={angles!r} must be 'optimised' or 'fixed'")
        if angles == "fixed" and depth not in table():
            raise ConfigError(
                f"fixed angles exist for {min(table())} to {max(table())} layers, not for {depth}"
            )
        if mixer not in MIXERS:
            raise ConfigError(f"mixer {mixer!r} is unknown; there are {', '.join(MIXERS)}")
        self.depth, self.angles, self.mixer, self.cvar, self.shots, self.descend, self.name = (
            depth,
            angles,
            mixer,
            float(cvar),
            shots,
            descend,
            name,
        )
        self.backend = _backend(backend)

    @property
    def quadrant(self) -> Quadrant:
        return (
            self.backend.quadrant
            if self.backend.quadrant != CLASSICAL
            else Quadrant("classical", "simulated quantum")
        )

    @property
    def twins(self) -> tuple[Twin, ...]:
        return PLACEBOS

    def refuses(self, problem: Problem) -> str | None:
        why = without_spins(problem)
        if why is not None:
            return why
        encoding, most = ising_encoding(problem), largest(self.backend)
        n = encoding.model.n
        if n > most or n < 1:
            return f"{n} spins; {self.backend.name} runs 1 to {most} of them here"
        return (
            "no one-of-many choices, which the XY mixer keeps"
            if self.mixer == "xy" and not encoding.one_hot
            else None
        )

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        encoding, rng = ising_encoding(problem), np.random.default_rng(seed)
        c = encoding.model
        cost = Cost.of(c)
        made = circuit(
            cost,
            c.n,
            self.depth,
            self.mixer,
            warm_start(c, seed) if self.mixer == "warm" else None,
            encoding.one_hot,
        )
        _check_time(self, c.n, clock)
        start = fixed(self.depth, cost.degree) if self.depth in table() else _ramp(self.depth)
        best, batch, drawn = np.inf, 0, 0
        marginals: Marginals | None = None
        values = start

        def draw(x: np.ndarray) -> np.ndarray:
            return self._samples(made, x, c.n, rng)

        if self.angles == "optimised":
            # half of the time is for samples
            search = Clock(Limits(clock.left / 2 if clock.limits.rounds is None else clock.left))
            spins, values = self._searched(made, c, start, search, draw)
            drawn += len(spins)
            yield Effort(drawn, "samples")
            best, found = lowest(c, spins, best, self.descend, clock)
            if found is not None:
                yield encoding.decode(found)
        while batch == 0 or not (clock.over() or (clock.limits.rounds is None and batch >= _BATCHES)):
            spins = draw(values)
            marginals = Marginals.of(spins) if marginals is None else marginals.joined(Marginals.of(spins))
            best, found = lowest(c, spins, best, self.descend, clock)
            drawn += self.shots
            yield Effort(drawn, "samples", marginals)
            if found is not None:
                yield encoding.decode(found)
            batch += 1
            clock.made()

    def _samples(self, made: Circuit, values: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
        counts = (
            self.backend.sample(made, self.shots, int(rng.integers(2**31)), _ordered(made, values))
            .reshape(-1)
            .numpy()
        )
        states = np.repeat(np.arange(len(counts)), counts)
        return 1.0 - 2.0 * ((states[:, None] >> np.arange(n - 1, -1, -1)) & 1)

    def _searched(
        self,
        made: Circuit,
        c: IsingModel,
        start: np.ndarray,
        clock: Clock,
        draw: Callable[[np.ndarray], np.ndarray],
    ) -> tuple[np.ndarray, np.ndarray]:
        """The samples that the search took, and the angles."""
        from scipy.optimize import minimize

        if self.cvar == 1 and self.backend.differentiable:
            return np.zeros((0, c.n)), self._climbed(made, c, start, clock)
        states = None if self.backend.noisy or not self.backend.differentiable else _energies(c)
        drawn: list[np.ndarray] = []
        best: tuple[float, np.ndarray] = (np.inf, start)

        allowed = _Evaluations(clock)

        def loss(x: np.ndarray) -> float:
            nonlocal best
            allowed.one_more()
            if states is not None:
                p = self.backend.probabilities(made, _ordered(made, x)).detach().reshape(-1).numpy()
                value = _cvar(states, p, self.cvar)
            else:
                drawn.append(draw(x))
                e = c.energies(drawn[-1])
                value = _cvar(e, np.full(len(e), 1 / len(e)), self.cvar)
            if value < best[0]:
                best = value, x.copy()
            return value

        with contextlib.suppress(StopIteration):
            minimize(loss, start, method="COBYLA", options={"maxiter": _STEPS, "rhobeg": 0.1})
        return np.concatenate([*drawn, np.zeros((0, c.n))]), best[1]

    def _climbed(self, made: Circuit, c: IsingModel, start: np.ndarray, clock: Clock) -> np.ndarray:
        from scipy.optimize import minimize

        cost = Cost.of(c)
        best: tuple[float, np.ndarray] = (np.inf, start)

        allowed = _Evaluations(clock)

        def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
            nonlocal best
            allowed.one_more()
            values = torch.tensor(x, dtype=torch.float64, requires_grad=True)
            energy = self.backend.expectation(made, cost.pauli, _ordered_tensor(made, values))
            (slope,) = torch.autograd.grad(energy, values)
            if energy.item() < best[0]:
                best = energy.item(), x.copy()
            return energy.item(), slope.numpy()

        with contextlib.suppress(StopIteration):
            minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxfun": _STEPS})
        return best[1]


class _Evaluations:
    """Stops a search before an evaluation that its time would not suffice for, as the last one shows; the
    first, which makes the circuit's program, says nothing of the others.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock, self._last, self._made = clock, clock.spent, 0

    def one_more(self) -> None:
        """Raises StopIteration where there is no time for it."""
        now = self._clock.spent
        took = now - self._last if self._made > 1 else 0.0
        self._last, self._made = now, self._made + 1
        if self._clock.limits.rounds is None and self._clock.left <= took:
            raise StopIteration


def _check_time(solver: QAOASolver, n: int, clock: Clock) -> None:
    """Raises ConfigError where the exact simulation of a single circuit takes longer than there is.

    Measured in Walsh transforms of 2ⁿ numbers, whose speed is measured here on few.
    """
    if clock.limits.rounds is not None or solver.backend.noisy or not solver.backend.differentiable:
        return
    if n < _QUICK:
        return
    numbers, took = np.ones(1 << _QUICK), np.inf
    for _ in range(5):
        began = time.perf_counter()
        walsh(numbers)
        took = min(took, time.perf_counter() - began)
    transforms = _TRANSFORMS * solver.depth * (1.0 if solver.mixer == "x" else _OTHER_MIXERS)
    foreseen = transforms * took * (n / _QUICK) * 2.0 ** (n - _QUICK)
    if foreseen > clock.left:
        raise ConfigError(
            f"a circuit of {n} spins and {solver.depth} layers takes about {foreseen:.2g} s to simulate "
            f"here, and {clock.left:.2g} s are left; give more time or fewer layers"
        )


def _backend(backend: Backend | str) -> Backend:
    if not isinstance(backend, str):
        return backend
    name, _, device = backend.partition("/")
    return get_backend(name, name=device) if device else get_backend(name)


def largest(backend: Backend) -> int:
    """Spins that it runs."""
    return min(_MOST, backend.max_qubits)


def _ramp(depth: int) -> np.ndarray:
    """γ up, β down, as an annealer would (Sack and Serbyn 2021)."""
    k = (np.arange(depth) + 0.5) / depth
    return np.stack([0.75 * k, 0.75 * (1 - k)], 1).reshape(-1)


def _ordered_tensor(made: Circuit, values: torch.Tensor) -> torch.Tensor:
    """(γ_0, β_0, …) in the order of the circuit's parameters."""
    place = {
        name: k
        for k, name in enumerate(n for d in range(len(values) // 2) for n in (f"gamma{d}", f"beta{d}"))
    }
    return values[[place[str(p)] for p in made.parameters]]


def _ordered(made: Circuit, values: np.ndarray) -> torch.Tensor:
    return _ordered_tensor(made, torch.tensor(values, dtype=torch.float64))


def _energies(c: IsingModel) -> np.ndarray:
    """Of every state, the first spin the most significant bit, |0⟩ up."""
    if c.n > _MOST:
        raise TooLargeError(f"{c.n} spins are too many: at most {_MOST} can be simulated")
    i, j, values = c.pairs()
    characters, bit = np.zeros(1 << c.n), 1 << np.arange(c.n - 1, -1, -1)
    characters[0] = c.offset
    characters[bit] += c.fields
    characters[bit[i] | bit[j]] += values
    return walsh(characters)


def _cvar(energies: np.ndarray, weights: np.ndarray, share: float) -> float:
    """Mean of the lowest share."""
    order = np.argsort(energies, kind="stable")
    e, w = energies[order], weights[order]
    taken = np.minimum(w, np.maximum(0.0, share - (np.cumsum(w) - w)))
    return float((e @ taken) / taken.sum())
