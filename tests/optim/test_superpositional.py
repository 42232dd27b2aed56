"""Q against an oracle in plain numpy and Qiskit, and the properties of each mode and scope."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

from qualms.errors import ConfigError, TooLargeError
from qualms.optim import SuperpositionalAdamW

SHAPES = [(3, 4), (2,), (1,), (5, 2, 2), (7,)]
COUNTS = [math.prod(s) for s in SHAPES]


def parameters(seed=0, dtype=torch.float64):
    g = torch.Generator().manual_seed(seed)
    return [torch.nn.Parameter(torch.randn(s, generator=g, dtype=torch.float64).to(dtype)) for s in SHAPES]


def give_gradients(params, seed):
    g = torch.Generator().manual_seed(100 + seed)
    for p in params:
        p.grad = torch.randn(p.shape, generator=g, dtype=torch.float64).to(p.dtype)


def step(steps=3, dtype=torch.float64, groups=lambda ps: ps, **options) -> list[np.ndarray]:
    params = parameters(dtype=dtype)
    optimizer = SuperpositionalAdamW(groups(params), **{"lr": 0.02, "weight_decay": 0.1, **options})
    for k in range(steps):
        give_gradients(params, k)
        optimizer.step()
    return [p.detach().double().numpy().reshape(-1) for p in params]


def oracle(
    q, lam, steps=3, lr=0.02, decay=0.1, beta1=0.9, beta2=0.999, eps=1e-8, bias=True, inside=False
) -> list[np.ndarray]:
    """The formula, coordinate by coordinate; q(thetas, grads) gives Q of every tensor."""
    thetas = [p.detach().numpy().reshape(-1).copy() for p in parameters()]
    means, squares = [np.zeros(n) for n in COUNTS], [np.zeros(n) for n in COUNTS]
    for k in range(steps):
        source = parameters()
        give_gradients(source, k)
        grads = [p.grad.numpy().reshape(-1) for p in source]
        changes = q(thetas, grads)
        for i, (theta, g) in enumerate(zip(thetas, grads, strict=True)):
            for j in range(len(theta)):
                means[i][j] = beta1 * means[i][j] + (1 - beta1) * g[j]
                squares[i][j] = beta2 * squares[i][j] + (1 - beta2) * g[j] ** 2
                m = means[i][j] / (1 - beta1 ** (k + 1)) if bias else means[i][j]
                v = squares[i][j] / (1 - beta2 ** (k + 1)) if bias else squares[i][j]
                root = math.sqrt(v + eps) if inside else math.sqrt(v) + eps
                theta[j] = theta[j] * (1 - lr * decay) - lr * (m / root + lam * changes[i][j])
    return thetas


def sine(limit):
    """Q = sin(πθ)g for the coordinates that `limit(tensor, place)` names."""
    return lambda thetas, grads: [
        np.array(
            [
                math.sin(math.pi * t) * g if limit(i, j) else 0.0
                for j, (t, g) in enumerate(zip(theta, grad, strict=True))
            ]
        )
        for i, (theta, grad) in enumerate(zip(thetas, grads, strict=True))
    ]


def close(found, expected, atol=1e-12):
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=0, atol=atol)


@pytest.mark.parametrize(
    "path",
    [{}, {"fused": False}, {"foreach": True}, {"fused": True}],
    ids=["default", "loop", "foreach", "fused"],
)
class TestAgainstTheFormula:
    def test_first_of_each_tensor(self, path):
        close(step(lam=1.3, **path), oracle(sine(lambda i, j: j < 4), 1.3))

    def test_short_tensors_skipped(self, path):
        close(step(lam=1.3, short="skip", **path), oracle(sine(lambda i, j: j < 4 and COUNTS[i] >= 4), 1.3))

    def test_first_of_all(self, path):
        start = np.cumsum([0, *COUNTS])
        close(
            step(lam=1.3, scope="overall", n_qubits=15, **path),
            oracle(sine(lambda i, j: start[i] + j < 15), 1.3),
        )

    def test_first_of_all_across_groups(self, path):
        start = np.cumsum([0, *COUNTS])
        groups = lambda ps: [{"params": ps[:2]}, {"params": ps[2:], "lr": 0.02}]  # noqa: E731
        close(
            step(lam=1.3, scope="overall", n_qubits=15, groups=groups, **path),
            oracle(sine(lambda i, j: start[i] + j < 15), 1.3),
        )

    def test_all(self, path):
        close(step(lam=1.3, scope="all", **path), oracle(sine(lambda i, j: True), 1.3))

    def test_sign_flipped(self, path):
        close(step(lam=1.3, scope="all", mode="sign_flip", **path), oracle(sine(lambda i, j: True), -1.3))

    def test_in_single_precision(self, path):
        close(
            step(lam=1.3, scope="all", dtype=torch.float32, **path),
            oracle(sine(lambda i, j: True), 1.3),
            2e-6,
        )

    @pytest.mark.parametrize("bias", [True, False])
    @pytest.mark.parametrize("inside", [True, False])
    def test_other_readings_of_adam(self, path, bias, inside):
        found = step(lam=1.3, scope="all", bias_correction=bias, eps_inside_root=inside, eps=1e-3, **path)
        close(found, oracle(sine(lambda i, j: True), 1.3, eps=1e-3, bias=bias, inside=inside))

    def test_own(self, path):
        mine = lambda at: [t * t - g for t, g in zip(at.theta, at.grad, strict=True)]  # noqa: E731
        close(
            step(lam=0.7, scope="all", mode=mine, **path),
            oracle(lambda ts, gs: [t * t - g for t, g in zip(ts, gs, strict=True)], 0.7),
        )


def from_qiskit(n, depth, entangle, relative):
    """Q of one block by Qiskit's state vector."""

    def block(theta, grad):
        angle = np.pi * grad / np.abs(grad).max() if relative else np.pi * grad
        circuit = QuantumCircuit(n)
        circuit.h(range(n))
        for _ in range(depth):
            for q in range(n):
                circuit.ry(np.pi * theta[q], q)
                circuit.rz(angle[q], q)
            for q in range(n - 1):
                if entangle:
                    circuit.cx(q, q + 1)
        state = Statevector(circuit)
        z = [
            state.expectation_value(SparsePauliOp.from_sparse_list([("Z", [q], 1)], n)).real for q in range(n)
        ]
        return -np.array(z) * grad

    def padded(theta, grad):
        size = len(theta)
        fill = -size % n
        theta, grad = np.pad(theta, (0, fill)), np.pad(grad, (0, fill))
        return np.concatenate([block(theta[k : k + n], grad[k : k + n]) for k in range(0, len(theta), n)])[
            :size
        ]

    return padded


@pytest.mark.parametrize("n", [1, 3, 4])
@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("entangle", [True, False])
@pytest.mark.parametrize("angle", ["relative", "raw"])
class TestTheCircuit:
    def test_on_all_coordinates(self, n, depth, entangle, angle):
        block = from_qiskit(n, depth, entangle, angle == "relative")
        q = lambda ts, gs: [block(t, g) for t, g in zip(ts, gs, strict=True)]  # noqa: E731
        close(
            step(
                2,
                lam=1.0,
                scope="all",
                mode="circuit",
                n_qubits=n,
                depth=depth,
                entangle=entangle,
                gradient_angle=angle,
            ),
            oracle(q, 1.0, 2),
            1e-9,
        )

    def test_on_the_first_of_each_tensor(self, n, depth, entangle, angle):
        block = from_qiskit(n, depth, entangle, angle == "relative")
        q = (  # noqa: E731
            lambda ts, gs: [
                np.concatenate([block(t[:n], g[:n]), np.zeros(max(0, len(t) - n))])
                for t, g in zip(ts, gs, strict=True)
            ]
        )
        close(
            step(
                2, lam=1.0, mode="circuit", n_qubits=n, depth=depth, entangle=entangle, gradient_angle=angle
            ),
            oracle(q, 1.0, 2),
            1e-9,
        )


def test_the_first_of_all_share_one_circuit():
    """Tensors of 12 and 2 coordinates and one of 1: a block of 7 goes on from one to the next."""
    block = from_qiskit(7, 2, True, True)

    def q(thetas, grads):
        order = [2, 1, 0]
        theta, grad = (np.concatenate([c[i] for i in order]) for c in (thetas, grads))
        first = np.concatenate([block(theta[:7], grad[:7]), np.zeros(len(theta) - 7)])
        out, start = [np.zeros(n) for n in COUNTS], 0
        for i in order:
            out[i] = first[start : start + COUNTS[i]]
            start += COUNTS[i]
        return out

    params = parameters()
    optimizer = SuperpositionalAdamW(
        [params[i] for i in (2, 1, 0, 3, 4)],
        lr=0.02,
        weight_decay=0.1,
        lam=1.0,
        mode="circuit",
        scope="overall",
        n_qubits=7,
    )
    for k in range(2):
        give_gradients(params, k)
        optimizer.step()
    close([p.detach().numpy().reshape(-1) for p in params], oracle(q, 1.0, 2), 1e-9)


def test_one_layer_without_cnots_is_the_papers_sine():
    """H, RY(πθ): ⟨Z⟩ = −sin(πθ). RZ after it changes nothing."""
    for angle in ("relative", "raw", "none"):
        close(
            step(lam=1.0, mode="circuit", depth=1, entangle=False, gradient_angle=angle), step(lam=1.0), 1e-12
        )


def change(options, steps=1) -> np.ndarray:
    """What the perturbation alone adds to the first step, over −lr·λ: Q itself.

    Both on the for-loop, so that nothing else differs.
    """
    plain, with_q = (step(steps, fused=False, **{"lam": 1.0, **options, **lam}) for lam in ({"lam": 0.0}, {}))
    return np.concatenate([(b - a) / -0.02 for a, b in zip(plain, with_q, strict=True)])


@pytest.mark.parametrize("of", ["sine", "circuit"])
@pytest.mark.parametrize("scope", ["tensor", "overall", "all", "random"])
def test_the_random_twin_has_qs_size_on_every_tensor_and_another_direction(of, scope):
    q, twin = (
        change({"mode": of, "scope": scope, "n_qubits": 6}),
        change({"mode": "random", "control_of": of, "scope": scope, "n_qubits": 6}),
    )
    for a, b in zip(np.split(q, np.cumsum(COUNTS)[:-1]), np.split(twin, np.cumsum(COUNTS)[:-1]), strict=True):
        np.testing.assert_allclose(np.linalg.norm(a), np.linalg.norm(b), atol=1e-9)
    assert abs(np.dot(q, twin)) < 0.98 * np.dot(q, q)
    other = change({"mode": "random", "control_of": of, "scope": scope, "n_qubits": 6, "seed": 1})
    assert not np.allclose(twin, other)


@pytest.mark.parametrize("of", ["sine", "circuit"])
def test_the_flipped_twin_is_minus_q(of):
    np.testing.assert_allclose(
        change({"mode": "sign_flip", "control_of": of, "scope": "all"}),
        -change({"mode": of, "scope": "all"}),
        atol=1e-9,
    )


@pytest.mark.parametrize("scope", ["tensor", "overall", "random", "all"])
@pytest.mark.parametrize("mode", ["sine", "circuit", "random"])
def test_only_the_announced_coordinates_move(scope, mode):
    moved = [
        np.count_nonzero(np.abs(part) > 1e-14)
        for part in np.split(
            change({"scope": scope, "mode": mode, "gradient_angle": "raw"}), np.cumsum(COUNTS)[:-1]
        )
    ]
    params = parameters()
    announced = SuperpositionalAdamW(params, scope=scope).coordinates()
    assert moved == [touched for touched, _ in announced]
    assert [size for _, size in announced] == COUNTS
    assert sum(moved) == {"tensor": 15, "overall": 4, "random": 15, "all": sum(COUNTS)}[scope]


def test_settings_may_change_between_steps():
    """Schedules of λ, and a scope widened by hand."""
    params = parameters()
    optimizer = SuperpositionalAdamW(params, lr=0.02, weight_decay=0.1, lam=0.0)
    give_gradients(params, 0)
    optimizer.step()
    optimizer.param_groups[0].update(lam=1.0, scope="all")
    give_gradients(params, 1)
    optimizer.step()
    calls = []
    q = sine(lambda i, j: True)
    expected = oracle(
        lambda ts, gs: q(ts, gs) if calls or calls.append(1) else [np.zeros(n) for n in COUNTS], 1.0, 2
    )
    close([p.detach().numpy().reshape(-1) for p in params], expected)


def test_a_tensor_of_one_number_as_lam():
    close(step(lam=torch.tensor(1.3)), step(lam=1.3), 1e-8)
    close(step(lam=torch.tensor(1.3), scope="all", fused=True), step(lam=1.3, scope="all"), 1e-8)


@pytest.mark.parametrize("scope", ["tensor", "all", "random", "overall"])
@pytest.mark.parametrize("options", [{}, {"fused": False}, {"foreach": True}, {"fused": True}])
def test_layouts_do_not_matter(scope, options):
    """Channels-last and transposed parameters and gradients: "first" is by index, not by memory."""

    def run(layout):
        g = torch.Generator().manual_seed(0)
        p = torch.nn.Parameter(layout(torch.randn(3, 4, 2, 2, generator=g, dtype=torch.float64)))
        optimizer = SuperpositionalAdamW([p], lr=0.1, lam=1.0, scope=scope, n_qubits=6, **options)
        for _ in range(3):
            p.grad = layout(torch.randn(3, 4, 2, 2, generator=g, dtype=torch.float64))
            optimizer.step()
        return p.detach().contiguous()

    torch.testing.assert_close(
        run(lambda t: t.to(memory_format=torch.channels_last)), run(lambda t: t), rtol=1e-12, atol=1e-13
    )
    torch.testing.assert_close(run(lambda t: t.mT.contiguous().mT), run(lambda t: t), rtol=1e-12, atol=1e-13)


def test_complex_parameters_are_pairs_of_numbers():
    def run(cast):
        p = torch.nn.Parameter(cast(torch.linspace(-1, 1, 12, dtype=torch.float64).view(6, 2)))
        optimizer = SuperpositionalAdamW([p], lr=0.1, lam=2.0, n_qubits=5)
        p.grad = cast(torch.linspace(2, -1, 12, dtype=torch.float64).view(6, 2))
        optimizer.step()
        assert optimizer.coordinates() == [(5, 12)]
        return torch.view_as_real(p.detach()) if p.is_complex() else p.detach()

    torch.testing.assert_close(run(torch.view_as_complex), run(lambda t: t), rtol=1e-12, atol=1e-13)


@given(
    theta=st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=60), lam=st.floats(0, 10),
    kind=st.sampled_from([torch.float32, torch.float64]), decay=st.floats(0, 1),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_the_sweep_is_the_formula_for_any_numbers(theta, lam, kind, decay):
    """Large θ too: the sine is taken of πθ with θ reduced exactly."""
    p = torch.nn.Parameter(torch.tensor(theta, dtype=torch.float64).to(kind))
    g = torch.linspace(-1, 1, len(theta), dtype=torch.float64).to(kind)
    start = p.detach().double().numpy().copy()
    optimizer = SuperpositionalAdamW(
        [p], lr=0.1, lam=lam, scope="all", weight_decay=decay, fused=True, n_qubits=1
    )
    p.grad = g
    optimizer.step()
    gd = g.double().numpy()
    sine_of = np.sin(np.pi * (start - 2 * np.round(start / 2)))
    expected = start * (1 - 0.1 * decay) - 0.1 * (gd / (np.abs(gd) + 1e-8) + lam * sine_of * gd)
    scale = 1e-6 if kind == torch.float32 else 1e-14
    np.testing.assert_allclose(p.detach().double().numpy(), expected, rtol=scale, atol=scale * (1 + lam))


def test_quadrants_say_what_the_steps_are():
    def compute(**options):
        return SuperpositionalAdamW(parameters(), **options).quadrant.compute

    assert compute() == "quantum-inspired"
    assert (
        compute(lam=0.0)
        == compute(mode="random")
        == compute(mode="sign_flip", control_of="circuit")
        == "classical"
    )
    assert compute(mode="circuit") == compute(mode="circuit", backend="aer") == "simulated quantum"


@pytest.mark.parametrize(("backend", "options", "tolerance"), [
    ("aer", {}, 1e-9),
    ("density_matrix", {}, 1e-9),
    ("mps", {}, 1e-9),
    ("pennylane", {"name": "default.qubit"}, 1e-9),
    ("sampled", {"shots": 200_000}, 2e-3),
])  # fmt: skip
def test_any_backend_runs_the_circuit(backend, options, tolerance):
    close(
        step(1, lam=1.0, mode="circuit", backend=backend, backend_options=options),
        step(1, lam=1.0, mode="circuit"),
        tolerance,
    )


def test_a_noisy_backend_damps_q():
    """Depolarised, every ⟨Z⟩ is nearer to 0, so Q is smaller."""
    exact = change({"mode": "circuit"})
    noisy = change(
        {"mode": "circuit", "backend": "density_matrix", "backend_options": {"noise": {"depolarizing": 0.05}}}
    )
    assert 0.2 * np.linalg.norm(exact) < np.linalg.norm(noisy) < 0.95 * np.linalg.norm(exact)


def test_more_qubits_than_the_backend_has():
    with pytest.raises(TooLargeError, match="6 qubits, and fake_quito takes at most 5"):
        SuperpositionalAdamW(
            parameters(), n_qubits=6, mode="circuit", backend="ibm", backend_options={"name": "fake_quito"}
        )


NUMPY = {
    "lam": np.float32(0.5),
    "n_qubits": np.int64(2),
    "seed": np.int32(3),
    "lr": np.float64(0.25),
    "betas": (np.float32(0.5), np.float32(0.75)),
    "eps": np.float32(2**-20),
    "weight_decay": np.float16(0.125),
}


def test_numpy_numbers_are_kept_as_pythons(tmp_path):
    """In the arguments, in a group of its own and in one that was changed by hand; a saved state is read by
    torch without pickled objects.
    """
    plain = {
        k: v.item() if not isinstance(v, tuple) else tuple(x.item() for x in v) for k, v in NUMPY.items()
    }
    for a, b in zip(step(scope="random", **NUMPY), step(scope="random", **plain), strict=True):
        np.testing.assert_array_equal(a, b)
    params = parameters()
    optimizer = SuperpositionalAdamW(
        [{"params": params[:2], **NUMPY}, {"params": params[2:], "lam": np.int64(1)}]
    )
    optimizer.param_groups[0]["lam"] = np.float32(2)
    give_gradients(params, 0)
    optimizer.step()
    for group in optimizer.param_groups:
        values = [
            x
            for v in group.values()
            for x in (v if isinstance(v, tuple) else [v])
            if not isinstance(x, (list, dict))
        ]
        assert not any(isinstance(x, np.generic) for x in values)
    torch.save(optimizer.state_dict(), tmp_path / "state.pt")
    SuperpositionalAdamW([{"params": params[:2]}, {"params": params[2:]}]).load_state_dict(
        torch.load(tmp_path / "state.pt", weights_only=True)
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"lam": np.float32("nan")},
        {"lam": np.float32(-1)},
        {"lam": np.bool_(True)},
        {"lam": "0.5"},
        {"lam": np.array(0.5)},
        {"n_qubits": np.bool_(True)},
        {"n_qubits": np.float32(4)},
        {"n_qubits": np.array(4)},
        {"n_qubits": torch.tensor(4)},
        {"depth": np.int64(0)},
    ],
)
def test_what_is_no_number(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        SuperpositionalAdamW(parameters(), **wrong)


def test_numbers_of_numpy_from_schedules_and_states_become_pythons():
    optimizer = SuperpositionalAdamW(parameters(), lam=0.5)
    optimizer.param_groups[0].update(
        lr=np.float64(0.1), eps=np.float32(1e-8), weight_decay=np.float64(0), entangle=np.bool_(True)
    )
    state = optimizer.state_dict()
    fresh = SuperpositionalAdamW(parameters(), lam=0.5)
    fresh.load_state_dict(state)
    for p in fresh.param_groups[0]["params"]:
        p.grad = torch.ones_like(p)
    fresh.param_groups[0]["lr"] = np.float64(0.2)
    fresh.step()
    assert not [k for k, v in fresh.state_dict()["param_groups"][0].items() if isinstance(v, np.generic)]


@pytest.mark.parametrize(
    "wrong", [{"lam": 10**400}, {"seed": 1.5}, {"seed": None}, {"seed": True}, {"lam": np.array(0.5)}]
)
def test_options_that_are_no_numbers(wrong):
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        SuperpositionalAdamW(parameters(), **wrong)
