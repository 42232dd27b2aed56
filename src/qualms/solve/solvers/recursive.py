"""Recursive QAOA: the surest correlation fixes a spin, again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from qualms.kernels.annealing import IsingModel
from qualms.problems.problem import Problem
from qualms.problems.spins import descended
from qualms.records.quadrant import CLASSICAL, Quadrant
from qualms.records.twin import Twin
from qualms.solve.encodings import ising_encoding
from qualms.solve.qaoa.light_cone import parts
from qualms.solve.solvers.solver import Clock, Effort, Finding, without_spins

_LEFT = 12  # spins that are enumerated
_MOST, _MOST_PAIRS = 400, 3000
_GAMMAS = 24
_SAMPLES = 1024  # of the placebo, at each step

# ⟨Z⟩ of spins and ⟨ZZ⟩ of couplings
Signs = Callable[[IsingModel, np.random.Generator, Clock], tuple[np.ndarray, np.ndarray]]


class RecursiveQAOASolver:
    """One layer of QAOA by its closed form (a light cone of any size), the strongest ⟨Z⟩ or ⟨ZZ⟩ made a rule,
    until twelve spins are left.

    What is left is enumerated, and the whole let down by single flips. A round is one such run; later ones
    break ties otherwise.

    References
    ----------
    Bravyi, Kliesch, Koenig, Tang, "Obstacles to variational quantum optimization from symmetry protection",
    Phys. Rev. Lett. 125, 260505 (2020).
    """

    name = "qaoa-recursive"
    quadrant = Quadrant("classical", "simulated quantum")

    @property
    def twins(self) -> tuple[Twin, ...]:
        return (PLACEBO,)

    def refuses(self, problem: Problem) -> str | None:
        return _refused(problem)

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        yield from _runs(problem, clock, seed, _one_layer, 4 if clock.limits.rounds is None else None)


class RecursivePlacebo:
    """The same recursion on correlations of 1,024 random states.

    As many runs as `Limits.effort` says; without it one.
    """

    quadrant = CLASSICAL

    def __init__(self, of: RecursiveQAOASolver) -> None:
        self.name = PLACEBO.name_of(of.name)

    def refuses(self, problem: Problem) -> str | None:
        return _refused(problem)

    def run(self, problem: Problem, clock: Clock, seed: int) -> Iterator[Finding]:
        yield from _runs(problem, clock, seed, _random_states, clock.limits.effort or 1)


PLACEBO = Twin(
    "placebo", "the correlations of random states stand in place of the quantum circuit's", RecursivePlacebo
)


def _refused(problem: Problem) -> str | None:
    why = without_spins(problem)
    if why is not None:
        return why
    n = ising_encoding(problem).model.n
    pairs = len(ising_encoding(problem).model.values) // 2
    return (
        f"{n} spins and {pairs:,} couplings; at most {_MOST} and {_MOST_PAIRS:,}"
        if n > _MOST or pairs > _MOST_PAIRS
        else None
    )


def _runs(problem: Problem, clock: Clock, seed: int, signs: Signs, most: int | None) -> Iterator[Finding]:
    """What `most` runs at most find, and how many there have been."""
    encoding, best, attempt = ising_encoding(problem), np.inf, 0
    c = encoding.model
    while attempt == 0 or not (clock.over() or (most is not None and attempt >= most)):
        rng = np.random.default_rng([seed, attempt])
        spins = descended(c, _recursed(c, signs, rng, clock))
        energy = float(c.energies(spins))
        attempt += 1
        clock.made()
        yield Effort(attempt, "runs")
        if energy < best:
            best = energy
            yield encoding.decode(spins)


def _recursed(c: IsingModel, signs: Signs, rng: np.random.Generator, clock: Clock) -> np.ndarray:
    """Spins ±1 of the whole. Time that runs out leaves the rest at random."""
    n, now, left = c.n, c, np.arange(c.n)
    rules: list[tuple[int, int, int]] = []  # (spin, spin it follows or −1, sign)
    while now.n > _LEFT and clock.left > 0:
        single, double = signs(now, rng, clock)
        i, j, _ = now.pairs()
        strength = np.concatenate([np.abs(single), np.abs(double)]) + 1e-9 * rng.random(
            len(single) + len(double)
        )
        k = int(strength.argmax())
        if k < now.n:
            sign = 1 if single[k] >= 0 else -1
            rules.append((int(left[k]), -1, sign))
            now, left = _without(now, k, None, sign), np.delete(left, k)
        else:
            a, b = int(i[k - now.n]), int(j[k - now.n])
            sign = 1 if double[k - now.n] >= 0 else -1
            rules.append((int(left[b]), int(left[a]), sign))
            now, left = _without(now, b, a, sign), np.delete(left, b)
    spins = np.zeros(n)
    spins[left] = _enumerated(now) if now.n <= _LEFT else rng.choice(np.array([-1.0, 1.0]), now.n)
    for spin, follows, sign in reversed(rules):
        spins[spin] = sign if follows < 0 else sign * spins[follows]
    return spins


def _without(c: IsingModel, gone: int, follows: int | None, sign: int) -> IsingModel:
    """The system with s_gone = sign, or sign · s_follows, put in."""
    i, j, values = c.pairs()
    fields = c.fields.copy()
    touched = (i == gone) | (j == gone)
    other = np.where(i == gone, j, i)[touched]
    part = sign * values[touched]
    offset = c.offset
    first, second, weight = i[~touched], j[~touched], values[~touched]
    if follows is None:
        np.add.at(fields, other, part)
        offset += sign * fields[gone]
    else:
        fields[follows] += sign * fields[gone]
        own = other == follows
        offset += float(part[own].sum())
        first = np.concatenate([first, np.full((~own).sum(), follows)])
        second, weight = np.concatenate([second, other[~own]]), np.concatenate([weight, part[~own]])
    shift = np.arange(c.n) - (np.arange(c.n) > gone)
    return IsingModel.from_pairs(
        c.n - 1, shift[first], shift[second], weight, np.delete(fields, gone), offset
    )


def _one_layer(c: IsingModel, rng: np.random.Generator, clock: Clock) -> tuple[np.ndarray, np.ndarray]:
    """Correlations at the angles of the lowest energy: γ on a grid, β where the three harmonics are least."""
    _, _, values = c.pairs()
    size = (
        float(np.sqrt((np.concatenate([values, c.fields[c.fields != 0]]) ** 2).mean()))
        if len(values) or c.fields.any()
        else 1.0
    )
    betas = np.linspace(-np.pi / 4, np.pi / 4, 91)
    s2, s4 = np.sin(2 * betas), np.sin(4 * betas)
    best: tuple[float, float, tuple[np.ndarray, np.ndarray, np.ndarray]] | None = None
    for gamma in np.linspace(0.05, 1.2, _GAMMAS) / (2 * max(size, 1e-12)):
        single, one, two = parts(c, float(gamma))
        energies = s2 * (c.fields @ single) + 0.5 * s4 * (values @ one) - 0.5 * s2 * s2 * (values @ two)
        k = int(energies.argmin())
        if best is None or energies[k] < best[0]:
            best = float(energies[k]), float(betas[k]), (single, one, two)
        if clock.left == 0:
            break
    assert best is not None
    beta, (single, one, two) = best[1], best[2]
    return np.sin(2 * beta) * single, 0.5 * np.sin(4 * beta) * one - 0.5 * np.sin(2 * beta) ** 2 * two


def _random_states(c: IsingModel, rng: np.random.Generator, clock: Clock) -> tuple[np.ndarray, np.ndarray]:
    spins = rng.choice(np.array([-1.0, 1.0]), (_SAMPLES, c.n))
    i, j, _ = c.pairs()
    return np.where(c.fields != 0, spins.mean(0), 0.0), (spins[:, i] * spins[:, j]).mean(0)


def _enumerated(c: IsingModel) -> np.ndarray:
    codes = np.arange(1 << c.n)
    spins = 1.0 - 2.0 * ((codes[:, None] >> np.arange(c.n)) & 1)
    return spins[int(c.energies(spins).argmin())]
