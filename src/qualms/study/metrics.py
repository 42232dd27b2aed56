"""Numbers from texts and classes, by the field's own libraries."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from qualms.errors import MissingExtraError

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]|[^\W\u3040-\u30ff\u3400-\u9fff]+")


class UnicodeWords:
    """A tokenizer for rouge-score: words of any script, single characters for Chinese and Japanese.

    The library's own finds nothing in Korean.
    """

    def tokenize(self, text: str) -> list[str]:
        return _WORD.findall(text.lower())


def rouge(outputs: Sequence[str], references: Sequence[Sequence[str]]) -> dict[str, float]:
    """Mean ROUGE-1, -2 and -L F-measure, best reference each, between 0 and 1."""
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError:
        raise MissingExtraError("rouge-score", "study", "ROUGE") from None
    scorer = RougeScorer(["rouge1", "rouge2", "rougeL"], tokenizer=UnicodeWords())
    scores = [scorer.score_multi(list(r), o) for o, r in zip(outputs, references, strict=True)]
    return {
        name: sum(s[name].fmeasure for s in scores) / len(scores) for name in ("rouge1", "rouge2", "rougeL")
    }


def bleu(outputs: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Corpus BLEU by sacrebleu, several references, between 0 and 100."""
    try:
        import sacrebleu
    except ImportError:
        raise MissingExtraError("sacrebleu", "study", "BLEU") from None
    most = max(len(r) for r in references)
    streams = [[r[i] if i < len(r) else None for r in references] for i in range(most)]
    return float(sacrebleu.corpus_bleu(list(outputs), streams).score)


def distinct(outputs: Sequence[str], n: int) -> float:
    """Different n-grams over all n-grams of all outputs; 0 if there are none."""
    grams = [
        tuple(w[i : i + n])
        for w in (UnicodeWords().tokenize(o) for o in outputs)
        for i in range(len(w) - n + 1)
    ]
    return len(set(grams)) / len(grams) if grams else 0.0


@lru_cache(maxsize=2)
def _bert_scorer(folder: str, layers: int) -> Any:
    try:
        from bert_score import BERTScorer
    except ImportError:
        raise MissingExtraError("bert-score", "study", "BERTScore") from None
    return BERTScorer(model_type=folder, num_layers=layers, device="cpu")


def bert_score(
    outputs: Sequence[str], references: Sequence[Sequence[str]], folder: str, layers: int = 6
) -> float:
    """Mean BERTScore F1, best reference each, of the encoder in `folder`; not rescaled.

    An empty output scores 0.
    """
    said = [(o, list(r)) for o, r in zip(outputs, references, strict=True) if o.strip()]
    if not said:
        return 0.0
    _, _, f1 = _bert_scorer(folder, layers).score([o for o, _ in said], [r for _, r in said])
    return float(f1.sum()) / len(outputs)


def classification(predicted: Sequence[int], actual: Sequence[int]) -> dict[str, float]:
    """Accuracy and macro-averaged F1."""
    from sklearn.metrics import accuracy_score, f1_score

    return {
        "accuracy": float(accuracy_score(actual, predicted)),
        "f1": float(f1_score(actual, predicted, average="macro", zero_division=0)),
    }
