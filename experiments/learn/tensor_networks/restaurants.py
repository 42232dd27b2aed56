"""Ratings of restaurants by users in three aspects: the tensor train beside its twin and matrix factorisation.

    python experiments/learn/tensor_networks/restaurants.py     # a minute; writes restaurants.json

1,161 visits of 138 users to 130 places, each rated overall, for food and for service, from 0 to 2. Two
questions, each by five folds with three shufflings: "new visits", where nothing of a visit is known, and
"one aspect", where one rating of a visit is to be told from the other two. The penalty and the rank are chosen
on a fifth of the training rows, for every method from the same grid.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
from sklearn.model_selection import GroupKFold, GroupShuffleSplit, KFold

from qualms.learn.tensor_networks import TensorTrainRecommender
from qualms.records.provenance import LEARNERS, provenance

HERE = Path(__file__).parent
DATA = HERE.parents[3] / "shared" / "data" / "recommender" / "restaurant_ratings.csv"
ASPECTS = ("rating", "food_rating", "service_rating")
GRID = [(rank, alpha) for rank in (1, 2, 4) for alpha in (3.0, 10.0, 30.0)]


def ratings():
    with DATA.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    X = [[row["userID"], row["placeID"], aspect] for row in rows for aspect in ASPECTS]
    y = [float(row[aspect]) for row in rows for aspect in ASPECTS]
    return np.array(X, dtype=object), np.array(y), np.repeat(np.arange(len(rows)), len(ASPECTS))


def three(X):
    return X


def places_by_aspect(X):
    """A matrix of users and (place, aspect): what matrix factorisation can see of the tensor."""
    return np.stack([X[:, 0], X[:, 1] + "/" + X[:, 2]], 1)


def visits(X):
    """A matrix of (user, place) and aspect."""
    return np.stack([X[:, 0] + "/" + X[:, 1], X[:, 2]], 1)


def another_order(X):
    """The aspect between user and place."""
    return X[:, [0, 2, 1]]


METHODS = {
    "mean": (three, []),
    "offsets (twin)": (three, [(0, 1.0)]),
    "tensor train": (three, GRID),
    "tensor train, aspect in the middle": (another_order, GRID),
    "matrix of users and places' aspects": (places_by_aspect, GRID),
    "matrix of visits and aspects": (visits, GRID),
}


def folds(question, X, y, visit, seed):
    if question == "new visits":
        return GroupKFold(5, shuffle=True, random_state=seed).split(X, y, visit)
    return KFold(5, shuffle=True, random_state=seed).split(X, y)


def rmse(model, X, y):
    return float(np.sqrt(np.mean((model.predict(X) - y) ** 2)))


def predicted(method, question, X, y, visit, train, test, seed):
    columns, grid = METHODS[method]
    if not grid:
        return np.full(len(test), y[train].mean()), None
    made = columns(X)

    def fitted(rows, rank, alpha):
        model = TensorTrainRecommender(rank=rank, alpha=alpha, max_iter=30, tol=1e-4, random_state=seed)
        return model.fit(made[rows], y[rows])

    groups = visit[train] if question == "new visits" else train
    inner, held = next(GroupShuffleSplit(1, test_size=0.2, random_state=seed).split(train, groups=groups))
    inner, held = train[inner], train[held]
    best = grid[0]
    if len(grid) > 1:
        best = min(grid, key=lambda setting: rmse(fitted(inner, *setting), made[held], y[held]))
    return fitted(train, *best).predict(made[test]), best


def main():
    X, y, visit = ratings()
    told = provenance(LEARNERS)
    out = {"versions": dict(told.versions), "machine": dict(told.machine), "rows": len(y), "results": []}
    for question in ("new visits", "one aspect"):
        errors = {method: [] for method in METHODS}
        chosen = {method: [] for method in METHODS}
        for seed in range(3):
            for train, test in folds(question, X, y, visit, seed):
                for method in METHODS:
                    found, best = predicted(method, question, X, y, visit, train, test, seed)
                    errors[method].append(float(np.sqrt(np.mean((found - y[test]) ** 2))))
                    chosen[method].append(best)
        for method, found in errors.items():
            gain = np.array(errors["offsets (twin)"]) - found
            row = {
                "question": question,
                "method": method,
                "rmse": float(np.mean(found)),
                "rmse_folds": found,
                "better_than_twin": float(gain.mean()),
                "folds_better": int((gain > 0).sum()),
                "chosen": chosen[method],
            }
            out["results"].append(row)
            print(
                f"{question:<11} {method:<36} RMSE {row['rmse']:.4f}, better than the twin by "
                f"{row['better_than_twin']:+.4f}, in {row['folds_better']} of {len(found)} folds",
                flush=True,
            )
    (HERE / "restaurants.json").write_text(json.dumps(out, indent=1) + "\n")


if __name__ == "__main__":
    main()
