"""`qualms mcp`: the tools for agents, over standard input and output or over HTTP."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from qualms.cli import paths
from qualms.errors import ConfigError
from qualms.execution.executor import ONE_THREAD

_PORT = 8322


def command(
    store: Annotated[
        Path,
        paths.option("--store", help="Folder of records, queue and ledger; made if it is not there."),
    ] = Path("qualms-store"),
    config: Annotated[
        Path | None, paths.option("--config", help="Settings (TOML); default: service.toml in the folder.")
    ] = None,
    http: Annotated[
        bool,
        typer.Option(
            "--http", help="Serve over HTTP instead, to clients that show the token in QUALMS_TOKEN."
        ),
    ] = False,
    port: Annotated[
        int | None, typer.Option("--port", help=f"Of --http, on 127.0.0.1; default: {_PORT}.")
    ] = None,
    workers: Annotated[int | None, typer.Option("--workers", help="Jobs that run at a time.")] = None,
) -> None:
    """Serve tools for agents by the Model Context Protocol: solve, follow, ask why, compare, prices.

    Over standard input and output an agent's client starts this command itself. Jobs run here, unless another
    process, such as `qualms serve`, does the folder's jobs.
    """
    if port is not None and not http:
        raise ConfigError("--port is for --http; add --http, or leave it out")
    # before anything is imported that reads them; workers inherit them
    os.environ.update(ONE_THREAD)
    from qualms.service.agents.access import Access
    from qualms.service.agents.server import serve_http, serve_stdio
    from qualms.service.settings import read_settings

    given: dict[str, Any] = {"limits.workers": workers}
    if http:
        given |= {"host": "127.0.0.1", "port": _PORT if port is None else port}
    settings = read_settings(store, config, given)
    if http:
        serve_http(Access(settings), lambda line: print(line, file=sys.stderr, flush=True))
    else:
        serve_stdio(Access(settings))
