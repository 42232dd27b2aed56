"""Angles to start from: those of 3-regular trees, carried over to other systems."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

import numpy as np

from qualms.errors import ConfigError


@cache
def table() -> dict[int, tuple[np.ndarray, np.ndarray, float]]:
    """(γ, β, share of edges cut) of p layers, made by experiments/qaoa/fixed_angles.py."""
    found = json.loads((files("qualms.solve.qaoa") / "fixed_angles.json").read_text(encoding="utf-8"))
    return {
        int(p): (np.array(row["gamma"]), np.array(row["beta"]), float(row["cut"])) for p, row in found.items()
    }


def fixed(depth: int, degree: float = 3.0) -> np.ndarray:
    """(γ_0, β_0, γ_1, …) for a cost whose couplings are a half in root mean square.

    Optimal on 3-regular graphs without short cycles, where what they cut is guaranteed (Wurtz and Lykov 2021:
    a conjecture that holds on every graph tried); elsewhere γ is scaled by arctan(1/√(d − 1)) (Shaydulin,
    Lotshaw, Larson, Ostrowski, Humble 2023).

    Raises
    ------
    ConfigError
        For a depth that the table has not.
    """
    if depth not in table():
        raise ConfigError(f"fixed angles exist for {min(table())} to {max(table())} layers, not for {depth}")
    gamma, beta, _ = table()[depth]
    carried = np.arctan(1 / np.sqrt(max(1e-9, max(degree, 1.5) - 1))) / np.arctan(1 / np.sqrt(2.0))
    return np.stack([gamma * carried, beta], 1).reshape(-1)
