"""WHY.md: each value with what it rests on, and what nobody has tested."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from badgateway import numbers
from badgateway.emit.django_settings import connections
from badgateway.emit.document import Level
from badgateway.emit.evidence import Evidence, evidence, said, shown
from badgateway.emit.kernel import all_limits
from badgateway.emit.proxy import client_keepalive_s, time_limits
from badgateway.emit.subject import Subject
from badgateway.emit.templates import fill
from badgateway.model.axis import AXES
from badgateway.model.knob import FrontDoor
from badgateway.model.printable import printable
from badgateway.model.summary import Verdict
from badgateway.servers.server import COMMON_SETTINGS
from badgateway.words import phrases
from badgateway.words.study_limits import placed

_OF_THE_KIT = "the same in every trial of the kit: no other value was measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One value."""

    setting: str
    value: str
    file: str
    basis: str
    evidence: str

    @classmethod
    def of(cls, setting: str, value: str, file: str, found: Evidence) -> "Row":
        """Return the row of a setting of the configuration."""
        return cls(setting=setting, value=value, file=file, basis=str(found.basis), evidence=found.text)


def why_file(subject: Subject, files: Iterable[tuple[PurePosixPath, str]]) -> str:
    """Return the page; `files` are the others that were written, each with where it goes."""
    document = subject.document
    return fill(
        "why.md.j2",
        name=subject.place.name,
        chosen=subject.chosen.name,
        kept=subject.kept,
        shortfall=subject.shortfall,
        at_a_rate=cell(subject.at_a_rate),
        is_refuted=subject.is_refuted,
        reasons=[cell(reason) for reason in subject.chosen.reasons],
        is_pick=subject.is_pick,
        complete=document.complete,
        setup=cell(phrases.setup(subject.configuration)),
        sentence=cell(document.recommendation.sentence),
        objective=phrases.objective(document.experiment.objective),
        question=cell(document.experiment.question),
        experiment=document.experiment.name,
        source=cell(subject.source),
        started=cell(document.started),
        locustfile=cell(str(document.experiment.load.locustfile)),
        machine=cell(
            f"{document.environment.cores} cores, {numbers.memory(document.environment.memory_bytes)}, "
            f"{document.environment.system}"
        ),
        placed=[cell(line) for line in placed(document.experiment.places)],
        levels=[_level(level) for level in subject.chosen.levels],
        capacity=_capacity(subject),
        rows=[[cell(text) for text in _texts(row)] for row in rows(subject)],
        untested=list(untested(subject)),
        files=[(str(path), cell(goes)) for path, goes in files],
    )


def cell(text: str) -> str:
    """Return text that Markdown prints as it is, in one line of a table."""
    line = printable(" ".join(text.split()))
    return "".join(f"\\{letter}" if letter in "\\`*_{}[]<>|#~" else letter for letter in line)


def rows(subject: Subject) -> Iterator[Row]:
    """Yield every value that was chosen."""
    yield from _of_server(subject)
    yield from _of_proxy(subject)
    yield from _of_database(subject)


def _of_server(subject: Subject) -> Iterator[Row]:
    file = subject.place.file_name
    yield Row.of("server file", str(subject.configuration.server), file, evidence(subject, "server"))
    spelled = {**subject.server.settings, **subject.server.opposites}
    for field in COMMON_SETTINGS:
        if field in spelled and field in subject.filled:
            name = field if spelled[field] == field else f"{field}: {spelled[field]}"
            yield Row.of(name, _value(subject, field), file, evidence(subject, field))


def _value(subject: Subject, field: str) -> str:
    if field == "app_s":
        return f"{subject.timeouts.app_s} s"
    value = getattr(subject.configuration, field)
    return shown(not value if field in subject.server.opposites else value)


def _of_proxy(subject: Subject) -> Iterator[Row]:
    timeouts, directive = subject.timeouts, "proxy" if subject.speaks_http else subject.server.protocol
    file = f"{subject.place.name}.conf"
    transport, door = evidence(subject, "transport"), evidence(subject, "front_door")
    yield Row.of("socket to the server", subject.configuration.transport, file, transport)
    yield Row.of("connections to the server", _kept(subject), file, door)
    for name, limit in (("read", timeouts.proxy_read_s), ("connect", timeouts.proxy_connect_s)):
        found = evidence(subject, f"proxy_{name}_s")
        yield Row.of(f"{directive}_{name}_timeout", f"{limit} s", file, found)
    yield _fixed("order of the time limits", time_limits(subject), file, "what the experiment asked of them")
    yield _fixed(f"{directive}_next_upstream", "off", file, _OF_THE_KIT)
    yield _fixed("buffers", "8 x 8k, first 8k", file, _OF_THE_KIT)
    kept_s = client_keepalive_s(subject)
    yield _fixed("keepalive_timeout of clients", f"{kept_s} s", file, "no trial had a balancer before nginx")
    for one in all_limits(subject):
        yield _fixed(one.name, one.value, "sysctl.conf", one.basis)


def _kept(subject: Subject) -> str:
    return "kept 60 s" if subject.configuration.front_door is FrontDoor.LOAD_BALANCER else "one for each request"


def _of_database(subject: Subject) -> Iterator[Row]:
    one, file = subject.configuration, "database.py, site.env"
    yield Row.of("driver", one.driver, file, evidence(subject, "driver"))
    yield Row.of("CONN_MAX_AGE", f"{one.conn_max_age_s} s", file, evidence(subject, "conn_max_age_s"))
    yield Row.of("pool of a worker", shown(one.pool) if one.pool else "none", file, evidence(subject, "pool"))
    yield Row.of("TLS to the database", shown(one.database_tls), file, evidence(subject, "database_tls"))
    yield _fixed("connections", connections(subject), file, "counted in the trials")


def _fixed(setting: str, value: str, file: str, why: str) -> Row:
    return Row(setting=setting, value=value, file=file, basis="fixed", evidence=why)


def _texts(row: Row) -> tuple[str, ...]:
    return row.setting, row.value, row.file, row.basis, row.evidence


def _level(level: Level) -> str:
    return cell(f"{level.verdict}: {said(level)}")


def _capacity(subject: Subject) -> str:
    choice = subject.document.choice
    found = [one for one in choice.capacities if one.configuration == subject.chosen.name] if choice else []
    if not found:
        return ""
    if found[0].confirmed is None:
        return f"Its capacity was not told ({found[0].status})."
    return f"It carried {numbers.load(found[0].confirmed)} {found[0].unit}, confirmed by a longer window."


def untested(subject: Subject) -> Iterator[str]:
    """Yield what no trial of the run has seen, a sentence each."""
    one, environment = subject.configuration, subject.document.environment
    places = subject.document.experiment.places
    client = "" if places.workers else "client, "
    joined = ", joined by the networks of [places]" if places.lines else ""
    yield (
        f"Your production traffic: the load was that of the Locust file, with {client}nginx, server and database on "
        f"one machine of {environment.cores} cores{joined}."
    )
    yield "The site's code, and its server file and nginx template, as they are now: a run keeps no copy of them."
    yield "Deploys: no server was reloaded, restarted or stopped under load."
    if subject.document.experiment.application.scheme == "https":
        yield "That TLS ends before nginx: the site was told so in the trials, and nginx's site tells it the same."
    yield "TLS towards clients, static files, other sites behind nginx, and locations of its template beside /."
    yield "The unit of systemd and its sandbox, containers, and every path below /srv, /etc and /run."
    of_site = " for the site" if places.workers else ""
    yield f"More than one machine{of_site}, and a load balancer before nginx: load-balancer.md is arithmetic."
    if one.instances > 1:
        yield (
            f"One server alone: {one.instances} of them took turns behind nginx in the trials. These files start one; "
            "its machines or containers are as many, and nginx's upstream needs a line for each."
        )
    if one.cores:
        yield f"Other CPUs than the {one.cores} that its processes were bound to; these files bind them to none."
    if not one.max_requests:
        yield "Memory over days: no worker was replaced, and a trial takes seconds. Watch it for a week."
    for axis in AXES:
        first, *_ = values = one.values_on(axis)
        if values == (0.0,) and axis.unseen:
            yield axis.unseen
        elif axis.nothing and first:
            yield f"Another {axis.noun} than that of the trials: {axis.shown(first)}."
    if not subject.kept:
        failed = subject.chosen.verdict == Verdict.FAIL
        yield f"That the objective is kept: it is not{'' if failed else ' proven to be'}."
