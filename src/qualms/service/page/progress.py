"""The picture of a running race: each solver's best answer against time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qualms.service.jobs.job import Event

_KEPT = 32  # jobs whose last picture is kept


@dataclass(frozen=True)
class Drawn:
    """A picture as the page has it.

    Attributes
    ----------
    title, caption, svg : str
    """

    title: str
    caption: str
    svg: str


class Progress:
    """Draws pictures, one at a time, and keeps the last one of each job."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[int, Drawn | None]] = OrderedDict()
        self._one = threading.Lock()

    def picture(self, job_id: str, events: Sequence[Event]) -> Drawn | None:
        """Each solver's best answers until now, or None where nothing feasible was found yet."""
        found = [e for e in events if e.kind == "found" and e.data.get("objective") is not None]
        if not found:
            return None
        with self._one:
            if self._kept.get(job_id, (0, None))[0] != found[-1].number:
                self._kept[job_id] = (found[-1].number, _drawn(_answer(found, events)))
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            return self._kept[job_id][1]


def _drawn(answer: dict[str, Any]) -> Drawn | None:
    # here, because it brings matplotlib, and most pages have no picture
    from qualms.report.pictures.lines import incumbents

    picture = incumbents(answer, "", clock="time since the job began (s)")
    if picture is None:
        return None
    better = "lower" if answer["sense"] == "min" else "higher"
    caption = (
        f"The best feasible objective of each solver against the seconds of the job; {better} is better. A "
        "twin has its method's colour, dashed. From one run: n = 1, so there is no interval. The bound is "
        "told with the answer."
    )
    return Drawn(picture.title, caption, picture.svg())


def _answer(found: Sequence[Event], events: Sequence[Event]) -> dict[str, Any]:
    """What was found until now, as a report has a finished answer."""
    twin_of = {e.data["solver"]: e.data.get("twin_of") for e in found}
    sense = next((e.data["sense"] for e in events if e.kind == "found" and "sense" in e.data), "min")
    arms: dict[str, list[tuple[float, float]]] = {}
    for event in found:
        if event.data.get("feasible", True):
            arms.setdefault(event.data["solver"], []).append((event.data["seconds"], event.data["objective"]))
    return {
        "sense": sense, "bound": None, "gap": None, "feasible": True,
        "arms": [
            {"solver": s, "twin_of": twin_of[s], "incumbents": points, "seconds": points[-1][0]}
            for s, points in arms.items()
        ],
    }  # fmt: skip
