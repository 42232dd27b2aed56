"""The `qualms` command."""

from __future__ import annotations

import os
import sys
import warnings

import typer

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Quantum adapters for language models, each beside its classical twin.",
    rich_markup_mode=None,
)


@app.callback()
def _quiet() -> None:
    """Quantum adapters for language models, each beside its classical twin."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    warnings.filterwarnings("ignore", category=FutureWarning)
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()


def _register() -> None:
    from qualms.cli import analyze, compare, devices, doctor, evaluate, export, generate, noise, report, solve, tune

    for module in (compare, tune, generate, evaluate, noise, analyze, devices, solve, export, report, doctor):
        app.command(name=module.__name__.rpartition(".")[2])(module.command)


def run() -> None:
    """Entry point: every error of ours becomes one line on stderr and a non-zero exit."""
    from qualms.errors import QualmsError
    from qualms.report.characters import make_streams_lenient

    make_streams_lenient()
    _register()
    try:
        app()
    except QualmsError as error:
        print("qualms: " + " ".join(str(error).split()), file=sys.stderr)
        sys.exit(2)
    except BrokenPipeError:
        sys.exit(141)


if __name__ == "__main__":
    run()
