"""The tools through the official client in memory: typed results, hints, errors in one sentence."""

import asyncio
import json
import shutil

import jsonschema
import pytest
from mcp import Client

from qualms.errors import RunFolderError
from qualms.service.agents.access import Access
from qualms.service.agents.problems import kinds
from qualms.service.agents.server import make_server
from qualms.service.jobs.workers import own, owned
from qualms.service.settings import Limits, Settings
from qualms.specification.specification import schema
from tests.service.agents.desk import CUT, Desk


def run(work):
    return asyncio.run(work)


def call(desk, tool, **arguments):
    async def go():
        async with desk.client() as tools:
            return await tools.ok(tool, **arguments)

    return run(go())


def refused(desk, tool, **arguments):
    async def go():
        async with desk.client() as tools:
            return await tools.refused(tool, **arguments)

    return run(go())


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """A desk with a solved problem, and its job; for tests that leave both as they are."""
    with pytest.MonkeyPatch.context() as patch:
        desk = Desk(tmp_path_factory.mktemp("solved") / "store", patch)
        yield desk, _solved(desk)


def _solved(desk):
    job = call(desk, "solve", specification=CUT, seconds=2.0, solvers=["qaoa", "annealing"])["job"]
    desk.work_off()
    return job


def test_every_tool_says_what_it_does_to_the_world(desk):
    async def go():
        async with desk.client() as tools:
            return (await tools.client.list_tools()).tools, tools.client.instructions

    tools, instructions = run(go())
    assert "only a person can consent" in instructions
    hints = {t.name: t.annotations for t in tools}
    assert set(hints) == {
        "solve", "status", "result", "cancel", "why", "estimate_cost", "compare", "list_records"
    }  # fmt: skip
    for tool in tools:
        told = tool.annotations.model_dump()
        assert all(told[name] is not None for name in told if name.endswith("_hint"))
        assert tool.title
        assert "\n  " not in tool.description  # the indentation of the source is for nobody
        assert tool.output_schema["type"] == "object"
        jsonschema.Draft202012Validator.check_schema(tool.output_schema)
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        assert "consent" not in tool.input_schema["properties"]  # a model cannot fill it in
    read_only = {name for name, hint in hints.items() if hint.read_only_hint}
    assert read_only == {"status", "result", "why", "compare", "list_records"}
    assert [name for name, hint in hints.items() if hint.destructive_hint] == ["cancel"]
    assert {name for name, hint in hints.items() if hint.open_world_hint} == {"solve", "estimate_cost"}


def test_a_list_of_tools_is_short(desk):
    async def go():
        async with desk.client() as tools:
            return (await tools.client.list_tools()).tools

    assert sum(len(json.dumps(t.input_schema)) + len(t.description) for t in run(go())) < 16_000


def test_the_specification_is_documented(desk):
    async def go():
        async with desk.client() as tools:
            found = await tools.client.read_resource("qualms://specification/schema")
            return json.loads(found.contents[0].text)

    assert run(go()) == schema()
    for name in schema()["discriminator"]["mapping"]:
        assert f'"{name}"' in kinds()


def test_a_solved_problem_is_told_with_everything(solved):
    desk, job = solved
    told = call(desk, "result", job=job)
    assert (told["objective"], told["sense"], told["feasible"]) == (2, "max", True)
    assert told["status"] == ("optimal" if told["gap"] == 0 else "feasible")
    assert told["quadrant"]["data"] == "classical"
    assert told["receipt"]["fingerprint"]
    arms = {arm["solver"]: arm for arm in told["arms"]}
    assert arms["qaoa"]["compute"] == "simulated quantum"
    twins = [one for one in told["twins"] if one["solver"] == "qaoa"]
    assert twins
    for one in twins:
        assert arms[one["twin"]]["twin_of"] == "qaoa"
        assert (one["difference"] is None) == (arms[one["twin"]]["objective"] is None)  # a race may end early
    assert told["dollars"] == 0
    assert told["sentences"]
    assert told["paraphrase"]


def test_what_a_text_leaves_open_comes_back_as_a_question(desk):
    job = call(desk, "solve", text="Make it better.")["job"]
    desk.work_off()
    told = call(desk, "result", job=job)
    assert told["status"] in ("question", "refused")
    assert told["questions"] or told["sentences"]
    assert told["objective"] is None
    assert "has left no answer" in refused(desk, "why", job=job, question="why?")


def test_a_table_as_text(desk):
    table = "item,weight,value\ntent,4,10\nstove,2,7\nlamp,3,4\n"
    job = call(
        desk, "solve", text="Pack the items of most value; the total weight is at most 6.", table=table,
        seconds=1.0,
    )["job"]  # fmt: skip
    desk.work_off()
    told = call(desk, "result", job=job)
    assert (told["status"], told["objective"]) == ("optimal", 17), told


def test_status_of_a_job_on_its_way(desk):
    job = call(desk, "solve", specification=CUT)["job"]
    told = call(desk, "status", job=job)
    assert (told["state"], told["ahead"], told["progress"]) == ("waiting", 0, None)
    lease = desk.access.queue.lease("test", 60)
    desk.access.queue.tell(
        lease,
        {"kind": "found", "paraphrase": [], "sense": "max"},
        {"kind": "step", "step": 0, "steps": 0, "note": "racing", "seconds": 0.5, "eta": 11.5},
        {"kind": "found", "solver": "greedy", "objective": 1.0, "feasible": True},
        {"kind": "found", "solver": "annealing", "objective": 2.0, "feasible": True},
        {"kind": "found", "solver": "liar", "objective": 9.0, "feasible": False},
        {"kind": "found", "solver": "late", "objective": 1.5, "feasible": True},
    )
    heard = []

    async def hear(progress, total, message):
        heard.append((progress, total, message))

    async def go():
        async with desk.client() as tools:
            found = await tools.client.call_tool("status", {"job": job, "wait": 1.2}, progress_callback=hear)
            return found.structured_content

    told = run(go())
    assert told["state"] == "running"
    assert (told["progress"]["best"], told["progress"]["best_from"]) == (2.0, "annealing")
    assert len(heard) >= 2
    assert heard[0][0] < heard[-1][0]
    assert heard[0][1] == pytest.approx(12.0, abs=1.0)
    assert heard[0][2] == "best so far 2, by annealing"


def test_a_job_is_cancelled(desk):
    job = call(desk, "solve", specification=CUT)["job"]
    assert call(desk, "cancel", job=job)["state"] == "cancelled"
    assert call(desk, "cancel", job=job)["state"] == "cancelled"
    assert f"job {job} is cancelled, and has no result" in refused(desk, "result", job=job)
    desk.work_off()
    assert call(desk, "status", job=job)["state"] == "cancelled"


@pytest.mark.parametrize("text", ['{"kind": "maxcut", "edges": []}', "[1, 2]", "null"])
def test_a_text_that_is_json_stays_a_text(desk, text):
    job = call(desk, "solve", text=text, table='["a", "b"]')["job"]
    request = desk.access.queue.get(job).request
    assert (request["text"], request["specification"]) == (text, None)


def test_null_for_a_text_is_one_that_is_left_out(desk):
    job = call(desk, "solve", text=None, table=None, specification=CUT, quote=None, key=None)["job"]
    assert desk.access.queue.get(job).request["text"] is None


def test_a_key_makes_it_one_job(desk):
    first = call(desk, "solve", specification=CUT, key="mine")["job"]
    assert call(desk, "solve", specification=CUT, key="mine")["job"] == first
    assert "stands for another request" in refused(desk, "solve", specification=CUT, key="mine", seed=1)


def test_where_another_service_does_the_jobs_they_are_only_submitted(tmp_path):
    lock = owned(tmp_path)
    own(lock, tmp_path)
    try:
        access = Access(Settings(store=tmp_path, limits=Limits(workers=1)))

        async def go():
            async with Client(make_server(access)) as client:
                return (await client.call_tool("solve", {"specification": CUT})).structured_content

        told = run(go())
        assert not access.works
        assert (told["state"], told["next"]) == ("waiting", "call `status` with wait=50")
        assert access.queue.get(told["job"]).kind == "solve"
    finally:
        lock.release()


def test_the_jobs_are_done_here_once_the_other_service_has_gone(tmp_path, monkeypatch):
    monkeypatch.setattr("qualms.service.agents.access._AGAIN", 0.0)
    lock = owned(tmp_path)
    own(lock, tmp_path)
    with Access(Settings(store=tmp_path, limits=Limits(workers=1))) as access:
        access.work()
        assert not access.works
        lock.release()
        access.work()
        assert access.works
        with pytest.raises(RunFolderError, match="another service uses this folder"):
            own(owned(tmp_path), tmp_path)
    own(lock, tmp_path)  # given back
    lock.release()


def test_records_are_listed_and_compared(solved):
    desk, job = solved
    found = call(desk, "list_records")
    (line,) = found["records"]
    assert (found["total"], line["kind"], found["broken_lines"]) == (1, "asking", 0)
    assert line["record"] == call(desk, "result", job=job)["record"]
    by_task = call(desk, "compare", task=line["task"])
    assert by_task == call(desk, "compare", records=[line["record"]])
    (table,) = by_task["tables"]
    assert all(len(row) == len(table["header"]) for row in table["rows"])
    assert table["sentences"]
    assert call(desk, "compare", records=["0" * 20])["missing"] == ["0" * 20]
    assert call(desk, "list_records", kind="learning")["total"] == 0
    assert "give `task`, or keys" in refused(desk, "compare")
    assert "no cursor" in refused(desk, "list_records", after="nonsense")


def test_a_broken_line_is_counted(solved, desk):
    shutil.copy(solved[0].settings.store / "records.jsonl", desk.settings.store)
    with open(desk.settings.store / "records.jsonl", "a") as file:
        file.write('{"half": \n')
    found = call(desk, "list_records")
    assert (found["total"], found["broken_lines"]) == (1, 1)


def test_prices_have_sources_and_dates(desk):
    found = call(desk, "estimate_cost", circuits=10, shots=100)
    assert found["quote"] is None
    forte = next(p for p in found["prices"] if p["price"] == "forte")
    assert forte["dollars"] == pytest.approx(10 * 0.30 + 10 * 100 * 0.08)
    assert all(p["source"] and p["dated"] for p in found["prices"])
    assert not desk.access.ledger.quotes()


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("solve", {}, "tell the problem as `text`"),
        ("solve", {"text": "x", "specification": CUT}, "tell the problem as `text`"),
        ("solve", {"text": "labs:8", "seconds": 1e9}, "seconds: 1e+09 are asked for, and 600 are the most"),
        ("solve", {"text": "labs:8", "seconds": -1}, "seconds: must be greater than 0"),
        ("solve", {"text": "labs:8", "seconds": None}, "seconds: must be a number"),
        ("solve", {"text": "labs:8 " * 3000}, "text: 21,000 characters, and 20,000 are the most"),
        ("solve", {"text": "labs:8", "quote": "q-\ud800"}, "quote: must be a text"),
        ("solve", {"text": "labs:8", "quote": "q-0", "key": "mine"}, "key: a quote is for one job"),
        ("solve", {"specification": {"kind": "maxcut", "edges": 3}}, "specification.maxcut.edges"),
        ("solve", {"specification": {"kind": "teleport"}}, "teleport"),
        ("solve", {"text": "labs:8", "seed": "one"}, "seed: must be an integer"),
        ("status", {"job": "../../etc/passwd"}, "there is no job"),
        ("status", {}, "job: it is missing; give it"),
        ("result", {"job": "x" * 65}, "job: must have at most 64 characters"),
        ("why", {"question": "why?"}, "give `job` or `record`"),
        ("why", {"question": "why?", "record": "0" * 20}, "there is no record of that key"),
        ("estimate_cost", {"text": "labs:8"}, "a quote needs the `device`"),
        ("estimate_cost", {"device": "braket:counted", "text": "labs:8 " * 3000}, "20,000 are the most"),
        ("estimate_cost", {"shots": 0}, "shots: must be greater than or equal to 1"),
        ("estimate_cost", {"device": "braket:counted", "text": "labs:8", "shots": 10**6}, "must be 1 … 5000"),
        ("estimate_cost", {"device": "braket:counted", "text": "labs:12"}, "spins; counted runs 1 to 4"),
    ],
)
def test_mistakes_are_one_sentence(desk, tool, arguments, told):
    assert told in refused(desk, tool, **arguments)


@pytest.mark.parametrize("text", ["/etc/hostname", "../secret.json", "service.toml", "./records.jsonl"])
def test_no_text_names_a_file_of_the_server(desk, tmp_path, text, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("service.toml", "records.jsonl"):
        (tmp_path / name).write_text("secret-in-a-file")
    job = call(desk, "solve", text=text)["job"]
    desk.work_off()

    async def ended():
        async with desk.client() as tools:
            found = await tools.client.call_tool("result", {"job": job})
            return json.dumps(found.structured_content) + str(found.content)

    assert "secret-in-a-file" not in run(ended())


@pytest.mark.slow
def test_why_goes_on_from_an_answer(solved):
    desk, job = solved
    told = call(desk, "why", job=job, question="what is the objective?", seconds=5.0)
    assert told["record"] == call(desk, "result", job=job)["record"]
    assert told["kind"] in ("retrieve", "question back")
    assert told["sentences"]
