"""Matrix product states that classify and that model distributions, beside their classical controls.

    python experiments/learn/tensor_networks/states.py     # some minutes of one core; resumes

Distributions: bars and stripes, the two 16-bit sets of Recio-Armengol et al. (5,000 rows to learn from; 1,000
of them are held out to choose the bond). The controls are independent bits, and scikit-learn's BernoulliRBM,
whose partition function is summed over all 2^16 patterns, with its hidden units and learning rate chosen on
the same held-out rows. Measured: log-likelihood a row of the test rows, in natural logarithms.

Classification: scikit-learn's digits (pixels row by row, and in random order), and eight sets of Bowles et al.
with their published splits. Settings of every method are chosen by threefold cross-validation on the training
rows. Measured: accuracy on the test rows.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.neural_network import BernoulliRBM

from qualms.learn.tensor_networks import MPSBornMachine, MPSClassifier
from qualms.records.provenance import LEARNERS, provenance

HERE = Path(__file__).parent
RESULTS = HERE / "states.jsonl"
DATA = HERE.parents[3] / "shared" / "data"
BONDS = (2, 4, 8, 12, 16)


def patterns(n):
    return (np.arange(2**n)[:, None] >> np.arange(n - 1, -1, -1)) & 1


def rbm_scores(rbm, X):
    """log P of each row, by the sum over all patterns."""

    def energy(rows):
        return rows @ rbm.intercept_visible_ + np.logaddexp(
            0, rows @ rbm.components_.T + rbm.intercept_hidden_
        ).sum(1)

    return energy(X) - np.logaddexp.reduce(energy(patterns(X.shape[1]).astype(float)))


def best_rbm(train, held):
    found = []
    for hidden in (8, 32):
        for rate in (0.02, 0.1):
            rbm = BernoulliRBM(hidden, learning_rate=rate, n_iter=60, batch_size=50, random_state=0).fit(
                train
            )
            found.append((float(rbm_scores(rbm, held).mean()), hidden, rate, rbm))
    return max(found, key=lambda entry: entry[0])


def distribution(name):
    if name.startswith("bars"):
        side = int(name[-1])
        rows = [np.tile(bits, (side, 1)) for bits in patterns(side)]
        X = np.unique([r.ravel() for r in rows] + [r.T.ravel() for r in rows], axis=0)
        started = time.perf_counter()
        machine = MPSBornMachine(random_state=0).fit(X)
        return {
            "negative_log_likelihood": -machine.score(X),
            "best_possible": float(np.log(len(X))),
            "bonds": machine.findings_["bonds"],
            "seconds": time.perf_counter() - started,
        }
    sets = np.load(DATA / "generative" / f"{name}.npz")
    train, test = (np.asarray(sets[key]).astype(int) for key in ("train", "test"))
    train, test = (train > 0).astype(int), (test > 0).astype(int)
    fit, held = train[1000:], train[:1000]
    curve = {bond: MPSBornMachine(max_bond=bond, random_state=0).fit(fit).score(held) for bond in BONDS}
    bond = max(curve, key=curve.get)
    machine = MPSBornMachine(max_bond=bond, random_state=0).fit(fit)
    _, hidden, rate, rbm = best_rbm(fit, held)
    return {
        "held_out": {str(b): s for b, s in curve.items()},
        "bond": bond,
        "parameters": machine.findings_["parameters"],
        "score": machine.score(test),
        "score_independent": machine.twin("independent").fit(fit).score(test),
        "score_rbm": float(rbm_scores(rbm, test).mean()),
        "rbm": [hidden, rate, hidden * train.shape[1] + hidden + train.shape[1]],
        "score_of_training_rows": machine.score(fit),
    }


def classification(name):
    if name.startswith("digits"):
        X, y = load_digits(return_X_y=True)
        if name.endswith("shuffled"):
            X = X[:, np.random.default_rng(0).permutation(X.shape[1])]
        parts = train_test_split(X[:, np.ptp(X, axis=0) > 0], y, test_size=0.3, random_state=0, stratify=y)
        X, test, y, labels = parts
    else:
        sets = np.load(DATA / "tabular" / "qml_benchmarks" / FILES[name])
        X, y, test, labels = (sets[f"{name}:{key}"] for key in ("X_train", "y_train", "X_test", "y_test"))
    small = {"bond": [4, 12], "local_dimension": [2, 4]}
    if name.startswith("digits"):
        small = {"bond": [10], "local_dimension": [2], "alpha": [1e-4, 1e-2]}
    learner, out = MPSClassifier(random_state=0), {}
    twins = {
        "logistic": {"logisticregression__C": [0.1, 1, 10, 100]},
        "kernel": {"svc__C": [0.1, 1, 10, 100]},
    }
    searches = {"mps": (learner, small)} | {t: (learner.twin(t), grid) for t, grid in twins.items()}
    for method, (model, grid) in searches.items():
        started = time.perf_counter()
        search = GridSearchCV(model, grid, cv=3).fit(X, y)
        out[method] = {
            "accuracy": float(search.score(test, labels)),
            "chosen": search.best_params_,
            "seconds": time.perf_counter() - started,
        }
    return out | {"rows": len(X), "features": X.shape[1]}


FILES = {}


def named():
    """Eight sets, spread over the kinds there are."""
    found = {}
    for file in sorted((DATA / "tabular" / "qml_benchmarks").glob("*.npz")):
        names = sorted({key.split(":")[0] for key in np.load(file).files})
        for name in names:
            FILES[name] = file.name
        found[file.name] = names
    every = sorted(FILES)
    return [every[round(k * (len(every) - 1) / 7)] for k in range(8)]


def main():
    done = set()
    if RESULTS.exists():
        done = {json.loads(line)["name"] for line in RESULTS.read_text().splitlines()}
    told = provenance(LEARNERS)
    plan = [
        (name, distribution) for name in ("bars and stripes 3", "bars and stripes 4", "ising_16", "blobs_16")
    ]
    plan += [(name, classification) for name in (*named(), "digits", "digits, pixels shuffled")]
    for name, job in plan:
        if name in done:
            continue
        found = {"name": name} | job(name)
        line = json.dumps(found | {"versions": dict(told.versions), "machine": dict(told.machine)})
        with RESULTS.open("a") as file:
            file.write(line + "\n")
        print(found, flush=True)


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
