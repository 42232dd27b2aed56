"""Drawings of circuits, in text and with matplotlib, from one layout."""

from __future__ import annotations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch

from qualms.circuits.circuit import Circuit
from qualms.circuits.gates import GATES
from qualms.circuits.operation import Operation

_CONTROLLED = {
    "cx": "X",
    "cy": "Y",
    "cz": "●",
    "ch": "H",
    "csx": "SX",
    "cs": "S",
    "csdg": "S†",
    "ccx": "X",
    "ccz": "●",
    "cp": "P",
    "cu": "U",
}
_SHORT = {"sdg": "S†", "tdg": "T†", "sxdg": "SX†", "id": "I", "measure": "M", "reset": "|0⟩"}


def columns(circuit: Circuit) -> list[list[Operation]]:
    """Operations side by side where the span of their wires leaves room, each as early as it can be."""
    free = [0] * circuit.n_qubits
    made: list[list[Operation]] = []
    for op in circuit.operations:
        wires = op.qubits or range(circuit.n_qubits)
        span = range(min(wires), max(wires) + 1)
        at = max(free[q] for q in span)
        if at == len(made):
            made.append([])
        made[at].append(op)
        for q in span:
            free[q] = at + 1
    return made


def labels(op: Operation) -> list[str]:
    """What stands on each of the operation's qubits."""
    angles = ", ".join(str(p) if not isinstance(p, float) else f"{p:.3g}" for p in op.params)
    angles = f"({angles})" if angles else ""
    controls = GATES[op.gate].n_controls if op.gate in GATES else 0
    if op.gate == "barrier":
        return ["░"] * len(op.qubits)
    if op.gate in ("swap", "cswap"):
        return ["●"] * controls + ["✕", "✕"]
    name = (
        _CONTROLLED.get(op.gate)
        or _SHORT.get(op.gate)
        or (op.gate[controls:] if controls else op.label or op.gate).upper()
    )
    if len(op.qubits) - controls > 1 and op.gate != "measure":
        return ["●"] * controls + [f"{name}{angles}"] + [name] * (len(op.qubits) - controls - 1)
    return ["●"] * controls + [name + angles] * (len(op.qubits) - controls)


def text(circuit: Circuit, width: int) -> str:
    n = circuit.n_qubits
    heads = [f"q{q}: " for q in range(n)]
    margin = max(map(len, heads))
    wires, gaps = [h.rjust(margin) + "─" for h in heads], [" " * (margin + 1)] * n
    blocks: list[list[str]] = []
    start = len(wires[0])
    for column in columns(circuit):
        cells, links = [""] * n, [False] * n
        note = ""
        for op in column:
            if not op.qubits:
                note = f"[{phase_label(op)}]"
                continue
            for q, label in zip(op.qubits, labels(op), strict=True):
                cells[q] = label
            for q in range(min(op.qubits), max(op.qubits)):
                links[q] = op.gate != "barrier"
        cells[0] = cells[0] or note
        size = max(map(len, cells)) + 2
        if len(wires[0]) + size > width and len(wires[0]) > start:
            blocks.append(_lines(wires, gaps))
            wires, gaps = [" " * margin + "─"] * n, [" " * (margin + 1)] * n
        crossed = [not cells[q] and (links[q] or (q > 0 and links[q - 1])) for q in range(n)]
        wires = [w + ("┼" if crossed[q] else cells[q]).center(size, "─") for q, w in enumerate(wires)]
        gaps = [g + ("│" if links[q] else " ").center(size) for q, g in enumerate(gaps)]
    blocks.append(_lines(wires, gaps))
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks)


def phase_label(op: Operation) -> str:
    """A global phase stands on no wire."""
    angle = op.params[0]
    return f"phase {angle:.3g}" if isinstance(angle, float) else f"phase {angle}"


def _lines(wires: list[str], gaps: list[str]) -> list[str]:
    lines = [line for pair in zip(wires, gaps, strict=True) for line in pair]
    return lines[:-1]  # nothing hangs under the last wire


def figure(circuit: Circuit) -> Figure:
    made = columns(circuit)
    widths = [
        0.55 + 0.11 * max((len(label) for op in column for label in labels(op)), default=0) if column else 0.5
        for column in made
    ]
    total, n = sum(widths) + 0.9, circuit.n_qubits
    drawing = Figure(figsize=(max(2.0, total * 0.75), 0.55 * n + 0.3))
    FigureCanvasAgg(drawing)
    axes = drawing.add_axes((0, 0, 1, 1))
    axes.set_xlim(-0.7, total - 0.5)
    axes.set_ylim(-n + 0.4, 0.6)
    axes.axis("off")
    for q in range(n):
        axes.plot([-0.1, total - 0.6], [-q, -q], color="0.3", lw=0.8, zorder=0)
        axes.text(-0.15, -q, f"q{q}", ha="right", va="center", fontsize=9)
    x = 0.1
    for column, width in zip(made, widths, strict=True):
        for op in column:
            _draw_operation(axes, op, x + width / 2, width)
        x += width
    return drawing


def _draw_operation(axes, op: Operation, x: float, width: float) -> None:  # type: ignore[no-untyped-def]  # matplotlib's axes
    if not op.qubits:
        axes.text(x, 0.45, phase_label(op), ha="center", va="center", fontsize=7)
        return
    if len(op.qubits) > 1:
        style = {"ls": ":", "lw": 2.0} if op.gate == "barrier" else {"ls": "-", "lw": 1.0}
        axes.plot([x, x], [-min(op.qubits), -max(op.qubits)], color="0.3", zorder=1, **style)
    for q, label in zip(op.qubits, labels(op), strict=True):
        if label == "●":
            axes.add_patch(Circle((x, -q), 0.09, color="0.15", zorder=3))
        elif label in ("✕", "░"):
            axes.text(x, -q, label if label == "✕" else "", ha="center", va="center", fontsize=13, zorder=3)
        else:
            box = FancyBboxPatch(
                (x - width / 2 + 0.14, -q - 0.26),
                width - 0.28,
                0.52,
                boxstyle="round,pad=0.02",
                fc="#eef3fb",
                ec="0.3",
                zorder=2,
            )
            axes.add_patch(box)
            axes.text(x, -q, label, ha="center", va="center", fontsize=8, zorder=3)
