"""Renders a study as one HTML file that needs nothing else: no network, no script."""

from jinja2 import Environment, PackageLoader, StrictUndefined

from badgateway.model.summary import StudySummary
from badgateway.report import charts, document

_TEMPLATES = Environment(
    loader=PackageLoader("badgateway.report"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def render_html(study: StudySummary) -> str:
    """Return the page; the same study gives the same bytes."""
    return _TEMPLATES.get_template("report.html.j2").render(
        page=document.build(study),
        failures=charts.failures(study),
        latency=charts.latency(study),
        throughput=charts.throughput(study),
        log_scale=charts.latency_is_logarithmic(study),
    )
