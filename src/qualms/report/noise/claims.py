"""What a noise study says, in words, by fixed rules."""

from __future__ import annotations

from collections.abc import Sequence

from qualms.records import Record, interval, paired
from qualms.report import data
from qualms.report.noise.table import exact, groups

CLOSE = 0.05  # nats per token: what counts as "as good as exact" in sentences


def sentences(records: Sequence[Record]) -> list[str]:
    """What the records say."""
    found = groups(records)
    heads = list(dict.fromkeys(r.method for r in records if r.twin_of is None))
    out = []
    for head in heads:
        base = exact(records, head)
        for device in dict.fromkeys(k[1] for k in found if k[0] == head):
            out += _shots(found, head, device, base)
        out += _mitigation(found, head)
        twins = [
            m
            for m in dict.fromkeys(r.method for r in records)
            if any(r.method == m and r.twin_of == head for r in records)
        ]
        out += [line for t in twins for line in _twin(found, records, head, t)]
    if len({s for runs in found.values() for s in runs}) == 1:
        out.append("One seed of the shots, no interval.")
    return out + data.sentences(records[0].payload.dataset_account)


def _shots(found: dict, head: str, device: str, base: float) -> list[str]:
    curve = {
        k[2]: interval([r.value("nll") for r in v.values()]).mean
        for k, v in found.items()
        if k[:2] == (head, device) and k[3:] == ("none", 1.0)
    }
    finite = sorted(s for s in curve if s is not None)
    known = None in curve and device != "ideal"
    limit = (
        (
            "with infinitely many shots the loss would still be "
            f"{curve[None] - base:+.3f} nats from the exact one"
        )
        if known
        else ""
    )
    if not finite:
        return [f"{head} on {device}: {limit}."] if limit else []
    enough = next((s for s in finite if curve[s] - base <= CLOSE), None)
    words = (
        f"{enough:,} shots per circuit are enough for a loss within {CLOSE} nats of the exact one"
        if enough
        else (
            f"with up to {finite[-1]:,} shots per circuit the loss stays "
            f"more than {CLOSE} nats above the exact one"
        )
    )
    return [
        f"{head} on {device}: {words} ({curve[enough or finite[-1]] - base:+.3f})"
        + (f"; {limit}" if limit else "")
        + "."
    ]


def _mitigation(found: dict, head: str) -> list[str]:
    out = []
    for key, runs in found.items():
        method, device, shots, mitigation, scale = key
        raw = found.get((head, device, shots, "none", scale))
        if method != head or mitigation == "none" or raw is None:
            continue
        change = paired(
            {s: r.value("nll") for s, r in runs.items()}, {s: r.value("nll") for s, r in raw.items()}
        )
        if change is None:
            continue
        word = "changes" if not change.excludes_zero else "lowers" if change.mean < 0 else "raises"
        if change.count < 2:
            word = "lowers" if change.mean < 0 else "raises"
        spread = (
            f" [95 %: {change.low:+.3f}, {change.high:+.3f}]"
            if change.count > 1
            else " (one run, no interval)"
        )
        factor = next(iter(runs.values())).payload.circuits / next(iter(raw.values())).payload.circuits
        where = device + ("" if scale == 1 else f" × {scale:g}")
        where = f"{where}, {'∞' if shots is None else f'{shots:,}'} shots"
        circuits = "as many circuits" if abs(factor - 1) < 0.05 else f"{factor:.3g} times as many circuits"
        effect = (
            f"{word} the loss by {abs(change.mean):.3f}"
            if word != "changes"
            else f"shows no clear change of the loss ({change.mean:+.3f})"
        )
        out.append(f"Mitigation {mitigation} on {where}: {effect} nats{spread}, with {circuits}.")
    return out


def _twin(found: dict, records: Sequence[Record], head: str, twin: str) -> list[str]:
    out = []
    alone = exact(records, twin)
    for key, runs in found.items():
        if key[0] != head:
            continue
        beside = found.get((twin, *key[1:]))
        mine = interval([r.value("nll") for r in runs.values()]).mean
        theirs = interval([r.value("nll") for r in beside.values()]).mean if beside else alone
        if key[2:4] == (None, "none"):
            where = f"on {key[1]}" + ("" if key[4] == 1 else f" × {key[4]:g}")
            side = "better" if mine < theirs else "worse"
            out.append(
                f"{head} against {twin}, its twin, {where} with infinitely many shots: "
                f"{mine - theirs:+.3f} nats ({side})."
            )
    return out
