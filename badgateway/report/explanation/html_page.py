"""Renders an explanation as one HTML file that needs nothing else: no network, no script."""

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from badgateway.model.explanation import Explanation
from badgateway.model.printable import printable_lines
from badgateway.report import cause_parts
from badgateway.report.explanation import chart, document, moments, series
from badgateway.report.html import inline_code

_TEMPLATES = Environment(
    # The report's style sheet and parts are this page's too.
    loader=ChoiceLoader([PackageLoader("badgateway.report.explanation"), PackageLoader("badgateway.report")]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["marked"] = inline_code


def render_html(explanation: Explanation) -> str:
    """Return the page; the same explanation gives the same bytes."""
    page = document.build(explanation)
    # Once for all that is in it: markup is what autoescape leaves to us.
    return printable_lines(
        _TEMPLATES.get_template("explanation.html.j2").render(
            page=page,
            chart=chart.draw(page),
            series=series.stacked(page),
            step=moments.length(page.timeline.step_s) if page.timeline else "",
            span=moments.span(page.timeline.start_s, page.timeline.end_s, page.utc_offset_s) if page.timeline else "",
            colour=cause_parts.colour,
        )
    )
