"""CP-SAT: hints, bounds and interrupts."""

import subprocess
import sys

import numpy as np

from qualms.problems import GraphColouring
from qualms.problems.numbers import Decimals
from qualms.solve import Limits, MaxCut, solve


def test_a_colouring_with_more_colours_than_the_model_is_no_hint():
    rng = np.random.default_rng(1)
    i, j = np.triu_indices(30, 1)
    kept = rng.random(len(i)) < 0.3
    problem = GraphColouring(30, i[kept], j[kept])
    for seed in range(10):
        assert solve(problem, Limits(0.5, rounds=1), ["cpsat"], seed).feasible


def test_a_search_that_proved_nothing_claims_nothing():
    rng = np.random.default_rng(0)
    i, j = np.triu_indices(300, 1)
    kept = rng.random(len(i)) < 0.05
    problem = MaxCut(300, i[kept], j[kept], Decimals.of(np.ones(kept.sum(), int)))
    for limit in solve(problem, Limits(0.01), ["cpsat"]).bounds:
        assert float(limit.value) > 0


def test_ctrl_c_in_cpsat_keeps_the_incumbent_and_python_its_handler(tmp_path):
    code = """
import os, signal, threading, time
import numpy as np
from qualms.solve import Limits, solve
from qualms.problems import JobShop
rng = np.random.default_rng(0)
shop = JobShop(np.array([rng.permutation(15) for _ in range(20)]), rng.integers(1, 99, (20, 15)))
def heard(arm, found, sent=[]):
    if arm.solver == "cpsat" and not sent:
        sent.append(threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)))
        sent[0].start()
began = time.monotonic()
result = solve(shop, Limits(150), ["cpsat"], listener=heard)
assert result.best is not None and time.monotonic() - began < 90
assert next(a for a in result.arms if a.solver == "cpsat").best is not None
assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
try:
    time.sleep(10)
except KeyboardInterrupt:
    print("caught")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=200
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "caught"
