"""What every form of the adapter does on every architecture: PEFT's contract."""

import copy

import pytest
import torch
from peft import PeftModel, get_peft_model
from peft.utils import get_peft_model_state_dict

from qualms import QSLConfig, export_lora
from qualms.adapters import QSLLayer
from qualms.errors import ConfigError, NotMergeableError
from tests import forked
from tests.conftest import CAUSAL, build, inputs, shake

FORMS = {
    "seed": lambda: QSLConfig.seed(n_qubits=4),
    "angles-only": lambda: QSLConfig.angles_only(n_qubits=4),
    "factors": QSLConfig.mergeable,
    "linear": lambda: QSLConfig.mergeable("sublayer"),
    "full-probs-rz": lambda: QSLConfig(n_qubits=None, down="full", readout="probs", rz=True, keep_norm=True),
    "slice-gain": lambda: QSLConfig(n_qubits=3, down="slice", up="gain", entangler="full"),
    "shared": lambda: QSLConfig(n_qubits=3, share_down=True, share_up=True, closing_ry=True),
    "random-shared": lambda: QSLConfig(n_qubits=3, down="random", share_down=True, entangler="linear"),
    "amplitudes-kept-norm": lambda: QSLConfig(n_qubits=3, readout="amplitudes", keep_norm=True, up="fixed"),
}
TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}


ALL = ("llama", "gpt2", "gpt_neox", "opt", "bert", "t5")
# Where a form is tried by default; the other pairs are among the slow tests. One form that is linear and one
# that is not are tried on all architectures, which differ in what is wrapped; the others on two each, since
# what differs there is the sublayer.
QUICK = {
    "seed": ALL,
    "angles-only": ("gpt2", "t5"),
    "factors": ALL,
    "linear": ("llama", "gpt2"),
    "full-probs-rz": ("gpt_neox", "bert"),
    "slice-gain": ("opt", "llama"),
    "shared": ("gpt_neox", "t5"),
    "random-shared": ("opt", "gpt2"),
    "amplitudes-kept-norm": ("llama", "bert"),
}


@pytest.fixture(
    params=[
        pytest.param((kind, form), id=f"{kind}-{form}", marks=() if kind in QUICK[form] else pytest.mark.slow)
        for kind in ALL
        for form in FORMS
    ]
)
def pair(request) -> tuple[str, str]:
    return request.param


@pytest.fixture
def kind(pair) -> str:
    return pair[0]


@pytest.fixture
def form(pair) -> str:
    return pair[1]


@pytest.fixture
def tuned(kind, form):
    return get_peft_model(build(kind), FORMS[form]()).eval()


def logits(model, kind):
    with torch.no_grad():
        return model(**inputs(kind)).logits


def test_starts_at_the_base_model(tuned, kind):
    torch.testing.assert_close(logits(tuned, kind), logits(build(kind), kind), **TOLERANCE)


def test_gradients_reach_every_trainable_parameter_and_no_other(tuned, kind):
    shake(tuned)
    tuned(**inputs(kind)).loss.backward()
    trainable = {n for n, p in tuned.named_parameters() if p.requires_grad}
    assert trainable
    assert all("qsl_" in n for n in trainable)
    for name, parameter in tuned.named_parameters():
        if name in trainable:
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name
        else:
            assert parameter.grad is None, name


def test_save_and_load(tuned, kind, tmp_path):
    shake(tuned)
    tuned.save_pretrained(tmp_path)
    assert (tmp_path / "adapter_model.safetensors").exists()
    loaded = PeftModel.from_pretrained(build(kind), tmp_path).eval()
    saved, read = get_peft_model_state_dict(tuned), get_peft_model_state_dict(loaded)
    assert saved.keys() == read.keys()
    assert all(torch.equal(saved[k], read[k]) for k in saved)
    torch.testing.assert_close(logits(loaded, kind), logits(tuned, kind), **TOLERANCE)


def test_disable(tuned, kind):
    changed = logits(shake(tuned), kind)
    with tuned.disable_adapter():
        torch.testing.assert_close(logits(tuned, kind), logits(build(kind), kind), **TOLERANCE)
    torch.testing.assert_close(logits(tuned, kind), changed, **TOLERANCE)
    assert (changed - logits(build(kind), kind)).abs().max() > 1e-4


def test_several_adapters(tuned, kind, form):
    first = logits(shake(tuned), kind)
    tuned.add_adapter("second", FORMS[form]())
    torch.testing.assert_close(logits(tuned, kind), first, **TOLERANCE)
    tuned.set_adapter("second")
    torch.testing.assert_close(logits(tuned, kind), logits(build(kind), kind), **TOLERANCE)
    assert all(".second" in n for n, p in tuned.named_parameters() if p.requires_grad)
    tuned.delete_adapter("second")
    tuned.set_adapter("default")
    torch.testing.assert_close(logits(tuned, kind), first, **TOLERANCE)


def test_mixed_batch(tuned, kind, form):
    tuned.add_adapter("second", FORMS[form]())
    tuned.set_adapter("second")
    shake(tuned, seed=5)
    second = logits(tuned, kind)
    tuned.set_adapter("default")
    shake(tuned)
    first, base = logits(tuned, kind), logits(build(kind), kind)
    with torch.no_grad():
        mixed = tuned(**inputs(kind), adapter_names=["default", "__base__", "second"]).logits
    for row, expected in enumerate((first, base, second)):
        torch.testing.assert_close(mixed[row], expected[row], **TOLERANCE)


def test_merge_where_linear_and_refuse_elsewhere(tuned, kind, form):
    expected = logits(shake(tuned), kind)
    if FORMS[form]().is_linear:
        torch.testing.assert_close(logits(tuned.merge_and_unload(), kind), expected, rtol=1e-3, atol=1e-4)
    else:
        with pytest.raises(NotMergeableError, match=r"readout|normalised"):
            tuned.merge_and_unload()
        torch.testing.assert_close(logits(tuned, kind), expected, **TOLERANCE)


def test_merge_then_unmerge(tuned, kind, form):
    if not FORMS[form]().is_linear:
        pytest.skip("not linear")
    expected = logits(shake(tuned), kind)
    tuned.merge_adapter()
    torch.testing.assert_close(logits(tuned, kind), expected, rtol=1e-3, atol=1e-4)
    tuned.unmerge_adapter()
    torch.testing.assert_close(logits(tuned, kind), expected, rtol=1e-3, atol=1e-4)


@pytest.mark.filterwarnings("ignore:fan_in_fan_out")
def test_lora_export_gives_the_same_outputs(tuned, kind, form, tmp_path):
    shake(tuned)
    if not FORMS[form]().is_linear:
        with pytest.raises(NotMergeableError):
            export_lora(tuned, tmp_path / "lora")
        assert not (tmp_path / "lora").exists()
        return
    export_lora(tuned, tmp_path / "lora")
    loaded = PeftModel.from_pretrained(build(kind), tmp_path / "lora").eval()
    assert not any(isinstance(m, QSLLayer) for m in loaded.modules())
    torch.testing.assert_close(logits(loaded, kind), logits(tuned, kind), rtol=1e-3, atol=1e-4)


def test_mixed_batches_refuse_what_they_cannot_do(tuned, kind, form):
    with pytest.raises(ConfigError, match="2 names for a batch of 3"):
        tuned(**inputs(kind), adapter_names=["default", "default"])
    if FORMS[form]().is_linear:
        tuned.merge_adapter()
        with pytest.raises(ConfigError, match="not merged"):
            tuned(**inputs(kind), adapter_names=["default"] * 3)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_base(kind, form, dtype):
    tuned = shake(get_peft_model(build(kind).to(dtype), FORMS[form]()).eval(), 0.05)
    assert all(p.dtype == torch.float32 for n, p in tuned.named_parameters() if "qsl_" in n)
    out = tuned(**inputs(kind))
    assert out.logits.dtype == dtype
    assert torch.isfinite(out.logits).all()


def test_autocast(tuned, kind):
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.isfinite(shake(tuned)(**inputs(kind)).loss)


def test_training_resumes_where_it_was(kind, form, tmp_path):
    """Four steps at once, and two, a save of adapter and optimizer, a reload, two more: the same weights."""

    def steps(model, optimizer, count):
        for _ in range(count):
            optimizer.zero_grad()
            model(**inputs(kind)).loss.backward()
            optimizer.step()

    def optimizer_of(model):
        return torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=0.01)

    whole = get_peft_model(build(kind), FORMS[form]())
    steps(whole, optimizer_of(whole), 4)
    half = get_peft_model(build(kind), FORMS[form]())
    optimizer = optimizer_of(half)
    steps(half, optimizer, 2)
    half.save_pretrained(tmp_path)
    state = copy.deepcopy(optimizer.state_dict())
    again = PeftModel.from_pretrained(build(kind), tmp_path, is_trainable=True)
    optimizer = optimizer_of(again)
    optimizer.load_state_dict(state)
    steps(again, optimizer, 2)
    expected, got = get_peft_model_state_dict(whole), get_peft_model_state_dict(again)
    for name in expected:
        torch.testing.assert_close(got[name], expected[name], rtol=1e-4, atol=1e-5)


def test_gradient_checkpointing(tuned, kind):
    shake(tuned)

    def gradients():
        tuned.zero_grad()
        tuned.train()
        tuned(**inputs(kind)).loss.backward()
        return {n: p.grad.clone() for n, p in tuned.named_parameters() if p.grad is not None}

    plain = gradients()
    tuned.base_model.model.gradient_checkpointing_enable(
        gradient_checkpointing_kwargs={"use_reentrant": False}
    )
    for name, value in gradients().items():
        torch.testing.assert_close(value, plain[name], rtol=1e-3, atol=1e-5)


_FRESH = """
import sys, torch
assert not [m for m in sys.modules if m.partition(".")[0] in ("peft", "qualms")]
import qualms
from peft import PeftModel
from tests.conftest import build, inputs
kind, folder = {kind!r}, {folder!r}
model = PeftModel.from_pretrained(build(kind), folder).eval()
torch.save(model(**inputs(kind)).logits.detach(), folder + "/fresh.pt")
if kind != "bert":
    ids = inputs(kind)["input_ids"]
    print(model.generate(input_ids=ids, max_new_tokens=4, do_sample=False, pad_token_id=0).shape[1])
"""


@pytest.mark.parametrize("name", ["gpt2", "llama", "bert"])
def test_train_save_reload_in_a_fresh_process_generate(name, tmp_path):
    model = get_peft_model(build(name), QSLConfig.seed(n_qubits=4))
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=0.05)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = model(**inputs(name)).loss
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 0.01
    model.eval().save_pretrained(tmp_path)
    done = forked.python(_FRESH.format(kind=name, folder=str(tmp_path)), stage=forked.TRANSFORMERS)
    assert done.returncode == 0, done.stderr
    torch.testing.assert_close(torch.load(tmp_path / "fresh.pt"), logits(model, name), **TOLERANCE)
    if name in CAUSAL:
        assert int(done.stdout.split()[-1]) > 9
