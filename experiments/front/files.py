"""What every method's file holds: is it enough to have the adapter back, and what are its bytes spent on?

    python experiments/front/files.py > experiments/front/files.json
    python experiments/front/files.py e2e_gpt2 > experiments/front/files_gpt2.json

Each method of a recipe, and for `e2e` others of PEFT, is put on the recipe's base and trained for three steps on random
tokens, so that nothing is left at its start. It is saved, and loaded on a fresh copy of the base with other random
numbers. The list has the trained numbers, the bytes of the file, those of its header, and the largest difference
between the logits of the model that was saved and of the one that was loaded.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import warnings
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers.utils import logging

from qualms.adapters.fitting import fit_directions, needs_fitting
from qualms.adapters.summary import count
from qualms.language_models import load_model
from qualms.study.encoding import Encoded
from qualms.study.eva import start_eva
from qualms.study.lora_ga import start_lora_ga
from qualms.study.method import Method
from qualms.study.methods import parse
from qualms.study.recipe import load_recipe
from qualms.study.trainable import prepare

# Others of PEFT 0.21, which the comparison leaves out: what each needs, or how many numbers its smallest form has.
OTHERS = (
    "adalora[r=2,total_step=120]", "adamss[r=16,num_subspaces=2]", "boft[boft_block_size=4]",
    "cartridge[num_virtual_tokens=2]", "cpt", "deft[r=1]", "frod[save_projection=false]", "glora[r=1]",
    "gralora[r=2]", "hira[r=1]", "hra[r=1]", "lily[r=2]", "loha[r=1]", "osf[effective_rank=255]", "peanut[r=1]",
    "poly[r=1]", "prompt_tuning[num_virtual_tokens=8]", "shadow", "shira[r=1]", "supertuning[sparsity=0.999]",
)  # fmt: skip
TWINS = ("qsl:fitted[n_layers=16,rank=16]/lora-equal", "qsl:fitted[n_layers=16,rank=16]/unilora-equal")


def logits(model: Any, ids: torch.Tensor) -> torch.Tensor:
    model.eval()
    with torch.no_grad():
        found: torch.Tensor = model(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
    return found[:, -ids.shape[1] :]  # virtual tokens stand in front


def looked_at(method: Method, base_name: str, options: dict[str, Any]) -> dict[str, Any]:
    """A row of the list."""
    ids = torch.randint(3, 1000, (2, 24), generator=torch.Generator().manual_seed(0))
    batch = {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": ids}
    torch.manual_seed(0)
    base = load_model(base_name, "generate")
    untuned = logits(base, ids)
    model = prepare(method, base, "generate", options, 0).model
    start = float((logits(model, ids) - untuned).abs().max())
    if needs_fitting(model):
        fit_directions(model, [batch] * 4)
    data = {"task": "generate", "pad": 0, "batch_size": 2, "seed": 0}
    items = [Encoded(row, row) for row in ids.tolist()] * 4
    start_eva(model, items, **data)
    gradient_start = start_lora_ga(model, items, folder=None, **data)
    numbers = count(model).trained
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-2)
    model.train()
    for _ in range(3):
        model(**batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    if gradient_start is not None:
        gradient_start.write_as_plain_lora()
    trained = logits(model, ids)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder, save_embedding_layers=False)
        files = list(Path(folder).glob("*.safetensors"))
        headers = [8 + int.from_bytes(path.read_bytes()[:8], "little") for path in files]
        size = sum(path.stat().st_size for path in files)
        torch.manual_seed(1)
        loaded = PeftModel.from_pretrained(load_model(base_name, "generate"), folder)
        difference = float((logits(loaded, ids) - trained).abs().max())
    return {
        "trained_numbers": numbers, "file_bytes": size, "header_bytes": sum(headers),
        "numbers_in_file_that_are_not_trained": (size - sum(headers)) // 4 - numbers,
        "largest_difference_after_loading": difference, "largest_difference_at_the_start": start,
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recipe", nargs="?", default="e2e", help="name of a recipe for generation")
    name = parser.parse_args().recipe
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    recipe = load_recipe(Path(__file__).with_name(f"{name}.yaml"), {})
    found = {}
    for given in (*recipe.methods, *TWINS, *(OTHERS if name == "e2e" else ())):
        try:
            method = parse(given)
            if method.is_trained:
                found[method.name] = looked_at(method, recipe.model, recipe.options)
        except Exception as error:  # whatever a method of PEFT raises is what is to be told
            found[given] = {"fails": f"{type(error).__name__}: {error}".split("\n")[0]}
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
