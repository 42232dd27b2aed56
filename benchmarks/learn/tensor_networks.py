"""Tensor-train layers and chains beside the plain ways to compute the same, interleaved in one run.

    python benchmarks/learn/tensor_networks.py

- An embedding of 1,000,000 ids × 64: torch's table, the tensor train here, and a tensor train whose look-up
  multiplies every id's cores one by one, without sharing prefixes. Ids uniform, and by a Zipf law.
- A linear map 1024 → 1024 of rank 16 in two cores: torch's, the tensor train with the order that is chosen,
  and always from the left, for 1, 64 and 4096 vectors. Forwards and backwards.
- A chain of 64 sites with bonds of 16 for 256 rows: both halves at once, and site by site with einsum.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from measure import interleave, save
from qualms.learn.tensor_networks import TTEmbedding, TTLinear
from qualms.learn.tensor_networks.chain import multiplied, near_identity, spin_features

IDS, WIDTH, BATCH = 1_000_000, 64, 8192


def one_by_one(matrix, numbers):
    """Rows of a tensor train, every id by itself."""
    digits = []
    for m in reversed(matrix.row_modes):
        digits.append(numbers % m)
        numbers = numbers // m
    found = None
    for core, digit in zip(matrix.cores, reversed(digits), strict=True):
        m, p, n, q = core.shape
        here = F.embedding(digit, core.reshape(m, -1)).reshape(-1, p, n * q)
        found = here.reshape(-1, n, q) if found is None else torch.bmm(found, here).reshape(len(here), -1, q)
    return found[:, : matrix.columns, 0]


def trained(function, parameters):
    """One pass forwards and backwards."""

    def run():
        for parameter in parameters:
            parameter.grad = None
        function().sum().backward()

    return run


def embeddings():
    torch.manual_seed(0)
    table, train = nn.Embedding(IDS, WIDTH, sparse=True), TTEmbedding(IDS, WIDTH, rank=16)
    zipf = torch.distributions.Categorical(1 / torch.arange(1.0, IDS + 1))
    out = {"smaller": IDS * WIDTH / train.matrix.n_parameters}
    for name, ids in (("uniform", torch.randint(0, IDS, (BATCH,))), ("zipf", zipf.sample((BATCH,)))):
        with torch.no_grad():
            torch.testing.assert_close(train(ids), one_by_one(train.matrix, ids))
        cores = list(train.parameters())
        out[name] = interleave(
            {
                "table": trained(lambda ids=ids: table(ids), [table.weight]),
                "tensor train": trained(lambda ids=ids: train(ids), cores),
                "tensor train, one by one": trained(lambda ids=ids: one_by_one(train.matrix, ids), cores),
            }
        )
    return out


def linear():
    torch.manual_seed(0)
    dense, train = nn.Linear(1024, 1024, bias=False), TTLinear(1024, 1024, False, rank=16, order=2)
    out = {"smaller": 1024 * 1024 / train.matrix.n_parameters}
    for rows in (1, 64, 4096):
        vectors = torch.randn(rows, 1024)
        out[str(rows)] = {"chosen": train.matrix._way(rows)} | interleave(
            {
                "dense": trained(lambda v=vectors: dense(v), [dense.weight]),
                "tensor train": trained(lambda v=vectors: train(v), list(train.parameters())),
                "from the left": trained(
                    lambda v=vectors: train.matrix._from_left(v), list(train.parameters())
                ),
            }
        )
    return out


def chains():
    generator = torch.Generator().manual_seed(0)
    cores = near_identity(2, 32, 2, 16, 0.01, generator).requires_grad_()
    features = spin_features(torch.rand(256, 64, generator=generator, dtype=torch.float64), 2)
    halves = torch.stack([features[:, :32], features[:, 32:].flip(1)])

    def site_by_site():
        found = []
        for half in (0, 1):
            vectors = torch.zeros(256, 16, dtype=torch.float64)
            vectors[:, 0] = 1
            for site in range(32):
                core = cores[half, site].reshape(2, 16, 16)
                vectors = torch.einsum("ra,sab,rs->rb", vectors, core, halves[half, :, site])
            found.append(vectors)
        return torch.stack(found)

    with torch.no_grad():
        vectors, log_norms = multiplied(cores, halves)
        torch.testing.assert_close(vectors * log_norms.exp()[..., None], site_by_site())
    return interleave(
        {
            "both halves at once": trained(lambda: multiplied(cores, halves)[0], [cores]),
            "site by site": trained(site_by_site, [cores]),
        }
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    found = {"embedding": embeddings(), "linear": linear(), "chain": chains()}
    for part, cases in found.items():
        for name, times in cases.items():
            print(part, name, times)
    save("learn_tensor_networks", [{"part": part} | cases for part, cases in found.items()])
