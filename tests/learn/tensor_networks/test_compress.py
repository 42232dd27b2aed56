"""Models of real architectures are compressed, compute as their cores say, and can be trained further."""

import json

import pytest
import torch
from torch import nn
from transformers.pytorch_utils import Conv1D

from qualms.errors import ConfigError, DataError
from qualms.learn.tensor_networks import TTEmbedding, TTLinear, compress
from tests.conftest import build, inputs


def test_what_is_not_cut_computes_the_same():
    model = build("gpt2")  # Conv1D, tied embedding
    given = inputs("gpt2")
    before = model(**given).logits
    # nothing becomes smaller without an error, so that all is left as it is
    done = compress(model, tolerance=0)
    assert len(done.kept) == len(done.matrices) == 2 * 4 + 2
    torch.testing.assert_close(model(**given).logits, before)


@pytest.mark.parametrize("kind", ["llama", "gpt2", "bert", "t5", "opt"])
@pytest.mark.parametrize("method", ["tt", "low-rank"])
def test_the_model_computes_with_the_compressed_matrices(kind, method):
    model, reference = build(kind), build(kind)
    if kind == "llama":
        model.lm_head.weight = model.model.embed_tokens.weight
        reference.lm_head.weight = reference.model.embed_tokens.weight
    done = compress(model, ratio=1.5, method=method)
    assert done.parameters < done.parameters_before
    assert done.parameters == sum(p.numel() for p in model.parameters())
    assert done.bytes == 4 * done.parameters
    for found in done.matrices:
        assert found.parameters * 1.5 <= found.parameters_before
        assert found.relative_error == pytest.approx(found.bound, rel=1e-4)
        if method == "low-rank":
            assert found.relative_error == pytest.approx(found.low_rank_error, rel=1e-4)
        for name in found.names:
            old, new = reference.get_submodule(name), model.get_submodule(name)
            assert isinstance(new, TTLinear | TTEmbedding)
            with torch.no_grad():  # what the cores are, in the reference
                old.weight.copy_(new.weight.T if isinstance(old, Conv1D) else new.weight)
    given = inputs(kind)
    torch.testing.assert_close(model(**given).logits, reference(**given).logits, rtol=1e-3, atol=1e-4)


def test_tied_weights_stay_tied():
    model = build("gpt2")
    done = compress(model, ratio=2, targets=["wte", "lm_head"])
    (found,) = done.matrices
    assert found.names == ("transformer.wte", "lm_head")
    assert model.lm_head.matrix is model.transformer.wte.matrix
    assert len({id(p) for p in model.parameters()}) == len(list(model.parameters()))


def test_it_can_be_trained_further():
    model = build("llama")
    compress(model, ratio=3, targets="model.*")
    given = inputs("llama")
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    losses = []
    for _ in range(12):
        loss = model(**given).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.7 * losses[0]


def test_a_compressed_model_is_loaded_into_one_that_was_compressed_alike():
    model, again = build("gpt2"), build("gpt2")
    compress(model, ratio=2, targets="transformer.*")
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.01)
    compress(again, ratio=2, targets="transformer.*")
    again.load_state_dict(model.state_dict())
    given = inputs("gpt2")
    torch.testing.assert_close(again(**given).logits, model(**given).logits)


def test_frozen_weights_and_the_mode_stay():
    model = nn.Sequential(nn.Linear(16, 16), nn.Linear(16, 16)).half().eval().requires_grad_(False)
    compress(model, tolerance=0.9)
    assert not any(p.requires_grad for p in model.parameters())
    assert {p.dtype for p in model.parameters()} == {torch.float16}
    assert not model[0].training


def test_a_tolerance_is_kept_and_the_report_is_plain():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(24, 18))
    with torch.no_grad():
        product = torch.kron(torch.randn(3, 4), torch.randn(6, 6))  # what one core of each digit can hold
        model[0].weight.copy_(product + 0.01 * torch.randn(18, 24))
    done = compress(model, tolerance=0.1)
    assert done.matrices[0].replaced
    assert done.matrices[0].relative_error <= 0.1
    assert done.matrices[0].ranks == (1,)
    assert json.loads(json.dumps(done.to_dict()))["method"] == "tt"
    assert "18×24" in str(done)


def test_bad_input_is_refused():
    for wrong in ({}, {"tolerance": 0.1, "ratio": 2}):
        with pytest.raises(ConfigError, match="either"):
            compress(nn.Linear(2, 2), **wrong)
    with pytest.raises(ConfigError, match="at least 1"):
        compress(nn.Sequential(nn.Linear(2, 2)), ratio=0.5)
    with pytest.raises(ConfigError, match="tt or low-rank"):
        compress(nn.Sequential(nn.Linear(2, 2)), ratio=2, method="svd")
    with pytest.raises(ConfigError, match="head match no linear or embedding layer"):
        compress(nn.Sequential(nn.Linear(2, 2)), ratio=2, targets=["0", "head"])
    with pytest.raises(ConfigError, match="it has none"):
        compress(nn.Sequential(nn.ReLU()), ratio=2)
    with pytest.raises(ConfigError, match="max_norm"):
        compress(nn.Sequential(nn.Embedding(4, 4, max_norm=1.0)), ratio=2)
    broken = nn.Sequential(nn.Linear(2, 2))
    nn.init.constant_(broken[0].weight, torch.nan)
    with pytest.raises(DataError, match="NaN"):
        compress(broken, ratio=2)
