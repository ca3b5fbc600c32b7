from dataclasses import replace

import pytest

from badgateway.model.outcome import Outcome
from badgateway.model.places import Limits
from badgateway.model.summary import Verdict
from badgateway.report.html import inline_code
from badgateway.report.sections.causes import section as causes
from tests.report import samples
from tests.report.builders import declared, level, measurement, summary
from tests.report.comparison import experiment, run_summary
from tests.report.diagnoses import diagnosed, found, line

UWSGI = declared("uwsgi-2", "servers/uwsgi.ini", "mysqlclient", 2)
GUNICORN = declared("gunicorn-sync", "servers/gunicorn_sync.py", "mysqlclient", 2)


def view(sample):
    built = causes.build(samples.SAMPLES[sample]())
    assert built is not None
    return built


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MULTIPLICATION SIGN}", "x")


def failing(configuration, users, count, position):
    entry = level(configuration.name, users, position, measurement({Outcome.OK: 50, Outcome.BAD_GATEWAY: count}))
    return diagnosed(entry, found("listen-queue-full", count, 502, line(f"line of {configuration.name} at {users}")))


def two_servers():
    entries = [
        summary(UWSGI, [failing(UWSGI, 50, 5, 1), failing(UWSGI, 300, 70, 2)]),
        summary(GUNICORN, [failing(GUNICORN, 50, 9, 3), failing(GUNICORN, 300, 10, 4)]),
    ]
    return run_summary(entries, samples.tiny().recommendation, declared_experiment=experiment((UWSGI, GUNICORN)))


@pytest.mark.parametrize("sample", ["many-levels", "nothing-measured", "interrupted"])
def test_without_failures_there_is_nothing_to_say(sample):
    assert causes.build(samples.SAMPLES[sample]()) is None
    assert causes.lines(samples.SAMPLES[sample]()) == ()


def test_the_cause_of_the_most_failures_comes_first():
    assert [card.id for card in view("picked").cards] == [
        "listen-queue-full",
        "event-loop-blocked",
        "gunicorn-timeout-502",
        "slow-request",
        "body-cut-unexplained",
        "502-connection-closed",
    ]


def test_a_cause_found_in_several_places_is_one_card_with_the_worst_place_first():
    (card,) = causes.build(two_servers()).cards  # type: ignore[union-attr]
    assert plain(card.statuses) == "94 x 502"
    assert [(place.where, plain(place.statuses)) for place in card.places] == [
        ("uwsgi-2 at 300 users", "70 x 502"),
        ("gunicorn-sync at 300 users", "10 x 502"),
        ("gunicorn-sync at 50 users", "9 x 502"),
        ("uwsgi-2 at 50 users", "5 x 502"),
    ]
    assert [one.text for one in card.evidence] == [
        "line of uwsgi-2 at 300",
        "line of gunicorn-sync at 300",
        "line of gunicorn-sync at 50",
    ]
    assert card.remedies[0].knob == "uWSGI: processes, threads, harakiri; Gunicorn: workers, threads, timeout"


def test_a_line_of_evidence_is_named_by_its_file_in_the_folder_of_the_run():
    first = view("picked").cards[0].evidence[0]
    assert (first.file, first.line_number) == ("trials/009-uwsgi-2-300u/nginx-error.log", 12)


def test_a_line_leads_to_its_file_where_that_lies_beside_the_page_packed_or_not():
    name = "trials/009-uwsgi-2-300u/nginx-error.log"

    def link(*files):
        built = causes.build(replace(samples.picked(), files=frozenset(files)))
        assert built is not None
        return built.cards[0].evidence[0].link

    assert (link(), link("trials/009-uwsgi-2-300u/server.log")) == ("", "")
    assert (link(name), link(f"{name}.gz")) == (name, f"{name}.gz")
    page = causes.CausesSection().html(replace(samples.picked(), files=frozenset({name})))
    assert f'<a href="{name}">{name}</a>:12' in page
    assert "href" not in causes.CausesSection().html(samples.picked())


def test_only_the_knobs_of_the_server_that_failed_are_named():
    assert view("picked").cards[0].remedies[0].knob == "uWSGI: processes, threads, harakiri"


def test_a_line_of_any_length_with_any_signs_is_short_and_printable():
    built = view("hostile")
    assert max(len(one.text) for one in built.cards[0].evidence) < 620
    assert built.unattributed_lines[0].text.startswith(r"\x1b[2J\u202e<script>")


def test_failures_without_a_cause_and_failures_that_nobody_looked_into_are_counted():
    built = view("inconclusive")
    assert plain(built.unattributed).startswith("4 failures (0.72 % of those looked into) without a cause")
    assert len(built.unattributed_lines) == 3
    assert built.undiagnosed == ("uwsgi-2 at 300 users: 24,002 failures",)


def test_an_invalid_trial_is_no_evidence():
    base = samples.tiny()
    judged = base.configurations[0].levels[0]
    lost = replace(judged.trials[0], verdict=Verdict.INVALID)
    entry = replace(base.configurations[0], levels=(replace(judged, trials=(lost,)),))
    built = causes.build(replace(base, configurations=(entry,)))
    assert built is not None
    assert built.cards[0].evidence == ()


def test_the_legend_has_a_family_once_and_apart_where_it_only_fits():
    assert [(family.label, family.is_proven) for family in view("tiny").families] == [
        ("accept queue", True),
        ("proxy timeouts", True),
        ("not told by these logs", False),
    ]


def test_requests_that_were_answered_at_the_second_try_are_told_of():
    entry = level(UWSGI.name, 300, 1, measurement({Outcome.OK: 50, Outcome.BAD_GATEWAY: 2}, (1, 2, 3, 4)))
    both = diagnosed(entry, found("listen-queue-full", 2, 502), found("proxy-retried", 5, 200))
    retried = run_summary(
        [summary(UWSGI, [both])], samples.tiny().recommendation, declared_experiment=experiment((UWSGI,))
    )
    assert causes.build(retried).has_retried  # type: ignore[union-attr]
    assert not view("picked").has_retried


def test_in_backticks_is_code_and_nothing_else_is_markup():
    assert inline_code("`ss -xl` & <b>`a<b`") == "<code>ss -xl</code> &amp; &lt;b&gt;<code>a&lt;b</code>"


def test_there_is_a_line_for_each_cause_of_each_level():
    lines = [plain(text) for text in causes.lines(samples.tiny())]
    assert lines == [
        (
            "uwsgi-2 at 300 users: 17 x 502 = The accept queue of the unix socket was full (listen-queue-full); "
            "change uWSGI: processes, threads, harakiri"
        ),
        (
            "uwsgi-2 at 300 users: 9 x 504 = The answer did not begin within the proxy's read timeout (slow-request); "
            "change Django: select_related, prefetch_related, annotate"
        ),
        (
            "uwsgi-2 at 300 users: 1 x 200 = The body was cut, and no log tells why (body-cut-unexplained, but several "
            "causes fit); change uWSGI: logto"
        ),
        "uwsgi-2 at 300 users: 2 failures without a cause",
    ]
    assert "uwsgi-2 at 300 users: 24,002 failures, not looked into" in causes.lines(samples.inconclusive())


@pytest.mark.parametrize(
    ("cause", "status", "whose", "place", "setting"),
    [
        ("ephemeral-ports-exhausted", 502, "nginx", "proxy", "sysctl: net.ipv4.ip_local_port_range = 1024 65535"),
        ("application-out-of-ports", 500, "the application", "target", "Django: CONN_MAX_AGE = 60"),
    ],
)
def test_whose_local_ports_ran_out_is_said_where_it_had_a_range_of_its_own(cause, status, whose, place, setting):
    entry = level(UWSGI.name, 50, 1, measurement({Outcome.OK: 50, Outcome.BAD_GATEWAY: 5}))
    entry = diagnosed(entry, found(cause, 5, status, line("Cannot assign requested address")))
    alone = run_summary(
        [summary(UWSGI, [entry])], samples.tiny().recommendation, declared_experiment=experiment((UWSGI,))
    )
    placed = replace(alone, limits={place: Limits(somaxconn=4096, ip_local_port_range=(40_000, 40_020))})
    told = f"Here {whose} had those of places.{place}: 21 ports, 40000 to 40020"

    (card,) = causes.build(placed).cards  # type: ignore[union-attr]
    assert card.explanation.endswith(f" {told}.")
    assert causes.lines(placed)[0].endswith(f"change {setting}. {told}")
    assert not any(f"places.{place}" in each for each in causes.lines(alone))
