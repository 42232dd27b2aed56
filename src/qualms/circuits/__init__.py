"""What a circuit is.

Conventions, used everywhere and tested against Qiskit:

- Qubit 0 is the **most significant** bit of a basis-state index: |q₀ q₁ … qₙ₋₁⟩ has index Σ q_k 2^(n−1−k).
  (Qiskit counts the other way; reverse its qubit order to compare.)
- RY(θ) = exp(−iθY/2) = [[cos θ/2, −sin θ/2], [sin θ/2, cos θ/2]]; RZ(θ) = exp(−iθZ/2).
- A gate's matrix has the gate's first qubit as its most significant bit, in the same way: CX(c, t) = diag(1,
  1) ⊕ X. Rotations are R_P(θ) = exp(−iθP/2), P(λ) = diag(1, e^{iλ}), U(θ, φ, λ) as in OpenQASM 3, and a
  global phase counts.
- In a layer rotations come first (RY, then RZ where asked), the entangler after them.
- The CNOT ring is CNOT(0,1), CNOT(1,2), …, CNOT(n−2,n−1), CNOT(n−1,0), in this order.
"""

from qualms.circuits.ansatz import ENTANGLERS, LayeredAnsatz
from qualms.circuits.circuit import Circuit
from qualms.circuits.forms import register
from qualms.circuits.observables import Diagonal, Observable, PauliSum
from qualms.circuits.operation import Operation
from qualms.circuits.parameter import Parameter

__all__ = [
    "ENTANGLERS",
    "Circuit",
    "Diagonal",
    "LayeredAnsatz",
    "Observable",
    "Operation",
    "Parameter",
    "PauliSum",
]

register()
