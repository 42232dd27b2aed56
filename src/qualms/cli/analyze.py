"""`qualms analyze`: a sublayer's circuit, what it can express, whether it trains, and the bill."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from qualms.cli import options, paths, show
from qualms.errors import ConfigError
from qualms.records import read_records
from qualms.report.sheet import Sheet

if TYPE_CHECKING:
    from qualms.analysis.adapter import AnalyzedAdapter

_LARGEST_PLATEAU = 14  # qubits of which sixty gradients are taken in seconds


def command(
    adapter: Annotated[
        Path | None,
        paths.argument(
            help="Folder of a quantum sublayer adapter; without one, --qubits and --layers say what."
        ),
    ] = None,
    qubits: Annotated[int, typer.Option("--qubits", help="From 1 to 10.")] = 4,
    layers: Annotated[int, typer.Option("--layers", help="Of the circuit.")] = 2,
    entangler: Annotated[str, typer.Option("--entangler")] = "ring",
    model: Annotated[
        str | None,
        paths.name_option("--model", help="The base model; default: the adapter's own, or 'base'."),
    ] = None,
    devices: Annotated[
        str, typer.Option("--devices", help="For the bill, comma between: see `qualms devices`.")
    ] = "ibm_boston,iqm_garnet,ionq_forte",
    tokens: Annotated[int, typer.Option("--tokens", help="Of a training step.")] = 800,
    steps: Annotated[int, typer.Option("--steps", help="Of the fine-tuning.")] = 200,
    shots: Annotated[int, typer.Option("--shots", help="A circuit.")] = 1000,
    gradient: Annotated[str, typer.Option("--gradient", help="parameter-shift or spsa.")] = "parameter-shift",
    plateau: Annotated[
        str, typer.Option("--plateau", help="Qubits at which gradient variance is measured.")
    ] = "2,4,6,8",
    records: Annotated[
        Path | None, paths.option("--records", help="A study's folder: convergence of every method in it.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed")] = 0,
    as_json: options.Json = False,
) -> None:
    """Depth and gates before and after transpiling, expressibility, entanglement, gradients, Fisher
    information, and what fine-tuning would cost.
    """
    if gradient not in ("parameter-shift", "spsa"):
        raise ConfigError(f"--gradient {gradient}: must be parameter-shift or spsa")
    for option, value, most in (
        ("--qubits", qubits, 10),
        ("--layers", layers, 1000),
        ("--tokens", tokens, 10**6),
        ("--steps", steps, 10**9),
        ("--shots", shots, 10**9),
    ):
        options.within(option, value, 1, most)
    options.within("--seed", seed, 0, options.LARGEST_SEED)
    sizes, names = (
        options.integers("--plateau", plateau, 1, _LARGEST_PLATEAU),
        options.words("--devices", devices),
    )
    from qualms.analysis.costs import check_devices
    from qualms.analysis.overview import overview
    from qualms.report.tables import convergence

    check_devices(names)
    reached = convergence([r for r in read_records(records) if r.kind == "fine-tuning"]) if records else {}
    chosen = (
        _trained(adapter, model)
        if adapter
        else _possible(model or "base", n_qubits=qubits, n_layers=layers, entangler=entangler)
    )
    found = {**overview(chosen, names, tokens, steps, shots, gradient, sizes, seed), "convergence": reached}
    if as_json:
        print(show.dumped(found))
        return
    _print(found, show.console(), tokens, steps, shots, gradient)


def _possible(base: str, **options: Any) -> AnalyzedAdapter:
    """An adapter that could be trained on a base model."""
    from qualms.analysis.adapter import from_settings
    from qualms.language_models import load_model

    return from_settings(partial(load_model, base, "generate"), **options)


def _trained(folder: Path, base: str | None) -> AnalyzedAdapter:
    """The adapter in a folder."""
    from qualms.analysis.adapter import from_model
    from qualms.language_models import load_model
    from qualms.study.tuned import load_tuned

    model = load_tuned(folder, base).model
    name = base or getattr(getattr(model, "peft_config", {}).get("default"), "base_model_name_or_path", None)
    return from_model(model, partial(load_model, str(name), "generate"), str(folder))


def _print(
    found: dict[str, Any], console: Console, tokens: int, steps: int, shots: int, gradient: str
) -> None:
    rows = [[part, *_counts(found["circuit"][part])] for part in ("loading", "ansatz", "whole")]
    rows += [[f"whole on {entry['device']}", *_counts(entry["circuit"])] for entry in found["devices"]]
    console.print(
        Sheet(["circuit", "qubits", "depth", "1-qubit gates", "2-qubit gates", "angles", "fidelity ≤"], rows)
    )
    for line in _LEGEND:
        show.say(console, line)
    console.print()
    e = found["expressivity"]
    lines = [
        f"expressibility (KL to Haar)  {e['expressibility_kl_to_haar']:.4f} nats",
        f"entanglement (Meyer–Wallach) {e['meyer_wallach']:.3f}",
        f"effective dimension          {e['effective_dimension']:.1f} of {e['angles']} angles",
        (
            f"the layer's kernel           rank {e['kernel_rank']}, cosine with the quadratic kernel "
            f"{e['kernel_alignment_with_quadratic']:.2f}"
        ),
    ]
    arithmetic = found["classical"]["per_token"]
    lines.append(
        f"simulated, a token           {arithmetic['sublayer_multiply_adds']:,} multiply-adds, "
        f"{arithmetic['sublayer_parameter_bytes']:,} bytes of parameters a sublayer; LoRA "
        f"r={arithmetic['twin_rank']}: {arithmetic['twin_multiply_adds']:,} and "
        f"{arithmetic['twin_parameter_bytes']:,}"
    )
    for method, steps_needed in found["convergence"].items():
        lines.append(f"steps to a common loss       {method}: {_number(steps_needed)}")
    for row in found["gradients"]:
        lines.append(
            f"gradient variance            {row['mean']:.2e} at {row['n_qubits']} qubits, "
            f"{row['n_layers']} layers"
        )
    for line in lines:
        show.say(console, line)
    _print_bill(found, console, tokens, steps, shots, gradient)


def _print_bill(
    found: dict[str, Any], console: Console, tokens: int, steps: int, shots: int, gradient: str
) -> None:
    seconds = found["classical"]["step_seconds_here"]
    bills = [entry["bill"] for entry in found["devices"]]
    rows = [
        [
            b["device"],
            f"{b['circuits_per_step']:,}",
            f"{b['shots']:.2e}",
            _duration(b["seconds"]),
            _number(b["dollars"]),
            _number(b["kilowatt_hours"]),
            b["price_note"],
        ]
        for b in bills
    ]
    for name, method in (
        ("this machine, simulated", "qsl"),
        ("this machine, LoRA of equal parameters", "lora-equal"),
    ):
        rows.append([name, "–", "–", _duration(seconds[method] * steps), "0", "unknown", "measured now"])
    header = ["fine-tuning on", "circuits a step", "shots in all", "device time", "dollars", "kWh", "price"]
    console.print(
        Sheet(header, rows, f"{steps} steps × {tokens} tokens, {shots:,} shots, {gradient}", text=["price"])
    )


_LEGEND = (
    (
        "loading: the circuit that writes a token's numbers into the qubits. ansatz: the trained circuit. "
        "whole: both, as it runs for every token. depth: gates one after the other. fidelity ≤: at most "
        "this share of runs is free of errors, by the device's published error rates."
    ),
    (
        "expressibility: how far the circuit's states are from evenly spread ones (0: evenly). "
        "entanglement: 0 for none, 1 for the most. effective dimension: how many angles make a difference. "
        "gradient variance: where it shrinks fast with the qubits, training stalls (a barren plateau)."
    ),
)


def _counts(counts: dict[str, Any]) -> list[str]:
    fidelity = "–" if counts["fidelity"] is None else f"{counts['fidelity']:.3f}"
    return [
        str(counts["qubits"]),
        str(counts["depth"]),
        str(counts["one_qubit"]),
        str(counts["two_qubit"]),
        str(counts["parameters"]),
        fidelity,
    ]


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:,.0f}"


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "unknown"
    for size, unit in ((365.25 * 86400, "years"), (86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.1f} {unit}"
    return f"{seconds:.1f} s"
