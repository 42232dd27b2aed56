"""The functions that encode problems, dispatched on their kinds."""

from __future__ import annotations

from qualms.errors import ConfigError
from qualms.problems.problem import Problem
from qualms.solve.encodings.cache import CachedDispatch
from qualms.solve.encodings.encoding import IsingEncoding, LinearEncoding
from qualms.solve.encodings.penalties import through


@CachedDispatch
def linear_encoding(problem: Problem) -> LinearEncoding:
    """A problem as a linear model, made once and kept as long as the problem lives.

    Raises
    ------
    ConfigError
        For a problem that has no such encoding.
    TooLargeError
        For one whose model would not fit.
    """
    raise ConfigError(f"{problem.kind} {problem.name} has no linear encoding")


@CachedDispatch
def ising_encoding(problem: Problem) -> IsingEncoding:
    """A problem as an Ising model, made once and kept as long as the problem lives.

    A kind that registers nothing of its own is encoded by way of its linear model, with penalties for
    constraints.

    Raises
    ------
    ConfigError
        For a problem that has no such encoding, and no linear one either.
    TooLargeError
        For one whose model would not fit.
    """
    if not linear_encoding.registered(type(problem)):
        raise ConfigError(f"{problem.kind} {problem.name} has neither an Ising nor a linear encoding")
    return through(linear_encoding(problem))
