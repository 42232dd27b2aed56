"""Problems in the languages of methods: as Ising models, and as linear models.

`ising_encoding` and `linear_encoding` are functions dispatched on the class of a problem. There is a file
here for every kind that has encodings of its own; a kind of somebody else's is registered as these are::

    @ising_encoding.register
    def _(problem: MyProblem) -> IsingEncoding: ...
"""

from qualms.solve.encodings import (  # noqa: F401 (they register what they encode)
    assignment,
    colouring,
    facility,
    independent_set,
    jobshop,
    knapsack,
    labs,
    mixed_integer,
    partition,
    portfolio,
    quadratic,
    routing,
)
from qualms.solve.encodings.dispatch import ising_encoding, linear_encoding
from qualms.solve.encodings.encoding import IsingEncoding, LinearEncoding

__all__ = ["IsingEncoding", "LinearEncoding", "ising_encoding", "linear_encoding"]
