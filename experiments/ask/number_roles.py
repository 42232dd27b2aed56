"""How well a linear tagger tells what the numbers of a planning problem are.

python experiments/ask/number_roles.py FILE    # FILE: NL4Opt's ner_train.jsonl; half a minute; number_roles.json

Each number of a text is a PARAM (of one of a thing), a LIMIT, or neither, by the tags of the file. A logistic
regression over the words around it is trained on two thirds of the texts and asked about the last third, three
times. A text is right as a whole where all of its numbers are.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import numpy as np
from sklearn.feature_extraction import DictVectorizer
from sklearn.linear_model import LogisticRegression

from qualms.language.naming import name_numbers
from qualms.language.tokens import Token, sentences, tokenise

FOLDS, SURE = 3, 0.9
RESULT = Path(__file__).with_name("number_roles.json")
_PLAIN = ("a", "of", "times", "time", "dollars", "dollar", "percent", "cents")  # words beside a number


def joined(tokens: list[str]) -> str:
    """The text of tokens that spaces part."""
    text = re.sub(r"([$€£]) (?=\d)", r"\1", " ".join(tokens))
    return re.sub(r"\( ", "(", re.sub(r" (?=[.,;:?!%)])", "", text))


def features(sentence: list[Token], k: int) -> dict[str, int]:
    """The number at k and the words around it."""

    def at(j: int) -> str:
        if not 0 <= j < len(sentence):
            return "end"
        token = sentence[j]
        return f"#{token.number}" if token.kind == "number" else token.stem

    found = [f"kind {sentence[k].number}", f"unit {sentence[k].unit}", f"first {at(0)} {at(1)}"]
    found += [f"{d} {at(k + d)}" for d in (-4, -3, -2, -1, 1, 2, 3, 4)]
    found += [f"two before {at(k - 2)} {at(k - 1)}", f"two behind {at(k + 1)} {at(k + 2)}"]
    found += [f"in the sentence {at(j)}" for j in range(len(sentence))]
    found += [f"before {at(j)}" for j in range(k)]
    return dict.fromkeys(found, 1)


def roles(words: list[str], tags: list[str], numbers: list[Token]) -> list[str | None]:
    """The tag of each number; None where it cannot be found among the tagged words."""
    lows = [w.lower().replace(",", "") for w in words]
    out: list[str | None] = []
    place = 0
    for token in numbers:
        said = re.findall(r"[a-z]+|\d+(?:\.\d+)?|\.\d+", token.text.lower().replace(",", ""))
        own = [w for w in said if w not in _PLAIN]
        hit = next((j for j in range(place, len(lows)) if set(lows[j].split("-")) & set(own)), None)
        if hit is None:
            out.append(None)
            continue
        end = hit
        while end + 1 < len(lows) and end < hit + 2 and lows[end + 1] in (*own, "%", "percent", "times"):
            end += 1
        told = [tags[j][2:] for j in range(hit, end + 1) if tags[j][2:] in ("PARAM", "LIMIT")]
        out.append(told[0] if told else "neither")
        place = end + 1
    return out


def main() -> None:
    rows = [json.loads(line) for line in Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    asked: list[list[dict[str, int]]] = []
    known: list[list[str | None]] = []
    for row in rows:
        told = sentences(name_numbers(tokenise(joined(row["tokens"]))))
        places = [(s, k) for s in told for k, t in enumerate(s) if t.kind == "number"]
        asked.append([features(s, k) for s, k in places])
        known.append(roles(row["tokens"], row["tags"], [s[k] for s, k in places]))
    fold = np.random.default_rng(0).integers(0, FOLDS, len(rows))
    right, sure, whole, sure_and_wrong = [], [], [], 0
    for part in range(FOLDS):
        train = [
            (x, y) for k in np.flatnonzero(fold != part) for x, y in zip(asked[k], known[k], strict=True) if y
        ]
        vectors = DictVectorizer(dtype=np.float32)
        model = LogisticRegression(max_iter=150).fit(
            vectors.fit_transform([x for x, _ in train]), [y for _, y in train]
        )
        for k in np.flatnonzero(fold == part):
            pairs = [(x, y) for x, y in zip(asked[k], known[k], strict=True) if y]
            if not pairs:
                continue
            shares = model.predict_proba(vectors.transform([x for x, _ in pairs]))
            hits = model.classes_[shares.argmax(axis=1)] == [y for _, y in pairs]
            right += hits.tolist()
            whole.append(bool(hits.all()))
            sure.append(bool((shares.max(axis=1) > SURE).all()))
            sure_and_wrong += sure[-1] and not whole[-1]
    found = {
        "texts": len(whole), "numbers": len(right), "numbers right": float(np.mean(right)),
        "texts right": float(np.mean(whole)), "texts of which all are sure": int(np.sum(sure)),
        "of these wrong": int(sure_and_wrong),
    }  # fmt: skip
    print(json.dumps(found, indent=1))
    RESULT.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
