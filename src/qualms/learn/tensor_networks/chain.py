"""Matrix product states: local feature maps, and chains that are multiplied out for many rows at once."""

from __future__ import annotations

from math import comb, pi, sqrt

import torch
from torch import Tensor

from qualms.records.quadrant import Quadrant

INSPIRED = Quadrant("classical", "quantum-inspired")


def spin_features(X: Tensor, local_dimension: int) -> Tensor:
    """Each number as the state of a spin that is turned by it.

    Parameters
    ----------
    X : Tensor
        (rows, features); 0 to 1 is a quarter turn on the Bloch sphere's great circle, and what lies beyond is
        turned further.
    local_dimension : int
        d, at least 2; d = 2 is (cos πx/2, sin πx/2).

    Returns
    -------
    Tensor
        (rows, features, d), of norm 1: φ_s = √binom(d−1, s) cos^{d−1−s}(πx/2) sin^s(πx/2). The scalar product
        of two is cos^{d−1}(π(x − x′)/2).

    References
    ----------
    Stoudenmire, Schwab, "Supervised Learning with Tensor Networks" (NeurIPS 2016), equations 3 and 17.
    """
    angle, most = X * (pi / 2), local_dimension - 1
    cos, sin = torch.cos(angle), torch.sin(angle)
    return torch.stack([sqrt(comb(most, s)) * cos ** (most - s) * sin**s for s in range(local_dimension)], -1)


def multiplied(cores: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
    """Products of chains from their first site to their last, for several chains at once.

    After every site the vectors are divided by their norms, whose logarithms are summed, so that no length of
    chain overflows.

    Parameters
    ----------
    cores : Tensor
        (chains, sites, d χ, χ); entry (s, a) of the third axis belongs to feature s and left bond a.
    features : Tensor
        (chains, rows, sites, d).

    Returns
    -------
    vectors : Tensor
        (chains, rows, χ), of norm 1 where they are not zero.
    log_norms : Tensor
        (chains, rows).
    """
    chains, rows, sites, _ = features.shape
    vectors = cores.new_zeros(chains, rows, cores.shape[3])
    vectors[..., 0] = 1
    log_norms = cores.new_zeros(chains, rows)
    for site in range(sites):
        # the outer product first, so that one matrix product does the rest
        outer = (features[:, :, site, :, None] * vectors[:, :, None, :]).flatten(2)
        vectors = torch.bmm(outer, cores[:, site])
        norms = vectors.norm(dim=2).clamp_min(torch.finfo(vectors.dtype).tiny)
        vectors, log_norms = vectors / norms[..., None], log_norms + norms.log()
    return vectors, log_norms


def near_identity(
    chains: int, sites: int, local_dimension: int, bond: int, noise: float, generator: torch.Generator
) -> Tensor:
    """Cores (chains, sites, d χ, χ) that pass the bond on as it is, whatever the features, but for noise.

    Products of many independent random matrices would forget the first sites.
    """
    shape = (chains, sites, local_dimension, bond, bond)
    cores = noise * torch.randn(shape, generator=generator, dtype=torch.float64)
    return (cores + torch.eye(bond, dtype=torch.float64)).flatten(2, 3)
