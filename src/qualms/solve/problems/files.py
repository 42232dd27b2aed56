"""Reading instances: which format a file is in, and what problem it holds."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from qualms.errors import ConfigError
from qualms.solve.problems.numbers import Decimals
from qualms.solve.problems.problem import Problem
from qualms.solve.problems.quadratic import QUBO, MaxCut
from qualms.solve.problems.reading import Lines

KINDS = ("maxcut", "qubo")


def read_problem(path: str | Path, kind: str | None = None) -> Problem:
    """A problem from a file of its field.

    Parameters
    ----------
    path : the instance. "n m" and m lines "i j weight" from 1 is rudy's format: of Gset and of Biq Mac's graphs (kind "maxcut"), and of Biq Mac's
        quadratic files, where entries may lie on the diagonal and off-diagonal ones count twice (kind "qubo"). "p qubo 0 …" is the
        COO format of D-Wave's solvers, whose off-diagonal entries count once.
    kind : "maxcut" or "qubo" where the file alone does not say; default: "qubo" for .sparse, .qubo and files with a diagonal, else "maxcut".

    Raises
    ------
    DataError : a file that is malformed or cut short, with the line. ConfigError : an unknown kind.
    """
    path = Path(path)
    if kind is not None and kind not in KINDS:
        raise ConfigError(f"kind {kind!r} is unknown; there are {', '.join(KINDS)}")
    lines = Lines(path)
    if lines.rows[0][1][0] == "p":
        return _coo(lines)
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
