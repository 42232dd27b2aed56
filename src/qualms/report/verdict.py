"""What the records say, in words, by fixed rules, and what must be known to read their numbers.

A difference counts only if its 95 % interval over paired seeds excludes zero. It is taken on the test split,
which no rate was chosen on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from qualms.errors import install_line
from qualms.records import Interval, Record, paired
from qualms.report import data
from qualms.report.tables import CHOSEN, JUDGED, by_method, twin_name, values


def sentences(records: Sequence[Record]) -> list[str]:
    """One verdict for every quantum method, a comparison for adapters of Qualms without a circuit, which
    method is ahead of all, then what the whole study allows to be said, and what was left out, cut or chosen.
    """
    groups = by_method(records)
    out = [s for name in groups if _is_judged(name, groups) for s in _judge(name, groups)]
    out += [_classical(name, groups) for name in groups if _is_classical_form(name, groups)]
    return [*out, *_leader(groups), *_limits(groups), *remarks(records)]


def remarks(records: Sequence[Record]) -> list[str]:
    """What a reader of the records' numbers must know: learning rates, the data set's cut and missing
    examples, measures that were left out.
    """
    first, groups = records[0].payload, by_method(records)
    rates = {m: next(iter(runs.values())).payload.training.learning_rate for m, runs in groups.items()}
    told = [f"{method} {rate:.3g}" for method, rate in rates.items() if rate]
    out = [f"Learning rates: {', '.join(told)}."] if told else []
    fitted = [name for name, runs in groups.items() if any(r.payload.fit for r in runs.values())]
    if fitted:
        batches = max((r.payload.fit or {}).get("batches", 0) for r in records)
        out.append(
            f"Fitted before the first step: {', '.join(fitted)}. Their directions come from a short training "
            f"or the gradient of all adapted matrices on {batches} batches, of which nothing else is kept. "
            "The other methods had no such start; its seconds are counted."
        )
    if started := [name for name, runs in groups.items() if _starts_from_data(next(iter(runs.values())))]:
        out.append(
            f"Started from data before the first step: {', '.join(started)}. The start is computed from up "
            "to 16 batches of the training data; its seconds are counted."
        )
    diverged = [r for r in records if any(not math.isfinite(m.value) for m in r.metrics.values())]
    if diverged:
        names = ", ".join(dict.fromkeys(f"{r.method} seed {r.seed}" for r in diverged))
        out.append(f"Training diverged: the loss is no number ({names}). A lower learning rate may help.")
    if unmoved := _no_better_than_untuned(groups):
        out.append(
            f"No better than the untuned model on the validation split: {', '.join(unmoved)}. The rate is "
            "too high or too low for a run of this length; a comparison with such a run says little."
        )
    out += data.sentences(first.dataset_account)
    training = first.training
    if (training.warmup_asked or 0) > (training.warmup_steps or 0):
        out.append(
            f"The warm-up of {training.warmup_asked} steps was shortened to "
            f"{training.warmup_steps}, half of the run."
        )
    if "rougeL" in records[0].metrics and first.evaluation.get("bertscore_model", "") is None:
        out.append(
            "BERTScore was not computed, because its packages are missing; "
            f"{install_line('study', 'encoder')}."
        )
    resumed = sum(bool(r.payload.resumed_at_step) for r in records)
    if resumed:
        out.append(
            f"{resumed} of {len(records)} runs went on from a checkpoint: their seconds and memory are of "
            "the last part alone."
        )
    return out


def _no_better_than_untuned(groups: dict[str, dict[int, Record]]) -> list[str]:
    """Trained runs with a rate at which nothing is learned, or all is lost again."""
    untuned = values(groups.get("untuned", {}), CHOSEN)
    if not untuned:
        return []
    least = max(untuned.values())  # a new head is drawn with the seed
    return [
        f"{method} seed {seed}"
        for method, runs in groups.items() if method != "untuned"
        for seed, loss in values(runs, CHOSEN).items() if loss >= least
    ]  # fmt: skip


def _starts_from_data(record: Record) -> bool:
    return (record.payload.adapter_config or {}).get("init_lora_weights") in ("eva", "lora_ga")


def _is_judged(name: str, groups: dict[str, dict[int, Record]]) -> bool:
    """Whether a method owes a comparison with twins: it is none itself, and computes on something quantum or
    has twins here.
    """
    first = next(iter(groups[name].values()))
    return first.twin_of is None and (first.quadrant.compute != "classical" or bool(_twins_of(name, groups)))


def _twins_of(name: str, groups: dict[str, dict[int, Record]]) -> list[str]:
    return [g for g, runs in groups.items() if next(iter(runs.values())).twin_of == name]


def _is_classical_form(name: str, groups: dict[str, dict[int, Record]]) -> bool:
    """Whether a method is the sublayer in a form without circuits, such as `qsl:recommended`."""
    first = next(iter(groups[name].values()))
    kind = (first.payload.adapter_config or {}).get("peft_type")
    return kind == "QUALMS_QSL" and first.twin_of is None and first.quadrant.compute == "classical"


def _classical(name: str, groups: dict[str, dict[int, Record]]) -> str:
    head = f"{name} (classical): no circuit takes part, so it has no twins."
    if diverged := _diverged([name], groups):
        return f"{head} It is not compared, because training diverged for {diverged}."
    told = _beside(name, groups)
    return f"{head} Test NLL, difference in nats: {'; '.join(told)}." if told else head


def _beside(name: str, groups: dict[str, dict[int, Record]]) -> list[str]:
    """A method against LoRA, and against the best of all methods that is not its twin."""
    own = values(groups[name], JUDGED)
    others = dict.fromkeys(["lora", _best(groups, [name, *_twins_of(name, groups)])])
    return [
        _words(difference, other)
        for other in others
        if other in groups and other != name and not _diverged([other], groups)
        if (difference := paired(own, values(groups[other], JUDGED)))
    ]


def _best(groups: dict[str, dict[int, Record]], but: Sequence[str] = ()) -> str | None:
    """The method with the lowest mean validation loss, so that the test split chooses nothing."""
    means = {
        name: sum(found) / len(found)
        for name, runs in groups.items()
        if name not in but and name != "untuned" and (found := list(values(runs, CHOSEN).values()))
    }
    finite = {name: mean for name, mean in means.items() if math.isfinite(mean)}
    return min(finite, key=lambda name: finite[name]) if finite else None


def _leader(groups: dict[str, dict[int, Record]]) -> list[str]:
    """Which method is ahead of all, whatever it is."""
    best = _best(groups)
    if best is None or sum(name != "untuned" for name in groups) < 2:
        return []
    first = next(iter(groups[best].values()))
    what = f"twin of {first.twin_of}, {first.quadrant.compute}" if first.twin_of else first.quadrant.compute
    return [f"Lowest loss of all on the validation split: {best} ({what})."]


def _diverged(names: Sequence[str], groups: dict[str, dict[int, Record]]) -> str:
    """Those whose loss is no number for some seed, with commas."""
    return ", ".join(
        n for n in names if not all(math.isfinite(v) for v in values(groups[n], JUDGED).values())
    )


def _words(difference: Interval, other: str) -> str:
    if difference.count < 2:
        return f"{difference.mean:+.3f} against {other} (one seed: no interval)"
    side = (
        "worse than"
        if difference.low > 0
        else "better than"
        if difference.high < 0
        else "not told apart from"
    )
    return f"{side} {other} ({difference.mean:+.3f}, 95 % [{difference.low:+.3f}, {difference.high:+.3f}])"


def _judge(name: str, groups: dict[str, dict[int, Record]]) -> list[str]:
    own = values(groups[name], JUDGED)
    twins = {g: d for g in _twins_of(name, groups) if (d := paired(own, values(groups[g], JUDGED)))}
    if not twins:
        return [f"{name}: no verdict, because its twins have not run."]
    if diverged := _diverged([name, *twins], groups):
        return [f"{name}: no verdict, because training diverged for {diverged}."]
    compute = next(iter(groups[name].values())).quadrant.compute
    wins = [g for g, d in twins.items() if d.high < 0]
    losses = [g for g, d in twins.items() if d.low > 0]
    if losses:
        head = f"{name} ({compute}): not worth it here. A twin, that is, a classical control, is better."
    elif len(wins) == len(twins):
        head = (
            f"{name} ({compute}): better than each of its {len(twins)} twins, its classical controls, here."
        )
    else:
        head = f"{name} ({compute}): no advantage shown over its twins, its classical controls."
    details = [_words(d, twin_name(g, name)) for g, d in twins.items()]
    details += _beside(name, groups)
    return [f"{head} Test NLL, difference in nats (negative is better): {'; '.join(details)}."]


def _limits(groups: dict[str, dict[int, Record]]) -> list[str]:
    out = []
    if "full" in groups and (reads := values(groups["full"], "conditionality")):
        rise = sum(reads.values()) / len(reads)
        gate = (
            "the model reads its input"
            if rise > 0.3
            else (
                "that is below 0.3, so this task ranks the methods on how well they learned what "
                "outputs look like, not on reading the input"
            )
        )
        out.append(
            "Pairing every output with another example's input raises the loss of full fine-tuning by "
            f"{rise:.2f} nats: {gate}."
        )
    if "full" in groups and "untuned" in groups and "lora" in groups:
        start, full, lora = (
            sum(v.values()) / len(v) for v in (values(groups[g], "nll") for g in ("untuned", "full", "lora"))
        )
        if start - full > 0.05:  # less is noise to divide by
            out.append(
                f"LoRA recovers {(start - lora) / (start - full):.0%} of full fine-tuning's gain in "
                f"validation NLL ({start:.3f} → {full:.3f})."
            )
    counts = {name: len(runs) for name, runs in groups.items()}
    seeds = min(counts.values())
    if seeds == 1 < max(counts.values()):
        alone = ", ".join(name for name, count in counts.items() if count == 1)
        out.append(f"One seed, no interval, for {alone}: a difference from these may be chance.")
    elif seeds == 1:
        out.append("One seed, no interval: a difference may be chance.")
    elif seeds < 5:
        out.append(
            f"{seeds} seeds: intervals are wide, and a difference inside them means nothing either way."
        )
    return out
