"""Records whose contents no report can use end in one clear line, whatever is wrong with them."""

import copy
import errno
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from qualms.cli.main import app
from qualms.errors import ConfigError, DataError, QualmsError
from qualms.records import Record
from qualms.report import page
from qualms.report.report_errors import report_errors
from tests.records.sample import make_asking, make_learning, make_noise, make_record, make_solving

KINDS = [
    [json.loads(record.to_json()) for record in records]
    for records in (
        [make_record(m, s) for m in ("lora", "qsl", "qsl/frozen-angles") for s in range(2)],
        [make_noise(m, shots) for m in ("qsl", "qsl/frozen-angles") for shots in (None, 100)],
        [make_solving(m, s, 12 - s) for m in ("annealing", "qaoa", "qaoa/placebo") for s in range(2)],
        [make_asking()],
        [make_learning(m, 0, f) for m in ("logistic", "QuantumKernelClassifier") for f in range(2)],
    )
]
FREE = {  # parts of payloads whose contents no schema checks
    "dataset_account", "curve", "samples", "adapter_config", "evaluation", "parameters", "limits", "effort",
    "encoding", "picture", "solution", "answer", "explanation", "decision", "params", "split", "usage",
    "findings",
}  # fmt: skip
WRONG = [None, True, -1, 0, 10**400, -(10**400), 1e308, -1e308, 1e-320, "", "NaN", "x" * 60, "\0", [], {},
         [None], [[0, 1]], ["a"], {"a": None}, {"value": "NaN"}]  # fmt: skip


def places(value, at=()):
    """Where something can be put in place of something else."""
    for key in value if isinstance(value, dict) else range(len(value[:2])) if isinstance(value, list) else ():
        yield (*at, key)
        yield from places(value[key], (*at, key))


def one_line(told):
    assert str(told)
    assert "\n" not in str(told)


@st.composite
def changed(draw):
    """Rows of one kind, of which one has up to two parts replaced or dropped."""
    rows = copy.deepcopy(draw(st.sampled_from(KINDS)))
    row = draw(st.sampled_from(rows))
    for _ in range(draw(st.integers(1, 2))):
        everywhere = list(places(row))
        free = [at for at in everywhere if len(at) > 1 and at[1] in FREE]
        at = draw(st.sampled_from(free if free and draw(st.booleans()) else everywhere))
        part = row
        for key in at[:-1]:
            part = part[key]
        if draw(st.integers(0, 5)) == 0:
            del part[at[-1]]
        else:
            part[at[-1]] = copy.deepcopy(draw(st.sampled_from(WRONG)))
    return rows


def read(rows):
    """The records; none where one is refused, which is done by a DataError alone."""
    try:
        return [Record.from_dict(row) for row in rows]
    except DataError as told:
        one_line(told)
        return []


@pytest.mark.parametrize("rows", KINDS, ids=lambda rows: rows[0]["kind"])
def test_whatever_is_wrong_with_a_record_is_a_data_error_when_it_is_read(rows):
    row = copy.deepcopy(rows[0])
    for *path, last in list(places(row)):
        part = row
        for key in path:
            part = part[key]
        right = part[last]
        for part[last] in WRONG:
            read([row])
        part[last] = right


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changed())
def test_whatever_is_wrong_with_records_is_told_in_one_line(rows):
    try:
        for section in page.sections(read(rows)):
            assert section.title
            with section.report_errors():
                section.report.sheet(section.records)
                section.report.sentences(section.records)
                section.report.found(section.records)
    except QualmsError as told:
        one_line(told)


@pytest.mark.slow
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changed())
def test_and_so_are_pictures(rows):
    records = read(rows)
    try:
        if records:
            page.render(records)
    except QualmsError as told:
        one_line(told)


@pytest.mark.parametrize(
    "error",
    [OSError(errno.ENOSPC, "No space left on device"), BrokenPipeError(), MemoryError(), ConfigError("x")],
)
def test_errors_that_are_not_of_the_records_pass(error, caplog):
    with pytest.raises(type(error)) as told, report_errors("the records"):
        raise error
    assert told.value is error
    assert not caplog.records


def test_other_errors_are_logged_with_their_trace(caplog):
    with (
        pytest.raises(DataError, match=r"the records fit .* \(IndexError: list index"),
        report_errors("the records"),
    ):
        raise IndexError("list index out of range")
    assert [entry.exc_info[0] for entry in caplog.records] == [IndexError]


@pytest.mark.parametrize("options", [[], ["--json"], ["--markdown"]])
def test_the_command_names_kind_and_task(tmp_path, options):
    row = json.loads(make_asking().to_json())
    row["payload"]["explanation"]["goal"] = ["a"]
    (tmp_path / "records.jsonl").write_text(json.dumps(row) + "\n")
    done = CliRunner().invoke(app, ["report", str(tmp_path), *options])
    assert isinstance(done.exception, DataError)
    told = "the records of kind asking and task 'workshop' fit the schema of records, but no report"
    assert told in str(done.exception)


def test_a_front_of_records_that_no_report_can_use(tmp_path):
    row = json.loads(make_record("lora", adapter_config={"peft_type": "LORA"}).to_json())
    row["payload"]["parameters"] = {}
    (tmp_path / "records.jsonl").write_text(json.dumps(row) + "\n")
    done = CliRunner().invoke(app, ["compare", "--front", str(tmp_path)])
    assert isinstance(done.exception, QualmsError)


@pytest.mark.parametrize(
    ("place", "value"),
    [(("cost", "shots"), -1), (("cost", "seconds"), -0.5), (("payload", "training", "steps"), -3),
     (("payload", "parameters", "trained"), -10), (("payload", "adapter_bytes"), -4096),
     (("cost", "shots"), -(10**400))],
)  # fmt: skip
def test_no_count_is_negative(place, value):
    row = json.loads(make_record().to_json())
    part = row
    for key in place[:-1]:
        part = part[key]
    part[place[-1]] = value
    with pytest.raises(DataError, match=rf"{'.'.join(place)} is negative, and must not be"):
        Record.from_dict(row)
