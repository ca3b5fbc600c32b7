"""Local ports of the proxy: each connection to a server takes one, and a kernel has only so many."""

from badgateway.model.diagnosis import NO_LOCAL_PORT, Cause, Remedy
from badgateway.model.knob import Knob

PORTS_EXHAUSTED = Cause(
    id=NO_LOCAL_PORT,
    title="The proxy had no local port left",
    family="connections",
    statuses=(502,),
    explanation="Each connection to a TCP upstream takes a local port, and blocks it for a minute after its end where "
    "the proxy is the one that ends it. The range of the proxy's kernel says how many there are: some 28,000 by "
    "itself, which at 470 new connections a second to one address run out. A container has a range of its own, and so "
    "has each machine of `[places]`.",
    evidence="nginx: `connect() to ADDRESS failed (99: Cannot assign requested address) while connecting to upstream`.",
    remedies=(
        Remedy(
            text="Keep connections open and reuse them, as the server does.",
            knobs=(Knob.KEPT_CONNECTIONS,),
            settings={"nginx": "keepalive 32 in upstream, proxy_http_version 1.1"},
            needs_a_knob=True,
        ),
        Remedy(
            text="Look at the range where the proxy runs, in its container too, and widen it.",
            settings={"sysctl": "net.ipv4.ip_local_port_range = 1024 65535"},
        ),
        Remedy(
            text="Use a unix socket on one machine: it takes no port.",
            settings={"nginx": "proxy_pass http://unix:..., uwsgi_pass unix:..."},
        ),
        Remedy(
            text="Give the server more addresses or ports to listen at: each has the whole range for itself.",
            settings={"nginx": "more than one server in upstream"},
        ),
        Remedy(
            text="Make fewer connections at a time: a faster page holds its port for less long.",
        ),
    ),
    confused_with="No setting that keeps connections helps before uWSGI's own protocol or Gunicorn's sync workers: "
    "they close each one after its answer.",
)
