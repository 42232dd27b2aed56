"""What is removed when it is old, what never is, and that quotes of jobs that are over end."""

import os
import shutil
import time

import pytest

from qualms.errors import BudgetError, ConfigError, MissingError, RunFolderError
from qualms.service.jobs import uploads
from qualms.service.jobs.queue import Queue
from qualms.service.jobs.requests import submit_checked
from qualms.service.jobs.tidying import end_quotes, remove_ended, remove_old
from qualms.service.jobs.workers import Workers
from qualms.service.settings import read_settings
from qualms.service.spending.ledger import FILE, SpendingLedger
from qualms.service.spending.quote import QuoteState
from tests.records import sample
from tests.service.spending.test_ledger import PRICE, WORK, quoted

DAY = 86_400.0
LABS = {"kind": "solve", "text": "labs:4"}


@pytest.fixture
def kept(tmp_path):
    """A queue whose clock stands still, and its settings."""
    settings = read_settings(tmp_path, None, {"limits.days": 30}, {})
    now = time.time()
    with Queue(settings.database, clock=lambda: now) as queue:
        queue.settings, queue.now = settings, now
        yield queue


def submit(queue, key=None, quote=None, **more):
    return submit_checked(queue, "", {**LABS, **more}, key, queue.settings, quote).id


def finish(queue, job, records=()):
    lease = queue.lease("by hand", 60)
    assert lease.job.id == job
    assert queue.finish(lease, result={}, records=records)


def later(queue, days):
    return remove_old(queue, queue.settings, lambda: queue.now + days * DAY)


def test_jobs_that_ended_long_ago_are_removed_with_their_events(kept):
    ended, cancelled = submit(kept), submit(kept)
    finish(kept, ended)
    kept.cancel(cancelled)
    waiting = submit(kept)
    assert later(kept, 29.9) == 0
    assert later(kept, 30.1) == 2
    for job in (ended, cancelled):
        with pytest.raises(MissingError):
            kept.get(job)
    with kept.reading() as db:
        assert {row[0] for row in db.execute("SELECT job FROM events")} == {waiting}
    assert kept.get(waiting).state.value == "waiting"


def test_zero_days_keep_all(kept, tmp_path):
    finish(kept, submit(kept))
    kept.settings = read_settings(tmp_path, None, {"limits.days": 0}, {})
    assert later(kept, 10_000) == 0


def test_more_jobs_than_are_removed_at_a_time(kept):
    for job in [submit(kept) for _ in range(5)]:
        kept.cancel(job)
    assert remove_ended(kept, kept.now + 1, most=2) == 2
    assert later(kept, 31) == 3


def test_a_job_whose_records_are_not_in_the_folder_yet_stays(kept):
    job = submit(kept)
    finish(kept, job, [sample.make_solving().to_json()])
    assert later(kept, 31) == 0
    kept.delivered(job)
    assert later(kept, 31) == 1


def test_a_key_stands_for_its_job_as_long_as_that_is_kept(kept):
    """Within that time the same request is the same job; after it, a new one."""
    job = submit(kept, key="once")
    finish(kept, job)
    later(kept, 29)
    assert submit(kept, key="once") == job
    later(kept, 31)
    assert submit(kept, key="once") != job


def test_files_that_no_job_names_are_removed(kept, tmp_path):
    used, old, new = (uploads.keep(tmp_path, f"{name}.csv", b"1", kept.settings.limits) for name in "abc")
    foreign = tmp_path / "uploads" / "notes"
    foreign.mkdir()
    for name in (used, old, "notes"):
        os.utime(tmp_path / "uploads" / name, (kept.now - 40 * DAY,) * 2)
    job = submit(kept, upload=used, text=None)
    later(kept, 0)
    assert uploads.find(tmp_path, used)
    assert uploads.find(tmp_path, new)
    assert foreign.exists()  # nothing that the service did not put there
    with pytest.raises(MissingError):
        uploads.find(tmp_path, old)
    kept.cancel(job)
    assert later(kept, 31) == 1
    with pytest.raises(MissingError):
        uploads.find(tmp_path, used)


def test_a_file_that_is_sent_again_is_not_old(kept, tmp_path):
    upload = uploads.keep(tmp_path, "a.csv", b"1", kept.settings.limits)
    os.utime(tmp_path / "uploads" / upload, (kept.now - 40 * DAY,) * 2)
    uploads.keep(tmp_path, "a.csv", b"1", kept.settings.limits)
    later(kept, 0)
    assert uploads.find(tmp_path, upload)


# Quotes -----------------------------------------------------------------------------------------------------


@pytest.fixture
def ledger(tmp_path):
    with SpendingLedger(tmp_path / FILE) as made:
        yield made


def consented(ledger, queue):
    """A quote with consent, and the job that was submitted for it."""
    quote = ledger.consent(quoted(ledger), "person")
    return quote.id, submit(queue, key=quote.job_key, quote=quote.id)


def test_a_quote_of_a_job_that_runs_goes_on(kept, ledger):
    quote, job = consented(ledger, kept)
    assert end_quotes(kept, kept.settings) == []
    kept.lease("by hand", 60)
    ledger.begin(quote, job, WORK, PRICE)
    assert end_quotes(kept, kept.settings) == []
    assert ledger.get(quote).state is QuoteState.running


def reserved_and_cancelled(ledger, kept):
    """The quote of a job that was cancelled while it waited for the device."""
    quote, job = consented(ledger, kept)
    kept.lease("by hand", 60)
    ledger.begin(quote, job, WORK, PRICE)
    ledger.reserve(quote, "key", 400_000)
    kept.cancel(job)
    return quote


def test_a_quote_of_a_cancelled_job_ends_with_what_may_have_been_charged(kept, ledger):
    quote = reserved_and_cancelled(ledger, kept)
    assert end_quotes(kept, kept.settings) == [quote]
    assert end_quotes(kept, kept.settings) == []
    [charge] = ledger.charges(quote)
    assert (charge.state, charge.amount) == ("reserved", 400_000)
    assert "before the device's answer" in charge.why
    assert ledger.get(quote).state is QuoteState.closed
    assert ledger.total().consented == 400_000  # and no more the whole quote
    with pytest.raises(BudgetError, match="its job was cancelled"):  # a process that still runs
        ledger.reserve(quote, "another", 1)


def test_a_job_that_is_cancelled_before_it_began_costs_nothing(kept, ledger):
    quote, job = consented(ledger, kept)
    kept.cancel(job)
    assert end_quotes(kept, kept.settings) == [quote]
    assert not ledger.charges(quote)
    assert ledger.total().consented == 0


def test_the_ledger_keeps_what_jobs_that_were_removed_have_cost(kept, ledger):
    quote = reserved_and_cancelled(ledger, kept)
    assert later(kept, 31) == 1
    assert end_quotes(kept, kept.settings) == [quote]
    assert ledger.total().spent == 400_000
    with pytest.raises(
        BudgetError, match="cannot be used"
    ):  # the quote is used up, whatever key is sent again
        ledger.begin(quote, submit(kept, key=f"quote:{quote}", quote=quote), WORK, PRICE)


def test_the_service_does_it_while_it_runs(kept, ledger, tmp_path):
    quote, job = consented(ledger, kept)
    kept.cancel(job)
    with kept.writing() as db:
        db.execute("UPDATE jobs SET ended = 1.0")
    settings = read_settings(tmp_path, None, {"limits.workers": 0}, {})
    with Workers(kept, settings) as workers:
        deadline = time.monotonic() + 60
        while ledger.get(quote).state is not QuoteState.closed or kept.jobs().jobs:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert (workers.trouble, workers.missing) == (None, 0)


def test_an_upload_that_cannot_be_removed_keeps_no_other(kept, monkeypatch):
    limits = kept.settings.limits
    sent = [uploads.keep(kept.settings.store, f"{k}.csv", b"a\n1\n", limits) for k in range(3)]
    folder, remove = kept.settings.store / uploads.FOLDER, shutil.rmtree
    stuck = next(folder.iterdir()).name  # the first that is come to

    def refusing(path):
        if path.name == stuck:
            raise PermissionError(13, "Permission denied")
        remove(path)

    monkeypatch.setattr(shutil, "rmtree", refusing)  # the tests may run as root, whom no mode keeps out
    with pytest.raises(RunFolderError, match="1 of the old uploads cannot be removed: Permission denied"):
        later(kept, 31)
    assert [path.name for path in folder.iterdir()] == [stuck]
    assert len(sent) == 3


def test_no_request_has_the_key_of_a_quote(kept):
    with pytest.raises(ConfigError, match="must not begin with 'quote:'"):
        submit(kept, key="quote:q-1")
    assert submit(kept, key="quote:q-1", quote="q-1")
