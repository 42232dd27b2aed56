"""The angles that cut most on 3-regular graphs without short cycles, p = 1 … 11, each from the one before it.

OMP_NUM_THREADS=1 python experiments/qaoa/fixed_angles.py --out src/qualms/solve/qaoa/fixed_angles.json
(half an hour; p ≤ 9 in two minutes; p = 11 ends after 16 steps)
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from scipy.optimize import minimize

from qualms.solve.qaoa.tree import tree_cut


def climbed(start: np.ndarray, most: int) -> tuple[np.ndarray, float]:
    def loss(x: np.ndarray) -> tuple[float, np.ndarray]:
        values = torch.tensor(x, requires_grad=True)
        cut = tree_cut(*values.chunk(2))
        cut.backward()
        return -cut.item(), -values.grad.numpy()

    found = minimize(
        loss, start, jac=True, method="L-BFGS-B", options={"maxiter": most, "gtol": 1e-7, "ftol": 1e-13}
    )
    return found.x, -found.fun


def stretched(angles: np.ndarray) -> np.ndarray:
    """INTERP of Zhou et al. (2020): the same curve at one more point."""
    p = len(angles)
    padded = np.concatenate([[0], angles, [0]])
    i = np.arange(1, p + 2)
    return (i - 1) / p * padded[i - 1] + (p - i + 1) / p * padded[i]


def started(table: dict, p: int, name: str) -> np.ndarray:
    """The last curve stretched, and once more what stretching the one before it missed."""
    last = stretched(np.array(table[str(p - 1)][name]))
    if p < 4:
        return last
    missed = np.array(table[str(p - 1)][name]) - stretched(np.array(table[str(p - 2)][name]))
    return last + stretched(missed)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--layers", type=int, default=11)
    args = parser.parse_args()
    table: dict[str, dict] = json.loads(args.out.read_text()) if args.out.exists() else {}
    for p in range(1, args.layers + 1):
        if str(p) in table:
            continue
        began = time.time()
        start = (
            np.array([0.6, -0.4])
            if p == 1
            else np.concatenate([started(table, p, name) for name in ("gamma", "beta")])
        )
        x, cut = climbed(start, 400 if p < 11 else 16)
        table[str(p)] = {
            "gamma": x[:p].round(9).tolist(),
            "beta": x[p:].round(9).tolist(),
            "cut": round(cut, 7),
        }
        args.out.write_text(json.dumps(table, indent=1) + "\n")
        print(p, round(cut, 6), f"{time.time() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
