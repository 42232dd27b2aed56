"""The compiled search for sequences, beside numpy."""

import numpy as np
import pytest

from qualms.errors import TooLargeError
from qualms.kernels import labs as module
from qualms.kernels.labs import LabsSearch, autocorrelation

OPTIMA = {5: 2, 8: 8, 11: 5, 13: 6, 16: 24, 19: 29, 21: 26, 25: 36, 27: 37}  # Packebusch and Mertens 2016


@pytest.mark.parametrize("n", OPTIMA)
def test_published_optima(n):
    search = LabsSearch(n, 1)
    while search.best_energy > OPTIMA[n] and search.made < 200_000:
        search.improve(1000, 30.0)
    assert search.best_energy == OPTIMA[n] == autocorrelation(search.best.astype(int))


def test_seeds_decide_and_energies_are_those_of_the_members():
    first, second = LabsSearch(23, 5), LabsSearch(23, 5)
    for search in (first, second):
        while search.made < 300:
            search.improve(300 - search.made, 60.0)
    assert np.array_equal(first.members, second.members)
    known = first.energies >= 0
    assert [autocorrelation(m.astype(int)) for m in first.members[known]] == first.energies[known].tolist()


def test_numpy_does_the_same_work(monkeypatch):
    monkeypatch.setattr(module, "compiled_core", lambda: None)
    search = LabsSearch(13, 2, population=10)
    while search.best_energy > 6 and search.made < 2000:
        search.improve(100, 10.0)
    assert search.best_energy == 6 == autocorrelation(search.best.astype(int))


def test_autocorrelation_by_its_definition():
    rng = np.random.default_rng(0)
    for n in (2, 7, 20):
        s = rng.choice([-1, 1], n)
        assert autocorrelation(s) == sum(
            sum(int(s[i] * s[i + k]) for i in range(n - k)) ** 2 for k in range(1, n)
        )


def test_long_sequences_are_refused():
    with pytest.raises(TooLargeError, match="at most 1024"):
        LabsSearch(1025, 0)
