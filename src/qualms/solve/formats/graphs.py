"""Graphs and quadratic forms: rudy, Gset, Biq Mac, COO, DIMACS."""

from __future__ import annotations

import numpy as np

from qualms.solve.formats.lines import Lines
from qualms.solve.problems.colouring import GraphColouring
from qualms.solve.problems.independent_set import IndependentSet
from qualms.solve.problems.numbers import Decimals
from qualms.solve.problems.problem import Problem
from qualms.solve.problems.quadratic import QUBO, MaxCut


def rudy(lines: Lines, kind: str | None) -> Problem:
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


def coo(lines: Lines) -> Problem:
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


def dimacs(lines: Lines, kind: str | None) -> Problem:
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
    # graphs of DIMACS are simple; some files list every edge in both directions
    key = np.unique(np.minimum(i, j) * n + np.maximum(i, j))
    i, j = key // n, key % n
    if kind == "maxcut":
        return MaxCut(n, i, j, Decimals.of(np.ones(len(i), np.int64)), lines.path.stem)
    if kind == "colouring" or (kind is None and head[1] == "col"):
        return GraphColouring(n, i, j, lines.path.stem)
    weights = ["1"] * n
    for k, words in nodes:
        if len(words) != 3:
            raise lines.error(k, f"{len(words)} words where 'n node weight' belongs")
        weights[lines.whole(k, words[1], 1, n, "node") - 1] = words[2]
    return IndependentSet(n, i, j, Decimals.of(weights), lines.path.stem)
