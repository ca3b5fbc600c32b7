"""One line of each kind of log that is read, for those who wonder whether theirs is."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from badgateway.logs.event_grammar import machine_logs
from badgateway.model.log_kind import LogKind
from badgateway.servers.registry import server_logs

_OF_PROXIES: Final[Mapping[str, str]] = {
    LogKind.NGINX_COMBINED: (
        '203.0.113.9 - - [06/Dec/2024:14:48:56 +0000] "GET /big HTTP/1.1" 502 157 "-" "Mozilla/5.0"'
    ),
    LogKind.NGINX_JSON: '{"time_s":1733496536.120,"method":"GET","uri":"/big","status":502,"request_time_s":0.001}',
    LogKind.OWN_FORMAT: '203.0.113.9 [2024-12-06T14:48:56+00:00] a.example.org "GET /big HTTP/1.1" 502 rt=0.001',
    LogKind.OTHER_SERVER: '[06/Dec/2024 14:48:56] "GET /big HTTP/1.1" 502 145',
    LogKind.NGINX_ERROR: (
        "2024/12/06 14:48:56 [error] 29#29: *8 upstream prematurely closed connection while reading response header "
        'from upstream, client: 203.0.113.9, server: a, request: "GET /big HTTP/1.1"'
    ),
    LogKind.ALB: (
        "https 2024-12-06T14:48:56.300000Z app/web/50dc 203.0.113.9:51234 10.0.3.9:8000 0.001 9.299 -1 502 - 1834 277 "
        '"GET https://a.example.org:443/big HTTP/1.1" "curl"'
    ),
    LogKind.CLASSIC_ELB: (
        "2024-12-06T14:48:56.300000Z web 203.0.113.9:51234 10.0.3.9:8000 0.001 0.120 0.001 504 0 0 512 "
        '"GET https://a.example.org:443/big HTTP/1.1"'
    ),
    LogKind.CLOUDFRONT: "2024-12-06\t14:48:56\tFRA2\t157\t203.0.113.9\tGET\td1.cloudfront.net\t/big\t502",
    LogKind.IIS: (
        "2024-12-06 14:48:56 10.0.3.9 GET /big - 443 - 203.0.113.9 Mozilla/5.0+(Windows) - 502 3 12002 120031"
    ),
    LogKind.HEROKU: (
        '2024-12-06T14:48:56.878824+00:00 heroku[router]: at=error code=H12 desc="Request timeout" method=GET '
        'path="/big" host=a.example.org request_id=3239f1eb fwd="203.0.113.9" dyno=web.1 connect=0ms service=30000ms '
        "status=503 bytes=0 protocol=http"
    ),
    LogKind.HAPROXY: (
        "203.0.113.9:51200 [06/Dec/2024:14:48:56.889] web~ app/app1 0/0/53/-1/69 502 "
        '1029 - - SH-- 7/6/1/1/0 0/0 "GET /big HTTP/1.1"'
    ),
    LogKind.TRAEFIK: (
        '203.0.113.9 - - [06/Dec/2024:14:48:56 +0000] "GET /big HTTP/1.1" 502 11 "-" "curl" 2 "app@docker" '
        '"http://172.18.0.3:8000" 0ms'
    ),
    LogKind.TRAEFIK_LOG: (
        'time="2024-12-06T14:48:56Z" level=debug msg="\'502 Bad Gateway\' caused by: dial tcp 172.18.0.3:8000: '
        'connect: connection refused"'
    ),
    LogKind.CADDY: (
        '{"level":"error","ts":1733496536.1,"logger":"http.log.access","msg":"handled request","request":'
        '{"proto":"HTTP/2.0","method":"GET","uri":"/big"},"duration":0.01,"size":0,"status":502}'
    ),
    LogKind.CADDY_LOG: (
        '{"level":"error","ts":1733496536.1,"logger":"http.log.error","msg":"dial tcp [::1]:8050: connect: connection '
        'refused","request":{"proto":"HTTP/1.1","method":"GET","uri":"/big"},"status":502}'
    ),
    LogKind.APACHE_ERROR: (
        "[Fri Dec 06 14:48:56.294416 2024] [wsgi:error] [pid 23168] [client 203.0.113.9:29608] Timeout when reading "
        "response headers from daemon process 'app': /srv/app/wsgi.py"
    ),
}


@cache
def examples() -> Mapping[str, str]:
    """Return a line of each kind of log.

    Raises:
        ConfigurationError: Another package's database cannot be loaded.
    """
    of_programs = {kind: log.example for logs in (server_logs(), machine_logs()) for kind, log in logs.items()}
    return {**_OF_PROXIES, **of_programs}


_OF_A_SERVER = "[2024-12-06 14:48:56 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:8)"

PREFIXED: Final[Mapping[str, str]] = {
    "docker compose logs": f"web_1  | {_OF_A_SERVER}",
    "kubectl logs --prefix": f"[pod/web-7d9f/web] {_OF_A_SERVER}",
    "kubectl logs --timestamps, docker logs -t": f"2024-12-06T14:48:56.123456789Z {_OF_A_SERVER}",
    "stern": f"web-7d9f8b6c5d-x2x7k web {_OF_A_SERVER}",
    "aws logs tail": f"2024-12-06T14:48:56.123000+00:00 web/web/{'0f' * 16} {_OF_A_SERVER}",
    "Kubernetes' own files (CRI)": f"2024-12-06T14:48:56.123456789Z stderr F {_OF_A_SERVER}",
    "Docker's json-file": (
        '{"log":"[2024-12-06 14:48:56 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:8)\\n","stream":"stderr",'
        '"time":"2024-12-06T14:48:56.1Z"}'
    ),
    "Google Cloud Logging": (
        '{"textPayload":"[2024-12-06 14:48:56 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:8)",'
        '"resource":{"labels":{"pod_name":"web-7d9f"}},"timestamp":"2024-12-06T14:48:56.1Z"}'
    ),
    "journalctl -o json": (
        '{"__REALTIME_TIMESTAMP":"1733496536123456","_SYSTEMD_UNIT":"web.service",'
        '"MESSAGE":"[2024-12-06 14:48:56 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:8)"}'
    ),
    "Fluentd's files": (
        '2024-12-06T14:48:56+00:00\tdocker.web\t{"log":"[2024-12-06 14:48:56 +0000] [1] [CRITICAL] WORKER TIMEOUT '
        '(pid:8)"}'
    ),
    "Fly.io": f"2024-12-06T14:48:56Z app[91857eda10d383] fra [info]{_OF_A_SERVER}",
    "DigitalOcean's App Platform": f"[web] [2024-12-06 14:48:56] {_OF_A_SERVER}",
    "Render's dashboard": f"Dec 6 02:48:56 PM  {_OF_A_SERVER}",
    "PythonAnywhere, older docker compose logs -t": f"2024-12-06 14:48:56 {_OF_A_SERVER}",
    "cf logs": f"   2024-12-06T14:48:56.12+0000 [APP/PROC/WEB/0] ERR {_OF_A_SERVER}",
    "gcloud app logs": f"2024-12-06 14:48:56 default[20241206t100000]  {_OF_A_SERVER}",
    "logcli of Loki": f'2024-12-06T14:48:56Z {{container="web", pod="web-7d9f"}} {_OF_A_SERVER}',
    "grep in several files": f"/var/log/web.log:12:{_OF_A_SERVER}",
    "journalctl, syslog": f"Dec 06 14:48:56 web1 web[8]: {_OF_A_SERVER}",
    "journalctl -o short-full": f"Fri 2024-12-06 14:48:56 UTC web1 web[8]: {_OF_A_SERVER}",
    "journalctl -o short-monotonic": f"[ 4711.123456] web1 web[8]: {_OF_A_SERVER}",
    "syslog of RFC 5424": f"<190>1 2024-12-06T14:48:56Z web1 web 8 - - {_OF_A_SERVER}",
}
"""By what writes it: the same line with what may stand before it, and is taken off."""
