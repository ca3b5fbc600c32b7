"""Completes a declared experiment by what it says elsewhere, or by what holds for any site of the user's own."""

from collections.abc import Mapping
from typing import Any

_OF_A_SITE: Mapping[str, Any] = {
    "directory": ".",
    "health": {"path": "/"},
    "prepare": [],
    "restore": [],
    "wait_path": None,
}
"""The example site is in a folder of its own and has commands and pages for the kit; others have not."""


def completed(declared: Mapping[str, Any], *, is_of_a_site: bool) -> dict[str, Any]:
    """Return a declaration with what it leaves out; what is no table or list stays, and is refused as that.

    Args:
        declared: As the file has it.
        is_of_a_site: Whether the file is one of a site of the user's own.
    """
    complete = dict(declared)
    application = declared.get("application", {})
    if is_of_a_site and isinstance(application, dict):
        complete["application"] = _without_double(application)
    database, configurations = declared.get("database"), declared.get("configurations")
    driver = database.get("driver") if isinstance(database, dict) else None
    if driver is not None and isinstance(configurations, list):
        complete["configurations"] = [
            {"driver": driver} | one if isinstance(one, dict) else one for one in configurations
        ]
    return complete


def _without_double(application: Mapping[str, Any]) -> dict[str, Any]:
    """Return an application with what holds for any site, but for what it says in another way."""
    # Both keys say what is asked to see whether it is up.
    others = {"health"} if "health_path" in application else set()
    return {key: value for key, value in _OF_A_SITE.items() if key not in others} | dict(application)
