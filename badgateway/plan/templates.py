"""The templates of nginx and the database, where $ belongs to the server: what each may ask for, and how it gets it."""

import string
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath

from badgateway.databases.database_kind import DatabaseKind
from badgateway.databases.database_system import TEMPLATE_VALUES, DatabaseSystem
from badgateway.errors import ConfigurationError
from badgateway.model.printable import printable_part
from badgateway.plan.declaration_faults import likely

NGINX = PurePosixPath("servers/nginx.conf")
NGINX_VALUES = (
    "address",
    "connect_timeout_s",
    "connection",
    "connections",
    "forwarded_proto",
    "host",
    "http",
    "keep_open",
    "open_files",
    "pass",
    "port",
    "read_timeout_s",
    "scheme",
    "static",
    "upstream",
)
"""The values that the kit has for nginx's template."""
ADDRESS = "@{address}"
"""What it has to have where nginx is to listen at another address than 127.0.0.1."""


def template_values(system: DatabaseKind) -> Mapping[PurePosixPath, tuple[str, ...]]:
    """Return the values that the kit has for each template of a project whose database is of this system."""
    of_database = {system.template: TEMPLATE_VALUES} if isinstance(system, DatabaseSystem) else {}
    return {NGINX: NGINX_VALUES, **of_database}


class _Template(string.Template):
    delimiter = "@"
    # Braces only: a stray @ is a mistake and must not pass as text.
    idpattern = r"(?!)"
    braceidpattern = r"[a-z_]+"


def fill(file: PurePosixPath, text: str, values: Mapping[str, str | int]) -> str:
    """Return the template's text with each @{value} filled in; `file` is for the message.

    Raises:
        ConfigurationError: the template asks for a value there is none of, or has an @ that is no @{value}.
    """
    fault = template_fault(text, values)
    if fault:
        raise ConfigurationError(f"{file}, {fault}")
    return _Template(text).substitute(values)


def template_fault(text: str, values: Collection[str]) -> str:
    """Return the first thing in a template that could not be filled in, with its line; empty when there is none."""
    for found in _Template.pattern.finditer(text):
        name = found["braced"]
        if found["invalid"] is None and (name is None or name in values):
            continue
        line = text.count("\n", 0, found.start()) + 1
        if name is None:
            return f"line {line}: @ must begin one of {_listed(values)}; write @@ for an @ of the server's own"
        return f"line {line}: unknown value @{{{printable_part(name)}}}; {_likely(name, values)}"
    return ""


def _likely(name: str, values: Collection[str]) -> str:
    return likely(name.lower(), sorted(values), shown="@{{{}}}")


def _listed(values: Collection[str]) -> str:
    return ", ".join(f"@{{{value}}}" for value in sorted(values))
