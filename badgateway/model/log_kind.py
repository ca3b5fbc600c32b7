"""What kinds of logs there are, save those of application servers, and which proxy writes one."""

from collections.abc import Mapping
from enum import StrEnum


class LogKind(StrEnum):
    """The kinds of files that evidence is read from, save the logs of application servers: their modules name those."""

    NGINX_COMBINED = "nginx access log (combined)"
    NGINX_JSON = "nginx access log (JSON)"
    OWN_FORMAT = "nginx or Apache access log (format of its own)"
    NGINX_ERROR = "nginx error log"
    ALB = "AWS Application Load Balancer access log"
    CLASSIC_ELB = "AWS Classic Load Balancer access log"
    CLOUDFRONT = "CloudFront access log"
    IIS = "IIS log (W3C)"
    HEROKU = "Heroku router log"
    HEROKU_DYNO = "Heroku dyno log"
    HAPROXY = "HAProxy log"
    TRAEFIK = "Traefik access log"
    TRAEFIK_LOG = "Traefik log"
    CADDY = "Caddy access log"
    CADDY_LOG = "Caddy log"
    APACHE_ERROR = "Apache error log"
    KERNEL = "kernel log"
    SYSTEMD = "systemd log"
    SUPERVISORD = "supervisord log"
    CONTAINERS = "Kubernetes' or Docker's events"
    APPLICATION = "log of a Python application"
    OTHER_SERVER = "access log of another Python server"


class Proxy(StrEnum):
    """What stands before the application server, or before another proxy."""

    NGINX = "nginx"
    APACHE = "Apache"
    HAPROXY = "HAProxy"
    TRAEFIK = "Traefik"
    CADDY = "Caddy"
    HEROKU = "Heroku router"
    ALB = "AWS Application Load Balancer"
    CLASSIC_ELB = "AWS Classic Load Balancer"
    CLOUDFRONT = "CloudFront"
    GOOGLE = "Google Cloud load balancer"
    ENVOY = "Envoy"
    CLOUDFLARE = "Cloudflare"
    AZURE = "Azure Application Gateway"
    GOROUTER = "Cloud Foundry router"
    IIS = "IIS"


PROXY_OF: Mapping[str, Proxy] = {
    LogKind.NGINX_ERROR: Proxy.NGINX,
    LogKind.APACHE_ERROR: Proxy.APACHE,
    LogKind.HAPROXY: Proxy.HAPROXY,
    LogKind.TRAEFIK: Proxy.TRAEFIK,
    LogKind.TRAEFIK_LOG: Proxy.TRAEFIK,
    LogKind.CADDY: Proxy.CADDY,
    LogKind.CADDY_LOG: Proxy.CADDY,
    LogKind.HEROKU: Proxy.HEROKU,
    LogKind.ALB: Proxy.ALB,
    LogKind.CLASSIC_ELB: Proxy.CLASSIC_ELB,
    LogKind.CLOUDFRONT: Proxy.CLOUDFRONT,
    LogKind.IIS: Proxy.IIS,
}
"""The kinds of logs that one proxy alone writes. The combined format is nginx's and Apache's, JSON anybody's."""
OF_PROXIES = frozenset((*PROXY_OF, LogKind.NGINX_COMBINED, LogKind.NGINX_JSON, LogKind.OWN_FORMAT))
"""The kinds of logs that proxies write."""
