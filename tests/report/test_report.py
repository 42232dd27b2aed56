"""The page, the table and above all the verdict: what may be said and what may not."""

import dataclasses
import re

import pytest
from rich.console import Console

from qualms.errors import DataError
from qualms.records import CLASSICAL
from qualms.report import page, tables, verdict
from tests.records.sample import make_record


def study(**nll_by_method):
    """Records from {"method": [nll of each seed]}; "__" in a name stands for "/"."""
    return [
        make_record(name.replace("__", "/").replace("_", "-"), seed, nll)
        for name, values in nll_by_method.items()
        for seed, nll in enumerate(values)
    ]


BASE = [1.0, 1.01, 0.99, 1.0, 1.005]


def shifted(by):
    return [v + by + 0.001 * i for i, v in enumerate(BASE)]


def test_a_better_twin_is_said_first():
    text = " ".join(
        verdict.sentences(study(qsl=shifted(0.1), qsl__frozen_angles=BASE, qsl__no_entangler=shifted(0.3)))
    )
    assert "not worth it" in text
    assert "worse than frozen-angles" in text


def test_no_difference_is_not_an_advantage():
    noisy = [1.05, 0.95, 1.02, 0.97, 1.01]
    text = " ".join(verdict.sentences(study(qsl=noisy, qsl__frozen_angles=BASE)))
    assert "no advantage shown" in text
    assert "not told apart from frozen-angles" in text


def test_an_advantage_needs_every_twin_beaten():
    better = study(qsl=shifted(-0.2), qsl__frozen_angles=BASE, qsl__no_entangler=shifted(0.1))
    assert "better than each of its 2 twins" in " ".join(verdict.sentences(better))
    mixed = study(qsl=shifted(-0.2), qsl__frozen_angles=BASE, qsl__no_entangler=[0.7, 0.9, 0.8, 0.75, 0.9])
    assert "better than each" not in " ".join(verdict.sentences(mixed))


def test_a_diverged_run_gets_no_verdict():
    text = " ".join(
        verdict.sentences(study(qsl=[1.0, float("nan"), 1.0], qsl__frozen_angles=[0.5, 0.5, 0.5]))
    )
    assert "training diverged for qsl" in text
    assert tables.summary(study(qsl=[1.0, float("nan")]))[0]["metrics"]["nll"]["mean"] is None


def test_a_form_without_circuits_is_called_classical_and_stands_beside_lora():
    classical = {"quadrant": CLASSICAL, "adapter_config": {"peft_type": "QUALMS_QSL"}}
    records = study(lora=BASE, qsl=shifted(0.2)) + [
        make_record("qsl:recommended", seed, nll, **classical) for seed, nll in enumerate(shifted(0.1))
    ]
    told = [s for s in verdict.sentences(records) if s.startswith("qsl:recommended")]
    assert told == [
        "qsl:recommended (classical): no circuit takes part, so it has no twins. Test NLL, difference in "
        "nats: worse than lora (+0.102, 95 % [+0.100, +0.104])."
    ]
    records[-1] = make_record("qsl:recommended", len(BASE) - 1, float("nan"), **classical)
    assert "training diverged for qsl:recommended" in " ".join(verdict.sentences(records))


def test_twins_stand_under_their_method_whatever_the_order():
    names = ["qsl", "lora", "qsl:mergeable", "qsl:mergeable/lora-equal", "qsl/lora-equal"]
    assert list(tables.by_method([make_record(n) for n in names])) == [
        "qsl",
        "qsl/lora-equal",
        "lora",
        "qsl:mergeable",
        "qsl:mergeable/lora-equal",
    ]


def test_one_seed_shows_nothing():
    text = " ".join(verdict.sentences(study(qsl=[0.1], qsl__frozen_angles=[5.0])))
    assert "no advantage shown" in text
    assert "one seed: no interval" in text


def test_a_quantum_method_without_its_twin_gets_no_verdict():
    assert "its twins have not run" in verdict.sentences(study(qsl=BASE, lora=BASE))[0]


def test_what_must_be_known_to_read_the_numbers_is_said():
    info = {
        "notes": ["d.csv: column 1 has no name and is not read."], "skipped": 2, "max_length": 64,
        "train": 17, "train_cut": 1, "validation": 2, "validation_cut": 0, "test": 2, "test_cut": 2,
        "test_of": 9, "test_lacks": ["rare"], "test_inputs_in_train": 1, "validation_constant": True,
    }  # fmt: skip
    records = [make_record(dataset_account=info)]
    text = " ".join(verdict.sentences(records))
    for sentence in (
        "column 1 has no name",
        "2 broken rows were left out",
        "1 of 17 training examples and 2 of 2 test examples were cut at 64 tokens",
        "The test examples have none of the class 'rare'",
        "All validation examples have the same output",
        "2 of 9 test examples were used",
        "1 of the test inputs occur in the training data",
        "Learning rates: lora 0.01.",
        "One seed, no interval",
    ):
        assert sentence in text
    assert "cut at 64 tokens" in page.render(records)
    assert "one seed, no interval" in tables.terminal(records).title


def test_runs_that_went_on_are_said():
    assert "1 of 2 runs went on" in " ".join(
        verdict.remarks([make_record(), make_record(seed=1, resumed_at_step=50)])
    )


def test_the_gate_on_reading_the_input():
    records = [
        make_record("full", s, 1.0, metrics={"nll": 1.0, "test_nll": 1.0, "conditionality": 0.1})
        for s in range(3)
    ]
    assert "not on reading the input" in " ".join(verdict.sentences(records))


def test_records_of_two_tasks_do_not_mix():
    with pytest.raises(DataError, match="2 tasks"):
        tables.summary([make_record(), make_record(seed=1, task_id="other")])


def test_convergence_counts_to_a_loss_that_all_reached():
    fast = make_record("full", curve=[{"step": s, "loss": 5.0 / s} for s in range(1, 21)])
    slow = make_record("lora", curve=[{"step": s, "loss": 6.0 - 0.2 * s} for s in range(1, 21)])
    rows = {r["method"]: r for r in tables.summary([fast, slow])}
    assert rows["full"]["steps_to_target"] < rows["lora"]["steps_to_target"] == 20


def test_summary_has_paired_differences():
    rows = {
        r["method"]: r
        for r in tables.summary(study(lora=BASE, qsl=shifted(0.1), qsl__frozen_angles=shifted(0.05)))
    }
    assert rows["qsl"]["test_nll_minus"]["lora"]["mean"] == pytest.approx(0.102)
    assert rows["qsl/frozen-angles"]["test_nll_minus"].keys() == {"lora", "qsl"}


def test_page_is_self_contained_and_escapes_what_models_say(tmp_path):
    path = page.write(
        study(full=BASE, lora=shifted(0.1), qsl=shifted(0.2), qsl__frozen_angles=BASE),
        tmp_path / "report.html",
    )
    text = path.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert text.count("<svg") == 5  # two of quality against size, differences, loss, cost
    assert not re.findall(r"(?:src|href)=[\"']https?://", text)
    assert "twin: frozen-angles" in text


def test_markdown_has_a_row_for_every_method():
    lines = tables.markdown(study(full=BASE, qsl=BASE, qsl__frozen_angles=BASE)).splitlines()
    assert len(lines) == 5
    assert len({line.count("|") for line in lines}) == 1


def test_terminal_table_shows_every_method():
    console = Console(width=150, record=True)
    console.print(tables.terminal(study(full=BASE, qsl=BASE, qsl__frozen_angles=BASE)))
    text = console.export_text()
    assert all(word in text for word in ("full", "qsl", "twin: frozen-angles", "val. NLL", "angles"))


def test_axes_show_no_values_that_cannot_be():
    from qualms.report.pictures.lines import loss_curves
    from qualms.report.pictures.size import against_size

    records = [
        make_record("full", s, 0.001, metrics={"nll": 0.001, "accuracy": a})
        for s, a in enumerate([0.9, 1.0, 1.0])
    ]
    losses = [make_record("full", s, v) for s, v in enumerate([0.0, 0.5, 0.1])]
    steps, accuracy, loss = (
        picture.figure().axes[0]
        for picture in (
            loss_curves(records),
            against_size(records, "accuracy", "accuracy", False),
            against_size(losses, "nll", "NLL", True),
        )
    )
    assert steps.get_xlim()[0] == 0
    assert all(tick == int(tick) for tick in steps.get_xticks())
    assert 0 <= accuracy.get_ylim()[0] < accuracy.get_ylim()[1] <= 1
    assert loss.get_ylim()[0] == 0


def test_the_legend_explains_what_is_shown_and_no_more():
    from qualms.report.tables import ALL, legend

    text = " ".join(legend(study(qsl=BASE, qsl__frozen_angles=BASE)))
    for word in (
        "twin: a classical control",
        "frozen-angles: ",
        "shuffled rise: ",
        "NLL: ",
        "On the page besides: R-1, R-2, tokens/s",
    ):
        assert word in text, word
    assert "lora-equal" not in text
    assert "quadrant: " in " ".join(legend(study(qsl=BASE), where=ALL))
    assert "twin" not in " ".join(legend(study(lora=BASE)))


def test_a_run_that_diverged_is_said_to_have():
    broken = make_record(metrics={"nll": float("nan"), "test_nll": 1.0})
    assert any(s.startswith("Training diverged: the loss is no number (") for s in verdict.remarks([broken]))
    assert not any("diverged" in s for s in verdict.remarks([make_record()]))


def test_a_run_that_is_no_better_than_the_untuned_model_is_said_to_be():
    records = study(untuned=[2.0, 2.1], lora=[1.9, 2.2], full=[2.1, 0.5], qsl=[1.0, float("nan")])
    (told,) = (s for s in verdict.remarks(records) if s.startswith("No better than"))
    assert "validation split: lora seed 1, full seed 0. " in told
    assert not any(s.startswith("No better than") for s in verdict.remarks(study(untuned=[2.0], lora=[1.9])))
    assert not any(s.startswith("No better than") for s in verdict.remarks(study(lora=[9.0])))


def test_every_method_stands_beside_the_best_of_all_whatever_it_is():
    records = study(**{
        "qsl": shifted(-0.2), "qsl__frozen_angles": BASE, "ia3": shifted(-0.3), "untuned": shifted(-0.9),
    })  # fmt: skip
    told = verdict.sentences(records)
    assert "better than each of its 1 twins" in told[0]
    assert "worse than ia3 (+0.1" in told[0]
    assert "Lowest loss of all on the validation split: ia3 (classical)." in told
    lost = study(qsl=BASE, qsl__frozen_angles=BASE, ia3=[float("nan")] * 5)
    assert not any("ia3" in s for s in verdict.sentences(lost) if "validation" in s)


def test_a_fit_is_told():
    fit = {"to": "update", "batches": 16, "steps": 0, "seconds": 1.0}
    plain = make_record("qsl:fitted")
    fitted = dataclasses.replace(plain, payload=dataclasses.replace(plain.payload, fit=fit))
    told = verdict.remarks([fitted, make_record("lora")])
    (one,) = (s for s in told if s.startswith("Fitted before the first step: qsl:fitted. "))
    assert "on 16 batches" in one
    assert not any("Fitted" in s for s in verdict.remarks([make_record("lora")]))


def test_one_seed_of_some_methods_is_told_of_these():
    records = [*study(lora=BASE), make_record("ia3", 0)]
    assert "One seed, no interval, for ia3: " in " ".join(verdict.sentences(records))
    assert "1 to 5 seeds" in tables.terminal(records).title
