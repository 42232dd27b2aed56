"""The table of the comparison, from its records alone, as Markdown.

    python experiments/front/summary.py

For every study: the adapters by their trained numbers, test loss with half of its 95 % interval over seeds, accuracy or
ROUGE-L, and which of them are on a front. Below it stands what the adapters of Qualms come to beside their rivals.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from qualms.records import paired, read_records
from qualms.report.front import COSTS, Point, best_sentences, front, sentences
from qualms.report.front_figure import StudyFront
from qualms.report.tables import JUDGED, values


def spread(point: Point) -> str:
    got = point.quality
    return f"{got.mean:.3f}" + (f" ± {got.mean - got.low:.3f}" if got.count > 1 else "")


def second(point: Point) -> str:
    """Accuracy of labels or ROUGE-L of texts, a mean over seeds."""
    for metric in ("accuracy", "rougeL"):
        if found := values(point.runs, metric):
            return f"{sum(found.values()) / len(found):.3f}"
    return "–"


def table(study: StudyFront) -> list[str]:
    fronts = {unit: {p.method for p in front(study.points, cost)} for unit, cost in COSTS.items()}
    quality = "accuracy" if "accuracy" in study.records[0].metrics else "ROUGE-L"
    lines = [
        f"### {study.title}",
        "",
        f"| adapter | numbers | bytes | test NLL | {quality} | seeds | rate | front |",
    ]
    lines.append("|---|---:|---:|---:|---:|---:|---:|---|")
    for point in sorted(study.points, key=lambda p: p.numbers):
        name = f"`{point.method}`"
        name = f"**{name}**" if point.is_ours else f"twin: {name}" if point.twin_of else name
        rate = next(iter(point.runs.values())).payload.training.learning_rate
        where = ", ".join(unit.rpartition(" ")[2] for unit, names in fronts.items() if point.method in names)
        lines.append(
            f"| {name} | {point.numbers:,} | {point.size:,} | {spread(point)} | {second(point)} "
            f"| {len(point.runs)} | {rate:.2g} | {where} |"
        )
    return [
        *lines,
        "",
        *(f"- {told}" for told in (*best_sentences(study.points), *sentences(study.points))),
        "",
    ]


RECOMMENDED, CIRCUITS = "qsl:recommended", "qsl:fitted[n_layers=16,rank=16]"
LORA, VERA = "lora[r=1,target_modules=all-linear]", "vera[r=64,target_modules=all-linear]"
PAIRS = (  # of adapters that are compared in every study
    (RECOMMENDED, LORA), (RECOMMENDED, VERA), (CIRCUITS, LORA), (CIRCUITS, VERA), (CIRCUITS, f"{CIRCUITS}/lora-equal"),
    (CIRCUITS, f"{CIRCUITS}/unilora-equal"), (RECOMMENDED, f"{CIRCUITS}/unilora-equal"), (CIRCUITS, f"{CIRCUITS}/unfitted"),
    (CIRCUITS, RECOMMENDED),
)  # fmt: skip
TITLES = (
    "recommended − LoRA", "recommended − VeRA", "circuits − LoRA", "circuits − VeRA", "circuits − LoRA of equal size",
    "circuits − Uni-LoRA of equal size", "recommended − that Uni-LoRA", "circuits − not fitted",
    "circuits − recommended",
)  # fmt: skip


def across(studies: list[StudyFront]) -> list[str]:
    """Differences of test NLL, paired by seed, and the shares of LoRA's numbers and bytes, a row a study."""
    lines = ["### Across studies", "", f"| study | {' | '.join(TITLES)} |", f"|---|{'---:|' * len(TITLES)}"]
    for study in studies:
        there = {point.method: point for point in study.points}
        cells = []
        for own, other in PAIRS:
            if own not in there or other not in there:
                cells.append("–")
                continue
            found = paired(values(there[own].runs, JUDGED), values(there[other].runs, JUDGED))
            told = (
                f"{found.mean:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"
                if found.count > 1
                else f"{found.mean:+.3f}"
            )
            cells.append(f"**{told}**" if found.count > 1 and found.low * found.high > 0 else told)
        shares = [
            f"{name}: {there[m].numbers / there[LORA].numbers:.2f} of LoRA's numbers and "
            f"{there[m].size / there[LORA].size:.2f} of its bytes"
            for name, m in (("recommended", RECOMMENDED), ("circuits", CIRCUITS)) if m in there
        ]  # fmt: skip
        lines.append(f"| {study.title.partition(',')[0]} ({'; '.join(shares)}) | {' | '.join(cells)} |")
    return [*lines, ""]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--results", type=Path, default=Path(__file__).parent / "results")
    folder = parser.parse_args().results
    studies = []
    for task in ("e2e", "e2e_gpt2", "banking77", "sst2", "trails", "gsm8k", "e2e_long"):
        if (folder / task / "records.jsonl").exists():
            study = StudyFront.of(read_records(folder / task))
            if study.points:
                print("\n".join(table(study)))
                studies.append(study)
    print("\n".join(across(studies)))


if __name__ == "__main__":
    main()
