"""What to do about a cause in the application servers that an explanation is about, and not in others."""

from collections.abc import Callable, Iterable, Mapping

from badgateway.model.diagnosis import SERVER_LOG, Cause, Diagnosis, EvidenceLine
from badgateway.model.explanation import Explanation, FileRead
from badgateway.model.knob import WorkerModel
from badgateway.servers.advice import Advice, Uses, advice_for
from badgateway.servers.registry import servers


def in_use(
    files: Iterable[FileRead],
    diagnosis: Diagnosis | None = None,
    models: Mapping[str, frozenset[WorkerModel]] | None = None,
) -> Uses:
    """Return the servers whose logs were given or that nginx spoke to, with what their logs say of their workers.

    All servers, when nothing tells.
    """
    kinds = {file.kind for file in files} - {None}
    protocols = _protocols(diagnosis) if diagnosis else frozenset()
    named = {server.name for server in servers() if server.log and server.log.kind in kinds}
    seen = [server.name for server in servers() if server.name in named or server.protocol in protocols]
    return {name: (models or {}).get(name, ()) for name in seen or [server.name for server in servers()]}


def advice_in(explanation: Explanation) -> Callable[[Cause], tuple[Advice, ...]]:
    """Return what says a cause's remedies; advice to give a log that was given is left out, if there is any other."""
    uses = in_use(explanation.files, explanation.diagnosis, explanation.worker_models)
    given = {file.kind for file in explanation.files if file.kind is not None}
    if any(server.log and server.log.kind in given for server in servers()):
        given.add(SERVER_LOG)

    def said(cause: Cause) -> tuple[Advice, ...]:
        advice = advice_for(cause, uses)
        return tuple(each for each in advice if not given.intersection(each.asks_for)) or advice

    return said


def _protocols(diagnosis: Diagnosis) -> frozenset[str]:
    """Return the protocols that nginx's error lines name, without HTTP, which any server may speak."""
    lines = list(_lines(diagnosis))
    known = {server.protocol for server in servers()} - {"http"}
    return frozenset(each for each in known if any(f'upstream: "{each}://' in line.text for line in lines))


def _lines(diagnosis: Diagnosis) -> Iterable[EvidenceLine]:
    yield from diagnosis.unattributed_lines
    for found in diagnosis.causes:
        yield from found.evidence
