"""The sublayer's numbers against the formula, written out in numpy."""

import numpy as np
import pytest
import torch
from peft import get_peft_model

from qualms import QSLConfig
from qualms.adapters import QSLLayer
from qualms.circuits import LayeredAnsatz, reference
from tests.conftest import build, shake


@pytest.mark.parametrize("readout", ["z", "probs", "amplitudes"])
@pytest.mark.parametrize("keep_norm", [False, True])
@pytest.mark.parametrize("closing", [False, True])
def test_formula(readout, keep_norm, closing):
    config = QSLConfig(
        n_qubits=4,
        n_layers=3,
        readout=readout,
        keep_norm=keep_norm,
        closing_ry=closing,
        scaling=1.7,
        target_modules=["q_proj"],
    )
    layer = next(
        m for m in shake(get_peft_model(build("llama"), config)).modules() if isinstance(m, QSLLayer)
    )
    x = torch.randn(6, 32)
    down, up, angles = (
        getattr(layer, n)["default"][0].detach().double().numpy()
        for n in ("qsl_down", "qsl_up", "qsl_angles")
    )
    h = x.double().numpy() @ down.T
    norm = np.linalg.norm(h, axis=1, keepdims=True)
    u = reference.unitary(LayeredAnsatz(4, 3, closing_ry=closing), angles).real
    state = (h / norm) @ u.T
    read = {
        "z": state**2 @ reference.z_signs(4) * np.sqrt(8),
        "probs": state**2 * 16 / np.sqrt(2),
        "amplitudes": state * 4,
    }[readout]
    if keep_norm:
        read = read * norm / 4
    np.testing.assert_allclose(
        layer.delta("default", x).detach().numpy(), 1.7 * read @ up.T, rtol=1e-4, atol=1e-5
    )


def test_circuit_factors():
    config = QSLConfig.mergeable(rank=3, n_layers=4, target_modules=["k_proj"])
    layer = next(
        m for m in shake(get_peft_model(build("llama"), config)).modules() if isinstance(m, QSLLayer)
    )
    a, b = (
        getattr(layer, n)["default"][0].detach().double().numpy() for n in ("qsl_angles", "qsl_angles_out")
    )
    right = reference.unitary(LayeredAnsatz(5, 4), a).real[:, :3]  # 32 inputs: 5 qubits
    left = reference.unitary(LayeredAnsatz(4, 4), b).real[:, :3]  # 16 outputs: 4 qubits
    expected = 4.0 * left @ np.diag(layer.qsl_spectrum["default"][0].detach().double().numpy()) @ right.T
    np.testing.assert_allclose(layer.get_delta_weight("default").numpy(), expected, atol=1e-5)
    assert np.linalg.matrix_rank(expected) == 3


def test_z_readout_has_unit_spread_on_gaussian_input():
    config = QSLConfig(n_qubits=5, n_layers=2, down="full", target_modules=["q_proj"])
    layer = next(m for m in get_peft_model(build("llama"), config).modules() if isinstance(m, QSLLayer))
    layer.qsl_up["default"].data[0] = torch.eye(32, 5)
    spread = layer.delta("default", torch.randn(4000, 32)).std(0)[:5]
    assert ((spread > 0.8) & (spread < 1.2)).all()


def test_what_is_drawn_depends_on_seed_and_place_alone():
    def angles(seed, target):
        model = get_peft_model(build("llama"), QSLConfig(n_qubits=3, init_seed=seed, target_modules=target))
        return {
            n: m.qsl_angles["default"].detach() for n, m in model.named_modules() if isinstance(m, QSLLayer)
        }

    both, alone, other = angles(0, ["q_proj", "v_proj"]), angles(0, ["v_proj"]), angles(1, ["v_proj"])
    for name, value in alone.items():
        assert torch.equal(value, both[name])
        assert not torch.equal(value, other[name])
    assert len({tuple(v.flatten().tolist()) for v in both.values()}) == len(both)
