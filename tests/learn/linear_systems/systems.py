"""Linear systems with a given condition number."""

import numpy as np


def spectrum(rng, n, condition, kind="even"):
    """Eigenvalues from 1/condition to 1."""
    if kind == "geometric":
        return np.geomspace(1 / condition, 1, n)
    if kind == "random":
        return np.r_[1 / condition, 1, rng.uniform(1 / condition, 1, n - 2)]
    return np.linspace(1 / condition, 1, n)


def system(seed, n=8, condition=10.0, kind="even", signs=False, general=False):
    """A and b, random but for the singular values of A."""
    rng = np.random.default_rng(seed)
    values = spectrum(rng, n, condition, kind)
    if signs:
        values = values * rng.choice([-1.0, 1.0], n)
    left = np.linalg.qr(rng.normal(size=(n, n)))[0]
    right = np.linalg.qr(rng.normal(size=(n, n)))[0] if general else left
    return (left * values) @ right.T, rng.normal(size=n)
