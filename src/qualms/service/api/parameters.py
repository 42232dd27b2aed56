"""Parameters of an address are held against those that the OpenAPI document has for it."""

from __future__ import annotations

from difflib import get_close_matches

from qualms.errors import ConfigError
from qualms.service.web import Request


async def check_parameters(request: Request) -> None:
    """Refuse a request whose address has a parameter that its route does not know, or one twice.

    A misspelt one would be left out in silence, and the answer be that to another question.

    Raises
    ------
    ConfigError
    """
    if not request.query_params:
        return
    operations = request.app.openapi()["paths"].get(request.scope["route"].path, {})
    declared = operations.get(request.method.lower(), {}).get("parameters", [])
    known = [p["name"] for p in declared if p["in"] == "query"]
    names = [name for name, _ in request.query_params.multi_items()]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, 1)
            there = f"did you mean {near[0]}?" if near else f"there are {', '.join(known) or 'none'}"
            raise ConfigError(f"{name!r} is no parameter of this address; {there}")
        if names.count(name) > 1:
            raise ConfigError(f"{name}: is given {names.count(name)} times; give it once")
