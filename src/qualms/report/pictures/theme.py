"""One look for every picture and page: the colours, light and dark, and which method gets which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Colour:
    """A colour by what it is for.

    Attributes
    ----------
    name : str
        Of the CSS variable, without its dashes.
    light, dark : str
        As "#rrggbb", on a light page and on a dark one. A picture is drawn in the light one; on a page it has
        the variable instead.
    """

    name: str
    light: str
    dark: str


PAGE = Colour("page", "#ffffff", "#161616")
INK = Colour("ink", "#111111", "#e8e8e8")
FAINT = Colour("faint", "#555555", "#aaaaaa")  # words of less weight, axes, and what is nobody's own
GRID = Colour("grid", "#d4d4d4", "#474747")  # lines that carry no meaning of their own
SERIES = (
    Colour("series-1", "#1665b0", "#74b3f5"),
    Colour("series-2", "#b54708", "#ff9d5c"),
    Colour("series-3", "#1a7a4c", "#63cf97"),
    Colour("series-4", "#8a3fa8", "#d3a1ee"),
    Colour("series-5", "#8a6408", "#e3b341"),
    Colour("series-6", "#0b7285", "#56cbdc"),
    Colour("series-7", "#c2255c", "#ff8fb8"),
)
SOFT = Colour("soft", "#f1f1f1", "#262626")  # behind words
SHADE = Colour("shade", "#b5b5b5", "#6a6a6a")  # at the edge of what scrolls
COLOURS = (PAGE, INK, FAINT, GRID, SOFT, SHADE, *SERIES)
MARKS = "osD^vPX"
_DASHES = ("--", ":", "-.", (0, (6, 1, 1, 1, 1, 1)), (0, (1, 3)))

# What matplotlib is told. Names of methods are texts of users: a dollar sign in them is no formula.
SETTINGS: dict[str, Any] = {
    "svg.hashsalt": "qualms", "svg.fonttype": "none", "text.parse_math": False, "font.size": 9,
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"],
    "text.color": INK.light, "axes.edgecolor": FAINT.light,
    "axes.labelcolor": INK.light, "axes.labelsize": 9, "axes.linewidth": 0.8, "axes.spines.top": False,
    "axes.spines.right": False, "axes.facecolor": "none", "xtick.color": FAINT.light,
    "ytick.color": FAINT.light, "xtick.labelcolor": INK.light, "ytick.labelcolor": INK.light,
    "xtick.labelsize": 8, "ytick.labelsize": 8, "legend.fontsize": 8, "legend.frameon": False,
    "figure.facecolor": PAGE.light, "grid.color": GRID.light, "grid.linewidth": 0.6, "lines.linewidth": 1.5,
    "lines.markersize": 5, "errorbar.capsize": 2, "patch.edgecolor": PAGE.light,
}  # fmt: skip


@dataclass(frozen=True)
class Look:
    """How a method is drawn everywhere: a twin has the colour of its method, a dashed line, a hollow mark.

    Attributes
    ----------
    colour : str
    dashes : str or tuple
        A line style of matplotlib.
    mark : str
    face : str
        What a mark is filled with.
    """

    colour: str
    dashes: Any
    mark: str
    face: str

    @property
    def line(self) -> dict[str, Any]:
        """For a line without marks."""
        return {"color": self.colour, "linestyle": self.dashes}

    @property
    def point(self) -> dict[str, Any]:
        """For marks alone."""
        return {
            "color": self.colour, "marker": self.mark, "markerfacecolor": self.face,
            "markeredgecolor": self.colour, "linestyle": "none",
        }  # fmt: skip


def looks(twin_of: Mapping[str, str | None], plain: Sequence[str] = ()) -> dict[str, Look]:
    """How each of several methods is drawn.

    Parameters
    ----------
    twin_of : Mapping[str, str | None]
        The methods in order, and whose twin each is.
    plain : Sequence[str], optional
        Those that are only there to compare with; they are grey.

    Returns
    -------
    dict[str, Look]
        By method. The eighth family has the colour of the first. Marks differ within seven neighbours.
    """
    heads = [m for m in twin_of if _head(m, twin_of) == m and m not in plain]
    seen: dict[str, int] = {}
    out = {}
    for number, method in enumerate(twin_of):
        head, mark = _head(method, twin_of), MARKS[number % len(MARKS)]
        if head not in heads:
            out[method] = Look(FAINT.light, "-", "o", FAINT.light)
            continue
        place = heads.index(head)
        colour = SERIES[place % len(SERIES)].light
        if head == method:
            out[method] = Look(colour, "-", mark, colour)
        else:
            dashes = _DASHES[seen.get(head, 0) % len(_DASHES)]
            seen[head] = seen.get(head, 0) + 1
            out[method] = Look(colour, dashes, mark, PAGE.light)
    return out


def _head(method: str, twin_of: Mapping[str, str | None]) -> str:
    of = twin_of.get(method)
    return of if of is not None and of in twin_of else method


def css() -> str:
    """The colours as CSS variables, dark where the reader's screen is and light on paper, and the classes by
    which pictures use them.
    """
    light = " ".join(f"--{c.name}: {c.light};" for c in COLOURS)
    dark = " ".join(f"--{c.name}: {c.dark};" for c in COLOURS)
    classes = " ".join(
        f".fill-{c.name} {{ fill: var(--{c.name}); }} .stroke-{c.name} {{ stroke: var(--{c.name}); }}"
        for c in COLOURS
    )
    return (
        f":root {{ color-scheme: light dark; {light} }}\n"
        f"@media screen and (prefers-color-scheme: dark) {{ :root {{ {dark} }} }}\n{classes}\n"
    )
