"""Bars and stripes, and other small distributions that tests are made from."""

import numpy as np


def bars_and_stripes(rows, columns):
    """All images of whole bars or whole stripes, each once: (2^rows + 2^columns − 2, rows · columns)."""
    found = set()
    for k in range(1 << rows):
        found.add(tuple(np.repeat([(k >> i) & 1 for i in range(rows)], columns)))
    for k in range(1 << columns):
        found.add(tuple(np.tile([(k >> i) & 1 for i in range(columns)], rows)))
    return np.array(sorted(found))


def all_patterns(n_bits):
    """(2ⁿ, n), in order of the index with bit 0 as the most significant."""
    return np.array([[(x >> (n_bits - 1 - i)) & 1 for i in range(n_bits)] for x in range(1 << n_bits)])


def random_rows(n_bits, rows, seed=0):
    """Correlated bits: a copy of the first one in the others, with noise."""
    rng = np.random.default_rng(seed)
    first = rng.integers(0, 2, (rows, 1))
    return (first ^ (rng.random((rows, n_bits)) < 0.25)).astype(int)
