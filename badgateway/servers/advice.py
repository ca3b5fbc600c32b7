"""Says a cause's remedies to whoever runs certain servers: each setting as these servers spell it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from badgateway.model.diagnosis import Cause, Remedy
from badgateway.model.knob import WorkerModel
from badgateway.servers.registry import servers

Uses = Mapping[str, Collection[WorkerModel]]
"""Names of the servers in use, each with its worker models; none, where they are not known."""


FRONTS = (
    *("nginx", "ingress-nginx", "Apache", "HAProxy", "Traefik", "Caddy", "ALB", "Classic ELB"),
    *("Envoy", "Google's load balancer", "Cloudflare", "Azure's gateway"),
)
"""What may stand before a server, as settings of remedies name it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """A remedy for certain servers."""

    text: str
    settings: Mapping[str, str]
    """What to change, by what has it: {"uWSGI": "listen"}; empty when it is no setting."""
    asks_for: tuple[str, ...] = ()

    @property
    def knob(self) -> str:
        """The settings in words: 'sysctl: net.core.somaxconn = 4096; uWSGI: listen'; empty when there is none."""
        return "; ".join(f"{where}: {setting}" for where, setting in self.settings.items())


def any_server() -> Uses:
    """Return that it is not known which servers are in use: all of them may be."""
    return {server.name: () for server in servers()}


def advice_for(cause: Cause, uses: Uses, fronts: Collection[str] = FRONTS) -> tuple[Advice, ...]:
    """Return what to do about a cause, in order of effect, without what turns nothing in what is in use.

    Args:
        cause: Of failures.
        uses: The servers in use.
        fronts: What stands before them; all, where that is not known.
    """
    own = {name: uses.get(name, ()) for name in cause.servers} or uses
    # One for another proxy is better than none, too.
    remedies = tuple(filter(None, (_before(remedy, fronts) for remedy in cause.remedies))) or cause.remedies
    fitting = tuple(filter(None, (_said(remedy, own) for remedy in remedies)))
    # A setting of another server would be new advice, to run that server instead: better that than none.
    return fitting or tuple(filter(None, (_said(remedy, any_server()) for remedy in cause.remedies)))


def _before(remedy: Remedy, fronts: Collection[str]) -> Remedy | None:
    """Return a remedy without settings of what does not stand before the servers; None where those were all it had."""
    left = {where: setting for where, setting in remedy.settings.items() if _is_of(where, fronts)}
    if remedy.settings and not left and not remedy.knobs:
        return None
    return replace(remedy, settings=left)


def _is_of(where: str, fronts: Collection[str]) -> bool:
    named = {front for front in FRONTS if front in where.split(", ")}
    return not named or not named.isdisjoint(fronts)


def first_knob(cause: Cause, uses: Uses) -> str:
    """Return what to turn first in these servers, in words; empty when nothing is a setting."""
    return next((advice.knob for advice in advice_for(cause, uses) if advice.knob), "")


def _said(remedy: Remedy, uses: Uses) -> Advice | None:
    seen = {model for models in uses.values() for model in models}
    if remedy.worker_models and seen and seen.isdisjoint(remedy.worker_models):
        return None
    spelled = _spelled(remedy, uses)
    if remedy.knobs and not spelled and (remedy.needs_a_knob or not remedy.settings):
        return None
    return Advice(text=remedy.text, settings={**remedy.settings, **spelled}, asks_for=remedy.asks_for)


def _spelled(remedy: Remedy, uses: Uses) -> dict[str, str]:
    found = {}
    for server in servers():
        # Several worker models may spell it in the same way.
        models: Iterable[WorkerModel | None] = () if server.name not in uses else uses[server.name] or (None,)
        spellings = dict.fromkeys(server.spelled(remedy.knobs, model) for model in sorted(models, key=str))
        if any(spellings):
            found[server.label] = " or ".join(filter(None, spellings))
    return found
