"""Hashes that identify content."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from qualms.data.numbers import plain


def digest(value: Any) -> str:
    """Sixteen hexadecimal digits that identify a JSON-like value; a numpy number counts as the number."""
    content = json.dumps(plain(value), sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(content.encode()).hexdigest()[:16]
