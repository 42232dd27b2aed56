"""Where files may go, and that they are there whole or not at all."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from qualms.errors import RunFolderError
from qualms.records.files import check_folder, check_writable, new_folder, write_whole


@contextmanager
def full_disk(after: int) -> Iterator[None]:
    """No file may grow beyond `after` bytes: writing fails as it does on a full disk."""
    before, handler = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (after, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


def test_a_place_that_is_fine_is_left_as_it_is(tmp_path: Path) -> None:
    assert check_writable(tmp_path / "new.txt") == tmp_path / "new.txt"
    (tmp_path / "old.txt").write_text("old")
    check_writable(tmp_path / "old.txt")
    check_folder(tmp_path / "a" / "b")
    assert [p.name for p in tmp_path.iterdir()] == ["old.txt"]
    assert (tmp_path / "old.txt").read_text() == "old"
    check_writable("/dev/null")


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ("none/x.txt", "no folder .*none; make it first"),
        ("folder", "a folder"),
        ("file/x.txt", "is a file|a file"),
        ("x" * 300, "cannot"),
    ],
)
def test_files_that_cannot_be_written_are_refused_before(tmp_path: Path, place: str, reason: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(RunFolderError, match=f"^--out .*{reason}"):
        check_writable(tmp_path / place, "--out")
    with pytest.raises(RunFolderError):
        write_whole(tmp_path / place, "text")
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["file", "folder"]


def test_the_input_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("")
    (tmp_path / "link").symlink_to(tmp_path / "in.txt")
    for name in ("in.txt", "link"):
        with pytest.raises(RunFolderError, match="the file that is read"):
            check_writable(tmp_path / name, inputs=["nowhere", tmp_path / "in.txt"])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_places_without_permission(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "file").chmod(0o400)
    tmp_path.chmod(0o500)
    for path in (tmp_path / "file", tmp_path / "new"):
        with pytest.raises(RunFolderError):
            check_writable(path)
    with pytest.raises(RunFolderError):
        check_folder(tmp_path / "run")
    tmp_path.chmod(0o700)


def test_folders_that_cannot_be_filled(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(RunFolderError, match=r"^--out .* a file"):
            check_folder(path, "--out")
    with pytest.raises(RunFolderError, match="not empty"):
        check_folder(tmp_path, empty=True)


def test_a_failed_write_leaves_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("old")
    (tmp_path / "x.tmp").write_text("the user's own")
    with full_disk(100), pytest.raises(RunFolderError, match="x: cannot be written"):
        write_whole(tmp_path / "x", "y" * 1000)
    assert {p.name: p.read_text() for p in tmp_path.iterdir()} == {"x": "old", "x.tmp": "the user's own"}


def test_links_are_followed_and_permissions_kept(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("old")
    (tmp_path / "real").chmod(0o640)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_whole(tmp_path / "link", "new é\n")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == "new é\n".encode()
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o640
    write_whole(tmp_path / "plain", "")
    (tmp_path / "other").touch()
    assert (tmp_path / "plain").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_device_is_written_to_and_not_replaced() -> None:
    write_whole("/dev/null", "text")
    assert Path("/dev/null").is_char_device()


def test_a_folder_is_there_when_it_is_full(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with new_folder(tmp_path / "out") as folder:
        (folder / "a").write_text("a")
        assert not list((tmp_path / "out").iterdir())
    assert [p.name for p in tmp_path.rglob("*")] == ["out", "a"]
    with (
        full_disk(100),
        pytest.raises(RunFolderError, match="cannot be written"),
        new_folder(tmp_path / "next") as folder,
    ):
        (folder / "b").write_text("b" * 1000)
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
