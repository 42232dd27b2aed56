"""How many texts the grammar accepts, and whether its models agree with declared ones.

python benchmarks/orchestrator/intake.py FILE [--solve] [--texts]

FILE has one JSON object a line: texts with declared models in the form of the NL4Opt generation task
("document", "obj_declaration", "const_declarations", "order_mapping"), or texts alone ("text" or "document").
A model agrees if its rows and its goal equal the declared ones up to scaling, up to the order and names of the
variables, and without rows that only say that a variable is not negative. With --solve the optimum of both
is computed too, with HiGHS. Every disagreement is printed, so that it can be adjudicated; with --texts every
accepted text without a declared model is printed with its paraphrase, to be judged by a reader.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from qualms.language.read import read_text
from qualms.language.reading import Accepted, Question, Refusal
from qualms.language.tokens import tokenise
from qualms.records.provenance import versions
from qualms.specification.expressions import Constant, Expression, Product, Reference, Total, expand
from qualms.specification.general import Constraint, GeneralModel, Objective, Variable

Line = tuple[tuple[Fraction, ...], Fraction, bool]  # coefficients, right side of <= or =, whether =
Canon = tuple[str, tuple[Fraction, ...], frozenset[Line]]


def value(said: str) -> Fraction:
    """A number of a declaration: "70%", "third", "two times", "10,000"."""
    for text in (said, f"{said} of", f"a {said} of", f"{said} the"):
        found = [t for t in tokenise(text) if t.kind == "number"]
        if len(found) == 1:
            return found[0].value
    raise ValueError(f"no number in {said!r}")


def declared(row: dict[str, Any], whole: bool = True) -> GeneralModel:
    """The declared model of a text; declarations do not tell whether the variables are whole numbers."""
    place = _places(row)
    count = len(row["vars"])
    names = [f"x{k}" for k in range(count)]

    def line(terms: dict[str, str]) -> Expression:
        parts = [
            Product(factors=(Constant(value=_plain(value(c))), Reference(name=names[place[n.lower()]])))
            for n, c in terms.items()
        ]
        return Total(terms=tuple(parts) or (Constant(value=0),))

    def one(name: str) -> Reference:
        return Reference(name=names[place[name.lower()]])

    every = Total(terms=tuple(Reference(name=n) for n in names))
    rows: list[Constraint] = []
    for k, c in enumerate(row["const_declarations"]):
        kind = c["type"]
        right: Expression = Constant(value=_plain(value(c["limit"]))) if "limit" in c else every
        left: Expression
        if kind == "sum":
            left = every
        elif kind in ("lowerbound", "upperbound"):
            left = one(c["var"])
        elif kind == "linear":
            left = line(c["terms"])
        elif kind == "ratio":
            left, right = one(c["var"]), Product(factors=(Constant(value=_plain(value(c["limit"]))), every))
        elif kind == "xby":
            factor = Constant(value=_plain(value(c["param"])))
            left, right = one(c["x_var"]), Product(factors=(factor, one(c["y_var"])))
        elif kind == "xy":
            left, right = one(c["x_var"]), one(c["y_var"])
        else:
            raise ValueError(f"unknown type {kind!r}")
        relation = "<=" if c["operator"] == "LESS_OR_EQUAL" else ">="
        rows.append(Constraint(name=f"c{k}", left=left, relation=relation, right=right))
    goal = row["obj_declaration"]
    sense = "min" if goal["direction"].lower() in ("minimize", "minimum", "reduce", "decrease", "lowest", "minimal",
        "least", "minimizing", "minimise", "cheapest", "fewest") else "max"  # fmt: skip
    cost = every if goal["type"] == "objvar" else line(goal["terms"])
    return GeneralModel(
        variables=tuple(Variable(name=n, domain="integer" if whole else "real") for n in names),
        constraints=tuple(rows),
        objective=Objective(sense=sense, expression=cost),
    )


def _places(row: dict[str, Any]) -> dict[str, int]:
    """The number of the variable that each name stands for.

    Two names of one set of terms are two variables, even where the file gives them one number.
    """
    place = {k.lower(): v for k, v in row["order_mapping"].items()}
    names = [v.lower() for v in row["vars"]]
    for c in [row["obj_declaration"], *row["const_declarations"]]:
        terms = [n.lower() for n in c.get("terms", {})]
        if len({place[n] for n in terms}) < len(terms):
            for name in terms:
                likeness = [len(set(name.split()) & set(v.split())) for v in names]
                place[name] = likeness.index(max(likeness))
    return place


def _plain(number: Fraction) -> int | float:
    return int(number) if number.denominator == 1 else float(number)


def canonical(model: GeneralModel) -> Canon:
    """The model as scaled rows and its goal, in the order of its variables."""
    count = len(model.variables)
    lines: set[Line] = set()
    for _, row, low, high in model.rows():
        coefficients = [_round(row.get(k, Fraction(0))) for k in range(count)]
        for side, sign in ((low, -1), (high, 1)):
            if not math.isfinite(side):
                continue
            left = [sign * a for a in coefficients]
            right = _round(Fraction(side)) * sign
            if right == 0 and all(a <= 0 for a in left):
                continue
            scale = max((abs(a) for a in left), default=Fraction(0)) or Fraction(1)
            lines.add((tuple(_round(a / scale) for a in left), _round(right / scale), low == high))
    goal = expand(model.objective.expression, model.table).linear
    return (
        model.objective.sense,
        tuple(_round(goal.get(k, Fraction(0))) for k in range(count)),
        frozenset(lines),
    )


def _round(number: Fraction) -> Fraction:
    return Fraction(round(float(number), 7)).limit_denominator(10**7)


def agree(one: Canon, other: Canon) -> bool:
    """Whether two models are the same up to the order of the variables."""
    count = len(one[1])
    if one[0] != other[0] or len(other[1]) != count or count > 7:
        return False
    for order in itertools.permutations(range(count)):
        goal = tuple(other[1][k] for k in order)
        if goal != one[1]:
            continue
        if frozenset((tuple(a[k] for k in order), b, e) for a, b, e in other[2]) == one[2]:
            return True
    return False


def optimum(model: GeneralModel) -> str:
    """The optimum that HiGHS finds, or that there is none."""
    from qualms.solve.solve import solve
    from qualms.solve.solvers.solver import Limits

    result = solve(model.build(), Limits(seconds=5), solvers=["highs"])
    return "none" if result.objective is None else f"{float(result.objective):.6g}"


def show(model: GeneralModel) -> str:
    """A model in lines."""
    names = [v.name for v in model.variables]

    def terms(row: dict[int, Fraction]) -> str:
        return " + ".join(f"{float(c):g} {names[k]}" for k, c in sorted(row.items())) or "0"

    goal = expand(model.objective.expression, model.table).linear
    lines = [f"    {model.objective.sense} {terms(goal)}"]
    for _, row, low, high in model.rows():
        lines.append(f"    {f'{low:g} <= ' if math.isfinite(low) else ''}{terms(row)}"
                     f"{f' <= {high:g}' if math.isfinite(high) else ''}")  # fmt: skip
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("file", type=Path)
    parser.add_argument("--solve", action="store_true")
    parser.add_argument("--texts", action="store_true")
    parser.add_argument("--result", help="keep the counts under this name in results/intake.json")
    chosen = parser.parse_args()
    counts: Counter[str] = Counter()
    began = time.perf_counter()
    for number, raw in enumerate(chosen.file.read_text().splitlines()):
        row = json.loads(raw)
        text = row.get("document") or row["text"]
        found = read_text(text)
        if isinstance(found, Question):
            counts["asked"] += 1
            continue
        if isinstance(found, Refusal):
            counts["refused"] += 1
            continue
        assert isinstance(found, Accepted)
        counts["accepted"] += 1
        if "const_declarations" not in row:
            if chosen.texts:
                print(f"[{number}] {text}\n{show(found.model)}")
            continue
        try:
            label = declared(row, found.model.variables[0].domain != "real")
            same = agree(canonical(found.model), canonical(label))
        except (ValueError, KeyError) as error:
            print(f"[{number}] the declaration cannot be read: {error}")
            counts["label unreadable"] += 1
            continue
        counts["rows and goal agree" if same else "rows or goal differ"] += 1
        if chosen.solve:
            ours, theirs = optimum(found.model), optimum(label)
            counts["same optimum" if ours == theirs else "other optimum"] += 1
        if not same:
            print(f"[{number}] {text}\n  read as\n{show(found.model)}\n  declared\n{show(label)}")
    total = sum(counts[k] for k in ("accepted", "asked", "refused"))
    print(f"{total} texts in {time.perf_counter() - began:.1f} s")
    for name, many in counts.items():
        print(f"  {name}: {many} ({100 * many / max(1, total):.1f} %)")
    if chosen.result:
        keep(chosen.result, [chosen.file], total, counts)


def keep(name: str, files: Sequence[Path], total: int, counts: Counter[str]) -> None:
    """Keep counts, and the hash of the texts that they are of; never the texts."""
    path = Path(__file__).resolve().parent.parent / "results" / "intake.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    known[name] = {
        "texts": total,
        **counts,
        "sha256": hashlib.sha256(b"".join(f.read_bytes() for f in files)).hexdigest(),
        "versions": versions(),
    }
    path.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    sys.exit(main())
