"""The page of one answer: the verdict, the arms, the way there, and a picture of it."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

from qualms.errors import RunFolderError
from qualms.records.store import write_whole

_CAPTIONS = {
    "routes": "Routes; the square is the depot.", "graph": "The graph; colours are groups, and of a cut the crossing edges are dark.",
    "gantt": "Machines against time; colours are jobs.", "frontier": "Risk and return: assets, the frontier without cardinality or lots, the answer.",
    "matrix": "Flow between neighbouring places.",
}  # fmt: skip


def render(answer: dict[str, Any]) -> str:
    """The page as text, of a result as `Result.to_dict` gives it with `picture` beside it."""
    from jinja2 import Environment

    from qualms.report import drawing  # matplotlib takes longer to import than a small problem to solve, and most answers get no page

    template = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        resources.files("qualms.report").joinpath("solution.html.j2").read_text(encoding="utf-8")
    )
    shown = answer.get("picture")
    return template.render(
        answer=answer, sentences=sentences(answer), progress=drawing.progress(answer), picture=drawing.drawn(shown) if shown else None,
        caption=_CAPTIONS[shown["form"]] if shown else "", weights=(shown or {}).get("weights", [])[:50],
    )  # fmt: skip


def write(answer: dict[str, Any], path: Path) -> Path:
    """Write the page; the old one stays if that fails."""
    try:
        write_whole(path, render(answer))
    except OSError as error:
        raise RunFolderError(f"{path}: the report cannot be written: {error.strerror or error}") from None
    return path


def sentences(answer: dict[str, Any]) -> list[str]:
    """What was found and how good it is, and what the quantum arms added."""
    told = [_found(answer)]
    if answer["bound"] is not None:
        proof = "proven here" if answer["bound_verified"] else "taken from the solver at its word"
        gap = f"; the gap is {100 * answer['gap']:.3g} %" if answer["gap"] is not None else ""
        told.append(f"No answer can pass {answer['bound']:.10g} ({answer['bound_from']}, {proof}){gap}.")
    arms = {a["solver"]: a for a in answer["arms"]}
    for name, twin in arms.items():
        quantum = arms.get(name.removesuffix("/placebo")) if name.endswith("/placebo") else None
        if quantum and quantum["objective"] is not None and twin["objective"] is not None:
            told.append(_against_placebo(answer["sense"], quantum, twin))
    return told


def _against_placebo(sense: str, quantum: dict[str, Any], twin: dict[str, Any]) -> str:
    """Feasible before infeasible, then the objective."""
    better = (1 if sense == "min" else -1) * (twin["objective"] - quantum["objective"])
    if quantum["feasible"] != twin["feasible"]:
        verdict = "feasible, unlike" if quantum["feasible"] else "not feasible, unlike"
    elif not quantum["feasible"]:
        verdict = "no more feasible than"
    else:
        verdict = "the same as" if better == 0 else "better than" if better > 0 else "worse than"
    return (
        f"The quantum arm {quantum['solver']} ({quantum['objective']:.10g}) was {verdict} its placebo ({twin['objective']:.10g}), "
        "the same work with classical samples in the circuit's place. One run is no evidence either way."
    )


def _found(answer: dict[str, Any]) -> str:
    if answer["status"] in ("infeasible", "unbounded", "infeasible or unbounded"):
        conflict = f" These cannot hold together: {', '.join(answer['conflict'][:12])}." if answer["conflict"] else ""
        return f"There is no answer: {answer['no_answer_from']} finds the problem {answer['status']}.{conflict}"
    if answer["objective"] is None:
        return "Nothing was found."
    if not answer["feasible"]:
        return f"Nothing feasible was found; the best breaks {len(answer['violations'])} constraints, among them: {answer['violations'][0]}."
    best = "the best there is" if answer["status"] == "optimal" else "feasible"
    return f"{answer['objective']:.10g}, {best}, found by {answer['solver']} ({answer['quadrant']['compute']})."
