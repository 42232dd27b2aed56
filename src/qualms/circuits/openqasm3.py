"""OpenQASM 3 as Qiskit circuits, by the reference parser and Qiskit's importer; this file alone imports the
two.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from qualms.circuits.openqasm import MOST_BITS, Definitions, Place, Program, place_of
from qualms.errors import DataError, MissingExtraError, TooLargeError, one_line, translated

try:
    import qiskit_qasm3_import
    from antlr4.error.ErrorListener import ErrorListener
    from openqasm3 import ast, parser, visitor
except ImportError:
    raise MissingExtraError("qiskit-qasm3-import", "qiskit", "reading OpenQASM 3") from None


def read(text: str) -> Program:
    """A program in OpenQASM 3.

    Raises
    ------
    DataError
        With line and column, for what is no OpenQASM 3.
    TooLargeError
        For registers that are too large, before they are made.
    """
    tree = _tree(text)
    _Sizes().visit(tree)
    statements = list(tree.statements)

    def circuit(count: int) -> Any:
        return _converted(ast.Program(statements=statements[:count], version=tree.version))

    return Program([_place(s) for s in statements], circuit, "OpenQASM 3")


def _tree(text: str) -> ast.Program:
    """The parser's tree.

    `openqasm3.parse` would print errors of the lexer to stderr and tell some of them without a place.
    """
    listener = _Listener()

    def heard(recognizer: Any) -> Any:
        recognizer.removeErrorListeners()
        recognizer.addErrorListener(listener)
        return recognizer

    lexer = heard(parser.qasm3Lexer(parser.InputStream(text)))
    with translated(
        f"OpenQASM 3: {_deepest(text)}: brackets are nested too deeply, or this is no program", DataError
    ):
        grammar = heard(parser.qasm3Parser(parser.CommonTokenStream(lexer)))
        try:
            return parser.QASMNodeVisitor().visitProgram(grammar.program())
        except parser.QASM3ParsingError as error:
            found = re.match(r"L(\d+):C(\d+): (.*)", str(error), re.S)
            place = Place(int(found[1]), int(found[2]) + 1) if found else Place(1, 1)
            raise DataError(f"OpenQASM 3: {place}: {one_line(found[3] if found else error)}") from None


def _deepest(text: str) -> Place:
    """Where most brackets are open: what is nested too deeply for the parser is there."""
    depth, most, at = 0, 0, 0
    for found in re.finditer(r"[(\[{]|[)\]}]", text):
        depth += 1 if found[0] in "([{" else -1
        if depth > most:
            most, at = depth, found.start()
    return place_of(text, at)


class _Listener(ErrorListener):
    """The first error ends the reading."""

    def syntaxError(
        self, recognizer: Any, offendingSymbol: Any, line: int, column: int, msg: str, e: Any
    ) -> None:
        what = one_line(msg) if offendingSymbol is None else f"unexpected {offendingSymbol.text!r}"
        raise DataError(f"OpenQASM 3: {Place(line, column + 1)}: {what}")


def _place(node: Any) -> Place:
    return Place(node.span.start_line, node.span.start_column + 1)


def _converted(tree: ast.Program) -> Any:
    """Qiskit's circuit.

    The importer knows most places itself; IndexError, TypeError and others come without one and pass on.
    """
    try:
        return qiskit_qasm3_import.convert(tree)
    except qiskit_qasm3_import.ConversionError as error:
        found = re.match(r"(\d+),(\d+):\s*(.*)", error.message, re.S)
        if not found:
            raise
        raise DataError(
            f"OpenQASM 3: {Place(int(found[1]), int(found[2]) + 1)}: {one_line(found[3])}"
        ) from None


class _Sizes(visitor.QASMVisitor[None]):
    """Refuses what would make more qubits, bits or controls than `MOST_BITS`, and definitions that grow
    without bounds.
    """

    def __init__(self) -> None:
        self.total, self.definitions = 0, Definitions()

    def visit_QuantumGateDefinition(self, node: Any) -> None:
        self.definitions.add(
            node.name.name, (s.name.name for s in node.body if isinstance(s, ast.QuantumGate)), _place(node)
        )
        self.generic_visit(node)

    def visit_QubitDeclaration(self, node: Any) -> None:
        self._add(node, _value(node.size))

    def visit_BitType(self, node: Any) -> None:
        self._add(node, _value(node.size))

    def visit_QuantumGateModifier(self, node: Any) -> None:
        if node.modifier is not ast.GateModifierName.pow:
            self._most(node, _value(node.argument))

    def visit_Identifier(self, node: Any) -> None:
        if re.fullmatch(r"\$\d+", node.name):  # qubits of a device, all of which up to this one are made
            self._most(node, int(node.name[1:][:18]))

    def _add(self, node: Any, size: int) -> None:
        self.total += max(0, size)
        self._most(node, self.total)

    def _most(self, node: Any, size: int) -> None:
        if size > MOST_BITS:
            raise TooLargeError(f"OpenQASM 3: {_place(node)}: more than {MOST_BITS:,} qubits and bits")


_ARITHMETIC: dict[str, Callable[[int, int], int]] = {"+": int.__add__, "-": int.__sub__, "*": int.__mul__}


def _value(node: Any) -> int:
    """The number that a size stands for; 1 where there is none or the importer will refuse it."""
    if isinstance(node, ast.IntegerLiteral):
        return int(node.value)
    if isinstance(node, ast.BinaryExpression) and node.op.name in _ARITHMETIC:
        return _ARITHMETIC[node.op.name](_value(node.lhs), _value(node.rhs))
    if isinstance(node, ast.BinaryExpression) and node.op.name == "/":
        return _value(node.lhs) // (_value(node.rhs) or 1)
    return -_value(node.expression) if isinstance(node, ast.UnaryExpression) and node.op.name == "-" else 1
