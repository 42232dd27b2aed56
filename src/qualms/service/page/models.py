"""A tuned model tried beside its base and its twins on one prompt."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from qualms.errors import QualmsError
from qualms.service.index.entry import Entry, key_of
from qualms.service.jobs.job import Job
from qualms.service.jobs.requests import submit_checked
from qualms.service.page.jobs import key_of_form, number_of
from qualms.service.page.refusals import refusal
from qualms.service.page.site import Site
from qualms.service.web import APIRouter, HTTPException, Request, Response, run_in_threadpool

_MOST = 500  # models that are offered
_TOKENS = 60  # as the form proposes
_BESIDE = 12  # models that one job lets write


def routes(site: Site) -> APIRouter:
    """`/models`."""
    router = APIRouter(include_in_schema=False)

    def shown(request: Request, status: int = 200, problem: str = "", **filled: str) -> Response:
        """The form, with what is filled in already."""
        models = _models(site)
        tasks: dict[str, list[Entry]] = {}
        for entry in models:
            tasks.setdefault(entry.title, []).append(entry)
        filled = {"prompt": _example(site, models), "tokens": str(_TOKENS), "record": "", **filled}
        missing = bool(filled["record"]) and all(entry.key != filled["record"] for entry in models)
        return site.show(request, "models", status, tasks=tasks, missing=missing, problem=problem,
                         key=secrets.token_hex(16), filled=filled)  # fmt: skip

    @router.get("/models")
    def form(request: Request) -> Response:
        return shown(request, record=request.query_params.get("record", ""))

    @router.post("/models")
    async def submit(request: Request) -> Response:
        async with request.form(max_files=0, max_fields=10) as given:
            site.forms.check(request, given)
            asked = {name: str(value) for name, value in given.items()}
        try:
            made = await run_in_threadpool(_tried, site, asked)
        except (HTTPException, QualmsError) as error:  # shown where it was typed, so that it can be mended
            filled = {name: asked[name] for name in ("record", "prompt", "tokens") if name in asked}
            return await run_in_threadpool(shown, request, *refusal(error), **filled)
        return site.go(f"/jobs/{made.id}")

    return router


def _models(site: Site) -> list[Entry]:
    """Records of fine-tuning whose models are in the store: quantum ones first, then by method and seed."""
    keys = []
    for file in site.index.files():
        runs = (site.settings.store / file["path"]).parent / "runs"
        keys += [key_of(name) for name in _with_models(runs)]
    entries = [e for e in site.index.entries(keys[:_MOST]) if e.kind == "fine-tuning"]
    return sorted(entries, key=lambda e: (e.title, not e.is_quantum, e.twin_of or "", e.method, e.seed))


def _with_models(runs: Path) -> list[str]:
    try:
        with os.scandir(runs) as inside:
            return [e.name for e in inside if e.is_dir() and os.path.isdir(os.path.join(e.path, "model"))]
    except OSError:
        return []


def _tried(site: Site, asked: Mapping[str, str]) -> Job:
    """Submit a prompt for a model, its twins and its base."""
    chosen = next(iter(site.index.entries([asked.get("record", "")])), None)
    if chosen is None:
        raise HTTPException(400, "Choose a model.")
    if not asked.get("prompt", "").strip():
        raise HTTPException(400, "Write a prompt.")
    models = {e.key for e in _models(site)}
    quantum = chosen.twin_of or chosen.method
    beside = [
        e for e in site.index.of_task(chosen.task_key)
        if e.key in models and e.seed == chosen.seed and e.key != chosen.key
        and quantum in (e.method, e.twin_of)
    ]  # fmt: skip
    tokens = number_of(asked, "tokens", _TOKENS)
    if tokens != int(tokens):
        raise HTTPException(400, "tokens: give a whole number.")
    request = {
        "records": [e.id for e in (chosen, *beside)][:_BESIDE],
        "prompt": asked["prompt"],
        "tokens": int(tokens),
    }
    return submit_checked(site.queue, "generate", request, key_of_form(asked), site.settings)


def _example(site: Site, models: list[Entry]) -> str:
    """An input that a model was measured with."""
    if not models:
        return ""
    record = next(iter(site.index.records([models[0].key])), None)
    samples = getattr(record.payload, "samples", None) if record is not None else None
    return str(samples[0]["input"]) if samples and "input" in samples[0] else ""
