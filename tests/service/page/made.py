"""A store of mixed kinds, and the page over it, for tests."""

from __future__ import annotations

from pathlib import Path

from qualms.execution import InlineExecutor
from qualms.records import Record
from qualms.service.index.index import Index
from qualms.service.index.keeper import Keeper
from qualms.service.jobs.queue import Queue
from qualms.service.page.app import make_page
from qualms.service.page.drawing import Drawing
from qualms.service.page.site import Site
from qualms.service.settings import Settings
from qualms.service.streams import Streams
from tests.records.sample import make_asking, make_learning, make_noise, make_record, make_solving


def some_records() -> list[Record]:
    """Every kind, with twins and seeds."""
    return [
        *(make_record(m, s, 1 + s / 50) for m in ("lora", "qsl", "qsl/frozen-angles") for s in range(3)),
        *(make_noise(m, shots, nll=1.2) for m in ("qsl", "qsl/frozen-angles") for shots in (None, 100)),
        *(make_solving(m, s, 12 - s) for m in ("annealing", "qaoa", "qaoa/placebo") for s in range(3)),
        make_asking(),
        *(make_learning(m, 0, f) for m in ("logistic", "QuantumKernelClassifier") for f in range(2)),
    ]


def write(folder: Path, records: list[Record]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / "records.jsonl", "a", encoding="utf-8") as file:
        file.writelines(record.to_json() + "\n" for record in records)


def open_site(store: Path, **settings: object) -> Site:
    """The site over a folder, with its index up to date."""
    made = Settings(store=store, **settings)
    index = Index(store)
    index.refresh(walk=True)
    streams = Streams(made.limits.streams)
    here = [Drawing(InlineExecutor()) for _ in range(2)]
    site = Site(made, Queue(made.database), index, Keeper(index), streams, *here)
    site.keeper.ready = True
    return site


__all__ = ["make_page", "open_site", "some_records", "write"]
