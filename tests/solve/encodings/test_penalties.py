"""Linear rows as penalties of bits, against all assignments."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from qualms.problems.model_builder import ModelBuilder
from qualms.solve.encodings.penalties import penalised


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_rows_of_two_bits_that_exclude_each_other_are_told_from_others(seed):
    """x + y ≤ 1 of bits is a product; of wider variables, or with other numbers, it is a square with
    room. Either way, breaking a row costs more than any objective brings.
    """
    rng = np.random.default_rng(seed)
    model = ModelBuilder("rows")
    high = rng.choice([1.0, 1.0, 2.0], 4)
    x = model.variables(4, rng.choice([0.0, 0.0, -1.0], 4), high, integer=True, cost=rng.integers(-3, 4, 4))
    for _ in range(3):
        i, j = rng.choice(4, 2, replace=False)
        low, side = rng.choice([-np.inf, 0.0, 1.0]), rng.choice([1.0, 1.0, 2.0])
        a, b = rng.choice([1.0, 1.0, 2.0], 2)
        model.add({int(x[i]): float(a), int(x[j]): float(b)}, low=float(low), high=float(side))
    made = model.build()
    encoding = penalised(made)
    spins = 1 - 2.0 * ((np.arange(1 << encoding.model.n)[:, None] >> np.arange(encoding.model.n)) & 1)
    if encoding.model.n > 14:
        return
    energies = encoding.model.energies(spins)
    best = encoding.decode(spins[int(energies.argmin())])
    grids = [np.arange(a, b + 1) for a, b in zip(made.low, made.high, strict=True)]
    every = np.array(np.meshgrid(*grids, indexing="ij")).reshape(4, -1).T
    feasible = [v for v in every if not made.violations(v)]
    if feasible:
        assert not made.violations(best)
        assert made.objective(best) == min(made.objective(v) for v in feasible)
