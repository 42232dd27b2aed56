"""Objectives in exact arithmetic, encodings that keep them, files read as their field means them."""

import csv
import itertools
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualms.errors import ConfigError, DataError
from qualms.formats.write import written
from qualms.problems import IndependentSet, Knapsack, QuadraticAssignment
from qualms.problems.numbers import Decimals
from qualms.solve import QUBO, Ising, Limits, MaxCut, read_problem, solve
from qualms.solve.bounds import bound
from qualms.solve.encodings import ising_encoding

DATA = Path(__file__).parents[3] / "shared" / "data" / "optimization"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="no shared data here")

numbers = st.one_of(st.integers(-1000, 1000), st.decimals(-1000, 1000, places=3, allow_nan=False).map(str))


@st.composite
def quadratics(draw):
    n = draw(st.integers(1, 7))
    pairs = draw(st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=15))
    values = draw(st.lists(numbers, min_size=len(pairs), max_size=len(pairs)))
    i, j = (np.array([f(*p) for p in pairs], np.int64) for f in (min, max))
    kind = draw(st.sampled_from(["qubo", "ising", "maxcut"]))
    if kind == "qubo":
        return QUBO(n, i, j, Decimals.of(values), offset=draw(st.integers(-5, 5)), sense=draw(st.sampled_from(["min", "max"])))
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
    numbers_of = problem.weights if isinstance(problem, MaxCut) else problem.q if isinstance(problem, QUBO) else problem.values
    terms = [(i, j, Fraction(int(w), numbers_of.scale)) for i, j, w in zip(problem.i, problem.j, numbers_of.values, strict=True)]
    if isinstance(problem, MaxCut):
        return sum(w for i, j, w in terms if x[i] != x[j])
    total = Fraction(problem.offset) + sum(w * int(x[i] * x[j]) for i, j, w in terms)
    if isinstance(problem, Ising):
        total += sum(Fraction(int(h), problem.fields.scale) * int(s) for h, s in zip(problem.fields.values, x, strict=True))
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
    """Both bounds: with no time the sum of couplings, with time the semidefinite one, which is never the worse of the two."""
    everything = [
        problem.objective(2 * b - 1 if isinstance(problem, Ising) else b)
        for b in ((np.arange(1 << problem.size)[:, None] >> np.arange(problem.size)) & 1)
    ]
    best = min(everything) if problem.sense == "min" else max(everything)
    found = [bound(problem, seconds) for seconds in (0.0, 0.5)]
    for b in found:
        assert b.value <= best if problem.sense == "min" else b.value >= best
    assert found[1].value >= found[0].value if problem.sense == "min" else found[1].value <= found[0].value


def test_the_semidefinite_bound_of_known_graphs():
    """Of an odd cycle it is n/2 · (1 + cos(π/n)); of a complete graph on n it is n²/4."""
    n = 51
    cycle = MaxCut(n, np.arange(n), (np.arange(n) + 1) % n, Decimals.of(["1.000000001"] * n))  # with decimals, so that nothing is rounded up
    assert float(bound(cycle, 5.0).value) == pytest.approx(n / 2 * (1 + np.cos(np.pi / n)), rel=1e-4)
    i, j = np.triu_indices(12, 1)
    assert bound(MaxCut(12, i, j, Decimals.of(np.ones(66, int))), 3.0).value == 36


def test_decimals_are_kept_exactly():
    found = Decimals.of(["0.1", "0.2", "-0.3", "1e-3"])
    assert found.total() == Fraction(1, 1000)
    assert Decimals.of([0.1, 0.2]).total() == Fraction(3, 10)
    assert Decimals.of(["2e3", "5"]).values.tolist() == [2000, 5]
    assert Decimals.of([2**61, 2**61, 2**61]).total() == 3 * 2**61
    for wrong in (["nan"], ["1e400"], ["x"], ["inf"], ["1e-41"], ["0." + "1" * 50]):
        with pytest.raises(DataError):
            Decimals.of(wrong)


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
        return Knapsack(np.triu(rng.integers(-3, 10, (n, n))), rng.integers(0, 9, n), int(rng.integers(0, 20)))
    return QuadraticAssignment(rng.integers(0, 9, (n, n)), rng.integers(0, 9, (n, n)))


def solutions(problem):
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
    return sum(int(problem.flow[a, b] * problem.distance[x[a], x[b]]) for a in n for b in n), len(set(x.tolist())) == problem.size


@given(constrained())
@settings(max_examples=80, deadline=None)
def test_constraints_are_kept_and_the_penalties_suffice(problem):
    """The encoding's ground state is the constrained optimum; every spin vector decodes to a feasible solution; the bound holds."""
    best = None
    for x in solutions(problem):
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
        assert float(again) == pytest.approx(float(problem.objective(decoded)) * (1 if problem.sense == "min" else -1), abs=1e-6)
    found = bound(problem, 0.3)
    assert found.value <= float(best) + 1e-6 if problem.sense == "min" else found.value >= float(best) - 1e-6


def write(tmp_path, text, name="a.txt"):
    path = tmp_path / name
    path.write_text(text)
    return path


def test_rudy_files(tmp_path):
    graph = read_problem(write(tmp_path, "3 3\n1 2 1\n2 3 -2\n1 3\n"))
    assert (graph.kind, graph.size, graph.objective([0, 1, 0])) == ("maxcut", 3, -1)
    form = read_problem(write(tmp_path, "2 3\n1 1 -5\n1 2 3\n2 2 1\n", "b.sparse"))
    assert (form.kind, form.objective([1, 1])) == ("qubo", 2)  # off-diagonal entries count twice
    coo = read_problem(write(tmp_path, "c a comment\np qubo 0 3 2 1\n0 0 1.5\n2 2 -1\n0 2 3\n", "c.qubo"))
    assert coo.objective([1, 0, 1]) == Fraction(7, 2)


def test_other_formats(tmp_path):
    graph = read_problem(write(tmp_path, "c x\np edge 3 2\nn 2 2.5\ne 1 2\ne 2 3\n", "a.gph"))
    assert (graph.kind, graph.objective([0, 1, 0])) == ("independent set", Fraction(5, 2))
    assert graph.violations([1, 1, 0]) == ["nodes 1 and 2 are neighbours and both chosen"]
    assert read_problem(tmp_path / "a.gph", "maxcut").objective([0, 1, 0]) == 2
    qap = read_problem(write(tmp_path, "2\n0 1\n2 0\n\n0 3\n4 0\n", "b.dat"))
    assert (qap.objective(np.array([0, 1])), qap.objective(np.array([1, 0])), written(qap, np.array([1, 0]))) == (11, 10, "2 10\n2 1\n")
    bag = read_problem(write(tmp_path, "name\n3\n1 2 3\n10 20\n30\n\n0\n5\n2 3 4\n", "c.txt"))
    assert (bag.objective([1, 1, 0]), bag.violations([1, 1, 0]), bag.violations([1, 0, 1])) == (13, [], ["the items weigh 6, the knapsack takes 5"])
    with pytest.raises(ConfigError, match="holds a problem of kind 'knapsack', not 'maxcut'"):
        read_problem(tmp_path / "c.txt", "maxcut")


@pytest.mark.parametrize(("text", "reason"), [
    ("", "empty"),
    ("3\n1 2\n", ":2: 2 numbers after the first, 3: expected 18 for quadratic assignment"),
    ("3 4 5\n1 2 1\n", ":1: the first line has 3 words"),
    ("3 x\n", ":1: '3 x': no format that is read begins like this"),
    ("3 2\n1 2 1\n", ":2: 1 edges, but the first line tells 2: cut short?"),
    ("1 2\n2 3\n3 4\n4 1\n", ":4: 3 edges, but the first line tells 2; if line 1 is an edge, a line with the numbers of nodes"),
    ("3 1\n1 2 1\n2 3 1\n", ":3: 2 edges, but the first line tells 1"),
    ("3 1\n1 4 1\n", ":2: index 4 is not between 1 and 3"),
    ("3 1\n0 1 1\n", ":2: index 0"),
    ("3 1\n1 2 a\n", ":2: weight 'a'"),
    ("3 1\n1 2 3 4\n", ":2: 4 words"),
    ("0 0\n", "without variables"),
    ("-3 0\n", ":1: nodes -3 is not between 0"),
    ("p qubo 0 3 1\n", ":1: a line 'p qubo"),
    ("p qubo 0 3 1 1\n0 0 1\n", ":2: 1 diagonal and 0 other"),
    ("3 1\n1 2 nan\n", "'nan' is not a number"),
    ("p edge 3\n", ":1: a line 'p edge"),
    ("p edge 3 2\ne 1 2\n", ":2: 1 edges, but the first line tells 2"),
    ("p edge 3 1\nx 1 2\n", ":2: a line begins with 'x'"),
    ("p edge 3 1\ne 2 2\n", ":2: an edge from a node to itself"),
    ("2\n0 1\n1 0\n0 2\n", ":4: 6 numbers after the first, 2"),
    ("2\n0 1\n1 x\n0 2\n2 0\n", ":3: number 'x'"),
    ("name\n2\n3 4\n5\n\n0\n7\n1\n", ": 7 numbers, but 2 items have 8: cut short?"),
])  # fmt: skip
def test_malformed_files_name_the_line(tmp_path, text, reason):
    with pytest.raises(DataError) as error:
        read_problem(write(tmp_path, text))
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


def test_other_bad_files(tmp_path):
    with pytest.raises(DataError, match="cannot be read"):
        read_problem(tmp_path / "none.txt")
    (tmp_path / "b.txt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="begins as UTF-16"):
        read_problem(tmp_path / "b.txt")
    with pytest.raises(DataError, match=":2: an edge from a node to itself"):
        read_problem(write(tmp_path, "2 1\n1 1 3\n"), "maxcut")
    with pytest.raises(ConfigError, match="kind 'sudoku'"):
        read_problem(write(tmp_path, "2 1\n1 2 3\n"), "sudoku")


@needs_data
@pytest.mark.parametrize("folder", ["qaplib", "qkp", "qoblib/07-independentset/instances"])
def test_public_instances_of_other_kinds_are_read(folder):
    files = [p for p in (DATA / folder).iterdir() if p.suffix in (".dat", ".txt", ".gph")]
    assert files
    for path in files:
        problem = read_problem(path)
        assert problem.size > 1
        solution = path.with_suffix(".sln")
        if solution.exists():  # QAPLIB's: n, value, and a permutation of which some files give the inverse
            words = solution.read_text().replace(",", " ").split()
            p = np.array(words[2 : 2 + problem.size], np.int64) - 1
            assert int(words[1]) in (problem.objective(p), problem.objective(np.argsort(p))), path


@needs_data
@pytest.mark.parametrize("folder", ["biqmac_gka", "biqmac_be", "biqmac_beasley", "biqmac_rudy", "biqmac_ising", "maxcut_gset"])
def test_every_public_instance_is_read_and_small_ones_reach_their_value(folder):
    """Stated values of the library are never passed, and instances of up to 60 variables reach them at once."""
    rows = list(csv.DictReader((DATA / folder / "best_known.csv").open()))
    files = {key: p for p in (DATA / folder).iterdir() if p.suffix != ".csv" for key in (p.name, p.name.removesuffix(".txt"))}
    column = next(c for c in rows[0] if c.startswith("best"))
    name = next(iter(rows[0]))
    tried = 0
    for row in rows:
        path = files[row[name]]
        problem = read_problem(path, "qubo" if folder in ("biqmac_gka", "biqmac_be", "biqmac_beasley") else "maxcut")
        if problem.size <= 60 and tried < 4:
            tried += 1
            assert solve(problem, Limits(20, rounds=4), ["annealing"]).objective == int(float(row[column])), row
