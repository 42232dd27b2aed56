"""A click model of a million rows: what a tensor-train embedding keeps, beside hashing and low rank.

    python experiments/learn/tensor_networks/clicks.py            # some minutes of one core; resumes
    python experiments/learn/tensor_networks/clicks.py --summary  # the table, from the committed results

The generator. 20,000 users and 20,000 items. Each has a vector of two numbers and an offset, all of variance
1; a click has the probability σ(0.8 ⟨u, v⟩ + 0.7 (offset of u + offset of v) + a small wave over the hour − 1.5).
Items belong to 400 categories in 20 departments, users to 1,000 quarters in 50 towns, of very different sizes;
of the variance of each number 45 % is the department's, 45 % the category's and 10 % the item's own. Items are
drawn by a Zipf law (power 0.8) that knows nothing of the ids, users likewise (power 0.5).

Two namings of the same rows. "ordered": ids are given category by category, as catalogues and directories do,
so that neighbours are alike. "shuffled": the same clicks, and the ids in random order, as hashes of names are.
Only the names differ: a full table learns the same from both, and every difference between the two comes from
what a compressed table makes of the order. Neither is drawn to fit the digits of a tensor train: categories
begin where they begin.

Each method trains the same network on 1,000,000 rows. Learning rate and weight decay are those that are best
on 100,000 further rows of the first seed, the number of passes (at most 8) is the best on those rows of each
seed; 200,000 others are measured. Tables of other sizes use the settings of the size in the middle.
"""

from __future__ import annotations

import argparse
import json
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

from qualms.learn.tensor_networks import HashedEmbedding, TTEmbedding, TTMatrix
from qualms.learn.tensor_networks.modes import low_rank
from qualms.records.provenance import LEARNERS, provenance

HERE = Path(__file__).parent
RESULTS = HERE / "clicks.jsonl"
IDS, WIDTH, HOURS = 20_000, 16, 24
TRAIN, VALID, TEST = 1_000_000, 100_000, 200_000
DECAYS = (1e-5, 1e-4)
PASSES, BATCH = 8, 8192
SEEDS = (0, 1, 2)
TASTES = 2
SHARES = (0.45, 0.45, 0.1)
RANKS = (6, 4, 10)  # 6 is the largest whose tables are a hundred times smaller than full ones


def tree(rng, tops, groups):
    """Vectors (IDS, 8) and offsets (IDS,) of ids in the order of a tree with uneven branches."""
    top_of = np.sort(rng.choice(tops, groups, p=rng.dirichlet(np.full(tops, 2.0))))
    group_of = np.sort(rng.choice(groups, IDS, p=rng.dirichlet(np.full(groups, 1.0))))
    parts = [rng.normal(size=(n, TASTES + 1)) for n in (tops, groups, IDS)]
    shares = [share**0.5 for share in SHARES]
    found = shares[0] * parts[0][top_of[group_of]] + shares[1] * parts[1][group_of] + shares[2] * parts[2]
    return found[:, :TASTES], found[:, TASTES]


def generate(seed):
    """Rows of (user, item, hour) in the ordered naming, clicks, and their true probabilities."""
    rng = np.random.default_rng(seed)
    (users, user_offset), (items, item_offset) = tree(rng, 50, 1000), tree(rng, 20, 400)
    rows = TRAIN + VALID + TEST

    def drawn(power):  # ids by a Zipf law over a random order
        weight = np.arange(1, IDS + 1, dtype=float) ** -power
        return rng.permutation(IDS)[rng.choice(IDS, rows, p=weight / weight.sum())]

    u, v, hour = drawn(0.5), drawn(0.8), rng.integers(0, HOURS, rows)
    logit = 0.8 * (users[u] * items[v]).sum(1) + 0.7 * (user_offset[u] + item_offset[v])
    chance = 1 / (1 + np.exp(-(logit + 0.3 * np.cos(2 * np.pi * hour / HOURS) - 1.5)))
    return np.stack([u, v, hour], 1), rng.random(rows) < chance, chance


def renamed(rows, naming, seed):
    if naming == "ordered":
        return rows
    rng = np.random.default_rng([seed, 1])
    return np.stack([rng.permutation(IDS)[rows[:, 0]], rng.permutation(IDS)[rows[:, 1]], rows[:, 2]], 1)


def settings(method):
    """Learning rates and weight decays to try; rows that few examples reach want smaller ones."""
    rates = (0.003, 0.01) if method in ("full", "low rank") else (0.01, 0.03)
    return [(rate, decay) for rate in rates for decay in DECAYS]


def table(method, rank):
    """An embedding of IDS ids; the compressed ones have at most the numbers of the tensor train."""
    numbers = TTMatrix(IDS, WIDTH, rank).n_parameters if rank else 0
    if method == "full":
        made = nn.Embedding(IDS, WIDTH)
        nn.init.normal_(made.weight, std=0.01)  # with 0.1 rare ids stay noise: its AUC was .01 lower
        return made
    if method == "tensor train":
        return TTEmbedding(IDS, WIDTH, rank, std=0.1)
    if method == "low rank":  # rank 1 is the smallest there is, and already larger than the tensor train
        modes = low_rank(IDS, WIDTH)
        return TTEmbedding(IDS, WIDTH, 1, row_modes=modes[0], column_modes=modes[1], std=0.1)
    return HashedEmbedding(IDS, WIDTH, numbers // WIDTH, contiguous=method == "blocks", std=0.1)


class Clicks(nn.Module):
    """Both vectors, their product and the hour, through one hidden layer."""

    def __init__(self, method, rank):
        super().__init__()
        self.tables = nn.ModuleList([table(method, rank), table(method, rank)])
        self.hour = nn.Embedding(HOURS, 4)
        self.head = nn.Sequential(nn.Linear(3 * WIDTH + 4, 32), nn.ReLU(), nn.Linear(32, 1))

    def forward(self, rows):
        u, v = self.tables[0](rows[:, 0]), self.tables[1](rows[:, 1])
        product = u * v * 10  # as large as its factors are at the start
        return (product.sum(1) + self.head(torch.cat([u, v, product, self.hour(rows[:, 2])], 1))[:, 0]) - 1


def auc(model, rows, clicks):
    with torch.no_grad():
        found = torch.cat([model(part) for part in rows.split(50_000)])
    return float(roc_auc_score(clicks, found.numpy()))


def trained(method, rank, setting, data, seed):
    """AUC on validation and test after each pass, until two passes in a row are no better."""
    (rows, clicks), valid, test = data
    torch.manual_seed(seed)
    model = Clicks(method, rank)
    rate, decay = setting
    optimizer = torch.optim.Adam(model.parameters(), rate, weight_decay=decay)
    loss_of, found = nn.BCEWithLogitsLoss(), []
    for _ in range(PASSES):
        order = torch.randperm(len(rows))
        for part in order.split(BATCH):
            loss = loss_of(model(rows[part]), clicks[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        found.append((auc(model, *valid), auc(model, *test)))
        if len(found) > 2 and max(found[-2:])[0] < max(found)[0]:
            break
    numbers = sum(p.numel() for t in model.tables for p in t.parameters())
    return found, numbers


def parts(seed, naming):
    rows, clicks, chance = generate(seed)
    rows = torch.from_numpy(renamed(rows, naming, seed))
    ends = [0, TRAIN, TRAIN + VALID, TRAIN + VALID + TEST]
    cut = [(rows[a:b], clicks[a:b]) for a, b in pairwise(ends)]
    cut[0] = (cut[0][0], torch.from_numpy(cut[0][1]).float())
    return cut, float(roc_auc_score(clicks[ends[2] :], chance[ends[2] :]))


def plan():
    for seed in SEEDS:
        for naming in ("ordered", "shuffled"):
            yield seed, naming, "full", 0
            yield seed, naming, "low rank", 0
            for method in ("tensor train", "hashing", "blocks"):
                yield seed, naming, method, RANKS[0]
            for rank in RANKS[1:]:
                yield seed, naming, "tensor train", rank


def run():
    done = {}
    if RESULTS.exists():
        done = {tuple(r["key"]): r for r in map(json.loads, RESULTS.read_text().splitlines())}
    told = provenance(LEARNERS)
    last, data, best = None, None, None
    for key in plan():
        seed, naming, method, rank = key
        if key in done:
            continue
        if last != (seed, naming):
            last, (data, best) = (seed, naming), parts(seed, naming)
        # chosen on the first seed's validation rows
        first = done.get((SEEDS[0], naming, method, rank and RANKS[0]))
        started, tried = time.perf_counter(), {}
        for setting in [tuple(first["setting"])] if first else settings(method):
            tried[setting], numbers = trained(method, rank, setting, data, seed)
        setting = max(tried, key=lambda s: max(v for v, _ in tried[s]))
        valid, test = max(tried[setting])
        result = {
            "key": key,
            "numbers": numbers,
            "smaller": 2 * IDS * WIDTH / numbers,
            "setting": setting,
            "passes": 1 + [v for v, _ in tried[setting]].index(valid),
            "valid_auc": valid,
            "test_auc": test,
            "best_possible_auc": best,
            "tried": {str(r): v for r, v in tried.items()},
            "seconds": time.perf_counter() - started,
            "versions": dict(told.versions),
            "machine": dict(told.machine),
        }
        done[key] = result
        with RESULTS.open("a") as file:
            file.write(json.dumps(result) + "\n")
        print(key, numbers, f"rate, decay {setting} test AUC {test:.4f} of {best:.4f}", flush=True)


def summary():
    done = {tuple(r["key"]): r for r in map(json.loads, RESULTS.read_text().splitlines())}
    print(f"{'naming':<9} {'table':<13} {'rank':>4} {'smaller':>8} {'AUC':>7} {'loss in %, each seed':>24}")
    for naming in ("ordered", "shuffled"):
        for method, rank in [("full", 0), ("low rank", 0)] + [
            (m, r) for m in ("tensor train", "hashing", "blocks") for r in RANKS
        ]:
            found = [done[key] for s in SEEDS if (key := (s, naming, method, rank)) in done]
            if not found:
                continue
            losses = [
                100 * (1 - r["test_auc"] / done[r["key"][0], naming, "full", 0]["test_auc"]) for r in found
            ]
            mean = np.mean([r["test_auc"] for r in found])
            shown = " ".join(f"{loss:+.2f}" for loss in losses)
            print(
                f"{naming:<9} {method:<13} {rank or '':>4} {found[0]['smaller']:>7.0f}× {mean:>7.4f} {shown:>24}"
            )
    print("best possible", [f"{done[s, 'ordered', 'full', 0]['best_possible_auc']:.4f}" for s in SEEDS])


if __name__ == "__main__":
    reader = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    reader.add_argument("--summary", action="store_true", help="print the table of the results")
    asked = reader.parse_args()
    torch.set_num_threads(1)
    summary() if asked.summary else run()
