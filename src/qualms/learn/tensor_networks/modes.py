"""How a dimension is divided into a product of small ones, the modes of a tensor train."""

from __future__ import annotations

from functools import lru_cache
from math import prod

from qualms.errors import ConfigError

_PADDING = 5  # what a padding of the whole dimension would cost, in sums of the modes


@lru_cache(maxsize=1024)
def balanced(size: int, order: int) -> tuple[int, ...]:
    """Modes of about equal size whose product is the dimension, or a little more.

    Parameters
    ----------
    size : int
        The dimension, at least 1.
    order : int
        How many modes, at least 1.

    Returns
    -------
    tuple[int, ...]
        With a small sum, because the cores grow with it, and little padding: the least of
        sum · (1 + 5 · padding / dimension). The greatest modes stand at the two ends, where cores have one
        bond only.

    Raises
    ------
    ConfigError
        For a dimension or a number of modes below 1.
    """
    if size < 1 or order < 1:
        raise ConfigError(f"a dimension of {size} cannot be divided into {order} modes; give both at least 1")
    placed: list[int] = []
    for k, mode in enumerate(sorted(_best(_choices(size, order), size))):
        placed.insert(len(placed) if k % 2 else 0, mode)
    return tuple(placed)


def low_rank(rows: int, columns: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Row modes and column modes of the tensor train that is a product of two matrices, U Vᵀ."""
    return (rows, 1), (1, columns)


def _best(choices: tuple[tuple[int, ...], ...], size: int) -> tuple[int, ...]:
    return min(choices, key=lambda modes: sum(modes) * (1 + _PADDING * (prod(modes) - size) / size))


@lru_cache(maxsize=100_000)
def _choices(size: int, order: int) -> tuple[tuple[int, ...], ...]:
    """The best choice for each first mode near the root."""
    if order == 1:
        return ((size,),)
    root = size ** (1 / order)
    found = []
    for first in range(max(1, int(root / 2)), min(size, int(2 * root) + 1) + 1):
        rest = -(-size // first)
        found.append((first, *_best(_choices(rest, order - 1), rest)))
    return tuple(found)
