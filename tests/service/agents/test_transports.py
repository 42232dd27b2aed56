"""The server as a client starts it: over standard input and output, and over HTTP behind its token."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time

import httpx
import pytest
import uvicorn
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client

from qualms.service.spending.quote import QuoteState
from tests.service.agents.desk import CUT, DEVICE, Caller, Person

TOKEN = "a-token-of-this-test-alone"
MODES = pytest.mark.parametrize("mode", ["auto", "legacy"])  # both ways in which a client is asked


@pytest.fixture
def served(desk):
    """The address of the desk's tools, on a socket of this machine."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        app = desk.server.streamable_http_app(host="127.0.0.1")
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/mcp"
        _wait_for(url)
        yield url
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive()


async def _quoted(tools):
    return (await tools.ok("estimate_cost", device=DEVICE, shots=100, specification=CUT))["quote"]["quote"]


@MODES
@pytest.mark.parametrize(
    ("says", "told", "state", "jobs"),
    [
        ("yes", "", QuoteState.consented, 1),
        ("decline", "the person declined", QuoteState.declined, 0),
        ("cancel", "the person did not answer", QuoteState.open, 0),
    ],
)
def test_a_person_is_asked_over_http(desk, served, mode, says, told, state, jobs):
    person = Person(says)

    async def go():
        async with Client(served, mode=mode, elicitation_callback=person) as client:
            quote = await _quoted(Caller(client))
            found = await client.call_tool("solve", {"specification": CUT, "quote": quote})
            return quote, found

    quote, found = asyncio.run(go())
    assert found.is_error == bool(told)
    assert told in found.content[0].text
    assert len(person.asked) == 1
    assert desk.access.ledger.get(quote).state is state
    assert len(desk.access.queue.jobs().jobs) == jobs


@MODES
def test_a_client_that_goes_away_while_a_person_is_asked_has_not_consented(desk, served, mode):
    """Its quote stays open, and another client's person can still answer."""
    gone = asyncio.Event()

    async def never(context, params):
        gone.set()
        await asyncio.Event().wait()

    async def leaves(quotes):
        async with Client(served, mode=mode, elicitation_callback=never) as client:
            quotes.append(await _quoted(Caller(client)))
            await client.call_tool("solve", {"specification": CUT, "quote": quotes[0]})

    async def go():
        quotes = []
        leaving = asyncio.create_task(leaves(quotes))
        await gone.wait()
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        state, jobs = desk.access.ledger.get(quotes[0]).state, desk.access.queue.jobs().jobs
        async with Client(served, mode=mode, elicitation_callback=Person()) as client:
            return state, jobs, await Caller(client).ok("solve", specification=CUT, quote=quotes[0])

    state, jobs, told = asyncio.run(go())
    assert state is QuoteState.open
    assert not jobs
    assert [job.id for job in desk.access.queue.jobs().jobs] == [told["job"]]


@MODES
def test_two_clients_that_are_asked_at_once_have_one_job(desk, served, mode):
    async def go():
        both = asyncio.Barrier(2)

        async def yes(context, params):
            await both.wait()  # neither has answered when the other one is asked
            return await Person()(context, params)

        async with (
            Client(served, mode=mode, elicitation_callback=yes) as one,
            Client(served, mode=mode, elicitation_callback=yes) as two,
        ):
            given = {"specification": CUT, "quote": await _quoted(Caller(one))}
            return await asyncio.gather(*(Caller(client).ok("solve", **given) for client in (one, two)))

    first, second = asyncio.run(go())
    assert first["job"] == second["job"]
    assert len(desk.access.queue.jobs().jobs) == 1


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
