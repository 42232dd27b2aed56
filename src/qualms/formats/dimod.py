"""dimod's models as problems, and Ising models as dimod's."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from qualms.errors import ConfigError, DataError, MissingExtraError
from qualms.kernels.annealing import IsingModel
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.model_builder import ModelBuilder
from qualms.problems.numbers import Decimals
from qualms.problems.problem import Problem
from qualms.problems.quadratic import QUBO, Ising

try:
    import dimod  # the one place: solve.dimod takes it from here
except ImportError:
    raise MissingExtraError("dimod", "solve", "dimod's models and samplers") from None


def read_model(path: Path) -> Problem:
    """A binary or constrained quadratic model as dimod's `to_file` writes it.

    Raises
    ------
    DataError
        If dimod cannot read it.
    ConfigError
        For a model that has no form here, see `from_cqm`.
    """
    try:
        with path.open("rb") as file:
            model = dimod.CQM.from_file(file) if path.suffix.lower() == ".cqm" else dimod.BQM.from_file(file)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from None
    except Exception as error:
        raise DataError(
            f"{path}: dimod cannot read it: "
            f"{str(error).splitlines()[0] if str(error) else type(error).__name__}"
        ) from None
    return from_cqm(model, path.stem) if path.suffix.lower() == ".cqm" else from_bqm(model, path.stem)


def from_bqm(bqm: dimod.BQM, name: str = "bqm") -> QUBO | Ising:
    """A binary quadratic model; variables in its own order. Raises ConfigError for one without variables."""
    if not bqm.num_variables:
        raise ConfigError(f"{name}: the model has no variables")
    place = {v: k for k, v in enumerate(bqm.variables)}
    linear = [float(bqm.linear[v]) for v in bqm.variables]
    ends = [(place[u], place[v], float(b)) for (u, v), b in bqm.quadratic.items()]
    i = np.array([min(a, b) for a, b, _ in ends], np.int64)
    j = np.array([max(a, b) for a, b, _ in ends], np.int64)
    values = [b for _, _, b in ends]
    offset = Decimals.of([float(bqm.offset)]).total()
    labels = () if list(bqm.variables) == list(range(len(linear))) else tuple(str(v) for v in bqm.variables)
    if bqm.vartype is dimod.SPIN:
        return Ising(
            len(linear), i, j, Decimals.of(values), Decimals.of(linear), offset, name=name, labels=labels
        )
    every = np.arange(len(linear))
    return QUBO(
        len(linear),
        np.concatenate([every, i]),
        np.concatenate([every, j]),
        Decimals.of([*linear, *values]),
        offset,
        name=name,
        labels=labels,
    )


def from_cqm(cqm: dimod.CQM, name: str = "cqm") -> MixedInteger:
    """A constrained quadratic model with linear constraints; spins become bits.

    Raises
    ------
    ConfigError
        For products in constraints, soft constraints, or the model has no variables.
    """
    soft = (
        [c for c in cqm.constraint_labels if cqm.is_soft(c)]
        if hasattr(cqm, "is_soft")
        else [c for c in cqm.constraints if c in cqm._soft]
    )
    if soft:
        raise ConfigError(f"{name}: constraint {soft[0]!r} is soft, which cannot be represented here")
    spins = [str(v) for v in cqm.variables if cqm.vartype(v) is dimod.SPIN]
    notes = (
        (
            (
                f"{len(spins)} spins ({', '.join(spins[:5])}{', …' * (len(spins) > 5)}) were turned into "
                "bits x: the spin is 2 x − 1"
            ),
        )
        if spins
        else ()
    )
    cqm = cqm.spin_to_binary(inplace=False)
    variables = list(cqm.variables)
    if not variables:
        raise ConfigError(f"{name}: the model has no variables")
    linear = cqm.objective.linear
    used = set(cqm.objective.variables)
    model = ModelBuilder(name, offset=float(cqm.objective.offset), notes=notes)
    place = {
        v: model.variable(
            str(v),
            float(cqm.lower_bound(v)),
            float(cqm.upper_bound(v)),
            integer=cqm.vartype(v) is not dimod.REAL,
            cost=float(linear[v]) if v in used else 0.0,
        )
        for v in variables
    }
    for (u, v), b in cqm.objective.quadratic.items():
        model.add_products(np.array([place[u]]), np.array([place[v]]), np.array([float(b)]))
    for label, c in cqm.constraints.items():
        if c.lhs.num_interactions:
            raise ConfigError(f"{name}: constraint {label!r} has products, which cannot be represented here")
        side = float(c.rhs) - float(c.lhs.offset)
        low = -np.inf if c.sense is dimod.sym.Sense.Le else side
        high = np.inf if c.sense is dimod.sym.Sense.Ge else side
        model.add({place[v]: float(b) for v, b in c.lhs.linear.items() if b}, low, high, str(label))
    return model.build()


def to_bqm(c: IsingModel) -> dimod.BQM:
    """An Ising model as dimod's, of spins 0 … n − 1."""
    i, j, values = c.pairs()
    bqm = dimod.BQM(dimod.SPIN)
    bqm.add_linear_from(zip(range(c.n), c.fields.tolist(), strict=True))
    bqm.add_quadratic_from(zip(i.tolist(), j.tolist(), values.tolist(), strict=True))
    bqm.offset = c.offset
    return bqm


def from_spins(bqm: dimod.BQM) -> IsingModel:
    """A model of spins as an Ising model, its variables in their own order."""
    vectors = bqm.to_numpy_vectors(variable_order=list(bqm.variables))
    pairs = vectors.quadratic
    return IsingModel.from_pairs(
        bqm.num_variables,
        pairs.row_indices,
        pairs.col_indices,
        pairs.biases,
        vectors.linear_biases,
        vectors.offset,
    )
