"""What is told of an adapter as a whole, against counts by hand."""

from functools import partial

import pytest

from qualms.analysis.adapter import from_model, from_settings
from qualms.analysis.costs import arithmetic
from qualms.analysis.overview import circuit_counts, gradients
from qualms.circuits import LayeredAnsatz
from qualms.errors import ConfigError
from qualms.language_models import load_model
from qualms.report.tables import convergence
from tests.records.sample import make_record

BASE = partial(load_model, "base", "generate")


@pytest.fixture(scope="module")
def adapter():
    return from_settings(BASE, n_qubits=2, n_layers=1, entangler="ring")


def test_counts_of_a_small_circuit(adapter):
    found = circuit_counts(adapter)
    assert found["qubits"] == 2
    assert found["sublayers"] == adapter.sublayers == 12
    assert found["angles_per_circuit"] == 2  # one layer of RY
    assert found["ansatz"]["one_qubit"] == 2
    assert found["ansatz"]["two_qubit"] == len(LayeredAnsatz(2, 1).circuit().operations) - 2
    assert found["whole"]["parameters"] == 3 + 2  # 2² − 1 angles load the amplitudes
    assert found["whole"]["depth"] >= max(found["loading"]["depth"], found["ansatz"]["depth"])


def test_arithmetic_is_that_of_the_two_maps(adapter):
    hidden = BASE().config.hidden_size
    found = arithmetic(adapter)
    assert adapter.hidden == hidden
    assert found["twin_multiply_adds"] == 2 * found["twin_rank"] * hidden
    assert found["sublayer_multiply_adds"] == 4 * (1 + 2 * 2 * 1) + 4 * 2 + 2 * hidden + (
        4 * hidden if adapter.config.down != "slice" else 0
    )


def test_circuits_of_numbered_pairs_have_no_other_sizes():
    assert gradients(LayeredAnsatz(3, 1, entangler=((0, 2),)), [2], 0) == []
    (one, four) = gradients(LayeredAnsatz(2, 1), [2], 0)
    assert (one["n_layers"], four["n_layers"]) == (1, 4)


def test_adapters_without_circuits_are_named():
    from peft import LoraConfig, get_peft_model

    with pytest.raises(ConfigError, match=r"here: a .*LORA adapter has no circuits"):
        from_model(get_peft_model(BASE(), LoraConfig(target_modules=["q_proj"])), BASE, "here")


def test_convergence_is_the_mean_step_to_the_loss_that_all_reached():
    def run(method, seed, losses):
        return make_record(
            method, seed, curve=[{"step": k, "loss": loss} for k, loss in enumerate(losses, 1)]
        )

    records = [
        run("fast", 0, [1.0, 0.0, 0.0]),
        run("fast", 1, [1.0, 1.0, 0.4]),
        run("slow", 0, [1.0, 1.0, 1.0, 0.0]),
    ]
    # means of (1 + 1 + 0.4) / 3 = 0.8 are reached by all
    assert convergence(records) == {"fast": pytest.approx((2 + 3) / 2), "slow": 4}
    assert convergence([]) == {}
    assert convergence([make_record(curve=[])]) == {}
