"""The page in a browser: every view, light and dark, wide and narrow, with and without script."""

import os
from pathlib import Path

import httpx
import pytest

from qualms.records import Record
from qualms.service.index.entry import key_of
from tests.records.sample import make_solving
from tests.service.page.browser import SCHEMES, WIDTHS, Shown, browser, serving
from tests.service.page.made import some_records, write

FOUND = [
    {"kind": "found", "paraphrase": ["Minimise it."], "sense": "min", "problem_kind": "labs"},
    *(
        {"kind": "found", "solver": solver, "objective": 90.0 - 9 * k, "feasible": True, "seconds": 0.3 + k,
         "compute": compute, "twin_of": of}
        for k in range(3)
        for solver, compute, of in (
            ("qaoa", "simulated quantum", None), ("qaoa/placebo", "classical", "qaoa"),
            ("tabu", "classical", None),
        )
    ),
    {"kind": "found", "bound": 61.5, "bound_from": "sum of couplings", "bound_verified": True, "gap": 0.146,
     "seconds": 3.0},
    {"kind": "step", "step": 3, "steps": 10, "note": "second heat", "eta": 7.0},
]  # fmt: skip


DAY = 86_400.0  # seconds for which a lease holds: longer than these tests take on any machine


@pytest.fixture(scope="module")
def made():
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """(address, service, the lease of a job that runs, a problem that was read)."""
    store = tmp_path_factory.mktemp("store")
    write(store, some_records())
    with open(store / "records.jsonl", "a") as file:
        file.write("nonsense\n")
    with serving(store) as (address, service):
        service.queue.submit("solve", {"text": "labs:20"}, title="labs:20")
        lease = service.queue.lease("test", DAY)
        service.queue.tell(lease, *FOUND)
        read = service.queue.submit("read", {"text": "two tables"}, title="two tables")
        told = {"paraphrase": ["Choose tables."], "check_points": ["2 tables bring 4."], "read_by": "grammar"}
        service.queue.finish(service.queue.lease("test", DAY), result=told)
        yield address, service, lease, read.id


def views(job: str, read: str) -> dict[str, str]:
    found = {"overview": "/", "records": "/records", "all tasks": "/tasks", "jobs": "/jobs",
             "submit": "/submit", "models": "/models", "devices": "/devices", "broken": "/broken",
             "job": f"/jobs/{job}",
             "read": f"/jobs/{read}", "error": "/records/nothing",
             "compare": f"/compare?record={key_of('qsl-0')}&record={key_of('qaoa-0')}"}  # fmt: skip
    for kind, record in {r.kind: r for r in some_records()}.items():
        found[f"record of {kind}"] = f"/records/{key_of(record.id)}"
        found[f"task of {kind}"] = f"/tasks/{key_of(record.kind, record.task_id)}"
    return found


NAMES = list(views("", ""))


def address_of(served, name: str) -> str:
    address, _, lease, read = served
    return address + views(lease.job.id, read)[name]


@pytest.fixture(scope="module", params=[True, False], ids=["script", "no-script"])
def screen(request, made):
    """A window for many views, which runs scripts or does not."""
    shown = Shown(made, script=request.param)
    yield shown
    shown.close()


def look(shown: Shown, address: str, name: str) -> None:
    """Load a view once, and look at it in every width and scheme."""
    shown.renew()
    shown.page.goto(address)
    if shown.script and name.startswith("record of"):
        shown.page.wait_for_selector("#report-body.report")
    if name == "error":
        shown.complaints.clear()  # the browser says that the address was not found
    for width in WIDTHS:
        for scheme in SCHEMES:
            shown.look(width, scheme)
            shown.check()
            _keep(shown, f"{name.replace(' ', '-')}-{width}-{scheme}")


def _keep(shown: Shown, name: str) -> None:
    """A picture of the page, where somebody wants them."""
    if folder := os.environ.get("QUALMS_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        mode = "script" if shown.script else "no-script"
        shown.page.screenshot(path=Path(folder) / f"{name}-{mode}.png", full_page=True)


@pytest.mark.parametrize("name", ["records", "job", "read"])
def test_some_views(made, served, name):
    """Three of the many that the slow test looks at."""
    shown = Shown(made)
    look(shown, address_of(served, name), name)
    shown.close()


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_every_view(screen, served, name):
    look(screen, address_of(served, name), name)


def test_a_filter_changes_the_list_without_a_new_page(made, served):
    shown = Shown(made, 1280, "light")
    shown.page.goto(served[0] + "/records")
    shown.page.evaluate("window.same = true")
    shown.page.select_option("select[name=kind]", "solving")
    shown.page.wait_for_selector("text=9 records")
    assert shown.page.evaluate("window.same")
    assert "kind=solving" in shown.page.url
    shown.page.fill("#text", "placebo")
    shown.page.wait_for_selector("text=3 records")
    shown.page.go_back()
    shown.page.wait_for_selector("text=9 records")
    assert shown.complaints == []
    shown.close()


@pytest.mark.slow
def test_without_script_forms_and_links_do_the_same(made, served):
    shown = Shown(made, 1280, "light", script=False)
    shown.page.goto(served[0] + "/records")
    shown.page.select_option("select[name=kind]", "solving")
    shown.page.click("button:text('Filter')")
    assert shown.page.locator("text=9 records").count() == 1
    shown.page.click("text=result")
    for box in shown.page.locator("input[type=checkbox]").all()[:2]:
        box.check()
    shown.page.click("text=Compare the chosen ones")
    assert "2 chosen records" in shown.page.inner_text("h1")
    shown.page.goto(served[0] + f"/jobs/{served[3]}")
    assert shown.page.locator("text=Yes, solve this").count() == 1
    shown.close()


@pytest.mark.slow
def test_by_keyboard_alone(made, served):
    """The first stop skips the navigation; a table that scrolls, and every control, can be reached."""
    shown = Shown(made, 390, "light")
    shown.page.goto(served[0] + "/records")
    shown.page.keyboard.press("Tab")
    assert shown.page.evaluate("document.activeElement.className") == "skip"
    shown.page.keyboard.press("Enter")
    seen = set()
    for _ in range(30):
        shown.page.keyboard.press("Tab")
        seen.add(shown.page.evaluate("document.activeElement.name || document.activeElement.ariaLabel"))
    assert {"text", "kind", "method", "Records", "record"} <= seen
    shown.close()


def test_what_happens_is_seen_without_loading_anew(made, served):
    """A new answer in a race, and a record that was added."""
    address, service, lease = served[:3]
    shown, other = Shown(made, 1280, "light"), Shown(made, 1280, "light")
    shown.page.goto(f"{address}/jobs/{lease.job.id}")
    other.page.goto(f"{address}/records?kind=solving")
    while "qualms_streams 2.0" not in httpx.get(f"{address}/metrics").text:
        shown.page.wait_for_timeout(20)
    service.queue.tell(lease, {**FOUND[1], "solver": "late", "objective": 7.0, "seconds": 9.0})
    shown.page.wait_for_selector("td:has-text('late')")
    write(service.store, [make_solving("late", 0, 3, id="late")])
    other.page.wait_for_selector("text=1 record that fits was added")
    other.page.click("text=Show the list with it")
    other.page.wait_for_selector("text=10 records")
    assert (shown.complaints, other.complaints) == ([], [])
    shown.close()
    other.close()


@pytest.mark.slow
def test_a_download_is_the_record(made, served):
    import json

    shown = Shown(made, 1280, "light")
    shown.page.goto(f"{served[0]}/records/{key_of('qaoa-0')}")
    with shown.page.expect_download() as got:
        shown.page.click("text=Download JSON")
    content = Path(got.value.path()).read_text()
    assert Record.from_dict(json.loads(content)).id == "qaoa-0"
    shown.close()
