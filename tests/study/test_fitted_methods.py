"""Methods whose directions are fitted, in a study."""

import pytest

from qualms.errors import ConfigError
from qualms.records import read_records
from qualms.study import Recipe, compare, fitting, plan
from qualms.study.compare import _take_rates
from qualms.study.method_settings import check_options
from qualms.study.methods import parse, with_twins
from tests.records.sample import make_record
from tests.study.conftest import TRAILS

SMALL = {
    "data": str(TRAILS), "steps": 2, "batch_size": 2, "seeds": [0], "validation_examples": 2,
    "test_examples": 2, "max_new_tokens": 2, "learning_rates": {"qsl:recommended": 0.1},
    "methods": ["qsl:recommended"], "options": {"qsl:recommended": {"rank": 2, "fit_batches": 2, "gains": 4}},
}  # fmt: skip


def names(methods):
    return [m.name for m in methods]


def test_a_classical_preset_has_no_twins_and_a_fitted_one_more_of_them():
    recommended, fitted, seed = (parse(name) for name in ("qsl:recommended", "qsl:fitted", "qsl"))
    assert (recommended.is_quantum, fitted.is_quantum) == (False, True)
    assert names(with_twins([recommended], ["no-entangler"])) == ["qsl:recommended"]
    assert names(with_twins([seed, fitted], ["no-entangler", "unfitted", "stored-directions"])) == [
        "qsl", "qsl/no-entangler", "qsl:fitted", "qsl:fitted/no-entangler", "qsl:fitted/unfitted",
        "qsl:fitted/stored-directions",
    ]  # fmt: skip
    with pytest.raises(ConfigError, match="unknown twin 'unfitted'"):
        with_twins([seed], ["unfitted"])
    with pytest.raises(ConfigError, match="none of the twins unfitted"):
        with_twins([seed, fitted], ["unfitted"])


def test_a_classical_preset_does_not_get_circuits_by_its_options():
    check_options(parse("qsl:recommended"), {"rank": 4, "bits": 1})
    with pytest.raises(ConfigError, match="give them to qsl:fitted"):
        check_options(parse("qsl:recommended"), {"circuit": "trained", "gains": 0})


@pytest.mark.parametrize(
    ("name", "options"), [("qsl:fitted", {"circuit": "stored"}), ("qsl:mergeable", {"start": "fitted"})]
)
def test_options_that_change_which_twins_there_are_are_refused(name, options):
    with pytest.raises(ConfigError, match="other twins; write them in its name"):
        check_options(parse(name), options)
    check_options(parse(name), {"rank": 4})


def test_a_folder_goes_on_with_the_rates_that_its_records_have(here):
    study = plan(Recipe(**SMALL | {"learning_rates": {}, "methods": ["lora", "ia3"], "options": {}}))
    lora, ia3 = study.methods
    own = make_record("lora", 0, learning_rate=0.25, id=study.job(lora, 0.25, 0, search=False).id)
    of_another_study = make_record("ia3", 0, learning_rate=0.5, id="0" * 16)
    _take_rates(study, [own, of_another_study])
    assert study.rates == {lora: 0.25}
    assert ia3 not in study.rates


@pytest.mark.slow
def test_a_record_tells_of_the_fit_and_nothing_of_it_is_left(tmp_path, here):
    (record,) = compare(plan(Recipe(**SMALL)), tmp_path)
    assert str(record.quadrant) == "classical data × classical compute"
    fit = record.payload.fit
    assert (fit["to"], fit["batches"], fit["steps"], fit["maps"]) == ("update", 2, 0, 28)
    assert fit["captured"] > 0
    assert fit["loss_after"] < fit["loss_before"]
    assert record.cost.seconds > fit["seconds"] > 0
    assert record.payload.parameters["trained"] == 28 * 2 * 2 * 4
    assert read_records(tmp_path)[0].payload.fit == fit
    (run,) = (tmp_path / "runs").iterdir()
    assert [p.name for p in run.iterdir()] == ["model"]


@pytest.mark.slow
def test_a_search_fits_once_for_all_rates_and_the_run_for_itself(tmp_path, here, monkeypatch):
    fits, real = [], fitting.fit_directions

    def counted(*arguments, **options):
        fits.append(real(*arguments, **options))
        return fits[-1]

    def losses(folder):
        compare(plan(recipe), folder)
        return (folder / "search.json").read_text()

    search = {"factors": [0.3, 1.0, 3.0], "steps": 2, "extend": 0}
    recipe = Recipe(**SMALL | {"learning_rates": {}, "search": search})
    monkeypatch.setattr(fitting, "fit_directions", counted)
    once = losses(tmp_path / "once")
    assert len(fits) == 2
    monkeypatch.setattr(fitting, "_last", Forgetful())
    assert losses(tmp_path / "each") == once
    assert len(fits) == 2 + 4


class Forgetful(dict):
    def __setitem__(self, key, value):
        pass
