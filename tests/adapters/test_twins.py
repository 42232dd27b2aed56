import pytest
import torch
from peft import get_peft_model

from qualms import QSLConfig
from qualms.adapters import QSLLayer, count, lora_twin, twin
from qualms.adapters.twins import CIRCUIT_TWINS
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


def test_an_unknown_twin():
    with pytest.raises(ConfigError, match="no-entangler"):
        twin(QSLConfig(), "placebo")
