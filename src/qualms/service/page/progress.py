"""A race until now: each solver's best answer against time, and what is proven of the best of them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qualms.report import claims
from qualms.service.jobs.job import Event

_KEPT = 32  # jobs whose last picture is kept
_PROOF = ("bound", "bound_from", "bound_verified", "gap")


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
        told = [e for e in events if _is_answer(e) or _is_proof(e)]
        if not any(_is_answer(e) for e in told):
            return None
        with self._one:
            if self._kept.get(job_id, (0, None))[0] != told[-1].number:
                self._kept[job_id] = (told[-1].number, _drawn(_until_now(events)))
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            return self._kept[job_id][1]


def proven(events: Sequence[Event]) -> list[str]:
    """What is known of the best answer until now, in sentences; none before anything feasible was found."""
    answer = _until_now(events)
    return claims.bound(answer) if answer["feasible"] else []


def _is_answer(event: Event) -> bool:
    return event.kind == "found" and event.data.get("objective") is not None


def _is_proof(event: Event) -> bool:
    return event.kind == "found" and "bound" in event.data


def _drawn(answer: dict[str, Any]) -> Drawn | None:
    # here, because it brings matplotlib, and most pages have no picture
    from qualms.report.pictures.lines import about_bound, incumbents

    picture = incumbents(answer, "", clock="time since the job began (s)")
    if picture is None:
        return None
    better = "lower" if answer["sense"] == "min" else "higher"
    caption = (
        f"The best feasible objective of each solver against the seconds of the job; {better} is better. A "
        f"twin has its method's colour, dashed. {about_bound(answer)}From one run: n = 1, so there is no "
        "interval."
    )
    return Drawn(picture.title, caption, picture.svg())


def _until_now(events: Sequence[Event]) -> dict[str, Any]:
    """What was found and proven until now, as a report has a finished answer."""
    begun = next((e.data for e in events if e.kind == "found" and "sense" in e.data), {})
    proof = next((e.data for e in reversed(events) if _is_proof(e)), {})
    sense = begun.get("sense", "min")
    arms: dict[str, dict[str, Any]] = {}
    for event in events:
        if _is_answer(event) and event.data.get("feasible", True):
            seconds, value = event.data["seconds"], event.data["objective"]
            new = {"solver": event.data["solver"], "twin_of": event.data.get("twin_of"), "incumbents": []}
            arm = arms.setdefault(event.data["solver"], new)
            arm["incumbents"].append((seconds, value))
            arm["seconds"] = seconds
    best = min if sense == "min" else max
    values = [value for arm in arms.values() for _, value in arm["incumbents"]]
    told = {name: proof.get(name) for name in _PROOF}
    return {
        "kind": begun.get("problem_kind", ""), "sense": sense, "arms": list(arms.values()),
        "status": "optimal" if told["gap"] == 0 else "feasible",
        "feasible": bool(values), "objective": best(values) if values else None, **told,
    }  # fmt: skip
