"""Text files from templates: nothing in them is markup, so what is put in is checked where it is read."""

import re
import textwrap

from jinja2 import Environment, PackageLoader, StrictUndefined

WIDTH = 118
_UNIT = re.compile(r"(?<=\d) (?=(?:m?s|[KMG]iB|users?)\b|%)")
_TIED = "\N{NO-BREAK SPACE}"


def wrapped(text: str, indent: int = 0) -> tuple[str, ...]:
    """Return the lines of a comment, without the mark that one begins with."""
    tied = _UNIT.sub(_TIED, text)
    lines = textwrap.wrap(tied, WIDTH - indent, break_long_words=False, break_on_hyphens=False)
    return tuple(line.replace(_TIED, " ") for line in lines)


def comment(text: str, indent: int = 0) -> str:
    """Return a text as lines of a comment that begin with #."""
    return f"\n{' ' * indent}".join(f"# {line}" for line in wrapped(text, indent))


_TEMPLATES = Environment(
    loader=PackageLoader("badgateway.emit"),
    autoescape=False,  # noqa: S701 # none of them is HTML
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
_TEMPLATES.filters["comment"] = comment


def fill(template: str, **values: object) -> str:
    """Return a template with its values."""
    return _TEMPLATES.get_template(template).render(**values)
