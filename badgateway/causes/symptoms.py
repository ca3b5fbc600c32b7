"""What one sees of failures, and which causes look like that: rows to be read from the top."""

SYMPTOMS: tuple[tuple[str, tuple[tuple[str, tuple[str, ...]], ...]], ...] = (
    (
        "502 (and 500) and nginx's error log",
        (
            (
                "`(11: Resource temporarily unavailable) while connecting`, no worker was there",
                ("respawn-throttled", "reload-gap", "workers-recycled-together"),
            ),
            (
                "`(11: Resource temporarily unavailable) while connecting`, and no request succeeded any more",
                ("no-request-answered",),
            ),
            ("`(11: Resource temporarily unavailable) while connecting`", ("listen-queue-full",)),
            (
                "`(111: Connection refused)` or `(2: No such file or directory)`, and a server that did not load",
                ("application-not-loaded",),
            ),
            (
                "`(111: Connection refused)` or `(2: No such file or directory) while connecting`",
                ("server-ended-with-a-worker", "worker-crash-loop", "server-at-another-address", "nothing-listening"),
            ),
            ("`connect() to unix:... failed (13: Permission denied)`", ("socket-forbidden",)),
            ("`connect() to ADDRESS:PORT failed (13: Permission denied)`", ("connection-forbidden",)),
            ("`(99: Cannot assign requested address) while connecting`", ("ephemeral-ports-exhausted",)),
            (
                "500 and `worker_connections are not enough` or `(24: Too many open files)`",
                ("proxy-out-of-connections",),
            ),
            ("500 and `(28: No space left on device)`", ("proxy-disk-full",)),
            ("500 and, at level crit, `open()` or `mkdir()` failed", ("proxy-temp-forbidden",)),
            ("500 and `redirection cycle`", ("redirection-cycle",)),
            ("500 and `auth request unexpected status`", ("auth-request-failed",)),
            ("`while SSL handshaking to upstream`", ("upstream-tls-failed",)),
            ("`could not be resolved` or `no resolver defined`", ("upstream-name-unresolved",)),
            ("`(104: Connection reset by peer) while connecting`", ("connect-reset",)),
            ("`upstream rejected request with error`", ("upstream-rejected-request",)),
            ("`no live upstreams while connecting`", ("no-live-upstreams",)),
            ("`upstream sent too big header`", ("response-header-too-big",)),
            ("`upstream sent no valid HTTP/1.0 header`", ("protocol-mismatch",)),
            ("`upstream sent invalid header`", ("invalid-response-header",)),
            (
                "closed or reset, and uWSGI: `invalid request block size`",
                ("protocol-mismatch", "request-header-too-big"),
            ),
            (
                "closed or reset, and Gunicorn: `WORKER TIMEOUT` and `(no URI read)`",
                ("worker-held-by-idle-connection",),
            ),
            (
                "closed or reset, and the kernel: `Memory cgroup out of memory`, or `oom_kill` of the container rose",
                ("container-memory-limit",),
            ),
            ("closed or reset, and the kernel: `Out of memory: Killed process`", ("out-of-memory",)),
            ("closed or reset, and uWSGI: `HARAKIRI`", ("harakiri", "harakiri-collateral")),
            ("closed or reset, and Gunicorn: `WORKER TIMEOUT`, then `SIGKILL`", ("gunicorn-timeout-blocked-in-c",)),
            ("closed or reset, and Gunicorn: `WORKER TIMEOUT`", ("gunicorn-timeout-502",)),
            (
                "closed or reset, and a worker that was leaving was cut off",
                ("graceful-timeout-cut", "worker-mercy-expired", "memory-reload"),
            ),
            (
                "closed or reset, and a worker died",
                ("worker-killed", "worker-crashed", "worker-lost", "502-one-of-several-worker-deaths"),
            ),
            ("closed or reset, started in the application and never ended", ("worker-died-unseen",)),
            ("closed or reset, and a traceback", ("late-monkey-patch", "exception-outside-django")),
            ("closed or reset, `$upstream_connect_time` 0.000, never started in the application", ("keepalive-race",)),
            ("closed or reset, and Gunicorn: `Socket error processing request.`", ("socket-error-in-worker",)),
            (
                "closed or reset, and Gunicorn: `Booting worker with pid`, and no word about another one's end",
                ("worker-replaced-silently",),
            ),
            (
                "closed or reset, and Gunicorn: `Booting worker with pid`, again and again",
                ("worker-boot-loop",),
            ),
            (
                "reset, and Gunicorn: `Autorestarting worker`; or closed, and uWSGI: `lifetime reached`",
                ("worker-recycled-meanwhile",),
            ),
            ("`(32: Broken pipe)` or a reset `while sending request to upstream`", ("closed-while-sending",)),
            ("closed, and uWSGI: `uWSGI http bound on`", ("uwsgi-router-gave-up",)),
            ("closed or reset within 50 ms", ("closed-at-once",)),
            ("closed or reset, and nothing else", ("502-connection-closed",)),
            ("another line about the request", ("nginx-error-without-a-rule",)),
            ("no line, and a worker died in that second", ("502-near-a-worker-death",)),
            (
                "no line about it, or no error log",
                ("502-not-connected", "502-answer-lost", "502-unexplained-by-this-log"),
            ),
        ),
    ),
    (
        "504 and nginx's error log",
        (
            (
                "`(110: Connection timed out) while connecting`, no worker was there",
                ("respawn-throttled", "reload-gap", "workers-recycled-together"),
            ),
            ("`(110: Connection timed out) while connecting`", ("tcp-accept-queue-full", "504-connect-timeout")),
            ("`while reading response header`, `$upstream_connect_time` is 1, 3 or 7 s", ("tcp-accept-queue-full",)),
            (
                "`while reading response header`, and the loop was blocked",
                ("event-loop-blocked", "blocks-the-event-loop"),
            ),
            ("`while reading response header`, and the container's `nr_throttled` rose", ("cpu-quota-throttled",)),
            ("`while reading response header`, and the database used nearly all CPU", ("database-saturated",)),
            ("`while reading response header`, and uWSGI: `async queue is full`", ("async-cores-exhausted",)),
            ("`while reading response header`, Granian or uvicorn, and clients had gone", ("work-for-nobody",)),
            (
                "`while reading response header`, and the accept queue was full, or the request began late",
                ("queued-too-long", "504-queued-or-slow"),
            ),
            ("`while reading response header`, and no request succeeded any more", ("no-request-answered",)),
            (
                "`while reading response header` or `while sending request`",
                ("slow-request", "504-no-answer-in-time"),
            ),
            ("no line about it, or no error log", ("504-unexplained-by-this-log",)),
        ),
    ),
    (
        "500 and the application's log",
        (
            (
                "`(1040, 'Too many connections')` or `FATAL:  sorry, too many clients`",
                ("asgi-connections-exhausted", "db-connections-exhausted"),
            ),
            ("`QueuePool limit of size ... reached`", ("db-pool-exhausted",)),
            ("`couldn't get a connection after`", ("db-unreachable", "db-connections-exhausted", "db-pool-exhausted")),
            (
                "`(2002, \"Can't connect to`, `connection to server ... failed: Connection refused`",
                ("db-unreachable",),
            ),
            ("`DatabaseWrapper objects created in a thread`", ("late-monkey-patch",)),
            (
                "`MySQL server has gone away`, `Lost connection` or `server closed the connection unexpectedly`",
                ("db-connection-lost",),
            ),
            (
                "`SSL error: decryption failed`, `lost synchronization`, `Packet sequence number wrong`",
                ("db-connection-shared",),
            ),
            ("uWSGI: `--- no python application found`", ("application-not-loaded",)),
            ("Gunicorn: `WORKER TIMEOUT`", ("gunicorn-timeout-500",)),
            ("Gunicorn: `Error handling request`", ("exception-outside-django",)),
            ("anything else", ("application-answered-5xx",)),
        ),
    ),
    (
        "200, but cut or late",
        (
            ("`$upstream_status` with a comma", ("proxy-retried",)),
            ("`upstream timed out ... while reading upstream`", ("stalled-mid-body",)),
            (
                "`pwrite()`, `open()` or `mkdir()` failed, `while reading upstream`",
                ("proxy-disk-full", "proxy-temp-forbidden"),
            ),
            ("`invalid chunked response` or `more data than specified`", ("invalid-response-body",)),
            ("cut, and uWSGI: `uwsgi_response_write_body_do() TIMEOUT`", ("uwsgi-write-timeout",)),
            ("cut, and Gunicorn: `WORKER TIMEOUT`", ("timeout-cut-the-body",)),
            ("cut, and Granian or uvicorn: an exception", ("header-before-the-exception",)),
            ("cut, and a worker died", ("worker-killed", "worker-crashed", "harakiri")),
            ("cut, and nothing else", ("body-cut-unexplained",)),
            ("whole, and not what was asked for", ("wrong-content",)),
        ),
    ),
    (
        "HAProxy: termination state",
        (
            ("`sQ`", ("haproxy-queue-timeout",)),
            ("`SC` with `<NOSRV>`", ("haproxy-no-server",)),
            ("`SC` with the name of a server", ("haproxy-not-connected",)),
            ("`RC` or `PC`", ("haproxy-out-of-resources",)),
            ("`PH`", ("haproxy-refused-answer",)),
            ("`SH`", ("closed-behind-the-proxy", "worker-killed")),
            ("`sH`", ("504-no-answer-in-time", "slow-request")),
        ),
    ),
    (
        "Heroku, Apache, Traefik, Caddy, CloudFront",
        (
            ("Heroku: `code=H12`", ("heroku-h12",)),
            ("Heroku: `code=H10`, `H14` or `H20`", ("heroku-dyno-not-running",)),
            ("Heroku: `code=H13`", ("closed-behind-the-proxy", "worker-killed")),
            ("Heroku: `code=H18`", ("heroku-h18", "worker-killed")),
            ("Heroku: another `code=H..`", ("heroku-router-error",)),
            ("Apache: `Timeout when reading response headers from daemon process`", ("mod-wsgi-no-answer",)),
            ("Apache: `Unable to connect to WSGI daemon process`", ("mod-wsgi-backlog",)),
            ("Apache: `Truncated or oversized response headers received from daemon`", ("mod-wsgi-daemon-died",)),
            ("Traefik: `server closed idle connection`", ("idle-connection-reused",)),
            ("Traefik or Caddy: `EOF` or `connection reset by peer`", ("closed-behind-the-proxy",)),
            ("Traefik, Caddy or CloudFront: a 5xx, and no other log", ("proxy-5xx-untold",)),
        ),
    ),
    (
        "Other statuses",
        (
            ("499, or 460 of an ALB", ("client-gave-up",)),
            ("503 and nginx: `limiting requests` or `limiting connections`", ("rate-limited",)),
            ("503 and uvicorn: `Exceeded concurrency limit`", ("concurrency-limit-exceeded",)),
            ("503 of a load balancer", ("alb-no-targets", "classic-elb-503")),
            (
                "502 or 504 of an ALB, target_status_code `-`",
                ("alb-502-from-target", "alb-idle-timeout", "alb-504-unexplained"),
            ),
            ("502 or 504 of a Classic ELB", ("classic-elb-502", "classic-elb-504")),
            ("another 5xx of a load balancer, target_status_code `-`", ("load-balancer-error",)),
            ("5xx of a load balancer, with the same target_status_code", ("target-answered-5xx",)),
            ("503 without a line", ("503-unexplained-by-this-log",)),
        ),
    ),
)
"""Tables by what the client got: what is seen, and the ids of causes."""
