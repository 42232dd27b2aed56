"""The fenced blocks and inline commands of a Markdown file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]
PAGES += sorted(
    page for folder in ("docs", "experiments", "benchmarks") for page in ROOT.glob(f"{folder}/**/*.md")
)
LANGUAGES = ("python", "bash", "text")
_FENCE = re.compile(
    r"^(?:<!-- needs: (?P<needs>[^>]*?) -->\n)?^```(?P<language>.*)\n(?P<body>(?:.*\n)*?)^```$", re.MULTILINE
)
_SPAN = re.compile(r"`([^`\n]+(?:\n[^`\n]+)?)`")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes
    ----------
    page : str
        Path in the project.
    line : int
        Line of its first line of text.
    language : str
        What stands behind the fence.
    needs : str
        What the comment before it says that it needs; empty if it runs anywhere in seconds.
    """

    page: str
    line: int
    language: str
    needs: str
    body: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of a page, in order."""
    text, found = page.read_text(encoding="utf-8"), []
    for match in _FENCE.finditer(text):
        line = text.count("\n", 0, match.start("body")) + 1
        found.append(
            Block(str(page.relative_to(ROOT)), line, match["language"], match["needs"] or "", match["body"])
        )
    return found


def spans(page: Path) -> list[tuple[int, str]]:
    """Line and text of every piece of inline code outside of fenced blocks."""
    text = _FENCE.sub(lambda match: "\n" * match[0].count("\n"), page.read_text(encoding="utf-8"))
    return [
        (text.count("\n", 0, match.start()) + 1, " ".join(match[1].split())) for match in _SPAN.finditer(text)
    ]


def headings(page: Path) -> list[str]:
    """The anchors of a page's headings, as GitHub and mkdocs make them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]
