"""Objectives in exact arithmetic, and encodings that keep them."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualms.problems import IndependentSet, Knapsack, QuadraticAssignment
from qualms.problems.numbers import Decimals
from qualms.solve import QUBO, Ising, MaxCut
from qualms.solve.bounds import bound
from qualms.solve.encodings import ising_encoding

numbers = st.one_of(st.integers(-1000, 1000), st.decimals(-1000, 1000, places=3, allow_nan=False).map(str))


@st.composite
def quadratics(draw):
    n = draw(st.integers(1, 7))
    pairs = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=15))
    values = draw(st.lists(numbers, min_size=len(pairs), max_size=len(pairs)))
    i, j = (np.array([f(*p) for p in pairs], np.int64) for f in (min, max))
    kind = draw(st.sampled_from(["qubo", "ising", "maxcut"]))
    if kind == "qubo":
        return QUBO(
            n,
            i,
            j,
            Decimals.of(values),
            offset=draw(st.integers(-5, 5)),
            sense=draw(st.sampled_from(["min", "max"])),
        )
    kept = i != j
    values = [v for v, k in zip(values, kept, strict=True) if k]
    if kind == "maxcut":
        return MaxCut(n, i[kept], j[kept], Decimals.of(values))
    return Ising(
        n,
        i[kept],
        j[kept],
        Decimals.of(values),
        Decimals.of(draw(st.lists(numbers, min_size=n, max_size=n))),
        sense=draw(st.sampled_from(["min", "max"])),
    )


def value(problem, x):
    """The definition, term by term, in fractions."""
    numbers_of = (
        problem.weights
        if isinstance(problem, MaxCut)
        else problem.q
        if isinstance(problem, QUBO)
        else problem.values
    )
    terms = [
        (i, j, Fraction(int(w), numbers_of.scale))
        for i, j, w in zip(problem.i, problem.j, numbers_of.values, strict=True)
    ]
    if isinstance(problem, MaxCut):
        return sum(w for i, j, w in terms if x[i] != x[j])
    total = Fraction(problem.offset) + sum(w * int(x[i] * x[j]) for i, j, w in terms)
    if isinstance(problem, Ising):
        total += sum(
            Fraction(int(h), problem.fields.scale) * int(s)
            for h, s in zip(problem.fields.values, x, strict=True)
        )
    return total


@given(quadratics(), st.integers(0, 127))
@settings(max_examples=200, deadline=None)
def test_objectives_are_exact_and_encodings_keep_them(problem, code):
    bits = (code >> np.arange(problem.size)) & 1
    x = 2 * bits - 1 if isinstance(problem, Ising) else bits
    assert problem.objective(x) == value(problem, x)
    encoding = ising_encoding(problem)
    spins = 2 * bits - 1
    assert (encoding.decode(spins) == x).all()
    assert (encoding.encode(x) == spins).all()
    sign = 1 if problem.sense == "min" else -1
    assert float(encoding.model.energies(spins)) == pytest.approx(sign * float(value(problem, x)), abs=1e-8)
    assert encoding.report()["variables"] == problem.size


@given(quadratics())
@settings(max_examples=60, deadline=None)
def test_no_assignment_passes_the_bound(problem):
    """Both bounds: with no time the sum of couplings, with time the semidefinite one, which is never the
    worse of the two.
    """
    everything = [
        problem.objective(2 * b - 1 if isinstance(problem, Ising) else b)
        for b in ((np.arange(1 << problem.size)[:, None] >> np.arange(problem.size)) & 1)
    ]
    best = min(everything) if problem.sense == "min" else max(everything)
    found = [bound(problem, seconds) for seconds in (0.0, 0.5)]
    for b in found:
        assert b.value <= best if problem.sense == "min" else b.value >= best
    assert found[1].value >= found[0].value if problem.sense == "min" else found[1].value <= found[0].value


@st.composite
def constrained(draw):
    n = draw(st.integers(1, 4))
    kind = draw(st.sampled_from(["set", "knapsack", "assignment"]))
    rng = np.random.default_rng(draw(st.integers(0, 10**6)))
    if kind == "set":
        n = draw(st.integers(1, 8))
        i, j = np.triu_indices(n, 1)
        kept = rng.random(len(i)) < 0.4
        return IndependentSet(n, i[kept], j[kept], Decimals.of([f"{w:.1f}" for w in rng.uniform(0.1, 4, n)]))
    if kind == "knapsack":
        return Knapsack(
            np.triu(rng.integers(-3, 10, (n, n))), rng.integers(0, 9, n), int(rng.integers(0, 20))
        )
    return QuadraticAssignment(rng.integers(0, 9, (n, n)), rng.integers(0, 9, (n, n)))


def assignments(problem):
    if isinstance(problem, QuadraticAssignment):
        return [np.array(p) for p in itertools.product(range(problem.size), repeat=problem.size)]
    return [(code >> np.arange(problem.size)) & 1 for code in range(1 << problem.size)]


def true_value(problem, x):
    """(objective, feasible) by the definition."""
    n = range(problem.size)
    if isinstance(problem, IndependentSet):
        weight = sum(Fraction(int(problem.weights.values[v]), problem.weights.scale) for v in n if x[v])
        return weight, not any(x[a] and x[b] for a, b in zip(problem.i, problem.j, strict=True))
    if isinstance(problem, Knapsack):
        profit = sum(int(problem.profits[a, b]) for a in n for b in n if a <= b and x[a] and x[b])
        return profit, sum(int(problem.weights[a]) for a in n if x[a]) <= problem.capacity
    return sum(int(problem.flow[a, b] * problem.distance[x[a], x[b]]) for a in n for b in n), len(
        set(x.tolist())
    ) == problem.size


@given(constrained())
@settings(max_examples=80, deadline=None)
def test_constraints_are_kept_and_the_penalties_suffice(problem):
    """The encoding's ground state is the constrained optimum; every spin vector decodes to a feasible
    assignment; the bound holds.
    """
    best = None
    for x in assignments(problem):
        value, feasible = true_value(problem, x)
        assert problem.objective(x) == value
        assert (problem.violations(x) == []) == feasible
        if feasible and (best is None or (value < best if problem.sense == "min" else value > best)):
            best = value
    encoding = ising_encoding(problem)
    n = encoding.model.n
    if n > 16:
        return
    spins = 2 * ((np.arange(1 << n)[:, None] >> np.arange(n)) & 1) - 1
    energies = encoding.model.energies(spins)
    ground = spins[int(energies.argmin())]
    assert problem.violations(encoding.decode(ground)) == []
    assert problem.objective(encoding.decode(ground)) == best
    assert energies.min() == pytest.approx(float(best) * (1 if problem.sense == "min" else -1), abs=1e-6)
    for code in np.random.default_rng(0).integers(0, 1 << n, 20):
        decoded = encoding.decode(spins[code])
        assert problem.violations(decoded) == []
        again = encoding.model.energies(encoding.encode(decoded))
        assert float(again) == pytest.approx(
            float(problem.objective(decoded)) * (1 if problem.sense == "min" else -1), abs=1e-6
        )
    found = bound(problem, 0.3)
    assert found.value <= float(best) + 1e-6 if problem.sense == "min" else found.value >= float(best) - 1e-6
