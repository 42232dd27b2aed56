"""A run under a quote that is killed at any point, and begun again: one bill, and the ledger knows it."""

import json

import pytest

from qualms.backends.jobs import Patience, TransientError
from qualms.backends.prices import Price
from qualms.circuits import Circuit
from qualms.errors import BudgetError, ConfigError
from qualms.service.settings import Spending
from qualms.service.spending.device_run import device_work, make_quote, run_on_device
from qualms.service.spending.ledger import SpendingLedger
from qualms.service.spending.metered import MeteredClient
from qualms.specification.specification import parse, to_problem
from tests.service.agents.desk import CUT, DEVICE, PRICE, Device

QUICK = Patience(retries=2, pause=0.0, poll=0.0, timeout=60.0, sleep=lambda _: None)
ALLOWED = Spending(devices=(DEVICE,))


class Killed(BaseException):
    """The process is gone: nothing may catch it."""


class Fragile(Device):
    """A device at which the process dies once, before or after a call reached it."""

    def __init__(self, call, after):
        super().__init__()
        self._call, self._after, self._due = call, after, True

    def submit(self, circuits, shots, key):
        known = self.keys.get(key)  # as services do with an idempotency key
        return self._dying("submit", lambda: known or Device.submit(self, circuits, shots, key))

    def find(self, key):
        return self._dying("find", lambda: None)  # as Amazon's, which cannot look

    def state(self, job):
        return self._dying("state", lambda: "done")

    def result(self, job):
        return self._dying("result", lambda: Device.result(self, job))

    def _dying(self, call, do):
        mine = call == self._call and self._due
        if mine and not self._after:
            self._due = False
            raise Killed
        found = do()
        if mine:
            self._due = False
            raise Killed
        return found


@pytest.fixture
def problem():
    return to_problem(parse(json.dumps(CUT)))


def begun(ledger, device, problem, shots=50):
    quote = make_quote(ledger, problem, DEVICE, shots, ALLOWED, lambda name: device)
    ledger.consent(quote.id, "person")
    return ledger.begin(quote.id, "job", quote.work, device.price)


@pytest.mark.parametrize("call", ["find", "submit", "state", "result"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_run_that_is_killed_is_billed_once(tmp_path, problem, call, after):
    device = Fragile(call, after)
    with SpendingLedger(tmp_path / "spending.sqlite") as ledger:
        quote = begun(ledger, device, problem)
        with pytest.raises(Killed):
            run_on_device(problem, quote, ledger, device, tmp_path, patience=QUICK)
        reached = bool(device.jobs)
        assert ledger.total().spent >= round(device.spent * 1e6)  # what may have been billed counts
        again = ledger.begin(quote.id, "job", quote.work, device.price)
        arms = run_on_device(problem, again, ledger, device, tmp_path, patience=QUICK)
        ledger.end(quote.id)
        assert len(device.jobs) == 1
        assert reached == (call != "find" and (call != "submit" or after))
        assert ledger.total().spent == ledger.total().consented == quote.most == round(device.spent * 1e6)
        assert ledger.total().unsettled == 0
    arm = next(arm for arm in arms if arm.quadrant.compute == "quantum hardware")
    assert arm.best is not None
    assert {twin.twin_of for twin in arms if twin.twin_of} == {arm.solver}


def test_an_answer_that_was_lost_is_not_paid_twice(tmp_path, problem):
    device, lost = Device(), []
    take = device.submit

    def submit(circuits, shots, key):
        found = take(circuits, shots, key)
        if not lost:
            lost.append(key)
            raise TransientError("the connection was reset")
        return found

    device.submit = submit
    with SpendingLedger(tmp_path / "spending.sqlite") as ledger:
        quote = begun(ledger, device, problem)
        run_on_device(problem, quote, ledger, device, tmp_path, patience=QUICK)
        assert len(device.jobs) == 1  # it was found under its key
        assert ledger.total().spent == quote.most


def test_another_quote_is_other_work(tmp_path, problem):
    device = Device()
    with SpendingLedger(tmp_path / "spending.sqlite") as ledger:
        for number in (1, 2):
            quote = begun(ledger, device, problem)
            run_on_device(problem, quote, ledger, device, tmp_path, patience=QUICK)
            ledger.end(quote.id)
            assert len(device.jobs) == number
        assert ledger.total().spent == 2 * quote.most


def test_nothing_is_handed_in_beyond_the_quote(tmp_path, problem):
    device = Device()
    with SpendingLedger(tmp_path / "spending.sqlite") as ledger:
        quote = begun(ledger, device, problem)
        metered = MeteredClient(device, quote, ledger)
        circuit = device.prepare(Circuit(2).add("h", 0).add("cx", 0, 1))
        metered.submit([circuit], 50, "one")
        with pytest.raises(BudgetError, match="nothing was handed in"):
            metered.submit([circuit], 1, "two")
        assert len(device.jobs) == 1
        device.price = Price(per_task=9.0)
        with pytest.raises(BudgetError, match="the price of counted has changed"):
            MeteredClient(device, quote, ledger)


def test_what_does_not_fit_gets_no_quote(tmp_path, problem):
    for device, shots, told in (
        (Device(n_qubits=2), 50, "3 spins; counted runs 1 to 2"),
        (Device(), 9000, "shots=9000 must be 1 … 5000"),
    ):
        with pytest.raises(ConfigError, match=told):
            device_work(problem, DEVICE, shots, ALLOWED, lambda name, device=device: device)
    with pytest.raises(ConfigError, match="name devices in its configuration"):
        device_work(problem, DEVICE, 50, Spending(), lambda name: Device(PRICE))
