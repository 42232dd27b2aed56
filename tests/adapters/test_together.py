"""Circuit factors: the columns of all maps in one computation a forward, the same as those of each for
itself.
"""

import copy
import gc
import io

import pytest
import torch
from peft import get_peft_model
from torch.utils.checkpoint import checkpoint

from qualms import QSLConfig
from qualms.adapters import QSLLayer
from qualms.adapters.scope import models
from qualms.adapters.together import Together
from qualms.backends import StatevectorBackend
from tests import forked
from tests.adapters.scopes import hooked, same_in_threads
from tests.conftest import build, inputs, shake

CONFIG = {"rank": 2, "n_layers": 3, "target_modules": "all-linear"}


def tuned(kind="llama", **changes):
    return shake(get_peft_model(build(kind), QSLConfig.mergeable(**{**CONFIG, **changes})).eval())


def apart(model):
    """The same model, every map's columns made for itself: no forward of the model is a scope."""
    models.unwatch(model)
    return model


@pytest.fixture
def made(monkeypatch):
    """One entry for every computation of columns: how many circuits it had."""
    calls = []
    read_out = StatevectorBackend.read_out
    monkeypatch.setattr(
        StatevectorBackend, "read_out", lambda self, *a: (calls.append(len(a[1])), read_out(self, *a))[1]
    )
    return calls


def step(model, kind="llama"):
    loss = model(**inputs(kind)).loss
    return loss, torch.autograd.grad(loss, [p for p in model.parameters() if p.requires_grad])


@pytest.mark.parametrize(("kind", "shapes"), [("llama", 3), ("gpt2", 2), ("bert", 3), ("t5", 2)])
def test_one_computation_for_every_shape_of_circuit_and_the_same_numbers(kind, shapes, made):
    found = step(tuned(kind), kind)
    together, _ = list(made), made.clear()
    expected = step(apart(tuned(kind)), kind)
    assert len(together) == shapes
    assert sum(together) == sum(made)
    assert len(made) > 4 * len(together)
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("mode", [torch.inference_mode, torch.no_grad])
def test_without_gradients(mode, made):
    model, ids = tuned(), inputs("llama")["input_ids"]
    with mode():
        found = model.generate(input_ids=ids, max_new_tokens=5, do_sample=False, pad_token_id=0)
        assert len(made) == 5 * 3
        expected = apart(model).generate(input_ids=ids, max_new_tokens=5, do_sample=False, pad_token_id=0)
    assert torch.equal(found, expected)


def test_several_adapters_and_mixed_batches():
    def make(place):
        model = tuned()
        model.add_adapter(
            "second", QSLConfig.mergeable(**{**CONFIG, "rank": 3, "target_modules": ["k_proj"]})
        )
        model.set_adapter("second")
        place(shake(model, seed=4))
        alone, _ = step(model)
        model.base_model.set_adapter(["default", "second"])
        both = step(model)
        names = ["second", "default", "__base__"]
        mixed = model.eval()(**inputs("llama"), adapter_names=names).logits
        return alone, *both, mixed

    torch.testing.assert_close(make(lambda m: m), make(apart), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("reentrant", [True, False])
@pytest.mark.parametrize("part", ["blocks", "block"])
def test_gradient_checkpointing_of_all_blocks_or_of_one(part, reentrant):
    def gradients(model, checkpointed):
        model.enable_input_require_grads()
        if checkpointed and part == "blocks":
            model.base_model.model.gradient_checkpointing_enable(
                gradient_checkpointing_kwargs={"use_reentrant": reentrant}
            )
        elif checkpointed:
            block = model.base_model.model.model.layers[1].mlp
            forward = block.forward
            block.forward = lambda x: checkpoint(forward, x, use_reentrant=reentrant)
        model.train()
        model(**inputs("llama")).loss.backward()
        return [p.grad for p in model.parameters() if p.requires_grad]

    expected = gradients(apart(tuned()), False)
    torch.testing.assert_close(gradients(tuned(), True), expected, rtol=1e-4, atol=1e-6)


def test_every_map_has_a_backward_of_its_own():
    model = tuned()
    layers = [m for m in model.modules() if isinstance(m, QSLLayer)]
    out = []
    for layer in layers:
        layer.register_forward_pre_hook(lambda _, args: (args[0].detach(),))
        layer.register_forward_hook(lambda m, args, result: out.append((m, result)))
    model(**inputs("llama"))
    for layer, result in out:
        (once,) = torch.autograd.grad(result.square().sum(), layer.qsl_angles["default"], retain_graph=True)
        (twice,) = torch.autograd.grad(result.square().sum(), layer.qsl_angles["default"])
        assert torch.equal(once, twice)
        assert once.any()


def test_a_change_within_a_forward_is_seen():
    def run(model):
        last = model.base_model.model.model.layers[1].self_attn.v_proj
        angles = last.qsl_angles["default"]
        last.register_forward_pre_hook(lambda *_: (angles.add_(0.5), None)[1])
        with torch.no_grad():
            return model(**inputs("llama")).logits

    torch.testing.assert_close(run(tuned()), run(apart(tuned())))


def test_a_backward_is_of_the_angles_as_they_were_in_the_forward():
    model = tuned()
    loss = model(**inputs("llama")).loss
    with torch.no_grad():
        next(p for n, p in model.named_parameters() if "qsl_angles." in n).add_(1)
    reference = apart(tuned())
    expected = reference(**inputs("llama")).loss
    parameters = [p for p in model.parameters() if p.requires_grad]
    found = torch.autograd.grad(loss, parameters)  # of the forward as it was
    torch.testing.assert_close(
        found, torch.autograd.grad(expected, [p for p in reference.parameters() if p.requires_grad])
    )


def test_nothing_is_kept_after_a_forward():
    model = tuned()
    loss = model(**inputs("llama")).loss
    assert models.present.get() is None
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    for other in (copy.deepcopy(model), torch.load(file, weights_only=False)):
        torch.testing.assert_close(other(**inputs("llama")).loss, loss)
    del loss
    gc.collect()
    assert not any(isinstance(o, Together) for o in gc.get_objects())


@pytest.mark.slow
def test_compiled():
    model = tuned()
    expected = model(**inputs("llama")).logits
    compiled = torch.compile(model, backend="eager")
    torch.testing.assert_close(compiled(**inputs("llama")).logits, expected)
    assert models.present.get() is None


def test_function_transforms():
    model = tuned()
    named = {n: p.detach() for n, p in model.named_parameters() if p.requires_grad}

    def loss(values):
        return torch.func.functional_call(model, values, kwargs=inputs("llama")).loss

    gradients = torch.func.grad(loss)(named)
    for (name, found), wanted in zip(gradients.items(), step(model)[1], strict=True):
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-6, msg=lambda m, n=name: f"{n}: {m}")


def test_threads_do_not_share():
    same_in_threads(tuned())


def test_no_hook_is_left_on_the_base():
    model = tuned()
    assert hooked(model, models)
    model.add_adapter("second", QSLConfig(n_qubits=3))
    model.delete_adapter("default")
    assert not hooked(model, models)
    assert not hooked(tuned().unload(), models)
    assert not hooked(tuned().merge_and_unload(), models)
    assert not hooked(get_peft_model(build("llama"), QSLConfig(n_qubits=3)), models)


def test_a_result_belongs_to_the_rows_of_its_tensor():
    own, other = torch.ones(2, 3, requires_grad=True), torch.full((1, 3), 2.0, requires_grad=True)
    made = Together.of([own, other], lambda stacked: stacked**3)
    made.of_one(own).sum().backward()
    assert torch.equal(own.grad, torch.full((2, 3), 3.0))
    assert other.grad is None or not other.grad.any()
    with torch.no_grad():
        plain = Together.of([own, other], lambda stacked: stacked**3)
    assert torch.equal(plain.of_one(other), torch.full((1, 3), 8.0))
    assert made.of_one(torch.ones(2, 3)) is None


def test_a_second_derivative_is_refused():
    angles = torch.ones(1, 2, requires_grad=True)
    result = Together.of([angles], lambda stacked: stacked**3).of_one(angles)
    (once,) = torch.autograd.grad(result.square().sum(), angles, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        once.sum().backward()


TWO_PROCESSES = """
import os
import torch
import torch.distributed as dist
from torch.nn.parallel import DistributedDataParallel
from tests.adapters.test_together import inputs, tuned
from tests.forked import end

kept = []  # taken apart, DDP waits for threads that need the interpreter, now and then for ever

def work(rank):
    dist.init_process_group("gloo", init_method=f"file://{FOLDER}/meeting", rank=rank, world_size=2)
    model = tuned().train()
    shared = DistributedDataParallel(model)
    kept.append(shared)
    for row in (rank, rank):  # the second step reuses what the first one set up
        model.zero_grad()
        shared(**{name: value[row : row + 1] for name, value in inputs("llama").items()}).loss.backward()
    torch.save([p.grad for p in model.parameters() if p.requires_grad], f"{FOLDER}/{rank}")
    dist.destroy_process_group()

torch.set_num_threads(1)
children = []
for rank in (0, 1):
    children.append(os.fork())
    if children[-1] == 0:
        end(lambda: work(rank))
failed = [os.waitpid(child, 0)[1] for child in children]
raise SystemExit(1 if any(failed) else 0)
"""


@pytest.mark.slow
def test_two_processes_have_the_gradients_of_one(tmp_path):
    ran = forked.python(f"FOLDER = {str(tmp_path)!r}\n{TWO_PROCESSES}", stage=forked.COMMAND)
    assert ran.returncode == 0, ran.stderr
    model = tuned().train()
    rows = [{name: value[row : row + 1] for name, value in inputs("llama").items()} for row in (0, 1)]
    (sum(model(**row).loss for row in rows) / 2).backward()
    expected = [p.grad for p in model.parameters() if p.requires_grad]
    for rank in (0, 1):
        torch.testing.assert_close(torch.load(tmp_path / str(rank)), expected, rtol=1e-4, atol=1e-6)
