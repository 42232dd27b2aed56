"""The server as a client starts it: over standard input and output, and over HTTP behind its token."""

import asyncio
import os
import socket
import subprocess
import sys
import time

import httpx
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from tests.service.agents.desk import CUT

TOKEN = "a-token-of-this-test-alone"


@pytest.mark.slow
def test_a_problem_over_standard_input_and_output(tmp_path):
    """A real process and real workers; what anything prints must not reach the protocol."""
    server = StdioServerParameters(
        command=sys.executable, args=["-m", "qualms.cli.main", "mcp", "--store", "store"], cwd=str(tmp_path)
    )

    async def go():
        async with Client(server) as client:
            found = await client.call_tool("solve", {"specification": CUT, "seconds": 5.0})
            job = found.structured_content["job"]
            for _ in range(10):
                found = await client.call_tool("status", {"job": job, "wait": 50})
                if found.structured_content["state"] not in ("waiting", "running"):
                    break
            told = (await client.call_tool("result", {"job": job})).structured_content
            why = await client.call_tool("why", {"job": job, "question": "What is group 1?"})
            return told, why.structured_content

    told, why = asyncio.run(go())
    assert (told["objective"], told["feasible"]) == (2, True)
    assert why["record"] == told["record"]
    assert why["sentences"]


@pytest.mark.slow
def test_http_needs_the_token(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "qualms.cli.main", "mcp", "--store", "store", "--http", "--workers", "0"]
    with subprocess.Popen(
        [*command, "--port", str(port)], cwd=tmp_path, env={**os.environ, "QUALMS_TOKEN": TOKEN},
        stderr=subprocess.DEVNULL,
    ) as process:  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}/mcp"
            _wait_for(url)
            body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
            assert httpx.post(url, json=body).status_code == 401
            wrong = {"Authorization": "Bearer another-token-of-nobody"}
            assert httpx.post(url, json=body, headers=wrong).status_code == 401
            right = {"Authorization": f"Bearer {TOKEN}"}
            stranger = {**right, "Host": "evil.example"}
            assert httpx.post(url, json=body, headers=stranger).status_code == 421
            other_page = {**right, "Origin": "http://evil.example"}
            assert httpx.post(url, json=body, headers=other_page).status_code == 403

            async def go():
                async with httpx.AsyncClient(headers=right) as caller:
                    transport = streamable_http_client(url, http_client=caller)
                    async with Client(transport) as client:
                        found = await client.call_tool("solve", {"specification": CUT})
                        return found.structured_content, (await client.list_tools()).tools

            told, tools = asyncio.run(go())
            assert told["state"] == "waiting"
            assert "limits.workers is 0" in told["next"]
            assert len(tools) == 8
        finally:
            process.terminate()


def _wait_for(url, seconds=120.0):
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        try:
            httpx.get(url)
            return
        except httpx.TransportError:
            time.sleep(0.2)
    raise AssertionError(f"nobody listens at {url}")
