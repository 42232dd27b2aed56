"""The forms of an adapter behind one interface: what they hold, and the names under which files have it."""

from dataclasses import replace

import pytest
import torch
from peft import get_peft_model
from peft.utils import get_peft_model_state_dict

from qualms import QSLConfig
from qualms.adapters import QSLLayer
from qualms.adapters.config import Form
from qualms.adapters.factors import Factors
from qualms.adapters.forms import FORMS, make_plan
from qualms.adapters.frozen_numbers import FrozenNumbers
from qualms.adapters.sublayer import Sublayer
from qualms.adapters.targets import Layout
from qualms.errors import ConfigError
from tests.conftest import build, shake

# What files of the first version hold of a map, name and shape: 32 inputs, 16 outputs, three qubits, two
# layers
SAVED = {
    "seed": (QSLConfig.seed(n_qubits=3), {"angles": (1, 2, 3), "up": (1, 16, 3)}),
    "learned": (QSLConfig(n_qubits=3), {"angles": (1, 2, 3), "down": (1, 8, 32), "up": (1, 16, 3)}),
    "gain": (QSLConfig(n_qubits=3, up="gain", down="random"), {"angles": (1, 2, 3), "gain": (1, 3)}),
    "fixed": (QSLConfig(n_qubits=3, up="fixed"), {"angles": (1, 2, 3), "down": (1, 8, 32)}),
    "frozen": (
        QSLConfig(n_qubits=3, circuit="frozen", readout="probs"),
        {"down": (1, 8, 32), "up": (1, 16, 8)},
    ),
    "orthogonal": (QSLConfig(n_qubits=3, circuit="orthogonal"), {"down": (1, 8, 32), "up": (1, 16, 3)}),
    "amplitudes": (QSLConfig.mergeable("sublayer", n_qubits=3), {"angles": (1, 2, 3), "up": (1, 16, 8)}),
    "factors": (
        QSLConfig.mergeable(n_layers=2),
        {"angles": (1, 2, 5), "angles_out": (1, 2, 4), "spectrum": (1, 2)},
    ),
    "factors-orthogonal": (QSLConfig.mergeable(n_layers=2, circuit="orthogonal"), {"spectrum": (1, 2)}),
}


@pytest.fixture(params=SAVED)
def saved(request):
    config, tensors = SAVED[request.param]
    return replace(config, target_modules=["k_proj"]), tensors


def test_every_form_has_its_class():
    assert set(FORMS) == set(Form.__args__) == {"sublayer", "factors"}


def test_files_hold_the_tensors_that_they_held(saved):
    config, tensors = saved
    held = get_peft_model_state_dict(get_peft_model(build("llama"), config))
    first = {k.rpartition("k_proj.qsl_")[2]: tuple(v.shape) for k, v in held.items() if ".layers.0." in k}
    assert first == tensors
    assert all(".k_proj.qsl_" in k for k in held)


def test_a_plan_says_what_a_layer_holds(saved):
    config, tensors = saved
    plan = make_plan(config, Layout((16,)), 32, "model.layers.0.self_attn.k_proj")
    assert isinstance(plan, {"sublayer": Sublayer, "factors": Factors}[config.form])
    starts = list(plan.starts(FrozenNumbers(0, "there"), ()))
    assert {s.name: tuple(s.value.shape) for s in starts if s.learned} == tensors
    again = list(plan.starts(FrozenNumbers(0, "there"), ()))
    assert all(torch.equal(a.value, b.value) for a, b in zip(starts, again, strict=True))
    without = [s.name for s in plan.starts(FrozenNumbers(0, "there"), ("down", "up"))]
    assert "down" not in without
    assert "up" not in without or config.up != "learned"


def test_what_is_read_and_projected_up_is_the_factors_product_where_the_form_is_linear(saved):
    config, _ = saved
    if not config.is_linear:
        pytest.skip("no factors")
    layer = next(
        m for m in shake(get_peft_model(build("llama"), config)).modules() if isinstance(m, QSLLayer)
    )
    x = torch.randn(5, 32)
    a, b = layer.factors("default")
    torch.testing.assert_close(layer.delta("default", x), (x @ a[0].mT @ b[0].mT), rtol=1e-4, atol=1e-5)


def test_maps_that_are_too_small():
    for config, reason in (
        (QSLConfig(n_qubits=6), "too few dimensions"),
        (QSLConfig.mergeable(rank=20), "exceeds the map's smaller side, 16"),
        (QSLConfig.recommended(gains=40), "40 gains exceed the map's smaller side, 16"),
    ):
        with pytest.raises(ConfigError, match=f"there: .*{reason}"):
            make_plan(config, Layout((16,)), 32, "there")
