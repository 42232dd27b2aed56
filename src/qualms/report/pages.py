"""Pages in one file: templates filled in, and written whole."""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader

from qualms.records.files import write_whole
from qualms.report.pictures import theme

_MOST_ROWS = 30  # of the numbers below a picture; its CSV has all
_MOST_LINES = 200  # of a table; the records have all


def render_template(name: str, **values: Any) -> str:
    """The template of this folder; what it shows is escaped."""
    return _environment().get_template(name).render(**values)


@cache
def _environment() -> Environment:
    made = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(_read))
    made.filters["cell"] = _cell
    made.globals["most_rows"], made.globals["most_lines"] = _MOST_ROWS, _MOST_LINES
    made.globals["stylesheet"] = stylesheet()
    return made


def stylesheet() -> str:
    """All CSS that a section of a page needs, with the colours of the pictures in it."""
    return theme.css() + _read("style.css")


def _cell(value: str | float | None) -> str:
    """A number to six digits, as a table shows it."""
    return "–" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _read(name: str) -> str:
    return resources.files("qualms.report").joinpath(name).read_text(encoding="utf-8")


def write_page(text: str, path: Path) -> Path:
    """Write the page. Raises RunFolderError with the system's reason; the old page stays then."""
    write_whole(path, text)
    return path
