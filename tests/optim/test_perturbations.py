"""Q as an object: what the short names stand for, how it travels, and states that were saved by short names
alone.
"""

import copy
import inspect
import pickle

import pytest
import torch

from qualms import SuperpositionalAdamW
from qualms.errors import ConfigError, TooLargeError
from qualms.optim import FromCircuit, Own, RandomQ, SignFlip, Sine
from qualms.optim.settings import SHORT_NAMES
from qualms.optim.twins import TWINS, optimizer_twin

OBJECTS = {
    "sine": (Sine(), {}),
    "sine-all": (Sine(scope="all"), {"scope": "all"}),
    "sine-random": (Sine(scope="random", n_qubits=3, seed=5), {"scope": "random", "n_qubits": 3, "seed": 5}),
    "circuit": (FromCircuit(depth=1, entangle=False), {"mode": "circuit", "depth": 1, "entangle": False}),
    "circuit-overall": (
        FromCircuit(scope="overall", gradient_angle="raw"),
        {"mode": "circuit", "scope": "overall", "gradient_angle": "raw"},
    ),
    "sampled": (
        FromCircuit(backend="sampled", backend_options={"shots": 50}),
        {"mode": "circuit", "backend": "sampled", "backend_options": {"shots": 50}},
    ),
    "random": (RandomQ(), {"mode": "random"}),
    "random-circuit": (
        RandomQ(FromCircuit(n_qubits=2, seed=3, short="skip")),
        {"mode": "random", "control_of": "circuit", "n_qubits": 2, "seed": 3, "short": "skip"},
    ),
    "flipped": (SignFlip(Sine(scope="all")), {"mode": "sign_flip", "scope": "all"}),
    "flipped-circuit": (SignFlip(FromCircuit()), {"mode": "sign_flip", "control_of": "circuit"}),
}


@pytest.fixture(params=OBJECTS)
def both(request):
    return OBJECTS[request.param]


def parameters() -> list[torch.nn.Parameter]:
    return [torch.nn.Parameter(torch.linspace(-2, 2, n)) for n in (9, 3)]


def stepped(params, optimizer, steps=3) -> torch.Tensor:
    for k in range(steps):
        for j, p in enumerate(params):
            p.grad = torch.linspace(-1, 1, p.numel()) * (k + 1) + 0.1 * j
        optimizer.step()
    return torch.cat([p.detach() for p in params])


def test_an_object_and_its_short_names_make_the_same_steps_and_the_same_state(both):
    q, names = both
    ps, others = parameters(), parameters()
    by_object, by_name = SuperpositionalAdamW(ps, lr=0.1, q=q), SuperpositionalAdamW(others, lr=0.1, **names)
    assert torch.equal(stepped(ps, by_object), stepped(others, by_name))
    assert by_object.perturbations == by_name.perturbations == [q]
    assert by_object.state_dict()["param_groups"] == by_name.state_dict()["param_groups"]
    assert by_object.quadrant == by_name.quadrant == q.quadrant


def test_a_group_may_have_its_own_object(both):
    q, names = both
    ps, others = parameters(), parameters()
    first = SuperpositionalAdamW([{"params": ps[:1], "q": q}, {"params": ps[1:]}], lr=0.1, scope="all")
    second = SuperpositionalAdamW(
        [{"params": others[:1], **SHORT_NAMES, **names}, {"params": others[1:]}], lr=0.1, scope="all"
    )
    assert first.perturbations == [q, Sine(scope="all")]
    assert torch.equal(stepped(ps, first), stepped(others, second))


def test_an_object_put_into_a_group_by_hand_counts_from_the_next_step():
    ps, others = parameters(), parameters()
    optimizer = SuperpositionalAdamW(ps, lr=0.1)
    optimizer.param_groups[0]["q"] = Sine(scope="all")
    assert torch.equal(
        stepped(ps, optimizer), stepped(others, SuperpositionalAdamW(others, lr=0.1, scope="all"))
    )
    assert "q" not in optimizer.state_dict()["param_groups"][0]


def test_objects_are_copied_and_pickled(both):
    q, _ = both
    at_once, later = parameters(), parameters()
    expected = stepped(at_once, SuperpositionalAdamW(at_once, lr=0.1, q=q))
    for other in (copy.deepcopy(q), pickle.loads(pickle.dumps(q))):
        assert other == q
        later = parameters()
        assert torch.equal(stepped(later, SuperpositionalAdamW(later, lr=0.1, q=other)), expected)


def test_a_function_of_ones_own_has_coordinates_too():
    ps, others = parameters(), parameters()
    mine = lambda at: [g.clone() for g in at.grad]  # noqa: E731
    optimizer = SuperpositionalAdamW(ps, lr=0.1, q=Own(mine, scope="all"))
    assert [touched for touched, _ in optimizer.coordinates()] == [9, 3]
    assert torch.equal(
        stepped(ps, optimizer), stepped(others, SuperpositionalAdamW(others, lr=0.1, mode=mine, scope="all"))
    )


def test_a_state_of_the_time_before_objects_is_gone_on_from():
    """A state as it was saved before Q was an object, and what the next step made of it then."""
    group = {
        "lr": 0.125, "betas": (0.5, 0.75), "eps": 1e-08, "weight_decay": 0.01, "amsgrad": False,
        "maximize": False, "foreach": None, "capturable": False, "differentiable": False, "fused": False,
        "decoupled_weight_decay": True, "lam": 0.5, "n_qubits": 3, "mode": "random", "scope": "random",
        "depth": 1, "entangle": True, "gradient_angle": "relative", "backend": "statevector",
        "backend_options": {}, "control_of": "circuit", "short": "whole", "bias_correction": True,
        "eps_inside_root": False, "nonfinite": None, "seed": 7, "params": [0, 1],
    }  # fmt: skip
    moments = [
        {
            "step": torch.tensor(2.0),
            "exp_avg": torch.full((n,), 0.625),
            "exp_avg_sq": torch.full((n,), 0.296875),
        }
        for n in (5, 2)
    ]
    start = [
        [
            0.14593389630317688,
            -0.5560445785522461,
            1.1935399770736694,
            0.4968288540840149,
            -2.246300458908081,
        ],
        [0.030359795317053795, 0.7518419623374939],
    ]
    after = [
        [
            0.05709173530340195,
            -0.7320908308029175,
            1.055206060409546,
            0.3659619987010956,
            -2.3737382888793945,
        ],
        [-0.10711178183555603, 0.6124440431594849],
    ]
    params = [torch.nn.Parameter(torch.tensor(v)) for v in start]
    optimizer = SuperpositionalAdamW(params)
    optimizer.load_state_dict({"state": dict(enumerate(moments)), "param_groups": [group]})
    assert optimizer.perturbations == [RandomQ(FromCircuit(n_qubits=3, scope="random", depth=1, seed=7))]
    for p in params:
        p.grad = torch.full_like(p, 1.5)
    optimizer.step()
    for p, expected in zip(params, after, strict=True):
        torch.testing.assert_close(p.detach(), torch.tensor(expected), rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda ps: SuperpositionalAdamW(ps, q=Sine(), scope="all"), "scope given beside q"),
        (
            lambda ps: SuperpositionalAdamW(ps, q="sine"),
            "must be a Sine, FromCircuit, RandomQ or SignFlip",
        ),
        (lambda ps: SuperpositionalAdamW(ps, q=lambda at: at.grad), "Own"),
        (
            lambda ps: SuperpositionalAdamW([{"params": ps, "q": Sine(), "mode": "circuit"}]),
            "mode given beside q",
        ),
        (
            lambda ps: SuperpositionalAdamW([{"params": ps, "q": Own(lambda at: at.grad)}]),
            "not to a parameter group",
        ),
        (lambda ps: SuperpositionalAdamW(ps, q=SignFlip(FromCircuit()), capturable=True), "captured step"),
        (lambda ps: Sine(scope="half"), "scope='half'"),
        (lambda ps: Sine(n_qubits=0), "n_qubits=0"),
        (lambda ps: FromCircuit(gradient_angle="big"), "gradient_angle"),
        (lambda ps: FromCircuit(backend="abacus"), "abacus"),
        (
            lambda ps: FromCircuit(n_qubits=6, backend="ibm", backend_options={"name": "fake_quito"}),
            "fake_quito takes at most 5",
        ),
        (lambda ps: RandomQ(RandomQ()), "control is of a Sine or a FromCircuit"),
        (lambda ps: optimizer_twin(0.5, Sine(), "placebo"), "lambda-zero, random-q"),
    ],
)
def test_objects_that_cannot_be(make, message):
    with pytest.raises((ConfigError, TooLargeError), match=message):
        make(parameters())


def test_short_names_have_the_signatures_defaults():
    signature = inspect.signature(SuperpositionalAdamW.__init__).parameters
    assert {
        k: signature[k].default or {} if k == "backend_options" else signature[k].default for k in SHORT_NAMES
    } == SHORT_NAMES


def test_twins_are_classical():
    for q in (Sine(), FromCircuit(scope="all"), SignFlip(FromCircuit(scope="all"))):
        found = {name: optimizer_twin(0.5, q, name) for name in (t.name for t in TWINS)}
        assert found == {"lambda-zero": (0.0, q), "random-q": (0.5, RandomQ(of=q.original))}
        assert (
            SuperpositionalAdamW(parameters(), lam=found["lambda-zero"][0], q=q).quadrant.compute
            == "classical"
        )
        assert SuperpositionalAdamW(parameters(), q=found["random-q"][1]).quadrant.compute == "classical"
