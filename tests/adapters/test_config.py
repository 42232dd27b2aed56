import json

import pytest
import torch
from peft import PeftConfig, PeftModel, get_peft_model
from peft.utils.peft_types import PeftType

from qualms import QSLConfig, summarize
from qualms.adapters import QSLLayer
from qualms.errors import ConfigError
from tests.conftest import build, inputs, shake


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"readout": "x"}, "readout='x'"),
        ({"entangler": "star"}, "entangler='star'"),
        ({"normalize": False}, "norm 1"),
        ({"rz": True, "readout": "amplitudes"}, "complex"),
        ({"n_qubits": None}, "down='full'"),
        ({"rank": 0, "form": "factors"}, "rank"),
        ({"dropout": 1.0}, "dropout"),
        ({"share_up": True, "up": "gain"}, "share_up"),
        ({"up": "fixed", "circuit": "frozen"}, "trains nothing"),
        ({"n_layers": 0}, "1 layer"),
        ({"target_modules": ".*q_proj", "layers_to_transform": [0]}, "layers_to_transform"),
    ],
)
def test_settings_that_do_not_go_together(settings, reason):
    with pytest.raises(ConfigError, match=reason):
        QSLConfig(**settings)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (QSLConfig(n_qubits=6), "n_qubits ≤ 5"),
        (QSLConfig(n_qubits=4, down="full"), "needs 5 qubits"),
        (QSLConfig(n_qubits=3, target_modules=["q_proj", "value"]), "value match nothing"),
        (QSLConfig(n_qubits=3, target_modules=".*layernorm"), "linear maps"),
        (QSLConfig(form="factors", rank=20, target_modules=["k_proj"]), "smaller side, 16"),
        (QSLConfig(n_qubits=3, backend="device"), "unknown backend"),
    ],
)
def test_a_model_it_does_not_fit(config, reason):
    with pytest.raises(ConfigError, match=reason):
        get_peft_model(build("llama"), config)


@pytest.mark.parametrize("name", ["/abs", "../up", "a/b", "..", "a.b", ""])
def test_adapter_names_that_would_leave_the_folder(name):
    with pytest.raises(ConfigError, match="adapter name"):
        get_peft_model(build("llama"), QSLConfig(n_qubits=3), adapter_name=name)


def test_registered_under_a_name_that_points_here():
    assert PeftType("QUALMS_QSL") == QSLConfig().peft_type
    assert list(PeftType).count(PeftType.QUALMS_QSL) == 1


def test_config_survives_json(tmp_path):
    config = QSLConfig.mergeable(rank=3, target_modules=["q_proj"])
    config.save_pretrained(tmp_path)
    json.loads((tmp_path / "adapter_config.json").read_text())
    read = PeftConfig.from_pretrained(tmp_path)
    assert isinstance(read, QSLConfig)
    assert (read.form, read.rank, read.target_modules) == ("factors", 3, {"q_proj"})


@pytest.mark.parametrize(("kind", "count"), [("llama", 6), ("gpt2", 2), ("gpt_neox", 2), ("opt", 6), ("bert", 6), ("t5", 18), ("phi3", 2)])
def test_default_targets(kind, count):
    matched = summarize(get_peft_model(build(kind), QSLConfig(n_qubits=3)))
    assert len(matched.adapted) == count


def test_fused_maps_have_a_circuit_each():
    model = get_peft_model(build("gpt_neox"), QSLConfig(n_qubits=3, n_layers=2))
    layer = next(m for m in model.modules() if isinstance(m, QSLLayer))
    assert layer.qsl_angles["default"].shape == (3, 2, 3)


def test_fused_rows_go_to_the_right_heads():
    """GPT-NeoX stacks q, k, v head by head: moving only the q circuit must move only the q rows of every head."""
    model = get_peft_model(build("gpt_neox"), QSLConfig(n_qubits=3))
    layer = next(m for m in model.modules() if isinstance(m, QSLLayer))
    layer.qsl_up["default"].data[0] = 1.0
    moved = layer.delta("default", torch.randn(5, 32)).abs().amax(0).reshape(4, 3, 8)  # head, map, feature
    assert (moved[:, 0] > 0).all()
    assert (moved[:, 1:] == 0).all()


@pytest.mark.parametrize("targets", ["all-linear", r".*\.(q_proj|down_proj)", ["q_proj", "o_proj"]])
def test_other_ways_to_name_targets(targets):
    model = get_peft_model(build("llama"), QSLConfig(n_qubits=3, target_modules=targets))
    names = {n.rpartition(".")[2] for n in summarize(model).adapted}
    assert names == ({"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"} if targets == "all-linear" else names)
    assert "q_proj" in names


def test_some_layers_only():
    model = get_peft_model(build("llama"), QSLConfig(n_qubits=3, layers_to_transform=[1]))
    assert all(".layers.1." in n for n in summarize(model).adapted)


def test_presets_train_what_they_say():
    angles = summarize(get_peft_model(build("llama"), QSLConfig.angles_only(n_qubits=4))).parameters
    assert (angles.classical, angles.angles) == (0, 6 * 5 * 4)  # six maps, four layers and the closing row, four qubits
    factors = summarize(get_peft_model(build("llama"), QSLConfig.mergeable())).parameters
    assert factors.classical == 6 * 2  # K = 2 numbers a map
    assert factors.angles == sum(8 * (5 + out) for out in (5, 4, 4)) * 2  # 32 → 5 qubits; k and v have 16 outputs, 4 qubits


def test_another_base_is_refused(tmp_path):
    shake(get_peft_model(build("llama"), QSLConfig(n_qubits=3))).save_pretrained(tmp_path)
    other = build("llama")
    other.get_input_embeddings().weight.data += 1
    with pytest.raises(ConfigError, match="other weights"):
        PeftModel.from_pretrained(other, tmp_path)
    with pytest.raises(ConfigError, match=r"match nothing|other weights|does not fit"):
        PeftModel.from_pretrained(build("gpt2"), tmp_path)


def test_a_file_that_lacks_a_tensor_is_refused(tmp_path):
    from safetensors.torch import load_file, save_file

    get_peft_model(build("llama"), QSLConfig(n_qubits=3)).save_pretrained(tmp_path)
    tensors = load_file(tmp_path / "adapter_model.safetensors")
    tensors.popitem()
    save_file(tensors, tmp_path / "adapter_model.safetensors")
    with pytest.raises(ConfigError, match="1 tensors differ"):
        PeftModel.from_pretrained(build("llama"), tmp_path)


def test_mixed_batches_with_an_unknown_adapter():
    model = get_peft_model(build("llama"), QSLConfig(n_qubits=3)).eval()
    with pytest.raises(ConfigError, match="other"):
        model(**inputs("llama"), adapter_names=["default", "other", "__base__"])
    with pytest.raises(ConfigError, match="inference"):
        model.train()(**inputs("llama"), adapter_names=["default"] * 3)


def test_zero_input_has_a_defined_value_and_gradient():
    layer = next(m for m in shake(get_peft_model(build("llama"), QSLConfig(n_qubits=3))).modules() if isinstance(m, QSLLayer))
    x = torch.zeros(2, 32, requires_grad=True)
    out = layer.delta("default", x)
    out.sum().backward()
    assert torch.isfinite(out).all()
    assert torch.isfinite(x.grad).all()


def test_input_norm_and_sign_are_lost_and_the_norm_can_be_kept():
    x = torch.randn(4, 32)
    for keep in (False, True):
        layer = next(m for m in shake(get_peft_model(build("llama"), QSLConfig(n_qubits=3, keep_norm=keep))).modules() if isinstance(m, QSLLayer))
        once, thrice = layer.delta("default", x), layer.delta("default", -3 * x)
        torch.testing.assert_close(thrice, once * (3 if keep else 1))
