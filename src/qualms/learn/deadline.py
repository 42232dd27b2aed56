"""The time for everything, shared by runs of which nobody knows beforehand how long they take."""

from __future__ import annotations

import time

_START = 60.0  # seconds that a new process may need to import everything, on a busy machine
_GENEROUS = 5.0  # shares that one run may take, as most take less than theirs


class Deadline:
    """When no other run is begun, and how long one may take.

    Parameters
    ----------
    seconds : float or None
        For everything, from now; None for no end.
    """

    def __init__(self, seconds: float | None) -> None:
        self._ends = None if seconds is None else time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        return self._ends is not None and time.monotonic() >= self._ends

    def limit(self, runs: int, workers: int) -> float | None:
        """Seconds after which one of so many runs is ended: some times its equal share, and the start of a
        process; so a run that was begun in time may end that much later.
        """
        if self._ends is None or runs == 0:
            return None
        left = max(0.0, self._ends - time.monotonic())
        return _START + min(left, _GENEROUS * left * workers / runs)
