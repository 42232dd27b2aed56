"""Findings of a call that blocks, while it runs."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator

from qualms.solve.solvers.solver import Finding

_PATIENCE = 10.0  # seconds for a library to notice that it is to stop; then it is left to notice on its own
Tell = Callable[[Finding], None]
Work = Callable[[Tell, threading.Event], None]


def streamed(work: Work) -> Iterator[Finding]:
    """What `work(tell, stopped)` tells, as it tells it.

    The work runs in a thread, so that Ctrl-C reaches the caller at once; it is then asked to end through
    `stopped`, and waited for for ten seconds at most.
    """
    told: queue.SimpleQueue[Finding | BaseException | None] = queue.SimpleQueue()
    stopped = threading.Event()

    def run() -> None:
        try:
            work(told.put, stopped)
        except BaseException as error:
            told.put(error)
        finally:
            told.put(None)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        while (found := told.get()) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found
    finally:
        stopped.set()
        thread.join(_PATIENCE)
