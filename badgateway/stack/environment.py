"""The environment every child starts from: a short list, so that nothing of the caller's leaks into a measurement."""

import os
from pathlib import Path

SYSTEM_DIRECTORIES = ("/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/libexec")
"""Where nginx and mariadbd are, for accounts whose PATH does not say so."""


def search_path() -> str:
    """Return the caller's PATH with the system's program directories at its end."""
    return os.pathsep.join([os.environ.get("PATH", os.defpath), *SYSTEM_DIRECTORIES])


def base_environment(home: Path) -> dict[str, str]:
    """Return what every child gets; `home` keeps programs out of the caller's own files."""
    return {"PATH": search_path(), "HOME": str(home), "LANG": "C.UTF-8", "TZ": "UTC"}
