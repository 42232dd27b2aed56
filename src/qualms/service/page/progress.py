"""A race until now: each solver's best answer against time, and what is proven of the best of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qualms.execution import Tell
from qualms.report import claims
from qualms.service.jobs.job import Event
from qualms.service.page.drawing import Drawing
from qualms.service.web import HTTPException

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


def picture(drawing: Drawing, job_id: str, events: Sequence[Event]) -> Drawn | None:
    """Each solver's best answers until now, or None where nothing feasible was found yet.

    Where it cannot be drawn now, the reason stands in the picture's place: a job's page has more to show.
    """
    told = [e for e in events if _is_answer(e) or _is_proof(e)]
    if not any(_is_answer(e) for e in told):
        return None
    try:
        found: Drawn | None = drawing.of(job_id, told[-1].number, drawn, _until_now(events))
    except HTTPException as error:
        return Drawn("There is no picture now", str(error.detail), "")
    return found


def proven(events: Sequence[Event]) -> list[str]:
    """What is known of the best answer until now, in sentences; none before anything feasible was found."""
    answer = _until_now(events)
    if answer["feasible"] and answer["bound"] is None:
        return ["No bound is proven yet, so it is not known how far the best answer is from the optimum."]
    return claims.bound(answer) if answer["feasible"] else []


def _is_answer(event: Event) -> bool:
    return event.kind == "found" and event.data.get("objective") is not None


def _is_proof(event: Event) -> bool:
    return event.kind == "found" and "bound" in event.data


def drawn(answer: dict[str, Any], tell: Tell) -> Drawn | None:
    """The picture of what was found until now, as a report has a finished answer."""
    # here, because it brings matplotlib, and most pages have no picture
    from qualms.report.pictures.lines import about_bound, incumbents

    made = incumbents(answer, "", live=True)
    if made is None:
        return None
    better = "lower" if answer["sense"] == "min" else "higher"
    limit = "" if answer["bound"] is None else about_bound(answer)  # there may still come one
    caption = (
        f"The best feasible objective of each solver against the seconds of the job; {better} is better. A "
        f"twin has its method's colour, dashed. {limit}From one run: n = 1, so there is no "
        "interval."
    )
    return Drawn(made.title, caption, made.svg())


def _until_now(events: Sequence[Event]) -> dict[str, Any]:
    """What was found and proven until now, as a report has a finished answer."""
    begun = next((e.data for e in events if e.kind == "found" and "sense" in e.data), {})
    proof = next((e.data for e in reversed(events) if _is_proof(e)), {})
    sense = begun.get("sense", "min")
    now = max((e.data["seconds"] for e in events if _is_answer(e) or _is_proof(e)), default=0.0)
    arms: dict[str, dict[str, Any]] = {}
    for event in events:
        if _is_answer(event) and event.data.get("feasible", True):
            solver, of = event.data["solver"], event.data.get("twin_of")
            new = {"solver": solver, "twin_of": of, "incumbents": [], "seconds": now}
            arm = arms.setdefault(solver, new)
            arm["incumbents"].append((event.data["seconds"], event.data["objective"]))
    best = min if sense == "min" else max
    values = [value for arm in arms.values() for _, value in arm["incumbents"]]
    told = {name: proof.get(name) for name in _PROOF}
    return {
        "kind": begun.get("problem_kind", ""), "sense": sense, "arms": list(arms.values()),
        "status": "optimal" if told["gap"] == 0 else "feasible",
        "feasible": bool(values), "objective": best(values) if values else None, **told,
    }  # fmt: skip
