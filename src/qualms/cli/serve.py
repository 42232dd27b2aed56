"""`qualms serve`: the page, the HTTP API and the jobs of one folder."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from qualms.cli import paths
from qualms.execution.executor import ONE_THREAD


def command(
    port: Annotated[
        int | None, typer.Option("--port", help="Where it listens; 0 for any free port. Default 8321.")
    ] = None,
    host: Annotated[
        str | None,
        typer.Option("--host", help="Address; one that others can reach needs a token. Default 127.0.0.1."),
    ] = None,
    store: Annotated[
        Path,
        paths.option("--store", help="Folder of records, uploads and queue; made if it is not there."),
    ] = Path("qualms-store"),
    config: Annotated[
        Path | None, paths.option("--config", help="Settings (TOML); default: service.toml in the folder.")
    ] = None,
    workers: Annotated[int | None, typer.Option("--workers", help="Jobs that run at a time.")] = None,
) -> None:
    """Serve a folder: a page over all its records, jobs, and an HTTP API.

    Ctrl-C stops it within seconds; jobs that were running go back to the queue and run when it is started
    again.
    """
    # before anything is imported that reads them; workers are started by several threads, and inherit them
    os.environ.update(ONE_THREAD)
    from qualms.service.settings import read_settings

    settings = read_settings(store, config, {"port": port, "host": host, "limits.workers": workers})
    from qualms.service.run import run

    run(settings, lambda line: print(line, file=sys.stderr, flush=True))
