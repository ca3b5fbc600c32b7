"""Renders a study as one HTML file that needs nothing else: no network, no script."""

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

from badgateway.model.printable import printable_lines
from badgateway.model.summary import StudySummary
from badgateway.report import cause_chart, charts, choice_charts, document
from badgateway.report.marked import marked

_TEMPLATES = Environment(
    # The cards of causes look as they do in an explanation: they share its style sheet.
    loader=ChoiceLoader([PackageLoader("badgateway.report"), PackageLoader("badgateway.report.explanation")]),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["marked"] = marked


def render_html(study: StudySummary) -> str:
    """Return the page; the same study gives the same bytes."""
    page = document.build(study)
    # Once for all that is in it: markup is what autoescape leaves to us.
    return printable_lines(
        _TEMPLATES.get_template("report.html.j2").render(
            page=page,
            cause_chart=cause_chart.draw_causes(study) if page.causes else None,
            rivals_chart=choice_charts.rivals(study.choice) if study.choice else None,
            capacity_chart=choice_charts.capacities(study) if study.choice else None,
            failures=charts.failures(study),
            latency=charts.latency(study),
            throughput=charts.throughput(study),
            log_scale=charts.latency_is_logarithmic(study),
        )
    )
