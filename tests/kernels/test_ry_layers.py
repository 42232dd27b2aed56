"""The sublayer core: every compiled variant and the torch path against the oracle, and the properties that it
must have.
"""

import math
import os
import subprocess
import sys
import warnings
from functools import lru_cache

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from qualms.circuits import ENTANGLERS, LayeredAnsatz, reference
from qualms.errors import ConfigError, TooLargeError
from qualms.kernels import core, layered, memory, ry_layers, ry_ring

VARIANTS = [*core.available_cores(), "torch"]
READOUTS = core.READOUTS


@pytest.fixture(params=VARIANTS)
def variant(request, monkeypatch):
    """Runs the test on one compiled variant, or on torch alone."""
    name = request.param
    chosen = (
        None
        if name == "torch"
        else core.CompiledCore(name, core.available_cores()[name], core._open(core.available_cores()[name]))
    )
    monkeypatch.setattr(ry_layers, "compiled_core", lambda: chosen)
    return name


def case(n, rows, batch, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(batch, 1 << n, dtype=torch.float64, generator=generator)
    angles = 6 * torch.rand(rows, n, dtype=torch.float64, generator=generator) - 3
    return x.to(dtype).requires_grad_(), angles.to(dtype).requires_grad_()


@lru_cache(maxsize=200)
def slow_matrix(ansatz, angles):
    """The circuit's matrix gate by gate; every variant of the core and every readout is compared with it."""
    return reference.unitary(ansatz, np.frombuffer(angles).reshape(-1, ansatz.n_qubits)).real.copy()


def oracle(x, angles, readout, normalize, entangler, closing):
    x, angles = x.detach().double().numpy(), angles.detach().double().numpy()
    ansatz = LayeredAnsatz(angles.shape[1], len(angles) - closing, entangler, closing_ry=closing)
    rows = x / np.linalg.norm(x, axis=1, keepdims=True) if normalize else x
    states = rows @ slow_matrix(ansatz, angles.tobytes()).T
    return {"amplitudes": states, "probs": states**2, "z": states**2 @ reference.z_signs(angles.shape[1])}[
        readout
    ]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("n", [1, 2, 3, 4, 6, 7, 9])
def test_equals_the_oracle(variant, n, readout, dtype):
    options = [(e, c, m) for e in ENTANGLERS for c in (False, True) for m in (True, False)]
    for k, (entangler, closing, normalize) in enumerate(options if n < 5 else options[:: 5 if n < 9 else 13]):
        x, angles = case(n, 2 + closing, 1 + 7 * k % 19, dtype, seed=k)
        got = ry_ring(x, angles * (1 + k), readout, normalize, entangler=entangler, closing_ry=closing)
        assert got.dtype == dtype
        expected = oracle(x, angles * (1 + k), readout, normalize, entangler, closing)
        tolerance = (1e-5 if dtype == torch.float32 else 1e-11) * max(1.0, np.abs(expected).max())
        np.testing.assert_allclose(got.detach().numpy(), expected, atol=tolerance)


@pytest.mark.parametrize("n", [11, 12, 14])
def test_wide_circuits_are_the_torch_path(variant, n):
    x, angles = case(n, 2, 3)
    expected = layered.read_out(LayeredAnsatz(n, 2), angles, x, "z", True)
    got = ry_ring(x, angles)
    torch.testing.assert_close(got, expected)
    torch.testing.assert_close(
        torch.autograd.grad(got.sum(), (x, angles)), torch.autograd.grad(expected.sum(), (x, angles))
    )


def test_any_order_of_cnots(variant):
    pairs = [(2, 0), (0, 1), (2, 0), (1, 2)]
    x, angles = case(3, 3, 5)
    got = ry_ring(x, angles, "amplitudes", False, entangler=pairs)
    np.testing.assert_allclose(
        got.detach().numpy(), oracle(x, angles, "amplitudes", False, tuple(pairs), False), atol=1e-12
    )


@pytest.mark.parametrize("normalize", [True, False])
@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize(("n", "rows", "closing"), [(1, 2, False), (3, 3, True), (4, 2, False)])
def test_gradients_are_finite_differences(variant, n, rows, closing, readout, normalize):
    x, angles = case(n, rows, 5)
    assert torch.autograd.gradcheck(
        lambda a, b: ry_ring(a, b, readout, normalize, closing_ry=closing), (x, angles)
    )


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 6), st.integers(1, 4), st.integers(0, 1000), st.sampled_from(ENTANGLERS))
def test_gradient_to_angles_is_the_parameter_shift(n, rows, seed, entangler):
    x, angles = case(n, rows, 3, seed=seed)
    weights = torch.randn(3, n, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))

    def value(theta):
        return (ry_ring(x, theta, entangler=entangler) * weights).sum()

    (gradient,) = torch.autograd.grad(value(angles), angles)
    for index in np.ndindex(rows, n):
        shift = torch.zeros_like(angles)
        shift[index] = math.pi / 2
        with torch.no_grad():
            assert gradient[index].item() == pytest.approx(
                ((value(angles + shift) - value(angles - shift)) / 2).item(), abs=1e-11
            )


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 8), st.integers(1, 5), st.integers(1, 40), st.integers(0, 1000))
def test_properties(n, rows, batch, seed):
    x, angles = (t.detach() for t in case(n, rows, batch, seed=seed))
    out = ry_ring(x, angles, "amplitudes", False)
    torch.testing.assert_close(out.norm(dim=1), x.norm(dim=1))  # orthogonal
    torch.testing.assert_close(ry_ring(x, angles, "probs"), (out / x.norm(dim=1, keepdim=True)) ** 2)
    each = torch.stack([ry_ring(row, angles) for row in x])  # batch = loop
    torch.testing.assert_close(ry_ring(x, angles), each, rtol=0, atol=1e-14)
    torch.testing.assert_close(ry_ring(x * -3.7, angles), each)  # norm and sign of the input are lost
    torch.testing.assert_close(ry_ring(x.float(), angles.float()).double(), each, rtol=0, atol=5e-6)
    torch.testing.assert_close(ry_ring(x, angles + 2 * math.pi), each)  # a full turn changes the sign alone
    matrix = ry_ring(torch.eye(1 << n, dtype=torch.float64), angles, "amplitudes", False)
    torch.testing.assert_close(out @ matrix.mT, x)  # the transpose is the inverse


def test_zero_angles_are_the_permutation(variant):
    x = torch.randn(3, 32, dtype=torch.float64)
    permutation = torch.from_numpy(LayeredAnsatz(5, 1).permutation().copy())
    torch.testing.assert_close(
        ry_ring(x, torch.zeros(1, 5, dtype=torch.float64), "amplitudes", False), x[:, permutation]
    )
    torch.testing.assert_close(
        ry_ring(x, torch.zeros(2, 5, dtype=torch.float64), "amplitudes", False),
        x[:, permutation][:, permutation],
    )


@pytest.mark.parametrize("shared", [True, False])
def test_several_circuits_are_one_at_a_time(variant, shared):
    generator = torch.Generator().manual_seed(0)
    angles = torch.randn(3, 2, 4, dtype=torch.float64, generator=generator, requires_grad=True)
    x = torch.randn(
        *(() if shared else (3,)), 21, 16, dtype=torch.float64, generator=generator, requires_grad=True
    )
    weights = torch.randn(3, 21, 4, dtype=torch.float64, generator=generator)
    together = torch.autograd.grad((ry_ring(x, angles) * weights).sum(), (x, angles))
    apart = torch.stack([ry_ring(x if shared else x[c], angles[c]) for c in range(3)])
    torch.testing.assert_close(ry_ring(x, angles), apart)
    torch.testing.assert_close(together, torch.autograd.grad((apart * weights).sum(), (x, angles)))


def test_many_rows_take_one_matrix(variant, monkeypatch):
    x, angles = case(4, 100, 40)
    weights = torch.randn(40, 4, dtype=torch.float64)
    deep = torch.autograd.grad((ry_ring(x, angles) * weights).sum(), (x, angles))
    monkeypatch.setattr(ry_layers, "_DEEP", {})
    torch.testing.assert_close(deep, torch.autograd.grad((ry_ring(x, angles) * weights).sum(), (x, angles)))


def test_half_turns_far_and_often_do_not_overflow(variant):
    # every cosine left out is its smallest
    angles = torch.full((40, 8), 1.5708, dtype=torch.float32).requires_grad_()
    x = torch.randn(17, 256, requires_grad=True)
    out = ry_ring(x, angles)
    some = [0, 8, 16]  # of 17 rows, the last of which is in a tile of its own; the oracle is slow
    expected = oracle(x[some], angles, "z", True, "ring", False)
    np.testing.assert_allclose(out.detach().numpy()[some], expected, atol=2e-4)
    gradients = torch.autograd.grad(out.sum(), (x, angles))
    wide = x.detach().double().requires_grad_(), angles.detach().double().requires_grad_()
    for got, expected in zip(gradients, torch.autograd.grad(ry_ring(*wide).sum(), wide), strict=True):
        torch.testing.assert_close(got.double(), expected, rtol=1e-3, atol=2e-3)


# Rows that are hard to normalise ----------------------------------------------------------------------------


def test_a_zero_row_gives_zero_and_zero_gradients(variant):
    x, angles = case(3, 2, 4)
    with torch.no_grad():
        x[1] = 0
    for readout in READOUTS:
        out = ry_ring(x, angles, readout)
        assert (out[1] == 0).all()
        gradient, to_angles = torch.autograd.grad(out.sum(), (x, angles))
        assert (gradient[1] == 0).all()
        assert gradient.isfinite().all()
        assert to_angles.isfinite().all()


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_a_row_that_is_not_finite_shows_in_that_row(variant, bad):
    x, angles = case(4, 2, 20, torch.float32)
    with torch.no_grad():
        x[7, 3] = bad
    out = ry_ring(x, angles)
    assert out[7].isnan().all()
    rest = [k for k in range(20) if k != 7]
    torch.testing.assert_close(out[rest], ry_ring(x[rest], angles))
    gradient, _ = torch.autograd.grad(out[rest].sum(), (x, angles), retain_graph=True)
    assert gradient[rest].isfinite().all()
    assert torch.autograd.grad(out.sum(), angles)[0].isnan().all()


@pytest.mark.parametrize("scale", [1e-42, 1e-30, 1e-20, 1e20, 1e30, 1e37])
def test_rows_whose_squares_leave_the_range_of_floats(variant, scale):
    x, angles = case(4, 2, 20, torch.float32)
    with torch.no_grad():
        x[3] *= scale
    expected = oracle(x, angles, "z", True, "ring", False)
    np.testing.assert_allclose(ry_ring(x, angles).detach().numpy(), expected, atol=1e-5)


# How it is called -------------------------------------------------------------------------------------------


def test_strides_shapes_and_empty_batches(variant):
    x, angles = case(3, 2, 12)
    wide = torch.randn(12, 16, dtype=torch.float64)
    wide[:, ::2] = x.detach()
    torch.testing.assert_close(ry_ring(wide[:, ::2], angles), ry_ring(x, angles))
    torch.testing.assert_close(ry_ring(x.reshape(2, 3, 2, 8), angles).reshape(12, 3), ry_ring(x, angles))
    torch.testing.assert_close(ry_ring(x, angles.T.contiguous().T), ry_ring(x, angles))
    torch.testing.assert_close(ry_ring(x[:1].expand(4, 8), angles), ry_ring(x[:1], angles).expand(4, 3))
    empty = ry_ring(x[:0], angles)
    assert empty.shape == (0, 3)
    assert torch.equal(torch.autograd.grad(empty.sum(), angles)[0], torch.zeros_like(angles))


def test_gradients_are_taken_only_where_they_are_wanted(variant):
    x, angles = case(3, 2, 5)
    torch.testing.assert_close(
        torch.autograd.grad(ry_ring(x.detach(), angles).sum(), angles),
        torch.autograd.grad(ry_ring(x, angles).sum(), angles),
    )
    torch.testing.assert_close(
        torch.autograd.grad(ry_ring(x, angles.detach()).sum(), x),
        torch.autograd.grad(ry_ring(x, angles).sum(), x),
    )


def test_dtypes(variant):
    x, angles = (t.detach() for t in case(4, 2, 9, torch.float32))
    full = ry_ring(x, angles)
    assert ry_ring(x.double(), angles).dtype == torch.float64
    assert ry_ring(x.bfloat16(), angles).dtype == torch.float32
    half = ry_ring(x.bfloat16(), angles.bfloat16())
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), full, rtol=0, atol=0.05)


def test_autocast_computes_in_float32(variant):
    x, angles = case(4, 100, 40, torch.float32)  # many rows: the road with matrix products on it
    expected = ry_ring(x, angles)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(ry_ring(x, angles), expected)


@pytest.mark.parametrize(("x", "angles", "options", "message"), [
    (torch.ones(3, 8, dtype=torch.int64), torch.zeros(1, 3), {}, "x is torch.int64"),
    (torch.ones(3, 8, dtype=torch.complex64), torch.zeros(1, 3), {}, "x is torch.complex64"),
    (torch.ones(3, 8), torch.zeros(1, 3, dtype=torch.int32), {}, "angles is torch.int32"),
    (torch.ones(3, 7), torch.zeros(1, 3), {}, "2^3 = 8 amplitudes"),
    (torch.ones(3, 16), torch.zeros(1, 3), {}, "2^3 = 8 amplitudes"),
    (torch.tensor(1.0), torch.zeros(1, 1), {}, "2^1 = 2 amplitudes"),
    (torch.ones(3, 8), torch.zeros(3), {}, "(L, n) or (C, L, n)"),
    (torch.ones(3, 8), torch.zeros(0, 3), {}, "none of them 0"),
    (torch.ones(4, 3, 8), torch.zeros(2, 1, 3), {}, "2 circuits need"),
    (torch.ones(3, 8), torch.zeros(1, 3), {"readout": "x"}, "readout='x'"),
    (torch.ones(3, 8), torch.zeros(1, 3), {"entangler": "star"}, "unknown entangler"),
    (torch.ones(3, 8), torch.zeros(1, 3), {"entangler": [(0, 3)]}, "CNOT(0, 3)"),
    (torch.ones(3, 8), torch.zeros(1, 3), {"closing_ry": True}, "second row"),
])  # fmt: skip
def test_bad_input_is_refused_in_one_line(x, angles, options, message):
    with pytest.raises(ConfigError) as caught:
        ry_ring(x, angles, **options)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_what_does_not_fit_is_refused(monkeypatch):
    with pytest.raises(TooLargeError, match="at most 14"):
        ry_ring(torch.ones(1, 1 << 15), torch.zeros(1, 15))
    monkeypatch.setattr(memory, "UNCHECKED", 0)
    monkeypatch.setattr(memory, "available", lambda device: 1 << 20)
    monkeypatch.setattr(ry_layers, "compiled_core", core.compiled_core)
    if core.compiled_core():
        with pytest.raises(TooLargeError, match=r"at most \d+ rows fit"):
            ry_ring(torch.ones(4000, 64), torch.zeros(1, 6))


# As a torch operator ----------------------------------------------------------------------------------------

compiled = pytest.mark.skipif(core.compiled_core() is None, reason="no compiled core here")


@compiled
@pytest.mark.parametrize("readout", range(3))
@pytest.mark.parametrize("shared", [True, False])
def test_opcheck(shared, readout):
    x = torch.randn(*(() if shared else (2,)), 5, 8, requires_grad=True)
    angles = torch.randn(2, 3, 3, requires_grad=True)
    torch.library.opcheck(torch.ops.qualms.ry_layers, (x, angles, [0, 1, 1, 2], False, readout, True))
    out, state = torch.ops.qualms.ry_layers(x.detach(), angles.detach(), [0, 1, 1, 2], False, readout, True)
    torch.library.opcheck(
        torch.ops.qualms.ry_layers_backward,
        (torch.randn_like(out), state, angles.detach(), [0, 1, 1, 2], False, readout, True, shared, True),
    )


@compiled
def test_compile_vmap_and_per_sample_gradients():
    x, angles = case(3, 2, 6)
    whole = torch.compile(
        lambda a, b: ry_ring(2 * a, b, "probs").square().sum(), fullgraph=True, backend="aot_eager"
    )
    eager = ry_ring(2 * x, angles, "probs").square().sum()
    torch.testing.assert_close(whole(x, angles), eager)
    torch.testing.assert_close(
        torch.autograd.grad(whole(x, angles), (x, angles)), torch.autograd.grad(eager, (x, angles))
    )
    torch.testing.assert_close(
        torch.func.vmap(lambda row: ry_ring(row[None], angles)[0])(x), ry_ring(x, angles)
    )
    each = torch.func.vmap(torch.func.grad(lambda a, row: ry_ring(row[None], a).sum()), (None, 0))(
        angles.detach(), x.detach()
    )
    loop = torch.stack(
        [torch.autograd.grad(ry_ring(row[None], angles).sum(), angles)[0] for row in x.detach()]
    )
    torch.testing.assert_close(each, loop)


@compiled
def test_second_derivatives_are_refused_not_wrong():
    x, angles = case(2, 2, 3)
    (gradient,) = torch.autograd.grad(ry_ring(x, angles).sum(), angles, create_graph=True)
    with pytest.raises(RuntimeError):
        torch.autograd.grad(gradient.sum(), angles)


@compiled
def test_nothing_is_kept_between_first_and_last_state():
    x = torch.randn(256, 1 << 10, requires_grad=True)
    kept = {}
    for rows in (1, 8):
        sizes = []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda t, sizes=sizes: (sizes.append(t.numel()), t)[1], lambda t: t
        ):
            ry_ring(x, torch.randn(rows, 10, requires_grad=True))
        kept[rows] = sum(sizes)
    assert kept[8] - kept[1] == 7 * 10  # more angles, no more amplitudes
    assert kept[8] <= 1.01 * x.numel()


@compiled
def test_results_do_not_depend_on_the_number_of_threads():
    x, angles = case(7, 3, 999, torch.float32)
    threads = torch.get_num_threads()
    results = []
    for count in (1, 2, 5):
        torch.set_num_threads(count)
        out = ry_ring(x, angles)
        results.append((out, *torch.autograd.grad(out.sin().sum(), (x, angles))))
    torch.set_num_threads(threads)
    for other in results[1:]:
        assert all(torch.equal(a, b) for a, b in zip(results[0], other, strict=True))


@pytest.mark.parametrize("name", VARIANTS)
def test_the_environment_chooses_the_core(name):
    code = "from qualms.kernels import compiled_core as c; print(c().variant if c() else 'torch')"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "QUALMS_CORE": name},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == name


def test_a_core_that_is_not_there_is_not_replaced():
    code = "from qualms.kernels import compiled_core; compiled_core()"
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "QUALMS_CORE": "quantum"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "QUALMS_CORE='quantum' is unknown" in run.stderr


@pytest.mark.parametrize(
    ("compiler", "warned"), [("", True), ("no-such-compiler", True), (sys.executable, False)]
)
def test_a_missing_c_compiler_is_said_once(monkeypatch, tmp_path, compiler, warned):
    from qualms.errors import QualmsWarning
    from qualms.kernels import ry_layers

    monkeypatch.setattr(ry_layers, "find_spec", lambda name: object())
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("CC", compiler)
    ry_layers._triton_starts.cache_clear()
    try:
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always")
            assert ry_layers._triton_starts() is ry_layers._triton_starts() is not warned
        assert [w.category for w in told] == [QualmsWarning] * warned
        assert not warned or "C compiler" in str(told[0].message)
    finally:
        ry_layers._triton_starts.cache_clear()
