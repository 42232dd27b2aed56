"""Reading: what is fine, what is broken, and where it says so."""

import gzip
import json
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualms.data.examples import Example, take
from qualms.data.splits import _from_hub, load_splits
from qualms.errors import ConfigError, DataError

DATA = Path(__file__).parents[3] / "shared" / "data"


def rows(count, **extra):
    return [{"input": f"in {i}", "output": f"out {i}", **extra} for i in range(count)]


def write(path, records):
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in records), encoding="utf-8")
    return path


def test_a_folder_with_splits(tmp_path):
    write(
        tmp_path / "train.jsonl", [{"mr": "a", "ref": "1"}, {"mr": "a", "ref": "2"}, {"mr": "b", "ref": "3"}]
    )
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


def everything(splits):
    return [*splits.train, *splits.validation, *splits.test]


@pytest.mark.parametrize("delimiter", [",", ";"])
def test_tables(tmp_path, delimiter):
    lines = [delimiter.join(("text", "label"))] + [
        delimiter.join((f'"line {i}\nbroken"', str(i % 3))) for i in range(30)
    ]
    (tmp_path / "d.csv").write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    splits = load_splits(str(tmp_path / "d.csv"), "classify")
    assert splits.labels() == ["0", "1", "2"]
    assert {e.input for e in everything(splits)} == {f"line {i}\nbroken" for i in range(30)}
    assert ["semicolons" in note for note in splits.notes] == ([True] if delimiter == ";" else [])


def test_a_quotation_mark_between_tabs_is_a_character(tmp_path):
    """As in GLUE's tables: an unpaired mark must not swallow the lines up to the next one."""
    texts = [
        '"opens here',
        "plain",
        'closes here"',
        'a "word" inside',
        '"wholly quoted"',
        *(f"text {i}" for i in range(10)),
    ]
    (tmp_path / "d.tsv").write_text(
        "sentence\tlabel\n" + "".join(f"{t}\t{i % 2}\n" for i, t in enumerate(texts)), encoding="utf-8"
    )
    splits = load_splits(str(tmp_path / "d.tsv"), "classify")
    assert sorted(e.input for e in everything(splits)) == sorted(texts)
    (note,) = splits.notes
    assert "1 fields stand in quotation marks (the first in line 6)" in note


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("d.csv", "text,label,text\na,0,b\n", r"d\.csv:1: the column 'text' occurs twice"),
        ("d.csv", "I loved it,1\nI did not,0\n", r"d\.csv:2: needs the fields .*if that is data already"),
        ("d.csv", "text;note\tlabel\na;b\t0\n", "may be separated by semicolons or tabs"),
        ("d.tsv", '"text"\t"label"\n"a"\t"0"\n', "column names stand in quotation marks"),
        (
            "d.tsv",
            'text\tlabel\n"line one\nline two"\t0\n',
            r"d\.tsv:2: 1 fields where .*cannot hold a line break",
        ),
        ("d.csv", "text,sentence,label\na,b,0\n", "text/label and sentence/label fit both"),
        ("d.csv", 'text,label\n"a,0\nb,1\n', r"d\.csv:2: not CSV"),
        (
            "d.jsonl",
            '{"text": "a", "text": "b", "label": 1}\n',
            r"d\.jsonl:1: not JSON: the key 'text' occurs twice",
        ),
        ("d.jsonl", '{"text": "a", "label": NaN}\n', r"d\.jsonl:1: not JSON: NaN"),
        ("d.jsonl", '{"text": "\\ud800", "label": 1}\n', r"d\.jsonl:1: .*surrogate"),
    ],
)
def test_tables_that_can_be_read_in_two_ways_are_refused(tmp_path, name, text, reason):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=reason):
        load_splits(str(tmp_path / name), "classify")


def test_what_is_read_but_may_be_meant_otherwise_is_told(tmp_path):
    rows_of = "".join(f"{i},text {i},{i % 2}\n" for i in range(10))
    (tmp_path / "d.csv").write_text(',text,label\n10,"swallowed\n1,2,3\n4",0\n' + rows_of, encoding="utf-8")
    notes = " ".join(load_splits(str(tmp_path / "d.csv"), "classify").notes)
    assert "column 1 has no name" in notes
    assert "spans lines that look like rows (line 2, 1 in all)" in notes
    both = "text,label\n" + "".join(f"text {i % 9},{i % 2}\n" for i in range(18))
    (tmp_path / "two.csv").write_text(both, encoding="utf-8")
    assert "9 training inputs have more than one label" in " ".join(
        load_splits(str(tmp_path / "two.csv"), "classify").notes
    )


def test_numbers_stay_as_they_are_written(tmp_path):
    (tmp_path / "train.jsonl").write_text(
        "".join(f'{{"input": {i}, "output": {i}.10}}\n' for i in range(9)), encoding="utf-8"
    )
    assert {e.references[0] for e in everything(load_splits(str(tmp_path), "generate"))} == {
        f"{i}.10" for i in range(9)
    }


@pytest.mark.parametrize(
    ("name", "row"),
    [("d.csv", "{},{}\n"), ("d.tsv", "{}\t{}\n"), ("d.jsonl", '{{"text": "{}", "label": "{}"}}\n')],
)
def test_long_rows_have_one_limit_in_every_format(tmp_path, name, row):
    """Python's csv stops at 131,072 characters."""
    head = "" if name.endswith("jsonl") else row.format("text", "label")
    few = "".join(row.format(f"text {i}", i % 2) for i in range(10))
    (tmp_path / name).write_text(head + row.format("x" * 200_000, 0) + few, encoding="utf-8")
    assert max(len(e.input) for e in everything(load_splits(str(tmp_path / name), "classify"))) == 200_000
    (tmp_path / name).write_text(
        head + few + row.format("x" * 10_000_001, 0) + row.format("last", 1), encoding="utf-8"
    )
    line = 11 if name.endswith("jsonl") else 12
    with pytest.raises(DataError, match=rf":{line}: .*characters.*--skip-bad-rows"):
        load_splits(str(tmp_path / name), "classify")
    splits = load_splits(str(tmp_path / name), "classify", lenient=True)
    assert [s.line for s in splits.skipped] == [line]
    assert len(everything(splits)) == 11


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_encodings_and_line_ends(tmp_path, encoding, end):
    rows_of = [{"input": f"é \u2028 {i}", "output": f"out {i}"} for i in range(9)]
    text = "".join(json.dumps(r, ensure_ascii=False) + end for r in rows_of) + "\x1a"
    (tmp_path / "d.JSONL").write_bytes(text.encode(encoding))
    assert {e.input for e in everything(load_splits(str(tmp_path / "d.JSONL"), "generate"))} == {
        r["input"] for r in rows_of
    }


def classes(tmp_path, **counts):
    lines = [f"{label} text {i},{label}\n" for label, count in counts.items() for i in range(count)]
    (tmp_path / "d.csv").write_text("text,label\n" + "".join(lines), encoding="utf-8")
    return str(tmp_path / "d.csv")


def test_one_class_is_refused(tmp_path):
    with pytest.raises(DataError, match="every training example has the label 'pos'"):
        load_splits(classes(tmp_path, pos=30), "classify")


@pytest.mark.parametrize(
    "counts",
    [{"common": 95, "rare": 3}, {"a": 50, "b": 40, "c": 3, "d": 4}, {"a": 4, "b": 4}, {"a": 10, "b": 10}],
)
def test_every_class_with_three_inputs_is_held_out_too(tmp_path, counts):
    path = classes(tmp_path, **counts)
    splits = load_splits(path, "classify")
    for split in (splits.train, splits.validation, splits.test):
        assert {e.references[0] for e in split} == set(counts)
    assert len(everything(splits)) == sum(counts.values())
    assert load_splits(path, "classify").fingerprint() == splits.fingerprint()
    first = next(iter(counts))
    assert sum(e.references[0] == first for e in splits.test) == max(1, round(counts[first] / 10))


def test_a_class_of_one_example_stays_in_training(tmp_path):
    splits = load_splits(classes(tmp_path, common=20, rare=1), "classify")
    assert sum(e.references[0] == "rare" for e in splits.train) == 1


def test_what_generation_holds_out_has_not_changed(tmp_path):
    """The committed study of GSM8K held its validation examples out this way: random.Random(0) over the
    sorted inputs, a tenth.
    """
    path = write(tmp_path / "d.jsonl", rows(40))
    inputs = sorted(f"in {i}" for i in range(40))
    random.Random(0).shuffle(inputs)
    splits = load_splits(str(path), "generate")
    assert {e.input for e in splits.test} == set(inputs[:4])
    rest = sorted(inputs[4:])
    random.Random(0).shuffle(rest)
    assert {e.input for e in splits.validation} == set(rest[:4])


@pytest.mark.parametrize("labels", [("1", "1.0"), ("pos", "pos "), ("1", "01")])
def test_labels_that_may_be_one_are_refused(tmp_path, labels):
    path = tmp_path / "d.jsonl"
    write(path, [{"text": f"t{i}", "label": labels[i % 2]} for i in range(20)])
    with pytest.raises(DataError, match="may be one class or two"):
        load_splits(str(path), "classify")


def test_labels_that_differ_by_case_are_told(tmp_path):
    write(tmp_path / "d.jsonl", [{"text": f"t{i}", "label": ["pos", "Pos", "neg"][i % 3]} for i in range(30)])
    splits = load_splits(str(tmp_path / "d.jsonl"), "classify")
    assert splits.labels() == ["Pos", "neg", "pos"]
    assert "the labels 'Pos' and 'pos' differ only by case, and were taken as two classes" in splits.notes


def test_a_file_that_is_not_there_is_not_looked_for_on_the_network(tmp_path):
    for name in (str(tmp_path / "none.csv"), "none.jsonl", "./none"):
        with pytest.raises(DataError, match=r"none.*: no such file or folder$"):
            load_splits(name, "classify")


def test_labels_are_ordered_by_value(tmp_path):
    write(
        tmp_path / "d.jsonl",
        [{"text": f"t{i}", "label": ["10", "9", "-1", "²", "--5"][i % 5]} for i in range(50)],
    )
    assert load_splits(str(tmp_path / "d.jsonl"), "classify").labels() == ["-1", "9", "10", "--5", "²"]


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
    with pytest.raises(DataError, match=r"d\.jsonl:2: byte 12 of the line \(0xe9\) is not UTF-8"):
        load_splits(str(tmp_path / "d.jsonl"), "generate")


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda p: (p / "train.jsonl").write_text(""), "the split is empty"),
        (lambda p: (p / "notes.txt").write_text(""), "no train file"),
        (lambda p: write(p / "train.jsonl", [{"a": 1, "b": 2}]), "needs the fields"),
        (lambda p: (write(p / "train.jsonl", rows(9)), write(p / "train.csv", rows(9))), "several files"),
        (lambda p: write(p / "train.jsonl", rows(2)), "too few"),
        (lambda p: (p / "train.jsonl.gz").write_bytes(b"not gzip"), "not JSON"),
        (lambda p: (p / "train.jsonl.gz").write_bytes(gzip.compress(b"x" * 999)[:20]), "cannot be read"),
    ],
)
def test_folders_that_are_no_data_set(tmp_path, make, reason):
    make(tmp_path)
    with pytest.raises(DataError, match=reason):
        load_splits(str(tmp_path), "generate")


def test_a_name_that_is_nothing_here():
    with pytest.raises(DataError, match="is not a file or folder here"):
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
    assert take(examples, np.int64(10), seed=np.int64(1)) == take(examples, 10, seed=1)


def test_config_errors_are_value_errors():
    assert issubclass(ConfigError, ValueError)


def test_classes_with_one_input_each_leave_nothing_to_hold_out(tmp_path):
    path = tmp_path / "many.csv"
    path.write_text("text,label\n" + "".join(f"words {k},class{k}\n" for k in range(20)))
    with pytest.raises(
        DataError,
        match="no example can be held out for the test split, because every class has one input only",
    ):
        load_splits(str(path), "classify")


@pytest.mark.skipif(not DATA.exists(), reason="the public data sets are not beside the project")
@pytest.mark.parametrize(
    ("folder", "task", "train", "test"),
    [
        ("nlg/e2e", "generate", 42061, 630),
        ("nlg/gsm8k", "generate", None, 1319),
        ("text_classification/sst2", "classify", 6920, 1821),
        ("text_classification/banking77", "classify", None, 3080),
    ],
)
def test_sizes(folder, task, train, test):
    splits = load_splits(str(DATA / folder), task)
    assert train is None or len(splits.train) == train
    assert len(splits.test) == test
    assert not splits.skipped


def test_the_hub_loader_on_a_local_folder(tmp_path):
    for split, count in (("train", 30), ("test", 4)):
        (tmp_path / f"{split}.jsonl").write_text(
            "".join(f'{{"question": "q{i}{split}", "answer": "a{i}"}}\n' for i in range(count))
        )
    parts = _from_hub(str(tmp_path), "generate", (None, None))
    assert {k: len(v) for k, v in parts.items()} == {"train": 30, "test": 4}
    assert parts["train"][0].references == ("a0",)
