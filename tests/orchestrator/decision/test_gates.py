"""Each gate alone, on both sides of its threshold."""

import dataclasses
import math

import pytest

from qualms.backends import get_backend
from qualms.backends.facts import DEVICES, UNKNOWN, quotes
from qualms.orchestrator.budget import Budget
from qualms.orchestrator.decision.evidence import Evidence
from qualms.orchestrator.decision.features import Features
from qualms.orchestrator.decision.gates import Measured, gates
from qualms.orchestrator.decision.places import CircuitSize, best_place, places, shots_for_signal
from qualms.orchestrator.decision.probe import Probe
from qualms.solve.solvers.qaoa import largest

OPEN = Probe("annealing", 100.0, 110.0, 0.1, 0.5, 1.0, "feasible")
RICH = Budget(3600.0, 2, dollars=1000.0)


def seen(spins=16, pairs=24):
    return Features("maxcut", "maxcut, sparse", spins, spins=spins, pairs=pairs)


def asked(features=None, probe=OPEN, budget=RICH, evidence=(), measured=None, value=None, queue=None):
    features = features or seen()
    found = gates(features, places(features, queue), probe, budget, evidence, measured, value)
    assert [g.name for g in found] == ["fit", "fidelity", "gap", "cost", "evidence"]
    assert all(g.sentence.endswith(".") for g in found)
    assert all(bool(g.change) != g.passed for g in found)  # what would have to change is told, and only then
    return {g.name: g for g in found}


WIN = Evidence(
    family="maxcut", claim="A device was faster", direction="advantage", basis="end-to-end", size="any",
    date="2026-01", source="arXiv 2510.06337", conditions="none",
)  # fmt: skip


def test_all_can_pass():
    assert all(g.passed for g in asked(evidence=[WIN]).values())


# (a) --------------------------------------------------------------------------------------------------------


def test_a_circuit_that_is_wider_than_every_device_does_not_fit():
    largest = max(int(d.qubits.value) for d in DEVICES.values() if d.coupling != "analog")
    inside, beyond = asked(seen(largest, 0))["fit"], asked(seen(largest + 1, 0))["fit"]
    assert (inside.passed, inside.number) == (True, largest)
    assert (beyond.passed, beyond.number, beyond.threshold) == (False, largest + 1, largest)
    assert f"{largest + 1} qubits" in beyond.sentence
    assert not asked(seen(largest + 1, 0))["fidelity"].passed


def test_a_problem_without_spins_has_no_circuit():
    none = Features("tsp", "tsp", 5000, left_out=("it was not encoded: it is large",))
    found = asked(none)["fit"]
    assert not found.passed
    assert found.number is None
    assert "it is large" in found.sentence


# (b) --------------------------------------------------------------------------------------------------------


def test_the_fidelity_is_the_product_over_gates_and_readouts():
    helios = next(p for p in places(seen()) if p.name == "quantinuum_helios")
    d = DEVICES["quantinuum_helios"]
    expected = (1 - d.error1.value) ** 32 * (1 - d.error2.value) ** 24 * (1 - d.readout_error.value) ** 16
    assert helios.fidelity == pytest.approx(expected)
    assert helios.two_qubit == 24  # a rotation about ZZ is its own gate
    boston = next(p for p in places(seen()) if p.name == "ibm_boston")
    assert (boston.two_qubit, boston.routed) == (48, False)
    assert CircuitSize(16, 24).depth("zz") == 5  # three couplings a spin, and a layer before and after


def test_shots_grow_with_the_inverse_square_of_the_fidelity():
    assert shots_for_signal(1.0) == 100
    assert shots_for_signal(0.1) == 10_000
    assert shots_for_signal(1e-9) is None


def test_a_circuit_with_too_many_gates_gives_no_signal():
    inside, beyond = asked(seen(60, 400))["fidelity"], asked(seen(98, 4753))["fidelity"]
    assert inside.passed
    assert inside.number <= inside.threshold
    assert not beyond.passed
    assert "are reckoned with" in beyond.sentence  # of Helios, which does not say how many it takes
    assert "at an error of" in beyond.change


def test_an_analog_device_runs_no_gates_and_what_is_not_known_stays_so():
    aquila = next(p for p in places(seen()) if p.name == "quera_aquila")
    assert not aquila.fits
    assert aquila.fidelity is aquila.dollars is aquila.queue_seconds is None
    assert {p.queue_seconds for p in places(seen()) if p.hardware} == {None}
    assert {p.queue_seconds for p in places(seen(), 60.0) if p.hardware} == {60.0}
    assert best_place(places(Features("tsp", "tsp", 5000))) is None


def test_simulators_are_never_hardware():
    simulators = [p for p in places(seen()) if not p.hardware]
    assert {p.quadrant.compute for p in simulators} == {"simulated quantum"}
    for place in simulators:
        backend = get_backend(place.name, **({"shots": 10} if place.name == "sampled" else {}))
        assert place.qubits == largest(backend)
        assert next(p for p in places(seen(place.qubits + 1)) if p.name == place.name).fits is False
    assert best_place(places(seen())).hardware


def test_a_device_whose_errors_are_not_known_has_no_fidelity(monkeypatch):
    for name, device in DEVICES.items():
        monkeypatch.setitem(DEVICES, name, dataclasses.replace(device, error2=UNKNOWN))
    found = asked()["fidelity"]
    assert not found.passed
    assert "not known" in found.sentence


# (c) --------------------------------------------------------------------------------------------------------


def test_nothing_is_left_to_gain_where_the_proven_gap_is_small_enough():
    near = dataclasses.replace(OPEN, gap=0.01)
    assert asked(probe=near, budget=Budget(10, 2, gap=0.0099))["gap"].passed
    found = asked(probe=near, budget=Budget(10, 2, gap=0.01))["gap"]
    assert (found.passed, found.number, found.threshold) == (False, 0.01, 0.01)
    assert asked(probe=near)["gap"].passed  # an optimum is asked for
    solved = asked(probe=dataclasses.replace(OPEN, gap=0.0))["gap"]
    assert not solved.passed
    assert "optimal" in solved.sentence


def test_without_an_answer_or_a_bound_there_is_room():
    assert asked(probe=dataclasses.replace(OPEN, value=None, gap=None))["gap"].passed
    assert asked(probe=dataclasses.replace(OPEN, bound=None, gap=None))["gap"].passed


# (d) --------------------------------------------------------------------------------------------------------


def test_the_price_is_held_against_the_budget():
    price = best_place(places(seen())).dollars
    assert 0 < price < 1
    assert asked(budget=Budget(3600, 2, dollars=price))["cost"].passed
    found = asked(budget=Budget(3600, 2, dollars=0.9 * price))["cost"]
    assert (found.passed, found.number) == (False, price)
    assert "budget" in found.change


def test_the_price_is_held_against_what_can_still_be_gained():
    """At most 10 units are left: at one cent a unit that is less than the price."""
    assert asked(value=1.0)["cost"].passed
    found = asked(value=0.01)["cost"]
    assert (found.passed, found.threshold) == (False, pytest.approx(0.1))
    assert "value of an improvement" in found.change
    unbounded = dataclasses.replace(OPEN, bound=None, gap=None)
    assert asked(probe=unbounded, value=0.01)["cost"].passed  # nothing says that it brings so little


def test_a_queue_that_is_longer_than_the_budget_counts_where_it_is_told():
    assert "queue is not known" in asked()["cost"].sentence
    assert asked(queue=600)["cost"].passed
    found = asked(queue=7200)["cost"]
    assert not found.passed
    assert "7,200 s" in found.sentence


def test_without_a_price_list_nothing_is_bought(monkeypatch):
    for name, device in DEVICES.items():
        monkeypatch.setitem(DEVICES, name, dataclasses.replace(device, price_key=""))
    assert not asked()["cost"].passed


# (e) --------------------------------------------------------------------------------------------------------


def test_a_win_has_to_be_end_to_end_and_not_refuted_later():
    assert not asked()["evidence"].passed
    assert asked(evidence=[WIN])["evidence"].passed
    noiseless = WIN.model_copy(update={"basis": "noiseless simulation"})
    assert not asked(evidence=[noiseless])["evidence"].passed
    later = WIN.model_copy(update={"direction": "none", "date": "2026-05", "claim": "It was not"})
    assert not asked(evidence=[WIN, later])["evidence"].passed
    earlier = later.model_copy(update={"date": "2025-05"})
    assert asked(evidence=[WIN, earlier])["evidence"].passed
    general = later.model_copy(update={"family": "any"})
    assert asked(evidence=[WIN, general])["evidence"].passed


def test_known_runs_win_by_a_sign_test():
    """Five of five is a chance of 1/32; four of four one of 1/16."""
    assert asked(measured=Measured(5, 9, 0))["evidence"].passed
    assert not asked(measured=Measured(4, 9, 0))["evidence"].passed
    assert not asked(measured=Measured(6, 0, 4))["evidence"].passed
    assert "better than the best classical arm on 6" in asked(measured=Measured(6, 0, 4))["evidence"].sentence


# Prices -----------------------------------------------------------------------------------------------------


def test_quotes_are_sums_of_jobs_shots_and_seconds():
    found = {q.name: q for q in quotes(100, 1000)}
    assert found["garnet"].dollars == pytest.approx(100 * 0.30 + 100_000 * 0.00145)
    shortest = min(DEVICES[d].shot_seconds.value for d in found["ibm"].devices)
    assert found["ibm"].dollars == pytest.approx(1.60 * 100_000 * shortest)
    assert found["ibm-flex"].devices == found["ibm"].devices
    assert "free" not in found
    assert all(q.dollars is None or math.isfinite(q.dollars) for q in found.values())
