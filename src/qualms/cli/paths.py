"""Options and arguments that name a file, a folder, or something that may lie in one.

An empty text is refused everywhere: Python takes it as the current folder, but it usually comes from a
variable of the shell that is not set.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer


def option(name: str, help: str) -> Any:
    """An option that is a path."""
    return typer.Option(name, help=help, parser=_path, metavar="<Path>")


def argument(help: str) -> Any:
    """An argument that is a path."""
    return typer.Argument(help=help, parser=_path)


def name_option(name: str, help: str) -> Any:
    """An option that is a name that we know, or else a path or the name of something in a hub; a text."""
    return typer.Option(name, help=help, parser=_name, metavar="<str>")


def name_argument(help: str) -> Any:
    """The same as an argument."""
    return typer.Argument(help=help, parser=_name)


def _path(text: str | Path) -> Path:
    return Path(_name(str(text)))


def _name(text: str) -> str:
    if not text.strip():
        raise typer.BadParameter("it is empty; give the name of a file or a folder")
    return text
