"""What servers with an OpenAI-compatible interface reply, whole or as a stream of events, and how they tell a
failure.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from qualms.errors import one_line


@dataclass(frozen=True)
class Part:
    """A piece of a reply: what was said, why it ended, and what the model or server refused or failed
    with.
    """

    said: str = ""
    ended: str = ""
    refused: str = ""
    failed: str = ""


def short(said: str) -> str:
    plain = "".join(c if c.isprintable() else " " for c in said)
    return one_line(plain, 200) if plain.strip() else ""


def failure_message(data: bytes) -> str:
    """What a server says of a failure."""
    text = data.decode("utf-8", "replace")
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return _why(told) or text


def _why(told: Any) -> str:
    """The message in the forms of failure that servers have."""
    if isinstance(told, str):
        return told
    if isinstance(told, dict):
        for key in ("error", "message", "detail"):
            if told.get(key):
                return _why(told[key]) or json.dumps(told[key])
    return ""


def event_lines(pieces: Iterator[bytes]) -> Iterator[str]:
    """The lines of a stream."""
    rest = bytearray()
    for piece in pieces:
        rest += piece
        if b"\n" not in piece:
            continue
        *whole, last = bytes(rest).split(b"\n")
        rest = bytearray(last)
        for line in whole:
            yield line.decode("utf-8", "replace").rstrip("\r")
    if rest:
        yield rest.decode("utf-8", "replace")


def streamed_parts(lines: Iterator[str]) -> Iterator[Part]:
    """The parts of server-sent events; the last says how the reply ended, "cut" where nothing did."""
    ended = False
    for line in lines:
        if not line.startswith("data:"):
            continue
        data = line[5:].strip()
        if data == "[DONE]":
            return
        try:
            told = json.loads(data)
        except (ValueError, RecursionError):
            yield Part(failed="an event of the stream is no JSON")
            return
        for part in reply_parts(told, "delta"):
            ended = ended or bool(part.ended)
            yield part
    if not ended:
        yield Part(ended="cut")


def reply_parts(told: Any, where: str) -> Iterator[Part]:
    """The first choice of a response or of an event."""
    if not isinstance(told, dict):
        return
    if told.get("error"):
        yield Part(failed=_why(told["error"]) or "without a reason")
        return
    choices = told.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return
    message = choices[0].get(where)
    message = message if isinstance(message, dict) else {}
    content, refused, ended = message.get("content"), message.get("refusal"), choices[0].get("finish_reason")
    if isinstance(content, list):  # parts, as some servers write them
        content = "".join(str(p.get("text") or "") for p in content if isinstance(p, dict))
    yield Part(
        said=content if isinstance(content, str) else "",
        ended=ended if isinstance(ended, str) else "",
        refused=refused if isinstance(refused, str) else "",
    )
