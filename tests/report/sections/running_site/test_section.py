"""What is known of a site that already runs is said with how far it is known, and nothing is said of its servers."""

from badgateway.numbers import NO_DATA
from badgateway.report.formats import render_html, render_json, render_markdown
from badgateway.report.sections.configurations import parity
from badgateway.report.sections.running_site import section
from badgateway.report.sections.running_site.section import RunningSiteSection
from badgateway.words.phrases import setup
from tests.report import samples
from tests.report.site_sample import CLOSED, HALF, NOTHING, of_site


def test_a_run_of_its_own_servers_has_no_such_section():
    assert section.build(samples.picked()) is None
    assert RunningSiteSection().html(samples.picked()) == RunningSiteSection().markdown(samples.picked()) == ""


def test_what_closes_is_said_with_the_clock_and_its_width():
    view = section.build(of_site(CLOSED))
    assert view is not None
    (row,) = view.rows
    assert (row.known.text, row.others.text, row.clock.text) == (
        "100\N{NO-BREAK SPACE}%",
        "12",
        "+2.500\N{NO-BREAK SPACE}s \N{PLUS-MINUS SIGN} 1.0\N{NO-BREAK SPACE}ms",
    )
    assert view.remarks == ()


def test_what_logs_cannot_tell_is_said_and_is_no_zero():
    view = section.build(of_site(HALF, NOTHING))
    assert view is not None
    half, nothing = view.rows
    assert (half.clock.text, nothing.known.text, nothing.others.text) == (NO_DATA, NO_DATA, NO_DATA)
    text = " ".join(view.remarks)
    for words in ("ended before its time", "150 answered requests", "300 answered requests", "had no id", "status 255"):
        assert words in text


def test_every_format_says_so_and_none_tells_of_workers_that_nobody_has_told():
    run = of_site(CLOSED)
    for text in (render_html(run), render_markdown(run)):
        assert "are not the run" in text
        assert "accept queue 1,024" not in text
        assert "shared one machine" not in text
    assert '"clock_ahead_s": [' in render_json(run)
    assert "worker" not in setup(run.experiment.configurations[0])
    names = {one.name for one in parity.parity(run.experiment, run.experiment.configurations).common}
    assert not names & {"workers", "threads", "accept queue", "application"}
