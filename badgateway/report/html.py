"""HTML from templates, and the little Markdown of the catalogue of causes."""

import re

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

_CODE = re.compile(r"`([^`]+)`")


def inline_code(text: str) -> Markup:
    """Return the text as HTML: what stands in backticks is code, and nothing else is markup."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 # escaped before


_TEMPLATES = Environment(
    loader=ChoiceLoader(
        [
            PackageLoader("badgateway.report", "sections"),
            PackageLoader("badgateway.report"),
            # The cards of causes look as they do in an explanation: they share its style sheet.
            PackageLoader("badgateway.report.explanation"),
        ]
    ),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["marked"] = inline_code


def render(template: str, **values: object) -> Markup:
    """Return a template with its values; the template of a section is named with its folder."""
    return Markup(_TEMPLATES.get_template(template).render(**values))  # noqa: S704 # the templates escape all they print
