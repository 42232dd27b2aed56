import pytest
import torch
from peft import get_peft_model

from qualms import QSLConfig
from qualms.adapters import QSLLayer, count, lora_twin, twin, unilora_twin
from qualms.adapters.twins import CIRCUIT_TWINS, EQUAL_TWINS
from qualms.errors import ConfigError
from tests.conftest import build, inputs

PRESETS = {
    "seed": lambda: QSLConfig.seed(n_qubits=4),
    "angles": lambda: QSLConfig.angles_only(n_qubits=4),
    "factors": QSLConfig.mergeable,
}


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("name", [t.name for t in CIRCUIT_TWINS])
@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_every_twin_trains(preset, name, kind):
    model = get_peft_model(build(kind), twin(PRESETS[preset](), name))
    model(**inputs(kind)).loss.backward()
    assert sum(p.requires_grad for p in model.parameters())
    angles = count(model).angles
    assert angles == 0 if name != "no-entangler" else angles > 0


def test_frozen_angles_are_those_the_trained_circuit_starts_with():
    trained, frozen = (
        get_peft_model(build("llama"), c)
        for c in (PRESETS["seed"](), twin(PRESETS["seed"](), "frozen-angles"))
    )
    for a, b in zip(trained.modules(), frozen.modules(), strict=False):
        if isinstance(a, QSLLayer):
            assert torch.equal(a.qsl_angles["default"], b.qsl_frozen_angles["default"])


def test_random_orthogonal_is_orthogonal():
    model = get_peft_model(build("llama"), twin(PRESETS["seed"](), "random-orthogonal"))
    matrix = next(m for m in model.modules() if isinstance(m, QSLLayer)).qsl_frozen_matrix["default"][0]
    torch.testing.assert_close(matrix @ matrix.T, torch.eye(16), atol=1e-5, rtol=0)


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("kind", ["llama", "gpt2", "bert"])
@pytest.mark.filterwarnings("ignore:fan_in_fan_out")
def test_lora_twin_is_as_near_in_size_as_ranks_allow(preset, kind):
    quantum = get_peft_model(build(kind), PRESETS[preset]())
    config = lora_twin(quantum)
    lora = get_peft_model(build(kind), config)
    wanted, got = count(quantum).trained, count(lora).trained
    step = min(m.in_features + m.out_features for m in quantum.modules() if isinstance(m, QSLLayer))
    assert abs(got - wanted) <= max(step, 128)


@pytest.mark.parametrize("preset", [*PRESETS, "one projection for all maps"])
@pytest.mark.parametrize("kind", ["llama", "gpt2", "bert"])
@pytest.mark.filterwarnings("ignore:fan_in_fan_out")
def test_unilora_twin_has_the_same_size(preset, kind):
    make = PRESETS.get(preset, lambda: QSLConfig.seed(n_qubits=4, share_up=True, share_down=True))
    quantum = get_peft_model(build(kind), make())
    config = unilora_twin(quantum)
    model = get_peft_model(build(kind), config)
    assert count(model).trained == count(quantum).trained
    adapted = {n for n, m in model.named_modules() if hasattr(m, "unilora_indices_A")}
    assert adapted == {n for n, m in quantum.named_modules() if isinstance(m, QSLLayer)}
    model(**inputs(kind)).loss.backward()
    (vector,) = (p for p in model.parameters() if p.requires_grad)
    used = torch.cat([
        m.unilora_indices_B["default"].flatten() for m in model.modules() if hasattr(m, "unilora_indices_B")
    ]).unique()  # fmt: skip
    assert vector.grad[used].any()
    assert len(vector) == config.theta_d_length


def test_a_budget_above_unilora_s_default_rank_gets_a_higher_one():
    """Every number of the vector stands somewhere in the matrices."""
    quantum = get_peft_model(build("llama"), QSLConfig.seed(n_qubits=4, up="learned", down="learned"))
    config = unilora_twin(quantum)
    model = get_peft_model(build("llama"), config)
    places = torch.cat([
        m.get_buffer(f"unilora_indices_{side}.default").flatten()
        for m in model.modules() for side in "AB" if hasattr(m, "unilora_indices_A")
    ])  # fmt: skip
    assert config.r > 4
    assert len(places.unique()) == count(quantum).trained


@pytest.mark.parametrize("name", [t.name for t in EQUAL_TWINS])
def test_a_twin_of_equal_size_leaves_the_model_alone_and_is_no_circuit_of_ours(name):
    model = build("llama")
    before = {k: v.clone() for k, v in model.state_dict().items()}
    (equal,) = (t for t in EQUAL_TWINS if t.name == name)
    config = equal.make(QSLConfig.mergeable(init_seed=5, task_type="CAUSAL_LM"), model)
    assert not isinstance(config, QSLConfig)
    assert config.task_type == "CAUSAL_LM"
    assert getattr(config, "proj_seed", 5) == 5
    after = model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[k], after[k]) for k in before)
    with pytest.raises(ConfigError, match="frozen-angles"):
        twin(QSLConfig.mergeable(), name)


def test_an_unknown_twin():
    with pytest.raises(ConfigError, match="no-entangler"):
        twin(QSLConfig(), "placebo")
