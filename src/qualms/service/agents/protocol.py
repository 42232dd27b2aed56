"""The names of the MCP SDK for the tools: the one module that imports it."""

from __future__ import annotations

from qualms.errors import MissingExtraError

try:
    from anyio import sleep
    from anyio.to_thread import run_sync
    from mcp.server.mcpserver import (
        AcceptedElicitation,
        Context,
        DeclinedElicitation,
        Elicit,
        ElicitationResult,
        MCPServer,
        Resolve,
    )
    from mcp.server.mcpserver.exceptions import ToolError, UnexpectedToolError
    from mcp_types import ToolAnnotations
except ImportError:
    raise MissingExtraError("mcp", "agents", "the tools for agents") from None

__all__ = [
    "AcceptedElicitation",
    "Context",
    "DeclinedElicitation",
    "Elicit",
    "ElicitationResult",
    "MCPServer",
    "Resolve",
    "ToolAnnotations",
    "ToolError",
    "UnexpectedToolError",
    "run_sync",
    "sleep",
]
