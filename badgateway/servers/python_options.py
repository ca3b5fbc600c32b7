"""Reads what a Python file assigns at its top, as it stands: each value that it says, and what takes a run to know."""

import ast
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from badgateway.model.printable import shortened
from badgateway.servers.options import EVERY, Option

_LONGEST = 80
_SUMS: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
}
_WRITERS = ("exec", "eval", "globals", "vars", "locals", "setattr")
"""What may set any name."""


def syntax_fault(text: str) -> str:
    """Return why a text is no Python, with its line; empty where it is."""
    return _parsed(text)[1]


@lru_cache(maxsize=1)
def _parsed(text: str) -> tuple[Sequence[ast.stmt], str]:
    """Return the statements of a file and nothing, or none and why it is no Python; who asks mostly asks both."""
    try:
        return ast.parse(text).body, ""
    except SyntaxError as error:
        return (), f"line {error.lineno}: no Python: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return (), f"no Python: {error}"


def python_options(text: str) -> Mapping[str, Option]:
    """Return the assignments of a Python file, the last of each, defaults of environment variables included.

    What is an expression, or is decided while the file runs, is there and not known. A text that is no Python has none.
    """
    found: dict[str, Option] = {}
    for statement in _parsed(text)[0]:
        for name, value in _assigned(statement):
            said = said_value(value, found) if value is not None else None
            shown = said if said is not None else shortened(ast.unparse(value or statement).splitlines()[0], _LONGEST)
            found[name] = Option(value=shown, line=statement.lineno, is_known=said is not None)
    return found


def _assigned(statement: ast.stmt) -> Iterator[tuple[str, ast.expr | None]]:
    """Yield the names that a statement sets, each with its value; None where it takes a run to know that."""
    match statement:
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _pairs(target, value)
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            yield name, value
        case ast.ImportFrom(names=[ast.alias(name="*")]):
            yield EVERY, None
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.AnnAssign():
            return
        case _:
            yield from ((name, None) for name in _set_inside(statement))


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[str, ast.expr | None]]:
    match target, value:
        case ast.Name(id=name), _:
            yield name, value
        case ((ast.Tuple() | ast.List()), (ast.Tuple() | ast.List())) if len(target.elts) == len(value.elts):
            for one, each in zip(target.elts, value.elts, strict=True):
                yield from _pairs(one, each)
        case _:
            yield from ((name, None) for name in _set_inside(target))


def _set_inside(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        match inner:
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.ImportFrom(names=[ast.alias(name="*")]):
                yield EVERY
            case ast.Call(func=ast.Name(id=name)) if name in _WRITERS:
                yield EVERY


def said_value(node: ast.expr, names: Mapping[str, Option] | None = None) -> str | None:
    """Return what an expression says by itself, of a variable its default; None where it takes a run to know.

    Args:
        node: The expression.
        names: What is known of the names before it.
    """
    known = names or {}
    match node:
        case ast.Constant(value=value):
            return str(value)
        case ast.Name(id=name) if name in known and known[name].is_known:
            return known[name].value
        case (
            ast.Call(func=ast.Name(id="int" | "str" | "float" | "bool"), args=[inner])
            | ast.Call(func=ast.Attribute(attr="get" | "getenv") | ast.Name(id="getenv"), args=[_, inner])
        ):
            return said_value(inner, known)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _SUMS:
            return _sum(_SUMS[type(sign)], said_value(left, known), said_value(right, known))
        case _:
            return None


def _sum(sign: Callable[[int, int], int], left: str | None, right: str | None) -> str | None:
    are_numbers = left is not None and right is not None and left.isdecimal() and right.isdecimal()
    return str(sign(int(left or 0), int(right or 0))) if are_numbers else None
