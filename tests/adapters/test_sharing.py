"""`share_down`: one projection a block, for one forward of the block."""

import copy
import gc
import io

import pytest
import torch
from peft import get_peft_model
from torch import nn
from torch.utils.checkpoint import checkpoint

from qualms import QSLConfig
from qualms.adapters import QSLLayer, scope, sharing
from qualms.adapters.scope import blocks
from qualms.errors import ConfigError
from tests.adapters.scopes import hooked, same_in_threads
from tests.conftest import build, inputs, shake

CONFIG = {"n_qubits": 3, "share_down": True}


def tuned(kind="llama", **changes):
    return shake(get_peft_model(build(kind), QSLConfig(**CONFIG, **changes)).eval())


def apart(model):
    """The same model, every map with a projection of its own: no forward of a block is a scope."""
    blocks.unwatch(model)
    return model


@pytest.fixture
def made(monkeypatch):
    """One entry for every projection that is made."""
    calls = []
    tokens = QSLLayer._tokens
    monkeypatch.setattr(QSLLayer, "_tokens", lambda self, *a: (calls.append(1), tokens(self, *a))[1])
    return calls


def maps(model):
    return next([m.q_proj, m.k_proj, m.v_proj] for m in model.modules() if hasattr(m, "q_proj"))


@pytest.mark.parametrize("down", ["learned", "random"])
@pytest.mark.parametrize(
    ("kind", "once", "each"),
    [("llama", 2, 6), ("bert", 2, 6), ("t5", 2 + 2 + 2 * 2, 18), ("gpt2", 2, 2), ("opt", 2, 6)],
)
def test_a_projection_is_made_once_for_every_input_of_a_block_and_changes_nothing(
    kind, once, each, down, made
):
    """T5's cross-attention projects twice: for the query, and for key and value."""

    def run(model):
        made.clear()
        loss = model(**inputs(kind)).loss
        return loss, torch.autograd.grad(loss, [p for p in model.parameters() if p.requires_grad]), len(made)

    loss, grads, count = run(tuned(kind, down=down))
    expected, gradients, separate = run(apart(tuned(kind, down=down)))
    assert (count, separate) == (once, each)
    torch.testing.assert_close(loss, expected)
    torch.testing.assert_close(grads, gradients)


@pytest.mark.parametrize("kind", ["llama", "t5"])
@pytest.mark.parametrize("mode", [torch.inference_mode, torch.no_grad])
def test_without_gradients(kind, mode):
    model = tuned(kind)
    expected = model(**inputs(kind)).logits
    with mode():
        torch.testing.assert_close(model(**inputs(kind)).logits, expected)
        ids = inputs(kind)["input_ids"]
        found = model.generate(input_ids=ids, max_new_tokens=5, do_sample=False, pad_token_id=0)
    assert torch.equal(
        found, apart(model).generate(input_ids=ids, max_new_tokens=5, do_sample=False, pad_token_id=0)
    )


@pytest.mark.parametrize("kind", ["llama", "t5"])
def test_nothing_is_kept_after_a_forward(kind):
    model = tuned(kind)
    loss = model(**inputs(kind)).loss
    assert blocks.present.get() is None
    copied = copy.deepcopy(model)
    file = io.BytesIO()
    torch.save(model, file)
    file.seek(0)
    for other in (copied, torch.load(file, weights_only=False)):
        torch.testing.assert_close(other(**inputs(kind)).loss, loss)
    del loss
    gc.collect()
    assert not any(isinstance(o, (sharing._Used, sharing._Made, scope.Scope)) for o in gc.get_objects())


def test_nothing_is_kept_after_an_error():
    model = tuned()
    attention = next(m for m in model.modules() if hasattr(m, "q_proj"))
    handle = attention.v_proj.register_forward_pre_hook(
        lambda *_: (_ for _ in ()).throw(RuntimeError("in the middle"))
    )
    with pytest.raises(RuntimeError, match="in the middle"):
        model(**inputs("llama"))
    assert blocks.present.get() is None
    handle.remove()
    torch.testing.assert_close(model(**inputs("llama")).logits, apart(tuned())(**inputs("llama")).logits)


def test_one_loss_a_map():
    """In one forward of the block, and outside of any, every map has a backward of its own; together they are
    the backward of the sum.
    """
    model = tuned()
    attention = next(m for m in model.modules() if hasattr(m, "q_proj"))
    a = attention.q_proj.qsl_down["default"]
    out = {}
    for name in ("q_proj", "k_proj", "v_proj"):
        getattr(attention, name).register_forward_hook(
            lambda m, args, result, name=name: out.update({name: result})
        )
    model(**inputs("llama"))
    # frees what it has used
    single = [torch.autograd.grad(result.square().sum(), a)[0] for result in out.values()]
    model(**inputs("llama"))
    together = torch.autograd.grad(sum(result.square().sum() for result in out.values()), a)[0]
    torch.testing.assert_close(sum(single), together)
    x = torch.randn(4, 32)
    for layer in maps(model):
        layer.delta("default", x).square().sum().backward()


def test_a_change_between_two_maps_is_seen():
    model = tuned()
    q, k, _ = maps(model)
    a, x = q.qsl_down["default"], torch.randn(4, 32)
    for change in (lambda: a.data.mul_(2), lambda: a.data.copy_(torch.randn_like(a)), lambda: x.add_(2)):
        q.delta("default", x)
        change()
        torch.testing.assert_close(k.delta("default", x), k.delta("default", x.clone()))


def test_a_change_of_the_input_inside_a_block_is_seen():
    class Block(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.q_proj, self.k_proj, self.v_proj = (torch.nn.Linear(16, 16) for _ in range(3))

        def forward(self, x):
            q = self.q_proj(x)
            x += 1
            with torch.no_grad():
                v = self.v_proj(x)
            return q, self.k_proj(x), v

    model = shake(get_peft_model(torch.nn.Sequential(Block()), QSLConfig(**CONFIG)))
    x = torch.randn(5, 16)
    found = model(x.clone())
    assert not found[2].requires_grad
    assert found[1].requires_grad
    torch.testing.assert_close(found, apart(model)(x.clone()))


@pytest.mark.parametrize("reentrant", [True, False])
@pytest.mark.parametrize("part", ["blocks", "map"])
def test_gradient_checkpointing_of_blocks_or_a_single_map(part, reentrant):
    def gradients(model, checkpointed):
        model.enable_input_require_grads()
        if checkpointed and part == "blocks":
            model.base_model.model.gradient_checkpointing_enable(
                gradient_checkpointing_kwargs={"use_reentrant": reentrant}
            )
        elif checkpointed:
            k = maps(model)[1]
            forward = k.forward
            k.forward = lambda x: checkpoint(forward, x, use_reentrant=reentrant)
        model.train()
        model(**inputs("llama")).loss.backward()
        return [p.grad for p in model.parameters() if p.requires_grad]

    torch.testing.assert_close(gradients(tuned(), True), gradients(apart(tuned()), False))


def test_derivatives_of_the_shared_projection():
    x, a = (
        torch.randn(*s, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
        for s in ((5, 4), (2, 4))
    )

    def three(x, a):
        used = sharing._Used()
        value = sharing._Project.apply(x, a, used)
        return sum(k * sharing._Use.apply(value, x, a, used).pow(k + 2).sum() for k in range(3))

    assert torch.autograd.gradcheck(three, (x, a))
    assert torch.autograd.gradgradcheck(three, (x, a))


def test_function_transforms_and_forward_mode():
    model = tuned()
    q, *_ = maps(model)
    x, direction = torch.randn(4, 32), torch.randn(4, 32)
    run = lambda x: q.delta("default", x)  # noqa: E731
    gradient = torch.func.grad(lambda x: run(x).square().sum())(x)
    leaf = x.clone().requires_grad_()
    torch.testing.assert_close(gradient, torch.autograd.grad(run(leaf).square().sum(), leaf)[0])
    slope = torch.func.jvp(run, (x,), (direction,))[1]
    near = (run(x + 1e-3 * direction) - run(x - 1e-3 * direction)) / 2e-3
    torch.testing.assert_close(slope, near, rtol=1e-2, atol=1e-2)


def test_compiled():
    model = tuned()
    compiled = torch.compile(model, backend="eager")
    torch.testing.assert_close(compiled(**inputs("llama")).logits, model(**inputs("llama")).logits)
    assert blocks.present.get() is None


def test_threads_do_not_share():
    same_in_threads(tuned())


def test_no_hook_is_left_on_the_base():
    model = tuned()
    assert hooked(model, blocks)
    model.add_adapter("second", QSLConfig(n_qubits=3))
    model.delete_adapter("default")
    assert not hooked(model, blocks)
    assert not hooked(tuned().unload(), blocks)
    linear = tuned(readout="amplitudes", normalize=False)
    assert not hooked(linear.merge_and_unload(), blocks)


def test_data_parallel_copies_are_refused_by_name():
    *_, v = maps(tuned())
    with pytest.raises(ConfigError, match="DistributedDataParallel"):
        v._replicate_for_data_parallel().delta("default", torch.randn(2, 32))


def test_what_an_interrupt_leaves_goes_with_the_next_forward():
    """torch calls no hook after KeyboardInterrupt."""
    block = nn.Module()
    for _ in range(3):
        blocks.enter(block)  # and never left
    blocks.enter(block)
    left = blocks.present.get()
    assert left.module is block
    assert left.outer is None
    blocks.leave(block)
    assert blocks.present.get() is None
