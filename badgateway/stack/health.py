"""Waits until a site answers through its proxy, and says what to change where it never will."""

import secrets
import ssl
import time
from collections.abc import Callable, Container
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit

from badgateway.errors import DeploymentError
from badgateway.model import raw as raw_files
from badgateway.model.application import Application, Health
from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment
from badgateway.model.running_site import RunningSite
from badgateway.process.child import Child
from badgateway.process.readiness import Probe, await_ready

SETTLED_S = 3.0
"""A site that has said for so long that it is asked wrongly will say nothing else."""
_SHOWN = 200
_IS_SETTLED = range(300, 500)
_OF_ANOTHER_NAME, _OF_ANOTHER_TIME = {62, 64}, {9, 10}
"""What OpenSSL calls a certificate for another name or address, and one that is not valid yet or any more."""


def require_answer(
    url: str, server: Child, experiment: Experiment, configuration: Configuration, deadline_s: float
) -> None:
    """Return as soon as the site answers its health path as it should; `url` is that of the proxy.

    Raises:
        DeploymentError: The server has ended, or there was no such answer in time, or the site keeps redirecting or
            refusing; with what was seen and what to change.
    """
    application, patience_s = experiment.application, experiment.timeouts_of(configuration).client_s
    health = application.probe
    ready = health.status if configuration.must_answer else range(600)
    asking = _Asking(f"{url}{health.path}", ready, patience_s, lambda answer: _remedy(answer, application))
    statuses = " or ".join(map(str, health.status))
    await_ready(server, asking.probe, what=f"{statuses} from {url}{health.path}", deadline_s=deadline_s)


def answer_of_running_site(experiment: Experiment, target: RunningSite, root: Path) -> str:
    """Ask a site that already runs once; return what came in place of a good answer, and what to change, if so.

    Args:
        experiment: Says what is asked.
        target: The site.
        root: Where the path of its certificates starts.
    """
    health, patience_s = experiment.application.probe, experiment.timeouts.client_s
    ca_file = str(root / target.ca_file) if target.ca_file else None

    def remedy(answer: _Answer) -> str:
        if answer.location.startswith("https://") and target.url.startswith("http://"):
            return f"it redirects to {answer.location}: write target.url with https"
        return f"say what it should answer: [application] health = {_as_toml(health, answer.status)}"

    asking = _Asking(f"{target.url}{health.path}", health.status, patience_s, remedy, ca_file)
    return asking.ask_once()


class _Asking:
    """Asks the site again and again, and takes note of what it keeps saying."""

    def __init__(
        self,
        url: str,
        ready: Container[int],
        timeout_s: float,
        remedy: Callable[["_Answer"], str],
        ca_file: str | None = None,
    ) -> None:
        self._ca_file = ca_file
        self._url, self._parts = url, urlsplit(url)
        self._ready, self._timeout_s = ready, timeout_s
        self._remedy = remedy
        self._settled: tuple[int, float] | None = None

    @property
    def probe(self) -> Probe:
        """Ready when the site has answered well; else it tells what came."""
        return self._ask

    def ask_once(self) -> str:
        """Ask; return what came in place of a good answer with its remedy, empty when it is good."""
        try:
            answer = self._answer()
        except ssl.SSLCertVerificationError as error:
            remedy = remedy_of_certificate(error.verify_code)
            return f"{self._url}: its certificate is not trusted: {error.verify_message}; {remedy}"
        except (OSError, HTTPException) as error:
            return f"{self._url}: {type(error).__name__}: {error}"
        if answer.status in self._ready:
            return ""
        return f"{self._url}: status {answer.status}: {answer.first_line}; {self._remedy(answer)}"

    def _ask(self) -> str | None:
        try:
            answer = self._answer()
        except (OSError, HTTPException) as error:
            self._settled = None
            return f"{self._url}: {type(error).__name__}: {error}"
        if answer.status in self._ready:
            return None
        told = f"{self._url}: status {answer.status}: {answer.first_line}"
        if self._is_settled(answer.status):
            raise DeploymentError(f"the site answers {told}; {self._remedy(answer)}")
        return told

    def _is_settled(self, status: int) -> bool:
        if status not in _IS_SETTLED:
            self._settled = None
            return False
        if self._settled is None or self._settled[0] != status:
            self._settled = status, time.monotonic()
        return time.monotonic() - self._settled[1] >= SETTLED_S

    def _answer(self) -> "_Answer":
        connection = self._connection()
        target = f"{self._parts.path}?{self._parts.query}" if self._parts.query else self._parts.path
        try:
            headers = {"X-Request-ID": raw_files.OWN_REQUESTS + secrets.token_hex(8)}
            connection.request("GET", target, headers=headers)
            response = connection.getresponse()
            return _Answer(response.status, response.getheader("Location", ""), response.read())
        finally:
            connection.close()

    def _connection(self) -> HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "http":
            return HTTPConnection(host, port, timeout=self._timeout_s)
        # As the load generator has it: what answers here is to answer there, whatever this Python is strict about.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if self._ca_file:
            context.load_verify_locations(self._ca_file)
        else:
            context.load_default_certs()
        return HTTPSConnection(host, port, timeout=self._timeout_s, context=context)


class _Answer:
    """What the site answered."""

    def __init__(self, status: int, location: str, body: bytes) -> None:
        self.status, self.location = status, location
        text = body[:_SHOWN].decode(errors="replace").strip()
        self.first_line = text.splitlines()[0] if text else "empty body"


def remedy_of_certificate(verify_code: int) -> str:
    """Return what to do about a certificate that OpenSSL does not take, by its code for that."""
    if verify_code in _OF_ANOTHER_NAME:
        return "write target.url with a name that it is for"
    if verify_code in _OF_ANOTHER_TIME:
        return "renew it, or set the clock of this machine"
    return 'name the one that signed it: target.ca_file = "ca.pem"'


def _remedy(answer: _Answer, application: Application) -> str:
    health: Health = application.probe
    if answer.status == 400:
        named = f'"{application.host}"' if application.host else "127.0.0.1 with a port"
        return (
            f"it may not know the host it is asked for, {named}: name one that its settings allow, such as "
            '[application] host = "www.example.org"'
        )
    if answer.location.startswith("https://") and application.scheme == "http":
        return f'it redirects to {answer.location}: set [application] scheme = "https", and its host'
    if answer.location:
        return f"it redirects to {answer.location}: say that it may, health = {_as_toml(health, answer.status)}"
    return f"name a page that it has, or the status that it answers: health = {_as_toml(health, answer.status)}"


def _as_toml(health: Health, status: int) -> str:
    return f'{{ path = "{health.path}", status = [{", ".join(map(str, (*health.status, status)))}] }}'
