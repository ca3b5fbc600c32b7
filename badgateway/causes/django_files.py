"""What Django's settings and views say, read as they stand: pools, kept connections, sessions, streams."""

import ast
import re
from collections.abc import Iterator

from badgateway.model.printable import shortened
from badgateway.servers.python_options import said_value

# Django's own pool is not among them: beside it Django refuses to keep connections.
_POOL = re.compile(r"(?:dj_db_conn_pool|django_db_geventpool)\b")
_COOKIES = "django.contrib.sessions.backends.signed_cookies"
_KEPT = "CONN_MAX_AGE"
_STREAM = "StreamingHttpResponse"
_NONE_KEPT = {"0", "False", "0.0"}

UNKNOWN = "unknown"
Found = tuple[str, str, int]
"""A field of SiteFiles, or UNKNOWN, the value, and its line."""


def django_says(text: str) -> Iterator[Found]:
    """Yield what a Python file of a site says; of a file that is none, nothing."""
    try:
        nodes = list(ast.walk(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError):
        return
    is_asynchronous = any(isinstance(node, ast.AsyncFunctionDef | ast.AsyncFor) for node in nodes)
    for node in nodes:
        match node:
            case ast.Constant(value=str(value)) if _POOL.match(value):
                yield "pool", value, node.lineno
            case ast.Constant(value=str(value)) if value == _COOKIES:
                yield "cookie_session", value, node.lineno
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name == _STREAM and not is_asynchronous:
                yield "sync_stream", name, node.lineno
            case _:
                yield from _kept(node)


def _kept(node: ast.AST) -> Iterator[Found]:
    """Yield for how long connections are kept: an entry, an assignment, or an argument as of dj_database_url."""
    for name, value in _named(node):
        if name.upper() != _KEPT:
            continue
        said = said_value(value)
        if said is None:
            yield UNKNOWN, f"{_KEPT} = {shortened(ast.unparse(value), 80)}", value.lineno
        elif said not in _NONE_KEPT:
            yield "kept_connections", said, value.lineno


def _named(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    match node:
        case ast.Dict(keys=keys, values=values):
            for key, value in zip(keys, values, strict=True):
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, value
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            yield name, value
        case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=str(name)))], value=value):
            yield name, value
        case ast.keyword(arg=str(name), value=value):
            yield name, value
