"""The server of the tools, and how it is run: over standard input and output, or over HTTP."""

from __future__ import annotations

import inspect
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from pydantic import ValidationError

from qualms.data.mistakes import mistakes
from qualms.errors import ConfigError, one_line
from qualms.service.agents import costs, jobs, records
from qualms.service.agents.access import Access
from qualms.service.agents.problems import SCHEMA, schema_text
from qualms.service.agents.protocol import MCPServer, ToolAnnotations, ToolError, UnexpectedToolError
from qualms.service.settings import TOKEN

INSTRUCTIONS = (
    "Qualms solves optimization problems and says how good the answer is. Submit with `solve`, follow with "
    "`status` (wait=50), read with `result`, ask further with `why`. Show the user how the problem was "
    "understood (`paraphrase`), the gap, and what the quantum solvers were worth beside their classical "
    "twins. Devices cost money: only a person can consent, and they are asked by this server, not by you."
)
_READS = ToolAnnotations(
    read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False
)
_TOOLS: tuple[tuple[Callable[..., Any], str, ToolAnnotations], ...] = (
    (
        jobs.solve, "Solve a problem",
        ToolAnnotations(
            read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True
        ),
    ),
    (jobs.status, "Where a job stands", _READS),
    (jobs.result, "What came of a job", _READS),
    (
        jobs.cancel, "End a job",
        ToolAnnotations(
            read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False
        ),
    ),
    (records.why, "Ask about an answer", _READS),
    (
        costs.estimate_cost, "Prices of devices, and quotes",
        ToolAnnotations(  # a quote is written down, and a vendor may be asked for its device
            read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True
        ),
    ),
    (records.compare, "Stored runs side by side", _READS),
    (records.list_records, "Stored runs", _READS),
)  # fmt: skip


class AgentServer(MCPServer[Access]):
    """The SDK's server, whose errors are one sentence, and which ignores no argument.

    A null for a text that may be left out is one that is left out: clients fill it in for what they do not
    give.
    """

    def __init__(self, access: Access, **options: Any) -> None:
        super().__init__("qualms", **options)
        self._access = access

    def streamable_http_app(self, **options: Any) -> Any:
        """See the SDK's method; the guard of the HTTP API stands before the app: names, origin, token."""
        from qualms.service.api.guard import Guard  # FastAPI, which the tools alone do not need

        app = super().streamable_http_app(**options)
        app.add_middleware(Guard, settings=self._access.settings)
        return app

    async def call_tool(self, name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        """See the SDK's method."""
        there = {tool.name: tool.input_schema["properties"] for tool in await self.list_tools()}
        given = _given(name, arguments, there[name]) if name in there else arguments
        try:
            return await super().call_tool(name, given, context)
        except UnexpectedToolError:
            raise
        except ToolError as error:
            if isinstance(error.__cause__, ValidationError):
                told = mistakes(error.__cause__.errors(include_url=False, include_input=False), "arguments")
                raise ToolError(one_line(told, 1000)) from error.__cause__
            raise ToolError(str(error).removeprefix(f"Error executing tool {name}: ")) from error.__cause__


def _given(tool: str, arguments: Mapping[str, Any], takes: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that are given. Raises ToolError for one that the tool does not have."""
    unknown = sorted(arguments.keys() - takes.keys())
    if unknown:
        raise ToolError(f"unknown argument {unknown[0][:100]!r}; {tool} takes {', '.join(takes)}")
    return {
        name: value
        for name, value in arguments.items()
        if value is not None or takes[name].get("default") != ""
    }


def make_server(access: Access) -> MCPServer[Access]:
    """The server with all its tools.

    Parameters
    ----------
    access : Access
        What the tools work on; it is entered while the server runs.
    """

    @asynccontextmanager
    async def lifespan(_: MCPServer[Access]) -> AsyncIterator[Access]:
        with access:
            yield access

    server = AgentServer(
        access,
        title="Qualms",
        instructions=INSTRUCTIONS,
        version=version("qualms"),
        lifespan=lifespan,
        log_level="WARNING",
    )
    for tool, title, hints in _TOOLS:
        server.add_tool(
            tool,
            title=title,
            description=inspect.getdoc(tool),  # without the indentation of the source
            annotations=hints,
            structured_output=True,
        )

    @server.resource(SCHEMA, title="JSON Schema of a typed problem", mime_type="application/schema+json")
    def specification() -> str:
        return schema_text()

    return server


def serve_stdio(access: Access) -> None:
    """Serve one client over standard input and output until it goes away.

    The SDK keeps standard output for the protocol alone: what anything else prints goes to standard error.
    """
    make_server(access).run("stdio")


def serve_http(access: Access, say: Callable[[str], None]) -> None:
    """Serve clients over streamable HTTP on this machine, behind the guard of the HTTP API, until Ctrl-C.

    Parameters
    ----------
    access : Access
        Its settings have the address and the token.
    say : callable
        Gets a line for the person who runs it.

    Raises
    ------
    ConfigError
        Without a token: other programs of this machine can reach the address as well.
    """
    settings = access.settings
    if settings.token is None:
        raise ConfigError(
            f"--http needs a token, which clients show: put one into {TOKEN}, or its file's name into "
            "service.toml as token_file"
        )
    server = make_server(access)
    say(f"Qualms's tools are at http://{settings.host}:{settings.port}/mcp  (Ctrl-C stops it)")
    server.run(
        "streamable-http",
        host=settings.host,
        port=settings.port,
        max_request_body_size=settings.limits.body_bytes,
    )
