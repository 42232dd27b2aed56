"""What happens where a call is made, whichever way it came there: messages of plain tuples tell of it.

The messages of a call are ("started",), any number of ("step", step, steps, note) and ("found", value), and
at the end ("done", value) or ("failed", error). Values and errors are pickled.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from qualms.errors import ConfigError, ExecutionError, QualmsError, one_line
from qualms.execution.event import Event, Listener
from qualms.execution.executor import Call, Done, Failed

Message = tuple[Any, ...]
Send = Callable[[Message], object]
ENDS = ("done", "failed")
_INTERVAL = 0.5  # seconds between two steps that are told


def packed(call: Call) -> bytes:
    """A call as it is sent.

    Raises
    ------
    ConfigError
        It cannot be pickled.
    """
    try:
        return pickle.dumps((call.function, call.arguments))
    except Exception as error:
        raise ConfigError(f"{call.label}: cannot be sent to another process: {_why(error)}") from None


def perform(payload: bytes, send: Send) -> None:
    """Make a call and tell of it. Nothing is raised, not even `SystemExit`."""
    steps = Steps(send)
    try:
        function, arguments = unpacked(payload)
        send(("started",))
        value = function(*arguments, steps)
    except BaseException as error:
        send(("failed", packed_error(error)))
        return
    try:
        result = pickle.dumps(value)
    except Exception as error:
        told = ConfigError(f"its result cannot be sent to another process: {_why(error)}")
        send(("failed", packed_error(told)))
        return
    send(("done", result))


def heard(message: Message, call: Call, listener: Listener) -> Done | Failed | None:
    """What a message means to who waits: an event for the listener, or an outcome."""
    match message:
        case ("started",):
            listener(Event("started", call.label, 0, call.steps))
        case ("step", step, steps, note):
            listener(Event("step", call.label, step, steps, note))
        case ("found", value):
            listener(Event("found", call.label, value=unpacked(value)))
        case ("done", result):
            try:
                return Done(call, unpacked(result))
            except ExecutionError as error:
                return Failed(call, error)
        case ("failed", error):
            return Failed(call, unpacked(error))
    return None


def packed_error(error: BaseException) -> bytes:
    """An error as it is sent.

    Some cannot be made again from what they pickle; of those the words are sent.
    """
    if isinstance(error, Exception):
        with suppress(Exception):  # whatever a foreign class raises here, its words are still to be told
            content = pickle.dumps(error)
            pickle.loads(content)  # noqa: S301  (our own bytes)
            return content
    name = "" if isinstance(error, QualmsError) else f"{type(error).__name__}: "
    return pickle.dumps(QualmsError(f"{name}{one_line(error)}"))


def unpacked(content: bytes) -> Any:
    """What another process of ours has sent.

    Raises
    ------
    ExecutionError
        It means nothing here: a module is missing, for example.
    """
    try:
        return pickle.loads(content)  # noqa: S301  (from a process that we started; no file and no stranger's)
    except Exception as error:
        raise ExecutionError(f"what another process sent cannot be read here: {_why(error)}") from None


def _why(error: Exception) -> str:
    return f"{one_line(error)}; functions must stand at the top of a module, and values must be picklable"


class Steps:
    """Tells steps, the last one and otherwise not more than two a second."""

    def __init__(self, send: Send) -> None:
        self._send, self._last = send, float("-inf")
        self._began = time.monotonic()

    @property
    def elapsed(self) -> float:
        """See `Tell`."""
        return time.monotonic() - self._began

    def __call__(self, step: int, steps: int, note: str = "") -> None:
        now = time.monotonic()
        if now - self._last > _INTERVAL or step == steps:
            self._last = now
            self._send(("step", step, steps, note))

    def found(self, value: Any) -> None:
        """Tell something that the call has found. Raises ConfigError for what cannot be pickled."""
        try:
            content = pickle.dumps(value)
        except Exception as error:
            raise ConfigError(
                f"what a job has found cannot be sent to another process: {_why(error)}"
            ) from None
        self._send(("found", content))
