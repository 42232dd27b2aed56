"""Names of methods with settings in brackets, such as ``lora[r=1,target_modules=all-linear]``.

The settings belong to the name, so that one method can stand in a study several times: every run, search,
twin and record goes by the name.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any

from qualms.data.yaml_text import parse_yaml
from qualms.errors import ConfigError


def split_names(text: str) -> list[str]:
    """What stands between commas, apart from the commas within brackets; without surrounding spaces."""
    return [part.strip() for part in _parts(text) if part.strip()]


def read_name(name: str) -> tuple[str, dict[str, Any], str]:
    """A method's name in three parts.

    Parameters
    ----------
    name : str
        ``FAMILY[KEY=VALUE,…]@OPTIMIZER/TWIN``, of which all but the family may be missing.

    Returns
    -------
    tuple[str, dict[str, Any], str]
        What stands before the brackets; the settings, with values read as YAML; what stands behind them.

    Raises
    ------
    ConfigError
        Brackets that are not closed or are empty, a setting that is no ``key=value`` or is given twice.
    """
    head, opened, rest = name.partition("[")
    if not opened:
        cut = min((i for i in map(name.find, "@/") if i >= 0), default=len(name))
        return name[:cut], {}, name[cut:]
    inside, behind = _to_closing_bracket(rest, name)
    settings: dict[str, Any] = {}
    for part in split_names(inside):
        key, equals, value = (text.strip() for text in part.partition("="))
        if not (key and equals and value):
            raise ConfigError(f"method {name!r}: in brackets stand settings as key=value, not {part!r}")
        if key in settings:
            raise ConfigError(f"method {name!r}: {key} is given twice")
        settings[key] = parse_yaml(value, f"method {name}: {key}")
    if not settings:
        raise ConfigError(f"method {name!r}: there are no settings in its brackets; leave them out")
    return head, settings, behind


def written(head: str, settings: dict[str, Any]) -> str:
    """The name of a method with these settings, the same for the same settings: keys in alphabetical order,
    texts without quotes where they are read as the same texts.
    """
    if not settings:
        return head
    return f"{head}[{','.join(f'{key}={_value(settings[key])}' for key in sorted(settings))}]"


def _value(value: Any) -> str:
    if isinstance(value, str):
        bare = re.fullmatch(r"[A-Za-z_.(^][\w.\-/*|()^$+]*", value, re.ASCII)
        try:
            return value if bare and parse_yaml(value, "") == value else json.dumps(value, ensure_ascii=False)
        except ConfigError:
            return json.dumps(value, ensure_ascii=False)
    if isinstance(value, list):
        return f"[{','.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _parts(text: str) -> list[str]:
    """Between the commas that are outside of all brackets and quotation marks."""
    parts = [""]
    for character, depth in _scanned(text):
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts


def _to_closing_bracket(text: str, name: str) -> tuple[str, str]:
    """What stands before the bracket that closes, and what behind it."""
    for i, (character, depth) in enumerate(_scanned(text)):
        if character == "]" and depth < 0:
            return text[:i], text[i + 1 :]
    raise ConfigError(f"method {name!r}: the bracket is not closed")


def _scanned(text: str) -> Iterator[tuple[str, float]]:
    """Every character with the number of brackets that are open behind it, infinitely many within quotation
    marks. As in YAML, a quotation mark counts at the beginning of a value alone.
    """
    depth, mark, before, escaped = 0, "", ",", False
    for character in text:
        if mark:
            if character == mark and not escaped:
                mark = ""
            escaped = mark == '"' and character == "\\" and not escaped
            yield character, math.inf
            continue
        if character in "\"'" and before in ",=:[{":
            mark = character
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(character, 0)
        before = before if character.isspace() else character
        yield character, math.inf if mark else depth
