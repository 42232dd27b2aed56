"""A comparison and the texts of its models, by HTTP, with the real server, its workers and the base model."""

import json
import time

import httpx
import pytest

from qualms.records import read_records
from tests.service.api.serving import served

pytestmark = pytest.mark.slow
A = "/api/v1"
RECIPE = {
    "methods": ["lora[r=1]", "qsl"], "twins": ["frozen-angles"], "seeds": [0], "steps": 4, "warmup_steps": 1,
    "learning_rates": {"lora[r=1]": 0.01, "qsl": 0.02, "qsl/frozen-angles": 0.02}, "batch_size": 2,
    "max_length": 96, "max_new_tokens": 8, "validation_examples": 4, "test_examples": 2, "samples": 1,
}  # fmt: skip


def finished(client, job, seconds=1500):
    """A job at its end, and its events."""
    events = []
    with client.stream("GET", f"{A}/jobs/{job}/events", timeout=seconds) as stream:
        deadline = time.monotonic() + seconds
        for line in stream.iter_lines():
            assert time.monotonic() < deadline, "it did not end"
            if line.startswith("data: "):
                events.append(json.loads(line.removeprefix("data: ")))
    return client.get(f"{A}/jobs/{job}").json(), events


def submitted(client, request):
    answer = client.post(f"{A}/jobs", json=request, headers={"Idempotency-Key": request["kind"]})
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def test_methods_are_compared_and_their_models_write(tmp_path):
    with (
        served(tmp_path, "[limits]\ncores = 1\n") as (_, address),
        httpx.Client(base_url=address, timeout=60) as client,
    ):
        job, events = finished(client, submitted(client, {"kind": "compare", "recipe": RECIPE}))
        assert (job["state"], job["error"]) == ("done", None)
        steps = [e["step"] for e in events if e.get("steps")]
        assert steps == sorted(steps)
        assert steps[-1] == events[-2]["steps"] == 3 * RECIPE["steps"]  # training steps of all runs
        records = {r.id: r for r in read_records(tmp_path / job["result"]["folder"])}
        assert sorted(records) == sorted(job["result"]["records"])
        by_method = {r.method: r.id for r in records.values()}
        assert set(by_method) == {"lora[r=1]", "qsl", "qsl/frozen-angles"}
        shown = client.get(f"{A}/records", params={"kind": "fine-tuning"}).json()["records"]
        assert sorted(r["id"] for r in shown) == sorted(records)  # each once
        again = client.post(
            f"{A}/jobs", json={"kind": "compare", "recipe": RECIPE}, headers={"Idempotency-Key": "compare"}
        ).json()
        assert again["id"] == job["id"]

        asked = {"kind": "generate", "records": list(by_method.values()), "prompt": "distance 3", "tokens": 6}
        written, _ = finished(client, submitted(client, asked))
        assert (written["state"], written["error"]) == ("done", None)
        outputs = written["result"]["outputs"]
        assert [o["record"] for o in outputs] == asked["records"]
        assert {o["base"] for o in outputs} == set(written["result"]["bases"]) == {"base"}
        assert all(isinstance(o["output"], str) for o in outputs)
