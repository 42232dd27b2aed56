"""What takes long to draw, drawn in a process of its own, so that no other answer waits for it."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from qualms.errors import ExecutionError, QualmsError, one_line
from qualms.execution import Call, Died, Done, Executor
from qualms.service.web import HTTPException

_KEPT = 64  # finished drawings
_WAITING = 8  # requests that may wait for drawings at a time; each holds one of the server's threads
_LONGEST = 600.0  # seconds of a drawing; on a machine with much other work a large one takes minutes

log = logging.getLogger("qualms.service")


class Drawing:
    """Draws one thing at a time, and keeps the last ones.

    In a thread of the server a drawing would take the interpreter from all other answers, again and again,
    until it is done.

    Parameters
    ----------
    place : Executor
        Where it is drawn. Whoever made it ends it.
    """

    def __init__(self, place: Executor) -> None:
        self._place = place
        self._kept: OrderedDict[Hashable, tuple[Hashable, Any]] = OrderedDict()
        self._keeping, self._one = threading.Lock(), threading.Lock()
        self._room = threading.BoundedSemaphore(_WAITING)

    def of(self, name: Hashable, version: Hashable, function: Callable[..., Any], *arguments: Any) -> Any:
        """What `function(*arguments, tell)` returns, or returned before for the same name and version.

        Parameters
        ----------
        name, version : Hashable
            Of the latest version of a name is kept what was drawn.
        function : callable
            At the top of a module; it gets a `Tell` as its last argument.
        arguments : Any
            What can be pickled.

        Raises
        ------
        HTTPException
            503 where too many wait already, and where it could not be drawn.
        QualmsError
            As the function.
        """
        if (found := self._known(name, version)) is not None:
            return found[1]
        if not self._room.acquire(blocking=False):
            raise HTTPException(503, "Many drawings are being made. Try again in a few seconds.")
        try:
            with self._one:
                if (found := self._known(name, version)) is not None:  # drawn while this one waited
                    return found[1]
                made = self._made(Call("drawing", function, arguments, seconds=_LONGEST))
                with self._keeping:
                    self._kept[name] = (version, made)
                    while len(self._kept) > _KEPT:
                        self._kept.popitem(last=False)
                return made
        finally:
            self._room.release()

    def forget(self, name: Hashable) -> None:
        """Draw it anew the next time."""
        with self._keeping:
            self._kept.pop(name, None)

    def _known(self, name: Hashable, version: Hashable) -> tuple[Hashable, Any] | None:
        with self._keeping:
            found = self._kept.get(name)
            if found is None or found[0] != version:
                return None
            self._kept.move_to_end(name)
            return found

    def _made(self, call: Call) -> Any:
        try:
            [outcome] = self._place.run([call])
        except ExecutionError as error:  # no process could be started, or the server is being stopped
            raise HTTPException(503, f"This could not be drawn: {one_line(error)}.") from None
        if isinstance(outcome, Done):
            return outcome.value
        if isinstance(outcome, Died):
            raise HTTPException(503, f"This could not be drawn: {outcome.reason}.")
        if isinstance(outcome.error, QualmsError):
            raise outcome.error
        log.error("a drawing failed", exc_info=outcome.error)
        raise HTTPException(500, f"This could not be drawn: {one_line(outcome.error)}.")
