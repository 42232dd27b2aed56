"""Linear systems on a quantum computer: HHL as a model and as a circuit, beside conjugate gradient."""

from typing import TYPE_CHECKING

from qualms.faces import show

if TYPE_CHECKING:
    from qualms.learn.linear_systems.circuit import hhl_circuit
    from qualms.learn.linear_systems.hhl import HHLResult, hhl
    from qualms.learn.linear_systems.reading import Reading, read_hhl
    from qualms.learn.linear_systems.record import records
    from qualms.learn.linear_systems.ridge import QuantumRidge

__all__ = ["HHLResult", "QuantumRidge", "Reading", "hhl", "hhl_circuit", "read_hhl", "records"]

show(
    __name__,
    {
        "qualms.learn.linear_systems.circuit": ["hhl_circuit"],
        "qualms.learn.linear_systems.hhl": ["HHLResult", "hhl"],
        "qualms.learn.linear_systems.reading": ["Reading", "read_hhl"],
        "qualms.learn.linear_systems.record": ["records"],
        "qualms.learn.linear_systems.ridge": ["QuantumRidge"],
    },
)
