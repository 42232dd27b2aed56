"""Reading: what is fine, what is broken, and where it says so."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualms.errors import ConfigError, DataError
from qualms.study.data import load_splits
from qualms.study.examples import Example, take


def rows(count, **extra):
    return [{"input": f"in {i}", "output": f"out {i}", **extra} for i in range(count)]


def write(path, records):
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), encoding="utf-8")
    return path


def test_a_folder_with_splits(tmp_path):
    write(tmp_path / "train.jsonl", [{"mr": "a", "ref": "1"}, {"mr": "a", "ref": "2"}, {"mr": "b", "ref": "3"}])
    write(tmp_path / "dev.jsonl", [{"mr": "c", "ref": "1"}, {"mr": "c", "ref": "2"}, {"mr": "d", "ref": "3"}])
    with gzip.open(tmp_path / "test.jsonl.gz", "wt", encoding="utf-8") as file:
        file.write('{"mr": "e", "ref": "é"}\n')
    splits = load_splits(str(tmp_path), "generate")
    assert len(splits.train) == 3
    assert splits.validation == [Example("c", ("1", "2")), Example("d", ("3",))]
    assert splits.test == [Example("e", ("é",))]


def test_missing_splits_are_held_out_by_input(tmp_path):
    path = write(tmp_path / "d.jsonl", rows(40) + rows(40))
    splits = load_splits(str(path), "generate")
    names = [{e.input for e in s} for s in (splits.train, splits.validation, splits.test)]
    assert sum(map(len, names)) == 40  # disjoint
    assert len(set.union(*names)) == 40
    assert load_splits(str(path), "generate").fingerprint() == splits.fingerprint()


@pytest.mark.parametrize(("name", "delimiter"), [("d.csv", ","), ("d.tsv", "\t")])
def test_tables(tmp_path, name, delimiter):
    lines = [delimiter.join(("text", "label"))] + [delimiter.join((f'"line {i}\nbroken"', str(i % 3))) for i in range(30)]
    (tmp_path / name).write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    splits = load_splits(str(tmp_path / name), "classify")
    assert splits.labels() == ["0", "1", "2"]
    assert len(splits.train) + len(splits.validation) + len(splits.test) == 30


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{oops", "not JSON"),
        ("[1, 2]", "expected an object"),
        ('{"input": "x"}', "'output' is missing"),
        ('{"input": "x", "output": " "}', "'output' is missing or empty"),
        ('{"input": "x", "output": null}', "'output' is missing"),
        ('{"input": "x", "output": ["y"]}', "must be text"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_broken_rows_stop_with_file_and_line_or_are_listed(tmp_path, line, reason):
    path = tmp_path / "d.jsonl"
    path.write_text("\n".join(json.dumps(r) for r in rows(20)) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(DataError, match=rf"d\.jsonl:21: .*{reason}"):
        load_splits(str(path), "generate")
    splits = load_splits(str(path), "generate", lenient=True)
    assert [(s.line, reason in s.reason) for s in splits.skipped] == [(21, True)]
    assert len(splits.train) + len(splits.validation) + len(splits.test) == 20


def test_a_short_row_of_a_table(tmp_path):
    (tmp_path / "d.csv").write_text("text,label\na,0\nb\n")
    with pytest.raises(DataError, match=r"d\.csv:3: 1 fields where the header has 2"):
        load_splits(str(tmp_path / "d.csv"), "classify")


def test_not_utf8(tmp_path):
    (tmp_path / "d.jsonl").write_bytes(b'{"input": "a", "output": "b"}\n{"input": "\xe9", "output": "b"}\n')
    with pytest.raises(DataError, match=r"d\.jsonl:2: not UTF-8"):
        load_splits(str(tmp_path / "d.jsonl"), "generate")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda p: (p / "train.jsonl").write_text(""), "the split is empty"),
        (lambda p: (p / "notes.txt").write_text(""), "no train file"),
        (lambda p: write(p / "train.jsonl", [{"a": 1, "b": 2}]), "needs the fields"),
        (lambda p: (write(p / "train.jsonl", rows(9)), write(p / "train.csv", rows(9))), "several files"),
        (lambda p: write(p / "train.jsonl", rows(2)), "too few"),
        (lambda p: (p / "train.jsonl.gz").write_bytes(b"not gzip"), "cannot be read"),
    ],
)
def test_folders_that_are_no_data_set(tmp_path, make, reason):
    make(tmp_path)
    with pytest.raises(DataError, match=reason):
        load_splits(str(tmp_path), "generate")


def test_a_name_that_is_nothing_here():
    with pytest.raises(DataError, match="no file or folder here"):
        load_splits("no-such-owner/no-such-set", "generate")


def test_fields_can_be_named(tmp_path):
    path = write(tmp_path / "d.jsonl", [{"q": f"x{i}", "a": i} for i in range(20)])
    with pytest.raises(DataError, match="--input-field"):
        load_splits(str(path), "generate")
    assert load_splits(str(path), "generate", "q", "a").train[0].references[0].isdigit()


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip))
def test_any_text_survives(tmp_path_factory, text):
    folder = tmp_path_factory.mktemp("d")
    write(folder / "train.jsonl", [{"input": text, "output": text}, *rows(9)])
    assert load_splits(str(folder), "generate").fingerprint()
    splits = load_splits(str(folder), "generate")
    assert any(e.input == text for s in (splits.train, splits.validation, splits.test) for e in s)


def test_trails_are_varied_seeded_and_keep_test_combinations_apart():
    splits = load_splits("trails", "generate")
    assert splits.fingerprint() == load_splits("trails", "generate").fingerprint()
    train_names = {e.input.split("]")[0] for e in splits.train}
    assert not train_names & {e.input.split("]")[0] for e in splits.test}
    assert len({e.references[0] for e in splits.train}) == len(splits.train)
    with pytest.raises(DataError, match="generation"):
        load_splits("trails", "classify")


def test_take_is_the_same_every_time():
    examples = [Example(str(i), ("x",)) for i in range(100)]
    assert take(examples, 10) == take(examples, 10) != take(examples, 10, seed=1)
    assert take(examples, 1000) == examples


def test_config_errors_are_value_errors():
    assert issubclass(ConfigError, ValueError)
