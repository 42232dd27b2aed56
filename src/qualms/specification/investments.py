"""The member about portfolios."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from pydantic import Field

from qualms.errors import ConfigError
from qualms.problems.portfolio import Portfolio
from qualms.problems.problem import Solution
from qualms.specification.base import Given, Line, Member, Names, number, plain
from qualms.specification.conversion import of_problem

Matrix = tuple[tuple[Given, ...], ...]


class Investment(Member):
    """Shares of a budget for assets: much return, little risk.

    Attributes
    ----------
    assets : tuple of str
        Their names; empty where they have none.
    returns : tuple of Given
        Expected return of each in a period.
    covariance : matrix
        Of the returns; or else `factors` and `specific`.
    factors : matrix
        The exposure of each asset to each factor.
    specific : tuple of Given
        The variance of each asset that no factor explains.
    risk : Given
        Weight of the variance, from 0 (return alone) to 1 (variance alone).
    most : int or None
        The most assets that may be held.
    smallest, largest : Given
        Share of an asset that is held.
    lot : Given or None
        Shares are multiples of it.
    held : tuple of Given or None
        The shares now.
    turnover : Given or None
        The most that shares may change in sum.
    least_return : Given or None
        The least expected return.
    """

    kind: Literal["portfolio"] = "portfolio"
    assets: Names = ()
    returns: tuple[Given, ...] = Field(min_length=1)
    covariance: Matrix | None = None
    factors: Matrix | None = None
    specific: tuple[Given, ...] | None = None
    risk: Given = 0.5
    most: int | None = Field(default=None, ge=1)
    smallest: Given = 0
    largest: Given = 1
    lot: Given | None = None
    held: tuple[Given, ...] | None = None
    turnover: Given | None = None
    least_return: Given | None = None

    def build(self) -> Portfolio:
        """The problem.

        Raises ConfigError for a covariance beside factors or neither, shapes that differ, and as `Portfolio`.
        """
        if (self.covariance is None) == (self.factors is None) or (self.factors is None) != (
            self.specific is None
        ):
            raise ConfigError(f"{self.name}: give either `covariance`, or `factors` and `specific`")
        n = len(self.returns)
        for what, given in (("names", self.assets), ("held shares", self.held)):
            if given and len(given) != n:
                raise ConfigError(f"{self.name}: {len(given)} {what} beside {n} returns")
        settings: dict[str, Any] = {
            "risk": _float(self.risk),
            "names": self.assets,
            "most": self.most,
            "smallest": _float(self.smallest),
            "largest": _float(self.largest),
            "lot": _float(self.lot),
            "held": None if self.held is None else _array(self.held),
            "turnover": _float(self.turnover),
            "least_return": _float(self.least_return),
            "name": self.name,
            "notes": self.assumptions,
        }
        mean = _array(self.returns)
        if self.covariance is not None:
            return Portfolio.from_covariance(mean, _matrix(self.name, self.covariance, n), **settings)
        assert self.factors is not None
        assert self.specific is not None
        factors = _matrix(self.name, self.factors, n)
        return Portfolio(mean=mean, factors=factors, specific=_array(self.specific), **settings)

    def answer(self, solution: Solution) -> tuple[Line, ...]:
        """The shares that are held, largest first."""
        shares = np.asarray(solution, float)
        order = sorted(np.flatnonzero(shares), key=lambda k: -shares[k])
        names = self.assets or tuple(f"asset {k + 1}" for k in range(len(self.returns)))
        return tuple(Line(what=names[k], value=round(float(shares[k]), 9), unit="share") for k in order)

    def sentences(self) -> list[str]:
        told = [
            f"Divide a budget among {len(self.returns):,} assets so that {_float(self.risk):g} times the "
            "variance "
            f"less {1 - (_float(self.risk) or 0):g} times the expected return is as small as possible."
        ]
        if self.most is not None:
            told.append(f"At most {self.most} assets are held.")
        if self.least_return is not None:
            told.append(f"The expected return is at least {_float(self.least_return):g}.")
        return told


def _float(given: Given | None) -> Any:
    return None if given is None else float(number(given))


def _array(given: tuple[Given, ...]) -> np.ndarray:
    return np.array([float(number(g)) for g in given])


def _matrix(name: str, given: Matrix, rows: int) -> np.ndarray:
    if len(given) != rows or len({len(row) for row in given}) != 1:
        raise ConfigError(f"{name}: a matrix must have {rows} rows of equal length, one for each asset")
    return np.array([[float(number(g)) for g in row] for row in given])


def _optional(value: float | None) -> int | float | None:
    return None if value is None else plain(value)


@of_problem.register
def _(problem: Portfolio) -> Any:
    return Investment(
        name=problem.name,
        assumptions=problem.notes,
        assets=tuple(problem.names),
        returns=tuple(map(plain, problem.mean)),
        factors=tuple(tuple(map(plain, row)) for row in problem.factors),
        specific=tuple(map(plain, problem.specific)),
        risk=plain(problem.risk),
        most=problem.most,
        smallest=plain(problem.smallest),
        largest=plain(problem.largest),
        lot=_optional(problem.lot),
        held=None if problem.held is None else tuple(map(plain, problem.held)),
        turnover=_optional(problem.turnover),
        least_return=_optional(problem.least_return),
    )
