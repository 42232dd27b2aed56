"""Records by method and seed, each method followed by its twins."""

from __future__ import annotations

from collections.abc import Sequence

from qualms.records import Record


def by_method(records: Sequence[Record]) -> dict[str, dict[int, Record]]:
    """Group the records of one task. A twin is known by `twin_of`, and never by its name.

    Parameters
    ----------
    records : Sequence[Record]
        Of one task. Of several runs of a method with one seed the last one counts.

    Returns
    -------
    dict[str, dict[int, Record]]
        {method: {seed: record}}: methods in order of appearance, each followed by its twins; seeds in order.
        A twin whose method is not here stands by itself.
    """
    out: dict[str, dict[int, Record]] = {}
    for record in records:
        out.setdefault(record.method, {})[record.seed] = record
    twin_of = {name: next(iter(runs.values())).twin_of for name, runs in out.items()}
    heads = [name for name in out if twin_of[name] not in out]
    names = [name for head in heads for name in (head, *(t for t in out if twin_of[t] == head))]
    return {name: dict(sorted(out[name].items())) for name in names}
