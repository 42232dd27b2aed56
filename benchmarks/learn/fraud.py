"""AUPRC of many bootstrap resamples: one sort and cumulative sums, against scikit-learn's function in a loop.

    python benchmarks/learn/fraud.py

Both in one run, by turns, so that their ratio says something on a busy machine too.
"""

import time

import numpy as np
from sklearn.metrics import average_precision_score

from qualms.learn.fraud import metrics

ROWS, RESAMPLES, TURNS = 3000, 200, 3


def main():
    rng = np.random.default_rng(0)
    fraud = rng.random(ROWS) < 0.05
    scores = rng.normal(size=ROWS) + 1.5 * fraud
    drawn = metrics.resamples(fraud, RESAMPLES, 0)[1:].astype(float)
    ours, theirs = [], []
    for _ in range(TURNS):
        began = time.perf_counter()
        fast = metrics.average_precision(fraud, scores, drawn)
        ours.append(time.perf_counter() - began)
        began = time.perf_counter()
        slow = [average_precision_score(fraud, scores, sample_weight=w) for w in drawn]
        theirs.append(time.perf_counter() - began)
    np.testing.assert_allclose(fast, slow)
    print(
        f"{ROWS} rows, {RESAMPLES} resamples: {min(ours) * 1e3:.0f} ms, scikit-learn's function in a loop {min(theirs) * 1e3:.0f} ms, {min(theirs) / min(ours):.1f} times as long"
    )


if __name__ == "__main__":
    main()
