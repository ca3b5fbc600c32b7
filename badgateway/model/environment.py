"""The machine and the versions an experiment ran on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Recorded once per experiment and printed in every report."""

    system: str
    """Kernel and distribution, for example 'Linux 6.18.5, Debian GNU/Linux 12 (bookworm)'."""
    cpu: str
    cores: int
    memory_bytes: int
    python: str
    somaxconn: int | None
    """Kernel's ceiling for every accept queue; None where there is no such setting."""
    account: str
    """Whose processes the servers were."""
    versions: tuple[tuple[str, str], ...]
    """Name and version of every server, driver and library that can matter, sorted by name."""
