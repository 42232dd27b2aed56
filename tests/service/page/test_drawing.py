"""What takes long to draw is drawn once, elsewhere, and holds up nothing that is there already."""

import multiprocessing
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from qualms.errors import ConfigError
from qualms.execution import InlineExecutor, ProcessExecutor
from qualms.service.page.drawing import Drawing
from qualms.service.web import HTTPException

BEGUN, GO = threading.Event(), threading.Event()
CALLS = []


def told(what, tell):
    CALLS.append(what)
    return what


def slow(tell):
    BEGUN.set()
    GO.wait(60)


def endless(begun, tell):
    begun.touch()
    threading.Event().wait(30)  # longer than the test takes, and not for ever where it fails


def refuse(tell):
    raise ConfigError("these records make no sense")


def broken(tell):
    raise ZeroDivisionError("a mistake of ours")


def end(tell):
    os._exit(3)


def where(tell):
    return os.getpid()


def test_a_version_is_drawn_once():
    CALLS.clear()
    drawing = Drawing(InlineExecutor())
    assert [drawing.of("race", 1, told, "a") for _ in range(2)] == ["a", "a"]
    assert drawing.of("race", 2, told, None) is None
    assert drawing.of("race", 2, told, "nothing is a drawing, too") is None
    drawing.forget("race")
    assert drawing.of("race", 2, told, "b") == "b"
    assert CALLS == ["a", None, "b"]


def test_what_is_kept_waits_for_no_drawing_and_not_everybody_may_wait():
    drawing = Drawing(InlineExecutor())
    drawing.of("there", 0, told, "there")
    threads = [threading.Thread(target=drawing.of, args=(k, 0, slow)) for k in range(8)]
    for thread in threads:
        thread.start()
    assert BEGUN.wait(60)
    try:
        assert drawing.of("there", 0, told, "anew") == "there"
        while drawing._room.acquire(blocking=False):  # until all eight have come so far
            drawing._room.release()
        with pytest.raises(HTTPException, match="503: Many drawings"):
            drawing.of("new", 0, told, "new")
    finally:
        GO.set()
        for thread in threads:
            thread.join()
    assert drawing.of("new", 0, told, "new") == "new"


def test_errors_are_told_and_end_nothing():
    drawing = Drawing(InlineExecutor())
    with pytest.raises(ConfigError, match="make no sense"):
        drawing.of("a", 0, refuse)
    with pytest.raises(HTTPException, match=r"500: .*a mistake of ours"):
        drawing.of("a", 0, broken)
    with ProcessExecutor(1) as place:
        drawing = Drawing(place)
        with pytest.raises(HTTPException, match="503: This could not be drawn"):
            drawing.of("a", 0, end)
        assert drawing.of("a", 0, where) != os.getpid()


def test_drawings_that_wait_start_no_process_when_the_server_stops(tmp_path):
    place, begun = ProcessExecutor(1), tmp_path / "begun"
    drawing = Drawing(place)
    with ThreadPoolExecutor(2) as threads:
        waiting = [threads.submit(drawing.of, k, 0, endless, begun) for k in range(2)]
        while not begun.exists():
            time.sleep(0.01)
            assert not any(w.done() for w in waiting)
        place.__exit__(None, None, None)
        for w in waiting:
            with pytest.raises(HTTPException, match=r"503: .*the worker processes have been ended"):
                w.result(60)
    assert not [p for p in multiprocessing.active_children() if p.name == "qualms worker"]
