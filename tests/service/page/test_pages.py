"""The page's views, without a browser."""

import csv
import io
import json
import re
from collections import Counter
from html import unescape
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from qualms.problems import LABS
from qualms.records import Record, read_records
from qualms.service.index.entry import key_of
from qualms.service.jobs.job import State
from qualms.solve import Limits, solve
from tests.records.sample import make_record, make_solving
from tests.service.page.made import make_page, open_site, some_records, write

VIEWS = ("/", "/records", "/tasks", "/jobs", "/submit", "/models", "/devices", "/broken", "/compare")
VOID = {"meta", "link", "input", "br", "img", "hr", "path", "use"}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    write(folder, some_records())
    return folder


@pytest.fixture(scope="module")
def site(store):
    return open_site(store)


@pytest.fixture(scope="module")
def client(site):
    return TestClient(make_page(site), raise_server_exceptions=True)


@pytest.fixture
def own(tmp_path):
    """(store, site, client) that a test may change."""
    write(tmp_path, some_records())
    site = open_site(tmp_path)
    return tmp_path, site, TestClient(make_page(site))


class Page(HTMLParser):
    """What is in a page: tags with their attributes, and text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.open, self.wrong = [], "", [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if tag in VOID:
            return
        if self.open and self.open[-1] == tag:
            self.open.pop()
        elif tag in self.open:  # li, p and cells may be closed by what follows
            while self.open.pop() != tag:
                self.wrong.append(tag)

    def handle_data(self, data):
        self.text += data

    def all(self, tag):
        return [attrs for name, attrs in self.tags if name == tag]


def page(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status, answer.text[:500]
    return Page(answer.text)


def submit(client, site, address, **fields):
    return client.post(address, data={"form_token": site.forms.token, **fields}, follow_redirects=False)


def every_view(site):
    record = key_of("qsl-0")
    return (
        *VIEWS,
        f"/records/{record}",
        f"/records/{record}/report",
        f"/tasks/{site.index.entries([record])[0].task_key}",
    )


def test_every_view_is_whole_labelled_and_without_anything_from_elsewhere(client, site):
    for address in every_view(site):
        answer = client.get(address)
        assert answer.status_code == 200, address
        shown = Page(answer.text)
        assert shown.wrong == [], address
        assert len(shown.all("h1")) == 1
        assert shown.all("html")[0]["lang"] == "en"
        assert not re.findall(r"(?:src|href|action)=[\"'](?:https?:)?//", answer.text)
        assert all("src" in s for s in shown.all("script")), "an inline script"
        assert not [a for _, a in shown.tags if any(name.startswith("on") for name in a)]
        labels = {label["for"] for label in shown.all("label") if "for" in label}
        for field in [*shown.all("input"), *shown.all("select"), *shown.all("textarea")]:
            if field.get("type") != "hidden" and "id" in field:
                assert field["id"] in labels or field["id"] == "text", (address, field)
        policy = answer.headers["content-security-policy"]
        assert "script-src 'self';" in policy
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert not [a for _, a in shown.tags if "style" in a]
        assert not shown.all("style")


def test_every_link_leads_somewhere(client, site):
    """Of each kind of address a few are followed; reports take long, and others test them."""
    seen, waiting, kinds = set(), list(every_view(site)), Counter()
    while waiting:
        address = waiting.pop()
        kind = re.sub(r"[0-9a-f]{20}|=[^&]*", "", address)
        if address in seen or kinds[kind] >= 3 or kind.endswith("/report") or kind == "/tasks/":
            continue
        seen.add(address)
        kinds[kind] += 1
        answer = client.get(address)
        assert answer.status_code == 200, address
        if answer.headers["content-type"].startswith("text/html"):
            links = [a["href"].partition("#")[0] for a in Page(answer.text).all("a")]
            waiting += [link for link in links if link.startswith("/")]
    assert len(seen) > 30


def test_the_overview_counts_every_quadrant(client):
    shown = page(client, "/")
    records = some_records()
    quantum = sum(r.quadrant.compute == "simulated quantum" for r in records)
    assert f"{quantum} runs" in shown.text
    assert f"All {len(records)} runs" in shown.text
    assert "quantum hardware" in shown.text


def test_filters_and_order(client):
    shown = page(client, "/records?kind=solving&twins=twin&sort=value&order=ascending")
    assert shown.text.count("twin of qaoa") == 3
    assert "annealing" not in "".join(
        t for t in shown.text.split("Compare the chosen")[0].split("\n") if "solving" in t
    )
    raw = client.get("/records?kind=solving&twins=twin&sort=value&order=ascending").text
    values = [int(v) for v in re.findall(r'(\d+) <span class="faint">objective', raw)]
    assert values == sorted(values) == [10, 11, 12]
    sorted_by = [a.get("aria-sort") for a in shown.all("th") if a.get("aria-sort")]
    assert sorted_by == ["ascending"]


def test_cursors_lead_through_the_whole_list(own):
    store, site, client = own
    write(store, [make_solving("tabu", s, s, id=f"tabu {s}") for s in range(120)])
    site.index.refresh()
    address, keys = "/records?kind=solving", []
    while address:
        shown = page(client, address)
        keys += [i["value"] for i in shown.all("input") if i.get("type") == "checkbox"]
        address = next((a["href"] for a in shown.all("a") if a.get("id") == "more"), None)
    assert len(keys) == len(set(keys)) == 129


def test_one_record_shows_everything_and_its_twins(client, site):
    for record in some_records():
        shown = page(client, f"/records/{key_of(record.id)}")
        assert record.task_id in shown.text
        for name in record.metrics:
            assert name in shown.text
        got = client.get(f"/records/{key_of(record.id)}/record.json")
        assert Record.from_dict(json.loads(got.text)) == record
    assert "qaoa/placebo" in page(client, f"/records/{key_of('qaoa-0')}").text


def test_a_quantum_run_without_its_twin_gets_no_verdict(own):
    store, site, client = own
    write(store, [make_solving("qaoa", 0, 12, id="alone", task_id="another")])
    site.index.refresh()
    assert "no verdict" in page(client, f"/records/{key_of('alone')}").text


def test_records_of_two_tasks_stand_in_two_tables(client):
    solving, tuning = key_of("qaoa-0"), key_of("qsl-0")
    shown = page(client, f"/compare?record={solving}&record={key_of('qaoa/placebo-0')}")
    assert "tables" not in shown.text.split("Solvers")[0]
    shown = page(client, f"/compare?record={solving}&record={tuning}")
    assert "2 tasks" in shown.text
    assert "must not be compared" in shown.text
    assert "no longer there" in page(client, f"/compare?record={solving}&record={'0' * 20}").text
    assert page(client, "/compare?" + "&".join(f"record={k:020x}" for k in range(201)), 400)


def test_downloads_are_the_records(client, store):
    lines = client.get("/download/records.jsonl?kind=solving").text.splitlines()
    asked = {r.id: r for r in read_records(store) if r.kind == "solving"}
    assert {r.id: r for r in map(Record.from_dict, map(json.loads, lines))} == asked
    rows = list(csv.DictReader(io.StringIO(client.get("/download/records.csv").text)))
    assert len(rows) == len(some_records())
    row = next(r for r in rows if r["id"] == "qsl-1")
    assert float(row["test_nll"]) == 1.02
    assert row["compute"] == "simulated quantum"


def test_hostile_records_are_text(own):
    store, site, client = own
    evil = "<script>alert(1)</script>"
    write(store, [
        make_record(evil, 0, id=evil, task_id="'\"><img src=x onerror=alert(1)>", dataset=evil),
        make_solving("=HYPERLINK(0)", 0, 1, id="../../etc/passwd", problem=evil, notes=[evil], task_id="t"),
    ])  # fmt: skip
    site.index.refresh()
    addresses = [
        "/", "/records", "/tasks", f"/records/{key_of(evil)}", f"/records/{key_of('../../etc/passwd')}",
        f"/compare?record={key_of(evil)}", f"/records?text={evil}", f"/records?method={evil}&task={evil}",
    ]  # fmt: skip
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        shown = Page(answer.text)
        assert all(s.get("src", "").startswith("/static/") for s in shown.all("script")), address
        assert not shown.all("img")
    rows = list(
        csv.DictReader(io.StringIO(client.get("/download/records.csv?kind=solving&text=passwd").text))
    )
    assert rows[0]["method"].startswith("'=HYPERLINK")
    assert client.get("/records/..%2F..%2Fetc%2Fpasswd").status_code == 404


def test_a_broken_line_is_counted_and_shown_and_ends_nothing(own):
    store, site, client = own
    with open(store / "records.jsonl", "a") as file:
        file.write("<b>nonsense</b>\n")
    site.index.refresh()
    assert "1 line is no record;" in page(client, "/").text
    shown = page(client, "/broken")
    assert "not JSON" in shown.text
    assert not shown.all("b")
    assert "27 records" in page(client, "/records").text


def test_a_record_that_fits_its_schema_and_makes_no_sense_ends_no_page(own):
    """What an account says of the data has no schema of its own."""
    store, site, client = own
    odd = json.loads(make_record().to_json())
    odd["id"] = "makes-no-sense"
    odd["payload"]["dataset_account"] = {"train": "many", "train_cut": "some"}
    write(store / "odd", [Record.from_dict(odd)])
    site.index.refresh(walk=True)  # it stands in a folder of its own
    shown = client.get(f"/records/{key_of(odd['id'])}/report")
    assert shown.status_code == 200
    assert "no report can be made of them" in shown.text


def test_forms_of_other_sites_are_refused(client, site):
    good = {"form_token": site.forms.token, "text": "labs:8"}
    for data, headers in (
        ({"text": "labs:8"}, {}),
        ({**good, "form_token": "x"}, {}),
        (good, {"origin": "https://evil.example"}),
        (good, {"sec-fetch-site": "cross-site"}),
        (good, {"origin": "null"}),
    ):
        answer = client.post("/submit", data=data, headers=headers, follow_redirects=False)
        assert answer.status_code == 403, (data, headers)
    assert site.queue.jobs().jobs == ()


def test_bad_addresses_are_told_in_a_line(client):
    for address, status in (
        ("/nothing", 404), ("/records/x", 404), ("/tasks/x", 404), ("/jobs/x", 404), ("/jobs/../x", 404),
        ("/records?sort=words", 400), ("/records?after=x", 400), ("/records?twins=x", 400),
        ("/download/records.jsonl?kind=x", 400), ("/download/records.csv?twins=x", 400),
        ("/jobs?after=x", 400), ("/jobs?state=x", 400), ("/submit?job=x", 404),
        ("/static/page.py", 404), ("/static/..%2Fsite.py", 404),
        ("/devices?shots=1e99", 400), ("/devices?circuits=-1", 400),
    ):  # fmt: skip
        answer = client.get(address)
        assert answer.status_code == status, address
        assert "Traceback" not in answer.text
        assert Page(answer.text).all("h1")


def test_a_problem_is_read_confirmed_and_solved_once(own):
    _store, site, client = own
    shown = page(client, "/submit")
    key = next(i["value"] for i in shown.all("input") if i.get("name") == "key")
    first = submit(client, site, "/submit", text="A text", key=key)
    again = submit(client, site, "/submit", text="A text", key=key)
    assert first.status_code == 303
    assert first.headers["location"] == again.headers["location"]
    job_id = first.headers["location"].rpartition("/")[2]
    assert "waiting" in page(client, f"/jobs/{job_id}").text
    assert submit(client, site, f"/jobs/{job_id}/solve").status_code == 409  # nothing is understood yet
    lease = site.queue.lease("test", 60)
    told = {
        "status": "understood",
        "paraphrase": ["Choose <b>tables</b>."],
        "check_points": ["2 tables bring 4."],
    }
    site.queue.finish(lease, result=told)
    shown = page(client, f"/jobs/{job_id}")
    assert "Choose <b>tables</b>." in shown.text
    assert "2 tables bring 4." in shown.text
    assert "A text" in shown.text  # what is confirmed can be seen
    assert "A text" in page(client, f"/submit?job={job_id}").text  # and told in other words
    assert submit(client, site, f"/jobs/{job_id}/solve", solvers="qaoa, nonsense").status_code == 400
    assert submit(client, site, f"/jobs/{job_id}/solve", seconds="x").status_code == 400
    solved = submit(client, site, f"/jobs/{job_id}/solve", seconds="3", solvers="qaoa, tabu", key="0" * 32)
    assert solved.status_code == 303
    job = site.queue.get(solved.headers["location"].rpartition("/")[2])
    assert (job.kind, job.request["text"], job.request["seconds"]) == ("solve", "A text", 3.0)
    assert job.request["solvers"] == ["qaoa", "tabu"]


def test_a_race_is_followed_and_cancelled(own):
    _store, site, client = own
    location = submit(client, site, "/submit", text="x").headers["location"]
    second = submit(client, site, "/submit", text="y").headers["location"]
    assert "next in line" in page(client, location).text
    assert "with 1 job before it" in page(client, second).text
    lease = site.queue.lease("test", 60)
    site.queue.tell(
        lease,
        {"kind": "found", "paraphrase": ["Minimise it."], "sense": "min", "problem_kind": "labs"},
        {"kind": "found", "solver": "qaoa", "objective": 9.0, "feasible": True, "seconds": 0.5,
         "compute": "simulated quantum", "twin_of": None},
        {"kind": "found", "solver": "qaoa/placebo", "objective": 7.0, "feasible": True, "seconds": 0.7,
         "compute": "classical", "twin_of": "qaoa"},
        {"kind": "step", "step": 3, "steps": 10, "note": "heat 2", "eta": 7.0},
    )  # fmt: skip
    assert "No bound is proven yet" in page(client, location).text
    site.queue.tell(lease, {"kind": "found", "bound": 6.3, "bound_from": "its sums", "bound_verified": True,
                            "gap": 0.1, "seconds": 0.8})  # fmt: skip
    shown = page(client, location)
    assert "No sequence has a lower energy than 6.3; the best may be up to 10 % below this one" in shown.text
    assert "Dotted: the bound, 6.3 (its sums), a gap of 10 %." in shown.text
    assert "Minimise it." in shown.text
    assert "3 of 10" in shown.text
    assert "7.00 s left" in shown.text
    assert "twin of qaoa" in shown.text
    assert shown.all("svg")
    assert shown.all("progress")[0]["value"] == "3"
    site.queue.tell(lease, {"kind": "found", "solver": "qaoa", "objective": 8.0, "feasible": True,
                            "seconds": 0.9, "compute": "simulated quantum", "twin_of": None})  # fmt: skip
    while site.races._room.acquire(blocking=False):
        pass  # as many wait as may
    shown = page(client, location)
    assert "There is no picture now. Many drawings are being made" in shown.text
    assert "Cancel this job" in shown.text
    seen = next(a["hx-get"] for _, a in shown.tags if "hx-get" in a and "live" in a["hx-get"])
    assert client.get(seen).status_code == 204
    assert submit(client, site, f"{location}/cancel").status_code == 303
    assert site.queue.get(lease.job.id).state == State.cancelled
    fragment = client.get(seen)
    assert fragment.status_code == 200
    assert "<html" not in fragment.text
    assert "cancelled" in fragment.text


def test_a_race_that_is_over_has_its_solvers_without_an_answer_too(own):
    _store, site, client = own
    location = submit(client, site, "/submit", text="x").headers["location"]
    lease = site.queue.lease("test", 60)
    site.queue.tell(lease, {"kind": "found", "solver": "tabu", "objective": 9.0, "feasible": True,
                            "seconds": 0.5, "compute": "classical", "twin_of": None})  # fmt: skip
    found = solve(LABS(6), Limits(1, rounds=2), ["tabu", "pyvrp"])
    site.queue.finish(lease, result=found.to_dict())
    refused = next(a.refused for a in found.arms if a.solver == "pyvrp")
    rows = re.findall(r"<tr.*?</tr>", client.get(location).text, re.S)
    assert sum("tabu" in row for row in rows) == 1
    (row,) = (row for row in rows if "pyvrp" in row)
    assert refused
    assert f"no answer: {refused}" in unescape(row)


def test_records_that_go_while_their_report_waits_are_not_found(own, monkeypatch):
    store, site, client = own
    draw = site.reports.of

    def late(*asked):
        (store / "records.jsonl").unlink()
        return draw(*asked)

    monkeypatch.setattr(site.reports, "of", late)
    assert "no longer in its file" in page(client, f"/records/{key_of('qsl-0')}/report", 404).text


def test_an_uploaded_file_is_kept_by_what_it_holds(own):
    store, site, client = own
    sent = client.post(
        "/submit", data={"form_token": site.forms.token}, follow_redirects=False,
        files={"file": ("../../evil name.csv", b"a,b\n1,2\n", "text/csv")},
    )  # fmt: skip
    job = site.queue.get(sent.headers["location"].rpartition("/")[2])
    kept = list((store / "uploads" / job.request["upload"]).iterdir())
    assert [p.name for p in kept] == ["evil_name.csv"]
    assert "The file evil_name.csv." in page(client, f"/jobs/{job.id}").text
    assert submit(client, site, "/submit").status_code == 400
    empty = {"form_token": site.forms.token, "text": "A text"}
    refused = client.post("/submit", data=empty, files={"file": ("x.csv", b"", "text/csv")})
    assert "x.csv is empty" in Page(refused.text).text
    big = client.post(
        "/submit", data={"form_token": site.forms.token},
        files={"file": ("x.csv", b"1" * (site.settings.limits.upload_bytes + 1), "text/csv")},
    )  # fmt: skip
    assert big.status_code == 413


def test_a_form_that_is_refused_is_shown_again_with_what_was_typed(own):
    store, site, client = own
    refused = client.post(
        "/submit", data={"form_token": site.forms.token, "text": "A <b>text", "decimal": ","},
        files={"file": ("x.csv", b"", "text/csv")},
    )  # fmt: skip
    assert refused.status_code == 400
    shown = Page(refused.text)
    assert "The file x.csv is empty. Choose the file again." in shown.text
    assert "A <b>text" in shown.text
    assert [o["value"] for o in shown.all("option") if "selected" in o] == [","]
    long = submit(client, site, "/submit", text="x" * (site.settings.limits.text + 1))
    assert long.status_code == 400
    assert "x" * (site.settings.limits.text + 1) in Page(long.text).text

    records = [make_record("qsl", s, id=f"{s:016x}") for s in (0, 1)]
    write(store / "study", records)
    for record in records:
        (store / "study" / "runs" / record.id / "model").mkdir(parents=True)
    site.index.refresh(walk=True)
    asked = {"record": key_of(records[1].id), "prompt": "name[X]", "tokens": "6.5"}
    refused = submit(client, site, "/models", **asked)
    assert refused.status_code == 400
    shown = Page(refused.text)
    assert "tokens: give a whole number." in shown.text
    assert "name[X]" in shown.text
    assert [o["value"] for o in shown.all("option") if "selected" in o] == [asked["record"]]
    assert next(i["value"] for i in shown.all("input") if i.get("name") == "tokens") == "6.5"
    assert not site.queue.jobs(None, None, 5).jobs


def test_a_model_is_tried_beside_its_twins_of_the_same_seed(own):
    store, site, client = own
    methods = ("lora", "qsl", "qsl/frozen-angles")
    records = [make_record(m, s, id=f"{k:08x}{s:08x}") for k, m in enumerate(methods) for s in (0, 1)]
    write(store / "study", records)
    for record in records:
        (store / "study" / "runs" / record.id / "model").mkdir(parents=True)
    site.index.refresh(walk=True)
    shown = page(client, "/models")
    assert len(shown.all("option")) == 6
    assert "not in this folder" in page(client, "/models?record=" + key_of("no model")).text
    assert "not in this folder" not in page(client, "/models?record=" + key_of(records[0].id)).text
    chosen = key_of(records[2].id)
    made = submit(client, site, "/models", record=chosen, prompt="name[X]", tokens="20")
    job = site.queue.get(made.headers["location"].rpartition("/")[2])
    assert job.request["records"] == [records[2].id, records[4].id]  # not LoRA, not the other seed
    lease = site.queue.lease("test", 60)
    site.queue.finish(lease, result={
        "status": "done", "prompt": "name[X]", "bases": {"base": {"output": "the base", "seconds": 1.0}},
        "outputs": [
            {"record": r.id, "base": "base", "output": f"<i>{name}</i>", "seconds": 1.0}
            for r, name in ((records[2], "one"), (records[4], "two"))
        ],
    })  # fmt: skip
    shown = page(client, made.headers["location"])
    assert "the base" in shown.text
    assert "<i>two</i>" in shown.text
    assert "qsl/frozen-angles twin of qsl" in " ".join(shown.text.split())  # named, and not by a hash
    assert submit(client, site, "/models", record=chosen, prompt=" ").status_code == 400
    for tokens in ("nan", "inf", "60.7"):
        assert submit(client, site, "/models", record=chosen, prompt="x", tokens=tokens).status_code == 400
    assert submit(client, site, "/models", record="../..", prompt="x").status_code == 400


def test_the_vendored_files_are_those_that_are_told(client):
    from importlib import resources

    told = resources.files("qualms.service.page").joinpath("static", "README.md").read_text()
    for name in ("htmx.min.js", "sse.min.js"):
        content = client.get(f"/static/{name}").content
        assert f"| `{name}` | " in told
        assert f"{len(content):,} |" in told


def test_too_many_followers_are_turned_away(tmp_path):
    from qualms.service.settings import Limits

    site = open_site(tmp_path, limits=Limits(streams=0))
    assert TestClient(make_page(site)).get("/news").status_code == 503
