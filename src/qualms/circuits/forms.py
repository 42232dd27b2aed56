"""A circuit in its other forms: drawings, OpenQASM, Qiskit's circuits.

What makes a form is imported when it is first asked for, because it brings matplotlib or Qiskit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qualms.circuits.circuit import Circuit, register_form

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from qiskit import QuantumCircuit


def _text(circuit: Circuit, width: int) -> str:
    from qualms.circuits.draw import text

    return text(circuit, width)


def _figure(circuit: Circuit) -> Figure:
    from qualms.circuits.draw import figure

    return figure(circuit)


def _from_qasm(text: str) -> Circuit:
    from qualms.circuits.interchange import from_qasm

    return from_qasm(text)


def _to_qasm(circuit: Circuit, version: int) -> str:
    from qualms.circuits.interchange import to_qasm

    return to_qasm(circuit, version)


def _from_qiskit(circuit: QuantumCircuit) -> Circuit:
    from qualms.circuits.interchange import from_qiskit

    return from_qiskit(circuit)


def _to_qiskit(circuit: Circuit) -> QuantumCircuit:
    from qualms.circuits.interchange import to_qiskit

    return to_qiskit(circuit)


def register() -> None:
    """Give circuits all of these forms."""
    register_form("text", _text)
    register_form("figure", _figure)
    register_form("from_qasm", _from_qasm)
    register_form("to_qasm", _to_qasm)
    register_form("from_qiskit", _from_qiskit)
    register_form("to_qiskit", _to_qiskit)
