"""Real numbers in records, in memory and as JSON."""

from __future__ import annotations

import math
from typing import Annotated, Any


class _NullIsNaN:
    """Tells pydantic how to read such a field; it is imported only by those who read records."""

    def __get_pydantic_core_schema__(self, kind: Any, reader: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_before_validator_function(
            lambda value: math.nan if value is None else value, reader(kind)
        )


# JSON has no word for NaN and infinities. They are written as null, and null is read as NaN.
Real = Annotated[float, _NullIsNaN()]
