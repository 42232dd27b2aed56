"""One visual language: what every kind's report and picture must keep, and numbers that are those drawn."""

import csv
import io
import math
import re
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgb

from qualms.records import Interval, Quadrant
from qualms.report import page
from qualms.report.page import REPORTS
from qualms.report.pages import stylesheet
from qualms.report.pictures import theme
from qualms.report.pictures.forest import Difference, Quantity, forest
from qualms.report.pictures.lines import incumbents
from qualms.report.pictures.origin import MOST, chosen
from qualms.report.pictures.quadrants import quadrants
from tests.records.sample import make_learning, make_noise, make_record, make_solving
from tests.report.streams import STREAM
from tests.report.test_page import KINDS

ALL = {**KINDS, "stream": STREAM}
MIXED = [record for records in ALL.values() for record in records]
# columns that stand in words beside what is drawn, or say which thing it is
TOLD = {"n", "run", "shots of a run", "dollars in all"}


@pytest.fixture(scope="module", params=ALL)
def shown(request):
    """Records of one kind, and their pictures."""
    records = ALL[request.param]
    return records, page.sections(records)[0].report.pictures(records)


@pytest.fixture(scope="module")
def text():
    return page.render(MIXED)


def test_every_kind_offers_all_that_a_report_has():
    assert {r.kind for r in MIXED} == set(REPORTS)
    for records in ALL.values():
        report = page.sections(records)[0].report
        assert report.title(records)
        assert report.sheet(records).rows
        assert report.legend(records)
        assert report.sentences(records)
        assert report.found(records)["verdict"] == report.sentences(records)
        assert report.pictures(records)


def test_every_caption_says_from_what_it_is_and_how_many_runs(shown):
    records, pictures = shown
    for picture in pictures:
        assert re.search(r"From (the )?(one |best |\d)", picture.caption), picture.caption
        assert re.search(r"n = \d", picture.caption), picture.caption
        assert re.search(r"interval|exact computation|transactions", picture.caption), picture.caption
        assert re.fullmatch(r"[a-z0-9-]+", picture.name), picture.name
    assert len({p.name for p in pictures}) == len(pictures)
    assert sum(records[0].task_id in p.caption for p in pictures) >= len(pictures) - 1


def test_the_numbers_in_the_file_are_those_of_the_picture(shown):
    """Every number of the CSV is found among the coordinates of what matplotlib drew."""
    for picture in shown[1]:
        drawn = coordinates(picture.figure())
        lines = list(csv.reader(io.StringIO(picture.csv())))
        assert tuple(lines[0]) == picture.columns
        assert len(lines) == len(picture.rows) + 1
        for line, row in zip(lines[1:], picture.rows, strict=True):
            for name, cell, value in zip(picture.columns, line, row, strict=True):
                if isinstance(value, int | float):
                    assert float(cell) == value
                    near = any(math.isclose(value, d, rel_tol=1e-9, abs_tol=1e-12) for d in drawn)
                    assert name in TOLD or near, (picture.name, name, value)
                else:
                    assert cell == ("" if value is None else value)


def coordinates(figure):
    """All numbers at which something is drawn."""
    found = set()
    for axes in figure.axes:
        for line in axes.lines:
            found.update(map(float, line.get_xdata(orig=False)))
            found.update(map(float, line.get_ydata(orig=False)))
        for collection in axes.collections:
            found.update(float(v) for path in collection.get_paths() for v in path.vertices.ravel())
    return found


def test_a_page_needs_nothing_from_outside_and_every_picture_has_words(text):
    found = Elements(text)
    assert found.count["svg"] == sum(len(page.sections(r)[0].report.pictures(r)) for r in ALL.values()) + 1
    for tag, attributes in found.elements:
        if tag in ("svg", "img"):
            assert attributes.get("aria-label" if tag == "svg" else "alt")
            assert tag == "img" or attributes["role"] == "img"
        assert tag not in ("script", "link", "iframe", "object")
        assert "style" not in attributes  # a page that forbids them may show sections and pictures
        assert not any(name.startswith("on") for name in attributes)
        for name in ("href", "src", "xlink:href", "srcset"):
            assert attributes.get(name, "#").startswith(("#", "data:"))
    assert not re.search(r"url\((?!#)|@import", text)
    ids = [a["id"] for _, a in found.elements if "id" in a]
    assert len(ids) == len(set(ids))
    links = [
        a[n][1:] for _, a in found.elements for n in ("href", "xlink:href") if a.get(n, "").startswith("#")
    ]
    assert set(links) <= set(ids)


def test_headings_leave_out_no_level(text):
    levels = [int(tag[1]) for tag, _ in Elements(text).elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


class Elements(HTMLParser):
    """Every element of a page, with its attributes."""

    def __init__(self, text):
        super().__init__()
        self.elements = []
        self.feed(text)
        self.count = Counter(tag for tag, _ in self.elements)

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))


def contrast(one, other):
    """Of two colours, by WCAG 2.2's definition of contrast ratio and relative luminance."""

    def luminance(colour):
        parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("side", ["light", "dark"])
def test_words_and_lines_can_be_read_on_every_ground(side):
    for colour in (theme.INK, theme.FAINT, *theme.SERIES):
        for ground in (theme.PAGE, theme.SOFT):
            assert contrast(getattr(colour, side), getattr(ground, side)) >= 4.5, (colour, ground)


def test_a_picture_on_a_page_has_no_colour_of_its_own(shown):
    known = {f"{use}-{c.name}" for use in ("fill", "stroke") for c in theme.COLOURS}
    css = stylesheet()
    assert all(f".{name} " in css for name in known)
    for picture in shown[1]:
        svg = picture.svg()
        assert not re.search(r'"#[0-9a-f]{6}"|rgb\(', svg)
        assert set(" ".join(re.findall(r'class="([^"]+)"', svg)).split()) <= {*known, "plot"}


def test_the_same_bytes_from_many_threads_and_nothing_left_behind():
    """In a fresh interpreter: no pyplot, the user's back end and settings stay as they are."""
    code = """
import sys
from concurrent.futures import ThreadPoolExecutor
import matplotlib
matplotlib.use("agg")
matplotlib.rcParams["font.size"] = 31
matplotlib.rcParams["axes.grid"] = True
before = dict(matplotlib.rcParams)
from qualms.report import solving
from tests.records.sample import make_solving
records = [make_solving(m, s, 12 - s) for m in ("qaoa", "qaoa/placebo") for s in range(3)]
pictures = solving.pictures(records)[:3]
def drawn(picture):
    return picture.svg(), picture.png()
alone = [drawn(p) for p in pictures]
with ThreadPoolExecutor(8) as pool:
    assert list(pool.map(drawn, pictures * 3)) == alone * 3
assert dict(matplotlib.rcParams) == before
assert matplotlib.get_backend() == "agg"
assert "matplotlib.pyplot" not in sys.modules
assert all(png.startswith(b"\\x89PNG") for _, png in alone)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_names_are_text_whatever_they_are():
    """No formula of matplotlib, of a spreadsheet, or of a page."""
    name = "=SUM(1)$\\frac{<script>$"
    strange = ["a\x00b", "\ud800", "c\x1b[31m", "d" * 300 + "/tail", "two\nlines"]
    records = [make_learning(n, 0, fold, 0.8, learner="x") for n in (name, *strange) for fold in range(2)]
    picture = page.sections(records)[0].report.pictures(records)[0]
    svg = picture.svg()
    ElementTree.fromstring(svg)
    ElementTree.fromstring(picture.svg_file())
    assert "=SUM(1)$\\frac{&lt;script&gt;$" in svg
    assert "a\ufffdb" in svg
    assert f"d…{'d' * 27}/tail" in svg
    assert next(csv.reader(io.StringIO(picture.csv().split("\n", 1)[1])))[0] == f"'{name}"
    readable = [r for r in records if r.method.isascii()]  # what a file of records can hold
    assert "<script" not in page.render(readable)


def test_what_is_not_finite_is_left_out_and_not_drawn_at_zero():
    records = [
        make_record(m, s, math.nan if m == "lora" else 1.0) for m in ("lora", "full") for s in range(3)
    ]
    for picture in page.sections(records)[0].report.pictures(records):
        assert picture.svg()
        assert all(math.isfinite(c) for row in picture.rows for c in row if isinstance(c, float))


def test_a_method_that_diverged_is_not_on_the_front():
    """Though it trains the fewest numbers; one diverged seed is enough."""
    runs = {"lora": (10, math.nan), "ia3": (20, 1.0), "vera": (30, 2.0), "full": (40, 0.5)}
    records = [
        make_record(m, s, nll if s or m == "lora" else 1.5, size)
        for m, (size, nll) in runs.items()
        for s in (0, 1)
    ]
    records += [make_record("oft", s, math.nan if s else 0.1, 12) for s in (0, 1)]
    picture = next(p for p in page.sections(records)[0].report.pictures(records) if "size" in p.name)
    assert [row[0] for row in picture.rows] == ["lora", "ia3", "vera", "full", "oft"]
    assert [row[0] for row in picture.rows if row[-1] == "yes"] == ["ia3", "full"]
    assert {row[0] for row in picture.rows if row[3] is None} == {"lora", "oft"}


def test_many_methods_are_limited_with_their_twins_and_that_is_said():
    records = [
        make_solving(f"qaoa{k}{twin}", 0, k) for k in range(100) for twin in ("", "/placebo")
    ]  # the largest objectives are the best
    way, every, gaps, *_ = page.sections(records)[0].report.pictures(records)
    assert len({row[0] for row in every.rows}) == MOST
    assert {row[0] for row in every.rows} == {
        f"qaoa{k}{twin}" for k in range(88, 100) for twin in ("", "/placebo")
    }
    assert f"{MOST} of 200 methods are drawn" in every.caption
    assert f"{MOST} of 200 solvers are drawn" in way.caption
    assert [row[0] for row in gaps.rows] == [f"qaoa{k}" for k in range(48)]
    assert gaps.caption.endswith(" The first 48 of 100 differences are drawn; the records have all.")
    assert len(page.render(records).encode()) < 250_000


@given(st.integers(1, 80), st.integers(0, 4), st.booleans())
@settings(max_examples=30, deadline=None)
def test_what_is_chosen_is_whole_families_of_the_best(heads, twins, lower):
    twin_of = {}
    for k in range(heads):
        twin_of[f"m{k}"] = None
        twin_of.update({f"m{k}/{t}": f"m{k}" for t in range(twins)})
    kept = chosen(twin_of, {m: float(m[1:].partition("/")[0]) for m in twin_of}, lower)
    assert len(kept) <= MOST or len(twin_of) <= MOST
    assert kept == [m for m in twin_of if m in kept]
    assert all((twin_of[m] or m) in kept for m in kept)
    numbers = sorted({int(m[1:].partition("/")[0]) for m in kept})
    assert numbers == (list(range(len(numbers))) if lower else list(range(heads - len(numbers), heads)))


def test_a_mark_is_filled_where_the_interval_excludes_zero():
    values = {
        "a": Interval(1.0, 0.5, 1.5, 3),
        "b": Interval(1.0, -0.5, 2.5, 3),
        "c": Interval(1.0, 1.0, 1.0, 1),
    }
    gaps = [Difference("q", f"q/{k}", "twin", v) for k, v in values.items()]
    picture = forest(gaps, Quantity("loss", "nats", "lower"), MIXED[:3], theme.looks({"q": None}))
    marks = [line for line in picture.figure().axes[0].lines if line.get_marker() == "o"]
    faces = [line.get_markerfacecolor() for line in marks]
    assert faces == [theme.SERIES[0].light, theme.PAGE.light, theme.PAGE.light]
    assert "n = 1 to 3 pairs" in picture.caption
    assert forest([], Quantity("loss", "", None), [], {}) is None


@pytest.mark.parametrize("runs", [(1, 1), (2, 2), (2, 3), (3, 3)])
def test_a_caption_tells_of_intervals_where_they_are_drawn(runs):
    """Learners and bands of training loss have one from three runs on, costs from two."""
    learners = zip(("QuantumKernelClassifier", "QuantumKernelClassifier/rbf"), runs, strict=True)
    learnt = [make_learning(m, 0, fold, 0.8 + fold / 50) for m, n in learners for fold in range(n)]
    tuned = [
        make_record(m, s, 1 + s / 9) for m, n in zip(("qsl", "lora"), runs, strict=True) for s in range(n)
    ]
    pictures = {
        (p.name, own[0].kind): p
        for own in (learnt, tuned)
        for p in page.sections(own)[0].report.pictures(own)
    }
    for key, fewest in {
        ("methods", "learning"): 3, ("differences", "learning"): 3, ("cost", "learning"): 2,
        ("loss-curves", "fine-tuning"): 3, ("cost", "fine-tuning"): 2,
    }.items():  # fmt: skip
        picture = pictures[key]
        low, count, run = (
            picture.columns.index(name) if name in picture.columns else None for name in ("low", "n", "run")
        )
        means = [row for row in picture.rows if run is None or row[run] is None]
        assert all((row[low] is not None) == (row[count] >= fewest) for row in means), key
        counts = {row[count] for row in means}
        some = min(counts) < fewest <= max(counts)
        assert ("95 % Student intervals" in picture.caption) == (max(counts) >= fewest), key
        assert (f"intervals, where n ≥ {fewest}." in picture.caption) == some, key
        assert ("so there is n" in picture.caption) == (max(counts) < fewest), key
        assert ("allow for" in picture.caption) == (key[0] == "methods" and max(counts) >= 3), key


def test_a_twin_is_drawn_like_its_method_but_for_dashes_and_a_hollow_mark():
    looks = theme.looks({"a": None, "a/1": "a", "a/2": "a", "b": None, "lost/1": "lost"})
    assert looks["a/1"].colour == looks["a/2"].colour == looks["a"].colour != looks["b"].colour
    assert looks["a/1"].face == theme.PAGE.light
    assert len({str(looks[m].dashes) for m in ("a", "a/1", "a/2")}) == 3
    assert len({looks[m].mark for m in looks}) == len(looks)


def test_a_bound_that_is_far_is_told_and_not_drawn():
    arm = {"solver": "tabu", "seconds": 1.0, "incumbents": [[0.1, 12]], "twin_of": None}
    near = {
        "arms": [arm], "sense": "max", "feasible": True, "bound": 14, "bound_from": "a sum", "gap": 2 / 12,
    }  # fmt: skip
    picture = incumbents(near, "From one run, n = 1.")
    assert "Dotted: the bound, 14 (a sum), a gap of 16.7 %." in picture.caption
    assert picture.rows[-1] == ("bound", "bound", None, 14.0)
    far = incumbents({**near, "bound": 1e6, "gap": 8e4}, "")
    assert "too far to be drawn" in far.caption
    assert all(row[1] != "bound" for row in far.rows)
    assert incumbents({**near, "arms": []}, "") is None


def test_the_quadrants_count_every_run_once():
    picture = page.overview([*MIXED, *MIXED])
    assert sum(row[3] for row in picture.rows) == len({r.id for r in MIXED})
    assert sum(row[4] for row in picture.rows) == len({r.id for r in MIXED if r.twin_of})
    hardware = Quadrant("quantum", "quantum hardware")
    own, twin = (replace(make_noise(m), quadrant=hardware) for m in ("qsl", "qsl/frozen-angles"))
    counted = quadrants([own] * 9_997 + [twin] * 2)
    assert counted.rows == (("quantum", "quantum hardware", "noise", 9999, 2),)
    assert "noise: 9,999 (2 twins)" in counted.svg()
    assert counted.caption.endswith("From 9,999 records, each of one run.")
    assert quadrants([own]).caption.endswith("From 1 record, each of one run.")
    assert quadrants([]).svg().count("no run") == 8


def test_a_page_of_many_tasks_stays_small(monkeypatch):
    monkeypatch.setattr(page, "MOST_SECTIONS", 2)
    records = [
        make_solving("annealing", 0, 5, id=f"r{k}", task_id=f"t{k}", problem=f"p{k}") for k in range(9)
    ]
    text = page.render(records)
    assert text.count('class="part"') == 2
    assert "maxcut p8" in text
    assert "7 further tasks" in text
    assert "The first 200 of" not in text
    many = [*records, *(make_solving("WEIGHT", 0, 5, id=f"m{k}", task_id=f"m{k}") for k in range(250))]
    full = page.render(many)
    rows = full.partition("<h2>More tasks</h2>")[2].partition("</table>")
    assert rows[0].count("<tr>") == 1 + 200
    assert "The first 200 of 257 rows." in rows[2]


def test_a_page_tells_its_whole_weight(monkeypatch):
    """With the picture of the quadrants and the table of further tasks, whatever names there are."""
    monkeypatch.setattr(page, "MOST_SECTIONS", 1)
    records = [
        make_solving("WEIGHT", 0, 5, id=f"r{k}", task_id=f"t{k}", problem="WEIGHT" * 30) for k in range(100)
    ]
    for shown in (records, records[:1]):
        text = page.render(shown)
        (told,) = re.findall(r"One file of about ([\d,]+) kB", text)
        assert int(told.replace(",", "")) == math.ceil(len(text.encode()) / 1000)


def test_the_command_writes_every_picture_three_times(tmp_path):
    import json

    from qualms.records import RunStore
    from tests.study.test_noise import run_cli

    with RunStore(tmp_path / "run") as store:
        for record in KINDS["learning"]:
            store.add(record)
    words = ("report", str(tmp_path / "run"), "--pictures", str(tmp_path / "drawn"))
    done = run_cli(*words, "--json")
    assert json.loads(done.output)["pictures"] == str(tmp_path / "drawn")
    names = {file.stem for file in (tmp_path / "drawn").iterdir()}
    assert names == {"methods", "differences", "cost"}
    assert {f.name for f in (tmp_path / "drawn").iterdir()} == {
        f"{n}{ending}" for n in names for ending in (".png", ".svg", ".csv")
    }
    svg = (tmp_path / "drawn" / "methods.svg").read_text()
    assert svg.startswith("<?xml")
    assert "<title>Every method</title><desc>Accuracy of every method" in svg
    assert "var(" not in svg
    again = run_cli(*words)
    assert "is not empty" in str(again.exception)
