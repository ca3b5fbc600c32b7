from dataclasses import replace

from badgateway.model.design import Purpose
from badgateway.model.outcome import Outcome
from badgateway.model.summary import Verdict
from badgateway.model.trial import SendingCheck
from badgateway.report.sections.trials.section import trial_row
from tests.report import builders


def texts(found):
    return [cell.text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{EN DASH}", "-") for cell in found]


def test_a_trial_that_is_invalid_shows_its_reasons_and_never_numbers():
    invalid = builders.trial(
        "uwsgi-2",
        50,
        3,
        builders.measurement({Outcome.OK: 9}, (1, 2, 3, 4)),
        verdict=Verdict.INVALID,
        reasons=("The load generator was saturated.",),
    )
    found = trial_row(invalid)
    assert found.reasons == ("The load generator was saturated.",)
    assert found.numbers.requests.text == "\N{EN DASH}"
    assert found.overhead.replace("\N{NO-BREAK SPACE}", " ") == "2.75 s"


def test_a_trial_at_a_rate_shows_how_late_the_generator_was_and_what_it_missed():
    sending = SendingCheck(arrivals=3170, missed_arrivals=12, send_lag_p99_ms=1.62)
    one = replace(builders.trial("uwsgi-2", 50, 3, None, verdict=Verdict.INVALID), sending=sending)
    assert texts([trial_row(one).send_lag, trial_row(one).missed]) == ["1.6 ms", "12 of 3,170"]
    kept = replace(one, sending=replace(sending, missed_arrivals=0))
    assert (trial_row(kept).missed.text, trial_row(kept).missed.quiet) == ("0", True)
    waiting = builders.trial("uwsgi-2", 50, 3, None, verdict=Verdict.INVALID)
    assert trial_row(waiting).send_lag.why == "not sent to a schedule, or not known"


def test_a_trial_says_whether_it_is_of_a_control_or_a_search_or_repeats_another():
    usual = builders.trial("uwsgi-2", 50, 3, None, verdict=Verdict.INVALID)
    assert trial_row(usual).remark == ""
    searching = replace(usual, trial=replace(usual.trial, purpose=Purpose.SEARCH, attempt=2))
    assert trial_row(searching).remark == "capacity search, attempt 2"
    control = replace(usual, trial=replace(usual.trial, control=True))
    assert trial_row(control).remark == "A/A"


def test_a_trial_leads_to_its_raw_files_where_they_lie_beside_the_page():
    usual = builders.trial("uwsgi-2", 50, 3, builders.measurement({Outcome.OK: 9}, (1, 2, 3, 4)))
    folder = f"trials/{usual.trial.id}/"
    assert trial_row(usual).link == ""
    assert trial_row(usual, frozenset({f"{folder}server.log"})).link == ""
    assert trial_row(usual, frozenset({f"{folder}trial.json"})).link == folder
