import json

import numpy as np
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
        ({"layers_to_transform": [0, -1]}, r"layers_to_transform=\[0, -1\].*from 0"),
        ({"layers_to_transform": -1}, "from 0"),
        ({"layers_to_transform": [0, 1, 0]}, "names 0 more than once"),
        ({"layers_to_transform": []}, "one or more"),
        ({"layers_to_transform": [True]}, "indices"),
        ({"layers_to_transform": "0"}, "indices"),
        ({"layers_pattern": "layers"}, "layers_to_transform"),
        ({"n_qubits": np.float32(4)}, "n_qubits"),
        ({"n_qubits": True}, "n_qubits=True"),
        ({"n_qubits": np.array(4)}, "n_qubits"),
        ({"n_qubits": torch.tensor(4)}, "n_qubits"),
        ({"rank": np.bool_(True)}, "rank"),
        ({"init_seed": 0.5}, "init_seed"),
        ({"scaling": float("nan")}, "scaling=nan"),
        ({"scaling": np.float32("inf")}, "scaling"),
        ({"scaling": "2"}, "scaling='2'"),
        ({"dropout": True}, "dropout=True"),
        ({"angle_std": np.float32("nan")}, "angle_std"),
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
        (QSLConfig(n_qubits=3, target_modules=".*query"), "'.*query' match nothing in LlamaForCausalLM"),
        (
            QSLConfig(n_qubits=3, layers_to_transform=[0, 7]),
            "names 7, and LlamaForCausalLM has 2 layers with targets, 0 to 1",
        ),
        (QSLConfig(n_qubits=3, layers_to_transform=2), "names 2, and LlamaForCausalLM has 2 layers"),
        (QSLConfig(n_qubits=3, layers_to_transform=[5, 1, 9]), "names 5, 9"),
        (
            QSLConfig(n_qubits=3, layers_to_transform=[0], layers_pattern=["layers", "block"]),
            "layers_pattern block matches nothing",
        ),
        (
            QSLConfig(n_qubits=3, layers_to_transform=[0], layers_pattern="h"),
            "layers_pattern h matches nothing",
        ),
        (
            QSLConfig(n_qubits=3, target_modules=["lm_head"], layers_to_transform=[0]),
            "no target in one, for example lm_head",
        ),
        (
            QSLConfig(n_qubits=3, target_modules="all-linear", layers_to_transform=[0, 2]),
            "names 2, and LlamaForCausalLM has 2 layers",
        ),
        (
            QSLConfig(
                n_qubits=3, target_modules=["model.layers.0.self_attn.q_proj"], layers_to_transform=[1]
            ),
            "names 1, and .* 1 layers with",
        ),
        (
            QSLConfig(n_qubits=3, exclude_modules=["v_proj", "layers.7.self_attn.q_proj"]),
            "exclude_modules layers.7.self_attn.q_proj match nothing",
        ),
        (QSLConfig(n_qubits=3, exclude_modules=r".*layers\.7.*"), "exclude_modules .* match nothing"),
        (QSLConfig(n_qubits=3, modules_to_save=["lm_head", "score"]), "modules_to_save score match nothing"),
        (QSLConfig(n_qubits=3, modules_to_save="score"), "modules_to_save score match nothing"),
    ],
)
def test_a_model_it_does_not_fit(config, reason):
    """It is refused before anything is replaced: the model is what it was."""
    model = build("llama")
    with pytest.raises(ConfigError, match=reason):
        get_peft_model(model, config)
    assert not any(isinstance(m, QSLLayer) for m in model.modules())
    assert all(p.requires_grad for p in model.parameters())
    torch.testing.assert_close(model(**inputs("llama")).logits, build("llama")(**inputs("llama")).logits)


@pytest.mark.parametrize(
    ("kind", "settings", "blocks"),
    [
        ("llama", {"layers_to_transform": 1}, {"layers.1"}),
        ("llama", {"layers_to_transform": np.array([0, 1])}, {"layers.0", "layers.1"}),
        ("llama", {"layers_to_transform": range(1), "layers_pattern": "layers"}, {"layers.0"}),
        ("gpt2", {"layers_to_transform": [1], "layers_pattern": ["h"]}, {"h.1"}),
        ("t5", {"layers_to_transform": [1]}, {"block.1"}),
        (
            "bert",
            {"layers_to_transform": [0], "modules_to_save": ["classifier"], "task_type": "SEQ_CLS"},
            {"layer.0"},
        ),
        (
            "llama",
            {"target_modules": "all-linear", "exclude_modules": ["lm_head"], "layers_to_transform": [0]},
            {"layers.0"},
        ),
    ],
)
def test_layers_that_are_there(kind, settings, blocks, tmp_path):
    """In stacks of two, and with the heads that PEFT adds for a task, of which a model has one."""
    model = get_peft_model(build(kind), QSLConfig(n_qubits=3, **settings))
    found = {
        ".".join(n.split(".")[k - 1 : k + 1])
        for n in summarize(model).adapted
        for k in [next(i for i, p in enumerate(n.split(".")) if p.isdecimal())]
    }
    assert found == blocks
    model.save_pretrained(tmp_path)
    PeftModel.from_pretrained(build(kind), tmp_path)


def test_a_model_without_a_head_has_layers_too():
    """Its layers are counted at the beginning of the path, where PEFT's expression does not look."""
    model = get_peft_model(build("llama").model, QSLConfig(n_qubits=3, layers_to_transform=[1]))
    assert {n.split(".")[3] for n in summarize(model).adapted} == {"1"}


def test_what_was_saved_with_a_layer_that_is_not_there_is_loaded_with_a_warning(tmp_path):
    """Until now it was passed over in silence, so there are such files."""
    expected = shake(get_peft_model(build("llama"), QSLConfig(n_qubits=3, layers_to_transform=[0])))
    expected.save_pretrained(tmp_path)
    file = tmp_path / "adapter_config.json"
    file.write_text(
        json.dumps(
            {**json.loads(file.read_text()), "layers_to_transform": [0, 7], "exclude_modules": ["nothing"]}
        )
    )
    with pytest.warns(RuntimeWarning, match="names 7"):
        loaded = PeftModel.from_pretrained(build("llama"), tmp_path)
    torch.testing.assert_close(loaded(**inputs("llama")).logits, expected(**inputs("llama")).logits)


def test_what_was_saved_when_layers_did_not_count_for_all_linear_is_loaded(tmp_path):
    expected = shake(get_peft_model(build("llama"), QSLConfig(n_qubits=3, target_modules="all-linear")))
    expected.save_pretrained(tmp_path)
    file = tmp_path / "adapter_config.json"
    weight = build("llama").get_input_embeddings().weight
    probe = [round(weight[k * 10 + 3, 5].item(), 6) for k in range(8)]
    file.write_text(
        json.dumps({**json.loads(file.read_text()), "layers_to_transform": [0], "base_probe": probe})
    )
    loaded = PeftModel.from_pretrained(build("llama"), tmp_path)
    torch.testing.assert_close(loaded(**inputs("llama")).logits, expected(**inputs("llama")).logits)


def test_all_linear_is_all_linear_for_a_second_adapter_too():
    model = get_peft_model(build("llama"), QSLConfig(n_qubits=3))
    model.add_adapter("second", QSLConfig(n_qubits=3, target_modules="all-linear"))
    alone = get_peft_model(build("llama"), QSLConfig(n_qubits=3, target_modules="all-linear"))
    assert summarize(model, "second").adapted == summarize(alone).adapted


def test_numpy_numbers_are_kept_as_pythons(tmp_path):
    config = QSLConfig(
        n_qubits=np.int64(3), n_layers=np.uint8(2), rank=np.int32(2), init_seed=np.int64(5),
        scaling=np.float32(0.5), dropout=np.float64(0.25), angle_std=np.float16(0.125),
        layers_to_transform=[np.int64(1)], keep_norm=np.bool_(True), backend="sampled",
        backend_options={"shots": np.int64(100), "noise": {"readout": np.float32(0.5)}},
    )  # fmt: skip
    model = get_peft_model(build("llama"), config)
    model.save_pretrained(tmp_path)
    saved = json.loads((tmp_path / "adapter_config.json").read_text())
    assert (saved["n_qubits"], saved["scaling"], saved["layers_to_transform"], saved["keep_norm"]) == (
        3,
        0.5,
        [1],
        True,
    )
    assert saved["backend_options"] == {"shots": 100, "noise": {"readout": 0.5}}
    plain = QSLConfig(n_qubits=3, scaling=0.5, layers_to_transform=[1])
    assert {type(getattr(config, f)) for f in ("n_qubits", "n_layers", "rank", "init_seed")} == {int}
    assert type(config.scaling) is type(plain.scaling) is float


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


@pytest.mark.parametrize(
    ("kind", "count"),
    [("llama", 6), ("gpt2", 2), ("gpt_neox", 2), ("opt", 6), ("bert", 6), ("t5", 18), ("phi3", 2)],
)
def test_default_targets(kind, count):
    matched = summarize(get_peft_model(build(kind), QSLConfig(n_qubits=3)))
    assert len(matched.adapted) == count


def test_fused_maps_have_a_circuit_each():
    model = get_peft_model(build("gpt_neox"), QSLConfig(n_qubits=3, n_layers=2))
    layer = next(m for m in model.modules() if isinstance(m, QSLLayer))
    assert layer.qsl_angles["default"].shape == (3, 2, 3)


def test_fused_rows_go_to_the_right_heads():
    """GPT-NeoX stacks q, k, v head by head: moving only the q circuit must move only the q rows of every
    head.
    """
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
    assert names == (
        {"q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"}
        if targets == "all-linear"
        else names
    )
    assert "q_proj" in names


def test_some_layers_only():
    model = get_peft_model(build("llama"), QSLConfig(n_qubits=3, layers_to_transform=[1]))
    assert all(".layers.1." in n for n in summarize(model).adapted)


def test_presets_train_what_they_say():
    angles = summarize(get_peft_model(build("llama"), QSLConfig.angles_only(n_qubits=4))).parameters
    # six maps, four layers and the closing row, four qubits
    assert (angles.classical, angles.angles) == (0, 6 * 5 * 4)
    factors = summarize(get_peft_model(build("llama"), QSLConfig.mergeable())).parameters
    assert factors.classical == 6 * 2  # K = 2 numbers a map
    # 32 → 5 qubits; k and v have 16 outputs, 4 qubits
    assert factors.angles == sum(8 * (5 + out) for out in (5, 4, 4)) * 2


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
    layer = next(
        m
        for m in shake(get_peft_model(build("llama"), QSLConfig(n_qubits=3))).modules()
        if isinstance(m, QSLLayer)
    )
    x = torch.zeros(2, 32, requires_grad=True)
    out = layer.delta("default", x)
    out.sum().backward()
    assert torch.isfinite(out).all()
    assert torch.isfinite(x.grad).all()


def test_input_norm_and_sign_are_lost_and_the_norm_can_be_kept():
    x = torch.randn(4, 32)
    for keep in (False, True):
        layer = next(
            m
            for m in shake(get_peft_model(build("llama"), QSLConfig(n_qubits=3, keep_norm=keep))).modules()
            if isinstance(m, QSLLayer)
        )
        once, thrice = layer.delta("default", x), layer.delta("default", -3 * x)
        torch.testing.assert_close(thrice, once * (3 if keep else 1))


@pytest.mark.parametrize(
    "wrong", [{"target_modules": "("}, {"layers_pattern": "(", "layers_to_transform": [0]}]
)
def test_regular_expressions_that_are_none(wrong):
    with pytest.raises(ConfigError, match="is not a regular expression"):
        QSLConfig(n_qubits=2, **wrong)


def test_a_number_of_another_package_is_an_index():
    assert QSLConfig(n_qubits=2, layers_to_transform=np.array(1)).layers_to_transform == 1
    assert QSLConfig(n_qubits=2, layers_to_transform=np.arange(2)).layers_to_transform == [0, 1]
