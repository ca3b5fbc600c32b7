"""Writes TOML, with a comment where a line needs one."""

import re
from collections.abc import Mapping, Sequence

from badgateway.model.printable import printable

Value = str | bool | int | float | Sequence["Value"] | Mapping[str, "Value"]
_WIDEST = 118
_SHORT = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def spelled(value: Value) -> str:
    """Return a value as TOML has it, in one line."""
    if isinstance(value, str):
        return '"' + "".join(map(_letter, value)) + '"'
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{key(name)} = {spelled(one)}" for name, one in value.items())
        return f"{{ {inner} }}"
    return f"[{', '.join(map(spelled, value))}]"


def key(name: str) -> str:
    """Return a key as TOML has it."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else spelled(name)


def line(name: str, value: Value, comment: str = "") -> str:
    """Return a line with a key, its value, and a comment where there is room for it, else before it."""
    text = f"{key(name)} = {spelled(value)}"
    if isinstance(value, Sequence) and not isinstance(value, str) and len(text) > _WIDEST:
        inner = "".join(f"  {spelled(one)},\n" for one in value)
        text = f"{key(name)} = [\n{inner}]"
    if not comment:
        return text
    told = f"# {printable(comment)}"
    return f"{text}  {told}" if len(text) + len(told) + 2 <= _WIDEST and "\n" not in text else f"{told}\n{text}"


def _letter(letter: str) -> str:
    if letter in _SHORT:
        return _SHORT[letter]
    code = ord(letter)
    return f"\\u{code:04x}" if code < 0x20 or code == 0x7F else letter
