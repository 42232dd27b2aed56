"""Routes in the dialects of TSPLIB, CVRPLIB, LKH-3 and Solomon, in the file's own numbers."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from qualms.errors import ConfigError, DataError
from qualms.formats.write import written
from qualms.problems import Routing
from qualms.solve import Limits, read_problem, solve
from qualms.solve.encodings import ising_encoding


def read(folder: Path, text: str, name: str = "r.vrp", **given: object) -> Routing:
    path = folder / name
    path.write_bytes(text.encode())
    problem = read_problem(path, **given)
    assert isinstance(problem, Routing)
    return problem


def vrp(
    more: str = "",
    kind: str = "CVRP",
    rule: str = "EUC_2D",
    demand: str = "1 2\n2 0\n3 3\n4 2\n",
    depot: str = "2\n-1\n",
) -> str:
    """Four nodes on a line at 30, 0, 10, −20; the depot is the second."""
    return (
        f"NAME : line\nTYPE : {kind}\nDIMENSION : 4\nEDGE_WEIGHT_TYPE : {rule}\nCAPACITY : 5\n{more}"
        "NODE_COORD_SECTION\n1 30 0\n2 0 0\n3 10 0\n4 -20 0\n"
        f"DEMAND_SECTION\n{demand}DEPOT_SECTION\n{depot}EOF\n"
    )


class TestOwnNumbers:
    def test_a_depot_that_is_not_the_first_node(self, tmp_path):
        problem = read(tmp_path, vrp())
        result = solve(problem, Limits(5, rounds=1), ["pyvrp"])
        assert result.objective == 100  # 0 → 30 → 10 → 0 and 0 → −20 → 0
        routes = [
            line.split(":")[1].split() for line in written(problem, result.best.solution).splitlines()[:2]
        ]
        assert sorted(sorted(r) for r in routes) == [["1", "3"], ["4"]]
        told = json.loads(json.dumps(result.to_dict()))
        assert sorted(sorted(r) for r in told["solution"]) == [[1, 3], [4]]
        assert told["solution_is"] == "the customers of each route, as the file calls them"

    def test_violations(self, tmp_path):
        problem = read(tmp_path, vrp())
        answer = problem.joined([[1, 2, 3]])
        assert problem.violations(answer) == ["route 1 carries 7, a vehicle takes 5"]
        assert problem.violations(problem.joined([[1, 3]])) == ["customer 3 is visited 0 times"]

    def test_the_salesman(self, tmp_path):
        text = (
            vrp(kind="TSP").replace("CAPACITY : 5\n", "").replace("DEMAND_SECTION\n1 2\n2 0\n3 3\n4 2\n", "")
        )
        problem = read(tmp_path, text, "t.tsp")
        result = solve(problem, Limits(5, rounds=1), ["pyvrp"])
        assert result.objective == 100
        tour = written(problem, result.best.solution).split("TOUR_SECTION\n")[1].split()[:4]
        assert tour[0] == "2"
        at = {"1": 30, "2": 0, "3": 10, "4": -20}
        assert sum(abs(at[a] - at[b]) for a, b in zip(tour, tour[1:] + tour[:1], strict=True)) == 100
        assert result.to_dict()["solution"] == [[int(w) for w in tour]]

    def test_a_first_depot_keeps_the_numbers_of_cvrplibs_solutions(self, tmp_path):
        problem = read(tmp_path, vrp(demand="1 0\n2 2\n3 3\n4 2\n", depot="1\n-1\n"))
        assert written(problem, problem.joined([[1, 2], [3]])).startswith("Route #1: 1 2\nRoute #2: 3\n")

    def test_late_customers(self, tmp_path):
        text = vrp("", "CVRPTW").replace(
            "DEPOT_SECTION", "TIME_WINDOW_SECTION\n1 0 29\n2 0 500\n3 0 500\n4 0 500\nDEPOT_SECTION"
        )
        problem = read(tmp_path, text)
        assert problem.kind == "vrptw"
        assert problem.violations(problem.joined([[1, 2], [3]])) == ["route 1 reaches 1 at 30, after 29"]

    def test_names_of_a_table(self, tmp_path):
        stops = "name,x,y,demand\ndepot,0,0,0\nanna,3,4,2\nbert,6,8,4\n"
        problem = read(tmp_path, stops, "s.csv", capacity=5)
        assert written(problem, np.array([1, 0, 2])).splitlines()[:2] == ["Route #1: anna", "Route #2: bert"]
        assert problem.violations(np.array([1])) == ["customer bert is visited 0 times"]


class TestDialects:
    @pytest.mark.parametrize("kind", ["CVRP", "ACVRP", ""])
    def test_names_of_types(self, tmp_path, kind):
        assert read(tmp_path, vrp(kind=kind)).kind == "cvrp"

    @pytest.mark.parametrize(
        ("kind", "more"),
        [
            ("SOP", "EDGE_WEIGHT_SECTION\n4\n0 1\n"),
            ("HCP", "EDGE_DATA_FORMAT : EDGE_LIST\nEDGE_DATA_SECTION\n1 2\n"),
            ("VRPPD", "PICKUP_SECTION\n"),
            ("TOUR", "TOUR_SECTION\n"),
        ],
    )
    def test_other_types_are_refused_before_their_sections(self, tmp_path, kind, more):
        with pytest.raises(DataError, match=f":2: TYPE '{kind}' is not solved here"):
            read(tmp_path, vrp(more, kind))

    def test_whole_numbers_with_a_point(self, tmp_path):
        text = vrp("SERVICE_TIME : 2.0\nDISTANCE : 90.0\n", demand="1 2.0\n2 0\n3 3.\n4 2e0\n").replace(
            "CAPACITY : 5", "CAPACITY : 5.0"
        )
        problem = read(tmp_path, text)
        assert (problem.capacity, problem.demand.tolist(), problem.longest, problem.scale) == (
            5,
            [0, 2, 3, 2],
            90,
            1,
        )
        with pytest.raises(DataError, match=r":12: number '2.5' is not an integer"):
            read(tmp_path, vrp(demand="1 2.5\n2 0\n3 3\n4 2\n"))

    def test_the_longest_route(self, tmp_path):
        """By hand: out and home are 60, 20 and 40; a service of 3 at each stop."""
        problem = read(tmp_path, vrp("DISTANCE : 66.5\nSERVICE_TIME : 3\n"))
        assert problem.kind == "cvrp"
        assert problem.violations(problem.joined([[1, 2], [3]])) == []  # 60 + 6
        tight = read(tmp_path, vrp("DISTANCE : 65.5\nSERVICE_TIME : 3\n"))
        assert tight.violations(tight.joined([[1, 2], [3]])) == [
            "route 1 takes 66, the longest that is allowed is 65.5"
        ]
        for solver in ("pyvrp", "highs"):
            result = solve(tight, Limits(10, rounds=3), [solver])
            assert (result.objective, result.feasible) == (120, True), solver
        assert solve(problem, Limits(10, rounds=3), ["highs"]).objective == 100
        with pytest.raises(ConfigError, match="no Ising encoding"):
            ising_encoding(tight)

    def test_service_without_a_limit_is_told(self, tmp_path):
        assert any(
            n.startswith("service times were not used")
            for n in read(tmp_path, vrp("SERVICE_TIME : 3\n")).notes
        )
        assert not any("service" in n for n in read(tmp_path, vrp("SERVICE_TIME : 0\n")).notes)

    def test_distances_that_are_not_rounded(self, tmp_path):
        text = vrp(rule="EXACT_2D").replace("1 30 0", "1 1 1").replace("3 10 0", "3 0.5 0")
        problem = read(tmp_path, text)
        assert (
            problem.objective(problem.joined([[1], [2], [3]]))
            == 2 * Fraction(round(2**0.5 * 10**6), 10**6) + 1 + 40
        )
        assert any("rounded to 1/1,000,000" in n for n in problem.notes)
        chosen = read(tmp_path, text.replace("EXACT_2D", "EUC_2D"), distances="EXACT_2D")
        assert np.array_equal(chosen.distance, problem.distance)
        assert read(tmp_path, text, distances="FLOOR_2D").distance[0, 1] == 1
        with pytest.raises(ConfigError, match="distances='EUC' must be EUC_2D or"):
            read(tmp_path, text, distances="EUC")

    def test_three_dimensions(self, tmp_path):
        text = (
            vrp(rule="EUC_3D")
            .replace("30 0\n", "1 2 2\n")
            .replace("2 0 0\n", "2 0 0 0\n")
            .replace("10 0\n", "2 3 6\n")
            .replace("-20 0\n", "4 4 7\n")
        )
        assert read(tmp_path, text).distance[0].tolist() == [0, 3, 7, 9]

    def test_decimals_in_tables_of_distances(self, tmp_path):
        text = (
            "TYPE : TSP\nDIMENSION : 3\nEDGE_WEIGHT_TYPE : EXPLICIT\nEDGE_WEIGHT_FORMAT : "
            "LOWER_ROW\nCOMMENT : (Eilon et al)\nEDGE_WEIGHT_SECTION\n1.5\n2 4.25\nEOF\n"
        )
        problem = read(tmp_path, text, "t.tsp")
        assert problem.scale == 100
        assert problem.distance.tolist() == [[0, 150, 200], [150, 0, 425], [200, 425, 0]]
        assert problem.objective(np.array([1, 2])) == Fraction("7.75")

    def test_a_fleet_from_the_name_is_told(self, tmp_path):
        problem = read(tmp_path, vrp().replace("NAME : line", "NAME : line-k2"))
        assert problem.vehicles == 2
        assert (
            problem.notes[-1]
            == "at most 2 vehicles, from the name 'line-k2'; --set vehicles=… takes another number"
        )
        assert not any(
            "vehicles, from" in n
            for n in read(tmp_path, vrp().replace("NAME : line", "NAME : line-k2"), vehicles=3).notes
        )

    def test_distance_beside_windows(self, tmp_path):
        text = vrp("DISTANCE : 9\n").replace(
            "DEPOT_SECTION", "TIME_WINDOW_SECTION\n1 0 9\n2 0 9\n3 0 9\n4 0 9\nDEPOT_SECTION"
        )
        with pytest.raises(DataError, match=":6: DISTANCE"):
            read(tmp_path, text)


@pytest.mark.parametrize(("name", "vehicles"), [
    ("line-k2", 2), ("line-k2.vrp", 2), ("line-k2 (Augerat)", 2), ("X-n4-k2", None), ("x-n4-k2", None),
    ("XL-n4-k2", None), ("Loggi-n4-k2", None),
])  # fmt: skip
def test_in_some_sets_the_name_tells_the_least_number_of_vehicles(tmp_path, name, vehicles):
    problem = read(tmp_path, vrp().replace("NAME : line", f"NAME : {name}"))
    assert problem.vehicles == vehicles
    assert any(("is a lower bound" if vehicles is None else "at most 2 vehicles") in n for n in problem.notes)


def test_spellings_and_places(tmp_path):
    text = vrp(rule="euc_2d").replace("CAPACITY : 5", "CAPACITY = 5")
    assert read(tmp_path, text).capacity == 5
    shown = (
        "TYPE : TSP\nDIMENSION : 3\nEDGE_WEIGHT_TYPE : EXPLICIT\nEDGE_WEIGHT_FORMAT : "
        "LOWER_ROW\nEDGE_WEIGHT_SECTION\n"
    )
    shown += "1\n2 4\nDISPLAY_DATA_SECTION\n"
    assert read(tmp_path, shown + "2 5 6\n1 1 2\n3 6 7\nEOF\n", "t.tsp").coordinates.tolist() == [
        [1, 2],
        [5, 6],
        [6, 7],
    ]
    for rows, place in (
        ("1 5\n2 5 6\n3 6 7\n", ":9: 2 words"),
        ("1 1e200 1\n2 5 6\n3 6 7\n", ":9: coordinate 1e200"),
    ):
        with pytest.raises(DataError, match=place):
            read(tmp_path, shown + rows + "EOF\n", "t.tsp")
    for table, place in (
        ("x,y\n0,0\n3e15,1\n", ":3: x '3e15'"),
        ("x,y,x\n0,0,1\n1,1,1\n", ":1: two columns"),
        ("x,y\n0,0\n", ":1: 1 places"),
    ):
        with pytest.raises(DataError, match=place):
            read(tmp_path, table, "t.csv")


def test_lower_triangles_are_read_by_rows_whatever_a_comment_says(tmp_path):
    """By the TSPLIB report; a file of set E with the same comment has its published cost only so."""
    rows = {(1, 0): 9, (2, 0): 14, (2, 1): 21, (3, 0): 23, (3, 1): 22, (3, 2): 25}
    text = (
        "NAME : e\nCOMMENT : (Eilon et al, Min no of trucks: 2)\nTYPE : CVRP\nDIMENSION : "
        "4\nEDGE_WEIGHT_TYPE : EXPLICIT\nEDGE_WEIGHT_FORMAT: LOWER_ROW \nCAPACITY : "
        "9\nEDGE_WEIGHT_SECTION\n 9 14 21 23\n 22 25\nDEMAND_SECTION\n1 0\n2 1\n3 1\n4 "
        "1\nDEPOT_SECTION\n1\n-1\nEOF\n"
    )
    distance = read(tmp_path, text).distance
    assert all(distance[i, j] == distance[j, i] == v for (i, j), v in rows.items())


ENCODED = vrp().replace("TYPE", "COMMENT : Grötschel\nTYPE", 1)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "latin-1"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings(tmp_path, encoding, end):
    path = tmp_path / "r.vrp"
    path.write_bytes((ENCODED.replace("\n", end) + "\x1a").encode(encoding))
    problem = read_problem(path)
    assert problem.size == 4
    assert any("Latin-1" in n for n in problem.notes) == (encoding == "latin-1")


def test_bytes_that_are_no_text_outside_of_comments(tmp_path):
    path = tmp_path / "r.vrp"
    path.write_bytes(vrp().replace("CVRP", "CVRPü").encode("latin-1"))
    with pytest.raises(DataError, match=r"r\.vrp:2: byte 12 of the line \(0xfc\) is not UTF-8"):
        read_problem(path)


def test_solomon_keeps_what_it_can(tmp_path):
    text = (
        "C1\nVEHICLE\nNUMBER CAPACITY\n 2 10\nCUSTOMER\nCUST NO. X Y D R "
        "D S\n\n0 0 0 0 0 100 0\n1 1 1 4 0.25 50 10\n"
    )
    problem = read(tmp_path, text, "c.txt")
    assert problem.scale == 100
    assert problem.distance[0, 1] == 140  # 1.414… cut to 1.4
    assert problem.windows[1].tolist() == [25, 5000]
    assert "cut to one decimal" in problem.notes[0]
    exact = read(tmp_path, text, "c.txt", distances="EXACT_2D")
    assert (exact.scale, exact.distance[0, 1]) == (10**6, 1414214)


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("t.csv", "x,y,open,close\n0,0,0,100\n1,2,20,10\n", ":3: the time window opens after it closes"),
        ("t.csv", "x,y,open,close\n0,0,50,20\n1,2,0,10\n", ":2: the time window opens"),
        (
            "t.txt",
            "C1\nVEHICLE\nNUMBER CAPACITY\n 2 10\nCUSTOMER\nCUST NO.\n\n0 0 0 0 0 100 0\n1 1 1 4 90 10 10\n",
            ":9: the time window opens",
        ),
        ("t.csv", "x,y,demand\n0,0,3\n1,2,1\n", ":2: the depot, which comes first, has a demand of 3"),
    ],
)
def test_what_cannot_be_served_has_its_line(tmp_path, name, text, place):
    with pytest.raises(DataError) as error:
        read(tmp_path, text, name, **({"capacity": 6} if "demand" in text else {}))
    assert place in str(error.value)


def test_windows_of_vrplib_and_of_ones_own(tmp_path):
    text = vrp("", "CVRPTW").replace(
        "DEPOT_SECTION", "TIME_WINDOW_SECTION\n1 0 29\n2 20 10\n3 0 500\n4 0 500\nDEPOT_SECTION"
    )
    line = 1 + text.split("\n").index("2 20 10")
    with pytest.raises(DataError, match=f":{line}: the time window opens after it closes"):
        read(tmp_path, text)
    far = np.ones((2, 2), np.int64)
    with pytest.raises(ConfigError, match="1 opens at 2, after it closes at 1"):
        Routing(far, np.zeros(2, np.int64), windows=np.array([[0, 9], [2, 1]]))


def test_solomons_customers_are_all_read(tmp_path):
    text = (
        "C\nVEHICLE\nNUMBER CAPACITY\n2 10\nCUSTOMER\nCUST NO. X Y D R "
        "D S\n0 0 0 0 0 100 0\n1 3 4 {} 0 50 10\n"
    )
    for demand, more, reason in (
        ("5.7", "", "demand '5.7' is not an integer"),
        ("-3", "", "demand -3"),
        ("4", "3x 1 1 1 1 1 1\n", "customer '3x' is not an integer"),
    ):
        with pytest.raises(DataError, match=reason):
            read(tmp_path, text.format(demand) + more, "a.txt")
