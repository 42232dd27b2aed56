"""Calls in processes of this machine. A process that dies takes its own call with it and no other."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from types import TracebackType
from typing import Any, Self

import psutil

from qualms.errors import ConfigError, ExecutionError, one_line
from qualms.execution.event import Listener, unheard
from qualms.execution.executor import ONE_THREAD, Call, Died, Failed, Outcome, how_it_ended
from qualms.execution.starting import changed_environment, context, without_interrupts
from qualms.execution.worker import ENDS, Message, heard, packed, perform

_PATIENCE = 5.0  # seconds that processes get to end when they are asked to
_LOOK = 0.1  # seconds between two looks at the limits of calls
_STARTS = 3  # processes that may be killed, one after another, before they have begun to work


class ProcessExecutor:
    """An executor of processes of their own, one thread each.

    Parameters
    ----------
    workers : int
        How many processes. They are started when there is work for them, and stay until the executor ends.
    environment : Mapping[str, str], optional
        Variables for the processes, besides those that keep numerical
        libraries to one thread. They are set before anything is imported there.
    setup : callable, optional
        Called once in each process before its first call; from the top of a module.
    modules : sequence of str, optional
        What the processes import anyway. Named here they start faster, see
        `qualms.execution.starting.start_server`.
    """

    def __init__(
        self,
        workers: int,
        environment: Mapping[str, str] | None = None,
        setup: Callable[[], None] | None = None,
        modules: Sequence[str] = (),
    ) -> None:
        self.workers = workers
        self._environment = {**ONE_THREAD, **(environment or {})}
        self._setup = setup
        self._modules = modules
        self._there: list[_Worker] = []
        self._failed_starts = 0
        self._ended, self._starting = False, threading.Lock()  # another thread may end what this one runs

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes: idle ones are asked to, those that work are not waited for. No other is started
        after that, also not by a thread that is in `run`.
        """
        with self._starting:
            self._ended = True
        _end(list(self._there))

    def run(self, calls: Sequence[Call], listener: Listener = unheard) -> Iterator[Outcome]:
        """See `Executor.run`. Raises ExecutionError also where this executor was ended."""
        waiting = deque(calls)
        self._refuse_if_ended()
        try:
            while waiting or any(w.call for w in self._there):
                yield from self._hand_out(waiting)
                if waiting or any(w.call for w in self._there):
                    yield from self._listen(listener)
        except OSError:
            self._refuse_if_ended()  # its connections were closed
            raise
        finally:
            left = [w for w in self._there if w.call]
            self._there = [w for w in self._there if not w.call]
            _end(left)

    def _hand_out(self, waiting: deque[Call]) -> Iterator[Failed]:
        """Give the next calls to idle workers, and start as many workers as there is work for."""
        for worker in self._there:
            while waiting and worker.idle:
                call = waiting.popleft()
                try:
                    worker.give(call)
                except ConfigError as error:
                    yield Failed(call, error)
                except OSError:  # it died while it had nothing to do
                    waiting.appendleft(call)
                    break
        to_come = sum(not w.ready for w in self._there)
        for _ in range(min(self.workers - len(self._there), len(waiting) - to_come)):
            self._start()

    def _start(self) -> None:
        """Start one more worker."""
        with self._starting:
            self._refuse_if_ended()
            try:
                self._there.append(_Worker(self._environment, self._setup, self._modules))
            except OSError as error:
                raise ExecutionError(
                    f"a worker process could not be started: {error.strerror or error}"
                ) from None

    def _refuse_if_ended(self) -> None:
        if self._ended:
            raise ExecutionError("the worker processes have been ended")

    def _listen(self, listener: Listener) -> Iterator[Outcome]:
        """Wait until there is something to hear, and hear it: one message of every worker that has one."""
        watched = any(w.call and w.call.limited for w in self._there)
        ends = [x for w in self._there for x in (w.connection, w.process.sentinel)]
        said = set(wait(ends, _LOOK if watched else None))
        self._refuse_if_ended()
        yield from self._watch()
        for worker in list(self._there):
            if not said & {worker.connection, worker.process.sentinel}:
                continue
            message = worker.receive()
            if message is None:
                yield from self._bury(worker)
            elif message[0] == "ready":
                worker.ready, self._failed_starts = True, 0
            elif message[0] == "unready":
                raise ExecutionError(f"a worker process could not be set up: {message[1]}")
            elif worker.call:
                outcome = heard(message, worker.call, listener)
                if message[0] in ENDS:
                    worker.call = None
                if outcome is not None:
                    yield outcome

    def _watch(self) -> Iterator[Died]:
        """End the processes of calls that break their limits."""
        for worker in list(self._there):
            reason = worker.exceeds()
            if reason is not None and worker.call:
                call, worker.call = worker.call, None
                self._there.remove(worker)
                worker.process.kill()
                _end([worker])
                yield Died(call, reason)

    def _bury(self, worker: _Worker) -> Iterator[Died]:
        self._there.remove(worker)
        _end([worker])
        reason, number = how_it_ended(worker.process.exitcode)
        if worker.call:
            call, worker.call = worker.call, None
            yield Died(call, reason, number)
        elif not worker.ready:
            self._failed_starts += 1
            if number is None or self._failed_starts == _STARTS:
                raise ExecutionError(
                    f"a worker could not start: {reason}. A script that starts workers needs `if __name__ "
                    '== "__main__":` around what it does'
                )


class _Worker:
    """A process and what is known of it."""

    def __init__(
        self, environment: Mapping[str, str], setup: Callable[[], None] | None, modules: Sequence[str]
    ) -> None:
        start = context(modules, environment)
        self.connection, theirs = start.Pipe()
        told = dict(os.environ, **environment)  # a server has the variables of when it was started
        self.process = start.Process(target=_serve, args=(theirs, setup, told), name="qualms worker")
        with changed_environment(environment), without_interrupts():
            self.process.start()
        theirs.close()  # so that there is an end of file here when the process ends
        self.ready = False
        self.call: Call | None = None
        self._began = 0.0

    @property
    def idle(self) -> bool:
        return self.ready and self.call is None

    def give(self, call: Call) -> None:
        self.connection.send_bytes(packed(call))
        self.call, self._began = call, time.monotonic()

    def exceeds(self) -> str | None:
        """Which limit its call breaks, in words; None where it keeps them, or has told something that is yet
        to be heard: its result may be among it.
        """
        if self.call is None or not self.call.limited or self.connection.poll():
            return None
        memory = 0
        if self.call.memory is not None:
            with suppress(psutil.Error):  # it ended just now
                memory = psutil.Process(self.process.pid).memory_info().rss
        return self.call.exceeded(time.monotonic() - self._began, memory)

    def receive(self) -> Message | None:
        """The next message; None where the process is no longer there."""
        try:
            return self.connection.recv() if self.connection.poll() else None
        except (EOFError, OSError):
            return None


def _end(workers: Sequence[_Worker]) -> None:
    """Bring processes to their end, if need be by force."""
    for worker in workers:
        if worker.call or not worker.ready:
            worker.process.terminate()
        worker.connection.close()  # for an idle one this is the sign to go
    deadline = time.monotonic() + _PATIENCE  # of all together
    for worker in workers:
        worker.process.join(max(0.0, deadline - time.monotonic()))
        if worker.process.is_alive():
            worker.process.kill()
            worker.process.join()


def follow_parent() -> None:
    """End this process when the one that started it is gone, however it went."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def _serve(connection: Connection, setup: Callable[[], None] | None, environment: Mapping[str, str]) -> None:
    """What a worker does all its life."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()
    os.environ.update(environment)
    follow_parent()
    sending = threading.Lock()  # a call may tell its steps from any thread

    def send(message: Any) -> None:
        with sending:
            connection.send(message)

    try:
        if setup is not None:
            setup()
    except Exception as error:
        send(("unready", one_line(error)))
        return
    send(("ready",))
    with suppress(EOFError):
        while True:
            perform(connection.recv_bytes(), send)
