"""Local ports, of the proxy and of the application: each connection takes one, and a kernel has only so many."""

from badgateway.causes.rule import Rule, near
from badgateway.model.diagnosis import APPLICATION_WITHOUT_PORT, NO_LOCAL_PORT, Cause, Certainty, Remedy
from badgateway.model.evidence import ServerEvent
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

OF_APPLICATION = Cause(
    id=APPLICATION_WITHOUT_PORT,
    title="The application's machine had no local port left",
    family="application",
    statuses=(500, 503),
    explanation="Each connection to a database, a cache or an API takes a local port of the machine that the "
    "application runs on, and blocks it for a minute after its end where the application is the one that ends it. A "
    "new connection for each request uses up a range of some 28,000 at 470 a second to one address. A container has a "
    "range of its own, and so has each machine of `[places]`.",
    evidence="The application's log, within a second of the failure: of PostgreSQL `connection to server at ... "
    "failed: Cannot assign requested address`; of MariaDB and MySQL `(2003, \"Can't connect to MySQL server on` with "
    "errno 99; of Redis `Error 99 connecting to`. It is proven where the line has an IPv4 address.",
    remedies=(
        Remedy(text="Keep connections to the database.", settings={"Django": "CONN_MAX_AGE = 60"}),
        Remedy(
            text="Or let a pool in each process lend them, as under gevent, where kept ones leak.",
            settings={
                "Django with PostgreSQL": 'OPTIONS = {"pool": True} (5.1 and later, psycopg 3), and CONN_MAX_AGE = 0',
                "Django with MariaDB, MySQL": "ENGINE dj_db_conn_pool.backends.mysql, and CONN_MAX_AGE = 0",
            },
        ),
        Remedy(
            text="Look at the range where the application runs, in its container too, and widen it.",
            settings={"sysctl": "net.ipv4.ip_local_port_range = 1024 65535"},
        ),
        Remedy(
            text="Use a unix socket where the database is on the same machine: it takes no port.",
            settings={"Django": "HOST = /run/postgresql, OPTIONS unix_socket = /run/mysqld/mysqld.sock"},
        ),
        Remedy(text="Make one client of a cache or an API for each process, not for each request: it keeps its own."),
    ),
    confused_with="The database is well, and its own log says nothing. To `localhost`, `::1` or a name that has an "
    "IPv6 address the same words mostly say that a container has no IPv6: write the IPv4 address.",
)

ANSWERED_RULES = (Rule(cause=OF_APPLICATION, where="c.app_answered", proof=near(ServerEvent.NO_LOCAL_PORT)),)
FAMILY_RULES = (
    Rule(
        cause=OF_APPLICATION,
        where="c.app_answered",
        proof=near(ServerEvent.NO_LOCAL_ADDRESS),
        certainty=Certainty.FAMILY,
    ),
)
