"""The index agrees with `read_records`, whatever happens to the files."""

import gzip
import json
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualms.errors import ConfigError, DataError, RunFolderError
from qualms.records import read_records
from qualms.service.index.entry import key_of
from qualms.service.index.index import Index
from qualms.service.index.query import Filters, Sort
from tests.records.sample import make_asking, make_learning, make_noise, make_record, make_solving

MAKERS = {
    "fine-tuning": make_record, "solving": make_solving, "asking": make_asking, "learning": make_learning,
}  # fmt: skip
BROKEN = [b"{", b"{}", b"nonsense", b"[1, 2]", b'{"schema": 3}', b"{\xff}", b'"text"', b'{"id": "x', b"\x00{"]


def line(number: int) -> bytes:
    """A record of some kind."""
    if number % 5 == 4:
        return make_noise("qsl", seed=number, nll=number / 7).to_json().encode()
    kind = list(MAKERS)[number % 4]
    return MAKERS[kind](seed=number, id=f"{kind} {number}").to_json().encode()


def oracle(content: bytes, folder) -> tuple[list[str], int]:
    """Ids of the records in a file, and the number of its broken lines, by `read_records` alone.

    What it says is broken is taken out until it says nothing more.
    """
    path, broken = folder / "oracle.jsonl", 0
    rows = content.split(b"\n")
    while True:
        path.write_bytes(b"\n".join(rows))
        try:
            return [record.id for record in read_records(path)], broken
        except DataError as error:
            number = int(str(error).removeprefix(f"{path}:").partition(":")[0])
            rows[number - 1] = b""
            broken += 1


def shown(index: Index) -> tuple[list[str], int]:
    ids = [e.id for e in index.find(Filters(), Sort("created", False), limit=1000).entries]
    return ids, index.broken()[0]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("add"), st.integers(0, 40)),
        st.tuples(st.just("broken"), st.sampled_from(BROKEN)),
        st.tuples(st.just("empty"), st.sampled_from([b"", b"  ", b"\r"])),
        st.tuples(st.just("half"), st.integers(0, 40)),
        st.tuples(st.just("truncate"), st.integers(0, 3000)),
        st.tuples(st.just("replace"), st.integers(0, 40)),
        st.tuples(st.just("look"), st.just(0)),
    ),
    max_size=12,
)


def compare(tmp_path_factory, steps, ends):
    """A look may come after any step, and the last one sees what a new index sees."""
    folder = tmp_path_factory.mktemp("store")
    aside = tmp_path_factory.mktemp("oracle")
    path = folder / "records.jsonl"
    path.write_bytes(b"")
    index = Index(folder, aside / "index.sqlite")
    for what, how in steps:
        if what in ("add", "broken", "empty"):
            with open(path, "ab") as file:
                file.write((line(how) if what == "add" else how) + ends)
        elif what == "half":
            with open(path, "ab") as file:
                file.write(line(how)[: how * 60])
        elif what == "truncate":
            os.truncate(path, max(0, path.stat().st_size - how))
        elif what == "replace":
            path.with_suffix(".new").write_bytes(line(how) + ends)
            path.with_suffix(".new").replace(path)
        else:
            index.refresh(walk=True)
            assert shown(index) == oracle(path.read_bytes(), aside)
    index.refresh(walk=True)
    assert shown(index) == oracle(path.read_bytes(), aside)
    anew = Index(folder, aside / "anew.sqlite")
    anew.refresh()
    assert shown(anew) == shown(index)
    index.close()
    anew.close()


@settings(max_examples=8, deadline=None)
@given(steps=STEPS, ends=st.sampled_from([b"\n", b"\r\n"]))
def test_the_index_has_what_read_records_reads(tmp_path_factory, steps, ends):
    compare(tmp_path_factory, steps, ends)


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(steps=STEPS, ends=st.sampled_from([b"\n", b"\r\n"]))
def test_the_index_has_what_read_records_reads_over_many_histories(tmp_path_factory, steps, ends):
    compare(tmp_path_factory, steps, ends)


@pytest.fixture
def store(tmp_path):
    """20 records in two files, the second in a folder below, with one broken line."""
    folder = tmp_path / "store"
    (folder / "below").mkdir(parents=True)
    (folder / "records.jsonl").write_bytes(b"".join(line(k) + b"\n" for k in range(12)))
    rows = [line(k) + b"\n" for k in range(12, 20)]
    (folder / "below" / "records.jsonl").write_bytes(b"".join([*rows[:4], b"nonsense\n", *rows[4:]]))
    return folder


@pytest.fixture
def index(store):
    made = Index(store)
    made.refresh()
    yield made
    made.close()


def test_only_what_was_added_is_read(store, index):
    assert index.refresh() == 0
    with open(store / "records.jsonl", "ab") as file:
        file.write(line(30) + b"\n")
    assert index.refresh() == 1
    with open(store / "records.jsonl", "ab") as file:
        file.write(line(31)[:100])
    assert index.refresh() == 0
    assert [f["cut"] for f in index.files()] == [0, 1]
    with open(store / "records.jsonl", "ab") as file:
        file.write(line(31)[100:])
    assert index.refresh() == 1  # whole, and without a line end
    with open(store / "records.jsonl", "ab") as file:
        file.write(b"\n" + line(32) + b"\n")
    assert index.refresh() == 2  # the open line is read again
    assert index.state()[1] == 23


def test_a_changed_file_of_the_same_length_is_read_anew(store, index):
    path = store / "records.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"annealing"', b'"annealinG"'))
    assert index.refresh() == 12
    assert dict(index.counts("method")).get("annealinG") == 2


def test_a_new_index_on_the_same_database_reads_nothing(store, index):
    again = Index(store)
    assert again.refresh() == 0
    assert again.state()[1] == 20


def test_a_database_that_is_none_or_of_another_version_is_made_anew(store, index, tmp_path):
    database = tmp_path / "x.sqlite"
    database.write_bytes(b"this is no database" * 100)
    made = Index(store, database)
    assert made.refresh() == 20
    made._connection.execute("UPDATE about SET made_by = 'another'")
    made.close()
    assert Index(store, database).refresh() == 20


def test_files_come_and_go_and_links_and_hidden_folders_are_left_out(store, index, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "records.jsonl").write_bytes(line(50) + b"\n")
    (store / "link").symlink_to(outside)
    (store / ".hidden").mkdir()
    (store / ".hidden" / "records.jsonl").write_bytes(line(51) + b"\n")
    (store / "runs" / "one").mkdir(parents=True)
    (store / "runs" / "one" / "records.jsonl").write_bytes(line(52) + b"\n")
    (store / "new").mkdir()
    (store / "new" / "records.jsonl").write_bytes(line(53) + b"\n")
    index.refresh(walk=True)
    assert {f["path"] for f in index.files()} == {"records.jsonl", "below/records.jsonl", "new/records.jsonl"}
    (store / "below" / "records.jsonl").unlink()
    index.refresh()
    assert index.state()[1] == 13
    assert index.broken() == (0, [])


def test_broken_lines_are_named_and_end_nothing(store, index):
    count, broken = index.broken()
    assert count == 1
    assert (broken[0].file, broken[0].line) == ("below/records.jsonl", 5)
    assert "not JSON" in broken[0].message


def test_records_that_fit_the_schema_and_make_no_sense_are_broken_lines(store, index):
    rows = [json.loads(make_solving("tabu", 7, id=name).to_json()) for name in ("a", "b", "c")]
    rows[0]["payload"]["limits"]["seconds"] = "ten"  # the title tells them
    rows[1]["seed"] = 2**64
    with open(store / "records.jsonl", "a") as file:
        file.writelines(json.dumps(row) + "\n" for row in rows)
    assert index.refresh() == 1
    assert index.state()[1] == 21
    told = {b.line: b.message for b in index.broken()[1] if b.file == "records.jsonl"}
    assert "no report can be made of them" in told[13]
    assert told[14] == "seed: a number of more than 64 bits"


def test_a_compressed_file_and_one_with_a_mark_are_read(store, index):
    (store / "records.jsonl").write_bytes(gzip.compress(line(1) + b"\n" + line(2) + b"\n{}\n"))
    (store / "below" / "records.jsonl").write_bytes(b"\xef\xbb\xbf" + line(3) + b"\n")
    assert index.refresh() == 3
    assert index.broken()[0] == 1
    assert len(index.records([e.key for e in index.find(Filters(), Sort()).entries])) == 3


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may read every file")
def test_a_file_that_may_not_be_read_is_told(store, index):
    (store / "records.jsonl").chmod(0)
    os.utime(store / "records.jsonl")
    index.refresh()
    assert index.broken()[1][1].message == "records.jsonl: cannot be read: Permission denied"


@pytest.mark.parametrize("column", ["created", "kind", "title", "method", "seed", "value", "seconds"])
@pytest.mark.parametrize("descending", [True, False])
def test_cursors_give_every_entry_once_and_in_order(store, index, column, descending):
    sort, after, seen = Sort(column, descending), None, []
    while True:
        part = index.find(Filters(), sort, after, limit=3)
        seen += part.entries
        after = part.after
        if after is None:
            break
        if len(seen) == 3:  # what is added before the cursor moves nothing after it
            with open(store / "records.jsonl", "ab") as file:
                file.write(make_solving("zz", 99, None, id="late").to_json().encode() + b"\n")
            index.refresh()
    values = [getattr(e, column) for e in seen if getattr(e, column) is not None]
    assert values == sorted(values, reverse=descending)
    assert len({e.row for e in seen}) == len(seen)
    assert {e.id for e in seen} >= {json.loads(line(k))["id"] for k in range(20)}


def test_filters_leave_what_fits(index):
    everything = index.find(Filters(), Sort(), limit=100).entries
    for filters, fits in (
        (Filters(kind="solving"), lambda e: e.kind == "solving"),
        (Filters(compute="simulated quantum"), lambda e: e.compute == "simulated quantum"),
        (Filters(twins="quantum", kind="noise"), lambda e: e.is_quantum and e.kind == "noise"),
        (Filters(twins="other"), lambda e: not e.is_quantum and e.twin_of is None),
        (Filters(text="RING maxcut"), lambda e: e.kind == "solving"),
        (Filters(task=everything[0].task_key), lambda e: e.task == everything[0].task),
    ):
        found = index.find(filters, Sort(), limit=100)
        assert {e.id for e in found.entries} == {e.id for e in everything if fits(e)}
        assert found.total == len(found.entries) > 0
    assert index.find(Filters(text="100%_"), Sort()).total == 0


def test_bad_questions_are_refused(index, tmp_path):
    for call in (
        lambda: Sort("words; DROP TABLE entries"),
        lambda: index.find(Filters(twins="x"), Sort()),
        lambda: index.find(Filters(kind="solvng"), Sort()),
        lambda: index.find(Filters(compute="quantum"), Sort()),
        lambda: index.counts("words"),
        lambda: index.find(Filters(), Sort(), after="x"),
        lambda: index.find(Filters(), Sort(), after="W10"),
        lambda: index.find(Filters(kind="noise"), Sort(), after=index.find(Filters(), Sort(), limit=1).after),
    ):
        with pytest.raises(ConfigError):
            call()
    with pytest.raises(RunFolderError, match="no such folder"):
        Index(tmp_path / "missing")


def test_records_are_read_from_their_places_and_never_another_one(store, index):
    key = key_of("solving 1")
    assert index.records([key])[0].id == "solving 1"
    assert index.places(key) == [("records.jsonl", 2)]
    (store / "records.jsonl").write_bytes(line(2) + b"\n" + line(1)[:10])
    assert index.records([key]) == []  # the index has not looked yet


def test_two_indexes_on_one_database_count_nothing_twice(store):
    from concurrent.futures import ThreadPoolExecutor

    several = [Index(store) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(lambda i: i.refresh(), several)) == 20
    assert several[0].state()[1] == 20


@pytest.mark.parametrize("ends", [("",), ("", "-wal", "-shm")])
def test_an_index_that_is_deleted_while_it_is_open_is_made_again(tmp_path, ends):
    path = tmp_path / "records.jsonl"
    path.write_bytes(line(0) + b"\n" + line(1) + b"\n")
    index, other = Index(tmp_path), Index(tmp_path)
    index.refresh()
    before = shown(index)
    assert shown(other) == before
    assert index.counts("kind")
    for end in ends:
        (tmp_path / f".qualms-index.sqlite{end}").unlink()
    assert index.refresh() == 2
    assert shown(index) == shown(other) == before
    path.write_bytes(line(2) + b"\n")
    index.refresh()
    assert [kind for kind, _ in index.counts("kind")] == ["asking"]
    index.close()
    other.close()
