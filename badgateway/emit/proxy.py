"""nginx's site as it was measured, with the half of the directives in use; and what a balancer before it needs."""

from badgateway.emit.evidence import evidence
from badgateway.emit.server_file import made_by
from badgateway.emit.subject import Subject
from badgateway.emit.templates import fill

OPEN_FILES = 16_384
"""As in the trials, where the machine allows so many."""
USUAL_IDLE_S = 60
"""Of the clouds' load balancers."""
USUAL_CHECK_S = 10
"""Between two health checks; clouds' balancers want more than the time limit of one."""
MEASURED_KEEPALIVE_S = 75
"""Of nginx towards clients, in the trials."""
CONNECT_TIMEOUT_S = 10
"""Of a load balancer, which nobody can change: as it was measured."""


def proxy_file(subject: Subject) -> str:
    """Return the site's file for nginx."""
    place, timeouts = subject.place, subject.timeouts
    http, application = subject.speaks_http, subject.document.experiment.application
    return fill(
        "nginx.conf.j2",
        made_by=made_by(subject),
        name=place.name,
        upstream=f"unix:{place.socket}" if place.port is None else place.address,
        pass_="proxy" if http else subject.server.protocol,
        scheme="http://" if http else "",
        is_http=http,
        host=application.host or "$http_host",
        server_name=application.host.partition(":")[0] if application.host else "_",
        # TLS ends before nginx: what the site was told in the trials.
        forwarded="$scheme" if application.scheme == "http" else application.scheme,
        static={path: place.application / folder for path, folder in application.static.items()},
        http=subject.configuration.proxy_http,
        keeps=subject.keeps_connections,
        keepalive=evidence(subject, "keepalive_s"),
        keepalive_s=subject.configuration.keepalive_s,
        server_keeps="keepalive_s" in subject.filled,
        connect_s=CONNECT_TIMEOUT_S if subject.keeps_connections else timeouts.proxy_connect_s,
        read_s=timeouts.proxy_read_s,
        order=time_limits(subject),
        client_keepalive_s=client_keepalive_s(subject),
        open_files=OPEN_FILES,
        connections=OPEN_FILES * 2 // 3,
    )


def balancer_idle_s(subject: Subject) -> int:
    """Return how long a load balancer may keep an idle connection: its usual time, or longer than nginx waits."""
    return max(USUAL_IDLE_S, subject.timeouts.proxy_read_s + 10)


def client_keepalive_s(subject: Subject) -> int:
    """Return how long nginx keeps an idle connection of a client: as in the trials, or longer than a balancer."""
    return max(MEASURED_KEEPALIVE_S, balancer_idle_s(subject) + 15)


def time_limits(subject: Subject) -> str:
    """Return in which order the time limits end a request."""
    timeouts = subject.timeouts
    limits = f"nginx waits {timeouts.proxy_read_s} s, and the client of the trials {timeouts.client_s:g} s"
    if subject.has_time_limit:
        first = f"{subject.server.label} ends a request after {timeouts.app_s} s"
        in_order = timeouts.app_s < timeouts.proxy_read_s
        return f"{first}, {limits}" + ("" if in_order else ": not in that order, as the experiment asked")
    return f"{limits}; {subject.server.label} has no limit of its own: {subject.deployable.unlimited}"


def balancer_note(subject: Subject) -> str:
    """Return the note."""
    timeouts, one = subject.timeouts, subject.configuration
    return fill(
        "load-balancer.md.j2",
        made_by=made_by(subject),
        idle_s=balancer_idle_s(subject),
        client_keepalive_s=client_keepalive_s(subject),
        read_s=timeouts.proxy_read_s,
        every_s=max(USUAL_CHECK_S, timeouts.proxy_read_s + 5),
        host=subject.document.experiment.application.host,
        client_s=f"{timeouts.client_s:g}",
        health=subject.document.experiment.application.probe.path,
        graceful_s=one.graceful_stop_s,
        drain_s=max(timeouts.proxy_read_s, one.graceful_stop_s),
        keeps=subject.keeps_connections,
        label=subject.server.label,
        keepalive_s=one.keepalive_s,
        server_keeps="keepalive_s" in subject.filled,
    )
