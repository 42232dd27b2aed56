"""The tables of docs/learn/fraud.md, from the records beside this file.

python experiments/learn/fraud/tables.py
"""

from pathlib import Path

from qualms.records import read_records
from qualms.report.learning import fraud

HERE = Path(__file__).parent


def cell(record):
    low, high = record.payload.findings["intervals"]["auprc"]
    return f"{record.value('auprc'):.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    names = ("creditcard", "mammography", "cardio")
    sets = {name: {r.method: r for r in read_records(HERE / f"{name}.jsonl")} for name in names}
    first = fraud.ordered(list(sets[names[0]].values()))
    print("| detector |", " | ".join(names), "|", "p50 ms, creditcard |")
    print("|---|" + "---:|" * (len(names) + 1))
    for r in first:
        shown = f"twin: {r.method.partition('/')[2]}" if r.twin_of else r.method
        cells = " | ".join(cell(sets[name][r.method]) for name in names)
        print(f"| {'&emsp;' if r.twin_of else ''}{shown} | {cells} | {r.value('latency_p50'):.2g} |")
    for name in names:
        costs = {m: r.value("cost") for m, r in sets[name].items()}
        print(name, {m: round(c, 1) for m, c in sorted(costs.items(), key=lambda item: item[1])[:4]},
              "gradient boosting", round(costs["gradient boosting"], 1))  # fmt: skip
        gap = sets[name]["AnnealedBoostingClassifier"].payload.findings["learner"]
        print("  annealed weights above the convex minimum by", gap["gap"], "of", gap["convex_minimum"])
