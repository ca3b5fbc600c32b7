"""What to do about a cause in the application servers that an explanation is about, and not in others."""

from collections.abc import Callable, Collection, Iterable, Mapping

from badgateway.model.diagnosis import SERVER_LOG, Cause, Diagnosis, EvidenceLine
from badgateway.model.explanation import Explanation, FileRead
from badgateway.model.knob import WorkerModel
from badgateway.model.log_kind import LogKind, Proxy
from badgateway.servers.advice import FRONTS, Advice, Uses, advice_for
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


_NGINX = frozenset(("nginx", "ingress-nginx"))
_FRONTS: Mapping[str, frozenset[str]] = {
    LogKind.NGINX_ERROR: _NGINX,
    LogKind.NGINX_COMBINED: _NGINX,
    LogKind.NGINX_JSON: _NGINX,
    LogKind.OWN_FORMAT: _NGINX,
    LogKind.APACHE_ERROR: frozenset(("Apache",)),
    LogKind.HAPROXY: frozenset(("HAProxy",)),
    LogKind.TRAEFIK: frozenset(("Traefik",)),
    LogKind.TRAEFIK_LOG: frozenset(("Traefik",)),
    LogKind.CADDY: frozenset(("Caddy",)),
    LogKind.CADDY_LOG: frozenset(("Caddy",)),
    LogKind.ALB: frozenset(("ALB",)),
    LogKind.CLASSIC_ELB: frozenset(("Classic ELB",)),
    LogKind.CLOUDFRONT: frozenset(("CloudFront",)),
    LogKind.IIS: frozenset(("IIS",)),
    LogKind.HEROKU: frozenset(("Heroku",)),
    LogKind.HEROKU_DYNO: frozenset(("Heroku",)),
}
_OF_CLOUDS: Mapping[str, str] = {
    Proxy.ENVOY: "Envoy",
    Proxy.GOOGLE: "Google's load balancer",
    Proxy.CLOUDFLARE: "Cloudflare",
    Proxy.AZURE: "Azure's gateway",
    Proxy.GOROUTER: "Cloud Foundry",
}
"""By the proxy that a line names whose kind of log is anybody's."""
_WRITTEN_BY_APACHE = (LogKind.NGINX_COMBINED, LogKind.OWN_FORMAT)
"""Kinds of access logs that it writes too."""
_OF_TARGETS_UNKNOWN = (LogKind.ALB, LogKind.CLASSIC_ELB, LogKind.CLOUDFRONT)


def fronts(files: Iterable[FileRead], proxies: Collection[str] = ()) -> frozenset[str]:
    """Return what stands before the servers; all, when nothing tells.

    Args:
        files: That were given; their kinds tell.
        proxies: That lines of failures name.
    """
    kinds = {str(file.kind) for file in files if file.kind is not None}
    clouds = frozenset(_OF_CLOUDS[proxy] for proxy in proxies if proxy in _OF_CLOUDS)
    if clouds and Proxy.NGINX not in proxies:
        kinds -= {LogKind.NGINX_JSON, LogKind.OWN_FORMAT}
    if LogKind.APACHE_ERROR in kinds and LogKind.NGINX_ERROR not in kinds:
        kinds -= set(_WRITTEN_BY_APACHE)
    told = clouds.union(*(_FRONTS.get(kind, frozenset()) for kind in kinds))
    # What a cloud sends requests to is mostly an nginx, unless a server's own log says otherwise.
    if kinds and kinds <= set(_OF_TARGETS_UNKNOWN):
        told |= _NGINX if told else frozenset()
    return told or frozenset(FRONTS)


def advice_in(explanation: Explanation) -> Callable[[Cause], tuple[Advice, ...]]:
    """Return what says a cause's remedies; advice to give a log that was given is left out, if there is any other."""
    uses = in_use(explanation.files, explanation.diagnosis, explanation.worker_models)
    before = fronts(explanation.files, explanation.proxies)
    given = {file.kind for file in explanation.files if file.kind is not None}
    if any(server.log and server.log.kind in given for server in servers()):
        given.add(SERVER_LOG)

    def said(cause: Cause) -> tuple[Advice, ...]:
        advice = advice_for(cause, uses, before)
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
