"""The attention term of superpositional gradient descent's quantum transformer."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from qualms.backends import get_backend
from qualms.circuits import Circuit, Operation, Parameter, PauliSum
from qualms.data.numbers import plain_integer
from qualms.errors import ConfigError

ENCODINGS = ("tanh", "raw")


def score_circuit(n_qubits: int, depth: int) -> Circuit:
    """H on every qubit; `depth` times RY(phi + t), RZ(r) on each, with t and r its own, and CNOTs between
    neighbours; phi is the encoded score.
    """
    ops = [Operation("h", (q,)) for q in range(n_qubits)]
    for layer in range(depth):
        ops += [Operation("ry", (q,), (Parameter("phi"),)) for q in range(n_qubits)]
        ops += [Operation("ry", (q,), (Parameter(f"t{layer}_{q}"),)) for q in range(n_qubits)]
        ops += [Operation("rz", (q,), (Parameter(f"r{layer}_{q}"),)) for q in range(n_qubits)]
        ops += [Operation("cx", (q, q + 1)) for q in range(n_qubits - 1)]
    return Circuit(n_qubits).extended(ops)


class _ScoreBias(nn.Module):
    """Φ(s) = Σ_m a_m cos(mφ) + b_m sin(mφ), φ = encode(s), of degree K."""

    def __init__(self, degree: int, encode: str) -> None:
        super().__init__()
        count = plain_integer(degree)
        if count is None or count < 1:
            raise ConfigError(f"degree={degree!r}: qubits and depth are integers of at least 1")
        if encode not in ENCODINGS:
            raise ConfigError(f"encode={encode!r} is unknown; choose one of {', '.join(ENCODINGS)}")
        self.degree, self.encode = count, encode

    def coefficients(self) -> Tensor:
        """(K + 1,) complex c with Φ = Re Σ c_m e^{imφ}."""
        raise NotImplementedError

    def forward(self, scores: Tensor) -> Tensor:
        """Φ of attention scores QKᵀ/√d of any shape, to be added to them."""
        if not scores.is_floating_point():
            raise ConfigError(f"attention scores are real numbers, not {scores.dtype}")
        # angles in half precision would be coarse
        wide = scores.to(torch.promote_types(scores.dtype, torch.float32))
        # a masked score has no angle
        phi = math.pi * torch.tanh(wide) if self.encode == "tanh" else torch.where(wide.isinf(), 0.0, wide)
        z = torch.polar(torch.ones_like(phi), phi)
        with torch.autocast(scores.device.type, enabled=False):
            c = self.coefficients().to(z.dtype)
        out = c[-1].expand_as(z)
        for m in range(self.degree - 1, -1, -1):  # Horner's scheme
            out = out * z + c[m]
        return out.real.to(scores.dtype)


class QuantumScoreBias(_ScoreBias):
    """Φ = Σ_k ψ_k ⟨Z_k⟩ of a circuit that has the score as an angle: softmax(QKᵀ/√d + Φ)V.

    Every ⟨Z_k⟩ is a trigonometric polynomial of the encoded score, of degree n_qubits·depth, because each
    upload of an angle brings one frequency. So the circuit runs 2·n_qubits·depth + 1 times, on a grid, and
    not once for every pair of tokens; the rest is exact interpolation. That also says what the term is
    classically: `FourierScoreBias`, its twin, has the same functions and more.

    Parameters
    ----------
    n_qubits, depth : int
        The paper's are 4 and 2.
    encode : str, default "tanh"
        φ = "tanh", π·tanh(s), or "raw", s. The paper does not say; raw scores that differ by 2π would
        look alike.
    backend : str, default "statevector"
        The name of a differentiable backend, see `qualms.backends.get_backend`.
    options : object
        Options of that backend.
    seed : int, default 0
        Seed of the first angles, uniform on [−π, π]. ψ starts at 0, so that attention starts as it was.

    References
    ----------
    Pamuk, Özdemir, Kocabay, arXiv 2511.01918, "Φ = Σ_k ψ_k(C(score))". Degree: Schuld, Sweke, Meyer, Phys.
    Rev. A 103, 032430 (2021).
    """

    def __init__(
        self,
        n_qubits: int = 4,
        depth: int = 2,
        encode: str = "tanh",
        seed: int = 0,
        backend: str = "statevector",
        **options: object,
    ) -> None:
        sizes = [plain_integer(size) or 0 for size in (n_qubits, depth)]
        super().__init__(max(sizes[0], 0) * max(sizes[1], 0), encode)
        n_qubits, depth = sizes
        self.backend = get_backend(backend, **options)
        if not self.backend.differentiable:
            raise ConfigError(f"backend {backend!r} has no gradients: the score bias trains its angles")
        self.circuit = score_circuit(n_qubits, depth)
        self.observables = [PauliSum.z(q, n_qubits) for q in range(n_qubits)]
        self._place = self.circuit.parameters.index("phi")
        drawn = torch.rand(len(self.circuit.parameters) - 1, generator=torch.Generator().manual_seed(seed))
        self.angles = nn.Parameter(math.pi * (2 * drawn - 1))
        self.psi = nn.Parameter(torch.zeros(n_qubits))

    def coefficients(self) -> Tensor:
        count = 2 * self.degree + 1
        real = torch.promote_types(self.angles.dtype, torch.float32)
        grid = torch.arange(count, device=self.angles.device, dtype=real)[:, None] * (2 * math.pi / count)
        trained = self.angles.to(real).expand(count, -1)
        values = torch.cat([trained[:, : self._place], grid, trained[:, self._place :]], 1)
        phi = self.backend.expectation(self.circuit, self.observables, values).to(real) @ self.psi.to(real)
        c = torch.fft.rfft(phi) / count
        return torch.cat([c[:1], 2 * c[1:]])


class FourierScoreBias(_ScoreBias):
    """The classical twin: a free trigonometric polynomial of the same degree, starting at 0.

    Parameters as in `QuantumScoreBias`.
    """

    def __init__(self, degree: int = 8, encode: str = "tanh") -> None:
        super().__init__(degree, encode)
        self.cosines, self.sines = (
            nn.Parameter(torch.zeros(degree + 1)),
            nn.Parameter(torch.zeros(degree + 1)),
        )

    def coefficients(self) -> Tensor:
        real = torch.promote_types(self.cosines.dtype, torch.float32)
        return torch.complex(self.cosines.to(real), -self.sines.to(real))
