"""Models in MPS, free or fixed; each error names its line.

HiGHS's own reader takes "1,5" for 1 and a word for 0, and leaves out what it does not know.
"""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import NoReturn

from qualms.data.numbers import hint, real
from qualms.data.text import Text, read_text
from qualms.errors import DataError
from qualms.formats.lines import unused_comments
from qualms.formats.models.builder import ModelText
from qualms.problems.mixed_integer import MixedInteger

_SECTIONS = (
    "NAME",
    "OBJSENSE",
    "ROWS",
    "COLUMNS",
    "RHS",
    "RANGES",
    "BOUNDS",
    "QUADOBJ",
    "QSECTION",
    "QMATRIX",
    "ENDATA",
)
_REFUSED = {
    "SOS": "special ordered sets", "SOS1": "special ordered sets", "SOS2": "special ordered sets",
    "INDICATORS": "indicator constraints", "QCMATRIX": "quadratic constraints", "CSECTION": "cones",
    "GENCONS": "general constraints", "LAZYCONS": "lazy constraints", "USERCUTS": "user cuts",
    "PWLOBJ": "piecewise linear objectives", "OBJECT": "several objectives",
}  # fmt: skip
_SENSES = ("MAX", "MIN", "MAXIMIZE", "MINIMIZE", "MAXIMISE", "MINIMISE", "MAXIMUM", "MINIMUM")
_WITH_VALUE, _WITHOUT = ("UP", "LO", "FX", "UI", "LI"), ("FR", "MI", "PL", "BV")
_INFINITE = 10**20  # what solvers take to be infinite
_FIELDS = ((1, 3), (4, 12), (14, 22), (24, 36), (39, 47), (49, 61))  # columns of the fixed format
Words = tuple[int, list[str]]


def read_model(path: Path, sense: str | None = None) -> MixedInteger:
    """A model from an .mps file, perhaps compressed (.mps.gz).

    Names with blanks are read by the columns of the fixed format. Of several right sides, ranges or bounds
    the first counts; free rows besides the objective are left out; integer variables between markers that
    have no bounds lie between 0 and 1, as CPLEX and HiGHS read them. Notes say so.

    Parameters
    ----------
    path : Path
        The file.
    sense : str, optional
        "max" or "min", whatever the file says. Without it OBJSENSE decides, else the comment
        "*SENSE:Maximize" that PuLP writes.

    Raises
    ------
    DataError
        With the line: rows or variables that are not declared, coefficients and bounds that are given
        twice, words that are no numbers, semi-continuous variables, special ordered sets, quadratic and
        indicator constraints, a file without ENDATA.
    """
    return _Reader(read_text(path, lambda line: line.startswith("*")), sense).model()


class _Reader:
    def __init__(self, text: Text, sense: str | None) -> None:
        self.path, self.sense = text.path, sense
        self.made = ModelText(text.path, list(text.notes))
        self.objective: str | None = None
        self.types: dict[str, str] = {}  # E, L, G, and N for free rows that are no objective
        self.declared: dict[str, int] = {}  # the line of each row
        self.entries: dict[str, dict[int, Fraction]] = {}
        self.sides: dict[str, Fraction] = {}
        self.spans: dict[str, Fraction] = {}
        self.marked: set[int] = set()
        self.bounded: set[int] = set()
        self.sections = self._sections(text)
        self._look_at_comments(text)

    def _look_at_comments(self, text: Text) -> None:
        """PuLP writes the sense into a comment and nowhere else; other comments that say such things are
        noted.
        """
        comments = [(k, line) for k, line in enumerate(text.lines, 1) if line.startswith("*")]
        told = next(
            (
                m
                for _, line in comments
                if (m := re.match(r"\*\s*SENSE\s*:\s*(max|min)imi[sz]e", line, re.IGNORECASE))
            ),
            None,
        )
        senseless = all(name != "OBJSENSE" for name, _, _ in self.sections)
        if told and senseless and self.sense is None and told.group(1).lower() == "max":
            self.made.sense = "max"
            self.made.notes.append(
                f"the objective is maximised, because of the comment {told.group(0)!r}, as PuLP writes it; "
                "--set sense=min minimises it"
            )
        self.made.notes += unused_comments(
            [c for c in comments if told is None or not c[1].startswith(told.group(0))]
        )
        for _, (k, words), _ in self.sections[:1]:
            if (
                words[0].upper() == "NAME"
                and re.search(r"\bmax", " ".join(words[2:]), re.IGNORECASE)
                and senseless
                and self.sense is None
            ):
                self.made.notes.append(
                    f"line {k}: {' '.join(words[2:])!r} beside the name was not used; --set sense=max "
                    "maximises the objective"
                )

    def fail(self, line: int, what: str) -> NoReturn:
        raise DataError(f"{self.path}:{line}: {what}")

    def model(self) -> MixedInteger:
        for name, head, body in self.sections:
            read = {
                "NAME": self._nothing, "OBJSENSE": self._sense, "ROWS": self._rows, "COLUMNS": self._columns,
                "RHS": self._right_sides, "RANGES": self._ranges, "BOUNDS": self._bounds,
                "QUADOBJ": self._squares, "QSECTION": self._section, "QMATRIX": self._matrix,
                "ENDATA": self._nothing,
            }  # fmt: skip
            read[name](head, body)
        free = sorted(self.marked - self.bounded)
        if free:
            names = list(self.made.place)
            told = ", ".join(names[k] for k in free[:5]) + (", …" if len(free) > 5 else "")
            self.made.notes.append(
                f"{len(free)} integer variables without bounds ({told}) lie "
                "between 0 and 1, as CPLEX and HiGHS read them"
            )
            self.made.high.update(dict.fromkeys(free, Fraction(1)))
        self._made_rows()
        self.made.sense = self.sense or self.made.sense
        return self.made.model()

    # the text

    def _sections(self, text: Text) -> list[tuple[str, Words, list[Words]]]:
        lines = [
            (k, line.rstrip())
            for k, line in enumerate(text.lines, 1)
            if line.strip() and not line.startswith("*")
        ]
        if not lines:
            raise DataError(f"{self.path}: empty")
        found: list[tuple[str, Words, list[str]]] = []
        numbers: list[list[int]] = []
        for k, line in lines:
            if found and found[-1][0] == "ENDATA":
                self.made.notes.append(f"line {k}: what stands after ENDATA was left out")
                break
            if line[0].isspace():
                if not found:
                    self.fail(k, f"{line.strip()[:30]!r} where NAME or ROWS belongs")
                found[-1][2].append(line)
                numbers[-1].append(k)
                continue
            words = line.split()
            name = words[0].upper()
            if found and found[-1][0] == "OBJSENSE" and name in _SENSES:  # CPLEX indents it, others do not
                found[-1][2].append(f" {line}")
                numbers[-1].append(k)
                continue
            if found and name in [section for section, _, _ in found]:
                self.fail(k, f"a second section {words[0]}")
            if name in _REFUSED:
                self.fail(k, f"{_REFUSED[name]} ({words[0]}) have no form here")
            if name not in _SECTIONS:
                self.fail(
                    k, f"{words[0]!r} is no section that is read; entries of a section begin with a blank"
                )
            found.append((name, (k, words), []))
            numbers.append([])
        if not found or found[-1][0] != "ENDATA":
            self.fail(
                lines[-1][0], f"the file ends in {lines[-1][1].strip()[:30]!r}, not in ENDATA: cut short?"
            )
        odd = [
            (name, k, line)
            for (name, _, body), at in zip(found, numbers, strict=True)
            for k, line in zip(at, body, strict=True)
            if _blank_names(name, line)
        ]
        fixed = bool(odd)
        if fixed:
            broken = next(((k, line) for name, k, line in odd if not _fits_columns(name, line)), None)
            if broken is not None:
                self.fail(
                    broken[0],
                    (
                        f"{broken[1].strip()[:40]!r} has neither the words of the free format nor the "
                        "columns of the fixed one"
                    ),
                )
            self.made.notes.append("names with blanks: the file was read by the columns of the fixed format")
        split = _by_columns if fixed else str.split
        return [
            (name, head, [(k, split(line)) for k, line in zip(at, body, strict=True)])
            for (name, head, body), at in zip(found, numbers, strict=True)
        ]

    def number(self, line: int, word: str) -> Fraction:
        word = re.sub(r"(?<=[\d.])[dD](?=[+-]?\d)", "e", word)  # Fortran's exponents: MPS is as old
        if real(word) is None:
            if word.lower().lstrip("+-") in ("inf", "infinity"):
                return Fraction(-_INFINITE if word.startswith("-") else _INFINITE)
            self.fail(line, f"{word!r} is not a number{hint(word)}")
        return Fraction(word)

    def pairs(self, line: int, words: list[str]) -> list[tuple[str, Fraction]]:
        if len(words) % 2 or not words:
            self.fail(line, f"{len(words)} words where names and numbers in turn belong")
        return [(a, self.number(line, b)) for a, b in zip(words[::2], words[1::2], strict=True)]

    # the sections

    def _nothing(self, head: Words, body: list[Words]) -> None:
        if body:
            self.fail(body[0][0], f"{' '.join(body[0][1])[:30]!r} in section {head[1][0]}")

    def _sense(self, head: Words, body: list[Words]) -> None:
        words = [(head[0], w) for w in head[1][1:]] + [(k, w) for k, row in body for w in row]
        if len(words) != 1 or words[0][1].upper() not in _SENSES:
            self.fail(words[0][0] if words else head[0], "MAX or MIN belongs under OBJSENSE")
        self.made.sense = words[0][1].lower()[:3]

    def _rows(self, head: Words, body: list[Words]) -> None:
        for k, words in body:
            if len(words) != 2 or words[0].upper() not in ("N", "E", "L", "G"):
                self.fail(k, f"{' '.join(words)[:30]!r} where N, E, L or G and a name belong")
            kind, name = words[0].upper(), words[1]
            if name in self.types:
                self.fail(k, f"a second row {name!r}, the first in line {self.declared[name]}")
            if kind == "N" and self.objective is None:
                self.objective = name
            elif kind == "N":
                self.made.notes.append(
                    f"line {k}: the free row {name!r} was left out; the objective is {self.objective!r}"
                )
            self.types[name], self.declared[name], self.entries[name] = kind, k, {}

    def _columns(self, head: Words, body: list[Words]) -> None:
        integer, opened = False, 0
        first: dict[tuple[str, int], int] = {}
        for k, words in body:
            if "'MARKER'" in words:
                if "'INTORG'" not in words and "'INTEND'" not in words:
                    self.fail(k, "a marker that is neither 'INTORG' nor 'INTEND'")
                integer = "'INTORG'" in words
                opened = k
                continue
            v = self.made.variable(words[0], k)
            if integer:
                self.made.integer.add(v)
                self.marked.add(v)
            for row, value in self.pairs(k, words[1:]):
                self._declared(k, row)
                if (row, v) in first:
                    self.fail(
                        k,
                        (
                            f"a second coefficient of {words[0]!r} in row {row!r}, "
                            f"the first in line {first[row, v]}"
                        ),
                    )
                first[row, v] = k
                self.entries[row][v] = value
        if integer:
            self.made.notes.append(
                f"line {opened}: a marker 'INTORG' without its 'INTEND': "
                "every variable after it is an integer"
            )

    def _declared(self, line: int, row: str) -> None:
        if row not in self.types:
            self.fail(line, f"row {row!r} is not declared in ROWS")

    def _vectors(self, head: Words, body: list[Words]) -> list[tuple[int, str, Fraction]]:
        """(line, row, number) of the first of the section's vectors."""
        found: list[tuple[int, str, Fraction]] = []
        used: str | None = None
        for k, words in body:
            name, rest = (words[0], words[1:]) if len(words) % 2 else ("", words)
            if used is not None and name != used:
                self._other(head, name, used)
                continue
            used = name
            for row, value in self.pairs(k, rest):
                self._declared(k, row)
                found.append((k, row, value))
        return found

    def _other(self, head: Words, name: str, used: str) -> None:
        note = f"{head[1][0]} {name!r} was left out; the first, {used!r}, counts"
        if note not in self.made.notes:
            self.made.notes.append(note)

    def _right_sides(self, head: Words, body: list[Words]) -> None:
        for k, row, value in self._vectors(head, body):
            if row in self.sides:
                self.fail(k, f"a second right side of row {row!r}")
            self.sides[row] = value

    def _ranges(self, head: Words, body: list[Words]) -> None:
        for k, row, value in self._vectors(head, body):
            if row in self.spans or self.types[row] == "N":
                self.fail(
                    k,
                    f"a second range of row {row!r}"
                    if row in self.spans
                    else f"a range of the free row {row!r}",
                )
            self.spans[row] = value

    def _bounds(self, head: Words, body: list[Words]) -> None:
        used: str | None = None
        given: set[tuple[int, str]] = set()
        for k, words in body:
            kind = words[0].upper()
            if kind in ("SC", "SI"):
                self.fail(
                    k, f"semi-{'continuous' if kind == 'SC' else 'integer'} variables have no form here"
                )
            if kind not in (*_WITH_VALUE, *_WITHOUT):
                self.fail(k, f"bound {words[0]!r}; {', '.join((*_WITH_VALUE, *_WITHOUT))} are read")
            name, variable, value = self._bound_words(k, kind, words[1:])
            if used is not None and name != used:
                self._other(head, name, used)
                continue
            used = name
            if variable not in self.made.place:
                self.fail(k, f"variable {variable!r} is not declared in COLUMNS")
            v = self.made.place[variable]
            self.bounded.add(v)
            for side in {"UP": "u", "UI": "u", "LO": "l", "LI": "l", "MI": "l", "PL": "u"}.get(kind, "lu"):
                if (v, side) in given:
                    self.fail(k, f"a second {'lower' if side == 'l' else 'upper'} bound of {variable!r}")
                given.add((v, side))
            self._set_bound(k, kind, v, variable, value)

    def _bound_words(self, line: int, kind: str, words: list[str]) -> tuple[str, str, Fraction | None]:
        """The set's name, which may be missing, the variable and the number."""
        most = 3 if kind in _WITH_VALUE else 2
        if kind in _WITHOUT and len(words) == 3:  # some programs write a number that nobody needs
            words = words[:2]
        if not most - 1 <= len(words) <= most:
            self.fail(
                line,
                (
                    f"{len(words) + 1} words where a bound, perhaps a set, a "
                    f"variable{' and a number' * (kind in _WITH_VALUE)} belong"
                ),
            )
        name, rest = (words[0], words[1:]) if len(words) == most else ("", words)
        return name, rest[0], self.number(line, rest[1]) if kind in _WITH_VALUE else None

    def _set_bound(self, line: int, kind: str, v: int, name: str, value: Fraction | None) -> None:
        low, high = self.made.low, self.made.high
        if value is not None and abs(value) >= _INFINITE:
            wrong = "LI" if value > 0 else "UI"
            if kind == "FX" or (kind[0] == wrong[0] and kind[0] in "LU"):
                self.fail(line, f"{name!r} has a bound {kind} that is infinite on the wrong side")
            value = None
        if kind in ("LO", "LI", "FX"):
            low[v] = value
        if kind in ("UP", "UI", "FX"):
            high[v] = value
        if kind in ("UI", "LI", "BV"):
            self.made.integer.add(v)
        if kind in ("MI", "FR"):
            low[v] = None
        if kind in ("PL", "FR"):
            high[v] = None
        if kind == "BV":
            low[v], high[v] = Fraction(0), Fraction(1)
        if kind in ("UP", "UI") and value is not None and value < 0 and v not in low:
            self.made.notes.append(
                f"line {line}: {name!r} has an upper bound below 0 and keeps the lower bound 0, so that no "
                "value fits; some programs take the lower bound to be infinite then: a bound MI says so"
            )

    def _squares(self, head: Words, body: list[Words]) -> None:
        """½ xᵀQx by one triangle."""
        self._quadratic(body, whole=False)

    def _section(self, head: Words, body: list[Words]) -> None:
        """½ xᵀQx of a row by one triangle."""
        if head[1][1:] not in ([], [self.objective]):
            self.fail(
                head[0],
                f"quadratic terms of row {' '.join(head[1][1:])!r}: quadratic constraints have no form here",
            )
        self._quadratic(body, whole=False)

    def _matrix(self, head: Words, body: list[Words]) -> None:
        """½ xᵀQx by both triangles."""
        self._quadratic(body, whole=True)

    def _quadratic(self, body: list[Words], whole: bool) -> None:
        entries: dict[tuple[int, int], Fraction] = {}
        for k, words in body:
            if len(words) != 3 or words[0] not in self.made.place or words[1] not in self.made.place:
                self.fail(k, "two declared variables and a number belong here")
            a, b = (self.made.place[w] for w in words[:2])
            if (a, b) in entries or (not whole and (b, a) in entries):
                self.fail(k, f"a second entry of {words[0]!r} and {words[1]!r}")
            entries[a, b] = self.number(k, words[2])
        for (a, b), q in entries.items():
            if whole and entries.get((b, a)) != q:
                self.fail(body[-1][0], "QMATRIX is not symmetric; QUADOBJ holds one triangle")
            if a <= b or not whole:
                self.made.products[min(a, b), max(a, b)] = q / 2 if a == b else q

    def _made_rows(self) -> None:
        if self.objective is not None:
            self.made.cost = self.entries[self.objective]
            self.made.offset = -self.sides.get(self.objective, Fraction(0))
        else:
            self.made.notes.append("no row of type N: there is no objective")
        for row, kind in self.types.items():
            if kind == "N":
                continue
            side = self.sides.get(row, Fraction(0))
            low, high = (None if kind == "L" else side), (None if kind == "G" else side)
            span = self.spans.get(row)
            if span is not None:
                low = side - abs(span) if kind == "L" or (kind == "E" and span < 0) else side
                high = side + abs(span) if kind == "G" or (kind == "E" and span >= 0) else side
            low = None if low is not None and low <= -_INFINITE else low
            high = None if high is not None and high >= _INFINITE else high
            self.made.row(self.declared[row], row, self.entries[row], low, high)


def _blank_names(section: str, line: str) -> bool:
    """Whether a line has more or fewer words than the free format allows for, so that a name must have a
    blank in it.
    """
    count = len(line.split())
    if section == "ROWS":
        return count > 2
    if section == "COLUMNS":
        return count not in (3, 5) and "'MARKER'" not in line
    return False


def _fits_columns(section: str, line: str) -> bool:
    """Whether the fixed format explains a line that the free one does not."""
    words = _by_columns(line)
    if section == "ROWS":
        return len(words) == 2
    return (
        len(words) in (3, 5)
        and all(real(w) is not None for w in words[2::2])
        and not line[12:14].strip()
        and not line[22:24].strip()
    )


def _by_columns(line: str) -> list[str]:
    """The fields of the fixed format; empty ones are left out."""
    if "'MARKER'" in line:
        return line.split()
    return [word for a, b in _FIELDS if (word := line[a:b].strip())]
