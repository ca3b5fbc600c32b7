"""Lets Locust's web UI serve only whoever started it, and load nothing but the run's own target, or nothing at all."""

import hmac

from flask import Flask, Response, request

PARAMETER = "token"
_LONGEST_HOST = 300
_READING = ("GET", "HEAD", "OPTIONS")


def guard(app: Flask, *, token: str, port: int, target: str | None) -> None:
    """Refuse what is not asked by the owner's browser, or would load another host.

    The token comes with the address that the command prints, and is a cookie from then on. No other page can have the
    browser use that cookie: it is not sent with what another site asks for, and a foreign Origin is refused besides. A
    foreign Host is refused too: else a name that another site owns could be made to lead here.

    Args:
        app: Of Locust's web UI, before its first request.
        token: What the owner knows.
        port: Of the web UI on 127.0.0.1.
        target: Address of the site, such as http://127.0.0.1:8080; None: nothing may be started, stopped or changed.
    """
    hosts = {f"127.0.0.1:{port}", f"localhost:{port}"}
    cookie = f"badgateway-{port}"

    def refuse_others() -> Response | None:
        origin = request.headers.get("Origin")
        if request.host not in hosts or (origin is not None and origin not in {f"http://{host}" for host in hosts}):
            return _refusal("this page is for the browser of this machine alone")
        given = request.args.get(PARAMETER) or request.cookies.get(cookie, "")
        if not hmac.compare_digest(given.encode(), token.encode()):
            return _refusal("open the address that badgateway printed, with its token")
        return _why_not_ordered(target) if request.method not in _READING else None

    def remember(response: Response) -> Response:
        if request.args.get(PARAMETER) and response.status_code < 400:
            response.set_cookie(cookie, token, httponly=True, samesite="Strict")
        return response

    app.before_request(refuse_others)
    app.after_request(remember)


def _why_not_ordered(target: str | None) -> Response | None:
    if target is None:
        return _refusal("this run is measured: here it is looked at, and in its terminal it is ended")
    asked = request.form.get("host", target)
    if asked.rstrip("/") != target.rstrip("/"):
        return _refusal(f"only {target} may be loaded here, not {asked[:_LONGEST_HOST]}")
    return None


def _refusal(why: str) -> Response:
    return Response(f"{why}\n", status=403, mimetype="text/plain")
