"""Graphs and quadratic forms: rudy, Gset, Biq Mac, COO, DIMACS."""

from __future__ import annotations

import re

import numpy as np

from qualms.formats.lines import Lines
from qualms.problems.colouring import GraphColouring
from qualms.problems.independent_set import IndependentSet
from qualms.problems.numbers import Decimals
from qualms.problems.problem import Problem
from qualms.problems.quadratic import QUBO, Ising, MaxCut

_MOST = 10**7  # nodes, and edges


def rudy(lines: Lines, kind: str | None) -> Problem:
    line, head = lines.rows[0]
    if len(head) != 2:
        raise lines.error(
            line,
            (
                f"the first line has {len(head)} words; edges begin with the numbers of nodes and edges, "
                "nothing else begins so"
            ),
        )
    n, m = (lines.integer(line, w, 0, _MOST, what) for w, what in zip(head, ("nodes", "edges"), strict=True))
    rows = lines.rows[1:]
    if len(rows) != m:
        raise lines.error(
            rows[-1][0] if rows else line,
            f"{len(rows)} edges, but the first line says {m}"
            + (": cut short?" if len(rows) < m else "")
            + (
                f"; if line {line} is an edge, a line with the numbers of nodes and of edges is missing"
                if all(len(r) == 2 for _, r in rows)
                else ""
            ),
        )
    if n == 0:
        raise lines.error(line, "the instance has no variables")
    i, j, w = lines.pairs(rows, n, default="1")
    double = len(i) - len(np.unique(np.minimum(i, j) * n + np.maximum(i, j)))
    if double:
        lines.notes.append(f"{double} pairs of nodes are given again; their weights add up")
    diagonal = bool((i == j).any())
    kind = kind or ("qubo" if diagonal or lines.path.suffix in (".sparse", ".qubo") else "maxcut")
    if kind == "maxcut":
        if diagonal:
            where = rows[int(np.argmax(i == j))][0]
            raise lines.error(
                where,
                (
                    "an edge leads from a node to itself: no graph to cut; "
                    "kind='qubo' reads it as a quadratic form"
                ),
            )
        return MaxCut(n, i, j, w, lines.path.stem)
    doubled = np.where(i == j, w.values, 2 * w.values)
    return QUBO(n, np.minimum(i, j), np.maximum(i, j), Decimals(doubled, w.scale), name=lines.path.stem)


def coo(lines: Lines) -> Problem:
    """p qubo TOPOLOGY MAXNODES NDIAGONALS NELEMENTS, then lines "i j value" from 0."""
    line, head = lines.rows[0]
    if len(head) != 6 or head[1].lower() != "qubo":
        raise lines.error(line, "a line 'p qubo topology nodes diagonals elements' is expected here")
    n, diagonals, elements = (lines.integer(line, w, 0, _MOST) for w in head[3:])
    rows = lines.rows[1:]
    i, j, w = lines.pairs(rows, n, first=0)
    found = int((i == j).sum()), int((i != j).sum())
    if found != (diagonals, elements):
        told = f"the first line tells {diagonals} and {elements}"
        raise lines.error(
            rows[-1][0] if rows else line, f"{found[0]} diagonal and {found[1]} other entries, {told}"
        )
    return QUBO(n, np.minimum(i, j), np.maximum(i, j), w, name=lines.path.stem)


def vartype(lines: Lines) -> tuple[int, str] | None:
    """The line and the word, SPIN or BINARY, of the comment "# vartype=…" with which dimod's COO files begin;
    None without one.
    """
    for line, text in lines.comments:
        told = re.match(r"#\s*vartype\s*=\s*(\w+)\s*$", text, re.IGNORECASE)
        if told:
            if told.group(1).upper() not in ("SPIN", "BINARY"):
                raise lines.error(line, f"vartype {told.group(1)!r}; SPIN and BINARY are read")
            return line, told.group(1).upper()
    return None


def dimod_coo(lines: Lines, spins: bool) -> Problem:
    """dimod's COO: lines "u v bias" from 0, linear biases where u = v; of spins or of bits as the comment "#
    vartype=…" says.
    """
    n = 1 + max(lines.integer(k, w, 0, 10**7, "index") for k, row in lines.rows for w in row[:2])
    i, j, values = lines.pairs(lines.rows, n, first=0)
    i, j, own = np.minimum(i, j), np.maximum(i, j), i == j
    name = lines.path.stem
    if not spins:
        return QUBO(n, i, j, values, name=name)
    if len(np.unique(i[own])) != own.sum():
        raise lines.error(lines.rows[-1][0], "a linear coefficient is given twice")
    fields = np.zeros(n, values.values.dtype)
    fields[i[own]] = values.values[own]
    return Ising(
        n,
        i[~own],
        j[~own],
        Decimals(values.values[~own], values.scale),
        Decimals(fields, values.scale),
        name=name,
    )


def dimacs(lines: Lines, kind: str | None) -> Problem:
    """p edge NODES EDGES, then lines "e i j" from 1, and perhaps "n i weight" of nodes."""
    line, head = lines.rows[0]
    if len(head) != 4 or head[1].lower() not in ("edge", "col"):
        raise lines.error(
            line, "a line 'p edge nodes edges' or 'p qubo topology nodes diagonals elements' is expected here"
        )
    n, m = (lines.integer(line, w, least, _MOST) for w, least in zip(head[2:], (1, 0), strict=True))
    edges = [(k, words[1:]) for k, words in lines.rows[1:] if words[0] == "e"]
    nodes = [(k, words) for k, words in lines.rows[1:] if words[0] == "n"]
    other = next(((k, words) for k, words in lines.rows[1:] if words[0] not in ("e", "n")), None)
    if other:
        raise lines.error(other[0], f"a line begins with {other[1][0]!r}, where 'e' or 'n' is expected")
    if len(edges) != m:
        raise lines.error(lines.rows[-1][0], f"{len(edges)} edges, but the first line says {m}")
    i, j, w = lines.pairs(edges, n, default="1")
    if (i == j).any():
        raise lines.error(edges[int(np.argmax(i == j))][0], "an edge leads from a node to itself")
    # graphs of DIMACS are simple; some files list every edge in both directions
    key, place = np.unique(np.minimum(i, j) * n + np.maximum(i, j), return_index=True)
    apart = np.flatnonzero(
        w.values != w.values[place][np.searchsorted(key, np.minimum(i, j) * n + np.maximum(i, j))]
    )
    if len(apart):
        raise lines.error(edges[int(apart[0])][0], "an edge is given twice, with two different weights")
    i, j = key // n, key % n
    if kind == "maxcut":
        if nodes:
            lines.notes.append("weights of nodes (lines that begin with n) were not used; a cut has none")
        return MaxCut(n, i, j, Decimals(w.values[place], w.scale), lines.path.stem)
    if any(len(words) == 3 for _, words in edges):
        lines.notes.append("weights of edges were not used; --kind maxcut uses them")
    if kind == "colouring" or (kind is None and head[1].lower() == "col"):
        if nodes:
            lines.notes.append(
                "weights of nodes (lines that begin with n) were not used; a colouring has none"
            )
        return GraphColouring(n, i, j, lines.path.stem)
    weights = [(line, "1")] * n
    for k, words in nodes:
        if len(words) != 3:
            raise lines.error(k, f"{len(words)} words, where 'n node weight' is expected")
        lines.real(k, words[2], what="weight")
        weights[lines.integer(k, words[1], 1, n, "node") - 1] = (k, words[2])
    return IndependentSet(n, i, j, lines.decimals(weights), lines.path.stem)
