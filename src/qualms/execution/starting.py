"""How processes are started: each anew, or forked from a server that has imported what they need."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING

from qualms.execution.executor import ONE_THREAD

if TYPE_CHECKING:
    from multiprocessing.context import ForkServerContext, SpawnContext

if sys.platform == "linux":
    from multiprocessing import forkserver


def context(modules: Sequence[str], environment: Mapping[str, str]) -> SpawnContext | ForkServerContext:
    """Where processes come from.

    Parameters
    ----------
    modules : sequence of str
        What the processes need to import. Where some are named, on Linux, processes are forked from the
        server of `start_server`; else each is started anew and imports everything itself.
    environment : Mapping[str, str]
        Variables for the processes.

    Returns
    -------
    SpawnContext or ForkServerContext
        Of `multiprocessing`.
    """
    if not start_server(modules, environment):
        return multiprocessing.get_context("spawn")
    return multiprocessing.get_context("forkserver")


def start_server(modules: Sequence[str], environment: Mapping[str, str] = ONE_THREAD) -> bool:
    """Have the server started from which processes are forked, without waiting until it is ready.

    A process of Python needs most of a second to import NumPy and SciPy; one that is forked has them after
    some milliseconds. The server is a process of its own with one thread that does nothing else, so that
    forking is safe, which it is not in a program that runs threads. It is Python's, one for each program, and
    ends with the program. The first modules named are those that it imports; a program that has used it for
    itself before keeps its own, and then processes import what they need.

    Parameters
    ----------
    modules : sequence of str
        What it imports. Those that are not there are left out. None of them may start a thread.
    environment : Mapping[str, str]
        Variables for the server; libraries read them when they are imported.

    Returns
    -------
    bool
        False where no modules are named, and on other systems than Linux: Windows cannot fork, and libraries
        of macOS start threads on their own. Nothing is started then.
    """
    if not modules or sys.platform != "linux":
        return False
    multiprocessing.set_forkserver_preload(list(modules))
    # Python gives it no module path: without these it would import what lies in the working folder
    path = os.pathsep.join(os.path.abspath(p) for p in sys.path)
    told = {**environment, "PYTHONPATH": path, "PYTHONSAFEPATH": "1"}
    with changed_environment(told), without_interrupts():
        forkserver.ensure_running()
    return True


@contextmanager
def changed_environment(settings: Mapping[str, str]) -> Iterator[None]:
    """A process that is started gets these variables from its first moment on."""
    before = {key: os.environ.get(key) for key in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


@contextmanager
def without_interrupts() -> Iterator[None]:
    """Ctrl-C is for who started the workers, who then ends them; a process that is started inherits the
    mask.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # started with the first process otherwise, and it lifts the mask
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
