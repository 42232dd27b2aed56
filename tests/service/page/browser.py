"""A browser and a running service, for tests."""

from __future__ import annotations

import os
import shutil
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from qualms.service.app import make_app
from qualms.service.served import Service
from qualms.service.settings import Limits, Settings
from qualms.service.streams import Streams

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDTHS, SCHEMES = (1280, 390), ("light", "dark")
_PATIENCE = 300_000.0  # milliseconds, for a machine that has much other work

# Texts whose contrast with what is behind them is below 4.5 (3 for large ones), as WCAG 2.1 computes it.
PALE = """() => {
  const part = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = c => 0.2126 * part(c[0]) + 0.7152 * part(c[1]) + 0.0722 * part(c[2]);
  const rgba = s => { const n = s.match(/[\\d.]+/g).map(Number); return n.length > 3 ? n : [...n, 1]; };
  const over = (a, b) => [0, 1, 2].map(k => a[k] * a[3] + b[k] * (1 - a[3]));
  const behind = e => {
    const layers = [];
    for (; e; e = e.parentElement) {
      const c = rgba(getComputedStyle(e).backgroundColor);
      if (c[3] > 0) layers.push(c);
      if (c[3] === 1) break;
    }
    let c = matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
    for (const l of layers.reverse()) c = over(l, c);
    return c;
  };
  const pale = [], walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.textContent.trim(), e = walk.currentNode.parentElement;
    if (!text || e.closest('svg, option, .hidden, .skip') || !e.getClientRects().length) continue;
    const style = getComputedStyle(e), back = behind(e), size = parseFloat(style.fontSize);
    const [a, b] = [light(over(rgba(style.color), back)), light(back)].sort((x, y) => y - x);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    if ((a + 0.05) / (b + 0.05) < least) pale.push(`${text.slice(0, 40)} ${(a + .05) / (b + .05)}`);
  }
  return pale;
}"""


def chromium() -> str:
    """Where Chromium is; skips the test, and warns, where there is none."""
    found = os.environ.get("QUALMS_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    try:
        import playwright  # noqa: F401
    except ImportError:
        found, why = None, "Playwright is not installed: pip install playwright"
    else:
        why = "there is no Chromium; install it, or name it in the variable QUALMS_CHROMIUM"
    if found is None or not Path(found).exists():
        warnings.warn(f"THE BROWSER TESTS OF THE PAGE ARE SKIPPED: {why}", UserWarning, stacklevel=2)
        pytest.skip(why)
    return found


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium."""
    path = chromium()
    from playwright.sync_api import sync_playwright

    with sync_playwright() as to:
        made = to.chromium.launch(executable_path=path, args=_FLAGS)
        try:
            yield made
        finally:
            made.close()


@contextmanager
def serving(store: Path, workers: int = 0) -> Iterator[tuple[str, Service]]:
    """A service on a free port of this machine, in a thread."""
    import uvicorn

    from qualms.service.run import listen

    listening = listen("127.0.0.1", 0)
    with listening, Service(Settings(store=store, limits=Limits(workers=workers))) as service:
        streams = Streams(service.settings.limits.streams)
        config = uvicorn.Config(make_app(service, streams), log_level="warning", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not (server.started and service.keeper.ready):
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", service
        streams.closing = server.should_exit = True
        thread.join(timeout=10)


class Shown:
    """A page in the browser, with everything that its console complained about."""

    def __init__(self, made: Any, width: int = 1280, scheme: str = "light", script: bool = True) -> None:
        self.context = made.new_context(java_script_enabled=script)
        self.context.set_default_timeout(_PATIENCE)
        self.complaints, self.script = list[str](), script
        self._open()
        self.look(width, scheme)

    def _open(self) -> None:
        self.page = self.context.new_page()
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))

    def renew(self) -> None:
        """A new tab: a page that loads itself again without script would break into the next one."""
        self.page.close()
        self.complaints.clear()
        self._open()

    def look(self, width: int, scheme: str) -> None:
        """Show the page on a screen of another width, or in other colours, without loading it anew."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme=scheme)

    def check(self) -> None:
        """What every view is like: nothing is wider than the screen, pale, nameless or complained about."""
        from playwright.sync_api import expect

        assert self.complaints == []
        expect(self.page.locator("h1")).to_have_count(1, timeout=_PATIENCE)
        if not self.script:  # then nothing can be asked of the page by script either
            return
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert self.page.evaluate(PALE) == []
        nameless = "a, button, input:not([type=hidden]), select, textarea, summary"
        names = self.page.evaluate(
            f"[...document.querySelectorAll('{nameless}')].filter(e => e.checkVisibility() && !(e.innerText"
            " || e.ariaLabel || e.labels?.length)).map(e => e.outerHTML.slice(0, 80))"
        )
        assert names == []

    def close(self) -> None:
        self.context.close()
