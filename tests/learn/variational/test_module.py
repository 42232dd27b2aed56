"""The circuit of a variational model against other simulations of it, and its gradients."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit.quantum_info import SparsePauliOp, Statevector

from qualms.backends.registry import get_backend
from qualms.errors import ConfigError, TooLargeError
from qualms.learn.variational import Layout, VariationalModule, simulation

ARCHITECTURES = ("re-uploading", "hardware-efficient", "iqp")


def module_of(architecture, features, qubits, layers=2, entangler="ring", outputs=2, seed=0, **more):
    layout = Layout(architecture, features, qubits, layers, entangler, more.pop("repeats", 1))
    return VariationalModule(layout, outputs, seed=seed, **more).double()


def rows_of(count, features, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=(count, features)))


# The slow and obvious way

PAULI = {"y": np.array([[0, -1j], [1j, 0]]), "z": np.diag([1.0, -1.0])}


def turned(axis, angle):
    return np.cos(angle / 2) * np.eye(2) - 1j * np.sin(angle / 2) * PAULI[axis]


def on(n, gates):
    """The tensor product with these gates, and identities elsewhere."""
    full = np.eye(1)
    for q in range(n):
        full = np.kron(full, gates.get(q, np.eye(2)))
    return full


def controlled_z(n, a, b):
    down = np.diag([0.0, 1.0])
    return np.eye(1 << n) - 2 * on(n, {a: down, b: down})


def obvious(module, row):
    """⟨Z⟩ of every qubit for one row, with whole matrices in numpy."""
    layout = module.layout
    n, angles = layout.qubits, module.angles.detach().numpy()
    entangle = np.eye(1 << n)
    for pair in layout.pairs:
        entangle = controlled_z(n, *pair) @ entangle
    state = np.eye(1 << n)[0].astype(complex)
    x = [row[q % layout.n_features] for q in range(n)]
    if layout.architecture == "hardware-efficient":
        state = entangle @ on(n, {q: turned("y", x[q]) for q in range(n)}) @ state
    if layout.architecture == "iqp":
        hadamard = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
        generator = sum(x[q] * on(n, {q: PAULI["z"]}) for q in range(n))
        if layout.entangler != "none":
            for a, b in itertools.combinations(range(n), 2):
                generator = generator + x[a] * x[b] * on(n, {a: PAULI["z"], b: PAULI["z"]})
        for _ in range(layout.repeats):
            state = on(n, dict.fromkeys(range(n), hadamard)) @ state
            state = np.exp(-0.5j * np.diag(generator)) * state
    for layer in range(layout.n_layers):
        if layer:
            state = entangle @ state
        gates = {}
        for q in range(n):
            own = angles[layer, q].copy()
            if layout.architecture == "re-uploading":
                for k, scale in enumerate(module.scales.detach().numpy()[layer, q]):
                    own[k] += scale * row[layout.feature_of[q, k]]
            gates[q] = turned("y", own[2]) @ turned("z", own[1]) @ turned("y", own[0])
        state = on(n, gates) @ state
    return np.array([(state.conj() @ on(n, {q: PAULI["z"]}) @ state).real for q in range(n)])


@settings(max_examples=30, deadline=None)
@given(
    architecture=st.sampled_from(ARCHITECTURES),
    n=st.integers(1, 4),
    layers=st.integers(1, 3),
    entangler=st.sampled_from(["ring", "linear", "full", "none"]),
    extra=st.integers(0, 8),
    repeats=st.integers(1, 2),
    seed=st.integers(0, 1000),
)
def test_it_computes_what_whole_matrices_compute(architecture, n, layers, entangler, extra, repeats, seed):
    features = 1 + extra % (3 * n if architecture == "re-uploading" else n)
    repeats = repeats if architecture == "iqp" else 1
    made = module_of(architecture, features, n, layers, entangler, None, seed, repeats=repeats)
    rows = rows_of(3, features, seed)
    expected = [obvious(made, row) for row in rows.numpy()]
    np.testing.assert_allclose(made(rows).detach().numpy(), expected, atol=1e-12)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_its_circuit_is_what_qiskit_computes(architecture):
    made = module_of(architecture, 3, 3, 2, outputs=None)
    rows = rows_of(2, 3)
    circuit = made.layout.circuit.to_qiskit()
    names = {p.name: p for p in circuit.parameters}
    for row, values in zip(made(rows).detach(), made.values(rows).detach(), strict=True):
        bound = circuit.assign_parameters(
            {names[k]: float(v) for k, v in zip(made.layout.circuit.parameters, values, strict=True)}
        )
        state = Statevector(bound)
        for q in range(3):
            z = SparsePauliOp("".join("Z" if 2 - k == q else "I" for k in range(3)))
            assert float(row[q]) == pytest.approx(state.expectation_value(z).real, abs=1e-10)


@pytest.mark.parametrize(("architecture", "n"), [*((a, 3) for a in ARCHITECTURES), ("re-uploading", 11)])
def test_gradients_are_those_of_finite_differences(architecture, n):
    # eleven qubits are three groups, the middle one with qubits on both sides
    made = module_of(architecture, n, n, 2, "linear")
    rows = rows_of(2, n).requires_grad_()

    def total():
        return (made(rows) ** 2).sum()

    total().backward()
    for tensor in [rows, *made.parameters()]:
        flat, gradient = tensor.detach().view(-1), tensor.grad.reshape(-1)
        for k in range(0, len(flat), max(1, len(flat) // 5)):
            with torch.no_grad():
                kept, step = float(flat[k]), 1e-5
                flat[k] = kept + step
                up = float(total())
                flat[k] = kept - step
                down = float(total())
                flat[k] = kept
            assert float(gradient[k]) == pytest.approx((up - down) / (2 * step), abs=1e-7)


@pytest.mark.parametrize("shared", [True, False])
@pytest.mark.parametrize("n", [1, 5, 6, 11])
def test_the_adjoint_way_is_torchs_way(n, shared):
    generator = torch.Generator().manual_seed(n)
    state = torch.randn(3, 1 << n, dtype=torch.complex128, generator=generator)
    angles = torch.randn(2, 1 if shared else 3, n, 3, dtype=torch.float64, generator=generator)
    weight = torch.randn(3, 1 << n, dtype=torch.complex128, generator=generator)
    signs = torch.randint(0, 2, (1 << n,), generator=generator).double() * 2 - 1
    found = []
    for gradient in ("adjoint", "backprop"):
        first, second = state.clone().requires_grad_(), angles.clone().requires_grad_()
        gates = simulation.rotations(second)
        out = simulation.through_layers(first, gates, signs, shared, gradient)
        (out * weight).real.sum().backward()
        found.append((out.detach(), first.grad, second.grad))
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_any_backend_gives_the_same_with_its_gradients(architecture):
    here = module_of(architecture, 2, 2)
    rows = rows_of(2, 2)
    expected = torch.autograd.grad((here(rows) ** 2).sum(), [*here.parameters()])
    for backend in ("statevector", "mps"):  # the second has no gradients: parameter shift
        there = module_of(architecture, 2, 2, backend=backend)
        torch.testing.assert_close(there(rows), here(rows), atol=1e-6, rtol=0)
        found = torch.autograd.grad((there(rows) ** 2).sum(), [*there.parameters()])
        for one, other in zip(found, expected, strict=True):
            torch.testing.assert_close(one, other, atol=1e-5, rtol=0)


def test_shots_are_counted():
    backend = get_backend("sampled", shots=50)
    made = module_of("re-uploading", 2, 2, backend=backend)
    with torch.no_grad():
        made(rows_of(3, 2))
    assert backend.usage.shots == 150


def test_it_stands_inside_a_network():
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Linear(5, 3), VariationalModule(Layout("re-uploading", 3, 3, 2)), torch.nn.Linear(3, 1)
    )
    net(torch.randn(4, 5)).sum().backward()
    assert all(p.grad is not None and bool(p.grad.isfinite().all()) for p in net.parameters())


def test_second_derivatives_come_from_torch():
    made = VariationalModule(Layout("re-uploading", 1, 1, 2), gradient="backprop").double()
    x = torch.tensor([[0.3]], dtype=torch.float64, requires_grad=True)
    (first,) = torch.autograd.grad(made(x).sum(), x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    assert torch.isfinite(second).all()


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_without_entanglers_a_qubit_sees_its_own_features_alone(architecture):
    made = module_of(architecture, 3, 3, entangler="none", outputs=None)
    assert not made.layout.entangled
    rows = rows_of(4, 3)
    moved = rows.clone()
    moved[:, 1:] += 1.0
    torch.testing.assert_close(made(rows)[:, 0], made(moved)[:, 0])
    assert not torch.allclose(made(rows)[:, 1:], made(moved)[:, 1:])
    entangled = module_of(architecture, 3, 3, outputs=None)
    assert entangled.layout.entangled
    assert not torch.allclose(entangled(rows)[:, 0], entangled(moved)[:, 0])


@pytest.mark.parametrize(
    ("settings_of", "message"),
    [
        (("magic", 2), "architecture='magic' is unknown"),
        (("iqp", 3, 2), "3 features do not fit on 2 qubits"),
        (("re-uploading", 7, 2), "at most 6"),
        (("re-uploading", 2, 0), "n_qubits=0 must be at least 1"),
        (("re-uploading", 2, 2, 1.5), "not an integer"),
        (("re-uploading", 2, 2, 1, "star"), "unknown entangler 'star'"),
        (("re-uploading", 2, 2, 1, "ring", 2), "belongs to architecture='iqp'"),
    ],
)
def test_settings_that_do_not_go_together(settings_of, message):
    with pytest.raises(ConfigError, match=message):
        Layout(*settings_of)


def test_wrong_rows_and_too_many_qubits():
    with pytest.raises(ConfigError, match=r"got rows of shape \(4, 2\)"):
        module_of("iqp", 3, 3)(rows_of(4, 2))
    with pytest.raises(TooLargeError, match="at most"):
        module_of("re-uploading", 40, 40, 1)(rows_of(1, 40))
