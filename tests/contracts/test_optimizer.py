"""What every optimizer of ours does: torch's contract, and AdamW bit for bit where nothing is added to it."""

import copy
import io
import math
import pickle
import warnings

import numpy as np
import pytest
import torch
from torch.testing._internal.common_optimizers import OptimizerErrorEnum, optim_db

from qualms import SuperpositionalAdamW
from qualms.errors import ConfigError, NonFiniteError

ADAMW = next(info for info in optim_db if info.optim_cls is torch.optim.AdamW)
PATHS = {"default": {}, "loop": {"foreach": False}, "foreach": {"foreach": True}, "fused": {"fused": True}}
FORMS = {
    "zero": {"lam": 0.0},
    "sine": {"lam": 0.5},
    "sine-all": {"lam": 2.0, "scope": "all"},
    "sine-overall": {"lam": 1.0, "scope": "overall", "n_qubits": 7},
    "sine-random": {"lam": 1.0, "scope": "random"},
    "circuit": {"lam": 1.0, "mode": "circuit"},
    "circuit-all": {"lam": 1.0, "mode": "circuit", "scope": "all", "n_qubits": 3, "depth": 1},
    "circuit-overall": {"lam": 1.0, "mode": "circuit", "scope": "overall", "n_qubits": 5},
    "sampled": {"lam": 1.0, "mode": "circuit", "backend": "sampled", "backend_options": {"shots": 100}},
    "random": {"lam": 1.0, "mode": "random"},
    "random-all": {"lam": 1.0, "mode": "random", "scope": "all", "control_of": "circuit"},
    "flipped": {"lam": 1.0, "mode": "sign_flip", "scope": "all"},
    "own": {"lam": 1.0, "mode": lambda at: [m + 0.1 * t for m, t in zip(at.mean, at.theta, strict=True)]},
    "readings": {"lam": 1.0, "bias_correction": False, "eps_inside_root": True},
}


@pytest.fixture(params=FORMS)
def form(request) -> dict:
    return FORMS[request.param]


@pytest.fixture(params=PATHS)
def path(request) -> dict:
    return PATHS[request.param]


def model(dtype=torch.float32) -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(6, 9), torch.nn.Tanh(), torch.nn.Linear(9, 2)).to(dtype)


def backward(net: torch.nn.Module, step: int) -> torch.Tensor:
    g = torch.Generator().manual_seed(step)
    dtype = next(net.parameters()).dtype
    x, y = torch.randn(16, 6, generator=g).to(dtype), torch.randint(0, 2, (16,), generator=g)
    loss = torch.nn.functional.cross_entropy(net(x), y)
    loss.backward()
    return loss


def train(net, optimizer, steps, first=0):
    for step in range(first, first + steps):
        optimizer.zero_grad()
        backward(net, step)
        optimizer.step()


def flat(net) -> torch.Tensor:
    return torch.cat([p.detach().reshape(-1) for p in net.parameters()])


def trained(steps=4, dtype=torch.float32, cls=SuperpositionalAdamW, **options) -> torch.Tensor:
    net = model(dtype)
    train(net, cls(net.parameters(), **{"lr": 1e-2, **options}), steps)
    return flat(net)


# The reference ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", ADAMW.optim_inputs_func(device="cpu"), ids=lambda i: i.desc)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_without_a_perturbation_it_is_adamw_bit_for_bit(given, dtype, path):
    """On every configuration that torch tests its own AdamW on."""
    options = {"lr": 1e-2, **given.kwargs, **path}
    assert torch.equal(
        trained(dtype=dtype, lam=0.0, **options), trained(dtype=dtype, cls=torch.optim.AdamW, **options)
    )


@pytest.mark.parametrize("kind", [torch.complex64, torch.complex128])
@pytest.mark.parametrize("way", [{"foreach": False}, {"foreach": True}])
def test_without_a_perturbation_it_is_adamw_on_complex_parameters(kind, way):
    def run(cls, **more):
        torch.manual_seed(0)
        p = torch.nn.Parameter(torch.randn(5, 3, dtype=kind))
        optimizer = cls([p], lr=1e-2, **way, **more)
        for _ in range(3):
            optimizer.zero_grad()
            (p * p.conj()).real.sum().backward()
            optimizer.step()
        return p.detach()

    assert torch.equal(run(SuperpositionalAdamW, lam=0.0), run(torch.optim.AdamW))
    assert not torch.equal(run(SuperpositionalAdamW, lam=0.5), run(torch.optim.AdamW))


def test_paths_agree(form):
    """The default, the for-loop, foreach and the compiled sweep make the same steps in double precision."""
    if form.get("backend") == "sampled":
        pytest.skip("shots are seeded by the angles: the last bit of one changes them")
    found = {
        name: trained(dtype=torch.float64, weight_decay=0.1, **way, **form) for name, way in PATHS.items()
    }
    for name in ("default", "foreach", "fused"):
        torch.testing.assert_close(found[name], found["loop"], rtol=1e-11, atol=1e-12)


WITH_Q = [name for name in FORMS if name != "zero"]


@pytest.mark.parametrize("name", WITH_Q)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_without_arguments_the_compiled_sweep_makes_the_step(name, dtype):
    """Bit for bit what ``fused=True`` gives; the for-loop rounds otherwise, so the two can be told apart."""
    options = {**FORMS[name], "dtype": dtype, "steps": 6, "weight_decay": 0.1}
    default, swept, loop = (trained(**options, **PATHS[path]) for path in ("default", "fused", "loop"))
    assert torch.equal(default, swept)
    assert not torch.equal(default, loop)


@pytest.mark.parametrize("options", [
    {"fused": False}, {"foreach": False}, {"amsgrad": True}, {"dtype": torch.bfloat16}, {"lam": 0.0},
    {"betas": (torch.tensor(0.9), torch.tensor(0.999))},
    {"lam": 0.0, "betas": (torch.tensor(0.9), torch.tensor(0.999))},
])  # fmt: skip
def test_where_the_sweep_is_turned_down_or_does_not_apply_the_loop_makes_the_step(options):
    """As torch's own default does on a CPU; ``fused=False`` is the documented way out."""
    options = {"lam": 0.5, "steps": 6, "weight_decay": 0.1, **options}
    assert torch.equal(trained(**options), trained(**{**options, "fused": None, "foreach": False}))


def test_the_default_looks_before_it_changes_anything_where_the_asked_for_sweep_does_not():
    """600 numbers are two of the sweep's blocks; the second holds a NaN."""

    def run(**options):
        p = torch.nn.Parameter(torch.linspace(-1, 1, 600))
        optimizer = SuperpositionalAdamW([p], lr=0.1, scope="all", **options)
        before = p.detach().clone()
        p.grad = torch.ones(600)
        p.grad[-1] = math.nan
        with pytest.raises(NonFiniteError) as error:
            optimizer.step()
        return torch.equal(p.detach(), before), "nothing was changed" in str(error.value)

    assert run() == (True, True)
    assert run(fused=True) == (False, False)


def test_maximising_is_minimising_the_negative(form, path):
    def run(sign, maximize):
        net = model(torch.float64)
        optimizer = SuperpositionalAdamW(net.parameters(), lr=1e-2, maximize=maximize, **path, **form)
        for step in range(3):
            optimizer.zero_grad()
            backward(net, step)
            for p in net.parameters():
                p.grad.mul_(sign)
            optimizer.step()
        return flat(net)

    torch.testing.assert_close(run(-1, True), run(1, False), rtol=1e-12, atol=1e-13)


# Its steps --------------------------------------------------------------------------------------------------


def test_the_same_run_twice_is_the_same(form, path):
    assert torch.equal(trained(**form, **path), trained(**form, **path))


def test_it_converges(form):
    """A convex problem is solved: least squares from far away. That the paths agree has its own test."""
    g = torch.Generator().manual_seed(3)
    a, truth = (
        torch.randn(40, 8, generator=g, dtype=torch.float64),
        torch.randn(8, generator=g, dtype=torch.float64) / 4,
    )
    w = torch.nn.Parameter(torch.full((8,), 0.5, dtype=torch.float64))
    if form.get("mode") is FORMS["own"]["mode"]:
        pytest.skip("somebody's own perturbation promises nothing")
    optimizer = SuperpositionalAdamW([w], lr=0.03, weight_decay=0.0, **{**form, "lam": form["lam"] / 100})
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 300)
    for _ in range(300):
        optimizer.zero_grad()
        loss = (a @ (w - truth)).square().mean()
        loss.backward()
        optimizer.step()
        scheduler.step()
    assert float(loss.detach()) < 1e-3


def test_a_closure_is_called_and_its_loss_handed_back(form):
    net = model()
    optimizer = SuperpositionalAdamW(net.parameters(), lr=1e-2, **form)
    seen = []

    def closure():
        optimizer.zero_grad()
        seen.append(backward(net, 0))
        return seen[-1]

    assert optimizer.step(closure) is seen[0]
    other = model()
    train(other, SuperpositionalAdamW(other.parameters(), lr=1e-2, **form), 1)
    assert torch.equal(flat(net), flat(other))


def test_parameters_without_a_gradient_are_left_alone(form, path):
    net = model()
    optimizer = SuperpositionalAdamW(net.parameters(), lr=1e-2, **form, **path)
    backward(net, 0)
    net[0].weight.grad = None
    before = net[0].weight.detach().clone()
    optimizer.step()
    assert torch.equal(net[0].weight, before)
    assert net[0].weight not in optimizer.state


def test_hooks_run_once(form):
    net = model()
    optimizer = SuperpositionalAdamW(net.parameters(), lr=1e-2, **form)
    count = []
    optimizer.register_step_pre_hook(lambda *_: count.append("pre"))
    optimizer.register_step_post_hook(lambda *_: count.append("post"))
    train(net, optimizer, 2)
    assert count == ["pre", "post"] * 2


@pytest.mark.parametrize("make", [
    lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.05, total_steps=6),  # turns the betas too
    lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 6),
    lambda o: torch.optim.lr_scheduler.LambdaLR(o, lambda k: 0.5**k),
])  # fmt: skip
def test_learning_rate_schedulers_drive_it_as_they_drive_adamw(make):
    def run(cls, **more):
        net = model()
        optimizer = cls(net.parameters(), lr=1e-2, **more)
        scheduler = make(optimizer)
        for step in range(5):
            train(net, optimizer, 1, step)
            scheduler.step()
        return flat(net)

    assert torch.equal(run(SuperpositionalAdamW, lam=0.0), run(torch.optim.AdamW))
    run(SuperpositionalAdamW, lam=0.5)


# State ------------------------------------------------------------------------------------------------------


def through_disk(state):
    file = io.BytesIO()
    torch.save(state, file)
    file.seek(0)
    return torch.load(file, weights_only=True)


def test_a_run_taken_up_from_its_state_is_the_run(form, path):
    whole = trained(6, **form, **path)
    net = model()
    first = SuperpositionalAdamW(net.parameters(), lr=1e-2, **form, **path)
    train(net, first, 3)
    other = model()
    other.load_state_dict(net.state_dict())
    second = SuperpositionalAdamW(other.parameters(), lr=1e-2, **form, **path)
    second.load_state_dict(through_disk(first.state_dict()))
    train(other, second, 3, first=3)
    assert torch.equal(flat(other), whole)


def test_its_state_is_adamws_and_adamws_is_its(form, path):
    net, other = model(), model()
    ours = SuperpositionalAdamW(net.parameters(), lr=1e-2, **form, **path)
    train(net, ours, 2)
    adamw = torch.optim.AdamW(other.parameters(), lr=5.0, **path)
    adamw.load_state_dict(through_disk(ours.state_dict()))
    for p, q in zip(net.parameters(), other.parameters(), strict=True):
        assert adamw.state[q].keys() == ours.state[p].keys()
        assert all(torch.equal(adamw.state[q][k], ours.state[p][k]) for k in ours.state[p])
    back = SuperpositionalAdamW(model().parameters(), lr=7.0, **{**form, "lam": 0.25}, **path)
    theirs = torch.optim.AdamW(other.parameters(), lr=3e-3, weight_decay=0.3, **path)
    train(other, theirs, 2)
    back.load_state_dict(theirs.state_dict())
    group = back.param_groups[0]
    assert (group["lr"], group["weight_decay"], group["lam"]) == (3e-3, 0.3, 0.25)
    assert group["scope"] == form.get("scope", "tensor")


def test_copies_go_on_as_the_original(form, path):
    def run(copied):
        net = model()
        net.optimizer = SuperpositionalAdamW(net.parameters(), lr=1e-2, **form, **path)
        train(net, net.optimizer, 2)
        net = copied(net)
        train(net, net.optimizer, 2, first=2)
        return flat(net)

    assert torch.equal(run(copy.deepcopy), run(lambda net: net))
    if not callable(form.get("mode")):
        assert torch.equal(run(lambda net: pickle.loads(pickle.dumps(net))), run(lambda net: net))


@pytest.mark.parametrize("spoil", [
    lambda s: s["state"][0].update(exp_avg=torch.zeros(3, 3)),
    lambda s: s["state"][1].update(exp_avg_sq=torch.zeros(1)),
    lambda s: s["state"][0].pop("exp_avg"),
    lambda s: s.pop("state"),
    lambda s: s["param_groups"][0].update(lam=-1.0),
    lambda s: s["param_groups"][0].update(mode="sinus"),
    lambda s: s["param_groups"][0].update(mode="own", lr=55.0),
    lambda s: s["param_groups"][0].update(mode="circuit", backend="abacus"),
    lambda s: s["param_groups"][0].update(lam=1.0, n_qubits=1000, scope="tensor"),
    lambda s: s["state"].update({0: [1, 2]}),
    lambda s: s["state"][0].update(exp_avg=[0.0]),
    lambda s: s["state"][0].update(max_exp_avg_sq=torch.zeros(2)),
])  # fmt: skip
def test_a_state_of_something_else_is_refused_and_nothing_changes(spoil, form):
    net = model()
    optimizer = SuperpositionalAdamW(net.parameters(), lr=1e-2, **form)
    train(net, optimizer, 2)
    spoiled = copy.deepcopy(optimizer.state_dict())
    spoil(spoiled)
    if callable(form.get("mode")) and spoiled.get("param_groups", [{}])[0].get("lr") == 55.0:
        pytest.skip("to an optimizer with a mode of its own this state is a good one")
    before = copy.deepcopy(optimizer.state_dict())
    with pytest.raises(ConfigError):
        optimizer.load_state_dict(spoiled)
    after = optimizer.state_dict()
    assert repr(before["param_groups"]) == repr(after["param_groups"])
    assert all(
        torch.equal(before["state"][k]["exp_avg"], after["state"][k]["exp_avg"]) for k in before["state"]
    )


def test_a_state_of_sgd_is_refused():
    net = model()
    sgd = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    train(net, sgd, 1)
    with pytest.raises(ConfigError, match="not a state of AdamW"):
        SuperpositionalAdamW(net.parameters()).load_state_dict(sgd.state_dict())


# Bad input --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    ADAMW.optim_error_inputs_func(device="cpu", dtype=torch.float32),
    ids=lambda e: str(e.error_regex)[:40],
)
def test_what_torch_refuses_is_refused_the_same_way(given):
    """torch's own table of wrong arguments to AdamW."""
    wrong = given.optimizer_error_input
    n = {"n_qubits": 1}  # torch's table has parameters of one number
    if given.error_on is OptimizerErrorEnum.CONSTRUCTION_ERROR:
        if issubclass(given.error_type, Warning):
            with pytest.warns(given.error_type, match=given.error_regex):
                SuperpositionalAdamW(wrong.params, **n, **wrong.kwargs)
        else:
            with pytest.raises(given.error_type, match=given.error_regex):
                SuperpositionalAdamW(wrong.params, **n, **wrong.kwargs)
    else:
        optimizer = SuperpositionalAdamW(wrong.params, **n, **wrong.kwargs)
        with pytest.raises(given.error_type, match=given.error_regex):
            optimizer.step()


@pytest.mark.parametrize(("options", "message"), [
    ({"lam": -0.1}, "at least 0"),
    ({"lam": math.nan}, "at least 0"),
    ({"lam": math.inf}, "at least 0"),
    ({"lam": "much"}, "at least 0"),
    ({"lam": torch.zeros(2)}, "one number"),
    ({"lam": True}, "amsgrad is given by name"),
    ({"lam": torch.tensor(-1.0)}, "at least 0"),
    ({"entangle": "no"}, "entangle"),
    ({"backend": "abacus"}, "runs no circuit"),
    ({"mode": "cosine"}, "mode='cosine' is unknown; choose one of sine, circuit, random, sign_flip"),
    ({"scope": "half"}, "scope='half'"),
    ({"n_qubits": 0}, "n_qubits=0"),
    ({"n_qubits": 2.5}, "n_qubits=2.5"),
    ({"n_qubits": 100}, "the largest tensor has 54"),
    ({"n_qubits": 100, "scope": "overall"}, "all parameters together have 83"),
    ({"depth": 0}, "depth=0"),
    ({"gradient_angle": "big"}, "gradient_angle"),
    ({"short": "pad"}, "short"),
    ({"nonfinite": "ignore"}, "nonfinite"),
    ({"control_of": "circuits"}, "control_of"),
    ({"mode": "circuit", "backend": "abacus"}, "abacus"),
    ({"mode": "circuit", "backend": "sampled", "backend_options": {"shot": 3}}, "shot"),
    ({"bias_correction": False, "amsgrad": True}, "amsgrad"),
])  # fmt: skip
def test_settings_that_cannot_be_honoured(options, message):
    with pytest.raises(ConfigError, match=message):
        SuperpositionalAdamW(model().parameters(), **options)


def test_a_misspelt_key_of_a_group_is_told():
    with pytest.raises(ConfigError, match="did you mean 'lam'"):
        SuperpositionalAdamW([{"params": model().parameters(), "lamb": 0.1}])
    optimizer = SuperpositionalAdamW(
        [{"params": model().parameters(), "lam": 0.1, "name": "all", "initial_lr": 1.0}]
    )
    with pytest.raises(ConfigError, match="did you mean 'n_qubits'"):
        optimizer.add_param_group({"params": [torch.nn.Parameter(torch.zeros(9))], "n_qubit": 2})


def test_a_group_that_cannot_be_is_not_kept():
    optimizer = SuperpositionalAdamW(model().parameters())
    for wrong in (
        {"lam": -1.0},
        {"mode": "cosine"},
        {"mode": "circuit", "backend": "abacus"},
        {"mode": lambda at: at.grad},
    ):
        with pytest.raises(ConfigError):
            optimizer.add_param_group({"params": [torch.nn.Parameter(torch.zeros(9))], **wrong})
    assert len(optimizer.param_groups) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"mode": "cosine"},
        {"mode": lambda at: at.grad},
        {"scope": "half"},
        {"lam": -1.0},
        {"lam": math.nan},
        {"n_qubits": 0},
    ],
)
def test_settings_changed_by_hand_are_checked_at_the_next_step(changed, path):
    net = model()
    optimizer = SuperpositionalAdamW(net.parameters(), lr=1e-2, **path)
    train(net, optimizer, 1)
    optimizer.param_groups[0].update(changed)
    before = flat(net)
    with pytest.raises(ConfigError):
        train(net, optimizer, 1)
    assert torch.equal(flat(net), before)


@pytest.mark.parametrize("wrong", [
    lambda at: at.theta[0],
    lambda at: [*at.grad, at.grad[0]],
    lambda at: at.grad[:-1],
    lambda at: [g[:1] for g in at.grad],
    lambda at: [g.numpy() for g in at.grad],
    lambda at: [g * math.nan for g in at.grad],
])  # fmt: skip
@pytest.mark.parametrize("scope", ["tensor", "random"])
def test_a_wrong_perturbation_of_ones_own_changes_nothing(wrong, scope, path):
    net = model()
    groups = [{"params": net[0].parameters()}, {"params": net[2].parameters()}]
    optimizer = SuperpositionalAdamW(groups, lr=1e-2, mode=wrong, scope=scope, **path)
    backward(net, 0)
    before = flat(net)
    with pytest.raises((ConfigError, NonFiniteError)):
        optimizer.step()
    assert torch.equal(flat(net), before)
    assert all(float(s["step"]) == 0 for s in optimizer.state_dict()["state"].values())


def test_a_double_precision_perturbation_of_single_parameters(path):
    for scope in ("tensor", "random", "all"):
        net, other = model(), model()
        train(
            net,
            SuperpositionalAdamW(
                net.parameters(), lr=1e-2, mode=lambda at: [g.double() for g in at.grad], scope=scope, **path
            ),
            2,
        )
        train(
            other,
            SuperpositionalAdamW(
                other.parameters(), lr=1e-2, mode=lambda at: [g.clone() for g in at.grad], scope=scope, **path
            ),
            2,
        )
        assert torch.equal(flat(net), flat(other))


def test_lazy_gradients_are_taken_at_their_value(path):
    """Autograd makes gradients that are a negative view of other memory, or zeros without memory."""

    def run(grad):
        p = torch.nn.Parameter(torch.full((8,), 0.3))
        optimizer = SuperpositionalAdamW([p], lr=0.1, weight_decay=0.0, **path)
        p.grad = grad
        optimizer.step()
        return p.detach()

    plain = torch.linspace(-1, 1, 8)
    lazy = torch._neg_view(-plain)
    assert lazy.is_neg()
    torch.testing.assert_close(run(lazy), run(plain))
    assert torch.equal(run(torch._efficientzerotensor((8,))), torch.full((8,), 0.3))


def test_data_replaced_by_another_size_is_refused_and_nothing_is_written_beside_it():
    p = torch.nn.Parameter(torch.randn(8))
    optimizer = SuperpositionalAdamW([p], lr=0.1, fused=True)
    p.grad = torch.ones(8)
    optimizer.step()
    buffer = torch.full((64,), 7.0)
    optimizer.state[p]["exp_avg"] = buffer[:8]
    p.data, p.grad = torch.randn(32), torch.ones(32)
    with pytest.raises(ConfigError, match="was its data replaced"):
        optimizer.step()
    assert (buffer == 7).all()


def test_coupled_decay_is_honoured_as_adamw_does(path):
    def run(cls, **more):
        net = model()
        optimizer = cls(net.parameters(), lr=1e-2, weight_decay=0.5, **path, **more)
        optimizer.param_groups[0]["decoupled_weight_decay"] = False
        train(net, optimizer, 3)
        return flat(net)

    assert torch.equal(run(SuperpositionalAdamW, lam=0.0), run(torch.optim.AdamW))


def test_numbers_of_shape_one():
    torch.testing.assert_close(trained(lam=torch.tensor([0.5])), trained(lam=0.5))
    torch.testing.assert_close(
        trained(lam=0.5, lr=torch.tensor([1e-2]), foreach=False), trained(lam=0.5, lr=1e-2, foreach=False)
    )


def test_random_draws_do_not_follow_the_default_device():
    def run():
        p = torch.nn.Parameter(torch.linspace(-1, 1, 9, device="cpu"))
        optimizer = SuperpositionalAdamW([p], lr=0.1, mode="random", scope="random")
        p.grad = torch.ones(9, device="cpu")
        optimizer.step()
        return p.detach()

    expected = run()
    torch.set_default_device("meta")
    try:
        found = run()
    finally:
        torch.set_default_device(None)
    assert torch.equal(found, expected)


def test_empty_and_tiny_parameters(form, path):
    ps = [
        torch.nn.Parameter(torch.ones(0)),
        torch.nn.Parameter(torch.ones(8)),
        torch.nn.Parameter(torch.tensor(0.5)),
    ]
    optimizer = SuperpositionalAdamW(ps, lr=0.1, **form, **path)
    for given in ((0,), (0, 1), (0, 1, 2)):
        for k, p in enumerate(ps):
            p.grad = torch.ones_like(p) if k in given else None
        optimizer.step()
    assert torch.isfinite(ps[1]).all()
    SuperpositionalAdamW([torch.nn.Parameter(torch.ones(3))], lam=0.0)
    SuperpositionalAdamW([{"params": []}])


def test_sparse_gradients_are_refused_as_adamw_does():
    table = torch.nn.Embedding(10, 4, sparse=True)
    optimizer = SuperpositionalAdamW(table.parameters())
    table(torch.tensor([1, 2])).sum().backward()
    with pytest.raises(RuntimeError, match="sparse"):
        optimizer.step()


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
class TestGradientsThatAreNoNumbers:
    def spoiled(self, bad, **options):
        net = model()
        optimizer = SuperpositionalAdamW(net.named_parameters(), lr=1e-2, **options)
        train(net, optimizer, 1)
        optimizer.zero_grad()
        backward(net, 1)
        net[2].weight.grad[1, 3] = bad
        return net, optimizer

    def test_the_default_says_where_and_keeps_them_out(self, bad, form, path):
        net, optimizer = self.spoiled(bad, **form, **path)
        before, state = flat(net), copy.deepcopy(optimizer.state_dict()["state"])
        with pytest.raises(NonFiniteError, match=r"2\.weight, shape \(2, 9\): 1 of 18") as error:
            optimizer.step()
        assert torch.isfinite(flat(net)).all()
        assert all(torch.isfinite(s["exp_avg"]).all() for s in optimizer.state_dict()["state"].values())
        if "nothing was changed" in str(error.value):
            assert torch.equal(flat(net), before)
            assert all(
                torch.equal(state[k]["step"], s["step"]) for k, s in optimizer.state_dict()["state"].items()
            )

    def test_a_step_can_be_left_out(self, bad, form, path):
        net, optimizer = self.spoiled(bad, **{**form, "nonfinite": "skip"}, **path)
        before = flat(net)
        with pytest.warns(RuntimeWarning, match=r"step left out: .*2\.weight"):
            optimizer.step()
        assert torch.equal(flat(net), before)
        assert optimizer.skipped_steps == 1
        train(net, optimizer, 1, first=2)
        assert not torch.equal(flat(net), before)

    def test_it_can_be_let_through_as_torch_does(self, bad, path):
        net, optimizer = self.spoiled(bad, lam=0.5, nonfinite="propagate", **path)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            optimizer.step()
        assert not torch.isfinite(net[2].weight[1, 3])


def test_large_finite_gradients_are_no_infinities(path):
    """Their sum of squares, and even their sum, leaves single precision."""
    p = torch.nn.Parameter(torch.zeros(2000))
    optimizer = SuperpositionalAdamW([p], lr=1e-2, **path)
    p.grad = torch.full_like(p, 1e38)
    optimizer.step()


# Company ----------------------------------------------------------------------------------------------------


def test_the_gradient_scaler_works_with_it(form, path):
    def run(scale):
        net = model()
        optimizer = SuperpositionalAdamW(net.parameters(), lr=1e-2, **form, **path)
        scaler = torch.amp.GradScaler("cpu", init_scale=2.0**10, enabled=scale, growth_interval=100)
        for step in range(4):
            optimizer.zero_grad()
            g = torch.Generator().manual_seed(step)
            x, y = torch.randn(16, 6, generator=g), torch.randint(0, 2, (16,), generator=g)
            scaler.scale(torch.nn.functional.cross_entropy(net(x), y)).backward()
            if scale and step == 2:  # an overflow: the scaler leaves this step out by itself
                net[0].weight.grad[0, 0] = math.inf
            if scale or step != 2:
                scaler.step(optimizer)
                scaler.update()
        return flat(net)

    assert torch.equal(run(True), run(False))


def test_autocast_trains_with_it(form):
    net = model()
    optimizer = SuperpositionalAdamW(net.parameters(), lr=1e-2, **form)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = net(torch.randn(8, 6)).float().square().mean()
    loss.backward()
    optimizer.step()
    assert torch.isfinite(flat(net)).all()


def compiled_run(cls, compiled, **options):
    torch._dynamo.reset()
    net = model(torch.float64)
    optimizer = cls(net.parameters(), lr=1e-2, **options)
    step = torch.compile(optimizer.step, backend="eager") if compiled else optimizer.step
    for k in range(3):
        optimizer.zero_grad()
        backward(net, k)
        step()
    return flat(net)


# To compile takes a second: by default all forms one way each, and each other way with one or two forms.
COMPILED = ("sine", "sine-all", "sine-random", "flipped", "circuit", "random")
QUICK = {"default": COMPILED, "loop": ("sine",), "foreach": ("sine-all", "circuit")}


@pytest.mark.parametrize(
    ("name", "way"),
    [
        pytest.param(name, way, marks=() if name in quick else pytest.mark.slow)
        for way, quick in QUICK.items()
        for name in COMPILED
    ],
)
def test_the_compiled_step_is_the_step(name, way):
    """As closely as torch's is: compiled, it corrects the bias in single precision."""
    options = FORMS[name] | PATHS[way]
    torch.testing.assert_close(
        compiled_run(SuperpositionalAdamW, True, **options),
        compiled_run(SuperpositionalAdamW, False, **options),
        rtol=0,
        atol=1e-6,
    )


@pytest.mark.parametrize("policy", ["raise", "skip"])
def test_an_explicit_policy_holds_under_compile(policy):
    torch._dynamo.reset()
    net = model()
    optimizer = SuperpositionalAdamW(net.parameters(), lr=1e-2, nonfinite=policy)
    step = torch.compile(optimizer.step, backend="eager")
    backward(net, 0)
    net[0].weight.grad[0, 0] = math.nan
    before = flat(net)
    if policy == "raise":
        with pytest.raises(NonFiniteError):
            step()
    else:
        with pytest.warns(RuntimeWarning, match="left out"):
            step()
    assert torch.equal(flat(net), before)


def test_other_readings_compile():
    options = {"eps_inside_root": True}
    torch.testing.assert_close(
        compiled_run(SuperpositionalAdamW, True, **options),
        compiled_run(SuperpositionalAdamW, False, **options),
    )


@pytest.mark.parametrize("way", ["default", "loop", "foreach"])
def test_compiled_without_a_perturbation_it_is_compiled_adamw(way):
    assert torch.equal(
        compiled_run(SuperpositionalAdamW, True, lam=0.0, **PATHS[way]),
        compiled_run(torch.optim.AdamW, True, **PATHS[way]),
    )


def test_a_differentiable_step_passes_gradients_through():
    """Double backward through one step, against differences."""

    def after(theta):
        p = theta.clone()
        leaf = torch.nn.Parameter(torch.zeros_like(p))
        optimizer = SuperpositionalAdamW(
            [leaf], lr=0.1, lam=2.0, scope="all", differentiable=True, weight_decay=0.1
        )
        optimizer.param_groups[0]["params"][0] = p
        p.grad = torch.sin(3 * theta)
        optimizer.step()
        return p

    theta = torch.tensor([0.3, -0.7, 1.2, 0.1], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(after, (theta,), eps=1e-7, atol=1e-5)


def test_accelerate_prepares_it(form, path):
    from accelerate import Accelerator

    net = model()
    optimizer = SuperpositionalAdamW(net.parameters(), lr=1e-2, **form, **path)
    accelerator = Accelerator(cpu=True)
    wrapped, prepared = accelerator.prepare(net, optimizer)
    for step in range(4):
        prepared.zero_grad()
        g = torch.Generator().manual_seed(step)
        x, y = torch.randn(16, 6, generator=g), torch.randint(0, 2, (16,), generator=g)
        accelerator.backward(torch.nn.functional.cross_entropy(wrapped(x), y))
        prepared.step()
    assert torch.equal(flat(net), trained(4, **form, **path))


def test_groups_keep_their_own_settings(path):
    net = model(torch.float64)
    groups = [
        {"params": net[0].parameters(), "lam": 0.0},
        {"params": net[2].parameters(), "lam": 1.0, "scope": "all"},
    ]
    train(net, SuperpositionalAdamW(groups, lr=1e-2, **path), 1)
    plain, full = model(torch.float64), model(torch.float64)
    train(plain, SuperpositionalAdamW(plain.parameters(), lr=1e-2, lam=0.0, **path), 1)
    train(full, SuperpositionalAdamW(full.parameters(), lr=1e-2, lam=1.0, scope="all", **path), 1)
    torch.testing.assert_close(net[0].weight, plain[0].weight)
    torch.testing.assert_close(net[2].weight, full[2].weight)
    assert np.abs((net[2].weight - plain[2].weight).detach().numpy()).max() > 0
