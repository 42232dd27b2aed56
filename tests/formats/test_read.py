"""Files of every field: those of the literature with their published values, and broken ones."""

import csv
import gzip
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from qualms.errors import ConfigError, DataError
from qualms.formats.write import written
from qualms.problems import LABS, QuadraticAssignment
from qualms.solve import Limits, read_problem, solve

DATA = Path(__file__).parents[3] / "shared" / "data" / "optimization"
needs_data = pytest.mark.skipif(not DATA.exists(), reason="no shared data here")


def write(folder: Path, text: str, name: str = "a.txt") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def table(folder: str) -> list[dict]:
    return list(csv.DictReader((DATA / folder / "best_known.csv").open()))


def routes_of(path: Path) -> list[list[int]]:
    return [
        [int(w) for w in line.split(":")[1].split()]
        for line in path.read_text().splitlines()
        if line.lower().startswith("route")
    ]


@needs_data
def test_published_routes_have_their_published_costs():
    checked = 0
    for folder in (DATA / "cvrp", DATA / "qoblib" / "09-routing"):
        for solution in sorted(folder.rglob("*.sol")):
            name = solution.name.split(".")[0]
            problem = read_problem(next(folder.rglob(f"{name}.vrp")))
            answer = problem.joined(routes_of(solution))
            told = float(
                next(
                    line.split()[-1]
                    for line in solution.read_text().splitlines()
                    if line.lower().startswith("cost")
                )
            )
            assert problem.objective(answer) == told, name
            assert problem.violations(answer) == [], name
            checked += 1
    assert checked > 60


@needs_data
def test_distances_are_those_of_another_reader():
    import vrplib

    for path in sorted((DATA / "tsplib").glob("*.tsp")):
        problem = read_problem(path)
        if "EXPLICIT" in path.read_text():
            continue  # vrplib reads few of those tables
        other = vrplib.read_instance(path, compute_edge_weights=False)
        if other["edge_weight_type"] == "EUC_2D":
            expected = np.floor(vrplib.read_instance(path)["edge_weight"] + 0.5)
            assert np.array_equal(problem.distance, expected)
        assert problem.kind == "tsp"
        assert problem.size == other["dimension"]


@needs_data
def test_small_tours_of_every_kind_of_distance_have_their_published_lengths():
    """GEO, ATT, and explicit tables in triangles and squares: the optimum is found, so the distances are
    those of TSPLIB.
    """
    for row in table("tsplib"):
        if row["instance"] in ("burma14", "gr17", "bayg29", "dantzig42", "att48"):
            result = solve(
                read_problem(DATA / "tsplib" / f"{row['instance']}.tsp"),
                Limits(120, rounds=60 if row["instance"] == "att48" else 4),
                ["pyvrp"],
            )
            assert result.objective == int(row["optimum"]), row["instance"]
            assert float(result.bound.value) <= int(row["optimum"])


@needs_data
def test_published_permutations_have_their_published_values():
    for row in table("qaplib"):
        problem = read_problem(DATA / "qaplib" / f"{row['instance']}.dat")
        words = (DATA / "qaplib" / f"{row['instance']}.sln").read_text().replace(",", " ").split()
        permutation = np.array(words[2:], int) - 1
        assert isinstance(problem, QuadraticAssignment)
        assert int(row["value_in_sln"]) in (
            problem.objective(permutation),
            problem.objective(np.argsort(permutation)),
        )


@needs_data
def test_published_sequences_have_their_published_energies():
    for path in sorted((DATA / "qoblib" / "02-labs" / "solutions").glob("labs*.sol")):
        lines = path.read_text().splitlines()
        bits = np.array([int(w) for line in lines if not line.startswith("#") for w in line.split()])
        told = next((int(line.split(":")[1]) for line in lines if "Energy" in line), None)
        problem = LABS(len(bits))
        assert problem.objective(2 * bits - 1) == told
        assert written(problem, 2 * bits - 1).splitlines()[1] == f"# Energy: {told}"


@needs_data
def test_published_market_splits_are_feasible():
    for path in sorted((DATA / "qoblib" / "01-marketsplit" / "instances").glob("*.dat")):
        problem = read_problem(path)
        solution = path.parents[1] / "solutions" / f"{path.stem}.opt.sol"
        bits = np.array(
            [
                float(w)
                for line in solution.read_text().splitlines()
                if line and line[0] in "01"
                for w in line.split()
            ]
        )
        assert problem.violations(bits[: problem.size]) == []


@needs_data
def test_published_independent_sets_are_feasible():
    for path in sorted((DATA / "qoblib" / "07-independentset" / "instances").glob("*.gph")):
        problem = read_problem(path)
        for solution in (path.parents[1] / "solutions").glob(f"{path.stem}.*.sol"):
            lines = [
                line.split()
                for line in solution.read_text().splitlines()
                if line and not line.startswith("#")
            ]
            chosen = np.zeros(problem.size, int)
            for words in lines:
                if len(words) == 1:
                    chosen[int(words[0]) - 1] = 1
            if chosen.any():
                assert problem.violations(chosen) == [], path.name


@needs_data
def test_every_file_of_the_shared_folders_is_read():
    for folder, pattern, kind in (
        ("jobshop", "*.txt", "job shop"), ("qkp", "*.txt", "knapsack"),
        ("portfolio_orlib", "port?.txt", "portfolio"), ("biqmac_ising", "*_*", "maxcut"),
    ):  # fmt: skip
        for path in sorted((DATA / folder).glob(pattern)):
            if path.suffix != ".csv":
                assert read_problem(path).kind == kind, path.name


@needs_data
def test_the_unconstrained_frontier_is_met():
    """OR-Library's published frontier: no portfolio found is below it, and the best is on it."""
    problem = read_problem(DATA / "portfolio_orlib" / "port1.txt", risk=0.7)
    result = solve(problem, Limits(3), ["convex"])
    points = np.array(
        [
            [float(w) for w in line.split()]
            for line in (DATA / "portfolio_orlib" / "portef1.txt").read_text().splitlines()
        ]
    )
    best = (0.7 * points[:, 1] - 0.3 * points[:, 0]).min()
    assert float(result.objective) == pytest.approx(best, rel=2e-4)
    assert result.status == "optimal"


VRP = """NAME : x-k2
TYPE : CVRP
DIMENSION : 3
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 5
NODE_COORD_SECTION
1 0 0
2 3 4
3 6 8
DEMAND_SECTION
1 0
2 2
3 4
DEPOT_SECTION
1
-1
EOF
"""


def test_a_vehicle_routing_file(tmp_path):
    problem = read_problem(write(tmp_path, VRP, "x.vrp"))
    assert (problem.kind, problem.vehicles, problem.capacity) == ("cvrp", 2, 5)
    assert problem.distance.tolist() == [[0, 5, 10], [5, 0, 5], [10, 5, 0]]
    assert problem.objective(np.array([1, 0, 2])) == 30
    assert problem.violations(np.array([1, 2])) == ["route 1 carries 6, a vehicle takes 5"]
    assert written(problem, np.array([1, 0, 2])) == "Route #1: 1\nRoute #2: 2\nCost 30\n"
    assert read_problem(write(tmp_path, VRP, "x.vrp"), vehicles=1).vehicles == 1


@pytest.mark.parametrize(("old", "new", "reason"), [
    ("3 6 8\n", "", "NODE_COORD_SECTION has 2 rows for 3 nodes: cut short?"),
    ("3 6 8\n", "2 6 8\n", ":9: a node occurs twice"),
    ("EUC_2D", "SPHERE", ":4: EDGE_WEIGHT_TYPE 'SPHERE'"),
    ("CAPACITY : 5\n", "", "demands and CAPACITY must be given together"),
    ("3 4\nDEPOT", "DEPOT", "DEMAND_SECTION has 2 rows"),
    ("DIMENSION : 3", "DIMENSION : three", ":3: DIMENSION 'three'"),
    ("TYPE : CVRP", "TYPE : PDPTW", ":2: TYPE 'PDPTW'"),
    ("TYPE : CVRP", "COLOUR : red", ":2: 'COLOUR : red' is not a key"),
    ("1\n-1", "1\n2\n-1", "2 depots"),
    ("3 6 8\n", "3 6 x\n", ":9: coordinate 'x' is not a number"),
    ("2 2\n3 4", "2 -2\n3 4", "-2 is not between 0"),
    ("EOF\n", "EOF\nmore\n", "after EOF"),
])  # fmt: skip
def test_broken_routing_files_name_the_line(tmp_path, old, new, reason):
    assert old in VRP
    with pytest.raises(DataError) as error:
        read_problem(write(tmp_path, VRP.replace(old, new, 1), "x.vrp"))
    assert reason in str(error.value)
    assert "\n" not in str(error.value)


SOLOMON = """C1
VEHICLE
NUMBER     CAPACITY
  2         10

CUSTOMER
CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME

    0      0         0          0          0       100          0
    1      3         4          4          0        50         10
    2      1         1          5         10        60         10
"""


def test_solomons_format(tmp_path):
    problem = read_problem(write(tmp_path, SOLOMON))
    assert (problem.kind, problem.vehicles, problem.capacity, problem.scale) == ("vrptw", 2, 10, 10)
    assert problem.distance[0].tolist() == [0, 50, 14]
    assert problem.windows.tolist() == [[0, 1000], [0, 500], [100, 600]]
    assert problem.violations(np.array([1, 2])) == []
    with pytest.raises(DataError, match=":12: 6 words, where number"):
        read_problem(write(tmp_path, SOLOMON + "3 1 1 1 1 1\n"))
    with pytest.raises(DataError, match="no customers"):
        read_problem(write(tmp_path, SOLOMON.split("    0 ", maxsplit=1)[0]))


MPS = """NAME t
ROWS
 N cost
 L one
 G two
COLUMNS
 x cost 1 one 1
 x two 1
 y cost 2 one 1
RHS
 RHS one 4 two 1
BOUNDS
 UI BND x 3
ENDATA
"""


def test_linear_models(tmp_path):
    problem = read_problem(write(tmp_path, MPS, "t.mps"))
    assert problem.names == ["x", "y"]
    assert problem.row_names == ["one", "two"]
    assert problem.integer.tolist() == [True, False]
    assert problem.high[0] == 3
    text = (
        "Maximize\n obj: 2 x + 3 y + [ - x ^ 2 - 2 x * y ] / 2\nSubject To\n c: x + y <= 4\nBounds\n x "
        "<= 3\n y <= 2\nGeneral\n x\nEnd\n"
    )
    other = read_problem(write(tmp_path, text, "t.lp"))
    assert other.sense == "max"
    assert other.objective(np.array([2.0, 1.0])) == 4 + 3 - (4 + 4) / 2
    packed = tmp_path / "t.mps.gz"
    packed.write_bytes(gzip.compress(MPS.encode()))
    assert read_problem(packed).size == 2


@pytest.mark.parametrize(("name", "text", "reason"), [
    ("t.mps", MPS.replace("ENDATA\n", ""), "cut short?"),
    ("t.mps", "", "empty"),
    ("t.mps", "ROWS\nENDATA\n", ""),
    ("t.mps", MPS.replace(" x two 1", " x three 1"), ""),
    ("t.lp", "Minimize\n x\nSubject To\n c: x >= 1\n", "cut short?"),
    ("t.lp", "hello\nEnd\n", ""),
    ("t.mps", None, "No such file"),
])  # fmt: skip
def test_broken_linear_models(tmp_path, name, text, reason):
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    with pytest.raises(DataError) as error:
        read_problem(path)
    assert reason in str(error.value)
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_job_shops(tmp_path):
    problem = read_problem(write(tmp_path, "# two jobs\n2 2\n0 3 1 2\n1 2 0 4\n"))
    assert problem.durations.tolist() == [[3, 2], [2, 4]]
    assert problem.objective(np.array([0, 3, 0, 3])) == 7
    assert problem.violations(np.array([0, 3, 0, 2])) == ["machine 0: job 2 starts at 2 while another runs"]
    for text, reason in (
        ("2 2\n0 3 1 2\n", "1 jobs, but line 1 says 2: cut short?"),
        ("2 2\n0 3 1 2\n0 3 1\n", ":3: 3 numbers"), ("2 2\n0 3 1 2\n0 3 2 1\n", ":3: machine 2"),
        ("2 2\n0 3 1 2\n0 3 1 x\n", ":3: number 'x'"),
    ):  # fmt: skip
        with pytest.raises(DataError) as error:
            read_problem(write(tmp_path, text), kind="job shop")
        assert reason in str(error.value)


def test_lists_assignments_facilities_and_portfolios(tmp_path):
    assert read_problem(write(tmp_path, "4\n5\n6\n7\n8\n")).kind == "partition"
    assert read_problem(write(tmp_path, "2\n5 6\n7 8.5\n")).objective(np.array([0, 1])) == 13.5
    facility = read_problem(write(tmp_path, "2 3\n10 7.5\n10 3\n4\n1 2\n5\n3 4\n6\n5 6\n"))
    assert facility.kind == "facility location"
    assert facility.objective(np.array([0, 0, 1])) == 7.5 + 3 + 1 + 3 + 6
    capacitated = read_problem(
        write(tmp_path, "2 3\n10 7.5\n10 3\n4\n1 2\n5\n3 4\n6\n5 6\n"), kind="capacitated facility location"
    )
    assert capacitated.violations(np.array([0, 0, 0])) == ["facility 1 serves 15, more than its 10"]
    with pytest.raises(DataError, match="the word 'capacity'"):
        read_problem(write(tmp_path, "2 1\ncapacity 7\n10 3\n4\n1 2\n"), kind="facility location")
    portfolio = read_problem(write(tmp_path, "2\n.01 .1\n.02 .2\n1 1 1\n1 2 .5\n2 2 1\n"), most=1, lot=0.5)
    assert portfolio.variance(np.array([0.5, 0.5])) == pytest.approx(0.25 * (0.01 + 0.04 + 2 * 0.01))
    assert portfolio.violations(np.array([0.5, 0.5])) == ["2 assets are held, at most 1 may be"]
    with pytest.raises(DataError, match="cut short"):
        read_problem(write(tmp_path, "2\n.01 .1\n.02 .2\n1 1 1\n1 2 .5\n"), kind="portfolio")


def test_tables(tmp_path):
    stops = "name,x,y,demand\ndepot,0,0,0\na,3,4,2\nb,6,8,4\n"
    problem = read_problem(write(tmp_path, stops, "s.csv"), capacity=5, vehicles=2)
    assert problem.kind == "cvrp"
    assert problem.objective(np.array([1, 0, 2])) == 30
    prices = "date,A,B\n1,10,20\n2,11,20\n3,11,22\n"
    portfolio = read_problem(write(tmp_path, prices, "p.csv"), risk=0.9)
    assert portfolio.names == ("A", "B")
    assert portfolio.mean.tolist() == pytest.approx([0.05, 0.05])
    for text, reason in (
        ("name,x,y,demand\ndepot,0,0,0\na,1,1,1\n", "must be given together"),
        ("x,y,colour\n0,0,1\n", "column 'colour'"), ("x,y\n0\n", ":2: 1 fields"),
        ("x,y\n0,b\n", ":2: y 'b' is not a number"), ("a,b\n1,2\n", "columns x and y"),
        ("x,y\n", "the table has a header and no rows"), ("x,y,open\n0,0,1\n", "open and close"),
        ("date,A,A\n1,1,2\n2,2,3\n3,3,4\n", "two columns have one name, 'A'"),
        ("date,A\n1,1\n2,2\n", "two returns at least"),
    ):  # fmt: skip
        with pytest.raises(DataError) as error:
            read_problem(write(tmp_path, text, "t.csv"))
        assert reason in str(error.value)


def test_settings_belong_to_their_kind(tmp_path):
    path = write(tmp_path, "3 2\n1 2\n2 3\n")
    with pytest.raises(ConfigError, match="a problem of kind 'maxcut' has no setting 'lot'; it takes none"):
        read_problem(path, lot=0.1)
    with pytest.raises(ConfigError, match="vehicles='many' must be an integer of at least 1"):
        read_problem(write(tmp_path, VRP, "x.vrp"), vehicles="many")
    with pytest.raises(ConfigError, match="vehicles=0"):
        read_problem(write(tmp_path, VRP, "x.vrp"), vehicles=0)
    with pytest.raises(ConfigError, match="2 to 10,000"):
        read_problem("labs:1")
    with pytest.raises(ConfigError, match="eigenvalue"):
        read_problem(write(tmp_path, "2\n.01 .1\n.02 .2\n1 1 1\n1 2 3\n2 2 1\n"), kind="portfolio")


def test_ommx_instances(tmp_path):
    from ommx import v1

    x = [v1.DecisionVariable.binary(0, name="a"), v1.DecisionVariable.integer(1, lower=0, upper=4, name="b")]
    whole = v1.Instance.from_components(
        decision_variables=x,
        objective=x[0] * x[1] + 2 * x[1] - 1,
        constraints=[(x[0] + x[1] <= 3).add_name("room")],
        sense=v1.Instance.MAXIMIZE,
    )
    (tmp_path / "i.ommx").write_bytes(whole.to_bytes())
    problem = read_problem(tmp_path / "i.ommx")
    assert problem.sense == "max"
    for values in ([1.0, 2.0], [0.0, 3.0], [1.0, 3.0]):
        state = whole.evaluate({0: values[0], 1: values[1]})
        assert float(problem.objective(np.array(values))) == state.objective
        assert bool(problem.violations(np.array(values))) == (not state.feasible)
    (tmp_path / "bad.ommx").write_bytes(b"\xff\x00nothing")
    for junk in (b"\xff\x00nothing", b"junk junk"):
        (tmp_path / "bad.ommx").write_bytes(junk)
        with pytest.raises(DataError, match="neither an OMMX instance") as error:
            read_problem(tmp_path / "bad.ommx")
        assert len(str(error.value)) < 400


def test_settings_are_finite(tmp_path):
    path = write(tmp_path, "2\n.01 .1\n.02 .2\n1 1 1\n1 2 .5\n2 2 1\n")
    for value in ("nan", "inf", "x"):
        with pytest.raises(ConfigError):
            read_problem(path, kind="portfolio", least_return=value)
    with pytest.raises(ConfigError, match=r"capacity=.2\.7."):
        read_problem(write(tmp_path, "x,y,demand\n0,0,0\n1,1,1\n", "t.csv"), capacity="2.7")


def test_other_formats(tmp_path):
    graph = read_problem(write(tmp_path, "c x\np edge 3 2\nn 2 2.5\ne 1 2\ne 2 3\n", "a.gph"))
    assert (graph.kind, graph.objective([0, 1, 0])) == ("independent set", Fraction(5, 2))
    assert graph.violations([1, 1, 0]) == ["nodes 1 and 2 are neighbours and both chosen"]
    assert read_problem(tmp_path / "a.gph", "maxcut").objective([0, 1, 0]) == 2
    qap = read_problem(write(tmp_path, "2\n0 1\n2 0\n\n0 3\n4 0\n", "b.dat"))
    assert (
        qap.objective(np.array([0, 1])),
        qap.objective(np.array([1, 0])),
        written(qap, np.array([1, 0])),
    ) == (11, 10, "2 10\n2 1\n")
    bag = read_problem(write(tmp_path, "name\n3\n1 2 3\n10 20\n30\n\n0\n5\n2 3 4\n", "c.txt"))
    assert (bag.objective([1, 1, 0]), bag.violations([1, 1, 0]), bag.violations([1, 0, 1])) == (
        13,
        [],
        ["the items weigh 6, the knapsack takes 5"],
    )
    with pytest.raises(ConfigError, match="holds a problem of kind 'knapsack', not 'maxcut'"):
        read_problem(tmp_path / "c.txt", "maxcut")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        ("3\n1 2\n", ":2: 2 numbers after the first, 3: expected 18 for quadratic assignment"),
        ("3 4 5\n1 2 1\n", ":1: the first line has 3 words"),
        ("3 x\n", ":1: '3 x': no known format begins like this"),
        ("3 2\n1 2 1\n", ":2: 1 edges, but the first line says 2: cut short?"),
        (
            "1 2\n2 3\n3 4\n4 1\n",
            ":4: 3 edges, but the first line says 2; if line 1 is an edge, a line with the numbers of nodes",
        ),
        ("3 1\n1 2 1\n2 3 1\n", ":3: 2 edges, but the first line says 1"),
        ("3 1\n1 4 1\n", ":2: index 4 is not between 1 and 3"),
        ("3 1\n0 1 1\n", ":2: index 0"),
        ("3 1\n1 2 a\n", ":2: weight 'a'"),
        ("3 1\n1 2 3 4\n", ":2: 4 words"),
        ("0 0\n", "has no variables"),
        ("-3 0\n", ":1: nodes -3 is not between 0"),
        ("p qubo 0 3 1\n", ":1: a line 'p qubo"),
        ("p qubo 0 3 1 1\n0 0 1\n", ":2: 1 diagonal and 0 other"),
        ("3 1\n1 2 nan\n", "'nan' is not a number"),
        ("p edge 3\n", ":1: a line 'p edge"),
        ("p edge 3 2\ne 1 2\n", ":2: 1 edges, but the first line says 2"),
        ("p edge 3 1\nx 1 2\n", ":2: a line begins with 'x'"),
        ("p edge 3 1\ne 2 2\n", ":2: an edge leads from a node to itself"),
        ("2\n0 1\n1 0\n0 2\n", ":4: 6 numbers after the first, 2"),
        ("2\n0 1\n1 x\n0 2\n2 0\n", ":3: number 'x'"),
        ("name\n2\n3 4\n5\n\n0\n7\n1\n", ": 7 numbers, but 2 items have 8: cut short?"),
    ],
)
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
    with pytest.raises(DataError, match=":2: an edge leads from a node to itself"):
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
@pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    "folder", ["biqmac_gka", "biqmac_be", "biqmac_beasley", "biqmac_rudy", "biqmac_ising", "maxcut_gset"]
)
def test_public_instances_are_read_and_small_ones_reach_their_value(folder, every):
    """A third of each folder, and all of it among the slow tests.

    Stated values of the library are never passed, and instances of up to 60 variables reach them at once.
    """
    rows = list(csv.DictReader((DATA / folder / "best_known.csv").open()))
    files = {
        key: p
        for p in (DATA / folder).iterdir()
        if p.suffix != ".csv"
        for key in (p.name, p.name.removesuffix(".txt"))
    }
    column = next(c for c in rows[0] if c.startswith("best"))
    name = next(iter(rows[0]))
    tried = 0
    for row in rows[:: 1 if every else 3]:
        path = files[row[name]]
        problem = read_problem(
            path, "qubo" if folder in ("biqmac_gka", "biqmac_be", "biqmac_beasley") else "maxcut"
        )
        if problem.size <= 60 and tried < 4:
            tried += 1
            assert solve(problem, Limits(20, rounds=4), ["annealing"]).objective == int(float(row[column])), (
                row
            )
