"""`qualms export`: a linear adapter as LoRA, or merged into its base."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from qualms.cli import paths
from qualms.errors import ConfigError
from qualms.records.files import check_folder, new_folder


class Target(str, Enum):
    lora = "lora"
    merged = "merged"


def command(
    adapter: Annotated[Path, paths.argument(help="Folder of a quantum sublayer adapter.")],
    out: Annotated[Path, paths.option("--out", help="An empty or new folder.")],
    to: Annotated[
        Target, typer.Option("--to", help="lora: a checkpoint that plain PEFT loads; merged: a whole model.")
    ] = Target.lora,
    base: Annotated[
        str | None, paths.name_option("--base", help="Base model, if not the one the adapter names.")
    ] = None,
) -> None:
    """Export an adapter that is linear (the mergeable presets); others are refused with the reason."""
    check_folder(out, "--out", empty=True)
    from qualms.adapters import export_lora
    from qualms.study.tuned import load_tuned

    tuned = load_tuned(adapter, base)
    if not hasattr(tuned.model, "merge_and_unload"):
        raise ConfigError(f"{adapter} is a whole model already, and not an adapter")
    with new_folder(out) as folder:
        if to is Target.lora:
            export_lora(tuned.model, folder)
        else:
            tuned.model.merge_and_unload().save_pretrained(str(folder))
            tuned.tokenizer.save_pretrained(str(folder))
        note = adapter / "qualms.json"
        if note.exists():  # separator and labels belong to the tuned model in whatever form
            (folder / note.name).write_bytes(note.read_bytes())
    print(out)
