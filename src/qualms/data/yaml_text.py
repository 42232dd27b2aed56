"""The one reader of YAML: settings that can be read in one way only, each with the line of what is wrong."""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from qualms.data.text import read_text
from qualms.errors import ConfigError, DataError

_MOST_BYTES = 1_000_000

# Words that YAML 1.1 (PyYAML) and YAML 1.2 read differently; 1e-3 is a number in 1.2 and read as one here.
_TWO_READINGS = {
    "bool": re.compile(r"(?:yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)\Z"),
    "octal or decimal": re.compile(r"[-+]?0[0-9]+\Z"),
    "number with underscores": re.compile(r"(?=.*_)[-+]?[0-9][0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?\Z"),
    "base 60": re.compile(r"[-+]?[0-9]+(?::[0-5]?[0-9])+(?:\.[0-9]*)?\Z"),
}


def _fault(problem: str, node: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


class _Strict(yaml.SafeLoader):
    """Scalars as YAML 1.2 has them, keys that are texts and there once, no word that may be read in two
    ways.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012  # PyYAML's way

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is None or not key.tag.endswith(":str"):
                raise yaml.MarkedYAMLError(
                    problem=f"the key {name if name is not None else '[…]'} is no text; put it in quotes",
                    problem_mark=key.start_mark,
                )
            if name in seen:
                raise _fault(f"the key {name!r} occurs twice", key)
            seen.add(name)
        return super().construct_mapping(node, deep)

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            raise _fault("YAML aliases are not allowed here", event)
        if isinstance(event, yaml.ScalarEvent) and event.implicit[0]:
            for kind, pattern in _TWO_READINGS.items():
                if pattern.match(event.value):
                    meant = "true, false" if kind == "bool" else "a plain number"
                    problem = (
                        f"{event.value} may be read as "
                        f"{'true or false' if kind == 'bool' else f'a number ({kind})'} or as text; "
                    )
                    raise _fault(problem + f'write {meant} or "{event.value}" in quotes', event)
        return super().compose_node(parent, index)


for _tag, _pattern, _first in (
    ("null", r"(?:~|null|Null|NULL|)\Z", ["~", "n", "N", ""]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)\Z", list("tTfF")),
    ("int", r"[-+]?[0-9]+\Z", list("-+0123456789")),
    (
        "float",
        r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))\Z",
        list("-+0123456789."),
    ),
):
    _Strict.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


def parse_yaml(text: str, origin: str, lines: bool = False) -> Any:
    """One YAML value.

    Parameters
    ----------
    text : str
        YAML.
    origin : str
        Where it is from, for messages.
    lines : bool, default False
        Whether the user can look up its lines.

    Raises
    ------
    ConfigError
        As for `read_yaml`.
    """
    try:
        return yaml.load(text, _Strict)  # a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"{origin}:{mark.line + 1}" if mark and lines else origin
        tab = (
            mark is not None
            and mark.buffer is not None
            and mark.buffer[mark.pointer : mark.pointer + 1] == "\t"
        )
        raise ConfigError(
            f"{where}: {'a tab stands where YAML wants spaces' if tab else _problem(error)}"
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{origin}: not YAML: {' '.join(str(error).split())[:200]}") from None


def _problem(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "not readable"
    if type(error) is yaml.MarkedYAMLError:  # ours
        return problem
    expected = f"{error.context}, " if error.context and error.context.startswith("expected") else ""
    return f"not YAML: {expected}{problem}"


def read_yaml(path: Path, what: str) -> dict[str, Any]:
    """The mapping in a YAML file; `what` it is, for messages.

    Raises
    ------
    ConfigError
        With the line; also for keys that are there twice, aliases, and words that one version of YAML
        reads as text and another as a number or a truth value.
    """
    try:
        text = read_text(path, most_bytes=_MOST_BYTES).text
    except DataError as error:
        raise ConfigError(str(error)) from None
    loaded = parse_yaml(text, str(path), lines=True)
    if not isinstance(loaded, dict):
        raise ConfigError(
            f"{path}: {what} is a mapping of keys to values"
            + (", and this file is empty" if loaded is None else "")
        )
    return loaded
