"""The page of one answer: the verdict, the solvers, the way there, and a picture of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qualms.report import claims

if TYPE_CHECKING:
    from qualms.report.pictures.picture import Picture

INTERRUPTED = "The run was interrupted after {seconds:.1f} s; this is what was found until then."


def render(answer: dict[str, Any]) -> str:
    """The page as text, of a result as `Result.to_dict` gives it with `picture` beside it."""
    from qualms.report.pages import render_template

    title = f"{answer['kind']} {answer['problem']}"
    return render_template("page.html.j2", title=title, sections=[{"title": title, "body": body(answer)}])


def body(
    answer: dict[str, Any],
    level: int = 2,
    verdict: list[str] | None = None,
    shown: Sequence[Picture] | None = None,
) -> str:
    """What the page shows below its heading, as HTML.

    Parameters
    ----------
    answer : dict
        As for `render`.
    level : int, default 2
        Of the headings.
    verdict : list of str, optional
        Sentences to show in place of those that the answer alone allows.
    shown : Sequence of Picture, optional
        Pictures to show in place of those of the answer alone.
    """
    from qualms.report.pages import render_template

    return render_template(
        "solution.html.j2", level=level, answer=answer, sentences=verdict or sentences(answer),
        notes=[] if verdict else notes(answer), pictures=pictures(answer) if shown is None else shown,
        weights=(answer.get("picture") or {}).get("weights", []),
        most_weights=50, without_answer=without_answer,
        twins=[a["solver"] for a in answer["arms"] if a.get("twin_of")],
    )  # fmt: skip


def pictures(answer: Mapping[str, Any], source: str = "") -> list[Picture]:
    """The answer, if its kind can be drawn, and the solvers' way to it.

    Parameters
    ----------
    answer : Mapping[str, Any]
        As for `render`.
    source : str, default ""
        Where the numbers come from; by default the run is described.
    """
    # matplotlib takes longer to import than a small problem to solve, and most answers get no page
    from qualms.report.pictures.answers import drawn
    from qualms.report.pictures.lines import incumbents

    arms = answer["arms"]
    source = source or (
        f"From one run of {len(arms)} solver{'s' if len(arms) != 1 else ''}, n = 1, so there is no interval."
    )
    shown, way = answer.get("picture"), incumbents(answer, source)
    return [*([drawn(shown, source)] if shown else []), *([way] if way else [])]


def write(answer: dict[str, Any], path: Path) -> Path:
    """Write the page; the old one stays if that fails."""
    from qualms.report.pages import write_page

    return write_page(render(answer), path)


def sentences(answer: dict[str, Any], twins: bool = True) -> list[str]:
    """What was found and how good it is, and what the quantum solvers added; that only with `twins`."""
    told = [_found(answer)]
    if answer.get("stopped"):
        told.insert(0, INTERRUPTED.format(seconds=answer["seconds"]))
    if answer["no_answer_from"] is None:
        told += claims.bound(answer)
    if not twins:
        return told
    arms = {a["solver"]: a for a in answer["arms"]}
    compared: list[str] = []
    for twin in arms.values():
        quantum = arms.get(twin.get("twin_of"))
        if quantum and quantum["objective"] is not None and twin["objective"] is not None:
            compared.append(_against_twin(answer["sense"], quantum, twin))
    if compared:
        compared.append("One run is no evidence either way; repeat it with other seeds.")
    return told + compared


def without_answer(arm: dict[str, Any]) -> str:
    """What stands in place of an objective that a solver does not have."""
    if arm["refused"]:
        return f"refused: {arm['refused']}"
    if arm.get("failed"):
        return f"failed: {arm['failed']}"
    if arm["no_answer"]:
        return str(arm["no_answer"])
    return claims.not_found(arm)


def notes(answer: dict[str, Any]) -> list[str]:
    """What was assumed, left out or rounded when the problem was read; a line each."""
    return [f"note: {text}" for text in answer.get("notes") or []]


def _against_twin(sense: str, quantum: dict[str, Any], twin: dict[str, Any]) -> str:
    """Feasible before infeasible, then the objective."""
    better = (1 if sense == "min" else -1) * (twin["objective"] - quantum["objective"])
    if quantum["feasible"] != twin["feasible"]:
        verdict = "feasible, unlike" if quantum["feasible"] else "not feasible, unlike"
    elif not quantum["feasible"]:
        verdict = "no more feasible than"
    else:
        verdict = "the same as" if better == 0 else "better than" if better > 0 else "worse than"
    return (
        f"The quantum solver {quantum['solver']} ({claims.number(quantum['objective'])}) was {verdict} its "
        f"classical twin {twin['solver']} ({claims.number(twin['objective'])}){_efforts(quantum, twin)}. "
        f"{_control(twin)}"
    )


def _control(twin: dict[str, Any]) -> str:
    """What the twin does otherwise, as a sentence."""
    return f"In the twin, {twin.get('twin_is') or 'a classical step stands in place of the quantum one'}."


def _efforts(quantum: dict[str, Any], twin: dict[str, Any]) -> str:
    """How much each did, where both tell it."""
    a, b = quantum.get("effort"), twin.get("effort")
    if not a or not b:
        return ""
    return (
        f", {a['amount']:,} {a['unit']} each"
        if a == b
        else f", {a['amount']:,} {a['unit']} against {b['amount']:,}"
    )


def _found(answer: dict[str, Any]) -> str:
    if answer["status"] in ("infeasible", "unbounded", "infeasible or unbounded"):
        return claims.none(answer)
    if answer["objective"] is None:
        return (
            "Nothing was found in the time given, and it is not proven that there is no answer. More "
            "time or another solver may find one."
        )
    if not answer["feasible"]:
        broken = answer["violations"]
        told = "Nothing feasible was found, and it is not proven that there is no feasible answer."
        if broken:
            several = "s" if len(broken) != 1 else ""
            told += f" The best try breaks {len(broken)} constraint{several}, among them: {broken[0]}."
        return told
    open_ = "" if answer["status"] == "optimal" else "a feasible answer, "
    return (
        f"{claims.number(answer['objective'])}, {open_}found by {answer['solver']} "
        f"({answer['quadrant']['compute']})."
    )
