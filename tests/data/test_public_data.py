"""Real public data sets, where they lie beside the project; and the hub's own loader on a local folder."""

from pathlib import Path

import pytest

from qualms.data.splits import _from_hub, load_splits

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.skipif(not DATA.exists(), reason="the public data sets are not beside the project")
@pytest.mark.parametrize(
    ("folder", "task", "train", "test"),
    [
        ("nlg/e2e", "generate", 42061, 630),
        ("nlg/gsm8k", "generate", None, 1319),
        ("text_classification/sst2", "classify", 6920, 1821),
        ("text_classification/banking77", "classify", None, 3080),
    ],
)
def test_sizes(folder, task, train, test):
    splits = load_splits(str(DATA / folder), task)
    assert train is None or len(splits.train) == train
    assert len(splits.test) == test
    assert not splits.skipped


def test_the_hub_loader_on_a_local_folder(tmp_path):
    for split, count in (("train", 30), ("test", 4)):
        (tmp_path / f"{split}.jsonl").write_text("".join(f'{{"question": "q{i}{split}", "answer": "a{i}"}}\n' for i in range(count)))
    parts = _from_hub(str(tmp_path), "generate", (None, None))
    assert {k: len(v) for k, v in parts.items()} == {"train": 30, "test": 4}
    assert parts["train"][0].references == ("a0",)
