"""Quality against size: which methods no other beats, which rival a method stands beside, and the files."""

import csv
import dataclasses
import io
import json
import math
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from qualms.cli.main import app
from qualms.errors import DataError
from qualms.records import Interval, paired
from qualms.records.store import RunStore
from qualms.report import front as fronts
from qualms.report import front_figure, page
from tests.records.sample import make_record


def record(method, numbers, nll, seed=0, **changes):
    kind = "QUALMS_QSL" if method.startswith("qsl") else "LORA"
    written = {"adapter_config": {"peft_type": kind}, "adapter_bytes": 4 * numbers + 1000}
    return make_record(method, seed, nll, numbers, **{**written, **changes})


def study():
    """A quantum method among rivals; the splits disagree about which small one is best."""
    rows = [
        ("qsl", 4000, 2.0, 2.0), ("qsl/no-entangler", 4000, 2.9, 2.9), ("ia3", 3000, 2.4, 2.4),
        ("beft", 3500, 2.5, 2.3), ("vera", 12000, 1.9, 1.9), ("lora[r=1]", 16000, 1.7, 1.7),
        ("lora[r=2]", 32000, 1.8, 1.8),
    ]  # fmt: skip
    return [
        record(m, n, 0.0, seed, metrics={"nll": val, "test_nll": test + 0.01 * seed * (1 + (m == "vera"))})
        for m, n, val, test in rows
        for seed in range(3)
    ]


def _point(numbers, mean):
    return fronts.Point(
        str((numbers, mean)), None, False, True, numbers, numbers, Interval(mean, 0, 0, 1), mean, {}
    )


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(0, 20)), min_size=1, max_size=12))
def test_the_front_is_what_no_other_beats(pairs):
    found = [_point(*pair) for pair in pairs]
    kept = {(p.numbers, p.quality.mean) for p in fronts.front(found, lambda p: p.numbers)}
    beaten = {
        a for a in pairs if any(b != a and b[0] <= a[0] and b[1] <= a[1] for b in pairs)
    }  # every pair with every other
    assert kept == set(pairs) - beaten


def test_points_are_adapters_with_numbers_of_their_own():
    parameters = {"angles": 10, "classical": 990, "head": 500, "trained": 1500, "total": 10**6}
    found = fronts.points([
        record("ia3", 1000, 1.0, parameters=parameters),
        make_record("untuned", 0, 4.0, 10), make_record("full", 0, 0.5, 10**6),
        record("oft", 1000, math.nan),
    ])  # fmt: skip
    assert [(p.method, p.numbers, p.size) for p in found] == [("ia3", 1000, 5000 - 2000)]


def test_rivals_are_chosen_on_the_validation_split_and_judged_on_the_test_split():
    found = fronts.points(study())
    by_size = {r.size: r for r in fronts.rivalries(found)}
    assert {size: r.rival.method for size, r in by_size.items() if "numbers" in size} == {
        "at most as many trained numbers": "ia3",  # beft is better on the test split alone
        "at most four times as many trained numbers": "lora[r=1]",
        "at least four times as many trained numbers": "lora[r=1]",
    }
    own, rival = (
        {s: r.value("test_nll") for s, r in p.runs.items()} for p in found if p.method in ("qsl", "ia3")
    )
    assert by_size["at most as many trained numbers"].difference == paired(own, rival)
    told = fronts.sentences(found)
    assert all(
        text.startswith("qsl (simulated quantum; 4,000 trained numbers, 17,000 bytes)") for text in told
    )
    assert (
        "ia3 (3,000; 13,000): better, -0.400 nats of test NLL, 95 % [-0.400, -0.400] over 3 seeds." in told[0]
    )
    assert ": worse, +0.300 nats" in told[1]


def test_one_seed_has_no_interval():
    told = fronts.sentences(fronts.points([record("qsl", 4000, 2.0), record("ia3", 3000, 2.4)]))
    assert told[0].endswith("better by 0.400 nats of test NLL (one seed in common: no interval).")


def test_the_table_holds_what_the_picture_shows():
    made = front_figure.StudyFront.of(study())
    rows = {row["method"]: row for row in csv.DictReader(io.StringIO(front_figure.table([made])))}
    assert rows.keys() == {p.method for p in made.points}
    figure = front_figure.draw([made])
    for axes, column in zip(figure.axes, ("trained numbers", "bytes"), strict=True):
        drawn = {tuple(map(float, *c.lines[0].get_xydata())) for c in axes.containers}
        assert drawn == {(float(r[column]), float(r["test NLL (nats)"])) for r in rows.values()}
        named = {text.get_text() for text in axes.texts}
        assert named == {"ia3", "beft", "qsl", "vera", "lora r=1"}
    assert [m for m, row in rows.items() if row["on the front of numbers"] == "yes"] == [
        "qsl", "ia3", "beft", "vera", "lora[r=1]",
    ]  # fmt: skip


def test_no_name_stands_on_another_and_the_best_keeps_its_own():
    near = [record(f"qsl:fitted[rank={k}]", 4000 + k, 2.0 + 0.001 * k) for k in range(1, 9)]
    found = front_figure.StudyFront.of([*near, record("ia3", 30_000, 1.0)])
    for axes in front_figure.draw([found]).axes:
        names = [text.get_text() for text in axes.texts]
        assert "qsl:fitted rank=1" in names
        assert "ia3" in names
        assert len(names) < 5
        boxes = [text.get_window_extent() for text in axes.texts]
        assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_the_page_puts_ours_beside_rivals_and_draws_bytes():
    text = page.render(study())
    assert "Beside rivals of other sizes" in text
    assert "ia3 (3,000; 13,000): better, -0.400 nats" in text
    assert "Test loss against bytes" in text
    assert "Beside rivals" not in page.render([record("ia3", 10, 1.0)])


@settings(max_examples=30)
@given(st.text(max_size=20))
def test_any_name_has_a_short_one(name):
    assert fronts.short_name(name) or not name


def test_short_names():
    assert fronts.short_name("lora[r=1,target_modules=all-linear]") == "lora r=1 all-linear"
    assert fronts.short_name("qsl:recommended[rank=4]/unfitted") == "qsl:recommended rank=4/unfitted"
    assert fronts.short_name("vera[save_projection=false]") == "vera save_projection=false"


def _stored(folder, records):
    with RunStore(folder) as store:
        for one in records:
            store.add(one)


def test_the_command_draws_the_studies_of_a_folder_from_records_alone(tmp_path):
    _stored(tmp_path / "a", study())
    _stored(tmp_path / "b", [record("ia3", 10, 1.0, task_id="other")])
    _stored(tmp_path / "c", [make_record("untuned", task_id="third")])
    ran = CliRunner().invoke(app, ["compare", "--front", str(tmp_path), "--json"])
    assert ran.exit_code == 0, ran.output
    assert "left out, none of its records is of a trained adapter" in ran.stderr
    told = json.loads(ran.stdout)
    assert [len(front["points"]) for front in told["fronts"]] == [7, 1]
    assert told["fronts"][1]["points"][0]["test_nll"] == {"mean": 1.0, "low": None, "high": None, "n": 1}
    assert {p.name for p in tmp_path.iterdir()} == {"a", "b", "c", "front.png", "front.svg", "front.csv"}
    assert (tmp_path / "front.png").read_bytes().startswith(b"\x89PNG")
    assert ElementTree.parse(tmp_path / "front.svg").getroot().tag.endswith("svg")


def test_names_of_data_and_methods_are_text_in_every_file(tmp_path):
    _stored(tmp_path, [record("=1+1", 10, 1.0, dataset="a\x01$\\frac{1}$"), record("ia3", 20, 0.9)])
    ran = CliRunner().invoke(app, ["compare", "--front", str(tmp_path)])
    assert ran.exit_code == 0, ran.exception
    drawn = (tmp_path / "front.svg").read_text("utf-8")
    texts = [element.text for element in ElementTree.fromstring(drawn).iter() if element.tag.endswith("text")]
    assert any(text.startswith("base-a\ufffd$\\frac{1}$, 10 steps") for text in texts if text)
    assert "=1+1" in texts
    rows = list(csv.DictReader(io.StringIO((tmp_path / "front.csv").read_text("utf-8"))))
    assert [row["method"] for row in rows] == ["'=1+1", "ia3"]
    assert (tmp_path / "front.png").read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_written_is_told_before_anything_is(tmp_path, monkeypatch):
    """All three files are made before the first of them is written."""
    monkeypatch.setattr(front_figure, "_DESCRIPTION", "\ud800")  # no file can hold it
    with pytest.raises(UnicodeEncodeError):
        front_figure.write([front_figure.StudyFront.of(study())], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("records", "what"),
    [
        ([], "no records there"),
        ([make_record("untuned", adapter_config=None)], "none of its records is of a trained adapter"),
    ],
)
def test_a_folder_without_adapters_is_told(tmp_path, records, what):
    _stored(tmp_path, records)
    ran = CliRunner().invoke(app, ["compare", "--front", str(tmp_path), "--out", str(tmp_path / "out")])
    assert ran.exit_code != 0
    assert not (tmp_path / "out").exists()
    assert what in str(ran.exception or ran.output)


def rival_of(*rows):
    """The best rival of `qsl` for every size in words; rows are method, numbers, bytes, both losses."""
    found = fronts.points([
        record(method, numbers, 0.0, adapter_bytes=size, metrics={"nll": loss, "test_nll": loss})
        for method, numbers, size, loss in [("qsl", 1000, 9000, 2.0), *rows]
    ])  # fmt: skip
    return {r.size: r.rival.method for r in fronts.rivalries(found)}


def test_a_twin_without_its_entanglers_is_no_rival_and_bytes_are_not_numbers():
    twin, small, short = (
        ("qsl/no-entangler", 900, 8000, 0.1), ("ia3", 1000, 36000, 2.5), ("beft", 4000, 9000, 2.4)
    )  # fmt: skip
    assert rival_of(twin, small, short) == {
        "at most as many trained numbers": "ia3", "at most four times as many trained numbers": "beft",
        "at least four times as many trained numbers": "beft", "at most as many bytes": "beft",
        "at most four times as many bytes": "beft", "at least four times as many bytes": "ia3",
    }  # fmt: skip


def test_a_twin_of_equal_size_is_a_rival():
    """It is a method that anybody can take."""
    made = record(
        "qsl/unilora-equal", 1000, 0.0, metrics={"nll": 1.0, "test_nll": 1.0}, twin_of="qsl",
        adapter_config={"peft_type": "UNILORA"},
    )  # fmt: skip
    found = fronts.points([record("qsl", 1000, 2.0), made, record("ia3", 900, 1.5)])
    assert {r.rival.method for r in fronts.rivalries(found)} == {"qsl/unilora-equal"}


def test_a_twin_of_an_optimizer_is_no_rival():
    twin = record("lora@superpositional/lambda-zero", 900, 0.1, twin_of="lora@superpositional")
    found = fronts.points([record("qsl", 1000, 2.0), record("lora@superpositional", 900, 1.5), twin])
    assert {r.rival.method for r in fronts.rivalries(found)} == {"lora@superpositional"}
    best = fronts.best_within(found, fronts.COSTS["bytes"])
    assert {limit: p.method for limit, p in best.items()} == {5_000: "lora@superpositional"}


def test_what_is_best_within_limits():
    found = fronts.points(study())
    best = fronts.best_within(found, fronts.COSTS["trained numbers"])
    assert {limit: p.method for limit, p in best.items()} == {5_000: "qsl", 20_000: "lora[r=1]"}
    by_bytes = fronts.best_within(found, fronts.COSTS["bytes"])
    assert {limit: p.method for limit, p in by_bytes.items()} == {
        20_000: "qsl", 50_000: "vera", 100_000: "lora[r=1]"
    }  # fmt: skip
    told = fronts.best_sentences(found)[0]
    assert told.startswith(
        "Lowest validation loss with at most so many trained numbers: 5,000, qsl (test NLL 2.010); 20,000, "
    )
    assert [row["limit"] for row in fronts.found(found)["best_within"]["trained numbers"]] == [5_000, 20_000]
    assert fronts.best_within([], fronts.COSTS["bytes"]) == {}


def test_what_is_not_told_apart_is_said_so():
    rows = [("qsl", 0.0), ("ia3", 0.01)]
    noisy = [
        record(method, 1000, 0.0, seed, metrics={"nll": 1.0, "test_nll": 1.0 + add * (-1) ** seed})
        for method, add in rows
        for seed in range(3)
    ]
    told = fronts.sentences(fronts.points(noisy))
    assert " (1,000; 5,000): not told apart, " in told[0]


def test_the_same_as_data():
    told = fronts.found(fronts.points(study()))
    rows = {row["method"]: row for row in told["points"]}
    assert rows["vera"]["on_front_of"] == ["trained numbers", "bytes"]
    assert rows["lora[r=2]"]["on_front_of"] == []
    assert (rows["qsl/no-entangler"]["twin_of"], rows["ia3"]["validation_nll"]) == ("qsl", 2.4)
    assert [row["rival_has"] for row in told["rivalries"]] == [
        r.size for r in fronts.rivalries(fronts.points(study()))
    ]
    assert told["rivalries"][0]["test_nll_minus"]["n"] == 3


def test_a_file_without_weights_of_its_own_is_no_point():
    head = {"angles": 0, "classical": 0, "head": 500, "trained": 500, "total": 10**6}
    assert not fronts.points([record("ia3", 500, 1.0, parameters=head)])
    assert not fronts.points([record("ia3", 500, 1.0, adapter_bytes=0)])
    (own,) = fronts.points([record("ia3", 500, 1.0, metrics={"test_nll": 1.0})])
    assert own.chosen == math.inf


def test_a_method_that_diverged_is_named_where_it_is_left_out(tmp_path):
    records = study()
    lost = [r for r in records if r.method == "lora[r=1]"][1]
    records[records.index(lost)] = dataclasses.replace(
        lost,
        metrics={**lost.metrics, "test_nll": dataclasses.replace(lost.metrics["test_nll"], value=math.nan)},
    )
    assert fronts.left_out(records) == ["lora[r=1] seed 1"]
    with RunStore(tmp_path) as store:
        for one in records:
            store.add(one)
    told = CliRunner().invoke(app, ["compare", "--front", str(tmp_path), "--json"])
    assert told.exit_code == 0
    assert json.loads(told.stdout)["fronts"][0]["left_out"] == ["lora[r=1] seed 1"]
    assert "training diverged for lora[r=1] seed 1; these methods are left out" in told.stderr


def test_runs_with_several_rates_are_of_several_studies():
    records = study()
    other = record("vera", 12000, 0.0, 7, metrics={"nll": 1.0, "test_nll": 1.0}, learning_rate=0.5)
    with pytest.raises(DataError, match=r"the runs of vera have several learning rates, 0\.01, 0\.5"):
        fronts.points([*records, other])
