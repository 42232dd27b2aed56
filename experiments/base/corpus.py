"""Builds what the base model reads: a tokenizer, prose, and record-to-text pairs of the domains in
domains.py, in two stages.

    python experiments/base/corpus.py --prose ../shared/data/text --work experiments/base/work

Prose is the Standard Ebooks novels (CC0) and Shakespeare, but for one novel that is held out. Records are
generated. Everything goes to `--work` as numpy arrays; nothing here is committed but this script.
"""

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from domains import DOMAINS, VISITS
from qualms.data.grammar import Domain, realise

HELD_OUT = "white-fang"
PLAIN = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "“": '"',
        "”": '"',
        "—": "--",
        "–": "-",
        "…": "...",
        "\u00a0": " ",
        "\u2060": "",
        "\u200a": " ",
    }
)
VOCABULARY = 4096
BOS, EOS = 1, 2


def read_prose(folder: Path) -> tuple[list[str], str]:
    """Training documents and the held-out novel."""
    train, held_out = [], ""
    for path in sorted(folder.glob("standard_ebooks/*.txt")):
        text = path.read_text(encoding="utf-8").translate(PLAIN)
        if HELD_OUT in path.name:
            held_out = text
        else:
            train.append(text)
    train.append((folder / "tinyshakespeare.txt").read_text(encoding="utf-8"))
    return train, held_out


def write_record(record: dict[str, str], rng: random.Random) -> str:
    """One of the ways in which people write records down."""
    items = list(record.items())
    if rng.random() < 0.3:
        rng.shuffle(items)
    style = rng.randrange(6)
    if style <= 1:
        return ", ".join(f"{k}[{v}]" for k, v in items)
    if style == 2:
        return rng.choice((", ", " | ", "; ", "\n")).join(f"{k}: {v}" for k, v in items)
    if style == 3:
        return rng.choice((", ", " ")).join(f"{k} = {v}" for k, v in items)
    if style == 4:
        return json.dumps(dict(items), ensure_ascii=False)
    return ", ".join(f"{k} {v}" for k, v in items)


def pairs(count: int, seed: int, domains: Sequence[Domain] = DOMAINS) -> list[tuple[str, str]]:
    """`count` (prompt, text) pairs over the domains; keys in camel case, lower case or with underscores."""
    rng = random.Random(seed)
    out = []
    for _ in range(count):
        domain = rng.choice(domains)
        record = domain.draw(rng)
        text = realise(domain, record, rng)
        case = rng.randrange(3)
        if case:
            record = {(_camel(k) if case == 1 else k.replace(" ", "_")): v for k, v in record.items()}
        sign = " =>" if rng.random() < 0.6 else rng.choice((" ->", "\nText:", "\n", " :"))
        out.append((write_record(record, rng) + sign, " " + text))
    return out


def _camel(key: str) -> str:
    first, *rest = key.split()
    return first + "".join(w.capitalize() for w in rest)


def train_tokenizer(texts: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(
        texts,
        trainers.BpeTrainer(
            vocab_size=VOCABULARY,
            special_tokens=["<pad>", "<s>", "</s>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        ),
    )
    # every text starts with <s>
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", BOS)])
    return tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--prose", type=Path, default=Path("../shared/data/text"))
    parser.add_argument("--work", type=Path, default=Path("experiments/base/work"))
    parser.add_argument("--pairs", type=int, default=240_000)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)

    documents, held_out = read_prose(args.prose)
    sample = pairs(20_000, seed=1)
    tokenizer = train_tokenizer([p for d in documents for p in d.split("\n\n")] + [a + b for a, b in sample])
    tokenizer.save(str(args.work / "tokenizer.json"))

    prose = [t for e in tokenizer.encode_batch(documents) for t in (*e.ids, EOS)]
    np.save(args.work / "prose.npy", np.array(prose, np.uint16))
    np.save(args.work / "prose_val.npy", np.array(tokenizer.encode(held_out).ids, np.uint16))
    second = (*DOMAINS, *VISITS, *VISITS)  # about half of the second stage is new
    for name, count, seed, domains in (
        ("pairs", args.pairs, 2, DOMAINS),
        ("pairs_2", args.pairs * 2 // 3, 4, second),
        ("pairs_val", 2_000, 3, DOMAINS),
        ("pairs_2_val", 2_000, 5, second),
    ):
        examples = pairs(count, seed, domains)
        prompts = tokenizer.encode_batch([a for a, _ in examples])
        texts = tokenizer.encode_batch([b for _, b in examples], add_special_tokens=False)
        ids, learn = [], []
        for a, b in zip(prompts, texts, strict=True):
            ids += [*a.ids, *b.ids, EOS]
            # the text is to be learned, its record only read
            learn += [0] * len(a.ids) + [1] * (len(b.ids) + 1)
        np.save(args.work / f"{name}.npy", np.stack([np.array(ids, np.uint16), np.array(learn, np.uint16)]))
    counts = {
        "prose_tokens": len(prose),
        "held_out_bytes": len(held_out.encode()),
        "held_out": HELD_OUT,
        "pairs": args.pairs,
    }
    (args.work / "corpus.json").write_text(json.dumps(counts))
    print(counts)


if __name__ == "__main__":
    main()
