"""Records of the first schema are converted whole, and a damaged one is told."""

import json
from pathlib import Path

import pytest

from qualms.errors import DataError
from qualms.records import Record, RunStore, read_records
from tests.records.sample import make_record

# three real records: a training run, an adapter under noise, its twin
OLD = Path(__file__).with_name("schema_1.jsonl")
LINES = [json.loads(line) for line in OLD.read_text().splitlines()]


def numbers(value):
    """Every number and text in a nested value, to see that nothing is lost."""
    if isinstance(value, dict):
        return [n for v in value.values() for n in numbers(v)]
    if isinstance(value, (list, tuple)):
        return [n for v in value for n in numbers(v)]
    return [] if value is None or value is False else [value]


@pytest.mark.parametrize("line", LINES, ids=["training", "noise", "noise twin"])
def test_nothing_of_an_old_record_is_lost(line):
    record = Record.from_dict(line)
    assert (record.id, record.task_id, record.method, record.seed) == tuple(
        line[k] for k in ("id", "task_id", "method", "seed")
    )
    assert record.twin_of == line["twin_of"]
    assert {name: m.value for name, m in record.metrics.items()} == line["metrics"]
    kept = numbers(json.loads(record.to_json()))
    derived = {
        "run_info": ("experiment_name", "total_time", "label"),
        "train_info": tuple(line["train_info"]),
    }
    for part in ("cost", "parameters", "curve", "samples", "run_info", "meta_info"):
        rest = (
            {k: v for k, v in line[part].items() if k not in derived.get(part, ())}
            if isinstance(line[part], dict)
            else line[part]
        )
        missing = [
            n for n in numbers(rest) if n not in kept and not str(n).startswith("{query}") and n is not True
        ]
        assert not missing, (part, missing)


def test_old_and_new_records_stand_in_one_file(tmp_path):
    (tmp_path / "records.jsonl").write_text(OLD.read_text())
    with RunStore(tmp_path) as store:
        store.add(make_record())
    assert [r.kind for r in read_records(tmp_path)] == ["fine-tuning", "noise", "noise", "fine-tuning"]


def broken():
    for change in (
        {"run_info": {}},
        {"metrics": {"nll": "low"}},
        {"quadrant": {"data": "classical"}},
        {"colour": 1},
        {"seed": 1.5},
    ):
        yield {**LINES[0], **change}
    yield {k: v for k, v in LINES[0].items() if k != "cost"}
    yield {**LINES[0], "meta_info": {**LINES[0]["meta_info"], "dataset_info": {}}}
    yield {**LINES[1], "cost": {}}
    yield {**LINES[1], "run_info": {k: v for k, v in LINES[1]["run_info"].items() if k != "created_at"}}
    train = LINES[0]["run_info"]["train_config"]
    yield {
        **LINES[0],
        "run_info": {**LINES[0]["run_info"], "train_config": {**train, "optimizer_kwargs": "abc"}},
    }
    yield {**LINES[1], "run_info": {**LINES[1]["run_info"], "setting": {"device": "ideal"}}}


@pytest.mark.parametrize("line", broken())
def test_a_damaged_old_record_is_told_and_never_read_by_half(tmp_path, line):
    (tmp_path / "records.jsonl").write_text(json.dumps(line) + "\n")
    with pytest.raises(DataError, match=r"records\.jsonl:1: record") as told:
        read_records(tmp_path)
    assert "\n" not in str(told.value)
