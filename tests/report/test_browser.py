"""Report pages in a browser: light and dark, wide, on a telephone and on paper. Needs Chromium."""

import os
from pathlib import Path

import pytest

from qualms.report import page
from tests.report.test_pictures import ALL, MIXED, contrast

CHROMIUM = os.environ.get("QUALMS_CHROMIUM", "/usr/bin/chromium")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not Path(CHROMIUM).exists(),
        reason=f"there is no browser at {CHROMIUM}; install Chromium or set QUALMS_CHROMIUM",
    ),
]
# what is seen of every text: its colour, that of the nearest ground behind it, its size in pixels
SEEN = """() => [...document.querySelectorAll('h1, h2, h3, p, li, td, th, figcaption, summary, svg text')]
  .filter(e => e.textContent.trim() && e.checkVisibility()).map(e => {
    let ground = 'rgba(0, 0, 0, 0)', at = e;
    while (ground === 'rgba(0, 0, 0, 0)' && at) { ground = getComputedStyle(at).backgroundColor; at = at.parentElement; }
    const svg = e.closest('svg'), style = getComputedStyle(e);
    const scale = svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
    return [e.textContent.trim(), svg ? style.fill : style.color, ground, parseFloat(style.fontSize) * scale];
  })"""  # noqa: E501


@pytest.fixture(scope="module")
def browser():
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with sync_api.sync_playwright() as found:
        chromium = found.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield chromium
        chromium.close()


@pytest.fixture(scope="module", params=[*ALL, "everything"])
def file(request, tmp_path_factory):
    records = ALL.get(request.param, MIXED)
    return page.write(records, tmp_path_factory.mktemp("report") / f"{request.param}.html")


def rgb(text):
    """Of "rgb(1, 2, 3)"; what is drawn in SVG on the page's ground has no other one."""
    return tuple(float(v) / 255 for v in text[text.index("(") + 1 : -1].split(",")[:3])


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_word_can_be_read_and_nothing_is_wider_than_the_screen(browser, file, scheme, width):
    asked, problems = [], []
    shown = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    shown.on("request", lambda request: asked.append(request.url))
    shown.on("console", lambda message: problems.append(message.text))
    shown.goto(file.as_uri())
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    seen = shown.evaluate(SEEN)
    shown.close()
    assert asked == [file.as_uri()]
    assert not problems
    assert len(seen) > 10
    for text, colour, ground, size in seen:
        assert contrast(rgb(colour), rgb(ground)) >= 4.5, (text, colour, ground)
        assert size >= 8.5, (text, size)


def test_paper_is_light_whatever_the_screen_is(browser, file):
    shown = browser.new_page(viewport={"width": 690, "height": 900}, color_scheme="dark")
    shown.emulate_media(media="print", color_scheme="dark")
    shown.goto(file.as_uri())
    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert shown.locator("nav").count() == 0 or not shown.locator("nav").is_visible()
    shown.close()


def test_every_control_is_reached_by_the_keyboard(browser, file):
    shown = browser.new_page(viewport={"width": 390, "height": 900})
    shown.goto(file.as_uri())
    wanted = shown.evaluate(
        "[...document.querySelectorAll('summary, a[href], [tabindex=\"0\"]')]"
        ".filter(e => e.checkVisibility({contentVisibilityAuto: true})).length"
    )
    reached = set()
    for _ in range(wanted):
        shown.keyboard.press("Tab")
        reached.add(shown.evaluate("[...document.querySelectorAll('*')].indexOf(document.activeElement)"))
    assert len(reached) == wanted
    opened = shown.locator("details[open]").count()
    shown.locator("details:not([open]) > summary").first.focus()
    shown.keyboard.press("Enter")
    assert shown.locator("details[open]").count() == opened + 1
    shown.close()
