"""Portfolios: return for risk, with few assets, in lots, near what is held."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from qualms.errors import ConfigError
from qualms.problems.numbers import TOLERANCE, exact
from qualms.problems.problem import Number, Solution, WithNotes

_EXACT = 300  # assets held whose products are summed in fractions; more than that in doubles


@dataclass(frozen=True)
class Portfolio(WithNotes):
    """risk · wᵀΣw − (1 − risk) · meanᵀw, at its smallest over weights w ≥ 0 that sum to one (Markowitz 1952;
    Chang et al. 2000).

    Attributes
    ----------
    mean : np.ndarray
        (n) expected return of each asset in a period.
    factors, specific : np.ndarray
        Σ = F Fᵀ + diag(specific), F = factors (n, k), specific (n).
    risk : float
        λ from 0 (return alone) to 1 (variance alone).
    names : tuple[str, ...]
        Names of the assets, or empty.
    most : int | None
        Assets that may be held (cardinality), or None.
    smallest, largest : float
        Weight of an asset that is held.
    lot : float | None
        Weights are multiples of it, or None.
    held : np.ndarray | None
        Weights now, or None.
    turnover : float | None
        The most that Σ|w − held| may be, or None.
    least_return : float | None
        meanᵀw is at least this, or None.
    covariance : np.ndarray | None
        (n, n) Σ as `from_covariance` was given it, or None. The factors are computed from it then, by linear
        algebra whose last digits depend on the machine; so it stands for them where a problem is identified.
    """

    mean: np.ndarray
    factors: np.ndarray
    specific: np.ndarray
    risk: float = 0.5
    names: tuple[str, ...] = ()
    most: int | None = None
    smallest: float = 0.0
    largest: float = 1.0
    lot: float | None = None
    held: np.ndarray | None = None
    turnover: float | None = None
    least_return: float | None = None
    covariance: np.ndarray | None = None
    name: str = "portfolio"
    kind: str = field(default="portfolio", init=False)
    sense: str = field(default="min", init=False)

    def __post_init__(self) -> None:
        n = len(self.mean)
        if self.factors.ndim != 2 or len(self.factors) != n or len(self.specific) != n:
            raise ConfigError(
                f"{self.name}: {n} returns beside {self.factors.shape} factors "
                f"and {len(self.specific)} specific variances"
            )
        if not 0 <= self.risk <= 1:
            raise ConfigError(f"{self.name}: risk={self.risk} is not between 0 and 1")
        if not 0 <= self.smallest <= self.largest <= 1:
            raise ConfigError(
                f"{self.name}: weights from {self.smallest} to {self.largest} are not within 0 and 1"
            )
        if self.most is not None and not self.most >= 1:
            raise ConfigError(f"{self.name}: most={self.most} must be at least 1")
        if self.lot is not None and (self.lot <= 0 or (1 / exact(self.lot)).denominator != 1):
            raise ConfigError(
                f"{self.name}: lot={self.lot:g} must be a share above 0 "
                "of which 1 is a multiple, such as 0.05"
            )
        if self.turnover is not None and self.held is None:
            raise ConfigError(
                f"{self.name}: a turnover needs the weights that are held now: --set held=FILE, or "
                "Portfolio(held=…) in Python"
            )
        if (self.specific < 0).any():
            raise ConfigError(f"{self.name}: a specific variance is negative")
        if self.covariance is not None and not self._has(self.covariance):
            raise ConfigError(
                f"{self.name}: the factors are not those of the covariance; "
                "leave it out, or use Portfolio.from_covariance"
            )

    def _has(self, covariance: np.ndarray) -> bool:
        """Whether F Fᵀ + diag(specific) does to a vector what a covariance does, up to what is rounded
        away in `from_covariance`.
        """
        n = len(self.mean)
        if covariance.shape != (n, n):
            return False
        v = np.random.default_rng(0).normal(size=n)
        ours = self.factors @ (self.factors.T @ v) + self.specific * v
        return bool(
            np.linalg.norm(ours - covariance @ v) <= 1e-5 * np.linalg.norm(covariance) * np.linalg.norm(v)
        )

    @property
    def computed(self) -> tuple[str, ...]:
        """The fields that are no data of their own, see `fingerprint`."""
        return ("covariance",) if self.covariance is None else ("factors",)

    @classmethod
    def from_covariance(cls, mean: np.ndarray, covariance: np.ndarray, **options: object) -> Portfolio:
        """Raises ConfigError for a covariance that is not symmetric, or has an eigenvalue clearly below
        zero.
        """
        covariance = np.asarray(covariance, float)
        n = len(mean)
        if covariance.shape != (n, n) or not np.allclose(covariance, covariance.T, rtol=1e-9, atol=1e-15):
            raise ConfigError(
                f"a covariance of {covariance.shape} that is symmetric and {n} × {n} is expected here"
            )
        values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
        if len(values) and values[0] < -1e-6 * max(abs(values[-1]), 1e-300):
            raise ConfigError(
                f"the covariance has an eigenvalue of {values[0]:.3g}: no variances belong to it"
            )
        factors = vectors * np.sqrt(np.maximum(values, 0))
        return cls(np.asarray(mean, float), factors, np.zeros(n), covariance=covariance, **options)  # type: ignore[arg-type]

    @property
    def size(self) -> int:
        return len(self.mean)

    @property
    def units(self) -> int | None:
        """Lots that make up the whole."""
        return int(1 / exact(self.lot)) if self.lot is not None else None

    def weights(self, solution: Solution) -> np.ndarray:
        """A solution as float64. Raises ConfigError for what is none of this portfolio."""
        w = np.asarray(solution, np.float64)
        if w.shape != (self.size,) or not np.isfinite(w).all():
            raise ConfigError(f"a solution of {self.kind} {self.name} is {self.size} weights")
        return w

    def variance(self, solution: Solution) -> float:
        w = self.weights(solution)
        exposure = self.factors.T @ w
        return float(exposure @ exposure + self.specific @ (w * w))

    def expected(self, solution: Solution) -> float:
        """The mean return."""
        return float(self.mean @ self.weights(solution))

    def objective(self, solution: Solution) -> Number:
        """Exact where at most 300 assets are held; from doubles beyond."""
        w = self.weights(solution)
        kept = np.flatnonzero(w)
        risk = exact(self.risk)
        if len(kept) > _EXACT:
            return risk * Fraction(self.variance(w)) - (1 - risk) * Fraction(self.expected(w))
        held = [Fraction(float(v)) for v in w[kept]]
        exposures = [
            sum((Fraction(float(f)) * v for f, v in zip(column, held, strict=True)), Fraction(0))
            for column in self.factors[kept].T
        ]
        own = sum(
            (Fraction(float(s)) * v * v for s, v in zip(self.specific[kept], held, strict=True)), Fraction(0)
        )
        gain = sum((Fraction(float(m)) * v for m, v in zip(self.mean[kept], held, strict=True)), Fraction(0))
        return risk * (sum((e * e for e in exposures), Fraction(0)) + own) - (1 - risk) * gain

    def violations(self, solution: Solution) -> list[str]:
        """Weights and their sum within 1e-6; counts and lots are exact."""
        w = self.weights(solution)
        kept = w != 0
        broken = [f"{self.asset(k)} has weight {w[k]:.6g}" for k in np.flatnonzero(w < -TOLERANCE)]
        if abs(w.sum() - 1) > TOLERANCE:
            broken.append(f"the weights sum to {w.sum():.9g}")
        if self.most is not None and kept.sum() > self.most:
            broken.append(f"{kept.sum()} assets are held, at most {self.most} may be")
        for k in np.flatnonzero(kept & ((w < self.smallest - TOLERANCE) | (w > self.largest + TOLERANCE))):
            broken.append(
                f"{self.asset(k)} has weight {w[k]:.6g}, not between "
                f"{self.smallest:.6g} and {self.largest:.6g}"
            )
        if self.units is not None:
            odd = np.abs(w * self.units - np.rint(w * self.units)) > 1e-9 * self.units
            broken += [
                f"{self.asset(k)} has weight {w[k]:.9g}, no multiple of {self.lot}"
                for k in np.flatnonzero(odd)
            ]
        if self.turnover is not None and np.abs(w - self.holdings).sum() > self.turnover + TOLERANCE:
            broken.append(
                f"the turnover is {np.abs(w - self.holdings).sum():.6g}, at most {self.turnover:.6g} may be"
            )
        if self.least_return is not None and self.expected(w) < self.least_return - TOLERANCE * max(
            1e-3, abs(self.least_return)
        ):
            broken.append(f"the return is {self.expected(w):.6g}, less than {self.least_return:.6g}")
        return broken

    @property
    def holdings(self) -> np.ndarray:
        """The weights that are held now, zeros where nobody told them."""
        return np.zeros(self.size) if self.held is None else np.asarray(self.held, float)

    def asset(self, k: int | np.integer) -> str:
        return self.names[k] if self.names else f"asset {k + 1}"

    def rounded(self, w: np.ndarray) -> np.ndarray:
        """Weights as lots with the same sum: the largest remainders get the lots that are left, within the
        limits where that goes.
        """
        if self.units is None:
            return w
        scaled = np.maximum(0, w) * self.units
        lots = np.floor(scaled + 1e-9)
        least, most = np.ceil(self.smallest * self.units - 1e-9), np.floor(self.largest * self.units + 1e-9)
        kept = w > 1e-12
        lots = np.where(kept, np.clip(lots, max(1.0, least), most), 0)
        short = int(self.units - lots.sum())
        rest = scaled - lots
        while short:
            room = kept & ((lots < most) if short > 0 else (lots > max(1.0, least)))
            if not room.any():
                break
            k = int(np.where(room, rest if short > 0 else -rest, -np.inf).argmax())
            step = 1 if short > 0 else -1
            lots[k] += step
            rest[k] -= step
            short -= step
        return lots / self.units

    def spread(self, chosen: np.ndarray, wish: np.ndarray) -> Solution:
        """Weights on chosen assets, in proportion to a wish, within the limits."""
        w = np.zeros(self.size)
        low, high = self.smallest, self.largest
        w[chosen] = low
        left, open_ = 1 - low * len(chosen), np.ones(len(chosen), bool)
        while left > 1e-12 and open_.any():
            share = np.where(open_, np.maximum(wish, 1e-12), 0)
            step = np.minimum(left * share / share.sum(), high - w[chosen])
            w[chosen] += step
            left -= step.sum()
            open_ = w[chosen] < high - 1e-12
        return self.rounded(w)

    def sample(self, rng: np.random.Generator) -> Solution:
        """Random weights of random assets."""
        count = min(
            self.size,
            self.most or self.size,
            int(1 / self.smallest) if self.smallest > 0 else self.size,
            self.units or self.size,
        )
        return self.spread(rng.permutation(self.size)[:count], rng.exponential(size=count))

    def greedy(self, rng: np.random.Generator) -> Solution:
        """Assets with the best return for their risk, in proportion to what they promise; ties at random."""
        count = min(
            self.size,
            self.most or self.size,
            int(1 / self.smallest) if self.smallest > 0 else self.size,
            self.units or self.size,
        )
        spread = np.sqrt((self.factors**2).sum(1) + self.specific)
        ratio = ((1 - self.risk) * self.mean + 1e-9) / np.maximum(1e-12, self.risk * spread + 1e-9)
        order = np.lexsort((rng.random(self.size), -ratio))[:count]
        return self.spread(order, 1 / np.maximum(spread[order], 1e-12))
