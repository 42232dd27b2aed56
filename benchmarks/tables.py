"""Prints the committed results as Markdown: what README.md and docs/performance.md show.

python benchmarks/tables.py
"""

from __future__ import annotations

import json

from measure import RESULTS


def load(name: str) -> dict:
    return json.loads((RESULTS / f"{name}.json").read_text())


def core() -> None:
    data = load("sublayer_core")
    rows = data["rows"]
    cases = list(dict.fromkeys((r["n"], r["layers"]) for r in rows))
    names = list(dict.fromkeys(r["name"] for r in rows))
    print(
        f"\nSublayer core, {data['core']}, load average "
        f"{data['load_average']:.1f}; minimum in ms (× qualms)\n"
    )
    print("| route | " + " | ".join(f"n{n} L{layers}" for n, layers in cases) + " |")
    print("|---" * (len(cases) + 1) + "|")
    by = {(r["name"], r["n"], r["layers"]): r for r in rows}
    for name in names:
        cells = []
        for case in cases:
            r = by.get((name, *case))
            cells.append(
                "–"
                if r is None
                else f"**{r['min_ms']:.3g}**"
                if name == "qualms"
                else f"{r['min_ms']:.3g} ({r['to_qualms']:.0f})"
            )
        version = data["peers"].get(name)
        print(f"| {name}{f' {version}' if version else ''} | " + " | ".join(cells) + " |")
    own = [by["qualms", *case] for case in cases]
    print("| floor, 14 instructions a butterfly | " + " | ".join(f"{r['floor_ms']:.2g}" for r in own) + " |")
    print("| qualms to that floor | " + " | ".join(f"{r['to_floor']:.2f}" for r in own) + " |")
    print("| peak memory, buffers of B × 2ⁿ | " + " | ".join(f"{r['peak_buffers']:.1f}" for r in own) + " |")


def steps() -> None:
    data = load("training_step")
    print(f"\nTraining step to LoRA's, minimum (median); load average {data['load_average']:.1f}\n")
    adapters = list(dict.fromkeys(r["adapter"] for r in data["rows"]))
    print("| model | tokens | precision | LoRA r8, ms | " + " | ".join(adapters[1:]) + " |")
    print("|---" * (len(adapters) + 3) + "|")
    for model, dtype in dict.fromkeys((r["model"], r["dtype"]) for r in data["rows"]):
        found = {r["adapter"]: r for r in data["rows"] if (r["model"], r["dtype"]) == (model, dtype)}
        lora = found.pop("lora r8")
        ratios = [f"{r['to_lora']['min_ms']:.2f} ({r['to_lora']['median_ms']:.2f})" for r in found.values()]
        print(f"| {model} | {lora['tokens']} | {dtype} | {lora['min_ms']:.0f} | " + " | ".join(ratios) + " |")


def qaoa() -> None:
    data = load("qaoa")
    print(f"\nQAOA p = 3, energy and gradient, minimum in ms; load average {data['load_average']:.1f}\n")
    print(
        "| n | precision | qualms | its first call | lightning.qubit adjoint | × (median) "
        "|\n|---|---|---|---|---|---|"
    )
    for r in data["rows"]:
        other = r["lightning.qubit adjoint"]["min_ms"]
        print(
            f"| {r['n']} | {r['precision'].removeprefix('torch.')} | {r['qualms']['min_ms']:.1f} | "
            f"{r['first_call_ms']:.0f} | {other:.1f} | {r['speedup']['min_ms']:.1f} "
            f"({r['speedup']['median_ms']:.1f}) |"
        )


def others() -> None:
    qasm, numba, crossover = load("qasm"), load("numba_core"), load("sublayer_crossover")
    print(
        f"\nOpenQASM: {len(qasm['rows'])} circuits, largest difference to Qiskit's Statevector "
        f"{qasm['worst_error']:.1e}"
    )
    print(
        "Numba to the compiled core: "
        + ", ".join(f"n{r['n']} L{r['layers']} × {r['numba_to_qualms']:.1f}" for r in numba["rows"])
    )
    wins = {r["n"]: r["layers"] for r in crossover["rows"] if r["rows_to_matrix"] > 1.1}
    print("One matrix wins from rows: " + ", ".join(f"n={n}: {rows}" for n, rows in wins.items()))


def noise() -> None:
    data = load("noise")
    print(
        "\nA noisy sublayer's circuit, loading included; milliseconds a circuit; load average "
        f"{data['load_average']:.1f}\n"
    )
    print(
        "| qubits | noise | qualms, float32, a batch | Aer, float64, one by one | × | largest difference "
        "in float64 |\n|---|---|---|---|---|---|"
    )
    for row in data["rows"]:
        each = row["ms_per_circuit"]
        print(
            f"| {row['qubits']} | {row['noise']} | {each['qualms']:.4f} | {each['aer']:.1f} | "
            f"{row['ratio']:.0f} | {row['difference']:.0e} |"
        )


def startup() -> None:
    data = load("startup")
    print(
        f"\nStarts, best (median) of {data['rows'][0]['starts']}, the interpreter included; load average "
        f"{data['load_average']:.1f}\n"
    )
    print(
        "| what | wall, s | processor, s | target, s | of numpy, scipy, torch, transformers, peft it "
        "imports |\n|---|---|---|---|---|"
    )
    for r in data["rows"]:
        target = "–" if r["target_s"] is None else f"{r['target_s']:g}"
        print(
            f"| {r['case']} | {r['min_s']:.2f} ({r['median_s']:.2f}) | {r['processor_min_s']:.2f} | "
            f"{target} | {', '.join(r['imports']) or 'none'} |"
        )


def optimizer() -> None:
    data = load("optimizer_step")
    print(
        f"\nAn optimizer's step on {data['parameters'] / 1e6:.0f} M parameters, and an epoch of the "
        f"paper's text task; load average {data['load_average']:.1f}\n"
    )
    print("| what | route | minimum, ms | to AdamW on the same path, minimum (median) |\n|---|---|---|---|")
    for row in data["rows"]:
        print(
            f"| {row['what']} | {row['route']} | {row['min_ms']:.1f} | {row['ratio']['min_ms']:.3f} "
            f"({row['ratio']['median_ms']:.3f}) |"
        )
    data = load("optimizer_default")
    print(
        "\nWithout further arguments against AdamW without arguments, in pairs, one thread; load average "
        f"{data['load_average']:.1f}\n"
    )
    print(
        "| what | route | ms | AdamW, ms | processor time to AdamW's, median of pairs (quartiles) "
        "|\n|---|---|---|---|---|"
    )
    for row in data["rows"]:
        low, high = row["quartiles"]
        print(
            f"| {row['what']} | {row['route']} | {row['min_ms']:.1f} | {row['other_min_ms']:.1f} | "
            f"{row['ratio']:.3f} ({low:.3f}–{high:.3f}) |"
        )


if __name__ == "__main__":
    core()
    steps()
    qaoa()
    startup()
    others()
    noise()
    optimizer()
