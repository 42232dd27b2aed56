"""What `qualms ask` does with a job that is no optimization: the options, the work, what is printed."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from qualms.cli import show
from qualms.cli.learn import heard
from qualms.data.numbers import finite
from qualms.errors import ConfigError
from qualms.orchestrator.budget import Budget
from qualms.orchestrator.intake import Understood
from qualms.orchestrator.other_jobs import do
from qualms.records import Record, RunStore
from qualms.records.store import RECORDS
from qualms.report import learning, page
from qualms.report.pages import write_page


def check_options(
    kind: str, out: Path | None, solver: list[str] | None, gap: str | None, why_quantum: bool
) -> None:
    """Options that only an optimization problem has."""
    for option, given in (
        ("--out", out is not None),
        ("--solver", bool(solver)),
        ("--gap", gap is not None),
        ("--why-quantum", why_quantum),
    ):
        if given:
            raise ConfigError(f"{option} means nothing to a job of kind {kind!r}; leave it out")


def run(
    found: Understood, budget: Budget, seed: int, report: Path | None, store: Path | None, as_json: bool
) -> None:
    """A job that is no optimization: what it answers, and the files."""
    with heard(None, as_json) as listener:
        done = do(found, budget, seed, listener)
    compared = bool(done.records) and found.specification.kind == "classification"
    told = learning.found(done.records) if compared else {}
    if as_json:
        print(json.dumps(finite({**done.to_dict(), "comparison": told}), allow_nan=False))
    else:
        to = show.console()
        for sentence in done.sentences:
            show.say(to, sentence)
        if compared:
            show.section(done.records, learning)
        for line in done.failures:
            print(f"note: {line}", file=sys.stderr)
    shown, unshown = (
        show.written(lambda: write_page(page.render(done.records), report))
        if report is not None and done.records
        else (None, None)
    )
    kept, unkept = show.written(lambda: _stored(done.records, store)) if store is not None else (None, None)
    if not as_json and (shown or kept):
        show.console().print(f"written: {', '.join(str(p) for p in (shown, kept) if p)}", soft_wrap=True)
    show.end(unshown, unkept)


def _stored(records: Sequence[Record], store: Path | None) -> Path:
    assert store is not None
    with RunStore(store, patience=30.0) as kept:
        have = {r.id for r in kept.records()}
        for record in records:
            if record.id not in have:
                kept.add(record)
    return store / RECORDS
