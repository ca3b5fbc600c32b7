"""Gunicorn with gevent: each worker process serves WEB_GREENLETS requests at a time, as long as all wait politely.

    gunicorn --config gunicorn_gevent.py      (in the site's directory)

The database driver must be pure Python (PyMySQL): one that waits in C stops all requests of its worker, and the
worker's heartbeat with them.
"""

from gevent import monkey

# Before anything else is imported: Gunicorn itself patches only after the fork, too late for a site that is preloaded.
monkey.patch_all()

import os  # noqa: E402 # the patch comes first

wsgi_app = os.environ.get("WEB_WSGI", "school_site.wsgi:application")
bind = os.environ.get("WEB_BIND", "127.0.0.1:8000")
# Imported once and forked, as uWSGI does: workers share memory and start at once. New code takes a restart, no SIGHUP.
preload_app = os.environ.get("WEB_LAZY", "0") == "0"

worker_class = "gevent"
workers = int(os.environ.get("WEB_WORKERS", "2"))
worker_connections = int(os.environ.get("WEB_GREENLETS", "64"))

# Requests that wait for a worker; capped by net.core.somaxconn without a word.
backlog = int(os.environ.get("WEB_LISTEN", "2048"))

# For this class no limit on a request: a worker whose event loop stood still for so long is killed, with all it serves.
timeout = int(os.environ.get("WEB_TIMEOUT_S", "30"))
# How long a worker that is replaced or stopped may finish its requests, before it is killed with them.
graceful_timeout = int(os.environ.get("WEB_GRACEFUL_STOP_S", timeout))
# A worker is replaced after so many requests, for sites that leak; 0 is never. The jitter sets them apart.
max_requests = int(os.environ.get("WEB_MAX_REQUESTS", "0"))
max_requests_jitter = int(os.environ.get("WEB_MAX_REQUESTS_DELTA", "0"))
# Longer than a proxy keeps an idle connection (nginx: 60 s), or a request may meet a connection that is being closed.
keepalive = int(os.environ.get("WEB_KEEPALIVE_S", "75"))

# The heartbeat is a file; on a disk, it waits for the disk. Some containers give /dev/shm to root alone.
_MEMORY = "/dev/shm"  # noqa: S108 # Gunicorn makes a private file in it
worker_tmp_dir = _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else None

# A peer on a unix socket is always trusted with X-Forwarded-*; this is for the day when bind is a port.
forwarded_allow_ips = "127.0.0.1,::1"

accesslog = None  # nginx has it
errorlog = "-"
control_socket_disable = True
