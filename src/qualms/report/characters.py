"""Output streams whose encoding lacks characters: a readable stand-in of ASCII characters instead of an
error.
"""

from __future__ import annotations

import codecs
import io
import sys
import unicodedata

ERRORS = "qualms.stand_in"  # the name of the error handler, for `str.encode` and for streams
_ASCII = "qualms_ascii"

_STAND_INS = {
    "λ": "lambda", "Λ": "Lambda", "µ": "u", "±": "+/-", "≤": "<=", "≥": ">=", "≠": "!=", "≈": "~", "→": "->",
    "←": "<-", "↔": "<->", "⇒": "=>", "×": "x", "·": ".", "∙": ".", "•": "*", "●": "*", "−": "-", "∞": "inf",
    "√": "sqrt", "∈": "in", "∂": "d", "∏": "prod", "∑": "sum", "†": "^dagger", "⊗": "(x)", "⊕": "(+)",
    "⟨": "<", "⟩": ">", "‖": "||", "⁄": "/", "✓": "yes", "✔": "yes", "✕": "x", "✗": "x", "€": "EUR",
    "£": "GBP", "°": " deg", "‘": "'", "’": "'", "‚": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
    "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe",
    "Œ": "OE", "ı": "i", "§": "section ", "¬": "not ",
}  # fmt: skip


def stand_in(character: str) -> str:
    """ASCII characters that say the same as `character`, or its escape (``\\u4e2d``), so that two different
    names stay different.

    Tables keep their columns where one character stands for one: frames become + - |, dashes -, spaces of any
    width a space.
    """
    if character in _STAND_INS:
        return _STAND_INS[character]
    code, name = ord(character), unicodedata.name(character, "")
    mark, _, parts = unicodedata.decomposition(character).rpartition("> ")
    if drawn := _drawn(code, name, unicodedata.category(character)):
        found = drawn
    elif parts:  # a letter with an accent, an index, a fraction, a ligature
        letters = (chr(int(part, 16)) for part in parts.split())
        plain = "".join(p if p.isascii() else stand_in(p) for p in letters if not unicodedata.combining(p))
        found = {"<super": "^", "<sub": "_"}.get(mark, "") + plain
    elif name.startswith("GREEK ") and "LETTER " in name:
        word = name.rpartition("LETTER ")[2].split()[-1].lower()
        found = word.capitalize() if "CAPITAL" in name else word
    else:
        found = f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return found


def _drawn(code: int, name: str, category: str) -> str | None:
    """For what tables and bars are drawn with, and for dashes and spaces: one character for one."""
    if name.startswith("BOX DRAWINGS"):
        straight = "-" if name.endswith("HORIZONTAL") else "|" if name.endswith("VERTICAL") else "+"
        return "+" if " AND " in name else straight
    if 0x2580 <= code <= 0x259F:  # block elements, of which bars are made
        return "#"
    if name.startswith("BRAILLE PATTERN"):  # spinners
        return "*"
    return {"Pd": "-", "Zs": " "}.get(category)


def _handle(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    character = error.object[error.start]
    if "\udc80" <= character <= "\udcff":  # a byte of a file's name that is no text: goes out as it came in
        return bytes([ord(character) - 0xDC00]), error.start + 1
    return stand_in(character), error.start + 1


def _find(name: str) -> codecs.CodecInfo | None:
    """ASCII under another name: typer takes a stream called ASCII for a mistake, and writes UTF-8 to it."""
    if name != _ASCII:
        return None
    ascii_ = codecs.lookup("ascii")
    return codecs.CodecInfo(
        ascii_.encode,
        ascii_.decode,
        ascii_.streamreader,
        ascii_.streamwriter,
        ascii_.incrementalencoder,
        ascii_.incrementaldecoder,
        name=_ASCII,
    )


codecs.register_error(ERRORS, _handle)
codecs.register(_find)


def make_streams_lenient() -> None:
    """Let stdout and stderr write what they can and a stand-in for the rest, whatever the terminal's
    encoding.

    Called once, before anything is printed.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                encoding=_ASCII if codecs.lookup(stream.encoding).name == "ascii" else stream.encoding,
                errors=ERRORS,
            )


def readable(text: str, encoding: str) -> str:
    """`text` as a stream of that encoding shows it: measured before it is laid out in a table, so that the
    columns stay straight.
    """
    if encoding.lower().startswith("utf"):
        return text
    return text.encode(encoding, ERRORS).decode(encoding, "surrogateescape")
