"""The lines of what starts servers and looks after them: systemd, supervisord, Kubernetes, Docker."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache

from badgateway.databases.registry import database_systems
from badgateway.model.evidence import ServerEvent
from badgateway.model.log_kind import LogKind
from badgateway.servers.log import ServerLine, ServerLog, epoch_s, rules

# What a machine runs beside a site's server: its end explains no failure of the site.
_OTHERS = (
    "nginx|apache2?|httpd|haproxy|traefik|caddy|envoy|varnish|pgbouncer|redis|valkey|memcached|rabbitmq|mongod|"
    "elasticsearch|celery(?:d|beat)?|beat|flower|worker|crond?|scheduler|sshd?|systemd|user|session|snapd?|apt|dpkg|"
    "certbot|logrotate|fwupd|packagekit|dockerd?|containerd|kubelet|rsyslog|dbus|polkit|udisks2|unattended|man|"
    "e2scrub|motd|anacron|atop|sysstat|phpsessionclean"
)
_NAME = r"[\w@\\:.-]+"
_OF_SYSTEMD = (
    "Main process exited, |A process of this unit |Failed with result '|Start request repeated|Scheduled restart job|"
    r"State 'stop-|Killing process \d|Deactivated successfully|Succeeded\.|Consumed |Control process exited|"
    "Unit entered failed state|Failed to execute|Failed at step |Service (?:hold-off|RestartSec=)|"
    "Processes still around|Unit process "
)
_SUPERVISORD_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d),\d{3} (?:CRIT|ERRO|WARN|INFO|DEBG) ")
# In NAME's place is the name of a container.
_OF_CONTAINERS = (
    # `kubectl get pods -w`, `docker events`, `kubectl describe pod`, Fly.io, Cloud Run and App Engine.
    (ServerEvent.UNIT_OUT_OF_MEMORY, r"^NAME +\d+/\d+ +OOMKilled "),
    (ServerEvent.UNIT_OUT_OF_MEMORY, r"^container oom [0-9a-f]{12,} \(.*name=NAME"),
    (ServerEvent.UNIT_OUT_OF_MEMORY, r"\bReason: +OOMKilled$| OOMKilling |to have been OOM killed"),
    (ServerEvent.UNIT_OUT_OF_MEMORY, r"Memory limit of \d+ \w+ exceeded"),
    # Render, Cloud Foundry.
    (ServerEvent.UNIT_OUT_OF_MEMORY, r"^==> Ran out of memory \(used over "),
    (ServerEvent.UNIT_OUT_OF_MEMORY, r"Exit status 137 \(out of memory\)"),
    # Events, the kubelet's log, `kubectl get pods -w`, and older events.
    (ServerEvent.UNIT_GAVE_UP, r"restarting failed container[ =]NAME (?:in )?pod"),
    (ServerEvent.UNIT_GAVE_UP, r"^NAME +\d+/\d+ +CrashLoopBackOff "),
    (ServerEvent.UNIT_GAVE_UP, r"Back-off restarting failed container$"),
    (ServerEvent.UNIT_STOPPING, r"Container NAME failed liveness probe, will be restarted"),
    (ServerEvent.UNIT_STOPPING, r'"Killing container with a grace period" .*containerName="NAME"'),
    (ServerEvent.UNIT_STARTED, r'"SyncLoop \(PLEG\): event for pod" .*"ContainerStarted"'),
    (ServerEvent.UNIT_UNHEALTHY, '(?:Liveness|Readiness|Startup) probe failed: |"Probe failed" probeType='),
    # Azure's App Service, Cloud Foundry, Fly.io's proxy, which had no codes once, and Cloudflare's tunnel.
    (ServerEvent.UNIT_UNHEALTHY, r"didn't respond to HTTP pings on port"),
    (ServerEvent.UNIT_ENDED, r"Container NAME for site \S+ has exited, failing site start"),
    (ServerEvent.UNIT_UNHEALTHY, r"^Container became unhealthy"),
    (ServerEvent.UNIT_UNHEALTHY, r"\[P[A-Z]\d\d\] (?:could not |instance refused )"),
    (ServerEvent.UNIT_UNHEALTHY, r"^(?:instance refused connection|could not (?:make HTTP request|find a good cand))"),
    (ServerEvent.UNIT_UNHEALTHY, r"Request failed error=\"Unable to reach the origin service\."),
    # Docker Compose, and `docker events`.
    (ServerEvent.UNIT_ENDED, r"^NAME exited with code (?P<value>\d{1,3})(?: \(restarting\))?$"),
    (ServerEvent.UNIT_ENDED, r"^container die [0-9a-f]{12,} \(.*exitCode=(?P<value>\d+),.*name=NAME"),
)


@cache
def supervisor_logs() -> Mapping[str, ServerLog]:
    """Return how what each of them writes is read, by its kind of log.

    Raises:
        ConfigurationError: Another package's database cannot be loaded.
    """
    named = {each.split("/")[-1] for one in database_systems() for each in (one.name, *one.engines, *one.programs)}
    words = "|".join((_OTHERS, *(rf"{name}\w*" for name in sorted(named))))
    # A name is that of a program, or ends with it: my-celery.service.
    others = re.compile(rf"(?:[\w.-]*[-_])?(?:{words})(?:[-_.@:\d]|$)")
    return {each.kind: replace(each, others=others) for each in (_systemd(), _supervisord(), _containers())}


def _systemd() -> ServerLog:
    unit = rf"(?P<uri>{_NAME}\.service)"
    return ServerLog(
        kind=LogKind.SYSTEMD,
        example="web.service: Main process exited, code=killed, status=9/KILL",
        own=re.compile(
            rf"[\w@\\:.-]+\.service: (?:{_OF_SYSTEMD})|"
            r"(?:Start(?:ed|ing)|Stopp(?:ed|ing)|Reload(?:ed|ing)|Failed to start) [\w@\\:.-]+\.service(?: - |\.)"
        ),
        words=(".service",),
        line=_as_it_is,
        rules=rules(
            (ServerEvent.UNIT_OUT_OF_MEMORY, rf"^{unit}: A process of this unit has been killed by the OOM killer"),
            (ServerEvent.UNIT_OUT_OF_MEMORY, rf"^{unit}: Failed with result 'oom-kill'"),
            (ServerEvent.UNIT_GAVE_UP, rf"^{unit}: Start request repeated too quickly"),
            (ServerEvent.UNIT_ENDED, rf"^{unit}: Main process exited, code=(?:killed|dumped), status=(?P<signal>\d+)/"),
            (ServerEvent.UNIT_ENDED, rf"^{unit}: Main process exited, code=exited, status=(?P<value>\d+)/"),
            (ServerEvent.UNIT_STARTED, rf"^Started {unit}"),
            (ServerEvent.UNIT_STOPPING, rf"^Stopping {unit}"),
            # Older ones write what the unit calls itself, and not its name.
            (ServerEvent.UNIT_STARTED, r"^Started (?!Session \d)[^.]+\.$"),
            (ServerEvent.UNIT_STOPPING, r"^Stopping (?!Session \d)[^.]+\.\.\.$"),
        ),
    )


def _supervisord() -> ServerLog:
    name = f"(?P<uri>{_NAME})"
    return ServerLog(
        kind=LogKind.SUPERVISORD,
        example="2024-12-06 14:48:56,123 INFO exited: web (terminated by SIGKILL; not expected)",
        own=re.compile(
            rf"{_SUPERVISORD_LINE.pattern}(?:exited: \S|spawned: '|success: \S+ entered |gave up: \S|stopped: \S|"
            r"waiting for .* to (?:stop|die)|killing '|received SIG|supervisord started|reaped unknown|RPC interface |"
            r"Set uid to|Included extra file|Server 'unix_http_server')"
        ),
        words=(" INFO ", " WARN ", " CRIT ", " ERRO "),
        line=_dated_by_supervisord,
        rules=rules(
            (ServerEvent.UNIT_ENDED, rf"^exited: {name} \(terminated by (?P<signal>SIG[A-Z]+)"),
            (ServerEvent.UNIT_ENDED, rf"^exited: {name} \(exit status (?P<value>\d+); "),
            (ServerEvent.UNIT_GAVE_UP, rf"^gave up: {name} entered FATAL state"),
            (ServerEvent.UNIT_STARTED, rf"^spawned: '{name}' with pid \d"),
            (ServerEvent.UNIT_STOPPING, rf"^stopped: {name} \("),
            (ServerEvent.UNIT_STOPPING, rf"^waiting for {name} to stop"),
        ),
        has_local_times=True,
    )


def _containers() -> ServerLog:
    name = f"(?P<uri>{_NAME})"
    texts = "|".join(text.replace("NAME", _NAME) for _, text in _OF_CONTAINERS)
    return ServerLog(
        kind=LogKind.CONTAINERS,
        example="Warning  BackOff  pod/web-7d9f  Back-off restarting failed container web in pod web-7d9f_site(4e1c)",
        own=re.compile(rf".{{0,400}}?(?:{texts.replace('?P<value>', '?:')})"),
        words=(
            *("restarting failed container", "CrashLoopBackOff", "OOM", " probe failed: ", '"Probe failed"'),
            *("liveness probe, will", '"Killing container', " exited with code ", "container oom ", "container die "),
            *('"SyncLoop (PLEG)', "Memory limit of ", "respond to HTTP pings", "[P", "out of memory", "has exited, "),
            *("instance refused", "HTTP request to instance", "a good candidate", "reach the origin service"),
            *("became unhealthy",),
        ),
        line=_as_it_is,
        rules=rules(*((event, text.replace("NAME", name)) for event, text in _OF_CONTAINERS)),
    )


def _as_it_is(line: str, utc_offset_s: float) -> ServerLine:
    """Take a line whose time stands in its prefix alone."""
    del utc_offset_s
    return ServerLine(text=line, has_prefix=True)


def _dated_by_supervisord(line: str, utc_offset_s: float) -> ServerLine:
    match = _SUPERVISORD_LINE.match(line)
    if match is None:
        return ServerLine(text=line, has_prefix=True)
    local_s = epoch_s(f"{match[1]}+00:00")
    time_s = None if local_s is None else local_s - utc_offset_s
    return ServerLine(text=line[match.end() :], time_s=time_s, has_prefix=True)
