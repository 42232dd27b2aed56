"""The export in the form of PEFT's method_comparison."""

import json

import pytest

from qualms.errors import DataError
from qualms.records import Record, RunStore
from qualms.report.peft_results import file_names, peft_result
from tests.records.sample import make_noise, make_record
from tests.records.test_schema_1 import LINES


def test_the_export_of_an_old_record_is_what_that_record_held():
    """The first schema had PEFT's fields themselves: an independent picture of what the export has to be."""
    old = LINES[0]
    made = json.loads(json.dumps(peft_result(Record.from_dict(old))))
    for part in ("run_info", "train_info", "meta_info"):
        # ours, which PEFT's results do not have
        expected = {k: v for k, v in old[part].items() if k != "evaluation"}
        assert made[part] == expected, part


def test_only_fine_tuning_has_that_form():
    with pytest.raises(DataError, match="of kind 'noise'"):
        peft_result(make_noise())


def test_names_are_the_experiment_s_and_never_the_same_twice():
    records = [
        make_record("qsl:mergeable/lora-equal", 3),
        make_record("lora", 0),
        make_record("lora", 0, id="again", task_id="other"),
    ]
    names = {k: str(v) for k, v in file_names(records).items()}
    assert names["qsl:mergeable/lora-equal-3"] == "qsl-mergeable--lora-equal--base-trails--seed-3.json"
    assert names["lora-0"] == "lora--base-trails--seed-0--lora-0.json"
    assert len(set(names.values())) == 3


def test_the_command_writes_a_file_a_run_and_says_what_it_left_out(tmp_path):
    from tests.study.test_noise import run_cli

    with RunStore(tmp_path / "run") as store:
        for record in (make_record(), make_record("qsl"), make_noise()):
            store.add(record)
    done = run_cli("export-records", str(tmp_path / "run"), "--out", str(tmp_path / "peft"))
    assert done.exit_code == 0, done.output
    assert "2 records written" in done.output
    assert "1 of other kinds were left out" in done.output
    assert sorted(p.name for p in (tmp_path / "peft").iterdir()) == [
        "lora--base-trails--seed-0.json",
        "qsl--base-trails--seed-0.json",
    ]
    again = run_cli("export-records", str(tmp_path / "run"), "--out", str(tmp_path / "peft"))
    assert again.exit_code != 0
