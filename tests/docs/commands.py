"""Shell commands of the documentation, checked without being run."""

from __future__ import annotations

import re
import shlex
import tomllib

import typer.main

from qualms.cli import main
from tests.docs.markdown import ROOT

_SEPARATORS = re.compile(r"^(?:[;&|]+|do|done|then|fi)$")


def simple_commands(text: str) -> list[list[str]]:
    """The simple commands of a piece of shell, as words; here-documents, comments and variable assignments
    are left out.
    """
    text = re.sub(r"<<\s*'?(\w+)'?.*\n(?:.*\n)*?\1$", "", text.replace("\\\n", " "), flags=re.MULTILINE)
    found = []
    for line in text.splitlines():
        words = shlex.shlex(line, posix=True, punctuation_chars=";&|<>")
        words.whitespace_split = True
        current: list[str] = []
        for word in [*words, ";"]:
            if not _SEPARATORS.match(word):
                current.append(word)
            elif current:
                found.append(current)
                current = []
    return found


def wrong(words: list[str]) -> str | None:
    """Why a command cannot work here, as "Kind: what"; None if nothing is wrong with it, or it is none of
    ours.
    """
    words = words[: next((k for k, word in enumerate(words) if word in (">", ">>")), len(words))]
    checks = {"qualms": _qualms, "make": _make, "pip": _pip, "python": _python, "pytest": _python}
    check = checks.get(words[0])
    return check(words[1:]) if check else None


def _qualms(words: list[str]) -> str | None:
    if words == ["--help"]:
        return None
    group = typer.main.get_command(main.app)
    if not words or words[0] not in group.commands:
        return f"there is no command {words[0] if words else ''!r}"
    try:
        group.commands[words[0]].make_context(words[0], words[1:])  # parses, runs nothing
    except Exception as error:
        return (
            f"{type(error).__name__}: {error.format_message() if hasattr(error, 'format_message') else error}"
        )
    return None


def _make(words: list[str]) -> str | None:
    targets = re.findall(r"^(\w[\w-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    unknown = [word for word in words if "=" not in word and word not in targets]
    return f"the Makefile has no target {unknown[0]!r}" if unknown else None


def _pip(words: list[str]) -> str | None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    told = [
        extra
        for word in words
        for listed in re.findall(r"^(?:\.|qualms)\[(.+)\]$", word)
        for extra in listed.split(",")
    ]
    unknown = [extra for extra in told if extra not in extras]
    return f"there is no extra {unknown[0]!r}" if unknown else None


def _python(words: list[str]) -> str | None:
    script = next((word for word in words if word.endswith(".py")), None)
    return f"there is no file {script}" if script and not (ROOT / script).exists() else None
