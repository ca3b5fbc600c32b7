"""Finds which limits of CPU and memory a program that runs already has: those of the control group that it is in."""

from badgateway.model.file_text import text_of
from badgateway.process.container import MIB, GroupFiles, Size
from badgateway.process.control_groups import Places, folders_of

_MEMORY_LIMITS = {1: "memory.limit_in_bytes", 2: "memory.max"}
UNLIMITED_BYTES = 1 << 60
"""In the first version no limit is one of so many bytes, or more."""


def container_of(pid: int) -> GroupFiles | None:
    """Return what tells of the container that a program is in; None where neither CPU nor memory is limited."""
    found = folders_of(pid)
    if found is None:
        return None
    cpu, memory_mb = _cpu(found), _memory_mb(found)
    if not cpu and not memory_mb:
        return None
    return GroupFiles(version=found.version, folders=found.parents, size=Size(cpu=cpu, memory_mb=memory_mb))


def _cpu(found: Places) -> float:
    folder = found.parents["cpu"]
    if found.version == 2:
        quota_us, _, period_us = text_of(folder / "cpu.max").strip().partition(" ")
    else:
        quota_us, period_us = (text_of(folder / f"cpu.cfs_{name}_us").strip() for name in ("quota", "period"))
    # "max", -1, or no such file: no quota.
    return int(quota_us) / int(period_us) if quota_us.isdecimal() and period_us.isdecimal() else 0.0


def _memory_mb(found: Places) -> float:
    limit = text_of(found.parents["memory"] / _MEMORY_LIMITS[found.version]).strip()
    return int(limit) / MIB if limit.isdecimal() and int(limit) < UNLIMITED_BYTES else 0.0
