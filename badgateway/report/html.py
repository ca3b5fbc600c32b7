"""HTML from templates, the little Markdown of the catalogue of causes, and links to raw files."""

import re
from urllib.parse import quote

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from badgateway.model import raw

_CODE = re.compile(r"`([^`]+)`")


def inline_code(text: str) -> Markup:
    """Return the text as HTML: what stands in backticks is code, and nothing else is markup."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 # escaped before


_ANCHOR = re.compile(r'<h[23] id="([^"]+)">(.+?)</h[23]>')
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


def anchors(html: str) -> tuple[tuple[str, Markup], ...]:
    """Return the headings that can be led to, in their order: name and text."""
    return tuple((name, Markup(text)) for name, text in _ANCHOR.findall(html))  # noqa: S704 # the page's own


def link_to_file(name: str, files: frozenset[str]) -> str:
    """Return where a raw file is found from the page, packed or not; empty where it does not lie beside it."""
    return quote(next((found for found in (name, f"{name}.gz") if found in files), ""))


def link_to_trial(trial_id: str, files: frozenset[str]) -> str:
    """Return where the folder of a trial is found from the page; empty where it does not lie beside it."""
    folder = f"trials/{trial_id}/"
    return quote(folder) if f"{folder}{raw.TRIAL}" in files else ""
