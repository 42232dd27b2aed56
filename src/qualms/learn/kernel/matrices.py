"""What measured kernel matrices need: a check of their spread against shots, and positive eigenvalues."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from qualms.errors import QualmsWarning
from qualms.learn.kernel.exact import Kernel, Projected

_MANY_SHOTS = 100_000  # an exact kernel that needs more than this for an entry is said to be concentrated


def concentration(
    kernel: Kernel, represented: np.ndarray, K: np.ndarray, shots: int | None
) -> dict[str, Any]:
    """How far a kernel's entries are apart, and how many shots it takes to see that.

    Parameters
    ----------
    kernel : Kernel
    represented : np.ndarray
        Of the rows, by this kernel.
    K : np.ndarray
        (rows, rows).
    shots : int or None
        That were taken for each circuit; None for an exact simulation.

    Returns
    -------
    dict
        "variance": of the entries off the diagonal, or of the measured means for the projected kernel.
        "shot_variance": of a single shot, in the mean; for the Hamming kernel an upper limit.
        "shots_to_resolve": how many shots make the noise as large as the spread. "shots": those taken.
        "concentrated": whether the spread cannot be told from the noise.

    References
    ----------
    Thanasilp, Wang, Cerezo, Holmes, "Exponential concentration in quantum kernel methods" (2024).
    """
    if isinstance(kernel, Projected):
        spread = float(represented.var(axis=0).mean())
        single = float((1 - np.clip(represented, -1, 1) ** 2).mean())
    else:
        entries = K[np.triu_indices(len(K), 1)] if len(K) > 1 else np.zeros(1)
        spread, single = float(entries.var()), float(np.clip(entries * (1 - entries), 0, None).mean())
    if shots is not None:  # what was seen is spread and noise together
        spread = max(spread - single / shots, 0.0)
    needed = single / spread if spread > 1e-15 else np.inf
    return {
        "variance": spread,
        "shot_variance": single,
        "shots_to_resolve": float(needed),
        "shots": shots,
        "concentrated": bool(needed > (_MANY_SHOTS if shots is None else shots)),
    }


def warn_of_concentration(found: dict[str, Any], where: str) -> None:
    """A QualmsWarning if the entries of a kernel cannot be told apart."""
    if not found["concentrated"]:
        return
    shots = found["shots"]
    taken = f"{shots} shots were taken" if shots else f"more than {_MANY_SHOTS} shots on a device"
    warnings.warn(
        f"{where}: the kernel is concentrated: its entries have a variance of {found['variance']:.1e}, a "
        f"single shot {found['shot_variance']:.1e}, which takes {found['shots_to_resolve']:.1e} shots to "
        f"resolve ({taken}); choose a smaller bandwidth, fewer qubits or kernel='projected'",
        QualmsWarning,
        stacklevel=4,
    )


def repaired(K: np.ndarray, where: str) -> tuple[np.ndarray, np.ndarray | None, dict[str, Any] | None]:
    """A measured kernel matrix without its negative eigenvalues.

    Parameters
    ----------
    K : np.ndarray
        (rows, rows) symmetric.
    where : str
        Begins the warning.

    Returns
    -------
    K : np.ndarray
        As it was where nothing is to be repaired.
    projector : np.ndarray or None
        (rows, rows) onto what was kept. Coefficients for the repaired matrix are multiplied by it, and then
        go with kernels to new rows as these were measured (Chen et al. 2009, section 4).
    told : dict or None
        "negative": how many eigenvalues, "smallest": the least of them, "share": of their sum in the sum of
        all magnitudes.

    References
    ----------
    Chen, Garcia, Gupta, Rahimi, Cazzanti, "Similarity-based classification" (2009).
    """
    values, vectors = np.linalg.eigh(K)
    negative = values < 0
    if not negative.any() or -values[0] < 1e-10 * len(K):
        return K, None, None
    told = {
        "negative": int(negative.sum()),
        "smallest": float(values[0]),
        "share": float(-values[negative].sum() / np.abs(values).sum()),
    }
    warnings.warn(
        f"{where}: the measured kernel matrix has {told['negative']} negative eigenvalues, the least "
        f"{told['smallest']:.2e}, {told['share']:.1%} of the spectrum; they were set to 0",
        QualmsWarning,
        stacklevel=4,
    )
    kept = vectors[:, ~negative]
    fixed = (kept * values[~negative]) @ kept.T
    return (fixed + fixed.T) / 2, kept @ kept.T, told
