"""What a comparison of learners says, in words, by fixed rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qualms.records import Interval, Record, interval, paired
from qualms.report.learning.runs import (
    FEWEST,
    NAMES,
    Runs,
    best_baseline,
    by_method,
    first_of,
    judged,
    overlap,
    sign,
    values,
)


def sentences(records: Sequence[Record]) -> list[str]:
    """A verdict for every learner with twins, what limits it, and what was assumed about the data."""
    groups, metric, wide = by_method(records), judged(records), overlap(records)
    direction = sign(records)
    best = best_baseline(groups, metric, direction)
    out = [
        _verdict(name, groups, metric, direction, wide, best)
        for name, runs in groups.items()
        if first_of(runs).twin_of is None and _owes_a_verdict(name, groups)
    ]
    if best is not None:
        mean = interval(list(values(groups[best], metric).values())).mean
        out.append(f"The best classical method is {best}, with {NAMES.get(metric, metric)} {mean:.3f}.")
        out += _chance(groups, metric, direction, wide, best)
    runs = min(len(r) for r in groups.values())
    if runs < 2:
        out.append("One run a method, no interval: a difference may be chance.")
    complete = max(len(r) for r in groups.values())
    short = [name for name, r in groups.items() if len(r) < complete]
    if short:
        out.append(
            f"Not all runs are there: {', '.join(short)}. Differences use the runs that both methods have."
        )
    notes = dict.fromkeys(note for r in records for note in r.payload.notes)
    out += [f"Note: {note.rstrip('.')}." for note in list(notes)[:12]]
    return out


def _owes_a_verdict(name: str, groups: Mapping[str, Runs]) -> bool:
    quantum = first_of(groups[name]).quadrant.is_quantum
    return quantum or any(first_of(r).twin_of == name for r in groups.values())


def _verdict(
    name: str, groups: Mapping[str, Runs], metric: str, direction: int, wide: float, best: str | None
) -> str:
    own, compute = values(groups[name], metric), first_of(groups[name]).quadrant.compute
    twins = [g for g, runs in groups.items() if first_of(runs).twin_of == name]
    gaps = {t: g for t in twins if (g := paired(own, values(groups[t], metric), overlap=wide)) is not None}
    if not gaps:
        return f"{name} ({compute}): no verdict, because its twins have not run."
    better = [t for t, g in gaps.items() if _tells(g) and direction * g.mean > 0]
    worse = [t for t, g in gaps.items() if _tells(g) and direction * g.mean < 0]
    rival = paired(own, values(groups[best], metric), overlap=wide) if best else None
    behind = rival is not None and _tells(rival) and direction * rival.mean < 0
    if worse:
        head = f"{name} ({compute}): not worth it here. A twin, that is, a classical control, is better."
    elif behind:
        head = f"{name} ({compute}): not worth it here. A classical method without any of this is better."
    elif len(better) == len(gaps):
        head = f"{name} ({compute}): better than each of its {len(gaps)} twins, its classical controls, here."
    else:
        head = f"{name} ({compute}): no advantage shown over its twins, its classical controls."
    details = [_words(g, t.removeprefix(f"{name}/"), direction) for t, g in gaps.items()]
    if rival is not None and best is not None:
        details.append(_words(rival, best, direction))
    good = "positive" if direction > 0 else "negative"
    return f"{head} Difference in {NAMES.get(metric, metric)} ({good} is better): {'; '.join(details)}."


def _tells(gap: Interval) -> bool:
    """Whether a difference is told apart from zero; two runs that happen to agree do not tell the spread."""
    return gap.count >= FEWEST and gap.excludes_zero


def _words(gap: Interval, other: str, direction: int) -> str:
    if gap.count < FEWEST:
        return f"{gap.mean:+.3f} against {other} ({'one run' if gap.count == 1 else 'two runs'}: no interval)"
    told = "not told apart from"
    if gap.excludes_zero:
        told = "better than" if direction * gap.mean > 0 else "worse than"
    return f"{told} {other} ({gap.mean:+.3f}, 95 % [{gap.low:+.3f}, {gap.high:+.3f}])"


def _chance(groups: Mapping[str, Runs], metric: str, direction: int, wide: float, best: str) -> list[str]:
    """Whether there is anything to learn at all."""
    if "chance" not in groups or best == "chance":
        return (
            ["No classical method beats guessing: there may be nothing to learn here."]
            if best == "chance"
            else []
        )
    gap = paired(values(groups[best], metric), values(groups["chance"], metric), overlap=wide)
    if gap is None or gap.count < FEWEST or (gap.excludes_zero and direction * gap.mean > 0):
        return []
    return [f"{best} is not told apart from guessing ({gap.mean:+.3f}): there may be nothing to learn here."]
