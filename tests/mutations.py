"""What becomes of a file in the hands of people and disks: changes to its values, and to its bytes, for hypothesis."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

ODD_TEXTS = (
    "",
    " ",
    "\x00",
    "\x1b[31mred",
    "two\nlines",
    "\u202eabc",
    "..",
    "/etc/passwd",
    "../../x.py",
    "x" * 5000,
    "é" * 200,
    "20",
    "true",
    "-1",
    "$(id)",
    "%s{}",
    "a,b.py",
    "uwsgi:x.ini",
    "servers",
    "servers/uwsgi.ini",
    "experiments/concurrency.py",
)
ODD_NUMBERS = (
    *(0, -1, 1, 2, 2**31, 2**63 - 1, 2**63, -(2**64), 10**400),
    *(0.0, -0.0, 0.5, 1e-320, 1e308, float("nan"), float("inf"), float("-inf")),
)


def _nested(depth: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner


_ANY_VALUE = st.one_of(
    st.sampled_from(ODD_TEXTS),
    st.sampled_from(ODD_NUMBERS),
    st.sampled_from((True, False, [], {}, [[]], [{}], [""], {"a": {}}, ["20"], [True], ["python"])),
    st.text(max_size=20).filter(lambda text: not any(0xD800 <= ord(letter) < 0xE000 for letter in text)),
    st.integers(1, 60).map(_nested),
)
_OPERATIONS = st.sampled_from(("drop", "double", "rename", "replace", "wrap", "unwrap", "move", "quote"))


@st.composite
def mutated(draw: st.DrawFn, original: dict[str, Any]) -> dict[str, Any]:
    """Return the tables with one to four changes somewhere in them."""
    changed = copy.deepcopy(original)
    for _ in range(draw(st.integers(1, 4))):
        places = list(_places(changed))
        if not places:
            return changed
        holder, key = places[draw(st.integers(0, len(places) - 1))]
        _change(draw, holder, key, places)
    return changed


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield where in a value something stands: its holder and its key or index."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list) and not _is_deep(value[key]):
            yield from _places(value[key])


def _is_deep(value: Any) -> bool:
    for _ in range(12):
        if not isinstance(value, list) or not value:
            return False
        value = value[0]
    return True


def _change(draw: st.DrawFn, holder: Any, key: Any, places: list[tuple[Any, Any]]) -> None:
    operation = draw(_OPERATIONS)
    value = holder[key]
    if operation == "drop":
        del holder[key]
    elif operation == "double" and isinstance(holder, list):
        holder.insert(key, copy.deepcopy(value))
    elif operation == "rename" and isinstance(holder, dict):
        holder[draw(st.sampled_from((f"{key}s", str(key)[:-1], str(key).upper(), "", "\x1b", "x" * 300)))] = holder.pop(
            key
        )
    elif operation == "wrap":
        holder[key] = draw(st.sampled_from(([value], {"a": value}, [value, value])))
    elif operation == "unwrap" and isinstance(value, list) and value:
        holder[key] = value[0]
    elif operation == "move":
        other, place = places[draw(st.integers(0, len(places) - 1))]
        holder[key] = copy.deepcopy(other[place])
    elif operation == "quote":
        holder[key] = str(value)[:200]
    else:
        # A copy: what is drawn is one object for all, and the next change may be inside it.
        holder[key] = copy.deepcopy(draw(_ANY_VALUE))


@st.composite
def damaged(draw: st.DrawFn, original: bytes) -> bytes:
    """Return the bytes with one to four damages: cut, doubled, replaced, with something put in."""
    content = original
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(content)))
        end = min(len(content), start + draw(st.integers(0, 60)))
        filling = draw(
            st.one_of(
                st.binary(max_size=8),
                st.sampled_from((b"", b"\xef\xbb\xbf", b"\xff\xfe", b"\x00", b"\xe9", b"\r", b"[" * 900, b"{" * 900)),
                st.sampled_from((b"9" * 5001, b"nan", b"-inf", b"1e999", b'"', b"'", b"\n", b"=", b"]", b"}", b"#")),
                st.just(content[start:end] * 2),
            )
        )
        content = content[:start] + filling + content[end:]
    return content


def toml(tables: dict[str, Any]) -> str:
    """Return the tables as a TOML file, however odd they are."""
    return "".join(f"{_quoted(key)} = {_toml_value(value)}\n" for key, value in tables.items())


def _toml_value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_quoted(key)} = {_toml_value(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_toml_value(inner) for inner in value) + "]"
    if isinstance(value, bool) or value is None:
        return str(bool(value)).lower()
    return _quoted(value) if isinstance(value, str) else repr(value)


def _quoted(text: object) -> str:
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")
