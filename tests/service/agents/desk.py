"""A folder with the tools on it, a client in memory, jobs done in this process, and a device that counts."""

import json
from contextlib import asynccontextmanager

from mcp import Client
from mcp_types import ElicitResult

from qualms.backends.prices import Price
from qualms.execution.inline import InlineExecutor
from qualms.orchestrator import race
from qualms.records import Record, RunStore
from qualms.records.quadrant import Quadrant
from qualms.service.agents.access import Access
from qualms.service.agents.server import make_server
from qualms.service.jobs import solving
from qualms.service.jobs.work import Task, work
from qualms.service.settings import Settings

DEVICE = "braket:counted"
PRICE = Price(per_task=0.3, per_shot=0.001, source="a list", dated="2026-11-01")
CUT = {"kind": "maxcut", "edges": [{"a": "a", "b": "b"}, {"a": "b", "b": "c"}, {"a": "a", "b": "c"}]}


class Device:
    """A device in this process: every submission is kept, and every shot gives the same bits."""

    def __init__(self, price=PRICE, n_qubits=4):
        self.name, self.quadrant = "counted", Quadrant("classical", "quantum hardware")
        self.n_qubits, self.max_circuits, self.max_shots, self.price = n_qubits, 1, 5000, price
        self.jobs, self.keys = {}, {}
        self.fault = None

    def prepare(self, circuit):
        return circuit.measure()

    def submit(self, circuits, shots, key):
        if self.fault is not None:
            raise self.fault
        name = f"job-{len(self.jobs)}"
        self.jobs[name], self.keys[key] = (list(circuits), shots), name
        return name

    def find(self, key):
        return self.keys.get(key)

    def state(self, job):
        return "done"

    def result(self, job):
        circuits, shots = self.jobs[job]
        return [{"0" * (c.n_qubits - 1) + "1": shots} for c in circuits]

    def seconds(self, circuits, shots):
        return 0.0

    @property
    def spent(self):
        return sum(self.price.cost(len(c), shots * len(c)) for c, shots in self.jobs.values())


class Person:
    """Answers a client's form. `says`: what they do; `asked`: what they were shown."""

    def __init__(self, says="yes"):
        self.says, self.asked = says, []

    async def __call__(self, context, params):
        self.asked.append(params)
        content = {"yes": {"spend": True}, "no box": {"spend": False}, "nothing": {}}.get(self.says)
        if content is None:
            return ElicitResult(action=self.says)
        return ElicitResult(action="accept", content=content)


class Desk:
    """The tools on a new folder; nobody does its jobs but `work_off`."""

    def __init__(self, store, monkeypatch, **spending):
        self.device = Device()
        limits = {"workers": 0, "cores": 1}
        given = {"devices": (DEVICE,), **spending}
        self.settings = Settings.model_validate({"store": store, "limits": limits, "spending": given})
        self.access = Access(self.settings, lambda name: self.device)
        self.server = make_server(self.access)
        monkeypatch.setattr(solving, "device_client", lambda name: self.device)
        # the same race in this process: its own take seconds to start
        monkeypatch.setattr(race, "make_executor", lambda *_, **__: InlineExecutor())

    @asynccontextmanager
    async def client(self, person=None, mode="auto"):
        async with Client(self.server, mode=mode, elicitation_callback=person) as made:
            yield Caller(made)

    def work_off(self):
        """Do every job that waits, in this process."""
        queue, store = self.access.queue, self.settings.store.resolve()
        while (lease := queue.lease("test", 600.0)) is not None:
            job = lease.job
            task = Task(job.id, job.kind, job.request, store, 1, self.settings.spending)
            try:
                done = work(task, _Tell(queue, lease))
            except Exception as error:
                queue.finish(lease, error=str(error))
                continue
            queue.finish(lease, result=done.result, records=done.records)
            with RunStore(store) as kept:
                for line in done.records:
                    kept.add(Record.from_dict(json.loads(line)))


class _Tell:
    elapsed = 0.0

    def __init__(self, queue, lease):
        self._queue, self._lease = queue, lease

    def __call__(self, step, steps, note=""):
        told = {"kind": "step", "step": step, "steps": steps, "note": note, "seconds": 0.0, "eta": 1.0}
        self._queue.tell(self._lease, told)

    def found(self, value):
        self._queue.tell(self._lease, {**value, "kind": "found"})


class Caller:
    """Calls tools: `ok` returns the typed result, `refused` the one sentence of a tool's error."""

    def __init__(self, client):
        self.client = client

    async def ok(self, tool, **arguments):
        found = await self.client.call_tool(tool, arguments)
        assert not found.is_error, found.content
        return found.structured_content

    async def refused(self, tool, **arguments):
        found = await self.client.call_tool(tool, arguments)
        assert found.is_error, found.structured_content
        (told,) = found.content
        assert "\n" not in told.text
        return told.text
