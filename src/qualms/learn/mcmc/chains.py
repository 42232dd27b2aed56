"""Metropolis chains with quantum and classical proposals, and how fast each comes to equilibrium."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from qualms.data.numbers import as_integer, plain
from qualms.errors import ConfigError
from qualms.learn.learner import SIMULATED
from qualms.learn.mcmc import proposals
from qualms.learn.mcmc.spins import SpinModel, spin_model, temperature_of
from qualms.records.quadrant import Quadrant
from qualms.records.twin import Twin

CHAINS = {
    "quantum": "the measured evolution in a transverse field",
    "local": "one spin, drawn uniformly, is flipped",
    "uniform": "a state is drawn uniformly",
    "distance": "as many spins are flipped as by the quantum proposal, but any of them",
    "acceptance": "every spin is flipped by chance, and as many proposals are accepted as quantum ones",
}


def proposal(
    name: str, model: SpinModel, temperature: float, quantum: np.ndarray | None = None
) -> np.ndarray:
    """The proposal matrix of a chain, (2ⁿ, 2ⁿ); `quantum` is the quantum one, where it is there already."""
    if name == "local":
        return proposals.local(model.size)
    if name == "uniform":
        return proposals.uniform(model.size)
    found = proposals.quantum(model) if quantum is None else quantum
    if name == "quantum":
        return found
    if name == "distance":
        return proposals.as_far(found)
    if name == "acceptance":
        return proposals.as_acceptable(found, model, temperature)
    raise ConfigError(f"mcmc: unknown proposal {name!r}; there are {', '.join(CHAINS)}")


def transition_matrix(proposal: np.ndarray, energies: np.ndarray, temperature: float) -> np.ndarray:
    """Metropolis's chain, (2ⁿ, 2ⁿ): row x has the probabilities of the next state.

    Parameters
    ----------
    proposal : np.ndarray
        (2ⁿ, 2ⁿ), symmetric.
    energies : np.ndarray
        (2ⁿ,).
    temperature : float
        Positive.
    """
    rise = np.maximum(energies - energies[:, None], 0.0)
    moves = proposal * np.exp(-rise / temperature)
    np.fill_diagonal(moves, 0.0)
    moves[np.diag_indices_from(moves)] = 1 - moves.sum(axis=1)
    return moves


def spectral_gap(proposal: np.ndarray, energies: np.ndarray, temperature: float) -> float:
    """1 − |λ₂| of Metropolis's chain, λ₂ the second largest eigenvalue in absolute value.

    The chain is reversible: it has the eigenvalues of the symmetric matrix √π(x) P(x, y) / √π(y), whose
    entries off the diagonal are Q(x, y) exp(−|E(x) − E(y)|/2T). Nothing is lost there at low temperatures.
    """
    moves = transition_matrix(proposal, energies, temperature)
    symmetric = proposal * np.exp(-np.abs(energies - energies[:, None]) / (2 * temperature))
    symmetric[np.diag_indices_from(symmetric)] = moves.diagonal()
    values = np.linalg.eigvalsh(symmetric)
    return float(1 - max(values[-2], -values[0])) if len(values) > 1 else 1.0


def gap_bound(probabilities: np.ndarray) -> float:
    """The largest gap that any unital quantum proposal can have on a target, at most 1.

    The outcomes of a unital channel on the states of a set are doubly stochastic at most, so that what leaves
    the m likeliest states in a step is at most the probability of the next m. With the indicator of the set
    as test function, the gap is at most that by π(S)(1 − π(S)); the least over m counts. It bounds every
    symmetric classical proposal too.

    Parameters
    ----------
    probabilities : np.ndarray
        (N,): the target.

    References
    ----------
    After Orfi and Sels, "Bounding speedup of quantum-enhanced Markov chain Monte Carlo" (2024).
    """
    ordered = np.sort(probabilities)[::-1]
    # sums from the unlikely end, so that small probabilities keep their digits
    rest = np.r_[np.cumsum(ordered[::-1])[::-1], 0.0]
    count = np.arange(1, len(ordered))
    after = rest[count] - rest[np.minimum(2 * count, len(ordered))]
    inside, outside = np.cumsum(ordered)[count - 1], rest[count]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = after / (inside * outside)
    return float(min(1.0, np.nanmin(found))) if len(found) else 1.0


@dataclass(frozen=True, eq=False)
class MarkovChains:
    """Chains with the same target and different proposals.

    Attributes
    ----------
    spins : int
        Spins, n.
    temperature : float
        In the unit of the energy.
    gaps : dict
        Spectral gap by chain; one over it is the number of steps to forget the start, up to logarithms.
    acceptance : dict
        Share of accepted proposals in equilibrium, by chain.
    bound : float
        The largest gap that any unital quantum proposal can have on this target.
    """

    quadrant: ClassVar[Quadrant] = SIMULATED
    twins: ClassVar[tuple[Twin, ...]]

    spins: int
    temperature: float
    gaps: dict[str, float]
    acceptance: dict[str, float]
    bound: float

    def sentence(self) -> str:
        """What is known of the speed-up, with the numbers of this target."""
        return (
            f"No unital quantum proposal has a gap above {self.bound:.3g} on this target (after Orfi and "
            f"Sels 2024); the measured evolution has {self.gaps['quantum']:.3g}, uniform proposals "
            f"{self.gaps['uniform']:.3g} and single flips {self.gaps['local']:.3g}. On an unstructured "
            "target the bound falls as 2⁻ⁿ, as uniform proposals do: there is no speed-up in the worst case."
        )

    def to_dict(self) -> dict[str, Any]:
        """In plain values."""
        names = ("spins", "temperature", "gaps", "acceptance", "bound")
        found: dict[str, Any] = plain({name: getattr(self, name) for name in names})
        return {**found, "quadrant": self.quadrant.to_dict(), "sentence": self.sentence()}


MarkovChains.twins = tuple(
    Twin(name, words, lambda chains, name=name: chains.gaps[name])
    for name, words in CHAINS.items()
    if name != "quantum"
)


def quantum_enhanced_mcmc(
    couplings: Any,
    fields: Any = None,
    temperature: float = 1.0,
    quantum: np.ndarray | None = None,
) -> MarkovChains:
    """Exact spectral gaps of the quantum-enhanced chain and of its classical twins, up to 12 spins.

    When not to use it: to sample a spin model. A step of the quantum chain takes a circuit and one
    measurement, and a step of single flips some nanoseconds; parallel tempering and cluster moves are the
    methods to beat, and they are not even among the twins. The gap counts steps alone.

    Parameters
    ----------
    couplings : array or SpinModel
        (n, n) symmetric: J of E(s) = Σ_{i<j} J_ij s_i s_j + Σ h_i s_i.
    fields : array, optional
        (n,): h.
    temperature : float
        Of exp(−E/T).
    quantum : np.ndarray, optional
        The quantum proposal from `qualms.learn.mcmc.proposals.quantum`, which does not depend on the
        temperature and takes most of the time.

    Returns
    -------
    MarkovChains

    Raises
    ------
    ConfigError
        For couplings that are not symmetric, or a temperature that is not positive.
    TooLargeError
        For more than 12 spins.

    References
    ----------
    Layden et al., "Quantum-enhanced Markov chain Monte Carlo" (2023).
    """
    model, T = spin_model(couplings, fields), temperature_of(temperature)
    made = proposals.quantum(model) if quantum is None else quantum
    if made.shape != (1 << model.size,) * 2:
        raise ConfigError(
            f"mcmc: the quantum proposal has shape {made.shape}, not that of {model.size} spins"
        )
    matrices = {name: proposal(name, model, T, made) for name in CHAINS}
    return MarkovChains(
        spins=model.size,
        temperature=T,
        gaps={k: spectral_gap(m, model.energies, T) for k, m in matrices.items()},
        acceptance={k: proposals.acceptance(m, model, T) for k, m in matrices.items()},
        bound=gap_bound(model.probabilities(T)),
    )


def sample_chain(
    couplings: Any,
    fields: Any = None,
    temperature: float = 1.0,
    steps: int = 1000,
    seed: int = 0,
    proposed_by: Literal["quantum", "local", "uniform", "distance", "acceptance"] = "quantum",
) -> np.ndarray:
    """Run one chain from a uniformly drawn state.

    Parameters
    ----------
    couplings, fields, temperature
        As in `quantum_enhanced_mcmc`.
    steps : int
        How many.
    seed : int
        Of the start, the proposals and their acceptance.
    proposed_by : str
        "quantum", "local", "uniform", "distance" or "acceptance".

    Returns
    -------
    np.ndarray
        (steps, n) int64 of −1 and 1: the state after every step.
    """
    model, T = spin_model(couplings, fields), temperature_of(temperature)
    count = as_integer(steps, "mcmc: steps=", 1)
    rng = np.random.default_rng(as_integer(seed, "mcmc: seed="))
    chain = np.cumsum(transition_matrix(proposal(proposed_by, model, T), model.energies, T), axis=1)
    chain /= chain[:, -1:]
    state, draws = int(rng.integers(len(chain))), rng.random(count)
    visited = np.empty(count, np.int64)
    for k, draw in enumerate(draws):
        state = int(np.searchsorted(chain[state], draw, side="right"))
        visited[k] = state
    return model.states[visited].astype(np.int64)
