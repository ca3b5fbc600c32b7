"""The environment every child starts from: a short list, so that nothing of the caller's leaks into a measurement."""

from pathlib import Path

from badgateway.plan.programs import search_path


def base_environment(home: Path) -> dict[str, str]:
    """Return what every child gets; `home` keeps programs out of the caller's own files."""
    return {"PATH": search_path(), "HOME": str(home), "LANG": "C.UTF-8", "TZ": "UTC"}
