"""Which application servers an explanation is about, so that nobody is told to change a server they do not have."""

from collections.abc import Iterable

from badgateway.model.diagnosis import Diagnosis, EvidenceLine
from badgateway.model.explanation import FileRead
from badgateway.servers.registry import servers


def in_use(files: Iterable[FileRead], diagnosis: Diagnosis | None = None) -> frozenset[str]:
    """Return the names of the servers whose logs were given or that nginx spoke to; of all when nothing tells."""
    kinds = {file.kind for file in files} - {None}
    protocols = _protocols(diagnosis) if diagnosis else frozenset()
    return frozenset(
        server.name for server in servers() if server.log in kinds or server.protocol in protocols
    ) or frozenset(server.name for server in servers())


def _protocols(diagnosis: Diagnosis) -> frozenset[str]:
    """Return the protocols that nginx's error lines name, without HTTP, which any server may speak."""
    lines = list(_lines(diagnosis))
    known = {server.protocol for server in servers()} - {"http"}
    return frozenset(each for each in known if any(f'upstream: "{each}://' in line.text for line in lines))


def _lines(diagnosis: Diagnosis) -> Iterable[EvidenceLine]:
    yield from diagnosis.unattributed_lines
    for found in diagnosis.causes:
        yield from found.evidence
