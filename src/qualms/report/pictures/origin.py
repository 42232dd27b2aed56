"""What every caption ends with: from which records, how many runs, what intervals, what is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qualms.records import Interval, Record

MOST = 24  # methods in one picture; more cannot be told apart


def origin(
    records: Sequence[Record], counts: Sequence[int], unit: str, bars: str = "", fewest: int = 2
) -> str:
    """The end of a caption.

    Parameters
    ----------
    records : Sequence[Record]
        What the picture is made from.
    counts : Sequence[int]
        Runs behind each number that is drawn.
    unit : str
        What is counted, singular: "seed", "pair of runs".
    bars : str, default ""
        What shows the intervals, as a subject: "bars are", "bands are". Empty where none is drawn.
    fewest : int, default 2
        Runs from which on an interval is drawn, as given to `ends`.

    Returns
    -------
    str
        "From 12 records of task 5e1f…, n = 3 seeds; bars are 95 % Student intervals."
    """
    tasks = list(dict.fromkeys(r.task_id for r in records))
    of = f"task {tasks[0]}" if len(tasks) == 1 else f"{len(tasks)} tasks"
    told = f"From {len(records):,} record{'s' if len(records) != 1 else ''} of {of}, {sample(counts, unit)}"
    if not bars:
        return f"{told}."
    if max(counts, default=0) < 2:
        return f"{told}, so there is no interval."
    if max(counts) < fewest:
        return f"{told}; an interval is drawn where n ≥ {fewest}, so there is none."
    return f"{told}; {bars} 95 % Student intervals{f', where n ≥ {fewest}' if min(counts) < fewest else ''}."


def sample(counts: Sequence[int], unit: str) -> str:
    """ "n = 3 seeds", or "n = 1 to 3 seeds" where numbers differ."""
    low, high = (min(counts), max(counts)) if counts else (0, 0)
    head, _, rest = unit.partition(" ")
    several = f"{head}{'' if high == 1 else 's'}{' ' + rest if rest else ''}"
    return f"n = {low:,} {several}" if low == high else f"n = {low:,} to {high:,} {several}"


def ends(value: Interval, fewest: int = 2) -> tuple[float, float | None, float | None, int]:
    """Mean, low, high and count; of fewer than `fewest` runs there are no ends."""
    if value.count < fewest:
        return value.mean, None, None, value.count
    return value.mean, value.low, value.high, value.count


def chosen(twin_of: Mapping[str, str | None], value: Mapping[str, float], lower: bool) -> list[str]:
    """The methods that are drawn: all, or the best ones together with their twins.

    Parameters
    ----------
    twin_of : Mapping[str, str | None]
        All methods in order, and whose twin each is.
    value : Mapping[str, float]
        By which the best are chosen, where it is known.
    lower : bool
        Whether less is better.

    Returns
    -------
    list[str]
        In the given order, at most `MOST` if no family is larger than that.
    """
    if len(twin_of) <= MOST:
        return list(twin_of)
    families: dict[str, list[str]] = {}
    for method, of in twin_of.items():
        families.setdefault(of if of is not None and of in twin_of else method, []).append(method)
    worst = float("inf")
    ranked = sorted(families, key=lambda m: (value[m] if lower else -value[m]) if m in value else worst)
    kept: set[str] = set()
    for head in ranked:
        if not kept or len(kept) + len(families[head]) <= MOST:
            kept.update(families[head])
    return [m for m in twin_of if m in kept]


def left_out(shown: int, total: int, what: str = "methods") -> str:
    """A sentence where not everything is drawn, else nothing."""
    if shown == total:
        return ""
    return f" {shown} of {total:,} {what} are drawn, the best ones with their twins; the records have all."
