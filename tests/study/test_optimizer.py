"""Superpositional gradient descent by name: in a study with its twins, in the trainer with its schedule, in
several processes.
"""

import shutil
import socket
import textwrap

import pytest
import torch
from safetensors.torch import load_file

from qualms.errors import ConfigError
from qualms.report.peft_results import peft_result
from qualms.study import Recipe, compare, plan
from qualms.study.encoding import Encoded
from qualms.study.methods import parse, with_twins
from qualms.study.optimizer import superpositional
from qualms.study.starting_rates import default_rate
from qualms.study.training import train
from tests import forked
from tests.conftest import build
from tests.study.conftest import TRAILS

SMALL = {
    "data": str(TRAILS),
    "steps": 3,
    "batch_size": 2,
    "seeds": [0],
    "methods": ["lora@superpositional"],
    "workers": 1,
    "validation_examples": 4,
    "test_examples": 3,
    "max_new_tokens": 4,
    "samples": 0,
    "optim_options": {"lam": 5.0, "scope": "all"},
    "learning_rates": dict.fromkeys(
        ("lora", "lora@superpositional", "lora@superpositional/lambda-zero", "lora@superpositional/random-q"),
        0.01,
    ),
}


def test_a_study_brings_the_optimizers_twins_and_lambda_zero_is_adamw(tmp_path, here):
    records = compare(plan(Recipe(**{**SMALL, "methods": ["lora", "lora@superpositional"]})), tmp_path)
    by = {r.method: r for r in records}
    assert list(by) == [
        "lora",
        "lora@superpositional",
        "lora@superpositional/lambda-zero",
        "lora@superpositional/random-q",
    ]
    assert {m: r.twin_of for m, r in by.items()}["lora@superpositional/random-q"] == "lora@superpositional"
    weights = {
        m: load_file(tmp_path / "runs" / r.id / "model" / "adapter_model.safetensors") for m, r in by.items()
    }
    zero, plain = weights["lora@superpositional/lambda-zero"], weights["lora"]
    assert all(torch.equal(zero[k], plain[k]) for k in plain)
    for other in ("lora@superpositional", "lora@superpositional/random-q"):
        assert not all(torch.equal(weights[other][k], plain[k]) for k in plain)
    assert [r.quadrant.compute for r in records] == [
        "classical",
        "quantum-inspired",
        "classical",
        "classical",
    ]
    assert by["lora@superpositional"].payload.training.optimizer == "SuperpositionalAdamW"
    assert by["lora@superpositional"].payload.training.optimizer_options["settings"]["lam"] == 5.0


def test_a_circuit_in_the_optimizer_makes_the_run_simulated_quantum():
    assert superpositional({"mode": "circuit"}).quadrant.compute == "simulated quantum"
    assert superpositional({"mode": "circuit"}, "random-q").quadrant.compute == "classical"
    assert superpositional({"mode": "circuit"}, "random-q").settings["control_of"] == "circuit"
    assert (
        superpositional({"mode": "sign_flip", "control_of": "circuit"}, "random-q").settings["control_of"]
        == "circuit"
    )


def test_names():
    method = parse("qsl:mergeable@superpositional/random-q")
    assert (method.family, method.preset, method.head, method.optimizer, method.optimizer_twin) == (
        "qsl", "mergeable", "qsl:mergeable", "superpositional", "random-q",
    )  # fmt: skip
    assert method.twin_of == "qsl:mergeable@superpositional"
    assert default_rate(parse("lora@superpositional/lambda-zero"), "generate") == default_rate(
        parse("lora"), "generate"
    )
    assert [m.name for m in with_twins([parse("qsl@superpositional")], ["no-entangler"])] == [
        "qsl@superpositional", "qsl@superpositional/no-entangler", "qsl@superpositional/lambda-zero",
        "qsl@superpositional/random-q",
    ]  # fmt: skip
    for wrong, reason in (
        ("lora@adam", "after @ stands superpositional"), ("lora@adamw", "nothing for AdamW"),
        ("lora@", "after @"), ("untuned@superpositional", "not trained"), ("lora/lambda-zero", "have twins"),
        ("lora@superpositional/no-entangler", "unknown twin"), ("qsl/lambda-zero", "unknown twin"),
    ):  # fmt: skip
        with pytest.raises(ConfigError, match=reason):
            parse(wrong)


@pytest.mark.parametrize(("options", "reason"), [
    ({"lamda": 1}, "did you mean 'lam'"),
    ({"lr": 1}, "no 'lr'"),
    ({"lam": -1}, "at least 0"),
    ({"lam_schedule": "linear"}, "lam_schedule"),
    ({"n_qubits": 0}, "n_qubits"),
    ({"n_qubits": -1}, "n_qubits"),
    ({"fused": True, "foreach": True}, "fused"),
    ({"eps": "1e-8"}, "optim_options"),
    ({"mode": "circuit", "backend": "abacus"}, "abacus"),
])  # fmt: skip
def test_options_are_checked_before_anything_runs(options, reason):
    with pytest.raises(ConfigError, match=reason):
        plan(Recipe(**{**SMALL, "optim_options": options}))


def test_options_for_nobody_are_refused():
    with pytest.raises(ConfigError, match="no method is trained"):
        plan(Recipe(**{**SMALL, "methods": ["lora"]}))


def test_a_run_that_diverges_is_recorded_as_one(tmp_path, here):
    """As AdamW's is, and the search goes on."""
    rates = dict.fromkeys(SMALL["learning_rates"], 1e15)
    records = compare(
        plan(Recipe(**{**SMALL, "methods": ["lora@superpositional"], "learning_rates": rates})), tmp_path
    )
    assert [peft_result(r)["train_info"]["status"] for r in records] == ["diverged"] * 3


def fit(folder, schedule, steps=6, save_every=2, **options):
    """Full fine-tuning of a tiny model with checkpoints."""
    model = build("llama").train()
    items = [Encoded(list(range(3 + k, 12 + k)), list(range(3 + k, 12 + k))) for k in range(8)]
    train(
        model, items, folder=folder, task="generate", pad=0, steps=steps, batch_size=2, rate=1e-2, warmup=0,
        weight_decay=0.01, seed=0, save_every=save_every,
        optimizer=superpositional({"lam": 3.0, "scope": "all", "lam_schedule": schedule, **options}),
    )  # fmt: skip
    return torch.cat([p.detach().reshape(-1) for p in model.parameters()])


@pytest.mark.parametrize("schedule", ["constant", "cosine", "plateau"])
@pytest.mark.parametrize("mode", ["sine", "random"])
def test_the_trainer_resumes_to_the_same_weights(tmp_path, schedule, mode):
    whole = fit(tmp_path / "whole", schedule, mode=mode)
    shutil.copytree(tmp_path / "whole", tmp_path / "cut")
    for checkpoint in (tmp_path / "cut").glob("checkpoint-*"):
        if checkpoint.name == "checkpoint-6":
            shutil.rmtree(checkpoint)  # as a kill after step 4 would leave it
    assert (tmp_path / "cut" / "checkpoint-4").exists()
    assert torch.equal(fit(tmp_path / "cut", schedule, mode=mode), whole)
    if schedule == "cosine":
        assert not torch.equal(fit(tmp_path / "other", "constant", mode=mode), whole)


def test_a_checkpoint_without_its_schedule_is_not_whole(tmp_path):
    """Killed between the trainer's files and ours: the one before it is gone on from, to the same end."""
    whole = fit(tmp_path / "whole", "cosine")
    shutil.copytree(tmp_path / "whole", tmp_path / "cut")
    (tmp_path / "cut" / "checkpoint-6" / "lam_schedule.json").unlink()
    assert torch.equal(fit(tmp_path / "cut", "cosine"), whole)
    shutil.copytree(tmp_path / "whole", tmp_path / "torn")
    (tmp_path / "torn" / "checkpoint-6" / "lam_schedule.json").write_text('{"fac')
    with pytest.raises(ConfigError, match="cannot go on"):
        fit(tmp_path / "torn", "cosine", steps=8)


def test_checkpoints_fall_on_logging_points(tmp_path):
    """The trainer logs a mean since the last log, which a resumed run cannot know; λ on a plateau follows
    it.
    """
    plan = {"schedule": "plateau", "steps": 100, "save_every": 33}
    whole = fit(tmp_path / "whole", **plan)
    shutil.copytree(tmp_path / "whole", tmp_path / "cut")
    steps = sorted(int(p.name.partition("-")[2]) for p in (tmp_path / "cut").glob("checkpoint-*"))
    assert steps == [68, 100]  # of 34, 68 and 100 the last two, as the trainer keeps
    shutil.rmtree(tmp_path / "cut" / f"checkpoint-{steps[-1]}")
    assert torch.equal(fit(tmp_path / "cut", **plan), whole)
    states = [
        (tmp_path / f / f"checkpoint-{steps[-1]}" / "lam_schedule.json").read_text() for f in ("whole", "cut")
    ]
    assert states[0] == states[1]


REPLICAS = """
    import os, torch
    from torch.nn.parallel import DistributedDataParallel
    from qualms.optim import SuperpositionalAdamW
    kept = []  # taken apart, DDP waits for threads that need the interpreter, now and then for ever
    def train(rank):
        where = f"tcp://127.0.0.1:{PORT}"
        torch.distributed.init_process_group("gloo", init_method=where, rank=rank, world_size=2)
        for mode in ("sine", "circuit", "random"):
            torch.manual_seed(0)
            layers = torch.nn.Linear(6, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)
            net = DistributedDataParallel(torch.nn.Sequential(*layers))
            kept.append(net)
            optimizer = SuperpositionalAdamW(net.parameters(), lr=0.01, lam=2.0, scope="all", mode=mode)
            for step in range(4):
                optimizer.zero_grad()
                x = torch.randn(8, 6, generator=torch.Generator().manual_seed(2 * step + rank))
                net(x).square().mean().backward()
                optimizer.step()
            torch.save([p.detach() for p in net.parameters()], f"{FOLDER}/{mode}-{rank}.pt")
        torch.distributed.destroy_process_group()
    other = os.fork()
    train(0 if other else 1)
    os._exit(other and os.waitpid(other, 0)[1] != 0)
"""


def test_replicas_stay_equal_under_ddp(tmp_path):
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    done = forked.python(f"PORT, FOLDER = {port}, {str(tmp_path)!r}\n{textwrap.dedent(REPLICAS)}")
    assert done.returncode == 0, done.stderr
    for mode in ("sine", "circuit", "random"):
        first, second = (torch.load(tmp_path / f"{mode}-{r}.pt") for r in (0, 1))
        assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))
