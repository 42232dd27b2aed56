"""`qualms skills`: what an agent should know about Qualms, as a file where agents read skills."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

import typer

from qualms.cli import paths
from qualms.errors import RunFolderError
from qualms.records.files import check_writable, write_whole

_NAME, _FILE = "qualms", "SKILL.md"
_PLACE = Path(".agents") / "skills"


def command(
    action: Annotated[Literal["add"], typer.Argument(help="add: write the skill.")],
    folder: Annotated[
        Path, paths.argument(help="Where an agent reads skills; a folder `qualms` is made in it.")
    ] = _PLACE,
    force: Annotated[bool, typer.Option("--force", help="Replace a skill that is there already.")] = False,
) -> None:
    """Write the skill (SKILL.md) that tells an agent how to solve with Qualms, and what not to claim."""
    text = (resources.files("qualms") / "assets" / "skills" / _NAME / _FILE).read_text(encoding="utf-8")
    target = folder / _NAME / _FILE
    if (target.exists() or target.is_symlink()) and not force:
        same = target.is_file() and target.read_bytes() == text.encode("utf-8")
        if not same:
            raise RunFolderError(f"{target} is there already and differs; --force replaces it")
        print(f"{target} is there already, the same")
        return
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunFolderError(f"{target.parent}: cannot be made: {error.strerror or error}") from None
    write_whole(check_writable(target), text)
    print(f"written: {target}")
