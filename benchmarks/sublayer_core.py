"""The sublayer's core, forward and backward, beside its floor and beside other libraries.

    python benchmarks/sublayer_core.py            # 2,048 tokens, ⟨Z⟩ of every qubit
    python benchmarks/sublayer_core.py --core avx2  # another of the compiled cores, to a result of its own
    python benchmarks/sublayer_core.py --scaling  # cost over n, L and B, with the plot
    python benchmarks/sublayer_core.py --crossover

Everything is checked against the float64 oracle before it is timed; all times of a row come from one run,
interleaved.
"""

from __future__ import annotations

import argparse
import math
import os
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import torch

from floor import sublayer_floor_ms
from measure import RESULTS, interleave, save
from peers import installed
from qualms.circuits import LayeredAnsatz, reference
from qualms.kernels import compiled_core, layered, ry_layers, ry_ring
from qualms.kernels.core import LANE_BYTES

TOKENS = 2048
CASES = [(4, 2), (6, 2), (8, 2), (8, 8), (10, 2), (10, 8)]


def case(n: int, layers: int, batch: int, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    x, angles = (
        torch.randn(batch, 1 << n, generator=generator),
        6 * torch.rand(layers, n, generator=generator) - 3,
    )
    return x.requires_grad_(), angles.requires_grad_(), torch.randn(batch, n, generator=generator)


def forward64(x: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """⟨Z⟩ in float64, gate by gate."""
    n = angles.shape[1]
    state, index = x / np.linalg.norm(x, axis=1, keepdims=True), np.arange(1 << n)
    for row in angles:
        for q, theta in enumerate(row):
            pair = state.reshape(len(x), 1 << q, 2, -1)
            a, b = pair[:, :, 0].copy(), pair[:, :, 1].copy()
            c, s = np.cos(theta / 2), np.sin(theta / 2)
            state = np.stack([c * a - s * b, s * a + c * b], 2).reshape(len(x), -1)
        for control, target in LayeredAnsatz(n, 1).cnots():
            state = state[
                :, np.where((index >> (n - 1 - control)) & 1, index ^ (1 << (n - 1 - target)), index)
            ]
    return state**2 @ reference.z_signs(n)


def oracle(
    x: torch.Tensor, angles: torch.Tensor, cotangent: torch.Tensor
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """⟨Z⟩, the gradient to x by central differences in two random directions a row, to angles by parameter
    shift; float64.
    """
    x64, a64, g64 = (t.detach().double().numpy() for t in (x, angles, cotangent))
    directions = np.random.default_rng(0).standard_normal((2, *x64.shape))
    along = [(forward64(x64 + 1e-5 * v, a64) - forward64(x64 - 1e-5 * v, a64)) / 2e-5 for v in directions]
    to_angles = np.zeros_like(a64)
    for index in np.ndindex(a64.shape):
        shift = np.zeros_like(a64)
        shift[index] = math.pi / 2
        to_angles[index] = ((forward64(x64, a64 + shift) - forward64(x64, a64 - shift)) / 2 * g64).sum()
    return forward64(x64, a64), directions, np.stack([(d * g64).sum(1) for d in along]), to_angles


def runner(f, x: torch.Tensor, angles: torch.Tensor, cotangent: torch.Tensor):
    """A call that makes the result and both gradients."""
    if getattr(f, "jax", False):
        arrays = [f.array(t) for t in (x, angles, cotangent)]

        def run():
            out, (to_x, to_angles) = f(*arrays)
            return out, to_x, to_angles

        return run

    def run():
        out = f(x, angles)
        return out, *torch.autograd.grad(out, (x, angles), cotangent.to(out.dtype))

    return run


def check(name: str, make, n: int, layers: int) -> None:
    x, angles, cotangent = case(n, min(layers, 2), 32)
    made = runner(make(n, min(layers, 2)), x, angles, cotangent)()
    out, to_x, to_angles = (
        t.detach().numpy() if isinstance(t, torch.Tensor) else np.asarray(t) for t in made
    )
    expected, directions, along, angle_gradient = oracle(x, angles, cotangent)
    for got, right in ((out, expected), ((directions * to_x).sum(2), along), (to_angles, angle_gradient)):
        error = np.abs(got - right).max() / np.abs(right).max()
        assert error < 2e-5, f"{name} is wrong by {error:.1e} at n={n}"


def ours(n: int, layers: int):
    return ry_ring


def in_torch(n: int, layers: int):
    ansatz = LayeredAnsatz(n, layers)
    return lambda x, angles: layered.read_out(ansatz, angles, x, "z", True)


def peak_buffers(n: int, layers: int) -> float | None:
    """What a call adds to the resident memory of a fresh process at its peak, in buffers of B × 2ⁿ float32
    (Linux).
    """
    found = subprocess.run(
        [sys.executable, __file__, "--memory", str(n), str(layers)],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    return float(found) / (4 * TOKENS << n) if found.strip() else None


def print_peak(n: int, layers: int) -> None:
    def status(key: str) -> int:
        return next(
            int(line.split()[1]) * 1024
            for line in Path("/proc/self/status").read_text().splitlines()
            if line.startswith(key)
        )

    small = case(n, layers, 32)
    runner(ry_ring, *small)()  # threads and tables exist from here on
    call = runner(ry_ring, *case(n, layers, TOKENS))
    before = status("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    call()
    print(status("VmHWM") - before)


def compare(seconds: float, result: str) -> None:
    core = compiled_core()
    lane = LANE_BYTES[core.variant] if core else 16
    rows = []
    peers = installed()
    for n, layers in CASES:
        makes = {"qualms": ours, "torch alone": in_torch}
        if layers == 2 or n == 8:
            makes |= {name: make for name, (make, _) in peers.items()}
        x, angles, cotangent = case(n, layers, TOKENS)
        calls = {}
        for name, make in makes.items():
            check(name, make, n, layers)
            calls[name] = runner(make(n, layers), x, angles, cotangent)
        times = interleave(calls, seconds, most=300)
        floor, lower = (sublayer_floor_ms(n, layers, TOKENS, lane, count) for count in (14, 8))
        own = times["qualms"]
        buffers = peak_buffers(n, layers)
        for name, t in times.items():
            rows.append(
                {
                    "n": n,
                    "layers": layers,
                    "batch": TOKENS,
                    "name": name,
                    **t,
                    "floor_ms": floor,
                    "floor_tangent_ms": lower,
                    "to_qualms": t["min_ms"] / own["min_ms"],
                    "to_qualms_median": t["median_ms"] / own["median_ms"],
                    **(
                        {"to_floor": t["min_ms"] / floor, "peak_buffers": buffers} if name == "qualms" else {}
                    ),
                }
            )
            print(
                (
                    f"n={n:2} L={layers} {name:28} min {t['min_ms']:9.3f} ms  median "
                    f"{t['median_ms']:9.3f}  × qualms {t['min_ms'] / own['min_ms']:7.1f}"
                )
                + (
                    (
                        f"  floor {floor:.3f} (× {t['min_ms'] / floor:.2f}), peak "
                        f"{buffers or float('nan'):.2f} buffers of B×d"
                    )
                    if name == "qualms"
                    else ""
                ),
                flush=True,
            )
    print(save(result, rows, peers={name: v for name, (_, v) in peers.items()}))


def scaling(seconds: float) -> None:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    core = compiled_core()
    lane = LANE_BYTES[core.variant] if core else 16
    sweeps = {
        "qubits n (L = 2, B = 2,048)": [(n, 2, TOKENS) for n in range(2, 13)],
        "layers L (n = 8, B = 2,048)": [(8, layers, TOKENS) for layers in (1, 2, 4, 8, 16, 32, 48)],
        "tokens B (n = 8, L = 2)": [(8, 2, 1 << k) for k in range(4, 15)],
    }
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    FigureCanvasAgg(figure)
    rows = []
    for k, (title, cases) in enumerate(sweeps.items()):
        axes = figure.add_subplot(1, 3, k + 1)
        axis = [c[k] for c in cases]
        found = []
        for n, layers, batch in cases:
            x, angles, cotangent = case(n, layers, batch)
            t = interleave({"qualms": runner(ry_ring, x, angles, cotangent)}, seconds, most=300)["qualms"]
            floor, lower = (sublayer_floor_ms(n, layers, batch, lane, count) for count in (14, 8))
            found.append((t["min_ms"], floor, lower))
            rows.append(
                {
                    "sweep": title,
                    "n": n,
                    "layers": layers,
                    "batch": batch,
                    **t,
                    "floor_ms": floor,
                    "floor_tangent_ms": lower,
                }
            )
            print(f"{title}: n={n} L={layers} B={batch} {t['min_ms']:.3f} ms, floor {floor:.3f}", flush=True)
        for series, label, style in zip(
            zip(*found, strict=True),
            ("qualms", "floor, 14 instructions", "floor, 8 (tangents)"),
            ("o-", "--", ":"),
            strict=True,
        ):
            axes.plot(axis, series, style, label=label)
        axes.set(
            xscale="linear" if k == 0 else "log",
            yscale="log",
            xlabel=title,
            ylabel="forward + backward, ms" if k == 0 else None,
        )
        axes.grid(alpha=0.3)
    figure.axes[0].legend(fontsize=8)
    figure.savefig(RESULTS / "sublayer_scaling.png", dpi=130)
    print(save("sublayer_scaling", rows))


def crossover(seconds: float) -> None:
    """From how many rows of angles on one matrix product is faster, 2,048 tokens."""
    rows = []
    for n in range(1, 11):
        for layers in (4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192):
            x, angles, cotangent = case(n, layers, TOKENS)
            calls = {}
            for name, table in (("rows", {}), ("matrix", {n: 1})):

                def call(table=table, run=runner(ry_ring, x, angles, cotangent)):
                    ry_layers._DEEP = table
                    return run()

                calls[name] = call
            times = interleave(calls, seconds, most=60)
            ratio = times["rows"]["min_ms"] / times["matrix"]["min_ms"]
            rows.append(
                {
                    "n": n,
                    "layers": layers,
                    "rows_to_matrix": ratio,
                    **{k: v["min_ms"] for k, v in times.items()},
                }
            )
            if ratio > 1.1:
                break
        print(
            f"n={n}: "
            + (f"the matrix wins from {layers} rows on" if ratio > 1.1 else f"rows win up to {layers}")
            + f" ({ratio:.2f})",
            flush=True,
        )
    print(save("sublayer_crossover", rows))


def main() -> None:
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=1.5, help="per case and library")
    parser.add_argument("--scaling", action="store_true")
    parser.add_argument("--crossover", action="store_true")
    parser.add_argument(
        "--core", choices=LANE_BYTES, help="instead of the best; to results/sublayer_core_CORE.json"
    )
    parser.add_argument(
        "--memory", type=int, nargs=2, metavar=("N", "L"), help="print the peak memory of one call in bytes"
    )
    args = parser.parse_args()
    if args.core:
        os.environ["QUALMS_CORE"] = args.core
    if args.memory:
        print_peak(*args.memory)
    elif args.scaling:
        scaling(args.seconds / 3)
    elif args.crossover:
        crossover(args.seconds / 10)
    else:
        compare(args.seconds, "sublayer_core" + (f"_{args.core}" if args.core else ""))


if __name__ == "__main__":
    main()
