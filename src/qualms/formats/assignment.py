"""One to one, and into knapsacks: QAPLIB, OR-Library's assignments, quadratic knapsacks, market split, lists
of numbers.
"""

from __future__ import annotations

import numpy as np

from qualms.formats.lines import Lines
from qualms.problems.assignment import LinearAssignment, QuadraticAssignment
from qualms.problems.knapsack import Knapsack
from qualms.problems.model_builder import ModelBuilder
from qualms.problems.partition import NumberPartition
from qualms.problems.problem import Problem

_EXACT = 2**53  # integers that doubles hold


def qaplib(lines: Lines) -> Problem:
    words = [(k, w) for k, row in lines for w in row]
    n = lines.integer(*words[0], 1, 10**4, "size")
    if len(words) != 1 + 2 * n * n:
        short = ": cut short?" if len(words) < 1 + 2 * n * n else ""
        raise lines.error(
            words[-1][0], f"{len(words) - 1} numbers, but two tables of {n} × {n} have {2 * n * n}{short}"
        )
    numbers = np.array([lines.integer(k, w) for k, w in words[1:]], np.int64).reshape(2, n, n)
    return QuadraticAssignment(numbers[0], numbers[1], lines.path.stem)


def knapsack(lines: Lines) -> Problem:
    name = lines.rows[0][1][0]
    end = next((at for at, (_, row) in enumerate(lines.rows) if row[0] == "Comments"), len(lines.rows))
    words = [(k, w) for k, row in lines.rows[1:end] for w in row]
    if not words:
        raise lines.error(lines.rows[0][0], "the file has a name and no items")
    n = lines.integer(*words[0], 1, 10**4, "items")
    pairs = n * (n - 1) // 2
    if len(words) != 1 + n + pairs + 2 + n:
        short = ": cut short?" if len(words) < 1 + n + pairs + 2 + n else ""
        raise lines.error(
            words[-1][0], f"{len(words)} numbers, but {n} items have {3 + 2 * n + pairs}{short}"
        )
    numbers = [lines.integer(k, w) for k, w in words[1:]]
    if numbers[n + pairs] != 0:
        raise lines.error(
            words[1 + n + pairs][0],
            f"constraint of type {numbers[n + pairs]}; 0, at most the capacity, is what is read",
        )
    profits = np.diag(np.array(numbers[:n], np.int64))
    profits[np.triu_indices(n, 1)] = numbers[n : n + pairs]
    weights, capacity = np.array(numbers[n + pairs + 2 :], np.int64), numbers[n + pairs + 1]
    if capacity < 0 or (weights < 0).any():
        raise lines.error(words[-1][0], "a weight or the capacity is negative")
    return Knapsack(profits, weights, capacity, name)


def market_split(lines: Lines) -> Problem:
    """QOBLIB class 01: m n, then m rows of n coefficients and a side; Σ a x = side in every row, x of 0 and
    1.
    """
    line, head = lines.rows[0]
    m, n = (
        lines.integer(line, w, 1, 10**6, what)
        for w, what in zip(head[:2], ("rows", "variables"), strict=True)
    )
    if len(lines.rows) != m + 1:
        raise lines.error(
            lines.rows[-1][0], f"there are {len(lines.rows) - 1} rows, but the first line says {m}"
        )
    for k, row in lines.rows[1:]:
        if len(row) != n + 1:
            raise lines.error(
                k, f"{len(row)} numbers, where {n} coefficients and a right-hand side are expected"
            )
    numbers = np.array(
        [[lines.integer(k, w, -_EXACT, _EXACT) for w in row] for k, row in lines.rows[1:]], float
    )
    model = ModelBuilder(lines.path.stem)
    x = np.tile(model.bits(n), (m, 1))
    model.add_rows((x, numbers[:, :-1]), low=numbers[:, -1], high=numbers[:, -1])
    return model.build()


def numbers(lines: Lines) -> Problem:
    """A count and as many numbers, to be parted into two heaps."""
    words = lines.words()
    n = lines.integer(*words[0], 1, 10**7, "count")
    if len(words) != n + 1:
        raise lines.error(words[-1][0], f"{len(words) - 1} numbers, but the first number says {n}")
    for k, w in words[1:]:
        lines.real(k, w, 0)
    return NumberPartition(lines.decimals(words[1:]), lines.path.stem)


def assignment(lines: Lines) -> Problem:
    """OR-Library's: n, then n rows of n costs, over as many lines as they like."""
    words = lines.words()
    n = lines.integer(*words[0], 1, 10**4, "size")
    if len(words) != 1 + n * n:
        raise lines.error(
            words[-1][0],
            f"{len(words) - 1} costs, but {n} × {n} are {n * n}"
            + (": cut short?" if len(words) < 1 + n * n else ""),
        )
    for k, w in words[1:]:
        lines.real(k, w)
    return LinearAssignment(n, lines.decimals(words[1:]), lines.path.stem)
