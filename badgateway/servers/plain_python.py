"""Fills in server files that are Python: what reads the kit's variables becomes the value that it read."""

import ast
import json
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from badgateway.servers.deployable import Filling, Plain, not_fillable

_OWN = re.compile(r"WEB_\w+")
_REMEDY = 'write it as the files in servers/ do: int(os.environ.get("{0}", "2"))'
_CALLS: Mapping[str, Callable[..., object]] = {"int": int, "str": str, "float": float, "bool": bool}
_COMPARISONS: Mapping[type[ast.cmpop], Callable[[object, object], object]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_FOR_LINTERS = re.compile(r"# noqa: [A-Z0-9, ]+?(?: (?=#)|$)", re.MULTILINE)


class _UnknownValueError(Exception):
    """An expression takes something that only the running server would know."""


@dataclass(slots=True)
class _File:
    """What is known of a file so far: its variables, and what its names stand for."""

    filling: Filling
    names: dict[str, object] = field(default_factory=dict)
    filled: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Change:
    """What stands between two places of the file, in bytes, is another text."""

    begin: int
    end: int
    text: str


def plain_python(text: str, filling: Filling) -> Plain:
    """Return the file with a literal wherever it reads a variable of the kit; its docstring makes room for the header.

    Raises:
        ConfigurationError: It is no Python, or takes a variable in a way that cannot be filled in.
    """
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise not_fillable(error.lineno or 1, "the file", f"it is no Python: {error.msg}") from error
    file = _File(filling)
    begins = _line_begins(text)
    changes = [change for statement in tree.body for change in _of_statement(statement, file, begins)]
    body = _changed(text, changes)
    header = "".join(f"# {line}".rstrip() + "\n" for line in filling.header)
    plain = _without_unused_import(_FOR_LINTERS.sub("", body))
    _require_none_left(plain)
    return Plain(text=header + "\n" + plain.strip("\n") + "\n", filled=frozenset(file.filled))


def _of_statement(statement: ast.stmt, file: _File, begins: list[int]) -> Iterator[_Change]:
    begin, end = _span(statement, begins)
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        # The docstring tells how the kit starts it.
        yield _Change(begin, end, "")
        return
    read: set[str] = set()
    values = [_Change(*_span(node, begins), _literal(value)) for node, value in _read_values(statement, file, read)]
    remarks = [line for name in sorted(read) for line in file.filling.remarks.get(name, ())]
    if remarks:
        yield _Change(begin, begin, "".join(f"# {line}\n" for line in remarks))
    yield from values
    file.filled |= read
    if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
        try:
            file.names[statement.targets[0].id] = _value(statement.value, file, set())
        except _UnknownValueError:
            file.names.pop(statement.targets[0].id, None)


def _literal(value: object) -> str:
    # The quotes that the formatters of Python files like.
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _read_values(node: ast.AST, file: _File, read: set[str]) -> Iterator[tuple[ast.expr, object]]:
    """Yield the largest expressions that read variables of the kit and whose value is known, with it."""
    if isinstance(node, ast.expr):
        found: set[str] = set()
        try:
            value = _value(node, file, found)
        except _UnknownValueError:
            pass
        else:
            if found:
                read |= found
                yield node, value
            return
    for child in ast.iter_child_nodes(node):
        yield from _read_values(child, file, read)


def _value(node: ast.expr, file: _File, read: set[str]) -> object:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name) if name in file.names:
            return file.names[name]
        case ast.Call(func=ast.Name(id=name), args=[only], keywords=[]) if name in _CALLS:
            return _converted(_CALLS[name], _value(only, file, read))
        case ast.Compare(left=left, ops=[comparison], comparators=[right]) if type(comparison) in _COMPARISONS:
            return _COMPARISONS[type(comparison)](_value(left, file, read), _value(right, file, read))
        case ast.IfExp(test=test, body=body, orelse=otherwise):
            return _value(body if _value(test, file, read) else otherwise, file, read)
        case _:
            return _variable(node, file, read)


def _converted(call: Callable[..., object], value: object) -> object:
    try:
        return call(value)
    except (TypeError, ValueError):
        raise _UnknownValueError from None


def _variable(node: ast.expr, file: _File, read: set[str]) -> object:
    """Return what os.environ.get(NAME, DEFAULT), os.getenv(NAME, DEFAULT) or os.environ[NAME] is."""
    default: list[ast.expr] = []
    match node:
        case ast.Call(func=ast.Attribute() as called, args=[ast.Constant(value=str(name)), *default]) if ast.unparse(
            called
        ) in {"os.environ.get", "os.getenv"}:
            pass
        case ast.Subscript(value=ast.Attribute() as of, slice=ast.Constant(value=str(name))) if (
            ast.unparse(of) == "os.environ"
        ):
            pass
        case _:
            raise _UnknownValueError
    if not _OWN.fullmatch(name):
        raise _UnknownValueError
    value = file.filling.values.get(name)
    if value is None:
        if isinstance(node, ast.Subscript):
            raise not_fillable(node.lineno, name, "no run gives it: take it out")
        value_of_default = _value(default[0], file, read) if default else None
        read.add(name)
        return value_of_default
    read.add(name)
    return value


def _line_begins(text: str) -> list[int]:
    begins = [0]
    for line in text.splitlines(keepends=True):
        begins.append(begins[-1] + len(line.encode()))
    return begins


def _span(node: ast.stmt | ast.expr, begins: list[int]) -> tuple[int, int]:
    end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or node.col_offset
    return begins[node.lineno - 1] + node.col_offset, begins[end_line - 1] + end_column


def _changed(text: str, changes: list[_Change]) -> str:
    content = text.encode()
    for change in sorted(changes, key=lambda one: (one.begin, one.end), reverse=True):
        content = content[: change.begin] + change.text.encode() + content[change.end :]
    return content.decode()


def _without_unused_import(text: str) -> str:
    uses = any(isinstance(node, ast.Name) and node.id == "os" for node in ast.walk(ast.parse(text)))
    without = text if uses else re.sub(r"^import os\b.*\n", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in without.splitlines()))


def _require_none_left(text: str) -> None:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and (left := _OWN.search(node.value)):
            raise not_fillable(node.lineno, left[0], _REMEDY.format(left[0]))
