"""The general simulator against the oracle, Qiskit and itself run otherwise."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.circuit.library import QFT
from qiskit.quantum_info import Statevector

from qualms.backends import get_backend, statevector
from qualms.circuits import Circuit, LayeredAnsatz, Parameter, PauliSum, ansatz, channels, encode, reference
from qualms.errors import ConfigError, TooLargeError
from qualms.kernels import memory, program, simulate, steps
from tests.circuits.circuits import random_circuits, random_values, seeded_circuit


def as_values(circuit, seed=0):
    return torch.tensor([*random_values(circuit, seed).values()], dtype=torch.float64)


@settings(max_examples=80, deadline=None)
@given(random_circuits(), st.sampled_from(["adjoint", "backprop"]))
def test_equals_the_oracle(circuit, gradient):
    expected = reference.statevector(circuit, random_values(circuit))
    np.testing.assert_allclose(
        simulate(circuit, as_values(circuit), gradient=gradient).numpy(), expected, atol=1e-11
    )
    single = simulate(circuit, as_values(circuit).float(), gradient=gradient)
    assert single.dtype == torch.complex64
    np.testing.assert_allclose(single.numpy(), expected, atol=2e-4)


@pytest.mark.parametrize("n", [8, 9, 10])
def test_wide_circuits_equal_qiskit(n):
    for seed in range(4):
        circuit = seeded_circuit(n, 60, seed, free=0)
        np.testing.assert_allclose(statevector(circuit), Statevector(circuit.to_qiskit()).data, atol=1e-10)


@settings(max_examples=30, deadline=None)
@given(random_circuits(most_qubits=4, most_gates=12), st.booleans(), st.booleans())
def test_adjoint_is_backprop(circuit, batched, with_inputs):
    if not circuit.parameters and not with_inputs:
        return
    generator = torch.Generator().manual_seed(0)
    values = torch.randn(
        *((3,) if batched else ()),
        len(circuit.parameters),
        dtype=torch.float64,
        generator=generator,
        requires_grad=True,
    )
    inputs = (
        torch.randn(3, 1 << circuit.n_qubits, dtype=torch.complex128, generator=generator, requires_grad=True)
        if with_inputs
        else None
    )
    weights = torch.randn(1 << circuit.n_qubits, dtype=torch.complex128, generator=generator)
    wanted = [t for t in (values, inputs) if t is not None and t.numel()]

    def gradients(gradient):
        out = simulate(circuit, values, inputs, gradient)
        return torch.autograd.grad(
            ((out * weights).abs() ** 2 + out.real * weights.imag).sum(), wanted, allow_unused=True
        )

    for a, b in zip(gradients("adjoint"), gradients("backprop"), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    "build",
    [
        lambda: ansatz.qaoa(ansatz.maxcut(9, [(q, (q + k) % 9) for q in range(9) for k in (1, 3)]), 2),
        lambda: ansatz.qaoa(
            PauliSum({"ZZIIIIIII": 0.3, "IZIIIIIZI": -0.77, "IIIIZIIII": 1.3, "ZIZIZIZIZ": 0.21}), 2
        ),
        lambda: LayeredAnsatz(9, 2, closing_ry=True).circuit(),
        lambda: ansatz.hardware_efficient(9, 1),
        lambda: ansatz.brick_wall(9, 3, ("ry",)),
        lambda: ansatz.iqp(9),
        lambda: ansatz.data_reuploading(9, 1, 4),
        lambda: seeded_circuit(9, 80, 5),
    ],
)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_compiled_sweeps_are_the_torch_path(build, dtype, monkeypatch):
    circuit = build()
    generator = torch.Generator().manual_seed(1)
    values = torch.randn(len(circuit.parameters), dtype=torch.float64, generator=generator)
    inputs = torch.randn(2, 512, dtype=torch.complex128, generator=generator)
    observables = [PauliSum("ZZ" + 7 * "I"), PauliSum({"XIYIIIIII": 1.0, 9 * "Z": 0.5})]

    def run(kind):
        v = values.to(kind).requires_grad_()
        x = inputs.to(kind.to_complex()).requires_grad_()
        out = get_backend("statevector").expectation(circuit, observables, v, x)
        return out.detach().double(), *(
            g.to(torch.promote_types(g.dtype, torch.float64)) for g in torch.autograd.grad(out.sum(), (v, x))
        )

    got = run(dtype)
    monkeypatch.setattr(steps, "compiled_core", lambda: None)
    expected = run(torch.float64)
    for a, b in zip(got, expected, strict=True):
        scale = b.abs().max().item()
        torch.testing.assert_close(
            a, b, rtol=0, atol=(2e-5 if dtype == torch.float32 else 1e-11) * max(1.0, scale)
        )


@pytest.mark.parametrize("n", [3, 8])
def test_gradient_is_the_parameter_shift(n):
    circuit = LayeredAnsatz(n, 2, rz=True).circuit()
    values = as_values(circuit).requires_grad_()
    observable = PauliSum({"X" + "I" * (n - 1): 1.0, "ZZ" + "I" * (n - 2): 0.5})

    def energy(v):
        return get_backend("statevector").expectation(circuit, observable, v)

    (gradient,) = torch.autograd.grad(energy(values), values)
    for k in range(len(values)):
        shift = torch.zeros_like(values)
        shift[k] = np.pi / 2
        with torch.no_grad():
            assert gradient[k].item() == pytest.approx(
                ((energy(values + shift) - energy(values - shift)) / 2).item(), abs=1e-10
            )


def test_long_sums_keep_their_digits():
    circuit = ansatz.qaoa(ansatz.maxcut(16, [(q, (q + k) % 16) for q in range(16) for k in (1, 5)]), 1)
    cost = ansatz.maxcut(16, [(q, (q + k) % 16) for q in range(16) for k in (1, 5)])
    values = torch.tensor([0.3, 0.4])
    single, double = (
        get_backend("statevector").expectation(circuit, cost, values.to(t)).item()
        for t in (torch.float32, torch.float64)
    )
    assert single == pytest.approx(double, rel=2e-6)


def test_function_transforms_and_higher_derivatives():
    circuit = ansatz.hardware_efficient(3, 1)
    values = as_values(circuit)

    def energy(v):
        return get_backend("statevector").expectation(
            circuit, PauliSum({"ZZI": 1.0, "IXY": 0.3}), v, gradient="backprop"
        )

    batch = torch.stack([values, 2 * values, values + 0.1])
    torch.testing.assert_close(torch.func.vmap(energy)(batch), torch.stack([energy(v) for v in batch]))
    jacobian = torch.func.jacrev(energy)(values)
    torch.testing.assert_close(torch.func.vmap(torch.func.grad(energy))(batch)[0], jacobian)
    torch.testing.assert_close(torch.func.jacfwd(energy)(values), jacobian)
    hessian = torch.func.hessian(energy)(values)
    step = 1e-5 * torch.eye(len(values), dtype=torch.float64)
    numeric = torch.stack(
        [(torch.func.grad(energy)(values + s) - torch.func.grad(energy)(values - s)) / 2e-5 for s in step]
    )
    torch.testing.assert_close(hessian, numeric, rtol=1e-6, atol=1e-8)


def test_adjoint_keeps_one_state_whatever_the_depth():
    kept = []
    for layers in (1, 6):
        circuit = LayeredAnsatz(10, layers).circuit()
        values = as_values(circuit).requires_grad_()
        sizes = []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda t, sizes=sizes: (sizes.append(t.numel()), t)[1], lambda t: t
        ):
            simulate(circuit, values)
        kept.append(sum(s for s in sizes if s >= 1 << 10))
    assert kept[0] == kept[1] == 1 << 10


def test_qaoa_s_cost_is_one_step():
    steps_ = program.compile_circuit(
        ansatz.qaoa(ansatz.maxcut(10, [(q, (q + 1) % 10) for q in range(10)]), 3)
    ).steps
    # three costs, and the turns of the last mixer
    assert sum(isinstance(s, program.Phases) for s in steps_) == 4
    assert sum(isinstance(s, program.Rotations) for s in steps_) == 3


@pytest.mark.parametrize("gradient", ["adjoint", "backprop"])
def test_a_result_can_be_changed_without_changing_the_next(gradient):
    circuit = Circuit(1).add("h", 0)
    first = simulate(circuit, gradient=gradient)
    expected = first.clone()
    first.zero_()
    statevector(circuit)[:] = 0
    torch.testing.assert_close(simulate(circuit, gradient=gradient), expected)


def test_known_circuits():
    ghz = Circuit(3).add("h", 0).add("cx", 0, 1).add("cx", 1, 2)
    np.testing.assert_allclose(statevector(ghz), np.array([1, 0, 0, 0, 0, 0, 0, 1]) / np.sqrt(2), atol=1e-15)
    np.testing.assert_allclose(
        statevector(Circuit.from_qiskit(QFT(6).decompose())), Statevector(QFT(6)).data, atol=1e-10
    )
    vector = np.random.default_rng(0).standard_normal(256)
    np.testing.assert_allclose(
        simulate(encode.amplitude_encoding(vector), dtype=torch.complex128).numpy(),
        vector / np.linalg.norm(vector),
        atol=1e-12,
    )


@pytest.mark.parametrize(
    ("circuit", "arguments", "message"),
    [
        (Circuit(1).add("rx", 0, Parameter("t")), {}, "1 free parameters"),
        (Circuit(1).add("rx", 0, Parameter("t")), {"values": torch.zeros(2)}, r"takes \(1,\) or \(B, 1\)"),
        (
            Circuit(1).add("rx", 0, Parameter("t")),
            {"values": torch.zeros(1, dtype=torch.int64)},
            "real numbers",
        ),
        (Circuit(2), {"initial": torch.ones(3)}, r"2 qubits need \(4,\)"),
        (
            Circuit(1).add("rx", 0, Parameter("t")),
            {"values": torch.zeros(2, 1), "initial": torch.ones(3, 2)},
            "does not go with",
        ),
        (Circuit(1), {"gradient": "magic"}, "choose adjoint or backprop"),
        (Circuit(1), {"dtype": torch.float32}, "complex64 or complex128"),
        (Circuit(1).channel(channels.bit_flip(0.1), 0), {}, "cannot go through channel"),
        (Circuit(1).measure().add("x", 0), {}, "comes after a measurement"),
    ],
)
def test_bad_input_is_refused(circuit, arguments, message):
    with pytest.raises(ConfigError, match=message):
        simulate(circuit, **arguments)


def test_memory_is_asked_for_before_it_is_used(monkeypatch):
    monkeypatch.setattr(memory, "UNCHECKED", 0)
    monkeypatch.setattr(memory, "available", lambda device: 3 * 16 << 18)
    simulate(Circuit(18).add("h", 0), dtype=torch.complex128)
    with pytest.raises(TooLargeError, match="at most 18 qubits fit"):
        simulate(Circuit(19).add("h", 0), dtype=torch.complex128)
