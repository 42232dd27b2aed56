"""Variational circuits and quantum reservoirs, as learners and as a torch module."""

from typing import TYPE_CHECKING

from qualms.faces import show

if TYPE_CHECKING:
    from qualms.learn.variational.classifier import VariationalClassifier
    from qualms.learn.variational.layout import Layout
    from qualms.learn.variational.module import VariationalModule
    from qualms.learn.variational.regressor import VariationalRegressor
    from qualms.learn.variational.reservoir import QuantumReservoirRegressor

__all__ = [
    "Layout",
    "QuantumReservoirRegressor",
    "VariationalClassifier",
    "VariationalModule",
    "VariationalRegressor",
]

show(
    __name__,
    {
        "qualms.learn.variational.classifier": ["VariationalClassifier"],
        "qualms.learn.variational.layout": ["Layout"],
        "qualms.learn.variational.module": ["VariationalModule"],
        "qualms.learn.variational.regressor": ["VariationalRegressor"],
        "qualms.learn.variational.reservoir": ["QuantumReservoirRegressor"],
    },
)
