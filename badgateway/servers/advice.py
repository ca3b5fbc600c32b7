"""Keeps of a cause's advice what turns something in the servers that are in use."""

from collections.abc import Collection
from dataclasses import replace

from badgateway.model.diagnosis import Cause, Remedy
from badgateway.servers.registry import servers


def for_servers(remedy: Remedy, names: Collection[str]) -> Remedy | None:
    """Return a remedy with the knobs that turn something in servers of these names; None when all are of others."""
    others = {server.label for server in servers() if server.name not in names}
    parts = [part for part in remedy.knob.split("; ") if part.split(" ", 1)[0].rstrip(":") not in others]
    return replace(remedy, knob="; ".join(parts)) if parts else None


def remedies_for(cause: Cause, names: Collection[str]) -> tuple[Remedy, ...]:
    """Return the remedies with the knobs of servers of these names, in order of effect; all when none fits them."""
    # A setting of another server would be new advice, to run that server instead: better that than none.
    return tuple(filter(None, (for_servers(remedy, names) for remedy in cause.remedies))) or cause.remedies


def first_knob(cause: Cause, names: Collection[str]) -> str:
    """Return what to turn first in servers of these names; empty when nothing is a setting."""
    return next((remedy.knob for remedy in remedies_for(cause, names) if remedy.knob), "")
