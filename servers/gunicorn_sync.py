"""Gunicorn, prefork: each worker process serves one request at a time.

    gunicorn --config gunicorn_sync.py      (in the site's directory)

Any database driver will do.
"""

import os

wsgi_app = os.environ.get("WEB_WSGI", "school_site.wsgi:application")
bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
# Imported once and forked, as uWSGI does: workers share memory and start at once. New code takes a restart, no SIGHUP.
preload_app = os.environ.get("WEB_LAZY", "0") == "0"

worker_class = "sync"
workers = int(os.environ.get("WEB_WORKERS", "2"))

# Requests that wait for a worker; capped by net.core.somaxconn without a word.
backlog = int(os.environ.get("WEB_LISTEN", "2048"))

# Kills the worker of a request that takes longer; keep it below proxy_read_timeout. The client gets 500 when the worker
# was in Python and 502 when it waited in C, in mysqlclient for one.
timeout = int(os.environ.get("WEB_TIMEOUT_S", "30"))
# How long a worker that is replaced or stopped may finish its requests, before it is killed with them.
graceful_timeout = int(os.environ.get("WEB_GRACEFUL_STOP_S", timeout))
# A worker is replaced after so many requests, for sites that leak; 0 is never. The jitter sets them apart.
max_requests = int(os.environ.get("WEB_MAX_REQUESTS", "0"))
max_requests_jitter = int(os.environ.get("WEB_MAX_REQUESTS_DELTA", "0"))

# The heartbeat is a file; on a disk, it waits for the disk. Some containers give /dev/shm to root alone.
_MEMORY = "/dev/shm"  # noqa: S108 # Gunicorn makes a private file in it
worker_tmp_dir = _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else None

# A peer on a unix socket is always trusted with X-Forwarded-*; this is for the day when bind is a port.
forwarded_allow_ips = "127.0.0.1,::1"

accesslog = None  # nginx has it
errorlog = "-"
control_socket_disable = True
