import json
import math
import multiprocessing
import resource
import signal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats as scipy_stats

from qualms.errors import ConfigError, DataError, RunFolderError
from qualms.records import Quadrant, Record, RunStore, digest, interval, paired, read_records
from tests.records.sample import make_record

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
    record = make_record(samples=[{"input": "한국어 \u202e 🙂 \x00", "references": ["é"], "output": "\u202e"}])
    assert Record.from_dict(json.loads(record.to_json())) == record


@pytest.mark.parametrize("change", [{"schema": "qualms.record/2"}, {"colour": 1}])
def test_a_newer_or_foreign_record_is_refused(change):
    with pytest.raises(DataError):
        Record.from_dict({**json.loads(make_record().to_json()), **change})


def test_peft_method_comparison_fields_are_there():
    """The keys that PEFT's results have, so that both can be read side by side."""
    record = json.loads(make_record().to_json())
    assert record.keys() >= {"run_info", "train_info", "meta_info"}


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
    """With a byte order mark, Windows line ends and no line end at the end: nothing is lost, and others can be added."""
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
    with pytest.raises(DataError, match=r"records.jsonl:1: record has a field"):
        read_records(tmp_path)


def test_numpy_numbers_in_records_and_hashes():
    record = make_record(metrics={"nll": np.float32(0.5)}, seed=np.int64(3))
    assert json.loads(record.to_json())["metrics"] == {"nll": 0.5}
    assert digest(["lora", np.int64(3), np.float32(0.5)]) == digest(["lora", 3, 0.5])


def test_records_without_a_recipe_are_somebody_elses(tmp_path):
    (tmp_path / "records.jsonl").write_text("mine\n")
    with pytest.raises(RunFolderError, match=r"holds records.jsonl but no recipe.json"), RunStore(tmp_path, "{}"):
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
