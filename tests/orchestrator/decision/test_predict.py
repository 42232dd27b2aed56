"""Predictions from runs whose outcomes are known."""

import math

import numpy as np
import pytest

from qualms.errors import DataError
from qualms.orchestrator.decision.experience import (
    Run,
    feasible_part,
    of_records,
    relative,
    shipped_runs,
    stored_runs,
)
from qualms.orchestrator.decision.features import Features
from qualms.orchestrator.decision.predict import (
    LEVEL,
    Experience,
    chosen,
    gap_back,
    gap_scale,
    quantile,
    survival_quantile,
)
from qualms.problems import LABS
from qualms.solve import Limits, solve
from qualms.solve.record import records
from tests.records.sample import make_asking, make_solving


def run(arm="a", instance="0", size=10, trace=((0.1, 0.0),), seconds=1.0, **more):
    return Run(arm, instance, "maxcut", "made", size, size, tuple(trace), seconds, **more)


def seen(size=10, **more):
    return Features("maxcut", "made", size, **{"spins": size, **more})


# Quantiles --------------------------------------------------------------------------------------------------


def test_a_weighted_quantile():
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 8.0])
    assert quantile(values, weights, 0.05) == 1
    assert quantile(values, weights, 0.5) == 2
    assert quantile(values, weights, 0.95) == 3


def test_a_survival_quantile_of_complete_times_is_the_plain_one():
    times = np.array([4.0, 1.0, 3.0, 2.0])
    for q, expected in ((0.25, 1), (0.5, 2), (0.75, 3), (1.0, 4)):
        assert survival_quantile(times, np.ones(4, bool), np.ones(4), q) == expected


def test_kaplan_and_meier_by_hand():
    """At 1 one of four ends; one is lost from sight at 2; of the two left one ends at 3: S = 3/4 · 1/2."""
    times, events = np.array([1.0, 2.0, 3.0, 9.0]), np.array([True, False, True, False])
    assert survival_quantile(times, events, np.ones(4), 0.25) == 1
    assert survival_quantile(times, events, np.ones(4), 0.5) == 3
    assert survival_quantile(times, events, np.ones(4), 5 / 8) == 3
    assert survival_quantile(times, events, np.ones(4), 0.63) == math.inf


def test_times_that_were_cut_off_are_neither_dropped_nor_taken_for_the_end():
    """Exponential times with a median of ln 2, watched for a random time: both naive ways are far too low."""
    rng = np.random.default_rng(0)
    true, watched = rng.exponential(1.0, 20_000), rng.exponential(0.7, 20_000)
    times, events = np.minimum(true, watched), true <= watched
    found = survival_quantile(times, events, np.ones(len(times)), 0.5)
    assert found == pytest.approx(math.log(2), rel=0.05)
    assert np.median(times[events]) < 0.6 * found
    assert np.median(times) < 0.6 * found


def test_the_scale_of_gaps_goes_there_and_back():
    for gap in (0.0, 1e-4, 0.01, 0.5, 1.0):
        assert gap_back(float(gap_scale(gap))) == pytest.approx(gap, abs=1e-12)
    assert gap_back(float(gap_scale(math.inf))) == 1


# Runs -------------------------------------------------------------------------------------------------------


def test_what_a_run_had_reached_and_when():
    one = run(trace=[(0.1, 0.5), (0.4, 0.02), (0.9, 0.0)])
    assert [one.gap_after(t) for t in (0.05, 0.1, 0.5, 5)] == [math.inf, 0.5, 0.02, 0]
    assert one.reached(0.02) == (0.4, True)
    cut = run(trace=[(0.1, 0.5)], seconds=0.7)
    assert cut.reached(0.02) == (0.7, False)
    assert run(trace=[(0.1, 0.5)], seconds=0.7, whole=True).reached(0.02) == (math.inf, False)


def test_infeasible_incumbents_are_left_out():
    """Minimised: 3 and 5 come before an answer of 9, so that they cannot have been feasible."""
    assert feasible_part([(0.1, 3.0), (0.2, 5.0), (0.3, 9.0)], "min") == [(0.3, 9.0)]
    assert feasible_part([(0.1, 20.0), (0.2, 9.0)], "min") == [(0.1, 20.0), (0.2, 9.0)]
    assert feasible_part([(0.1, 20.0), (0.2, 9.0)], "max") == [(0.2, 9.0)]
    assert feasible_part([], "max") == []


def test_gaps_are_relative_to_the_best_known():
    assert relative(11, 10, "min") == pytest.approx(0.1)
    assert relative(9, 10, "max") == pytest.approx(0.1)
    assert relative(10 + 1e-12, 10, "min") == 0
    assert relative(9, 10, "min") == 0


def test_records_become_runs():
    """Seen from the best of all records of the instance; baselines are no runs."""
    result = solve(LABS(12), Limits(30, rounds=1), ["annealing", "tabu"])
    made = records(result, Limits(30, rounds=1))
    found = of_records(made, "store")
    assert {r.arm for r in found} == {"annealing", "tabu"}
    for one, arm in zip(found, (a for a in result.arms if a.solver in ("annealing", "tabu")), strict=True):
        away = relative(float(arm.best.objective), float(result.objective), "min")
        assert one.gap_after(math.inf) == pytest.approx(away)
        assert len(one.trace) <= len(arm.incumbents)
    assert {(r.kind, r.family, r.size, r.source) for r in found} == {("labs", "", 12, "store")}
    assert all(r.spins == made[0].payload.encoding["variables"] for r in found)


def test_runs_of_a_store_count_by_their_kind():
    own = [Run("a", str(k), "maxcut", "", 10, 10, ((0.1, 0.0),), 1.0) for k in range(5)]
    assert len(Experience(own, "made", "maxcut").instances) == 5
    assert len(Experience(own, "made", "qubo").instances) == 0


# Intervals --------------------------------------------------------------------------------------------------


def synthetic(instances, rng, size=None, spread=1.0):
    """Runs whose gaps are lognormal around an arm's own, and grow with the size."""
    found = []
    for k in range(instances):
        n = size or int(rng.integers(10, 200))
        hardness = rng.normal(0, 0.5)
        for arm, level in (("a", -6.0), ("b", -4.0), ("c", -3.0)):
            for _ in range(2):
                gap = math.exp(level + n / 100 + hardness + spread * rng.normal())
                found.append(run(arm, f"{k}", n, [(0.01, 0.9), (0.5, min(0.9, gap))]))
    return found


def coverage(known, asked, calibrate=True):
    experience, inside, total = Experience(known, "made", "maxcut"), 0, 0
    told = {}
    for one in asked:
        if one.size not in told:
            told[one.size] = experience.predict(["a", "b", "c"], one.size, 1.0, 0.01, calibrate)
        span = told[one.size][one.arm].gap
        inside += span.low <= one.gap_after(1.0) <= span.high
        total += 1
    return inside / total


def test_intervals_cover_what_they_say_on_instances_not_seen():
    rng = np.random.default_rng(1)
    found = [coverage(synthetic(30, rng), synthetic(60, rng, size=80)) for _ in range(6)]
    assert LEVEL - 0.05 <= np.mean(found) <= LEVEL + 0.06


def test_plain_quantiles_of_few_runs_cover_less():
    """What the correction is for: with few instances the quantiles are inside of what comes."""
    rng = np.random.default_rng(2)
    plain, corrected = [], []
    for _ in range(10):
        known, asked = synthetic(8, rng, spread=0.3), synthetic(40, rng, size=80, spread=0.3)
        plain.append(coverage(known, asked, calibrate=False))
        corrected.append(coverage(known, asked))
    assert np.mean(plain) < LEVEL - 0.04
    assert np.mean(corrected) > np.mean(plain) + 0.04


def test_near_sizes_count_more():
    known = [run("a", f"s{k}", 10, [(0.1, 0.0)]) for k in range(6)]
    known += [run("a", f"l{k}", 1000, [(0.1, 0.5)]) for k in range(6)]
    experience = Experience(known, "made", "maxcut")
    assert experience.predict(["a"], 10, 1.0, 0.01)["a"].gap.middle == pytest.approx(0.0)
    assert experience.predict(["a"], 1000, 1.0, 0.01)["a"].gap.middle == pytest.approx(0.5)


def test_an_arm_without_answers_is_not_flattered():
    known = [run("a", f"{k}", 10, [(0.1, 0.0)] if k < 2 else []) for k in range(8)]
    told = Experience(known, "made", "maxcut").predict(["a"], 10, 1.0, 0.01)["a"]
    assert told.gap.middle == 1
    assert told.seconds.middle == math.inf
    assert told.to_dict()["seconds"]["middle"] is None


# Choosing, and abstaining -----------------------------------------------------------------------------------


def test_the_choice_is_complementary():
    """b is second best everywhere and never needed; c is bad but for where a fails."""
    known = []
    for k in range(8):
        good = k < 5
        known += [
            run("a", f"{k}", 10, [(0.1, 0.0 if good else 0.4)]),
            run("b", f"{k}", 10, [(0.1, 0.01 if good else 0.41)]),
            run("c", f"{k}", 10, [(0.1, 0.5 if good else 0.0)]),
        ]
    experience = Experience(known, "made", "maxcut")
    assert chosen(experience, ["b", "a", "c"], 10, lambda arms: 1.0, 3) == ["a", "c"]
    assert chosen(experience, ["b", "a", "c"], 10, lambda arms: 1.0, 1) == ["a"]
    assert chosen(experience, ["nobody"], 10, lambda arms: 1.0, 3) == []


def test_outside_of_what_was_seen_nothing_is_claimed():
    few = Experience([run(instance=f"{k}") for k in range(3)], "made", "maxcut")
    assert "3 instances" in few.outside(seen())
    known = Experience(
        [run(instance=f"{k}", size=10 * (k + 1), density=0.5, coefficient_bits=3.0) for k in range(9)],
        "made",
        "maxcut",
    )
    assert known.outside(seen(50, density=0.5, coefficient_bits=3.0)) is None
    assert known.outside(seen(100)) is None  # a little beyond the largest
    assert "size from 10 to 90, and this one has 500" in known.outside(seen(500))
    assert "number of spins" in known.outside(seen(50, spins=5000))
    assert "density" in known.outside(seen(50, density=0.05))
    assert "bits" in known.outside(seen(50, coefficient_bits=20.0))


def test_better_equal_and_worse_are_counted_by_instance():
    known = []
    for k, (quantum, classical) in enumerate([(0.0, 0.1), (0.1, 0.1), (0.2, 0.1), (0.3, 0.1)]):
        known += [run("q", f"{k}", trace=[(0.1, quantum)]), run("c", f"{k}", trace=[(0.1, classical)])]
    assert Experience(known, "made", "maxcut").compared(["q"], ["c"], 10, 1.0) == (1, 1, 2)
    assert Experience(known, "made", "maxcut").compared(["q"], ["c"], 1000, 1.0) == (0, 0, 0)
    assert Experience(known, "made", "maxcut").compared(["q"], ["c"], None, 1.0) == (1, 1, 2)


def test_more_seeds_are_no_better_chance():
    known = [run("q", trace=[(0.1, gap)]) for gap in (0.0, 0.4)] + [run("c", trace=[(0.1, 0.1)])]
    assert Experience(known, "made", "maxcut").compared(["q"], ["c"], None, 1.0) == (0, 0, 1)


def test_shipped_runs_are_there():
    found = shipped_runs()
    assert len({r.family for r in found}) >= 14
    assert all(gap >= 0 for r in found for _, gap in r.trace)
    # in every instance some run has the best known answer
    best = {}
    for r in found:
        best[r.instance] = min(best.get(r.instance, math.inf), r.gap_after(math.inf))
    assert set(best.values()) == {0.0}


def test_what_a_run_found_after_a_race_had_helped_it_is_not_its_own():
    alone = make_solving("tabu", objective=12)
    helped = make_solving(
        "annealing", objective=12, incumbents=[(0.1, 10), (0.4, 12)], offers=[(0.3, "tabu", 11)]
    )
    found = {run.arm: run for run in of_records([alone, helped], "store")}
    assert found["annealing"].trace == ((0.1, pytest.approx(2 / 12)),)
    assert (found["annealing"].seconds, found["annealing"].whole) == (0.3, False)
    assert found["tabu"].seconds == 0.5


def test_only_the_newest_records_of_solving_are_read_of_a_store(tmp_path):
    made = [make_solving("annealing", seed) for seed in range(4)]
    path = tmp_path / "records.jsonl"
    other = make_asking().to_json()
    assert stored_runs(tmp_path) == []
    path.write_text("".join(f"{r.to_json()}\n{other}\n" for r in made) + "no JSON\n" + made[0].to_json()[:-9])
    assert len(stored_runs(tmp_path)) == 4  # the last line was cut short
    assert len(stored_runs(tmp_path, 2 * len(made[0].to_json()) + 700)) < 4
    path.write_text(made[0].to_json()[:-9] + "\n")
    with pytest.raises(DataError, match=r"records\.jsonl:1: not JSON"):
        stored_runs(tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [
        {"limits": {"seconds": "ten"}},
        {"encoding": {"variables": "three"}},
        {"encoding": {"density": 10**400}},
        {"size": 10**400},
        {"incumbents": [[0.1, 10**400]]},
        {"limits": {"seconds": 10, "arms": "two"}},
    ],
)
def test_a_record_that_tells_what_no_run_can_have_is_named(tmp_path, wrong):
    (tmp_path / "records.jsonl").write_text(make_solving("annealing", **wrong).to_json() + "\n")
    with pytest.raises(DataError, match="tells what no run can have"):
        stored_runs(tmp_path)
