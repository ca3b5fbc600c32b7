"""What may be shown: text without control characters."""

import json
import re

_STEERING = (
    "\x00-\x1f\x7f-\x9f"  # C0 and C1: ESC, line breaks, CSI
    "\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # no width, or another direction
    "\ud800-\udfff"  # halves of a character, which cannot be written
    "\U000e0000-\U000e007f"  # tags, which nobody sees
)
_ANY = re.compile(f"[{_STEERING}]")
_BUT_LINE_BREAKS = re.compile(f"(?!\n)[{_STEERING}]")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def printable(text: str) -> str:
    r"""Return text in one line, with '\x1b' in place of ESC, '\n' of a line break, '\u202e' of an override."""
    return _ANY.sub(_spelled, text)


def printable_lines(text: str) -> str:
    """Return the same of a whole page, whose line breaks are its own."""
    return _BUT_LINE_BREAKS.sub(_spelled, text)


def printable_json(value: object, *, indent: int | None = None) -> str:
    r"""Return a value as JSON, in which such characters are spelled as JSON does it, '\u001b' in place of ESC."""
    text = json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)
    return _BUT_LINE_BREAKS.sub(lambda found: json.dumps(found[0])[1:-1], text)


def shortened(text: str, most: int = 80) -> str:
    """Return text that a message has room for, with '...' in the middle of what is longer."""
    half = (most - 3) // 2
    return text if len(text) <= most else f"{text[:half]}...{text[-half:]}"


def printable_part(text: str) -> str:
    """Return text that is a part of a message: one line, and short."""
    return printable(shortened(text))


def _spelled(found: re.Match[str]) -> str:
    character = found[0]
    if character in _SHORT:
        return _SHORT[character]
    code = ord(character)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
