"""The command that reads a site's files and says which causes of failures they invite."""

import json
import shlex
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from badgateway.causes.invitation import Invitation
from badgateway.causes.invited import invitations
from badgateway.causes.sarif import render_sarif
from badgateway.causes.server_files import Said
from badgateway.causes.site_files import SiteFiles, read_site
from badgateway.cli.entry import PATH, cli
from badgateway.cli.terminal import echo
from badgateway.errors import ConfigurationError
from badgateway.numbers import plural

MOST_BYTES = 1_000_000
NOT_KNOWN = 3
MOST_NAMED = 8
_NAMES = (
    "Procfile",
    "Dockerfile",
    "Containerfile",
    "*.service",
    "*compose*.y*ml",
    "*.sh",
    "*.conf",
    "*.conf.py",
    "*.ini",
    "*.cnf",
    "settings.py",
)
"""Of files that mostly say something."""


@cli.command()
@click.argument("files", nargs=-1, required=True, type=PATH)
@click.option("--max-connections", type=click.IntRange(1), metavar="N", help="How many the database allows.")
@click.option("--request-header", type=click.IntRange(1), metavar="BYTES", help="How large one was seen to be.")
@click.option("--response-header", type=click.IntRange(1), metavar="BYTES", help="How large one was seen to be.")
@click.option(
    "--balancer-idle",
    type=click.IntRange(1),
    metavar="SECONDS",
    help="How long a load balancer keeps idle connections.  [default: 60, to nginx alone]",
)
@click.option("--json", "form", flag_value="json", help="Print one line of JSON instead.")
@click.option("--sarif", "form", flag_value="sarif", help="Print SARIF 2.1.0 instead, for code hosts and editors.")
def advise(
    files: tuple[Path, ...],
    *,
    max_connections: int | None,
    request_header: int | None,
    response_header: int | None,
    balancer_idle: int | None,
    form: str | None,
) -> None:
    """Say which causes of failures a site's files invite, from what they say alone; nothing is run.

    FILES are those of a server, nginx, Django's settings and views, and the database, and what has the command that
    starts the server: a Procfile, Dockerfile, compose file, script, or unit of systemd or supervisord, in any order.
    What is told is what can happen, not what does: badgateway explain tells that from logs, badgateway run from a load.

    \b
    Examples:
      badgateway advise gunicorn.conf.py /etc/nginx/conf.d/site.conf shop/settings.py
      badgateway advise uwsgi.ini --max-connections 151
      badgateway advise gunicorn.conf.py --balancer-idle 60
      badgateway advise uwsgi.ini site.conf shop/*.py --sarif > advise.sarif
      badgateway advise Procfile gunicorn.conf.py

    Exit status: 0 nothing known is invited, 1 something is, 2 wrong usage, or nothing in any file was known, 3 nothing
    is invited by what could be read, and the rest is not known before it runs, such as an expression.
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    given = {
        "max_connections": max_connections,
        "request_header": request_header,
        "response_header": response_header,
    }
    read = read_site({path: _text(path) for path in files})
    if balancer_idle is not None:
        read = replace(read, balancer_idle_s=Said(value=f"{balancer_idle}s", where="--balancer-idle"))
    site = replace(read, **_said(given))  # type: ignore[arg-type] # the names of its fields
    if len(site.unread) == len(set(files)):
        # Nothing read is no clean bill of health.
        raise ConfigurationError(
            f"{', '.join(site.unread)}: nothing in it is known, so nothing is told; name the application server's "
            "own file, or the Procfile, Dockerfile, unit, compose file or script that starts it, nginx's, Django's "
            "settings with their DATABASES, or a database's"
        )
    found = invitations(site)
    if form == "json":
        unknown = [one.line for one in site.unknown]
        echo(json.dumps({"invited": [_object(one) for one in found], "unread": list(site.unread), "unknown": unknown}))
    elif form == "sarif":
        echo(render_sarif(found, files, site.unknown), newline=False)
    else:
        _print(found, site)
    sys.exit(1 if found else NOT_KNOWN if site.unknown else 0)


def _said(given: Mapping[str, int | None]) -> dict[str, Said]:
    return {
        name: Said(value=str(value), where=f"--{name.replace('_', '-')}")
        for name, value in given.items()
        if value is not None
    }


def _print(found: tuple[Invitation, ...], site: SiteFiles) -> None:
    for number, one in enumerate(found, start=1):
        echo(f"{number}. {one.what}")
        for line in one.lines:
            echo(f"     {line}")
        echo(f"   Change  {one.change}")
        echo(f"   More    badgateway cause {one.cause.id}\n")
    if site.unknown:
        lines = plural(len(site.unknown), "line")
        echo(f"Could not be read, or not known before it runs; no default is taken ({lines}):")
        for said in site.unknown:
            echo(f"     {said.line}")
    if not found:
        echo(
            "Nothing is invited by the other lines; these may invite anything. Write plain values, or give the files."
            if site.unknown
            else "Nothing of what is known is invited. What is not known, and what a load does, is not in these files."
        )
    for name in site.unread:
        echo(
            f"badgateway: {name}: nothing in it is known; it is no server's, nginx's, Django's or database's file",
            err=True,
        )


def _object(one: Invitation) -> dict[str, object]:
    return {
        "cause": one.cause.id,
        "title": one.cause.title,
        "what": one.what,
        "lines": list(one.lines),
        "change": one.change,
        "page": one.cause.page,
    }


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES).decode("utf-8")
    except IsADirectoryError:
        raise ConfigurationError(f"{path}: is a folder; name files{_files_in(path)}") from None
    except FileNotFoundError:
        raise ConfigurationError(f"{path}: no such file; name files of the server, nginx or Django") from None
    except UnicodeDecodeError:
        raise ConfigurationError(f"{path}: is no text in UTF-8; save it as such") from None
    except OSError as error:
        raise ConfigurationError(f"{path}: cannot be read: {error.strerror or error}") from None


def _files_in(folder: Path) -> str:
    """Return the files in a folder that may say something, by their names, as a command line has them."""
    found = sorted({str(one) for name in _NAMES for one in folder.glob(name) if one.is_file()})
    return f": badgateway advise {shlex.join(found[:MOST_NAMED])}" if found else " in it"
