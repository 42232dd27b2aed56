"""The text of an LP file: its sections, and the words of each with their lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NoReturn, Protocol

from qualms.data.numbers import real
from qualms.data.text import Text
from qualms.errors import DataError

_KEYWORDS = (  # what begins a section, at the beginning of a line
    ("constraints", r"subject\s+to|such\s+that|s\.\s?t\.|st\.?"),
    ("lazy", r"lazy\s+constraints"),
    ("cuts", r"user\s+cuts"),
    ("min", r"minimi[sz]e|minimum|min"),
    ("max", r"maximi[sz]e|maximum|max"),
    ("bounds", r"bounds?"),
    ("general constraints", r"general\s+constraints?|gencons?"),
    ("integer", r"generals?|gen|integers?|int"),
    ("binary", r"binary|binaries|bin"),
    ("semi-continuous variables", r"semi-continuous|semis?|semi-integers?|semint"),
    ("special ordered sets", r"sos[12]?"),
    ("piecewise linear objectives", r"pwlobj"),
    ("several objectives", r"multi-objectives?"),
    ("scenarios", r"scenario"),
    ("end", r"end"),
)
_HEADS = [(name, re.compile(rf"({pattern})(?=\s|$)", re.IGNORECASE)) for name, pattern in _KEYWORDS]
_WITH_COLON = re.compile(rf"(?:{'|'.join(pattern for _, pattern in _KEYWORDS)})\s*:", re.IGNORECASE)
_READ = {"min", "max", "constraints", "lazy", "cuts", "bounds", "integer", "binary", "end"}
_LP_SOLVE = re.compile(r"(max|min)\w*\s*:|/\*|//", re.IGNORECASE)
_START = r"[A-Za-z_!\"#$%&(),;?@`'{}|~.]"
_TOKEN = re.compile(
    rf"""(?P<number>(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)
    |(?P<arrow><->|->)
    |(?P<relation><=|>=|=<|=>|==|=|<|>)
    |(?P<name>{_START}([^\s:<>=+\-*^\[\]]|\[[^\[\]\s]*\])*)
    |(?P<other>[-+*/^:\[\]])""",
    re.VERBOSE,
)


class _Fail(Protocol):
    """Raises DataError for a line."""

    def __call__(self, line: int, what: str) -> NoReturn: ...


@dataclass(frozen=True)
class Token:
    """A word. kind : "number", "relation", "arrow", "name" or "other"."""

    line: int
    kind: str
    text: str


@dataclass
class Section:
    """name : "min", "max", "constraints", "lazy", "cuts", "bounds", "integer", "binary" or "end"."""

    name: str
    line: int
    tokens: list[Token]


def read_sections(source: Text, notes: list[str]) -> list[Section]:
    """The sections in order, the last of them "end"; what is left out goes to `notes`.

    Raises
    ------
    DataError
        With the line of what is no LP format, or of a section that has no form here.
    """

    def fail(line: int, what: str) -> NoReturn:
        raise DataError(f"{source.path}:{line}: {what}")

    found: list[Section] = []
    last = (0, "")
    for number, raw in enumerate(source.lines, 1):
        line = raw.split("\\", 1)[0].strip()
        if not line:
            continue
        last = (number, line)
        if found and found[-1].name == "end":
            notes.append(f"line {number}: what stands after End was left out")
            break
        if _WITH_COLON.fullmatch(line):
            fail(
                number,
                (
                    f"{line!r}: the head of a section, which has no colon, or the label of a constraint, "
                    "which has other names than sections"
                ),
            )
        if _LP_SOLVE.match(line):
            fail(
                number,
                (
                    f"{line[:30]!r}: this is the LP format of lp_solve, which is not read; lp_solve's "
                    "option -wfmps writes MPS"
                ),
            )
        head = next(((name, m) for name, pattern in _HEADS if (m := pattern.match(line))), None)
        names = ":<>=" if not found else ":<>=+-*^"  # after one of these the keyword is a name
        if head is not None and not line[head[1].end() :].lstrip().startswith(tuple(names)):
            _check_order(found, head[0], head[1].group(0), number, fail)
            found.append(Section(head[0], number, []))
            line = line[head[1].end() :]
        if not found:
            fail(number, f"{line[:30]!r} where Minimize or Maximize belongs")
        tokens = _tokens(number, line, fail)
        # HiGHS writes the heads of sections that have nothing in them
        if tokens and found[-1].name not in _READ:
            fail(number, f"{found[-1].name} have no form here")
        found[-1].tokens.extend(tokens)
    if not found:
        raise DataError(f"{source.path}: empty")
    if found[-1].name != "end":
        fail(last[0], f"the file ends in {last[1][:30]!r}, not in End: cut short?")
    return found


def _check_order(found: list[Section], name: str, text: str, line: int, fail: _Fail) -> None:
    if not found and name not in ("min", "max"):
        fail(line, f"{text!r} where Minimize or Maximize belongs")
    if found and name in ("min", "max"):
        fail(line, f"a second objective, {text!r}")


def _tokens(number: int, line: str, fail: _Fail) -> list[Token]:
    found, at = [], 0
    while at < len(line):
        if line[at].isspace():
            at += 1
            continue
        told = _TOKEN.match(line, at)
        if told is None:
            fail(number, f"{line[at : at + 20]!r} is not read")
        kind, text = str(told.lastgroup), told.group(0)
        if kind == "name" and (text.startswith(("(", ")")) or text.count("(") != text.count(")")):
            fail(number, f"{text!r}: brackets around terms are not read; write the terms one by one")
        if kind == "name" and (";" in text or text.endswith(",")):
            fail(
                number,
                (
                    f"{text!r}: {';' if ';' in text else 'a comma'} does not "
                    "belong into a name or after a number"
                ),
            )
        if kind == "number" and real(text) is None:
            fail(number, f"the number {text[:30]} is too large, or has too many digits")
        if kind == "name" and re.search(r"/[\d.]", text):
            fail(number, f"{text!r}: a division is not read; write 0.5 x for x/2")
        if kind == "name" and "," in text and re.search(r"\d,\d|^,", text) and not re.search(r"[(\[]", text):
            fail(number, f"{text!r}: a comma in a number or a name; write decimals with a point")
        found.append(Token(number, kind, text))
        at = told.end()
    return found
