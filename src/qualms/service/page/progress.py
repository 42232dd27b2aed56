"""The picture of a running race: each solver's best answer against time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

from qualms.service.jobs.job import Event

_KEPT = 32  # jobs whose last picture is kept


class Progress:
    """Draws pictures, one at a time, and keeps the last one of each job."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[int, str | None]] = OrderedDict()
        self._one = threading.Lock()

    def picture(self, job_id: str, events: Sequence[Event]) -> str | None:
        """SVG, or None where no solver has found anything yet."""
        found = [e for e in events if e.kind == "found" and e.data.get("objective") is not None]
        if not found:
            return None
        with self._one:
            if self._kept.get(job_id, (0, None))[0] != found[-1].number:
                self._kept[job_id] = (found[-1].number, _drawn(_answer(found, events)))
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            return self._kept[job_id][1]


def _drawn(answer: dict[str, Any]) -> str | None:
    # here, because it brings matplotlib, and most pages have no picture
    from qualms.report.pictures.lines import incumbents

    picture = incumbents(answer, "From a job that still runs; n = 1, so there is no interval.")
    return None if picture is None else picture.svg()


def _answer(found: Sequence[Event], events: Sequence[Event]) -> dict[str, Any]:
    """What was found until now, as a report has a finished answer."""
    sense = next((e.data["sense"] for e in events if e.kind == "found" and "sense" in e.data), "min")
    arms: dict[str, list[tuple[float, float]]] = {}
    for event in found:
        if event.data.get("feasible", True):
            arms.setdefault(event.data["solver"], []).append((event.data["seconds"], event.data["objective"]))
    return {
        "sense": sense, "bound": None, "gap": None, "feasible": True,
        "arms": [{"solver": s, "incumbents": points, "seconds": points[-1][0]} for s, points in arms.items()],
    }  # fmt: skip
