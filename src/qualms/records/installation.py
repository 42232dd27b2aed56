"""What of the package is installed: its extras, package by package."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, metadata, version

from packaging.requirements import Requirement


def extras() -> dict[str, dict[str, str | None]]:
    """For every extra, the packages it asks for with the installed version; None for one that is missing or
    of a version not asked for.
    """
    about = metadata("qualms")
    asked = [Requirement(line) for line in about.get_all("Requires-Dist") or []]
    found: dict[str, dict[str, str | None]] = {}
    for extra in about.get_all("Provides-Extra") or []:
        packages = found.setdefault(extra, {})
        for requirement in asked:
            if requirement.name == "qualms" or requirement.marker is None:
                continue
            if requirement.marker.evaluate({"extra": extra}) and not requirement.marker.evaluate(
                {"extra": ""}
            ):
                packages[requirement.name] = _installed(requirement)
    return found


def _installed(requirement: Requirement) -> str | None:
    try:
        here = version(requirement.name)
    except PackageNotFoundError:
        return None
    return here if requirement.specifier.contains(here, prereleases=True) else None
