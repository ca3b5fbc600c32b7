"""The little Markdown of the catalogue of causes as HTML."""

import re

from markupsafe import Markup, escape

_CODE = re.compile(r"`([^`]+)`")


def marked(text: str) -> Markup:
    """Return the text as HTML: what stands in backticks is code, and nothing else is markup."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 # escaped before
