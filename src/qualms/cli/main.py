"""The `qualms` command.

A command's module is imported when that command is called or asked for its own help.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand

COMMANDS = {  # in the order of a day's work, each with what a line of the list has room for
    "compare": "Fine-tune a model by every method, beside its twins.",
    "tune": "Fine-tune a model by one method.",
    "generate": "Write text with a tuned model.",
    "evaluate": "Measure a tuned model on a data set.",
    "noise": "Measure an adapter under shots, noise and mitigation.",
    "analyze": "What a sublayer's circuit can express, and what it costs.",
    "learn": "Learners on a table, beside twins and classical methods.",
    "fraud": "Find frauds in a stream; what each detector is worth.",
    "devices": "Which algorithm fits which quantum device.",
    "prices": "What quantum devices charge, with sources and dates.",
    "ask": "A problem in plain words; the answer explained.",
    "decide": "Whether quantum is worth it, and which solvers race.",
    "solve": "Solve an optimization problem, checked and bounded.",
    "why": "Ask about an answer: why, how much, what if, why not.",
    "export": "Export a linear adapter as LoRA, or merged.",
    "serve": "A page over all records, jobs, and an HTTP API.",
    "report": "Rebuild tables and page from records of any kind.",
    "export-records": "Write a study's records in the form of PEFT's results.",
    "mcp": "Tools for agents: solve, follow, why, compare, prices.",
    "skills": "Write the skill that tells an agent how to use Qualms.",
    "spending": "What devices have cost, and who consented.",
    "doctor": "What this installation computes with, and what is missing.",
}
_PLAIN: dict[str, Any] = {
    "add_completion": False,
    "pretty_exceptions_enable": False,
    "rich_markup_mode": None,
}


class _Command(TyperCommand):
    """A command that is known by its name and one line until it is called."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """The context of the command itself, which parses the arguments and is what runs."""
        assert self.name is not None
        own = typer.Typer(**_PLAIN)
        own.command(self.name)(import_module(f"qualms.cli.{self.name.replace('-', '_')}").command)
        return typer.main.get_command(own).make_context(info_name, args, parent, **extra)


app = typer.Typer(no_args_is_help=True, **_PLAIN)


@app.callback()
def _quiet() -> None:
    """Quantum adapters for language models, each beside its classical twin."""
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    # variables, because transformers may not be needed, and takes seconds to import
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    # called from a program that has it already: for that one the variables come too late
    if "transformers" in sys.modules:
        from transformers.utils import logging as theirs

        theirs.set_verbosity_error()
        theirs.disable_progress_bar()
    warnings.filterwarnings("ignore", category=FutureWarning)
    # what cannot be reported is told in one line; `qualms serve` has a log, to which the trace goes as well
    logging.getLogger("qualms.report").addHandler(logging.NullHandler())


def _nothing() -> None:
    """What Typer asks of a command; `_Command` runs another."""


for _name, _line in COMMANDS.items():
    app.command(_name, cls=_Command, help=_line)(_nothing)


_UsageError: Any = typer.BadParameter.__base__  # Typer shows only its children, and has click inside or not


_WORDS = {  # of Typer, click and pydantic, whose sentences Typer hands on, in the words of this package
    ". Did you mean": "; did you mean",
    "(Possible options": "(possible options",
    "Invalid value for": "invalid value for",
    "Value error, ": "",
    "Input should": "it must",
}


def _usage(error: Any) -> str:
    """What is wrong with the command line, and where to look, as one line."""
    told = " ".join(error.format_message().split()).rstrip(".")
    for theirs, ours in _WORDS.items():
        told = told.replace(theirs, ours)
    command = sys.argv[1] + " " if sys.argv[1:2] and sys.argv[1] in COMMANDS else ""
    return f"{told[:1].lower()}{told[1:]}{' See' if told.endswith('?') else '; see'} qualms {command}--help"


def run() -> None:
    """Entry point: every error of ours, and every mistake in the command line, becomes one line on stderr and
    a non-zero exit.
    """
    from qualms.errors import QualmsError
    from qualms.report.characters import make_streams_lenient

    make_streams_lenient()
    try:
        try:
            status = app(standalone_mode=False)
        finally:
            sys.stdout.flush()
        sys.exit(status or 0)
    except _UsageError as error:
        if len(sys.argv) == 1:  # no command: Typer's list of them
            error.show()
        else:
            print("qualms: " + _usage(error), file=sys.stderr)
        sys.exit(2)
    except typer.Abort:
        sys.exit(1)
    except QualmsError as error:
        print("qualms: " + " ".join(str(error).split()), file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        if error.filename is not None:
            raise
        # Python writes what is left at its end, and would complain once more
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):  # whoever read the output has seen enough
            sys.exit(141)
        print(f"qualms: standard output cannot be written: {error.strerror}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    run()
