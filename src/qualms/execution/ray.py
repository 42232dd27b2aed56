"""Calls on a Ray cluster. This file alone imports it.

Ray is spoken to by a process of its own, the driver: where a cluster goes away, Ray ends the process that is
connected to it, or lets it wait forever, and prints pages.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import queue
import signal
import socket
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from importlib.util import find_spec
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

import psutil

from qualms.errors import ConfigError, ExecutionError, MissingExtraError, one_line
from qualms.execution.event import Listener, unheard
from qualms.execution.executor import ONE_THREAD, Call, Died, Failed, Outcome
from qualms.execution.starting import without_interrupts
from qualms.execution.worker import ENDS, Message, heard, packed, packed_error, perform, unpacked

_START = 90.0  # seconds in which a cluster must answer first
_PATIENCE = 15.0  # seconds that Ray gets to end
_POLL = 0.1  # seconds between two looks at what is new


class RayExecutor:
    """An executor on a Ray cluster; every call takes one of its processors.

    Calls are made in the caller's working folder, which all machines of the cluster must have, and with
    Qualms installed there.

    Parameters
    ----------
    workers : int
        How many calls are made at a time.
    address : str, optional
        host:port of the head of a cluster, or "auto" for the one this machine belongs to. Default: what the
        variable ``RAY_ADDRESS`` says, else a cluster on this machine that is started for this executor and
        ends with it.
    environment, setup
        See `ProcessExecutor`.
    silence : float
        Seconds after which a cluster that does not answer counts as gone.

    Raises
    ------
    MissingExtraError
        Ray is not installed.
    """

    def __init__(
        self,
        workers: int,
        address: str | None = None,
        environment: Mapping[str, str] | None = None,
        setup: Callable[[], None] | None = None,
        silence: float = 20.0,
    ) -> None:
        if find_spec("ray") is None:
            raise MissingExtraError("ray", "ray", "running jobs on a Ray cluster")
        self.workers = workers
        self._silence = silence
        self._own: list[psutil.Process] = []
        self._address = address or os.environ.get("RAY_ADDRESS") or "local"
        variables = {**ONE_THREAD, **(environment or {})}
        self._place = pickle.dumps((os.getcwd(), list(sys.path), variables, pickle.dumps(setup)))

    def __enter__(self) -> Self:
        """Connect to the cluster.

        Raises
        ------
        ExecutionError
            It does not answer.
        """
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        arguments = (theirs, self._address, self.workers, self._place, self._silence)
        self._driver = context.Process(target=_drive, args=arguments, name="qualms driver of Ray")
        with without_interrupts():
            self._driver.start()
        theirs.close()
        try:
            if not self._connection.poll(_START):
                raise ExecutionError(f"{self._name}: no answer in {_START:g} seconds")
            first = self._receive()
            if first[0] == "refused":
                raise ExecutionError(f"{self._name}: cannot be used: {first[1]}")
            if self._address == "local":
                self._own = psutil.Process(self._driver.pid).children(recursive=True)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the cluster; calls under way end with that."""
        self._end()

    def run(self, calls: Sequence[Call], listener: Listener = unheard) -> Iterator[Outcome]:
        """See `Executor.run`."""
        waiting = deque(enumerate(calls))
        open_calls: dict[int, Call] = {}
        began: dict[int, float] = {}
        overdue: dict[int, str] = {}
        try:
            while waiting or open_calls:
                while waiting and len(open_calls) < self.workers:
                    key, call = waiting.popleft()
                    try:
                        self._send(("call", key, packed(call), call.memory))
                    except ConfigError as error:
                        yield Failed(call, error)
                    else:
                        open_calls[key] = call
                if any(call.seconds is not None for call in open_calls.values()):
                    self._end_overdue(open_calls, began, overdue)
                    if not self._connection.poll(_POLL):
                        continue
                if open_calls:
                    key, *message = self._receive()
                    if message[0] == "started":
                        began[key] = time.monotonic()
                    if message[0] == "died" and key in overdue:
                        message[1] = overdue[key]
                    outcome = _heard(tuple(message), open_calls[key], listener)
                    if outcome is not None:
                        del open_calls[key]
                        yield outcome
        finally:
            if open_calls and self._driver.is_alive():
                self._drop()

    def _end_overdue(
        self, open_calls: Mapping[int, Call], began: Mapping[int, float], overdue: dict[int, str]
    ) -> None:
        """Have the calls ended that take longer than they may, each once."""
        for key, call in open_calls.items():
            if key in began and key not in overdue:
                reason = call.exceeded(time.monotonic() - began[key], 0)
                if reason is not None:
                    overdue[key] = reason
                    self._send(("end", key))

    def _drop(self) -> None:
        """End the calls under way, and pass over what they have told."""
        with suppress(ExecutionError):
            self._send(("drop",))
            while self._receive()[0] != "dropped":
                pass

    @property
    def _name(self) -> str:
        return "the local Ray cluster" if self._address == "local" else f"the Ray cluster at {self._address}"

    def _send(self, message: Message) -> None:
        try:
            self._connection.send(message)
        except OSError:
            raise self._gone() from None

    def _receive(self) -> Message:
        try:
            return self._connection.recv()
        except (EOFError, OSError):
            raise self._gone() from None

    def _gone(self) -> ExecutionError:
        return ExecutionError(f"{self._name} went away; what was finished is kept, the same command goes on")

    def _end(self) -> None:
        self._connection.close()  # the driver's sign to go
        self._driver.join(_PATIENCE)
        if self._driver.is_alive():
            self._driver.kill()
            self._driver.join()
        for process in self._own:  # of a cluster that lost its head, parts stay for minutes
            with suppress(psutil.NoSuchProcess):
                process.kill()


def _heard(message: Message, call: Call, listener: Listener) -> Outcome | None:
    if message[0] == "died":
        return Died(call, message[1])
    return heard(message, call, listener)


# In a worker of the cluster ---------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _settle(place: bytes) -> None:
    """Make a worker's process as the caller's is; once, before anything is imported for a call."""
    folder, path, environment, packed_setup = pickle.loads(place)  # noqa: S301  (from the driver, in memory)
    os.environ.update(environment)
    sys.path += [p for p in path if p not in sys.path]
    os.chdir(folder)
    setup = unpacked(packed_setup)  # its module is found only now
    if setup is not None:
        setup()


def _perform(place: bytes, payload: bytes, memory: int | None) -> Iterator[Message]:
    """Make a call in a thread, and yield its messages as they come; end this process where it uses more
    memory than it may.
    """
    try:
        _settle(place)
    except Exception as error:
        told = ExecutionError(f"a worker on {socket.gethostname()} could not be set up: {one_line(error)}")
        yield "failed", packed_error(told)
        return
    messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
    threading.Thread(target=perform, args=(payload, messages.put), daemon=True).start()
    limit, process = Call("", print, memory=memory), psutil.Process()
    while True:
        try:
            message = messages.get(timeout=None if memory is None else _POLL)
        except queue.Empty:
            reason = limit.exceeded(0.0, process.memory_info().rss)
            if reason is None:
                continue
            yield "died", reason
            time.sleep(_PATIENCE)  # the driver ends this process when it has read that
            os._exit(1)
        yield message
        if message[0] in ENDS:
            return


# In the driver ----------------------------------------------------------------------------------------------


def _drive(connection: Connection, address: str, workers: int, place: bytes, silence: float) -> None:
    """What the driver does all its life: it hands calls to Ray, and what they tell to its parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):  # Ray reports there what we tell in a line
        os.dup2(nowhere, stream)
    orders: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
    threading.Thread(target=_take_orders, args=(connection, orders), daemon=True).start()
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray

        _knock(address)
        own = {"num_cpus": workers, "include_dashboard": False} if address == "local" else {}
        ray.init(address=address, log_to_driver=False, logging_level="error", **own)
    except Exception as error:
        with suppress(OSError):
            connection.send(("refused", one_line(error)))
        return
    _watch(ray, silence)
    with suppress(OSError):  # the parent is gone, or wants no more
        connection.send(("ready",))
        _serve(ray, connection, orders, place)
    ray.shutdown()


def _knock(address: str) -> None:
    """Raises OSError where nobody listens at host:port; Ray itself would try for minutes."""
    host, colon, port = address.rpartition(":")
    if colon and port.isdecimal() and "/" not in host:
        socket.create_connection((host, int(port)), timeout=10).close()


def _take_orders(connection: Connection, orders: queue.SimpleQueue[Message | None]) -> None:
    """Read at once what the parent sends, so that neither waits for the other to read.

    None: it wants no more.
    """
    with suppress(EOFError, OSError):
        while True:
            orders.put(connection.recv())
    orders.put(None)
    time.sleep(_PATIENCE)
    os._exit(1)


def _watch(ray: Any, silence: float) -> None:
    """End this process when the cluster has not answered for long, or has lost the node that this process is
    on.
    """
    own = ray.get_runtime_context().get_node_id()
    answered = [time.monotonic()]

    def ask() -> None:
        while True:
            with suppress(Exception):
                if any(node["NodeID"] == own and node["Alive"] for node in ray.nodes()):
                    answered[0] = time.monotonic()
            time.sleep(1)

    def watch() -> None:
        while time.monotonic() - answered[0] < silence:
            time.sleep(1)
        os._exit(1)

    for function in (ask, watch):
        threading.Thread(target=function, daemon=True).start()


def _serve(ray: Any, connection: Connection, orders: queue.SimpleQueue[Message | None], place: bytes) -> None:
    remote = ray.remote(num_cpus=1, max_retries=0, num_returns="streaming")(_perform)
    streams: dict[Any, int] = {}
    where = ray.put(place)
    while True:
        with suppress(queue.Empty):
            order = orders.get(timeout=None if not streams else 0)
            if order is None:
                return
            if order[0] == "call":
                streams[remote.remote(where, order[2], order[3])] = order[1]
            elif order[0] == "end":
                for stream in [s for s, key in streams.items() if key == order[1]]:
                    ray.cancel(stream, force=True)
            else:
                for stream in streams:
                    ray.cancel(stream, force=True)
                streams.clear()
                connection.send(("dropped",))
            continue
        ready, _ = ray.wait(list(streams), num_returns=1, timeout=_POLL)
        for stream in ready:
            message = _next(ray, stream)
            connection.send((streams[stream], *message))
            if message[0] == "died":  # if not yet, then now
                ray.cancel(stream, force=True)
            if message[0] in (*ENDS, "died"):
                del streams[stream]


def _next(ray: Any, stream: Any) -> Message:
    """The next message of a call, or what became of its process."""
    try:
        return ray.get(next(stream))
    except StopIteration:
        return "died", "its process ended without a word"
    except ray.exceptions.RayTaskError as error:
        # before the call: what a worker needs is not installed there
        return "failed", packed_error(
            ExecutionError(f"a worker could not start: {one_line(error.cause or error)}")
        )
    except ray.exceptions.OutOfMemoryError:
        return "died", "Ray ended its process: the machine was out of memory"
    except ray.exceptions.RayError as error:
        return (
            "died",
            f"its process was killed or crashed ({type(error).__name__}; Ray does not tell by what)",
        )
