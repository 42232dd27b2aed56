"""A table that shows every cell whole, however narrow the terminal is."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from qualms.report.characters import readable

# columns: a longer cell is text, which may be folded between words; a shorter one is a name or a number and
# stays on one line
_PROSE = 24


class Sheet:
    """Rows for `rich.console.Console.print`.

    Where the columns do not fit beside each other, they go below each other in several tables, each with the
    first column again; where not even two fit, every row becomes a block of lines "column: cell". Nothing is
    cut, and no markup is read in cells.

    Parameters
    ----------
    header : Sequence[str]
        The columns' names.
    rows : Sequence[Sequence[str]]
        One text a column.
    title : str, default ""
        Printed above.
    text : Collection[str], optional
        The columns that are aligned left; the first one is in any case, the others are numbers.
    dim : Collection[int], optional
        The rows (by number) that are shown in a fainter colour.
    """

    def __init__(
        self,
        header: Sequence[str],
        rows: Sequence[Sequence[str]],
        title: str = "",
        text: Collection[str] = (),
        dim: Collection[int] = (),
    ) -> None:
        self.header, self.rows, self.title, self.text, self.dim = (
            list(header),
            [list(r) for r in rows],
            title,
            set(text),
            set(dim),
        )

    def markdown(self) -> str:
        """The same as a table of Markdown."""
        lines = ["| " + " | ".join(self.header) + " |", "|---|" + "---:|" * (len(self.header) - 1)]
        lines += [
            "| " + " | ".join(cell.strip().replace("|", r"\|") for cell in row) + " |" for row in self.rows
        ]
        return "\n".join(lines)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        def shown(text: str) -> str:
            return readable(text, options.encoding)

        header, rows = [shown(h) for h in self.header], [[shown(c) for c in row] for row in self.rows]
        if self.title:
            yield Text(shown(self.title), style="bold")
        panels = _panels(header, rows, options.max_width)
        if panels is None:
            yield from self._blocks(header, rows, options.max_width)
        else:
            for columns in panels:
                yield self._table(columns, header, rows)

    def _table(self, columns: dict[int, int], header: list[str], rows: list[list[str]]) -> Table:
        table = Table(header_style="bold")
        for k, width in columns.items():
            left = k == 0 or self.header[k] in self.text
            table.add_column(
                Text(header[k]), justify="left" if left else "right", width=width, overflow="fold"
            )
        for r, row in enumerate(rows):
            table.add_row(*(Text(row[k]) for k in columns), style="dim" if r in self.dim else "")
        return table

    def _blocks(self, header: list[str], rows: list[list[str]], width: int) -> Iterator[RenderableType]:
        label = max(cell_len(h) for h in header[1:]) + 2 if len(header) > 1 else 0
        for r, (name, *cells) in enumerate(rows):
            style = "dim" if r in self.dim else ""
            yield Text(f"{header[0]}: {name.strip()}", style=f"bold {style}", overflow="fold")
            for column, cell in zip(header[1:], cells, strict=True):
                room, needs = width - 2, cell_len(cell)
                gap = " " * (label - cell_len(column) - 1) if label + needs <= room else " "
                # a name or a number: whole on a line of its own
                if cell_len(column) + 2 + needs > room and needs <= _PROSE:
                    gap = "\n"
                yield Padding(Text(f"{column}:{gap}{cell}", style=style, overflow="fold"), (0, 0, 0, 2))


def _panels(header: list[str], rows: list[list[str]], width: int) -> list[dict[int, int]] | None:
    """{column: its width} of every table that is needed, or None if the first column and another one are
    wider than `width`.
    """
    least = [_least(header[k], [row[k] for row in rows]) for k in range(len(header))]
    names = max(cell_len(row[0]) for row in (header, *rows))
    if names <= 0.45 * width:  # by which rows are found: whole where that leaves room for the rest
        least[0] = names
    panels: list[dict[int, int]] = [{0: least[0]}]
    for k in range(1, len(header)):
        if _outer({**panels[-1], k: least[k]}) > width and len(panels[-1]) > 1:
            panels.append({0: least[0]})
        panels[-1][k] = least[k]
    if any(_outer(p) > width for p in panels):
        return None
    for panel in panels:
        wanted = {
            k: max(cell_len(text) for text in (header[k], *(row[k] for row in rows))) - panel[k]
            for k in panel
        }
        for _ in range(width - _outer(panel)):
            k = max(wanted, key=lambda c: wanted[c])
            if wanted[k] <= 0:
                break
            panel[k] += 1
            wanted[k] -= 1
    return panels


def _outer(panel: dict[int, int]) -> int:
    """A table's width: cells, a space on either side of each, and the frame."""
    return sum(panel.values()) + 3 * len(panel) + 1


def _least(name: str, cells: Sequence[str]) -> int:
    """The least width of a column: no name, number or word is broken."""
    words = [cell_len(word) for text in (name, *cells) for word in text.split()]
    whole = [cell_len(cell) if cell_len(cell) <= _PROSE else _PROSE for cell in cells]
    return max([*words, *whole, 1])
