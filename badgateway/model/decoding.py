"""Decodes TOML and JSON that anybody may have written into values that every later step can take."""

import json
import math
import tomllib
from collections.abc import Callable, Iterator, Mapping
from datetime import date, time
from typing import TYPE_CHECKING, Any

from badgateway.model.printable import printable, printable_part, shortened

if TYPE_CHECKING:
    from pydantic import ValidationError

DEEPEST = 32
"""Levels of tables and lists; an experiment has six."""
LONGEST_TEXT = 10_000
MOST_FAULTS = 20
_INTEGERS = range(-(2**63), 2**63)
_HALF_CHARACTERS = range(0xD800, 0xE000)

Location = tuple[int | str, ...]

_TOML_REMEDIES = {
    "Invalid value": 'a value is a number, true, false, [a list] or "text in quotes"',
    "Invalid statement": "a line is key = value, or [table]",
    "Expected '=' after a key": "a line is key = value",
    "Expected newline or end of document": "one key = value a line; text stands in quotes",
    "Cannot overwrite a value": "a key is given twice",
    "Illegal character": "a text ends on its line; close its quotes",
    "Unescaped": r"a backslash in a text is written \\, or the text stands in single quotes",
    "Unclosed array": "a list is [1, 2], with a comma between its values",
    "Unclosed inline table": "a table is { key = value, key = value }, in one line",
    "Invalid initial character": "names of keys are letters, digits, - and _; nothing follows the last value in { }",
}
"""By how a message of tomllib begins; it says what it expected, not what to write."""


class DecodingError(ValueError):
    """The content is not what it should be; one line a fault, each with its key or place."""


def decoded_toml(content: bytes) -> dict[str, Any]:
    """Return the tables of a TOML file; a byte order mark before them does no harm.

    Raises:
        DecodingError: It is not UTF-8 or not TOML, or has a value that nothing can take.
    """
    text = _text(content)
    declared: dict[str, Any] = _parsed(tomllib.loads, text, lambda error: _toml_fault(error, text))
    _refuse_odd_values(declared)
    return declared


def decoded_json(content: bytes) -> dict[str, Any]:
    """Return the object of a JSON file.

    Raises:
        DecodingError: It is not UTF-8, no JSON or no object, or has a value that nothing can take.
    """
    declared = _parsed(json.loads, _text(content), lambda error: f"not JSON: {error}")
    if not isinstance(declared, dict):
        raise DecodingError("is no JSON object")
    _refuse_odd_values(declared)
    return declared


def spelled_key(location: Location, declared: Any) -> str:
    """Spell a location as a user would: configurations[uwsgi-2].workers instead of configurations.0.workers.

    What the location has of its own, such as the name of a type that was tried, is left out.
    """
    words: list[str] = []
    value = declared
    for place, part in enumerate(location):
        is_known = _has(value, part)
        if isinstance(part, int):
            value = value[part] if is_known else None
            name = value.get("name") if isinstance(value, Mapping) else None
            known_as = name if isinstance(name, str) and name else part + 1
            words = [*words[:-1], f"{words[-1] if words else ''}[{printable_part(str(known_as))}]"]
        elif is_known or (isinstance(value, Mapping) and place == len(location) - 1 and "[" not in part):
            words.append(printable_part(part))
            value = value.get(part) if isinstance(value, Mapping) else None
    return ".".join(words)


def _has(value: Any, part: int | str) -> bool:
    if isinstance(part, int):
        return isinstance(value, list | tuple) and part < len(value)
    return isinstance(value, Mapping) and part in value


def _text(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DecodingError("is UTF-16; save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise DecodingError(
            f"line {line}: byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8"
        ) from None


def _parsed(parse: Callable[[str], Any], text: str, told: Callable[[ValueError], str]) -> Any:
    try:
        return parse(text)
    except RecursionError:
        raise DecodingError(f"is nested too deep; {DEEPEST} levels are allowed") from None
    except ValueError as error:
        if "integer string conversion" in str(error):
            raise DecodingError("has an integer of thousands of digits; 64 bits are allowed") from None
        raise DecodingError(told(error)) from None


def _toml_fault(error: ValueError, text: str) -> str:
    what, _, where = printable(str(error)).removesuffix(")").rpartition(" (at ")
    remedy = next((said for begin, said in _TOML_REMEDIES.items() if what.startswith(begin)), "")
    place, _, _ = where.partition(",")
    number = place.removeprefix("line ")
    lines = text.split("\n")
    shown = f": {printable_part(lines[int(number) - 1].strip())}" if number.isdecimal() else ""
    return f"{place}{shown}: not TOML: {shortened(what)}{f'; {remedy}' if remedy else ''}"


def _refuse_odd_values(declared: Mapping[str, Any]) -> None:
    faults = [f"{spelled_key(location, declared)}: {fault}" for location, fault in _odd_values(declared)]
    if faults:
        raise DecodingError("\n".join(first_faults(faults)))


def first_fault(error: "ValidationError") -> tuple[str, str]:
    """Return the key of the first fault that pydantic found, empty for the whole, and what is wrong there."""
    fault = error.errors(include_url=False)[0]
    return ".".join(map(str, fault["loc"])), fault["msg"]


def first_faults(faults: list[str]) -> list[str]:
    """Return as many faults as somebody reads, and how many more there are."""
    more = len(faults) - MOST_FAULTS
    return faults if more <= 0 else [*faults[:MOST_FAULTS], f"and {more:,} faults more"]


def _odd_values(declared: Mapping[str, Any]) -> Iterator[tuple[Location, str]]:
    # With a list of its own in place of recursion: how deep it goes is what is to be found out.
    waiting: list[tuple[Location, Any]] = [((), declared)]
    while waiting:
        location, value = waiting.pop()
        if len(location) > DEEPEST:
            yield location[:3], f"is nested too deep; {DEEPEST} levels are allowed"
            return
        inner = _inner(value)
        # The first one is the next to be looked at, so that faults come in the order of the file.
        waiting += [((*location, key), one) for key, one in reversed(inner)]
        fault = _fault_of(value) or next((found for key, _ in inner if (found := _fault_of(key))), "")
        if fault:
            yield location, fault


def _inner(value: Any) -> list[tuple[int | str, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def _fault_of(value: Any) -> str:
    """Return what no later step could do with a single value; empty when there is nothing."""
    if isinstance(value, str):
        return _fault_of_text(value)
    if isinstance(value, float) and not math.isfinite(value):
        return f"{value} is not allowed: a number is finite"
    if isinstance(value, int) and value not in _INTEGERS:
        return "an integer has at most 64 bits"
    if isinstance(value, date | time):
        return f"{value} is a date or time, and none is asked for; text stands in quotes"
    return ""


def _fault_of_text(text: str) -> str:
    if "\0" in text:
        return f"{printable_part(text)} has a NUL character; leave it out"
    if any(ord(character) in _HALF_CHARACTERS for character in text):
        return f"{printable_part(text)} has half of a character (a lone surrogate); leave it out"
    if len(text) > LONGEST_TEXT:
        return f"a text of {len(text):,} characters; {LONGEST_TEXT:,} are allowed"
    return ""
