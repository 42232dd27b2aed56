"""Fitted factors: the gradient against autograd's own, the fit against numpy, and what is refused."""

import copy

import numpy as np
import pytest
import torch
from peft import PeftModel, get_peft_model
from torch import nn

from qualms import QSLConfig, export_lora
from qualms.adapters import QSLLayer, fit_directions, fitting, needs_fitting
from qualms.adapters.goals import weight_gradients, weight_updates
from qualms.adapters.placement import quantum_layers
from qualms.circuits import LayeredAnsatz, reference
from qualms.errors import ConfigError, QualmsWarning, RunFolderError
from qualms.study.encoding import Encoded
from qualms.study.fitting import fit_start
from tests.conftest import build, inputs, shake

SMALL = {"rank": 3, "n_layers": 4, "fit_steps": 25, "fit_to": "gradient"}


def config(**changes):
    return QSLConfig.fitted(**{**SMALL, **changes})


def tuned(kind="llama", **changes):
    return get_peft_model(build(kind), config(**changes))


def batches(kind="llama", count=2):
    rows = inputs(kind, 2 * count)
    return [{k: v[2 * i : 2 * i + 2] for k, v in rows.items()} for i in range(count)]


def training(model):
    """As it is between two steps, with dropout where the base has some."""
    for module in model.train().modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.5
    return model


def angles(model):
    return {n: p.detach().clone() for n, p in model.named_parameters() if "qsl_angles" in n}


@pytest.mark.parametrize("kind", ["llama", "gpt2", "gpt_neox", "bert", "t5"])
def test_the_gradient_is_the_one_that_autograd_gives_to_trainable_weights(kind):
    model = training(get_peft_model(build(kind), config(target_modules=None)))
    found = weight_gradients(model, quantum_layers(model), batches(kind))
    weights = [m.get_base_layer().weight.requires_grad_() for m in quantum_layers(model).values()]
    model.eval()
    loss = sum(model(**b).loss for b in batches(kind)) / 2
    for (name, gradient), expected in zip(found.items(), torch.autograd.grad(loss, weights), strict=True):
        transposed = expected.T if kind == "gpt2" else expected
        torch.testing.assert_close(gradient, transposed, rtol=1e-4, atol=1e-6, msg=name)


@pytest.mark.parametrize("kind", ["llama", "gpt2", "gpt_neox"])
def test_the_update_is_the_one_of_training_the_maps_themselves(kind):
    model = training(get_peft_model(build(kind), config(target_modules=None)))
    found = weight_updates(model, quantum_layers(model), batches(kind), 0.02)
    assert model.training
    model.eval()
    weights = [m.get_base_layer().weight.requires_grad_() for m in quantum_layers(model).values()]
    before = [w.detach().clone() for w in weights]
    assert found.loss_before == pytest.approx(model(**batches(kind)[0]).loss.item())
    for batch in batches(kind):
        gradients = torch.autograd.grad(model(**batch).loss, weights)
        with torch.no_grad():
            for w, old, g in zip(weights, before, gradients, strict=True):
                w.sub_(0.02 * old.square().mean().sqrt() * g.sign())
    assert found.loss_after == pytest.approx(model(**batches(kind)[0]).loss.item(), rel=1e-3)
    assert found.loss_after < found.loss_before
    for change, new, old in zip(found.by_map.values(), weights, before, strict=True):
        expected = (new - old).detach().T if kind == "gpt2" else (new - old).detach()
        # a gradient that is nearly zero may have either sign
        assert torch.isclose(change, expected, atol=1e-6).float().mean() > 0.99


@pytest.mark.parametrize("bits", [32, 16, 1])
@pytest.mark.parametrize("kind", ["llama", "gpt2"])
def test_stored_directions_are_the_leading_singular_vectors_of_the_update(kind, bits):
    settings = config(circuit="stored", fit_to="update", bits=bits, target_modules=None)
    model = get_peft_model(build(kind), settings)
    fit = fit_directions(model, batches(kind))
    goals = weight_updates(model, quantum_layers(model), batches(kind), settings.update_rate).by_map
    for name, layer in quantum_layers(model).items():
        maps = layer.plans["default"].maps
        layer.qsl_spectrum["default"].data[:] = torch.tensor([3.0, 2.0, 1.0])
        whole = layer.get_delta_weight("default")
        deltas = (whole.T if kind == "gpt2" else whole).reshape(maps, -1, 32).numpy()
        for delta, goal in zip(deltas, goals[name].reshape(deltas.shape).numpy(), strict=True):
            u, _, v = np.linalg.svd(goal, full_matrices=False)
            u, v = u[:, :3], v[:3]
            if bits == 1:
                u, v = np.sign(u) / np.sqrt(len(u)), np.sign(v) / np.sqrt(32)
            np.testing.assert_allclose(
                delta / settings.scaling, u @ np.diag([3, 2, 1]) @ v, atol=0.02 if bits == 16 else 1e-4
            )
    assert {32: 0.999, 16: 0.99, 1: 0.2}[bits] < fit.to_dict()["captured"] < 1.001
    trained = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert trained == 3 * 6


def test_gains_start_at_the_sizes_of_the_blocks():
    """As if the vectors' entries had the mean size of their block; not all blocks have one length."""
    settings = config(
        circuit="stored", bits=1, gains=5, scaling=8.0, fit_to="update", target_modules=["v_proj"]
    )
    model = get_peft_model(build("llama"), settings)
    fit_directions(model, batches())
    goals = weight_updates(model, quantum_layers(model), batches(), settings.update_rate).by_map
    for name, layer in quantum_layers(model).items():
        assert not layer.get_delta_weight("default").any()
        gains = torch.rand(1, 3, 5, generator=torch.Generator().manual_seed(0))
        layer.qsl_gain_out["default"].data = gains
        u, _, v = np.linalg.svd(goals[name].numpy(), full_matrices=False)
        expected = 0
        for k in range(3):
            blocks = [range(*(-(-b * 32 // 5) for b in (i, i + 1))) for i in range(5)]
            right = np.concatenate([np.sign(v[k, b]) * np.abs(v[k, b]).mean() for b in blocks])
            rows = [gains[0, k, i * 5 // 16].item() for i in range(16)]
            expected = expected + 8 * np.outer(np.sign(u[:, k]) * rows, right)
        np.testing.assert_allclose(layer.get_delta_weight("default").numpy(), expected, rtol=1e-4, atol=1e-4)


def test_a_file_of_half_precision_is_half_as_large(tmp_path):
    sizes = []
    for bits in (32, 16):
        tuned(circuit="stored", bits=bits).save_pretrained(tmp_path / str(bits))
        sizes.append((tmp_path / str(bits) / "adapter_model.safetensors").stat().st_size)
    assert sizes[0] - sizes[1] > 2 * 3 * (2 * (32 + 16)) * 2


@pytest.mark.parametrize(("bits", "gains"), [(32, 0), (16, 0), (1, 0), (1, 4)])
def test_stored_directions_are_saved_loaded_merged_and_exported(bits, gains, tmp_path):
    model = tuned(circuit="stored", bits=bits, gains=gains, target_modules=["q_proj", "down_proj"])
    with pytest.raises(ConfigError, match="without a fit"):
        model.train()(**inputs("llama"))
    fit_directions(model, batches())
    shake(model).eval()
    expected = model(**inputs("llama")).logits
    assert (expected - build("llama")(**inputs("llama")).logits).abs().max() > 1e-3
    model.save_pretrained(tmp_path / "adapter")
    loaded = PeftModel.from_pretrained(build("llama"), tmp_path / "adapter", is_trainable=True)
    assert not needs_fitting(loaded)
    torch.testing.assert_close(loaded.eval()(**inputs("llama")).logits, expected)
    export_lora(model, tmp_path / "lora")
    exported = PeftModel.from_pretrained(build("llama"), tmp_path / "lora")
    for other in (exported.eval(), model.merge_and_unload()):
        torch.testing.assert_close(other(**inputs("llama")).logits, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", ["llama", "gpt2", "gpt_neox"])
def test_a_fit_reaches_what_it_says_and_changes_nothing_but_angles(kind):
    model = get_peft_model(build(kind), config(target_modules=None)).train()
    model.base_model.model.get_input_embeddings().eval()
    before, modes = copy.deepcopy(model.state_dict()), [m.training for m in model.modules()]
    trainable = [p.requires_grad for p in model.parameters()]
    fit = fit_directions(model, batches(kind))
    assert [m.training for m in model.modules()] == modes
    assert [p.requires_grad for p in model.parameters()] == trainable
    assert all(p.grad is None for p in model.parameters())
    changed = {n for n, v in model.state_dict().items() if not torch.equal(v, before[n])}
    assert changed == set(angles(model))

    gradients = weight_gradients(model, quantum_layers(model), batches(kind))
    for name, layer in quantum_layers(model).items():
        plan = layer.plans["default"]
        rows = plan.layout.order if plan.layout.order is not None else torch.arange(layer.out_features)
        for k in range(plan.maps):
            g = gradients[name][torch.argsort(rows)].double().numpy()
            g = g[k * plan.n_out : (k + 1) * plan.n_out]
            ours, theirs = (
                getattr(layer, part)["default"][k].detach().double().numpy()
                for part in ("qsl_angles", "qsl_angles_out")
            )
            v = reference.unitary(LayeredAnsatz(ours.shape[1], 4), ours).real[: plan.n_in, :3]
            u = reference.unitary(LayeredAnsatz(theirs.shape[1], 4), theirs).real[: plan.n_out, :3]
            q, s = np.einsum("ok,oi,ik->k", u, g, v), np.linalg.svd(g, compute_uv=False)
            key = name if plan.maps == 1 else f"{name}[{k}]"
            assert fit.overlap[key] == pytest.approx(np.abs(q).max() / s[0], rel=1e-3)
            assert fit.captured[key] == pytest.approx((q**2).sum() / (s[:3] ** 2).sum(), rel=1e-3)


def test_a_fit_reaches_more_than_chance_and_more_with_more_layers():
    reached = {
        (steps, layers): fit_directions(tuned(fit_steps=steps, n_layers=layers), batches()).to_dict()[
            "captured"
        ]
        for steps, layers in ((1, 4), (60, 4), (60, 10))
    }
    assert 3 * reached[1, 4] < reached[60, 4] < reached[60, 10] <= 1


def test_a_fit_depends_on_its_seed_alone_and_not_on_which_maps_are_fitted_along(monkeypatch):
    whole, again, other, alone = (
        tuned(), tuned(), tuned(init_seed=1), tuned(target_modules=["k_proj"])
    )  # fmt: skip
    for model in (whole, other, alone):
        torch.manual_seed(id(model))
        fit_directions(model, batches())
    monkeypatch.setattr(fitting, "_AT_ONCE", 2048)  # one or two maps at a time
    held, gradients = [], fitting.weight_gradients

    def counted(*arguments):
        held.append(gradients(*arguments))
        return held[-1]

    monkeypatch.setattr(fitting, "weight_gradients", counted)
    fit_directions(again, batches())
    sizes = [[g.numel() for g in part.values()] for part in held]
    assert all(sum(part) <= 2048 or len(part) == 1 for part in sizes)
    assert max(map(sum, sizes)) == 2048  # a part is filled
    assert sum(map(len, sizes)) == len(quantum_layers(again))
    expected = angles(whole)
    for name, value in angles(again).items():
        torch.testing.assert_close(value, expected[name], rtol=0, atol=1e-4)
    for name, value in angles(alone).items():
        torch.testing.assert_close(value, expected[name], rtol=0, atol=1e-4)
    assert not any(torch.allclose(value, expected[name], atol=0.1) for name, value in angles(other).items())


def test_training_waits_for_the_fit_and_loading_needs_none(tmp_path):
    model = tuned()
    assert needs_fitting(model)
    model.eval()(**inputs("llama"))
    with pytest.raises(ConfigError, match=r"without a fit: call qualms.adapters.fit_dir"):
        model.train()(**inputs("llama"))
    model.save_pretrained(tmp_path / "unfitted")
    fit_directions(model, batches())
    model(**inputs("llama")).loss.backward()
    spectra = [p for n, p in model.named_parameters() if "spectrum" in n]
    assert all(p.grad.any() for p in spectra)
    model.save_pretrained(tmp_path / "fitted")
    for low in (False, True):
        loaded = PeftModel.from_pretrained(
            build("llama"), tmp_path / "fitted", is_trainable=True, low_cpu_mem_usage=low
        )
        assert not needs_fitting(loaded)
        loaded.train()(**inputs("llama"))
    unfitted = PeftModel.from_pretrained(build("llama"), tmp_path / "unfitted", is_trainable=True)
    with pytest.raises(ConfigError, match="without a fit"):
        unfitted.train()(**inputs("llama"))


def test_another_model_with_the_same_settings_is_not_fitted():
    settings = config()
    fit_directions(get_peft_model(build("llama"), settings), batches())
    assert needs_fitting(get_peft_model(build("llama"), settings))


class Quantized(nn.Linear):
    """A linear map whose weight is kept in eight bits."""

    def __init__(self, like):
        super().__init__(like.in_features, like.out_features, bias=False)
        self.scale = like.weight.detach().abs().max() / 127
        self.shift = 5.0  # a bias is no part of the matrix
        self.weight = nn.Parameter((like.weight.detach() / self.scale).round().to(torch.int8), False)

    def forward(self, x):
        return x @ (self.weight.float() * self.scale).T + self.shift


def test_a_quantized_map_is_fitted_like_the_matrix_it_stands_for():
    base, plain = build("llama"), build("llama")
    for block, same in zip(base.model.layers, plain.model.layers, strict=True):
        block.self_attn.v_proj = Quantized(block.self_attn.v_proj)
        same.self_attn.v_proj.weight.data = block.self_attn.v_proj.weight * block.self_attn.v_proj.scale
        same.self_attn.v_proj.bias = nn.Parameter(torch.full((16,), block.self_attn.v_proj.shift))
    found = [get_peft_model(m, config(target_modules=["v_proj"])) for m in (base, plain)]
    for model in found:
        fit_directions(model, batches())
    quantized, expected = (angles(model) for model in found)
    for name, value in quantized.items():
        torch.testing.assert_close(value, expected[name], rtol=0, atol=1e-3)


def test_a_tied_map_gets_the_gradient_of_its_own_use():
    """One weight for two maps: the sum of both gradients is the one to the weight."""
    base = build("llama")
    attention = base.model.layers[0].self_attn
    attention.v_proj.weight = attention.k_proj.weight
    model = get_peft_model(base, config(target_modules=["k_proj", "v_proj"], layers_to_transform=0))
    found = weight_gradients(model, quantum_layers(model), batches())
    weight = attention.k_proj.get_base_layer().weight.requires_grad_()
    (expected,) = torch.autograd.grad(sum(model.eval()(**b).loss for b in batches()) / 2, [weight])
    torch.testing.assert_close(sum(found.values()), expected, rtol=1e-4, atol=1e-6)


def test_an_update_of_a_quantized_map_steps_by_the_size_of_the_matrix_it_stands_for():
    base, plain = build("llama"), build("llama")
    for block in base.model.layers:
        block.self_attn.v_proj = Quantized(block.self_attn.v_proj)
    found = [
        weight_updates(m, quantum_layers(m), batches(), 0.01).by_map
        for m in (get_peft_model(b, config(target_modules=["v_proj"])) for b in (base, plain))
    ]
    for ours, theirs in zip(*(f.values() for f in found), strict=True):
        assert ours.abs().max().item() == pytest.approx(theirs.abs().max().item(), rel=0.05)


def test_a_short_training_that_raises_the_loss_is_told():
    with pytest.warns(QualmsWarning, match="raised the loss from .* lower update_rate, which is 3"):
        fit_directions(tuned(fit_to="update", update_rate=3.0, fit_steps=1), batches())


def nan_base():
    base = build("llama")
    base.model.norm.weight.data[0] = torch.nan
    return get_peft_model(base, config())


def unused_map(targets=("q_proj", "aside"), **changes):
    base = build("llama")
    base.aside = nn.Linear(32, 32)
    return get_peft_model(base, config(target_modules=list(targets), **changes))


def unused_maps():
    return unused_map(["aside"])


def unused_in_training():
    return unused_map(fit_to="update", circuit="stored")


def trained():
    model = tuned()
    next(p for n, p in model.named_parameters() if "spectrum" in n).data += 1
    return model


@pytest.mark.parametrize(
    ("make", "data", "message"),
    [
        (tuned, [], "at least one batch"),
        (tuned, [{"input_ids": inputs("llama")["input_ids"]}], "batch 1 gives no loss.*needs labels"),
        (nan_base, batches(), "batch 1 gives a loss of nan"),
        (unused_map, batches(), "aside has no gradient.*exclude_modules"),
        (unused_maps, batches(), "aside has no gradient.*exclude_modules"),
        (unused_in_training, batches(), "aside has no gradient.*exclude_modules"),
        (trained, batches(), "has been trained.*fit before training"),
        (lambda: get_peft_model(build("llama"), QSLConfig.mergeable()), batches(), "start='random'; only"),
        (lambda: get_peft_model(build("llama"), QSLConfig(n_qubits=3)), batches(), "only QSLConfig"),
        (lambda: build("llama"), batches(), "no quantum sublayers"),
        (tuned, batches()[0], "takes a list of batches"),
        (tuned, None, "takes a list of batches"),
        (tuned, ["some text"], "batch 1 is a str"),
        (
            lambda: get_peft_model(build("llama"), config(), low_cpu_mem_usage=True),
            batches(),
            "no numbers yet.*low_cpu_mem_usage",
        ),
    ],
)
def test_what_cannot_be_fitted_is_told_and_nothing_changes(make, data, message):
    model = make()
    before = copy.deepcopy(model.state_dict())
    with pytest.raises(ConfigError, match=message):
        fit_directions(model, data)
    assert all(
        v.is_meta or torch.equal(v, before[n]) or v.isnan().any() for n, v in model.state_dict().items()
    )
    assert all(p.grad is None for p in model.parameters())


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"form": "sublayer"}, "use form='factors'"),
        ({"circuit": "frozen"}, "leaves them as drawn"),
        ({"circuit": "stored", "start": "random"}, "use start='fitted'"),
        ({"circuit": "stored", "backend": "sampled"}, "no circuit that backend='sampled' could run"),
        ({"gains": 4}, "use circuit='stored'"),
        ({"bits": 8}, "bits=8 must be 1, 16 or 32"),
        ({"update_rate": -1}, "update_rate=-1.0 must be above 0"),
        ({"fit_steps": 0}, "fit_steps=0 must be at least 1"),
        ({"fit_rate": 0}, "fit_rate=0.0 must be above 0"),
        ({"start": "warm"}, "choose one of random, fitted"),
    ],
)
def test_settings_that_do_not_go_together(settings, message):
    with pytest.raises(ConfigError, match=message):
        config(**settings)


def test_a_backend_that_measures_has_no_amplitudes_to_fit():
    with pytest.raises(ConfigError, match="needs exact amplitudes, and backend 'sampled' measures"):
        tuned(backend="sampled", backend_options={"shots": 10})


@torch.inference_mode()
def test_inference_mode_allows_no_fit():
    with pytest.raises(ConfigError, match="fit outside of it"):
        fit_directions(tuned(), batches())


@pytest.mark.parametrize("preset", [QSLConfig.recommended, QSLConfig.stored, config])
def test_fitted_adapters_are_added_up(preset):
    model = get_peft_model(build("llama"), preset(rank=2, target_modules=["q_proj", "v_proj"])).eval()
    model.add_adapter("b", preset(rank=2, init_seed=1, target_modules=["q_proj", "v_proj"]))
    fit_directions(model, batches())
    fit_directions(model, batches(), "b")
    shake(model)
    model.base_model.set_adapter(["default", "b"])
    together = model(**inputs("llama")).logits
    model.add_weighted_adapter(["default", "b"], [1.0, 1.0], "sum")
    model.set_adapter("sum")
    torch.testing.assert_close(model(**inputs("llama")).logits, together, atol=1e-4, rtol=1e-4)


ITEMS = [Encoded([5 + i, 6, 7, 8], [-100, 6, 7, 8], False) for i in range(5)]
RUN = {"task": "generate", "pad": 0, "batch_size": 2, "seed": 3}


def test_a_run_that_goes_on_has_the_angles_it_was_fitted_to(tmp_path):
    first, again, apart = tuned(), tuned(), tuned()
    fit = fit_start(first, ITEMS, folder=tmp_path, **RUN)
    assert fit.batches == 2  # as many whole ones as there are
    assert fit_start(again, ITEMS[:0], folder=tmp_path, **RUN) == fit
    assert not needs_fitting(again)
    fit_start(apart, ITEMS, folder=None, **RUN)  # cut off before the file was there: the same once more
    for name, value in angles(first).items():
        assert torch.equal(angles(again)[name], value)
        assert torch.equal(angles(apart)[name], value)
    assert fit_start(first, ITEMS, folder=tmp_path, **RUN) is None


def test_kept_angles_that_cannot_be_used_are_not_passed_over(tmp_path):
    fit_start(tuned(), ITEMS, folder=tmp_path, **RUN)
    with pytest.raises(RunFolderError, match=r"cannot be used.*delete this folder"):
        fit_start(tuned(n_layers=5), ITEMS, folder=tmp_path, **RUN)
    file = tmp_path / "fitted" / "directions.safetensors"
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(RunFolderError, match="cannot be used"):
        fit_start(tuned(), ITEMS, folder=tmp_path, **RUN)


def test_too_few_examples_for_a_batch(tmp_path):
    with pytest.raises(ConfigError, match="whole batches of 2, and there are 1 training examples"):
        fit_start(tuned(), ITEMS[:1], folder=tmp_path, **RUN)
    assert not list(tmp_path.iterdir())


def test_only_layers_of_this_method_are_asked_for_fitting():
    assert not any(isinstance(m, QSLLayer) for m in build("llama").modules())
    assert not needs_fitting(build("llama"))


def test_a_step_of_the_fit_moves_angles_by_its_rate():
    model = tuned(fit_steps=1, fit_rate=0.02, target_modules=["v_proj"])
    before = angles(model)
    with torch.no_grad():
        fit_directions(model, batches())
    for name, value in angles(model).items():
        assert (value - before[name]).abs().max().item() == pytest.approx(0.02, rel=1e-3)


def test_a_base_in_half_precision_has_a_goal_in_single():
    model = get_peft_model(build("llama").bfloat16(), config(target_modules=["v_proj", "down_proj"]))
    plain = get_peft_model(build("llama"), config(target_modules=["v_proj", "down_proj"]))
    for make in (weight_gradients, lambda *given: weight_updates(*given, 0.01).by_map):
        found, expected = (make(m, quantum_layers(m), batches()) for m in (model, plain))
        for name, goal in expected.items():
            assert found[name].dtype == torch.float32
            assert torch.cosine_similarity(found[name].flatten(), goal.flatten(), 0) > 0.8


def test_directions_of_another_precision_are_refused():
    model = tuned(circuit="stored", bits=16, target_modules=["v_proj"])
    found = fitting.fitted_directions(model)
    with pytest.raises(ConfigError, match="do not belong to adapter 'default'"):
        fitting.set_fitted(model, {name: value.float() for name, value in found.items()})
    assert needs_fitting(model)
