"""The specification as an OMMX instance, and back."""

from __future__ import annotations

import numpy as np

from qualms.errors import ConfigError, DataError
from qualms.formats.ommx import read_instance, write_instance
from qualms.kernels.annealing import IsingModel
from qualms.problems.fingerprint import fingerprint
from qualms.problems.mixed_integer import MixedInteger
from qualms.problems.model_builder import ModelBuilder
from qualms.problems.problem import Problem
from qualms.problems.quadratic import QUBO, Ising, MaxCut
from qualms.solve.encodings import ising_encoding, linear_encoding
from qualms.specification.general import of_model
from qualms.specification.specification import Specification, parse, to_problem

KEY = "qualms.specification"


def to_ommx(specification: Specification) -> bytes:
    """The bytes of an `ommx.v1.Instance`, which any tool of that format can solve.

    A kind that is not linear is written by its linear encoding, or as a quadratic form of bits with penalties
    where it has none. The specification itself stands beside it as an annotation.

    Raises
    ------
    ConfigError
        For a job that is no optimization, or a problem that has neither encoding.
    MissingExtraError
        Without OMMX.
    """
    model = exchanged(to_problem(specification))
    return write_instance(model, {KEY: specification.model_dump_json()})


def from_ommx(data: bytes, name: str = "ommx") -> Specification:
    """The specification in an instance: the one that was written beside the model, or else a general model.

    Raises
    ------
    DataError
        For other bytes, or an instance whose model was changed after the specification was written beside it.
    ConfigError
        For a model that cannot be represented, as `qualms.formats.ommx.from_instance`.
    """
    model, told = read_instance(data, KEY, name)
    if told is None:
        return of_model(model)
    specification = parse(told)
    written, _ = read_instance(to_ommx(specification), KEY, name)
    if fingerprint(written) != fingerprint(model):
        raise DataError(
            f"{name}: the model differs from the specification beside it; remove the annotation {KEY!r} to "
            "read the model alone"
        )
    return specification


def exchanged(problem: Problem) -> MixedInteger:
    """A problem as a linear or quadratic model. Raises ConfigError where it has no encoding."""
    if isinstance(problem, MixedInteger):
        return problem
    if isinstance(problem, QUBO | Ising | MaxCut):
        return _of_bits(problem, ising_encoding(problem).model, problem.sense)
    try:
        return linear_encoding(problem).model
    except ConfigError:
        return _of_bits(problem, ising_encoding(problem).model, "min")


def _of_bits(problem: Problem, energy: IsingModel, sense: str) -> MixedInteger:
    """An energy of spins s = 2x − 1 as a quadratic form of bits x."""
    sign = 1.0 if sense == "min" else -1.0
    rows = np.repeat(np.arange(energy.n), np.diff(energy.first))
    once = rows < energy.neighbours
    i, j, c = rows[once], energy.neighbours[once], energy.values[once]
    linear = 2 * energy.fields - 2 * np.bincount(i, c, energy.n) - 2 * np.bincount(j, c, energy.n)
    model = ModelBuilder(problem.name, sense, notes=problem.notes)
    model.bits(energy.n, sign * linear)
    model.add_products(i, j, sign * 4 * c)
    model.offset = sign * float(energy.offset - energy.fields.sum() + c.sum())
    return model.build()
