"""Pages in one file: templates filled in, and written whole."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader

from qualms.records.files import write_whole


def render_template(name: str, **values: Any) -> str:
    """The template of this folder; what it shows is escaped."""
    made = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(_read))
    return made.get_template(name).render(**values)


def _read(name: str) -> str:
    return resources.files("qualms.report").joinpath(name).read_text(encoding="utf-8")


def write_page(text: str, path: Path) -> Path:
    """Write the page. Raises RunFolderError with the system's reason; the old page stays then."""
    write_whole(path, text)
    return path
