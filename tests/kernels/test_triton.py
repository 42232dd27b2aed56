"""The GPU kernel in Triton's interpreter, which needs no GPU: `pip install triton`, then this file runs.

Skipped where Triton is not installed. The interpreter has to be chosen before Triton is imported, hence the
process of its own.
"""

import importlib.util
import os
import subprocess
import sys

import pytest
import torch

pytestmark = pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="Triton is not installed")

CODE = """
import torch
from qualms.circuits import LayeredAnsatz
from qualms.kernels import layered, ry_layers

for n, rows, closing, shared in ((1, 2, False, True), (3, 3, True, False), (5, 2, False, True)):
    ansatz = LayeredAnsatz(n, rows - closing, closing_ry=closing)
    x = torch.randn(*(() if shared else (2,)), 7, 1 << n, dtype=torch.float64, requires_grad=True)
    angles = torch.randn(2, rows, n, dtype=torch.float64, requires_grad=True)
    with torch.no_grad():
        x[..., 3, :] = 0
    for k, readout in enumerate(("z", "probs", "amplitudes")):
        for normalize in (True, False):
            expected = layered.read_out(ansatz, angles, x, readout, normalize)
            grad = torch.randn_like(expected)
            options = (ansatz.cnot_indices.tolist(), closing, k, normalize)
            out, state = ry_layers._forward_triton(x.detach(), angles.detach(), *options)
            assert state.numel() == 2 * 7 * ((1 << n) + 1)
            got = ry_layers._backward_triton(grad, state, angles.detach(), *options, shared, True)
            torch.testing.assert_close(out, expected)
            for a, b in zip(got, torch.autograd.grad(expected, (x, angles), grad)):
                torch.testing.assert_close(a, b)
print("ok")
"""


def test_kernel_equals_the_torch_path():
    run = subprocess.run(
        [sys.executable, "-c", CODE],
        env={**os.environ, "TRITON_INTERPRET": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.stdout.strip() == "ok", run.stderr


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
def test_on_a_gpu():
    from qualms.kernels import ry_ring

    x, angles = (
        torch.randn(300, 1 << 9, device="cuda", requires_grad=True),
        torch.randn(2, 9, device="cuda", requires_grad=True),
    )
    got = torch.autograd.grad(ry_ring(x, angles).sum(), (x, angles))
    wide = x.detach().double().cpu().requires_grad_(), angles.detach().double().cpu().requires_grad_()
    for a, b in zip(got, torch.autograd.grad(ry_ring(*wide).sum(), wide), strict=True):
        torch.testing.assert_close(a.double().cpu(), b, rtol=1e-3, atol=1e-4)
