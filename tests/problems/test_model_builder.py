"""A model built step by step is the one that its arrays say."""

import numpy as np
import pytest

from qualms.errors import ConfigError
from qualms.problems import ModelBuilder


def test_single_steps():
    model = ModelBuilder("lamps", "max", offset=1.5, notes=("a note",))
    lamp = model.variable("lamp", high=10, integer=True, cost=2.0)
    on = model.variable(high=1, integer=True, cost=-5.0)
    wire = model.variable("wire", -np.inf, 3.0)
    model.add({lamp: 1.0, on: -10.0}, high=0, name="only when on")
    model.add({wire: 2.0, lamp: 1.0}, low=1, high=4)
    model.add_products(np.array([on]), np.array([lamp]), np.array([0.5]))
    model.add_costs(np.array([lamp, lamp]), [0.25, 0.25])
    made = model.build()
    assert (made.name, made.sense, made.offset, made.notes) == ("lamps", "max", 1.5, ("a note",))
    assert made.cost.tolist() == [2.5, -5, 0]
    assert made.low.tolist() == [0, 0, -np.inf]
    assert made.high.tolist() == [10, 1, 3]
    assert made.integer.tolist() == [True, True, False]
    assert made.rows.toarray().tolist() == [[1, -10, 0], [1, 0, 2]]
    assert made.row_low.tolist() == [-np.inf, 1]
    assert made.row_high.tolist() == [0, 4]
    assert (made.i.tolist(), made.j.tolist(), made.q.tolist()) == ([0], [1], [0.5])
    assert made.names == ["lamp", "x2", "wire"]
    assert made.row_names == ["only when on", "row 2"]


def test_many_at_once_are_the_same_as_one_by_one():
    rng = np.random.default_rng(0)
    cost, weights = rng.integers(0, 9, (3, 4)), rng.integers(1, 9, (3, 4))
    many = ModelBuilder("m")
    y = many.bits(3, 7.0)
    x = many.variables((3, 4), -1.0, np.arange(4), integer=True, cost=cost)
    many.add_rows((x, weights), (y, -np.arange(3)), low=-5.0, high=np.arange(3))
    many.add_rows((x.T, 1.0), high=1.0)
    one = ModelBuilder("m")
    bits = [one.variable(high=1, integer=True, cost=7.0) for _ in range(3)]
    at = {
        (i, j): one.variable("", -1.0, float(j), integer=True, cost=cost[i, j])
        for i in range(3)
        for j in range(4)
    }
    for i in range(3):
        terms = {at[i, j]: float(weights[i, j]) for j in range(4)}
        one.add({**terms, bits[i]: -float(i)}, low=-5.0, high=float(i))
    for j in range(4):
        one.add({at[i, j]: 1.0 for i in range(3)}, high=1.0)
    a, b = many.build(), one.build()
    for name in ("cost", "low", "high", "integer", "row_low", "row_high"):
        assert np.array_equal(getattr(a, name), getattr(b, name)), name
    assert np.array_equal(a.rows.toarray(), b.rows.toarray())
    assert a.names == a.row_names == []


def test_rows_of_any_length_and_none_at_all():
    model = ModelBuilder("m")
    x = model.bits(3)
    model.add_entries(np.array([0, 0, 2]), x, np.ones(3), np.zeros(3), np.ones(3), ["a", "b", "c"])
    made = model.build()
    assert made.rows.toarray().tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 1]]
    assert made.row_names == ["a", "b", "c"]
    empty = ModelBuilder("nothing").build()
    assert (empty.size, empty.rows.shape) == (0, (0, 0))


def test_what_is_not_finite_is_refused():
    model = ModelBuilder("m")
    model.add({model.variable(): np.inf}, high=1)
    with pytest.raises(ConfigError, match="a coefficient is infinite"):
        model.build()
