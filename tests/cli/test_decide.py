"""`qualms decide` and `qualms prices` as a user meets them."""

import json
import sys

import pytest

from qualms.cli import main


@pytest.fixture
def run(monkeypatch, capsys):
    def call(*words):
        monkeypatch.setattr(sys, "argv", ["qualms", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main.run()
        told = capsys.readouterr()
        return end.value.code or 0, told.out, told.err

    return call


@pytest.fixture
def ring(tmp_path):
    path = tmp_path / "ring.txt"
    path.write_text("9 9\n" + "".join(f"{k + 1} {(k + 1) % 9 + 1} 1\n" for k in range(9)))
    return path


def test_the_decision_in_words(run, ring):
    code, out, err = run("decide", ring, "--time", "3", "--devices")
    assert (code, err) == (0, "")
    assert "Quantum is not worth it here." in out
    assert "To change that:" in out
    for gate in ("fit", "fidelity", "gap", "cost", "evidence"):
        assert f"│ {gate} " in out
    assert "classical data × classical compute" in out
    assert "quantum data × quantum compute" in out
    assert "quantinuum_helios" in out


def test_the_decision_as_json(run, ring):
    code, out, _ = run(
        "decide", ring, "--time", "3", "--budget", "5", "--gap", "1%", "--value-per-unit", "2",
        "--solver", "qaoa", "--json",
    )  # fmt: skip
    told = json.loads(out)
    assert code == 0
    assert told["worth_it"] is False
    assert [g["name"] for g in told["gates"]] == ["fit", "fidelity", "gap", "cost", "evidence"]
    assert "qaoa" in told["arms"]
    assert told["gates"][2]["threshold"] == 0.01
    assert told["exploration"]["propensity"] > 0
    assert {p["queue_seconds"] for p in told["places"]} == {0.0, None}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--time", "-1"], "-1"),
        (["--gap", "2"], "--gap"),
        (["--value-per-unit", "nan"], "--value-per-unit"),
        (["--queue", "-5"], "--queue"),
        (["--budget", "-1"], "-1"),
        (["--solver", "nobody"], "nobody"),
        (["--set", "x"], "--set"),
    ],
)
def test_mistakes_are_told_in_one_line(run, ring, words, told):
    code, out, err = run("decide", ring, *words)
    assert code == 2
    assert told in err
    assert len(err.splitlines()) == 1
    assert out == ""


def test_prices_have_their_source_and_what_circuits_cost(run):
    code, out, _ = run("prices", "--circuits", "100")
    assert code == 0
    assert "$175.00" in out  # Garnet: a hundred jobs, a hundred thousand shots
    assert "2026-09-17" in out
    told = json.loads(run("prices", "--circuits", "100", "--json")[1])
    garnet = next(q for q in told["quotes"] if q["name"] == "garnet")
    assert garnet["dollars"] == pytest.approx(175.0)
    assert garnet["price"]["source"]
    assert run("prices", "--circuits", "0")[0] == 2
