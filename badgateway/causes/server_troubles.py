"""What a server's own lines tell beside deaths: it did not load, held a worker for nobody, gave up writing."""

from badgateway.causes.rule import NOBODY_LISTENED, Proof, Rule, at_address, died_as, near
from badgateway.model.diagnosis import Cause, Certainty, Remedy
from badgateway.model.evidence import ServerEvent
from badgateway.model.knob import Knob

NOT_LOADED = Cause(
    id="application-not-loaded",
    title="The server could not import the application",
    family="connections",
    statuses=(500, 502),
    explanation="The import raised an exception. Gunicorn then ends, and nothing listens at its address; uWSGI runs on "
    "without an application and answers 500 itself.",
    evidence="Gunicorn: `Worker failed to boot.` and then nginx's `Connection refused` or `No such file`, until it "
    "listens again; uWSGI: `--- no python application found` within a second of the 500.",
    remedies=(
        Remedy(text="Read the traceback above that line, and try the import: `python -c 'import site.wsgi'`."),
        Remedy(text="Let uWSGI end instead of running without the application.", knobs=(Knob.NEEDED_APPLICATION,)),
    ),
    innocent="Not the proxy, and not an address that is wrong: the server was there, and went.",
)

IDLE_HELD = Cause(
    id="worker-held-by-idle-connection",
    title="A sync worker waited for a request that never came",
    family="worker time limits",
    servers=("gunicorn",),
    statuses=(502,),
    explanation="A browser or a load balancer opened a connection and sent nothing. A sync worker of Gunicorn waits on "
    "it until --timeout, serves nobody meanwhile, and is then ended, with what was waiting for it.",
    evidence="Gunicorn: `WORKER TIMEOUT (pid:N)` and `Error handling request (no URI read)` of the same pid.",
    remedies=(
        Remedy(
            text="Use threads: they hold idle connections without a worker.",
            knobs=(Knob.THREADS,),
        ),
        Remedy(text="Put nginx before Gunicorn: it hands over whole requests only.", settings={"nginx": "proxy_pass"}),
    ),
    innocent="No request was slow, and nothing is blocked: nothing had been asked.",
)

OUT_OF_MEMORY = Cause(
    id="out-of-memory",
    title="The kernel killed the worker, for memory had run out",
    family="worker deaths",
    statuses=(502, 200),
    explanation="The machine, or the container, had no memory left, and the kernel chose this process. Its requests "
    "died with it.",
    evidence="The kernel's log: `Out of memory: Killed process P (gunicorn)` within two seconds of the death of that "
    "process in the server's log, or, as a family, of the failure and of a process of that name.",
    remedies=(
        Remedy(
            text="Replace workers before they get too large.",
            knobs=(Knob.MEMORY_LIMIT,),
        ),
        Remedy(
            text="Do not hold whole results: iterate, and write exports row by row.", settings={"Django": ".iterator()"}
        ),
        Remedy(text="Fewer workers, or more memory.", settings={"Docker, Kubernetes": "memory limit"}),
    ),
)

REPLACED_SILENTLY = Cause(
    id="worker-replaced-silently",
    title="Gunicorn started a new worker in that second, and does not say why",
    family="worker deaths",
    servers=("gunicorn",),
    statuses=(502,),
    explanation="A worker ended without a word: it crashed (worker-crashed) or was killed (worker-killed). Gunicorn "
    "before 20.1 logs neither; only its replacement shows.",
    evidence="nginx: `upstream prematurely closed connection`, and Gunicorn: `Booting worker with pid` within a "
    "second, no line about the end of another worker, and no start or reload at that time.",
    remedies=(
        Remedy(text="Ask the kernel: `dmesg -T | grep -iE 'oom|segfault'`."),
        Remedy(text="Use a version that says how workers end: 20.1 and later."),
        Remedy(text="Get the stack of a crash.", settings={"Python": "PYTHONFAULTHANDLER=1"}),
    ),
)

WRITE_TIMEOUT = Cause(
    id="uwsgi-write-timeout",
    title="uWSGI gave up writing the answer",
    family="proxy timeouts",
    servers=("uwsgi",),
    statuses=(200, 502),
    explanation="The proxy did not take the answer as fast as it came, mostly because the client was slow, and nothing "
    "was taken for socket-timeout (4 s). uWSGI cut the answer.",
    evidence="uWSGI: `uwsgi_response_write_body_do() TIMEOUT !!!` within a second of a cut answer.",
    remedies=(
        Remedy(text="Be more patient: 65 s.", knobs=(Knob.WRITE_LIMIT,)),
        Remedy(
            text="Let nginx take the answer at once, and keep it for the client.",
            settings={"nginx": "uwsgi_buffering on, uwsgi_max_temp_file_size 1024m"},
        ),
    ),
    innocent="No worker has died, and the application had made its answer.",
)

SOCKET_ERROR = Cause(
    id="socket-error-in-worker",
    title="The worker's connection broke while it read or answered the request",
    family="connections",
    servers=("gunicorn",),
    statuses=(502, 200),
    explanation="Gunicorn could not read the request or write the answer. The worker lives on.",
    evidence="Gunicorn: `Socket error processing request.` within a second of the failure.",
    remedies=(
        Remedy(text="Read the traceback under that line: its last line has the system's reason."),
        Remedy(
            text="Under TLS, end it at the proxy.", knobs=(Knob.WITHOUT_TLS,), settings={"nginx": "proxy_pass http://"}
        ),
    ),
)

SENDING_CUT = Cause(
    id="closed-while-sending",
    title="The server closed while nginx was still sending the request",
    family="connections",
    statuses=(502,),
    explanation="The server answered, or gave up, before it had read the body: an answer such as 401 without a look at "
    "the upload, after which uWSGI closes; a body over a limit of the server; or a worker that died.",
    evidence="nginx: `(32: Broken pipe)` or `(104: Connection reset by peer)` `while sending request to upstream`, and "
    "no death of a worker at that time.",
    remedies=(
        Remedy(
            text="Let the server take the whole body before the application answers.",
            knobs=(Knob.BODY_BUFFER,),
        ),
        Remedy(
            text="Read the body, or refuse it at the proxy.", settings={"nginx": "client_max_body_size, auth_request"}
        ),
        Remedy(text="See whether the server's log has an answer such as 401 or 413 for it."),
    ),
    innocent="The application may have answered in good order.",
)

ROUTER_GAVE_UP = Cause(
    id="uwsgi-router-gave-up",
    title="uWSGI's own HTTP router closed the connection",
    family="accept queue",
    servers=("uwsgi",),
    statuses=(502,),
    explanation="uWSGI was started with `http`, a router before its workers. When their queue is full, or they hang, "
    "the router closes without an answer, and mostly without a line. A worker that died (worker-killed, "
    "worker-crashed) looks the same.",
    evidence="nginx: `upstream prematurely closed connection`; uWSGI: `uWSGI http bound on`, or lines about a full "
    "listen queue without a time; and no death of a worker at that time.",
    remedies=(
        Remedy(
            text="See what the workers wait for while it happens; let none hang for more than 60 s.",
            knobs=(Knob.TIME_LIMIT, Knob.FORK_HOOKS),
        ),
        Remedy(
            text="Raise the kernel's limit, then the queue (1024), if the workers only need a burst to pass.",
            knobs=(Knob.ACCEPT_QUEUE,),
            settings={"sysctl": "net.core.somaxconn = 4096"},
        ),
        Remedy(
            text="Let nginx speak to the workers, without the router.",
            knobs=(Knob.WITHOUT_ROUTER,),
            settings={"nginx": "uwsgi_pass unix:/run/site.sock"},
        ),
    ),
)

CLOSED_AT_ONCE = Cause(
    id="closed-at-once",
    title="The server closed the connection as soon as the request came",
    family="connections",
    statuses=(502,),
    explanation="Within milliseconds, so nothing ran: an idle connection that nginx reused just as the server closed "
    "it (keepalive-race), a server that keeps none though nginx does, or one that refused to read the request "
    "(request-header-too-big, protocol-mismatch).",
    evidence="nginx: `upstream prematurely closed connection` or `(104: Connection reset by peer)` after less than "
    "50 ms, and no death of a worker at that time.",
    remedies=(
        Remedy(
            text="Let the server keep idle connections longer than the proxy does: 75 s beside nginx's 60 s.",
            knobs=(Knob.IDLE_CONNECTIONS,),
        ),
        Remedy(
            text="Or do not reuse connections to it.",
            settings={"nginx": "no keepalive in upstream", "ingress-nginx": "upstream-keepalive-connections = 0"},
        ),
        Remedy(text="See whether only POSTs fail: GETs are tried again."),
    ),
)

RECYCLED = Cause(
    id="worker-recycled-meanwhile",
    title="A worker was being replaced at that moment",
    family="connections",
    servers=("gunicorn",),
    statuses=(502,),
    explanation="A worker of Gunicorn reached max_requests and left in that second. It closes the idle connections "
    "that it kept (keepalive-race), and what it had taken in is reset.",
    evidence="Gunicorn: `Autorestarting worker after current request.` within a second of nginx's `(104: Connection "
    "reset by peer)`.",
    remedies=(
        Remedy(text="Recycle more rarely, and not together.", knobs=(Knob.MAX_REQUESTS, Knob.MAX_REQUESTS_SPREAD)),
        Remedy(text="Keep no idle connections to it.", settings={"nginx": "no keepalive in upstream"}),
    ),
)

_CLOSED = "c.reason IN ('closed', 'lost')"
_CUT = "c.reason IN ('body cut', 'cut unseen')"
_OURS = "regexp_matches(o.path, '(gunicorn|uwsgi|python|uvicorn|daphne)')"

MEMORY_RULES = (
    Rule(
        cause=OUT_OF_MEMORY,
        where=f"{_CLOSED} OR {_CUT}",
        proof=Proof(
            joins="JOIN case_deaths p USING (failure_id) JOIN timed_marks d ON d.mark_id = p.mark_id "
            "JOIN timed_marks o ON o.kind = 'out of memory' AND abs(o.low_s - d.low_s) <= 2 AND o.pid = d.pid",
            condition=f"p.kind = 'kill' AND {_OURS}",
            mark="o.mark_id",
        ),
    ),
)
MEMORY_FAMILY_RULES = (
    Rule(
        cause=OUT_OF_MEMORY,
        where=f"{_CLOSED} OR {_CUT}",
        proof=Proof(
            joins="JOIN timed_marks o ON o.kind = 'out of memory' AND abs(floor(o.low_s) - c.second) <= 1",
            condition=_OURS,
            mark="o.mark_id",
        ),
        certainty=Certainty.FAMILY,
    ),
)

IDLE_RULES = (Rule(cause=IDLE_HELD, where=_CLOSED, proof=died_as("idle"), certainty=Certainty.FAMILY),)

CONNECT_RULES = (Rule(cause=NOT_LOADED, where=NOBODY_LISTENED, proof=at_address("not loaded")),)
ANSWERED_RULES = (
    Rule(
        cause=NOT_LOADED,
        where="c.app_answered AND c.status = 500",
        proof=near(ServerEvent.APPLICATION_NOT_LOADED),
    ),
)

_SENDING = Proof(
    joins="JOIN complaints p ON p.id = c.complaint_id",
    condition="p.phase = 'sending'",
    mark="CAST(NULL AS BIGINT)",
)
_RESET = Proof(
    joins="JOIN complaints r ON r.id = c.complaint_id JOIN timed_marks p ON p.kind = 'worker recycled' AND p.server = "
    "'gunicorn' AND abs(floor(p.low_s) - c.second) <= 1",
    condition="r.errno = 104",
    mark="p.mark_id",
)
_SILENT_BOOT = Proof(
    joins="JOIN timed_marks p ON p.kind = 'worker booted' AND p.server = 'gunicorn' AND "
    "abs(floor(p.low_s) - c.second) <= 1",
    condition="NOT EXISTS (FROM marks e WHERE e.instance = p.instance AND e.kind IN ('server started', "
    "'listening', 'reload', 'shutdown', 'worker killed', 'worker crashed', 'worker exited', 'worker timeout', "
    "'worker recycled', 'graceful timeout') AND coalesce(abs(e.low_s - p.low_s) <= 10, e.kind <> 'listening'))",
    mark="p.mark_id",
)

# The router listens on a port.
_OVER_TCP = "c.reason = 'closed' AND c.source LIKE 'nginx%' AND NOT contains(c.upstream, 'unix:')"
_ROUTER = Proof(
    joins="JOIN (SELECT min(mark_id) AS mark_id FROM marks WHERE (kind = 'listen queue full' AND low_s IS NULL) "
    "OR (kind = 'listening' AND contains(line, 'uWSGI http bound on'))) p ON p.mark_id IS NOT NULL",
    condition="true",
    mark="p.mark_id",
)

WRITE_RULES = (
    Rule(cause=WRITE_TIMEOUT, where=f"{_CUT} OR {_CLOSED}", proof=near(ServerEvent.WRITE_TIMEOUT)),
    Rule(
        cause=SOCKET_ERROR,
        where=f"{_CUT} OR {_CLOSED}",
        proof=near(ServerEvent.SOCKET_ERROR),
        certainty=Certainty.FAMILY,
    ),
)
LATE_RULES = (
    Rule(cause=REPLACED_SILENTLY, where=_CLOSED, proof=_SILENT_BOOT, certainty=Certainty.FAMILY),
    Rule(cause=RECYCLED, where=_CLOSED, proof=_RESET, certainty=Certainty.FAMILY),
    Rule(cause=SENDING_CUT, where="c.reason = 'closed'", proof=_SENDING, certainty=Certainty.FAMILY),
    Rule(cause=ROUTER_GAVE_UP, where=_OVER_TCP, proof=_ROUTER, certainty=Certainty.FAMILY),
    Rule(
        cause=CLOSED_AT_ONCE,
        where="c.reason = 'closed' AND c.source LIKE 'nginx%' AND c.duration_s < 0.05",
        certainty=Certainty.FAMILY,
    ),
)

CAUSES = (
    NOT_LOADED,
    IDLE_HELD,
    OUT_OF_MEMORY,
    REPLACED_SILENTLY,
    WRITE_TIMEOUT,
    SOCKET_ERROR,
    SENDING_CUT,
    CLOSED_AT_ONCE,
    RECYCLED,
    ROUTER_GAVE_UP,
)
