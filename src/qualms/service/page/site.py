"""What all views share: settings, queue, index, templates, and the answer as HTML."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader

from qualms.records.quadrant import COMPUTE, DATA
from qualms.report.pages import stylesheet
from qualms.service.index.index import Index
from qualms.service.index.keeper import Keeper
from qualms.service.jobs.queue import Queue
from qualms.service.page.drawing import Drawing
from qualms.service.page.security import FIELD, Forms, headers
from qualms.service.page.words import FILTERS
from qualms.service.settings import Settings
from qualms.service.streams import Streams
from qualms.service.web import HTMLResponse, RedirectResponse, Request, Response

STATIC = {  # what is served beside the pages, and as what
    "htmx.min.js": "text/javascript",
    "sse.min.js": "text/javascript",
    "page.css": "text/css",
    "report.css": "text/css",
    "icon.svg": "image/svg+xml",
}


@dataclass
class Site:
    """Everything that a view needs.

    Attributes
    ----------
    settings : Settings
    queue : Queue
    index : Index
    keeper : Keeper
    forms : Forms
    streams : Streams
        Counts the pages that follow the news, with those who follow jobs by the API.
    reports : Drawing
        Makes reports.
    races : Drawing
        Makes the pictures of jobs, which wait for no report.
    """

    settings: Settings
    queue: Queue
    index: Index
    keeper: Keeper
    streams: Streams
    reports: Drawing
    races: Drawing
    forms: Forms = field(default_factory=Forms)

    def show(self, request: Request, template: str, status: int = 200, **values: Any) -> Response:
        """A page from a template.

        Parameters
        ----------
        request : Request
        template : str
            Its name without ending.
        status : int
        values : Any
            What it shows.
        """
        text = self.render(template, path=request.url.path, **values)
        return HTMLResponse(text, status, headers=headers())

    def render(self, template: str, **values: Any) -> str:
        """A template, filled in; everything in it is escaped."""
        shared = {
            "form_field": FIELD, "form_token": self.forms.token, "DATA": DATA, "COMPUTE": COMPUTE,
            "marks": _marks(), "store": self.settings.store.name, "keeper": self.keeper,
        }  # fmt: skip
        return _templates().get_template(f"{template}.html.j2").render({"path": "", **shared, **values})

    @staticmethod
    def go(address: str) -> Response:
        """To another page, after a form was accepted."""
        return RedirectResponse(address, 303, headers=headers())


@cache
def static(name: str) -> bytes:
    """A file that is served beside the pages; `name` is one of `STATIC`."""
    if name == "report.css":  # the reports' own style, so that both look alike
        return stylesheet().encode()
    return resources.files("qualms.service.page").joinpath("static", name).read_bytes()


@cache
def _marks() -> dict[str, str]:
    """A few digits of every file's hash, so that a browser keeps it until it changes."""
    return {name: hashlib.sha256(static(name)).hexdigest()[:8] for name in STATIC}


@cache
def _templates() -> Environment:
    made = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(_read))
    made.filters.update(FILTERS)
    return made


def _read(name: str) -> str:
    return resources.files("qualms.service.page").joinpath("templates", name).read_text(encoding="utf-8")
