import json
import math

import numpy as np
import pytest
import torch

from qualms.errors import ConfigError
from qualms.optim import CosineLam, PlateauLam, SuperpositionalAdamW


def optimizer(*lams):
    return SuperpositionalAdamW(
        [{"params": [torch.nn.Parameter(torch.zeros(4))], "lam": lam} for lam in lams]
    )


def lams(o):
    return [float(g["lam"]) for g in o.param_groups]


def test_cosine_goes_down_half_a_cosine_and_stays():
    o = optimizer(1.0, 0.5)
    schedule = CosineLam(o, 4, final=0.2)
    seen = []
    for _ in range(6):
        schedule.step()
        seen.append(lams(o))
    expected = [0.2 + 0.8 * (1 + math.cos(math.pi * min(k, 4) / 4)) / 2 for k in range(1, 7)]
    assert [s[0] for s in seen] == pytest.approx(expected)
    assert [s[1] for s in seen] == pytest.approx([e / 2 for e in expected])


def test_plateau_halves_when_the_loss_stays():
    o = optimizer(0.8)
    schedule = PlateauLam(o, decay=0.5, patience=2)
    seen = []
    for loss in (3.0, 2.0, 2.0, 2.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0):
        schedule.step(loss)
        seen.append(lams(o)[0])
    assert seen == [0.8, 0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.4, 0.2, 0.2]


@pytest.mark.parametrize("make", [lambda o: CosineLam(o, 7), lambda o: PlateauLam(o, patience=0)])
def test_a_schedule_goes_on_from_its_state(make):
    def step(schedule, k):
        schedule.step(*([1.0] if isinstance(schedule, PlateauLam) else []))

    o = optimizer(1.0)
    schedule = make(o)
    for k in range(3):
        step(schedule, k)
    # as a resumed run finds it: the optimizer's λ is the decayed one already
    other = optimizer(float(lams(o)[0]))
    again = make(other)
    again.load_state_dict(schedule.state_dict())
    for k in range(3):
        step(schedule, k)
        step(again, k)
    assert lams(o) == lams(other)
    assert lams(o)[0] < 1


def test_a_tensor_is_changed_in_place():
    lam = torch.tensor(1.0)
    o = SuperpositionalAdamW([torch.nn.Parameter(torch.zeros(4))], lam=lam)
    CosineLam(o, 2).step()
    assert float(lam) == pytest.approx(0.5)


def test_bad_input():
    adamw = torch.optim.AdamW([torch.nn.Parameter(torch.zeros(4))])
    with pytest.raises(ConfigError, match="AdamW has no lam"):
        CosineLam(adamw, 3)
    two = optimizer(1.0)
    schedule = CosineLam(two, 3)
    two.add_param_group({"params": [torch.nn.Parameter(torch.zeros(4))]})
    with pytest.raises(ConfigError, match="made for 1 parameter groups, but the optimizer has 2"):
        schedule.step()
    assert lams(two)[0] == 1.0
    for wrong in (
        lambda o: CosineLam(o, 3, math.nan),
        lambda o: CosineLam(o, 3, math.inf),
        lambda o: CosineLam(o, math.nan),
        lambda o: PlateauLam(o, patience=math.nan),
    ):
        with pytest.raises(ConfigError):
            wrong(optimizer(1.0))
    state = CosineLam(optimizer(1.0), 3).state_dict()
    with pytest.raises(ConfigError, match="of numbers"):
        CosineLam(optimizer(1.0), 3).load_state_dict({**state, "factor": math.nan})
    for wrong in (
        lambda o: CosineLam(o, 0),
        lambda o: CosineLam(o, 3, -1),
        lambda o: PlateauLam(o, decay=1.0),
        lambda o: PlateauLam(o, patience=-1),
    ):
        with pytest.raises(ConfigError):
            wrong(optimizer(1.0))
    with pytest.raises(ConfigError, match="NaN"):
        PlateauLam(optimizer(1.0)).step(math.nan)
    with pytest.raises(ConfigError, match="state of a PlateauLam"):
        PlateauLam(optimizer(1.0)).load_state_dict(CosineLam(optimizer(1.0), 3).state_dict())
    with pytest.raises(ConfigError, match="2 parameter groups"):
        CosineLam(optimizer(1.0), 3).load_state_dict(CosineLam(optimizer(1.0, 1.0), 3).state_dict())


def test_numpy_numbers():
    made = (
        CosineLam(optimizer(1.0), np.int64(4), np.float32(0.5)),
        PlateauLam(optimizer(1.0), np.float32(0.5), np.int8(3), np.float64(0.25)),
    )
    for schedule in made:
        assert (
            json.loads(json.dumps(schedule.state_dict())) == schedule.state_dict()
            or math.inf in schedule.state_dict().values()
        )
        assert not any(isinstance(v, np.generic) for v in schedule.state_dict().values())
    for wrong in (
        lambda o: CosineLam(o, "4"),
        lambda o: CosineLam(o, True),
        lambda o: PlateauLam(o, "0.5"),
        lambda o: PlateauLam(o, patience=None),
    ):
        with pytest.raises(ConfigError):
            wrong(optimizer(1.0))
