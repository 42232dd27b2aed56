"""The attention term against Qiskit, point by point."""

import math

import numpy as np
import pytest
import torch
from qiskit.quantum_info import SparsePauliOp, Statevector

from qualms.adapters import FourierScoreBias, QuantumScoreBias
from qualms.adapters.score_bias import score_circuit
from qualms.errors import ConfigError


def made(n, depth, encode="tanh", **options):
    bias = QuantumScoreBias(n, depth, encode, **options).double()
    with torch.no_grad():
        bias.psi.copy_(torch.linspace(-1, 2, n))
    return bias


@pytest.mark.parametrize("n", [1, 3, 4])
@pytest.mark.parametrize("depth", [1, 3])
@pytest.mark.parametrize("encode", ["tanh", "raw"])
def test_interpolation_is_the_circuit_run_for_every_score(n, depth, encode):
    bias = made(n, depth, encode)
    scores = torch.linspace(-5, 5, 12, dtype=torch.float64).view(1, 2, 2, 3)
    names = [p for p in bias.circuit.parameters if p != "phi"]
    expected = []
    for s in scores.flatten().tolist():
        phi = math.pi * math.tanh(s) if encode == "tanh" else s
        state = Statevector(
            bias.circuit.bind({**dict(zip(names, bias.angles.tolist(), strict=True)), "phi": phi}).to_qiskit()
        )
        z = [
            state.expectation_value(SparsePauliOp.from_sparse_list([("Z", [q], 1)], n)).real for q in range(n)
        ]
        expected.append(np.dot(z, bias.psi.detach().numpy()))
    np.testing.assert_allclose(bias(scores).detach().flatten().numpy(), expected, atol=1e-11)


def test_gradients():
    bias = made(3, 2)
    run = lambda angles, psi, x: torch.func.functional_call(bias, {"angles": angles, "psi": psi}, (x,))  # noqa: E731
    x = torch.randn(2, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    assert torch.autograd.gradcheck(
        run, (bias.angles.detach().requires_grad_(), bias.psi.detach().requires_grad_(), x)
    )


@pytest.mark.parametrize("module", [QuantumScoreBias, FourierScoreBias])
def test_attention_starts_as_it_was_and_learns(module):
    bias = module()
    q, k, v = (torch.randn(2, 4, 6, 8, generator=torch.Generator().manual_seed(s)) for s in range(3))
    scores = q @ k.mT / 8**0.5
    phi = bias(scores)
    assert torch.equal(phi, torch.zeros_like(scores))
    mixed = torch.nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=phi)
    torch.testing.assert_close(mixed, torch.softmax(scores, -1) @ v)
    mixed.square().sum().backward()
    read_out = bias.psi if module is QuantumScoreBias else bias.cosines
    assert read_out.grad.abs().max() > 0


def test_the_twin_contains_the_circuit():
    """Any circuit's Φ is a trigonometric polynomial of degree n·depth, which the twin can be set to."""
    bias = made(4, 2)
    twin = FourierScoreBias(degree=8).double()
    with torch.no_grad():
        c = bias.coefficients()
        twin.cosines.copy_(c.real)
        twin.sines.copy_(-c.imag)
    scores = torch.randn(50, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(twin(scores), bias(scores), rtol=1e-12, atol=1e-12)


def test_half_precision_scores_stay_half():
    assert made(2, 1).float()(torch.randn(3, 3).bfloat16()).dtype == torch.bfloat16


@pytest.mark.parametrize("make", [QuantumScoreBias, FourierScoreBias])
def test_low_precision_modules_and_autocast(make):
    scores = torch.randn(3, 3, generator=torch.Generator().manual_seed(0))
    full = make()
    with torch.no_grad():
        for p in full.parameters():
            p.copy_(torch.linspace(0.1, 1, p.numel()))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(full(scores), full(scores))
        assert torch.isfinite(full(scores)).all()
    torch.testing.assert_close(
        make().load_state_dict(full.state_dict()) and full.bfloat16()(scores),
        full.float()(scores),
        rtol=0,
        atol=0.1,
    )


def test_masked_scores_have_no_angle():
    bias = made(2, 1, "raw")
    scores = torch.tensor([0.5, -math.inf], dtype=torch.float64, requires_grad=True)
    bias(scores).sum().backward()
    assert torch.isfinite(scores.grad).all()


def test_saved_and_loaded():
    bias, other = made(3, 2), made(3, 2, seed=5)
    other.load_state_dict(bias.state_dict())
    x = torch.randn(7, dtype=torch.float64)
    assert torch.equal(bias(x), other(x))
    assert "phi" in score_circuit(3, 2).parameters


def test_bad_input():
    with pytest.raises(ConfigError, match="encode='angle'"):
        QuantumScoreBias(encode="angle")
    with pytest.raises(ConfigError, match="no gradients"):
        QuantumScoreBias(backend="aer")
    for wrong in (
        lambda: QuantumScoreBias(depth=0),
        lambda: QuantumScoreBias(-1, -1),
        lambda: FourierScoreBias(-1),
    ):
        with pytest.raises(ConfigError, match="at least 1"):
            wrong()
    with pytest.raises(ConfigError, match="real numbers"):
        QuantumScoreBias()(torch.ones(3, dtype=torch.int64))
    with pytest.raises(ConfigError, match="unknown backend"):
        QuantumScoreBias(backend="abacus")


def test_sizes_may_be_numpys():
    assert type(QuantumScoreBias(np.int64(2), np.uint8(1)).degree) is int
    assert FourierScoreBias(np.int64(3)).cosines.shape == (4,)
    for wrong in (
        lambda: QuantumScoreBias(np.float32(2)),
        lambda: QuantumScoreBias(2, True),
        lambda: FourierScoreBias(2.0),
    ):
        with pytest.raises(ConfigError, match="integers of at least 1"):
            wrong()
