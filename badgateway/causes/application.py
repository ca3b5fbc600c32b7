"""The application: what it answered itself, and exceptions that left it."""

from badgateway.causes.conditions import CONNECTION_CLOSED, ENDED_EARLY
from badgateway.causes.rule import Rule, near
from badgateway.model.diagnosis import Cause, Certainty, Remedy
from badgateway.model.evidence import ServerEvent
from badgateway.model.knob import Knob

FAMILY = "application"

OUTSIDE_DJANGO = Cause(
    id="exception-outside-django",
    title="An exception left the WSGI application",
    family=FAMILY,
    statuses=(500, 502, 200),
    explanation="It was raised outside of what Django catches: in WSGI middleware, in a signal handler, or while the "
    "body was being made. Gunicorn answers 500; uWSGI closes the connection without a byte, which nginx turns into "
    "502.",
    evidence="uWSGI: a traceback and its own line with `(HTTP/1.1 500)`, `generated 0 bytes` and `0 headers`; "
    "Gunicorn: `Error handling request /path`. Within a second of the failure, for the same path where the line "
    "names one.",
    remedies=(
        Remedy(text="Read the traceback above that line."),
        Remedy(text="Catch what middleware around the application raises, and answer with a 500."),
        Remedy(
            text="Let uWSGI say 500 instead of closing.",
            knobs=(Knob.CATCH_EXCEPTIONS,),
        ),
    ),
    confused_with="The 502 looks like a crashed worker; the worker is alive and took the next request.",
)

APPLICATION_ERROR = Cause(
    id="application-answered-5xx",
    title="The application itself answered with an error",
    family=FAMILY,
    statuses=(500, 503),
    explanation="A header came from upstream, or the status is one that proxies do not make. Proxy and server did "
    "their work. Which exception it was is in the evidence, where the application's log has it.",
    evidence="$upstream_header_time is a number, or the status is 500, and no line of the server explains it. It can "
    "be any error of the code, db-connections-exhausted, db-pool-exhausted, late-monkey-patch or "
    "gunicorn-timeout-500.",
    remedies=(
        Remedy(
            text="Send Django's errors to the console: with DEBUG off they go nowhere but to ADMINS by mail.",
            settings={"Django": "LOGGING with a console handler for django.request"},
        ),
        Remedy(
            text="Log the time of the header, to be sure whose status it is.",
            settings={"nginx": "$upstream_header_time"},
        ),
    ),
)

ANSWERED_RULES = (
    Rule(
        cause=OUTSIDE_DJANGO,
        where="c.app_answered AND c.status = 500",
        proof=near(ServerEvent.APPLICATION_EXCEPTION, ServerEvent.EMPTY_500),
    ),
)
# A 500 that closes a connection is uWSGI's; Gunicorn would have sent it.
CLOSED_RULES = (Rule(cause=OUTSIDE_DJANGO, where=CONNECTION_CLOSED, proof=near(ServerEvent.EMPTY_500)),)
# A worker that is stopped leaves a traceback, too: deaths go before.
ALIVE_RULES = (
    Rule(
        cause=OUTSIDE_DJANGO,
        where=f"{ENDED_EARLY} AND NOT c.died_in_app",
        proof=near(ServerEvent.APPLICATION_EXCEPTION),
    ),
)
HANDLED_RULES = (
    Rule(
        cause=APPLICATION_ERROR,
        where="c.app_answered",
        proof=near(ServerEvent.HANDLED_EXCEPTION),
        certainty=Certainty.FAMILY,
    ),
)
FAMILY_RULES = (Rule(cause=APPLICATION_ERROR, where="c.app_answered", certainty=Certainty.FAMILY),)

CAUSES = (OUTSIDE_DJANGO, APPLICATION_ERROR)
