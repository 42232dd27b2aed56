"""Models in the LP format of CPLEX, with the dialects that other programs write; each error names its line.

HiGHS's own reader of the format drops constants, refuses common dialects without naming a place, and takes
brackets for parts of names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import NoReturn

from qualms.data.text import read_text
from qualms.errors import DataError
from qualms.formats.lines import unused_comments
from qualms.formats.models.builder import ModelText, Pair
from qualms.formats.models.lp_text import Token, read_sections
from qualms.problems.mixed_integer import MixedInteger

_INFINITE = 10**20  # what solvers take to be infinite
_MIRRORED = {"<=": ">=", ">=": "<=", "=": "="}


@dataclass
class _Sum:
    """How many terms there are, coefficients of variables, products i ≤ j, and a constant; exact."""

    terms: int = 0
    linear: dict[int, Fraction] = field(default_factory=dict)
    products: dict[Pair, Fraction] = field(default_factory=dict)
    constant: Fraction = Fraction(0)

    def add(self, other: _Sum, times: int = 1) -> None:
        self.terms += other.terms
        for k, v in other.linear.items():
            self.linear[k] = self.linear.get(k, Fraction(0)) + times * v
        for pair, v in other.products.items():
            self.products[pair] = self.products.get(pair, Fraction(0)) + times * v
        self.constant += times * other.constant


def read_model(path: Path, constants: str | None = None) -> MixedInteger:
    """A model from an .lp file, perhaps compressed (.lp.gz).

    Parameters
    ----------
    path : Path
        The file.
    constants : str, optional
        What becomes of a constant beside the variables of a constraint, as in "x - 1 >= 2": "ignore"
        leaves it out, as HiGHS and commercial solvers do, "move" takes it to the other side (x >= 3).
        Without a word it is left out, and a note says so.

    Raises
    ------
    DataError
        With the line of what is not read: quadratic and indicator constraints, semi-continuous variables,
        special ordered sets, divisions, a file without its last line "End", and everything that is no LP
        format.
    """
    return _Reader(path, constants).model()


class _Reader:
    def __init__(self, path: Path, constants: str | None) -> None:
        text = read_text(path, lambda line: line.split("\\")[0].isascii())
        self.path, self.constants = path, constants
        self.made = ModelText(path, list(text.notes))
        self.made.notes += unused_comments(
            [(k, c) for k, line in enumerate(text.lines, 1) for c in line.split("\\", 1)[1:]]
        )
        self.bounded: dict[tuple[int, str], int] = {}  # the line of each variable's lower and upper bound
        self.sections = read_sections(text, self.made.notes)
        self.squares = False  # whether [ ] may stand here
        self.tokens: list[Token] = []
        self.at = 0

    def fail(self, line: int, what: str) -> NoReturn:
        raise DataError(f"{self.path}:{line}: {what}")

    def model(self) -> MixedInteger:
        # they narrow bounds
        for section in sorted(self.sections, key=lambda s: s.name in ("integer", "binary")):
            self.tokens, self.at = section.tokens, 0
            if section.name in ("min", "max"):
                self._objective(section.name)
            elif section.name in ("constraints", "lazy"):
                while self.at < len(self.tokens):
                    self._constraint()
            elif section.name == "cuts":
                self.made.notes.append(
                    f"line {section.line}: the user cuts were left out; they "
                    "follow from the other constraints"
                )
            elif section.name == "bounds":
                while self.at < len(self.tokens):
                    self._bound()
            elif section.name in ("integer", "binary"):
                self._listed(section.name)
        self._note_bounds()
        return self.made.model()

    def _note_bounds(self) -> None:
        names = list(self.made.place)
        for k, high in self.made.high.items():
            if high is not None and high < 0 and k not in self.made.low:
                line = self.bounded.get((k, "upper"), 0)
                self.made.notes.append(
                    f"line {line}: {names[k]!r} has an upper bound below 0, and the lower bound 0 where "
                    "none is given: no value fits"
                )

    def _peek(self) -> Token | None:
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def _take(self, text: str) -> bool:
        token = self._peek()
        if token is None or token.text != text:
            return False
        self.at += 1
        return True

    def _line(self) -> int:
        token = self._peek() or (self.tokens[-1] if self.tokens else None)
        return token.line if token else 1

    def _label(self) -> str | None:
        if (
            self.at + 1 < len(self.tokens)
            and self.tokens[self.at].kind == "name"
            and self.tokens[self.at + 1].text == ":"
        ):
            self.at += 2
            return self.tokens[self.at - 2].text
        return None

    def _starts_row(self) -> bool:
        """Whether a label stands here."""
        return (
            self.at + 1 < len(self.tokens)
            and self.tokens[self.at].kind == "name"
            and self.tokens[self.at + 1].text == ":"
        )

    def _sum(self, within: int | None = None) -> _Sum:
        """Terms with their signs, to a relation, a label or the end; with `within`, no further than that
        line.
        """
        total, first = _Sum(), True
        while (
            (token := self._peek()) is not None
            and token.kind not in ("relation", "arrow")
            and not self._starts_row()
        ):
            if within is not None and token.line != within:
                break
            sign, signs = 1, 0
            while (token := self._peek()) is not None and token.text in "+-" and token.kind == "other":
                sign, signs = (-sign if token.text == "-" else sign), signs + 1
                self.at += 1
            if token is None:
                self.fail(self._line(), "a sign without a term after it")
            if not signs and not first:
                self.fail(
                    token.line, f"a sign is missing before {token.text!r}, or a section's head is misspelt"
                )
            total.add(self._term(token, within), sign)
            first = False
        return total

    def _term(self, token: Token, within: int | None) -> _Sum:
        if token.text == "[":
            return self._quadratic()
        found = _Sum(1)
        coefficient = None
        if token.kind == "number":
            coefficient = Fraction(token.text)
            self.at += 1
            self._take("*")
            token = self._peek() or token
        name = self._peek()
        if (
            name is not None
            and name.kind == "name"
            and not self._starts_row()
            and (coefficient is None or within is None or name.line == within)
        ):
            self.at += 1
            if name.text.lower() in ("inf", "infinity"):
                self.fail(name.line, f"{name.text!r} in a sum; a side that is infinite is left out")
            if name.text.lower() == "nan":
                self.fail(name.line, f"{name.text!r} is no number, and no name that a variable should have")
            found.linear[self.made.variable(name.text, name.line)] = (
                Fraction(1) if coefficient is None else coefficient
            )
        elif coefficient is not None:
            found.constant = coefficient
        else:
            self.fail(token.line, f"{token.text!r} where a term belongs")
        after = self._peek()
        if after is not None and after.kind == "other" and after.text in "*/^":
            what = {"*": "a product", "/": "a division", "^": "a power"}[after.text]
            self.fail(after.line, f"{what} outside of [ ] is not read")
        return found

    def _quadratic(self) -> _Sum:
        """[ q terms ] / 2, of an objective."""
        began = self.tokens[self.at].line
        if not self.squares:
            self.fail(began, "a quadratic constraint has no form here")
        self.at += 1
        found, first = _Sum(1), True
        while not self._take("]"):
            token = self._peek()
            if token is None:
                self.fail(began, "[ without ]")
            sign = -1 if token.text == "-" else 1
            if token.text in "+-" and token.kind == "other":
                self.at += 1
            elif not first:
                self.fail(
                    token.line, f"a sign is missing before {token.text!r}, or a section's head is misspelt"
                )
            pair, q = self._square()
            found.products[pair] = found.products.get(pair, Fraction(0)) + sign * q
            first = False
        if self._take("/"):
            token = self._peek()
            if token is None or token.text != "2":
                self.fail(self._line(), "] / 2 is expected here")
            self.at += 1
            found.products = {pair: q / 2 for pair, q in found.products.items()}
        else:
            self.fail(
                began,
                (
                    "the squares of an objective end in ] / 2, and half of what is in brackets counts; "
                    "write / 2 and twice the coefficients"
                ),
            )
        return found

    def _square(self) -> tuple[Pair, Fraction]:
        token = self._peek()
        q = Fraction(1)
        if token is not None and token.kind == "number":
            q = Fraction(token.text)
            self.at += 1
            self._take("*")
        first = self._named("a variable")
        if self._take("^"):
            token = self._peek()
            if token is None or token.text != "2":
                self.fail(self._line(), "a power other than 2 is not read")
            self.at += 1
            return (first, first), q
        if not self._take("*"):
            self.fail(self._line(), "in [ ] there are squares, x ^ 2, and products, x * y")
        second = self._named("a variable")
        return (min(first, second), max(first, second)), q

    def _named(self, what: str) -> int:
        token = self._peek()
        if token is None or token.kind != "name":
            self.fail(self._line(), f"{what} is expected here" + (f", not {token.text!r}" if token else ""))
        self.at += 1
        return self.made.variable(token.text, token.line)

    # what the sections mean

    def _objective(self, sense: str) -> None:
        self._label()
        self.squares = True
        found = self._sum()
        self.squares = False
        token = self._peek()
        if token is not None:
            self.fail(token.line, f"{token.text!r} in the objective: is 'Subject To' missing?")
        self.made.sense, self.made.cost, self.made.products, self.made.offset = (
            sense,
            found.linear,
            found.products,
            found.constant,
        )

    def _constraint(self) -> None:
        line = self._line()
        label = self._label()
        if self._infinite_side():  # -inf <= x + y <= 6
            self._half_range(line, label)
            return
        left = self._sum()
        relation = self._relation(line)
        if not left.terms:
            self._empty(line, label, relation)
            return
        middle = self._side(bool(left.linear))
        token = self._peek()
        if token is not None and token.kind == "relation" and not left.linear:  # 2 <= x + y <= 6
            self._range(line, label, left, relation, middle)
            return
        if token is not None and token.kind == "arrow":
            self.fail(
                token.line,
                (
                    "an indicator constraint (->) has no form here; write it "
                    "with a large number and a binary variable"
                ),
            )
        if token is not None and token.kind == "relation":
            self.fail(
                token.line,
                (
                    f"a second {token.text!r} in a constraint with variables "
                    "on its left side; write two constraints"
                ),
            )
        self._row(line, label, left, relation, middle)

    def _empty(self, line: int, label: str | None, relation: str) -> None:
        """A row without variables, as HiGHS writes them: "c1: = 0"."""
        right = self._side(True)
        if right.linear:
            self.fail(line, f"nothing stands before {relation!r}")
        low, high = (
            (None if relation == "<=" else right.constant),
            (None if relation == ">=" else right.constant),
        )
        self.made.row(line, label or "", {}, low, high)

    def _infinite_side(self) -> bool:
        """Take "-inf <=" or "inf >=" away, if it stands here."""
        at = self.at + (self.at < len(self.tokens) and self.tokens[self.at].text in "+-")
        if (
            at + 1 >= len(self.tokens)
            or self.tokens[at].text.lower() not in ("inf", "infinity")
            or self.tokens[at + 1].kind != "relation"
        ):
            return False
        relation = self.tokens[at + 1]
        if relation.text[0] == "=" or (relation.text[0] == "<") != (self.tokens[self.at].text == "-"):
            self.fail(relation.line, "an infinite side that nothing can keep")
        self.at = at + 2
        return True

    def _half_range(self, line: int, label: str | None) -> None:
        """The rest of a range whose first side is infinite."""
        middle = self._sum()
        relation = self._relation(line)
        right = self._side(True)
        self._row(line, label, middle, relation, right)

    def _relation(self, line: int) -> str:
        token = self._peek()
        if token is not None and token.kind == "arrow":
            self.fail(
                token.line,
                (
                    "an indicator constraint (->) has no form here; write it "
                    "with a large number and a binary variable"
                ),
            )
        if token is None or token.kind != "relation":
            self.fail(
                token.line if token else self.tokens[-1].line,
                f"the constraint of line {line} has no <=, >= or =",
            )
        self.at += 1
        return {"<": "<=", "=<": "<=", "<=": "<=", ">": ">=", "=>": ">=", ">=": ">="}.get(token.text, "=")

    def _side(self, closed: bool) -> _Sum:
        """The right side.

        It ends with its line where variables stand on the left, as CPLEX has it; else at the next relation or
        label.
        """
        token = self._peek()
        if token is None:
            self.fail(self.tokens[-1].line, "a constraint without a right side")
        found = self._sum(token.line if closed else None)
        if not found.terms:
            self.fail(self.tokens[self.at - 1].line, "a constraint without a right side")
        if not closed and not found.linear:
            self.fail(token.line, "a constraint without variables")
        return found

    def _range(self, line: int, label: str | None, left: _Sum, relation: str, middle: _Sum) -> None:
        second = self._relation(line)
        right = self._side(True)
        if right.linear or relation != second or relation == "=":
            self.fail(
                line,
                (
                    "in a range, as in 2 <= x + y <= 6, two numbers stand outside "
                    "and both relations point the same way"
                ),
            )
        shift = self._shift(line, middle)
        low, high = (left.constant, right.constant) if relation == "<=" else (right.constant, left.constant)
        self.made.row(line, label or "", middle.linear, *self._sides(line, low - shift, high - shift))

    def _row(self, line: int, label: str | None, left: _Sum, relation: str, right: _Sum) -> None:
        if not left.linear and not right.linear:
            self.fail(line, "a constraint without variables")
        if left.linear and right.linear:  # constants on both sides of a formula: only one reading
            left.add(right, -1)
            linear, side = left.linear, -left.constant
        elif left.linear:
            linear, side = left.linear, right.constant - self._shift(line, left)
        else:
            linear, side = right.linear, left.constant - self._shift(line, right)
            relation = _MIRRORED[relation]
        low, high = (None if relation == "<=" else side), (None if relation == ">=" else side)
        self.made.row(line, label or "", linear, *self._sides(line, low, high))

    def _sides(
        self, line: int, low: Fraction | None, high: Fraction | None
    ) -> tuple[Fraction | None, Fraction | None]:
        """Those of a row, None where they are infinite."""
        if (low is not None and low >= _INFINITE) or (high is not None and high <= -_INFINITE):
            self.fail(line, "a side of 1e20 or more, which solvers take to be infinite and nothing can keep")
        if (low is not None and low <= -_INFINITE) or (high is not None and high >= _INFINITE):
            self.made.notes.append(
                f"line {line}: a side of 1e20 or more was taken to be infinite, as solvers do"
            )
        return (
            None if low is not None and low <= -_INFINITE else low,
            None if high is not None and high >= _INFINITE else high,
        )

    def _shift(self, line: int, side: _Sum) -> Fraction:
        """What the constant beside variables counts for."""
        if not side.constant or self.constants == "move":
            return side.constant
        if self.constants is None:
            self.made.notes.append(
                f"line {line}: the constant {float(side.constant):g} beside the variables of a constraint "
                "was left out, as HiGHS and commercial solvers do; --set constants=move takes it to the "
                "other side, --set constants=ignore leaves it out without this note"
            )
        return Fraction(0)

    def _bound(self) -> None:
        line = self._line()
        self._label()
        # variable or number, the sign of an infinity, the relation after it
        sides: list[tuple[int | None, Fraction | None, int, str]] = []
        while True:
            variable, number, sign = self._bound_part(line)
            token = self._peek()
            if token is not None and token.kind == "relation" and token.line == line:
                sides.append((variable, number, sign, self._relation(line)))
                continue
            sides.append((variable, number, sign, ""))
            break
        token = self._peek()
        if (
            len(sides) == 1
            and sides[0][0] is not None
            and token is not None
            and token.text.lower() == "free"
            and token.line == line
        ):
            self.at += 1
            self._limit(line, sides[0][0], ">=", None, -1)
            self._limit(line, sides[0][0], "<=", None, 1)
            return
        at = [k for k, (variable, _, _, _) in enumerate(sides) if variable is not None]
        if len(at) != 1 or not 2 <= len(sides) <= 3 or (len(sides) == 3 and at != [1]):
            self.fail(line, "a bound is like 0 <= x <= 4, x >= 2, x = 3 or x free")
        k = at[0]
        variable = sides[k][0]
        assert variable is not None
        if k:
            self._limit(line, variable, _MIRRORED[sides[k - 1][3]], sides[k - 1][1], sides[k - 1][2])
        if k + 1 < len(sides):
            self._limit(line, variable, sides[k][3], sides[k + 1][1], sides[k + 1][2])

    def _bound_part(self, line: int) -> tuple[int | None, Fraction | None, int]:
        """A variable, or a number (None if it is infinite), and the sign."""
        sign = 1
        while (token := self._peek()) is not None and token.kind == "other" and token.text in "+-":
            sign = -sign if token.text == "-" else sign
            self.at += 1
        if token is None or token.line != line:
            self.fail(line, "a bound that is cut short")
        self.at += 1
        if token.kind == "number":
            number = sign * Fraction(token.text)
            return None, (number if abs(number) < _INFINITE else None), 1 if number > 0 else -1
        if token.kind == "name" and token.text.lower() in ("inf", "infinity"):
            return None, None, sign
        if token.kind != "name" or sign < 0:
            self.fail(line, f"{token.text!r} in a bound")
        if token.text not in self.made.place:
            self._note_unused(token)
        return self.made.variable(token.text, line), None, 1

    def _limit(self, line: int, variable: int, relation: str, number: Fraction | None, sign: int) -> None:
        """One side of a bound; `number` None stands for an infinity of that sign."""
        for side, applies, wrong in (
            ("lower", relation in (">=", "="), 1),
            ("upper", relation in ("<=", "="), -1),
        ):
            if not applies:
                continue
            if number is None and sign == wrong:
                self.fail(
                    line,
                    (
                        f"{'a lower' if side == 'lower' else 'an upper'} bound of "
                        f"{'+' if sign > 0 else '-'}infinity"
                    ),
                )
            held = (self.made.low if side == "lower" else self.made.high).get(variable)
            if (variable, side) in self.bounded and held != number:
                name = list(self.made.place)[variable]
                self.fail(
                    line,
                    f"a second {side} bound of {name!r}, the first in line {self.bounded[variable, side]}",
                )
            self.bounded[variable, side] = line
        if relation in (">=", "="):
            self.made.low[variable] = number
        if relation in ("<=", "="):
            self.made.high[variable] = number

    def _listed(self, name: str) -> None:
        """Names of integer or binary variables."""
        for token in self.tokens:
            if token.kind != "name":
                self.fail(token.line, f"{token.text!r} where names of variables belong")
            if token.text not in self.made.place:
                self._note_unused(token)
            k = self.made.variable(token.text, token.line)
            self.made.integer.add(k)
            if name == "binary":
                self._narrow(k, token)

    def _narrow(self, k: int, token: Token) -> None:
        """A binary variable lies between 0 and 1, and within the bounds that it has besides."""
        low, high = self.made.low.get(k, Fraction(0)), self.made.high.get(k)
        if (k in self.made.low and low != 0) or (k in self.made.high and high != 1):
            self.made.notes.append(
                f"line {token.line}: the binary variable {token.text!r} has other bounds too; both hold"
            )
        self.made.low[k] = max(low, Fraction(0)) if low is not None else Fraction(0)
        self.made.high[k] = min(high, Fraction(1)) if high is not None else Fraction(1)

    def _note_unused(self, token: Token) -> None:
        self.made.notes.append(
            f"line {token.line}: variable {token.text!r} stands in no constraint and not in the objective"
        )
