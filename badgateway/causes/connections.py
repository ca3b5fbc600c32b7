"""Connections between proxy and server: none to be had, lost to a race, or tried again."""

from dataclasses import replace

from badgateway.causes.conditions import CONNECTION_CLOSED, because, listed, place_sql
from badgateway.causes.local_ports import PORTS_EXHAUSTED
from badgateway.causes.rule import Proof, Rule, any_death
from badgateway.model.diagnosis import Cause, Certainty, Remedy
from badgateway.model.evidence import Reason, ServerEvent
from badgateway.model.knob import Knob

FAMILY = "connections"

NOTHING_LISTENING = Cause(
    id="nothing-listening",
    title="Nothing was listening at the upstream's address",
    family=FAMILY,
    statuses=(502,),
    explanation="The server was not started yet, had ended, or listens somewhere else. The kernel refuses at once.",
    evidence="nginx: `connect() failed (111: Connection refused) while connecting to upstream`, or for a unix socket "
    "`(2: No such file or directory)`; `(113: No route to host)` when the machine is gone. On TCP with "
    "net.ipv4.tcp_abort_on_overflow = 1 a full accept queue is reset instead, which is 104.",
    remedies=(
        Remedy(text="Start the server before the proxy sends it requests, and let a supervisor restart it."),
        Remedy(
            text="Compare the addresses on both sides.",
            knobs=(Knob.ADDRESS,),
            settings={"nginx": "proxy_pass, uwsgi_pass"},
        ),
        Remedy(
            text="Where the line has [::1]: localhost means two addresses, and the server listens at one of them.",
            settings={"nginx": "proxy_pass http://127.0.0.1:8000"},
        ),
        Remedy(
            text="Where the server's log says that it listens on that very socket, put it under /run: in /tmp each "
            "service may have a folder of its own, which no other one sees.",
            settings={"systemd": "PrivateTmp"},
        ),
        Remedy(
            text="Let uWSGI end when the application does not import, instead of running without it.",
            knobs=(Knob.NEEDED_APPLICATION,),
        ),
    ),
    confused_with="Not a full queue: that is error 11 on a unix socket and a timeout on TCP.",
)

AT_ANOTHER_ADDRESS = Cause(
    id="server-at-another-address",
    title="The server says that it listens at that port, and the proxy found nobody there",
    family=FAMILY,
    statuses=(502,),
    explanation="Nothing listened at the address that the proxy uses (nothing-listening), though the server's own log "
    "says that it listens at that port, and not that it stopped. So the two mean different machines: a container was "
    "made anew and has another address since, while nginx keeps the one that it looked up when it started; or "
    "127.0.0.1 is the proxy's own container. Or the server was killed without a word.",
    evidence="nginx: `(111: Connection refused)` or `(113: No route to host) while connecting to upstream`, and in the "
    "server's log, before it, that it listens at that port, and no stop since.",
    remedies=(
        Remedy(
            text="Restart nginx, or let it look the name up again and again: with a variable in proxy_pass it does.",
            settings={"nginx": "resolver 127.0.0.11 valid=10s; set $web web; proxy_pass http://$web:8000"},
        ),
        Remedy(
            text="Between containers name the other one's service, never 127.0.0.1 or localhost, and let the server "
            "listen at all addresses of its own.",
            knobs=(Knob.ADDRESS,),
            settings={"nginx": "proxy_pass http://web:8000"},
        ),
        Remedy(text="See whether it runs, and where: `docker compose ps`, `systemctl status`, `ss -ltnp`."),
    ),
    confused_with="Starting the server is no help where it runs.",
)

SOCKET_FORBIDDEN = Cause(
    id="socket-forbidden",
    title="nginx may not open the server's socket",
    family=FAMILY,
    statuses=(502,),
    explanation="The unix socket is there, but its file permissions, or those of a folder above it, keep nginx out.",
    evidence="nginx: `connect() to unix:... failed (13: Permission denied) while connecting to upstream`.",
    remedies=(
        Remedy(
            text="Let nginx's group write to the socket, and enter the folders above it.",
            knobs=(Knob.SOCKET_MODE,),
        ),
        Remedy(text="On SELinux also allow it to connect.", settings={"setsebool": "httpd_can_network_connect"}),
    ),
)

CONNECTION_FORBIDDEN = Cause(
    id="connection-forbidden",
    title="nginx may not connect to the server's port",
    family=FAMILY,
    statuses=(502,),
    explanation="The machine's own rules forbid it: SELinux, AppArmor, or a firewall's rule for outgoing connections. "
    "The server was not asked, and may be well.",
    evidence="nginx: `connect() to ADDRESS:PORT failed (13: Permission denied) while connecting to upstream`.",
    remedies=(
        Remedy(
            text="See who forbids it: `ausearch -m avc -ts recent` or `dmesg | grep -i -E 'avc|apparmor'`.",
        ),
        Remedy(
            text="On SELinux allow nginx to connect.",
            settings={"command": "setsebool -P httpd_can_network_connect 1"},
        ),
    ),
    confused_with="No file's permissions are to blame: a port has none.",
)

PROXY_EXHAUSTED = Cause(
    id="proxy-out-of-connections",
    title="nginx itself had no connection or open file left",
    family=FAMILY,
    statuses=(500,),
    explanation="Each request behind nginx takes two connections, one to each side, and each is an open file. At the "
    "limit nginx answers 500, and the server behind it never hears of the request.",
    evidence="nginx: `worker_connections are not enough while connecting to upstream`, or `(24: Too many open files)`.",
    remedies=(
        Remedy(
            text="Allow more open files first: twice as many as connections.",
            settings={"nginx": "worker_rlimit_nofile 8192", "systemd": "LimitNOFILE=8192"},
        ),
        Remedy(
            text="Then more connections: 4096 is safe (default 512).", settings={"nginx": "worker_connections 4096"}
        ),
    ),
    confused_with="Looks like the application's own 500; there $upstream_header_time is a number.",
)

NO_LIVE_UPSTREAMS = Cause(
    id="no-live-upstreams",
    title="The proxy had marked every upstream server as down",
    family=FAMILY,
    statuses=(502,),
    explanation="With two servers and more, nginx leaves one alone for fail_timeout (10 s) after max_fails (1) "
    "failures. When all are left alone it answers 502 without trying any. The failures before that are the fault. "
    "Envoy and Google's load balancer say so where no endpoint is healthy, as no pod is ready.",
    evidence="nginx: `no live upstreams while connecting to upstream`, or $upstream_addr is the name of the upstream "
    "group instead of an address.",
    remedies=(
        Remedy(text="Find the failures just before: they have a cause of their own."),
        Remedy(
            text="Never mark a server as down for single failures: 0 turns it off (default 1 in 10 s).",
            settings={"nginx": "max_fails=0 behind each server of upstream"},
        ),
        Remedy(text="Count no slow request as a failure.", settings={"nginx": "proxy_next_upstream error"}),
        Remedy(
            text="See why none is healthy: what the probe asks for, and what it got.",
            settings={
                "Envoy": "kubectl describe pod (Readiness probe failed); outlier_detection",
                "Google's load balancer": "the backend's health",
                "Azure's gateway": "Backend health",
            },
        ),
    ),
    confused_with="The servers may be perfectly well: one slow report was enough.",
)

KEEPALIVE_RACE = Cause(
    id="keepalive-race",
    title="The server closed an idle connection just as the proxy reused it",
    family=FAMILY,
    statuses=(502,),
    explanation="The proxy keeps connections open longer than the server does. Now and then it sends a request into "
    "one that is being closed. nginx tries a GET again by itself, so it is POSTs that fail.",
    evidence="nginx: `upstream prematurely closed connection` or `recv() failed (104: Connection reset by peer)` at "
    "$upstream_connect_time 0.000, while no worker died and the request journal has no start of that request.",
    remedies=(
        Remedy(
            text="Let the server be the patient one: 75 s beside the proxy's 60 s (default 2 s).",
            knobs=(Knob.IDLE_CONNECTIONS,),
        ),
        Remedy(
            text="Or let the proxy give up first (default 60 s; on since nginx 1.29.7 without being asked).",
            settings={"nginx": "keepalive_timeout in upstream"},
        ),
    ),
    confused_with="Looks like a crash, and no worker has died. Behind a load balancer the same race is between it and "
    "nginx.",
)

PROXY_RETRIED = Cause(
    id="proxy-retried",
    title="The first try failed, and the proxy ran the request again",
    family=FAMILY,
    statuses=(200,),
    explanation="nginx sent the request to another server, or once more over a new connection, and that went well. The "
    "client only waited longer, but the request may have been run twice, and the first failure is hidden.",
    evidence="$upstream_status lists several tries, such as `502, 200`. The error line, and a worker that died at that "
    "time, tell why the first one failed.",
    remedies=(
        Remedy(text="Look for what ended the first try; without the retry it is a 502."),
        Remedy(
            text="Do not run expensive requests twice (default error timeout; POST is never retried once it was sent).",
            settings={"nginx": "proxy_next_upstream off, proxy_next_upstream_tries"},
        ),
    ),
    confused_with="Not a failed request: an error line in nginx's log is not yet a failure that a client saw.",
)

RETRY_RULES = (
    Rule(
        cause=PROXY_RETRIED,
        where="c.retried",
        proof=any_death(needed=False),
    ),
)

# A server that listens on a socket, and has not said since that it stopped, may do so in a /tmp that nginx has not.
_LISTENERS = f"""(
    SELECT event_id, kind, low_s, {place_sql("path")} AS place, min(low_s) FILTER (kind = '{ServerEvent.SHUTDOWN}')
        OVER later AS stopped_s
    FROM events WHERE kind IN {listed((ServerEvent.LISTENING, ServerEvent.SHUTDOWN))}
    WINDOW later AS (
        PARTITION BY instance ORDER BY low_s, event_id ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING))"""  # noqa: S608 # a constant of this module
_SAYS_THAT_IT_LISTENS = Proof(
    # Error 2: there is no such file. One that is there and refuses is seen by both sides, and its server is gone.
    joins=f"JOIN {_LISTENERS} p ON p.place = {place_sql('c.upstream')} JOIN proxy_lines r ON r.id = c.proxy_line_id",
    condition=f"r.errno = 2 AND p.kind = '{ServerEvent.LISTENING}' AND starts_with(p.place, '/') "
    "AND p.low_s <= c.time_s AND coalesce(p.stopped_s > c.time_s, true)",
    event="p.event_id",
    nearness="c.time_s - p.low_s",
)
_SAYS_SO_OF_THE_PORT = replace(
    _SAYS_THAT_IT_LISTENS,
    condition=_SAYS_THAT_IT_LISTENS.condition.replace("r.errno = 2", "r.errno IN (111, 113)").replace(
        "starts_with(p.place, '/')", "NOT starts_with(p.place, '/')"
    ),
)
# The one server whose log was given listens elsewhere.
_LISTENS_ELSEWHERE = Proof(
    joins=f"JOIN events p ON p.kind = '{ServerEvent.LISTENING}'",
    condition="c.place IS NOT NULL AND c.place NOT IN (SELECT place FROM places) "
    "AND (SELECT count(DISTINCT instance) FROM places) = 1",
    event="p.event_id",
)

CONNECT_RULES = (
    Rule(cause=NO_LIVE_UPSTREAMS, where=because(Reason.NONE_LIVE)),
    Rule(
        cause=CONNECTION_FORBIDDEN,
        where=f"{because(Reason.FORBIDDEN)} AND coalesce(regexp_full_match(c.place, '[0-9]+'), false)",
    ),
    Rule(cause=SOCKET_FORBIDDEN, where=because(Reason.FORBIDDEN)),
    Rule(cause=PORTS_EXHAUSTED, where=because(Reason.NO_PORTS)),
    Rule(cause=PROXY_EXHAUSTED, where=because(Reason.NO_FILES)),
    Rule(
        cause=NOTHING_LISTENING,
        where=because(Reason.REFUSED),
        proof=_SAYS_THAT_IT_LISTENS,
        certainty=Certainty.FAMILY,
    ),
    Rule(
        cause=AT_ANOTHER_ADDRESS,
        where=because(Reason.REFUSED),
        proof=_SAYS_SO_OF_THE_PORT,
        certainty=Certainty.FAMILY,
    ),
    Rule(cause=NOTHING_LISTENING, where=because(Reason.REFUSED), proof=_LISTENS_ELSEWHERE),
    Rule(cause=NOTHING_LISTENING, where=because(Reason.REFUSED)),
)

RACE_RULES = (
    Rule(
        cause=KEEPALIVE_RACE,
        where=f"{CONNECTION_CLOSED} AND $journal AND NOT c.in_app AND c.upstream_connect_s < 0.0015",
    ),
)

CAUSES = (
    NOTHING_LISTENING,
    AT_ANOTHER_ADDRESS,
    SOCKET_FORBIDDEN,
    CONNECTION_FORBIDDEN,
    PORTS_EXHAUSTED,
    PROXY_EXHAUSTED,
    NO_LIVE_UPSTREAMS,
    KEEPALIVE_RACE,
    PROXY_RETRIED,
)
