"""Reading instances: which format a file is in, and what problem it holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from qualms.errors import ConfigError
from qualms.solve.problems.assignment import QuadraticAssignment
from qualms.solve.problems.independent_set import IndependentSet
from qualms.solve.problems.knapsack import Knapsack
from qualms.solve.problems.numbers import Decimals
from qualms.solve.problems.problem import Problem
from qualms.solve.problems.quadratic import QUBO, MaxCut
from qualms.solve.problems.reading import Lines

KINDS = ("maxcut", "qubo", "independent set", "quadratic assignment", "knapsack")


def read_problem(path: str | Path, kind: str | None = None) -> Problem:
    """A problem from a file of its field.

    Parameters
    ----------
    path : the instance. "n m" and m lines "i j weight" from 1 is rudy's format: of Gset and of Biq Mac's graphs (kind "maxcut"), and of Biq Mac's
        quadratic files, where entries may lie on the diagonal and off-diagonal ones count twice (kind "qubo"). "p qubo 0 …" is the
        COO format of D-Wave's solvers, whose off-diagonal entries count once. "p edge n m" and lines "e i j" are DIMACS graphs (kind
        "independent set", or "maxcut"). A number n and two n × n tables is QAPLIB. A name, n, profits by rows of the upper triangle, 0, capacity and
        weights is the quadratic knapsack of Billionnet and Soutif.
    kind : where the file alone does not say; default: "qubo" for .sparse, .qubo and files with a diagonal, else "maxcut" of rudy's.

    Raises
    ------
    DataError : a file that is malformed or cut short, with the line. ConfigError : an unknown kind.
    """
    path = Path(path)
    if kind is not None and kind not in KINDS:
        raise ConfigError(f"kind {kind!r} is unknown; there are {', '.join(KINDS)}")
    lines = Lines(path, ("#", "%", "c ", "//"))
    found = _read(lines, kind)
    if kind is not None and found.kind != kind:
        raise ConfigError(f"{path} holds a problem of kind {found.kind!r}, not {kind!r}")
    return found


def _read(lines: Lines, kind: str | None) -> Problem:
    first = lines.rows[0][1]
    if first[0] == "p":
        return _coo(lines) if first[1:2] == ["qubo"] else _dimacs(lines, kind)
    if lines.path.suffix == ".dat" or (len(first) == 1 and first[0].isdigit()):
        return _qaplib(lines)
    if len(lines.rows) > 1 and len(lines.rows[1][1]) == 1 and len(first) == 1:
        return _knapsack(lines)
    return _rudy(lines, kind)


def _rudy(lines: Lines, kind: str | None) -> Problem:
    line, head = lines.rows[0]
    if len(head) != 2:
        raise lines.error(line, f"the first line has {len(head)} words; it tells nodes and edges")
    n, m = (lines.whole(line, w, 0, 10**9, what) for w, what in zip(head, ("nodes", "edges"), strict=True))
    rows = lines.rows[1:]
    if len(rows) != m:
        raise lines.error(
            rows[-1][0] if rows else line, f"{len(rows)} edges, but the first line tells {m}" + (": cut short?" if len(rows) < m else "")
        )
    if n == 0:
        raise lines.error(line, "an instance without variables")
    i, j, w = lines.pairs(rows, n, default="1")
    diagonal = bool((i == j).any())
    kind = kind or ("qubo" if diagonal or lines.path.suffix in (".sparse", ".qubo") else "maxcut")
    if kind == "maxcut":
        if diagonal:
            where = rows[int(np.argmax(i == j))][0]
            raise lines.error(where, "an edge from a node to itself: no graph to cut; kind='qubo' reads it as a quadratic form")
        return MaxCut(n, i, j, Decimals.of(w), lines.path.stem)
    values = Decimals.of(w)
    doubled = np.where(i == j, values.values, 2 * values.values)
    return QUBO(n, np.minimum(i, j), np.maximum(i, j), Decimals(doubled, values.scale), name=lines.path.stem)


def _coo(lines: Lines) -> Problem:
    """p qubo TOPOLOGY MAXNODES NDIAGONALS NELEMENTS, then lines "i j value" from 0."""
    line, head = lines.rows[0]
    if len(head) != 6 or head[1] != "qubo":
        raise lines.error(line, "a line 'p qubo topology nodes diagonals elements' belongs here")
    n, diagonals, elements = (lines.whole(line, w, 0, 10**9) for w in head[3:])
    rows = [(k, [str(int(a) + 1) if a.isdigit() else a for a in words[:2]] + words[2:]) for k, words in lines.rows[1:]]
    i, j, w = lines.pairs(rows, n)
    found = int((i == j).sum()), int((i != j).sum())
    if found != (diagonals, elements):
        told = f"the first line tells {diagonals} and {elements}"
        raise lines.error(rows[-1][0] if rows else line, f"{found[0]} diagonal and {found[1]} other entries, {told}")
    return QUBO(n, np.minimum(i, j), np.maximum(i, j), Decimals.of(w), name=lines.path.stem)


def _dimacs(lines: Lines, kind: str | None) -> Problem:
    """p edge NODES EDGES, then lines "e i j" from 1, and perhaps "n i weight" of nodes."""
    line, head = lines.rows[0]
    if len(head) != 4 or head[1] not in ("edge", "col"):
        raise lines.error(line, "a line 'p edge nodes edges' or 'p qubo topology nodes diagonals elements' belongs here")
    n, m = (lines.whole(line, w, least, 10**9) for w, least in zip(head[2:], (1, 0), strict=True))
    edges = [(k, words[1:]) for k, words in lines.rows[1:] if words[0] == "e"]
    nodes = [(k, words) for k, words in lines.rows[1:] if words[0] == "n"]
    other = next(((k, words) for k, words in lines.rows[1:] if words[0] not in ("e", "n")), None)
    if other:
        raise lines.error(other[0], f"a line begins with {other[1][0]!r}, where 'e' or 'n' belongs")
    if len(edges) != m:
        raise lines.error(lines.rows[-1][0], f"{len(edges)} edges, but the first line tells {m}")
    i, j, _ = lines.pairs(edges, n, default="1")
    if (i == j).any():
        raise lines.error(edges[int(np.argmax(i == j))][0], "an edge from a node to itself")
    if kind == "maxcut":
        return MaxCut(n, i, j, Decimals.of(np.ones(m, np.int64)), lines.path.stem)
    weights = ["1"] * n
    for k, words in nodes:
        if len(words) != 3:
            raise lines.error(k, f"{len(words)} words where 'n node weight' belongs")
        weights[lines.whole(k, words[1], 1, n, "node") - 1] = words[2]
    return IndependentSet(n, i, j, Decimals.of(weights), lines.path.stem)


def _qaplib(lines: Lines) -> Problem:
    words = [(k, w) for k, row in lines for w in row]
    n = lines.whole(*words[0], 1, 10**4, "size")
    if len(words) != 1 + 2 * n * n:
        short = ": cut short?" if len(words) < 1 + 2 * n * n else ""
        raise lines.error(words[-1][0], f"{len(words) - 1} numbers, but two tables of {n} × {n} have {2 * n * n}{short}")
    numbers = np.array([lines.whole(k, w) for k, w in words[1:]], np.int64).reshape(2, n, n)
    return QuadraticAssignment(numbers[0], numbers[1], lines.path.stem)


def _knapsack(lines: Lines) -> Problem:
    name = lines.rows[0][1][0]
    end = next((at for at, (_, row) in enumerate(lines.rows) if row[0] == "Comments"), len(lines.rows))
    words = [(k, w) for k, row in lines.rows[1:end] for w in row]
    n = lines.whole(*words[0], 1, 10**4, "items")
    pairs = n * (n - 1) // 2
    if len(words) != 1 + n + pairs + 2 + n:
        short = ": cut short?" if len(words) < 1 + n + pairs + 2 + n else ""
        raise lines.error(words[-1][0], f"{len(words)} numbers, but {n} items have {3 + 2 * n + pairs}{short}")
    numbers = [lines.whole(k, w) for k, w in words[1:]]
    if numbers[n + pairs] != 0:
        raise lines.error(words[1 + n + pairs][0], f"constraint of type {numbers[n + pairs]}; 0, at most the capacity, is what is read")
    profits = np.diag(np.array(numbers[:n], np.int64))
    profits[np.triu_indices(n, 1)] = numbers[n : n + pairs]
    weights, capacity = np.array(numbers[n + pairs + 2 :], np.int64), numbers[n + pairs + 1]
    if capacity < 0 or (weights < 0).any():
        raise lines.error(words[-1][0], "a negative weight or capacity")
    return Knapsack(profits, weights, capacity, name)
