import json
import math
import multiprocessing
import os
import pickle
import resource
import signal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from qualms.errors import ConfigError, DataError, RunFolderError
from qualms.records import Quadrant, Record, RunStore, digest, interval, paired, read_records
from qualms.records.metrics import language_metrics
from tests.records.sample import make_asking, make_learning, make_noise, make_record, make_solving

numbers = st.floats(-1e3, 1e3)


@given(st.lists(numbers, min_size=2, max_size=20))
def test_interval_is_students(values):
    got = interval(values)
    spread = np.std(values, ddof=1)
    if spread == 0:
        assert got.low == got.high == got.mean
        return
    low, high = scipy_stats.t.interval(0.95, len(values) - 1, np.mean(values), scipy_stats.sem(values))
    assert got.low == pytest.approx(low, rel=1e-9, abs=1e-9)
    assert got.high == pytest.approx(high, rel=1e-9, abs=1e-9)


def test_one_value_has_no_interval_and_shows_nothing():
    got = interval([3.0])
    assert math.isnan(got.low)
    assert not got.excludes_zero


def test_paired_uses_common_seeds_only():
    got = paired({0: 1.0, 1: 2.0, 7: 9.0}, {0: 0.5, 1: 1.5, 8: 0.0})
    assert (got.mean, got.count) == (0.5, 2)
    assert paired({0: 1.0}, {1: 1.0}) is None


@pytest.mark.parametrize("bad", [("classical", "hardware"), ("both", "classical")])
def test_there_are_no_other_quadrants(bad):
    with pytest.raises(ConfigError):
        Quadrant(*bad)


def test_record_round_trip_with_any_unicode():
    record = make_record(
        samples=[{"input": "한국어 \u202e 🙂 \x00", "references": ["é"], "output": "\u202e"}]
    )
    assert Record.from_dict(json.loads(record.to_json())) == record


@pytest.mark.parametrize("change", [{"schema": "qualms.record/3"}, {"colour": 1}])
def test_a_newer_or_foreign_record_is_refused(change):
    with pytest.raises(DataError):
        Record.from_dict({**json.loads(make_record().to_json()), **change})


@pytest.mark.parametrize(
    "record",
    [
        make_record(),
        make_noise(),
        make_noise("qsl/frozen-angles", 100),
        make_solving(),
        make_asking(),
        make_learning(),
        make_solving("qaoa", 1, None),
    ],
)
def test_every_kind_round_trips(record):
    assert Record.from_dict(json.loads(record.to_json())) == record
    assert pickle.loads(pickle.dumps(record)) == record


def _refuse(word):
    raise AssertionError(f"{word} is no JSON")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite_are_null_in_the_file_and_nan_when_read(tmp_path, value):
    record = make_record(
        nll=value, metrics={"nll": value, "rouge1": 0.5}, evaluation={"score": value}, tokens_per_second=value
    )
    with RunStore(tmp_path) as store:
        store.add(record)
    text = (tmp_path / "records.jsonl").read_text()
    held = json.loads(text, parse_constant=_refuse)
    assert held["metrics"]["nll"]["value"] is held["payload"]["curve"][0]["loss"] is None
    assert held["payload"]["evaluation"]["score"] is None
    [found] = read_records(tmp_path)
    assert math.isnan(found.value("nll"))
    assert math.isnan(found.payload.curve[0]["loss"])
    assert math.isnan(found.payload.tokens_per_second)
    assert found.payload.evaluation["score"] is None
    assert found.value("rouge1") == 0.5
    assert json.loads(found.to_json()) == held


def test_records_written_with_the_word_nan_are_read_the_same_way(tmp_path):
    old = json.loads(make_record().to_json())
    old["metrics"]["nll"]["value"] = math.nan
    old["cost"]["seconds"] = math.inf
    (tmp_path / "records.jsonl").write_text(json.dumps(old))
    with RunStore(tmp_path) as store:  # which ends the last line, and rewrites it
        [found] = store.records()
    assert math.isnan(found.value("nll"))
    assert math.isnan(found.cost.seconds)
    assert "NaN" not in (tmp_path / "records.jsonl").read_text()


@pytest.mark.parametrize("field", ["seed", "id", "method"])
def test_null_in_a_field_that_is_no_real_number_is_refused(field):
    with pytest.raises(DataError, match=field):
        Record.from_dict({**json.loads(make_record().to_json()), field: None})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"schema": "qualms.record/3"},
            r"has schema 'qualms.record/3'; this version of Qualms reads qualms.record/2 and qualms.record/1",
        ),
        (
            {"kind": "racing"},
            "is of kind 'racing'; this version of Qualms knows fine-tuning, noise, solving, asking",
        ),
        ({"payload": {}}, r"does not fit qualms.record/2, kind fine-tuning: model: it is missing; give it"),
        ({"payload": None}, "does not fit qualms.record/2, kind fine-tuning"),
        (
            {"metrics": {"nll": {"value": "low", "unit": "nats", "better": "lower"}}},
            r"metrics.nll.value: must be a number",
        ),
        ({"metrics": {"nll": {"value": 1.0, "unit": "nats", "better": "sideways"}}}, r"metrics.nll.better"),
        ({"cost": {"seconds": 1.0, "dollars": 0.0, "shots": 1.5, "memory_bytes": None}}, r"cost.shots"),
        ({"quadrant": {"data": "classical", "compute": "hardware"}}, "no such quadrant"),
    ],
)
def test_a_record_that_does_not_fit_is_told_by_its_field(tmp_path, change, told):
    (tmp_path / "records.jsonl").write_text(
        json.dumps({**json.loads(make_record().to_json()), **change}) + "\n"
    )
    with pytest.raises(DataError, match=told) as error:
        read_records(tmp_path)
    assert "records.jsonl:1: " in str(error.value)
    assert "\n" not in str(error.value)


def test_two_kinds_stand_in_one_store(tmp_path):
    with RunStore(tmp_path, "recipe") as store:
        store.add(make_record())
    with RunStore(tmp_path, "another", kind="noise") as store:
        store.add(make_noise())
    with RunStore(tmp_path) as store:
        store.add(make_solving())
    with RunStore(tmp_path, "recipe") as store:
        assert [r.kind for r in store.records()] == ["fine-tuning", "noise", "solving"]
    with (
        pytest.raises(RunFolderError, match=r"another recipe \(see its noise-recipe.json\)"),
        RunStore(tmp_path, "recipe", kind="noise"),
    ):
        pass


def test_records_of_a_kind_without_its_recipe_are_somebody_elses(tmp_path):
    with RunStore(tmp_path) as store:
        store.add(make_record())
    with pytest.raises(RunFolderError, match=r"no recipe\.json"), RunStore(tmp_path, "{}"):
        pass


def test_a_store_on_a_file_system_that_is_read_only(tmp_path):
    if os.geteuid() == 0:
        pytest.skip("root may write anywhere")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(RunFolderError, match="cannot be used"), RunStore(tmp_path):
            pass
    finally:
        tmp_path.chmod(0o700)


def test_store_adds_and_reads(tmp_path):
    with RunStore(tmp_path / "run", "{}") as store:
        store.add(make_record(seed=0))
        store.add(make_record(seed=1))
    assert [r.seed for r in read_records(tmp_path / "run")] == [0, 1]


def test_a_line_cut_by_a_kill_is_dropped_and_the_rest_kept(tmp_path):
    with RunStore(tmp_path, "{}") as store:
        store.add(make_record(seed=0))
    with open(tmp_path / "records.jsonl", "a") as file:
        file.write(make_record(seed=1).to_json()[:100])
    assert [r.seed for r in read_records(tmp_path)] == [0]
    with RunStore(tmp_path, "{}") as store:
        store.add(make_record(seed=2))
    assert [r.seed for r in read_records(tmp_path)] == [0, 2]


def test_a_broken_line_in_the_middle_is_named(tmp_path):
    (tmp_path / "records.jsonl").write_text("{oops}\n" + make_record().to_json() + "\n")
    with pytest.raises(DataError, match=r"records.jsonl:1: not JSON"):
        read_records(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_records_that_an_editor_saved_again(tmp_path, encoding):
    """With a byte order mark, Windows line ends and no line end at the end: nothing is lost, and others can
    be added.
    """
    with RunStore(tmp_path, "{}") as store:
        store.add(make_record(seed=0))
    text = make_record(seed=0).to_json() + "\r\n" + make_record(seed=1).to_json()
    (tmp_path / "records.jsonl").write_bytes(text.encode(encoding))
    assert [r.seed for r in read_records(tmp_path)] == [0, 1]
    with RunStore(tmp_path, "{}") as store:
        store.add(make_record(seed=2))
    assert [r.seed for r in read_records(tmp_path)] == [0, 1, 2]


def test_a_line_cut_within_a_character(tmp_path):
    line = make_record(samples=[{"input": "é", "references": ["é"], "output": "é"}]).to_json().encode()
    (tmp_path / "records.jsonl").write_bytes(line + b"\n" + line[: line.index("é".encode()) + 1])
    assert len(read_records(tmp_path)) == 1
    (tmp_path / "records.jsonl").write_bytes(line[: line.index("é".encode()) + 1] + b"\n" + line + b"\n")
    with pytest.raises(DataError, match=r"records.jsonl:1: not JSON"):
        read_records(tmp_path)


@pytest.mark.parametrize("change", [{"metrics": [1]}, {"quadrant": {}}, {"quadrant": None}, {"seed": "0"}])
def test_a_record_of_other_kinds_is_refused(tmp_path, change):
    record = {**json.loads(make_record().to_json()), **change}
    (tmp_path / "records.jsonl").write_text(json.dumps(record) + "\n")
    with pytest.raises(
        DataError, match=rf"records.jsonl:1: record does not fit qualms.record/2: {next(iter(change))}"
    ):
        read_records(tmp_path)


def test_numpy_numbers_in_records_and_hashes():
    record = make_record(metrics=language_metrics({"nll": np.float32(0.5)}), seed=np.int64(3))
    assert json.loads(record.to_json())["metrics"] == {
        "nll": {"value": 0.5, "unit": "nats", "better": "lower"}
    }
    assert digest(["lora", np.int64(3), np.float32(0.5)]) == digest(["lora", 3, 0.5])


def test_records_without_a_recipe_are_somebody_elses(tmp_path):
    (tmp_path / "records.jsonl").write_text("mine\n")
    with (
        pytest.raises(RunFolderError, match=r"holds records.jsonl but no recipe.json"),
        RunStore(tmp_path, "{}"),
    ):
        pass
    assert (tmp_path / "records.jsonl").read_text() == "mine\n"


def test_a_record_that_cannot_be_written_leaves_the_others_whole(tmp_path):
    with RunStore(tmp_path, "{}") as store:
        store.add(make_record(seed=0))
        limit = (tmp_path / "records.jsonl").stat().st_size + 10
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, before[1]))
        try:
            with pytest.raises(RunFolderError, match="cannot be written"):
                store.add(make_record(seed=1))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
            signal.signal(signal.SIGXFSZ, handler)
        store.add(make_record(seed=2))
    assert [r.seed for r in read_records(tmp_path)] == [0, 2]


def _hold(folder, ready, done):
    with RunStore(folder, "{}"):
        ready.set()
        done.wait(30)


def test_a_folder_in_use_is_refused(tmp_path):
    context = multiprocessing.get_context("spawn")
    ready, done = context.Event(), context.Event()
    process = context.Process(target=_hold, args=(tmp_path, ready, done))
    process.start()
    try:
        assert ready.wait(60)
        with pytest.raises(RunFolderError, match="in use"), RunStore(tmp_path, "{}"):
            pass
    finally:
        done.set()
        process.join()
    with RunStore(tmp_path, "{}"):
        pass


def test_a_folder_of_another_recipe_is_refused(tmp_path):
    with RunStore(tmp_path, "one"):
        pass
    with pytest.raises(RunFolderError, match="another recipe"), RunStore(tmp_path, "two"):
        pass


def test_a_place_that_cannot_be_a_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match="cannot be used"), RunStore(tmp_path / "file" / "run", "{}"):
        pass


@pytest.mark.parametrize("content", ["hello", "[1, 2]", "hello\nagain"])
def test_somebody_elses_file_is_left_as_it_is(tmp_path, content):
    path = tmp_path / "records.jsonl"
    path.write_text(content)
    with pytest.raises((DataError, RunFolderError)):
        read_records(tmp_path)
    with pytest.raises(RunFolderError), RunStore(tmp_path):
        pass
    assert path.read_text() == content


def test_a_whole_last_record_that_does_not_fit_is_told(tmp_path):
    """Only a line that a kill cut off may be left out."""
    record = {**json.loads(make_record().to_json()), "kind": ["fine-tuning"]}
    (tmp_path / "records.jsonl").write_text(make_record().to_json() + "\n" + json.dumps(record))
    with pytest.raises(DataError, match=r"records.jsonl:2: record is of kind"):
        read_records(tmp_path)
