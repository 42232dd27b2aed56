"""Runs a piece of Python as a fresh interpreter would, without paying seconds for its imports.

A server process imports the libraries of others once (but nothing of Qualms) and forks for every piece. This module is imported by the forked
process; it must not import Qualms, so that a piece which forgets an import fails here as it would for a reader.
"""

from __future__ import annotations

import io
import multiprocessing
import os
import traceback
from contextlib import redirect_stdout
from multiprocessing.connection import Connection
from pathlib import Path

_SECONDS = 300  # only what hangs takes so long


def run(source: str, name: str, line: int, folder: Path) -> tuple[str, str]:
    """What the piece prints, and its traceback (empty if it ended well).

    Parameters
    ----------
    source : the piece. name, line : the file that it is from and its first line there, for the traceback. folder : where it runs.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch", "transformers", "peft"])
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=("\n" * (line - 1) + source, name, str(folder), theirs), daemon=False)
    process.start()
    theirs.close()
    try:
        return ours.recv() if ours.poll(_SECONDS) else ("", f"{name}:{line} ran for more than {_SECONDS} seconds")
    except EOFError:
        return "", f"{name}:{line} ended the interpreter"
    finally:
        process.kill()
        process.join()


def _run(source: str, name: str, folder: str, answer: Connection) -> None:
    os.chdir(folder)
    printed, failed = io.StringIO(), ""
    try:
        with redirect_stdout(printed):
            exec(compile(source, name, "exec"), {"__name__": "__main__"})
    except BaseException:
        failed = traceback.format_exc()
    answer.send((printed.getvalue(), failed))
