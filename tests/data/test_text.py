"""Text files as editors and systems write them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualms.data.text import plain_text, read_text
from qualms.errors import DataError

LINES = "NAME: shop\nDIMENSION: 4\nEOF\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("tail", ["", "\x1a", "\x1a\r\n", "\x1a\x00\x00"])
def test_every_usual_encoding_and_line_end(tmp_path: Path, encoding: str, end: str, tail: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes((LINES.replace("\n", end) + tail).encode(encoding))
    found = read_text(path)
    assert found.text == LINES
    assert found.lines == ["NAME: shop", "DIMENSION: 4", "EOF", ""]
    assert found.notes == ()


@given(st.text(st.characters(blacklist_characters="\x00\x1a\r\ufeff", blacklist_categories=["Cs"])))
def test_every_other_character_is_kept(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.mktemp("text") / "a.txt"
    path.write_bytes(text.encode())
    assert read_text(path).text == text


def test_gzip_is_told_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbfhello\r\n"))
    assert read_text(path).text == "hello\n"
    path.write_bytes(gzip.compress(b"hello" * 100)[:-10])
    with pytest.raises(DataError, match="cannot be read"):
        read_text(path)
    path.write_bytes(gzip.compress(b"0" * 5000))
    with pytest.raises(DataError, match="when unpacked"):
        read_text(path, most_bytes=1000)


def test_bytes_that_are_not_utf8(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes("# Grütschel\n1 2\n".encode("latin-1"))
    found = read_text(path, lambda line: line.startswith("#"))
    assert found.text == "# Grütschel\n1 2\n"
    assert found.notes == ("line 1: a comment or a name that is not UTF-8 was read as Latin-1",)
    with pytest.raises(DataError, match=r"a\.txt:1: byte 5 of the line \(0xfc\) is not UTF-8"):
        read_text(path)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (LINES.encode("utf-16-le"), r":1: a zero byte.*UTF-16"),
        (b"\xff\xfe\x00", "begins as UTF-16"),
        (b"ok\n\x89PNG\x00", r":2: byte 1"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, raw: bytes, says: str) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(raw)
    with pytest.raises(DataError, match=says):
        read_text(path, lambda line: True)


def test_missing_and_large_files(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read: No such file"):
        read_text(tmp_path / "none")
    with pytest.raises(DataError, match="cannot be read: Is a directory"):
        read_text(tmp_path)
    (tmp_path / "a").write_text("12345")
    with pytest.raises(DataError, match="more than 4 bytes"):
        read_text(tmp_path / "a", most_bytes=4)


def test_text_that_others_have_read_is_made_plain():
    assert plain_text("\ufeffa\r\nb\rc\u2028d\n\x1a\n") == "a\nb\nc\u2028d\n"
    assert plain_text("a\ufeff\x1ab") == "a\ufeff\x1ab"


def test_a_file_says_whether_utf_8_may_be_added_to_it(tmp_path: Path):
    for raw, extensible in [
        (b"a\n", True), (b"\xef\xbb\xbfa\r\n", True), ("a\n".encode("utf-16"), False),
        (gzip.compress(b"a\n"), False), (b"a\n\x1a", False),
    ]:  # fmt: skip
        (tmp_path / "file").write_bytes(raw)
        assert read_text(tmp_path / "file").extensible is extensible
