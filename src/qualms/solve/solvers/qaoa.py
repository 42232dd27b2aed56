"""QAOA on any backend, and the placebo that stands beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import numpy as np
import torch

from qualms.backends import Backend, get_backend
from qualms.circuits import Circuit
from qualms.data.numbers import plain_real
from qualms.errors import ConfigError, TooLargeError
from qualms.kernels.annealing import IsingModel
from qualms.problems.problem import Problem
from qualms.problems.spins import descended
from qualms.records.quadrant import CLASSICAL, Quadrant
from qualms.records.twin import Twin
from qualms.solve.encodings import IsingEncoding, ising_encoding
from qualms.solve.qaoa.angles import fixed, table
from qualms.solve.qaoa.circuit import MIXERS, Cost, circuit, warm_angles
from qualms.solve.solvers.solver import Clock, Effort, Finding, Limits, positive, without_spins

_MOST = 20  # spins simulated; 2^20 amplitudes
_BATCHES = 4  # of samples, where rounds do not say how many
_STEPS = 60  # evaluations of a search for angles


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
    angles.

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
        return (PLACEBO,)

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
            _warm(c, seed) if self.mixer == "warm" else None,
            encoding.one_hot,
        )
        start = fixed(self.depth, cost.degree) if self.depth in table() else _ramp(self.depth)
        best, batch, drawn = np.inf, 0, 0
        values = start

        def draw(x: np.ndarray) -> np.ndarray:
            return self._samples(made, x, c.n, rng)

        if self.angles == "optimised":
            # half of the time is for samples
            search = Clock(Limits(clock.left / 2 if clock.limits.rounds is None else clock.left))
            spins, values = self._searched(made, c, start, search, draw)
            drawn += len(spins)
            yield Effort(drawn, "samples")
            best, found = _lowest(c, spins, best, self.descend, clock)
            if found is not None:
                yield encoding.decode(found)
        while batch == 0 or not (clock.over() or (clock.limits.rounds is None and batch >= _BATCHES)):
            best, found = _lowest(c, draw(values), best, self.descend, clock)
            drawn += self.shots
            yield Effort(drawn, "samples")
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

        def loss(x: np.ndarray) -> float:
            nonlocal best
            if clock.left == 0:
                raise StopIteration
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

        def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
            nonlocal best
            if clock.left == 0:
                raise StopIteration
            values = torch.tensor(x, dtype=torch.float64, requires_grad=True)
            energy = self.backend.expectation(made, cost.pauli, _ordered_tensor(made, values))
            (slope,) = torch.autograd.grad(energy, values)
            if energy.item() < best[0]:
                best = energy.item(), x.copy()
            return energy.item(), slope.numpy()

        with contextlib.suppress(StopIteration):
            minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxfun": _STEPS})
        return best[1]


class Placebo:
    """A quantum arm without its circuit: as many samples of the same start, unentangled and unturned, and the
    same work after them.

    How many `Limits.effort` says; without it one batch. Plain and CVaR arms get uniform spins; the XY arm
    uniform choices of each group; the warm arm its start state's own product of coins.
    """

    quadrant = CLASSICAL

    def __init__(self, of: QAOASolver) -> None:
        self.of, self.name = of, PLACEBO.name_of(of.name)

    def refuses(self, problem: Problem) -> str | None:
        return self.of.refuses(problem)

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        encoding, rng = ising_encoding(problem), np.random.default_rng([seed, 1])
        c, best, drawn = encoding.model, np.inf, 0
        most = self.of.shots if clock.limits.effort is None else clock.limits.effort
        chance = (
            np.sin(warm_angles(_warm(c, seed)) / 2) ** 2 if self.of.mixer == "warm" else np.full(c.n, 0.5)
        )
        while drawn < most:
            count = min(most - drawn, self.of.shots)
            spins = np.where(rng.random((count, c.n)) < chance, -1.0, 1.0)
            if self.of.mixer == "xy":
                _choose(spins, encoding, rng)
            best, found = _lowest(c, spins, best, self.of.descend, clock)
            drawn += count
            yield Effort(drawn, "samples")
            if found is not None:
                yield encoding.decode(found)
            clock.made()


PLACEBO = Twin("placebo", "random classical samples stand in place of the quantum circuit's", Placebo)


def _backend(backend: Backend | str) -> Backend:
    if not isinstance(backend, str):
        return backend
    name, _, device = backend.partition("/")
    return get_backend(name, name=device) if device else get_backend(name)


def largest(backend: Backend) -> int:
    """Spins that it runs."""
    return min(_MOST, backend.max_qubits)


def _warm(c: IsingModel, seed: int) -> np.ndarray:
    return descended(c, np.random.default_rng([seed, 2]).choice(np.array([-1.0, 1.0]), c.n))


def _choose(spins: np.ndarray, encoding: IsingEncoding, rng: np.random.Generator) -> None:
    for group in encoding.one_hot:
        spins[:, group] = -1
        spins[np.arange(len(spins)), np.asarray(group)[rng.integers(0, len(group), len(spins))]] = 1


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
    states = np.arange(1 << c.n)
    total = np.full(len(states), c.offset)
    spin = [1.0 - 2.0 * ((states >> (c.n - 1 - k)) & 1) for k in range(c.n)]
    for i, j, v in zip(*c.pairs(), strict=True):
        total += v * spin[i] * spin[j]
    for k in np.flatnonzero(c.fields):
        total += c.fields[k] * spin[k]
    return total


def _cvar(energies: np.ndarray, weights: np.ndarray, share: float) -> float:
    """Mean of the lowest share."""
    order = np.argsort(energies, kind="stable")
    e, w = energies[order], weights[order]
    taken = np.minimum(w, np.maximum(0.0, share - (np.cumsum(w) - w)))
    return float((e @ taken) / taken.sum())


def _lowest(
    c: IsingModel, spins: np.ndarray, best: float, descend: bool, clock: Clock
) -> tuple[float, np.ndarray | None]:
    """The lowest energy, and the spins behind it if that is new.

    Samples that the time does not let down count as they are.
    """
    if not len(spins):
        return best, None
    spins = np.unique(spins, axis=0)
    if descend:
        for k in range(len(spins)):
            if clock.left == 0:
                break
            spins[k] = descended(c, spins[k])
    energies = c.energies(spins)
    k = int(energies.argmin())
    return (float(energies[k]), spins[k]) if energies[k] < best else (best, None)
