"""A problem's hash is of its data, and of nothing else."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from qualms.errors import ConfigError
from qualms.problems import Portfolio
from qualms.problems.fingerprint import fingerprint
from tests.problems.small import KINDS, made


@pytest.mark.parametrize("kind", KINDS)
def test_equal_data_have_equal_hashes_and_other_data_others(kind):
    problem = made(kind, 0)
    assert fingerprint(problem) == fingerprint(made(kind, 0))
    other = {"notes": ("read from another file",)} | ({} if kind == "labs" else {"name": "another"})
    assert fingerprint(replace(problem, **other)) == fingerprint(problem)
    assert fingerprint(problem) != fingerprint(made(kind, 1))


def test_it_is_the_same_in_another_process():
    code = (
        "from tests.problems.small import made; from qualms.problems.fingerprint import fingerprint; "
        "print(fingerprint(made('cvrp')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == fingerprint(made("cvrp"))


COVARIANCE = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]) / 100


def test_a_portfolio_is_identified_by_the_covariance_and_not_by_its_factors(monkeypatch):
    mean = np.array([0.1, 0.2, 0.3])
    first = Portfolio.from_covariance(mean, COVARIANCE)
    eigh = np.linalg.eigh

    def elsewhere(matrix):
        """As another machine may compute it: last digits and signs differ."""
        values, vectors = eigh(matrix)
        return values * (1 + 1e-15), -vectors * (1 + 1e-15)

    monkeypatch.setattr(np.linalg, "eigh", elsewhere)
    second = Portfolio.from_covariance(mean, COVARIANCE)
    assert (first.factors != second.factors).any()
    assert fingerprint(first) == fingerprint(second)
    assert fingerprint(first) != fingerprint(Portfolio.from_covariance(mean, COVARIANCE * 2))
    assert fingerprint(first) != fingerprint(replace(first, risk=0.25))
    assert fingerprint(first) != fingerprint(replace(first, covariance=None))


def test_factors_are_those_of_the_covariance_that_identifies_them():
    problem = Portfolio.from_covariance(np.array([0.1, 0.2, 0.3]), COVARIANCE)
    with pytest.raises(ConfigError, match="the factors are not those of the covariance"):
        replace(problem, factors=2 * problem.factors)


def hashed(value):
    from dataclasses import make_dataclass

    return fingerprint(make_dataclass("Any", [("value", object)], namespace={"kind": "any"})(value))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (np.array([2**63], np.uint64), np.array([-(2**63)], np.int64)),
        (np.array([1, 2]), np.array([[1], [2]])),
        (np.array([1]), np.array([1.0])),
        (("ab", "c"), ("a", "bc")),
        ((1, (2, 3)), ((1, 2), 3)),
        ("1", 1),
        (1, True),
        (None, "None"),
    ],
)  # fmt: skip
def test_different_values_do_not_read_the_same(first, second):
    assert hashed(first) != hashed(second)


def test_how_a_value_is_stored_does_not_count():
    dense = np.array([[0.0, 1.5], [2.0, 0.0]])
    stored = csr_matrix(
        (np.array([1.5, 0.0, 1.0, 1.0]), (np.array([0, 0, 1, 1]), np.array([1, 0, 0, 0]))), (2, 2)
    )
    assert hashed(csr_matrix(dense)) == hashed(stored)
    assert hashed(np.array([1, 2], np.int32)) == hashed(np.array([1, 2], np.int64))
    assert hashed([1, 2]) == hashed((1, 2)) == hashed(range(1, 3))
