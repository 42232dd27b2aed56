"""A scripted agent solves a routing problem through the tools of `qualms mcp`, and its transcript is written.

    python experiments/agents/transcript.py [--out experiments/agents/transcript.md]

The client is the MCP SDK's own, over standard input and output, as an agent's client would start the server. What
the script decides is only which tool to call next; everything else in the transcript is what the server said.
"""

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

from mcp import Client, StdioServerParameters

TEXT = (
    "Plan the routes of 3 vans from the depot to all customers; each van carries at most 15 parcels. Minimize the total "
    "distance."
)
TABLE = """name,x,y,demand
depot,0,0,0
Ann,2,7,4
Bob,5,6,3
Cem,8,3,5
Dia,-3,-5,6
Eve,-7,-1,4
Fay,-4,6,3
Gil,6,-4,5
Hua,1,-7,2
Ivo,-8,4,4
Jun,9,8,3
"""
QUESTIONS = (
    "What is route 1?",
    "What if each van carries at most 20 parcels?",
    "What if the capacity is 20?",
)
SHOWN = {  # what of a long answer the transcript shows
    "solve": ("job", "state", "next"),
    "status": ("state", "progress", "next"),
    "result": (
        "status",
        "paraphrase",
        "answer",
        "objective",
        "feasible",
        "bound",
        "bound_verified",
        "gap",
        "solver",
        "quadrant",
        "dollars",
        "decided",
        "sentences",
        "record",
    ),
    "why": ("kind", "understood", "sentences", "before", "after", "choices"),
    "list_records": ("records", "total"),
}


class Agent:
    """Calls tools and writes down what was said."""

    def __init__(self, client: Client, lines: list[str]) -> None:
        self.client, self.lines = client, lines

    async def call(self, tool: str, **arguments: object) -> dict:
        found = await self.client.call_tool(tool, arguments)
        self.lines += [f"**Agent calls** `{tool}`", "", "```text", dumped(arguments), "```", ""]
        if found.is_error:
            self.lines += ["**Tool error**", "", f"> {found.content[0].text}", ""]
            return {}
        said = found.structured_content
        shown = {
            key: said[key] for key in SHOWN.get(tool, said) if key in said and said[key] not in (None, [])
        }
        self.lines += ["**Tool answers**", "", "```text", dumped(shown), "```", ""]
        return said


def dumped(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False)


async def talk(store: Path) -> list[str]:
    async def person(context, params):
        raise AssertionError("nobody is asked where nothing is spent")

    lines = ["# Transcript: an agent solves a routing problem", ""]
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "qualms.cli.main", "mcp", "--store", str(store)],
        cwd=str(store.parent),
    )
    async with Client(server, elicitation_callback=person) as client:
        tools = (await client.list_tools()).tools
        lines += [f"The server offers {', '.join(f'`{t.name}`' for t in tools)}.", ""]
        agent = Agent(client, lines)
        submitted = await agent.call("solve", text=TEXT, table=TABLE, seconds=10)
        job = submitted["job"]
        for _ in range(20):
            if (await agent.call("status", job=job, wait=50))["state"] not in ("waiting", "running"):
                break
        await agent.call("result", job=job)
        for question in QUESTIONS:
            await agent.call("why", job=job, question=question)
        await agent.call("solve", text=TEXT, table=TABLE, quote="q-0000000000000000")
        await agent.call("list_records", limit=5)
    return lines


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    options.add_argument("--out", type=Path, default=Path(__file__).with_name("transcript.md"))
    out = options.parse_args().out
    with tempfile.TemporaryDirectory() as folder:
        lines = asyncio.run(talk(Path(folder) / "store"))
    out.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    print(f"written: {out}")


if __name__ == "__main__":
    main()
