"""The first screen: what is wrong with what runs today, the seconds that show why, the table, what to paste."""

from dataclasses import replace

from badgateway import numbers
from badgateway.model.capacity import CapacityStatus
from badgateway.model.knob import WorkerModel
from badgateway.model.summary import Verdict
from badgateway.report.sections.answer import screen, standings, strip
from badgateway.report.sections.answer.section import AnswerSection
from tests.report import comparison, samples
from tests.report.choice_sample import choice_of, study_equivalent, study_picked, study_undecided
from tests.report.ladder_sample import long_ladder


def test_what_is_wrong_is_one_sentence_with_share_statuses_and_cause():
    told = screen.build(samples.picked()).problem.replace("\N{NO-BREAK SPACE}", " ")
    assert told == (
        "uwsgi-2, what runs today, failed 94.8 % of 21,452 requests at 300 users, 20,331 \N{MULTIPLICATION SIGN} 502: "
        "the accept queue of the unix socket was full."
    )


def test_nothing_is_said_to_be_wrong_where_nothing_was_measured_or_all_is_well():
    assert screen.build(samples.SAMPLES["nothing-measured"]()).problem == ""


def test_the_strip_is_of_the_baseline_s_trial_with_the_most_failures():
    found = screen.build(samples.picked())
    assert found.strip is not None
    assert found.strip_title == "Why: uwsgi-2, second by second"
    assert "its accept queue held at most 100 of 100, at most 2 of 2 workers were busy" in found.strip


def test_the_strip_leads_to_the_raw_files_of_its_trial_where_they_are():
    apart = screen.build(samples.picked())
    assert apart.strip_trial.startswith("Trial ")
    assert apart.strip_link == ""
    trials = [
        trial.trial.id for one in samples.picked().configurations for level in one.levels for trial in level.trials
    ]
    beside = replace(samples.picked(), files=frozenset(f"trials/{one}/trial.json" for one in trials))
    assert screen.build(beside).strip_link.startswith("trials/")


def test_without_samples_of_the_queue_that_is_said():
    found = screen.build(study_picked())
    assert found.strip is None
    assert "not sampled, or cannot be seen" in found.strip_caption


def test_a_server_that_does_not_tell_of_its_workers_has_a_strip_without_them():
    given = comparison._PRESSURE["uwsgi-2", 300]
    unseen = replace(given, busy=tuple(None for _ in given.busy), workers=None)
    assert "busy" not in strip.draw_strip("granian", unseen)
    assert "busy" not in strip.in_words("granian", unseen)


def test_a_container_that_was_full_is_the_first_in_the_strip_and_an_empty_queue_is_left_out():
    given = comparison._PRESSURE["uwsgi-2", 300]
    idle = replace(given, queue=(0,) * len(given.queue), busy=(1,) * len(given.busy))
    roomy, full = (
        replace(idle, memory_bytes=(held_mib * 2**20,) * len(given.queue), memory_limit_bytes=192 * 2**20)
        for held_mib in (64, 190)
    )

    assert (roomy.is_full, full.is_full) == (False, True)
    titles = [[panel["title"] for panel in strip._panels(found)] for found in (idle, roomy, full)]
    waiting, memory = "waiting in the accept queue: at most 0", "memory of the container: at most {} MiB"
    assert [plain(title) for title in titles[0]] == [waiting, "busy workers"]
    assert [plain(title) for title in titles[1]] == [waiting, "busy workers", memory.format(64)]
    assert [plain(title) for title in titles[2]] == [memory.format(190), "busy workers"]
    assert "its container held at most 190 MiB of 192 MiB" in plain(strip.draw_strip("uwsgi-2", full))


def test_memory_is_shown_of_a_server_whose_queue_cannot_be_seen():
    given = comparison._PRESSURE["uwsgi-2", 300]
    unseen = (None,) * len(given.queue)
    found = replace(given, queue=unseen, busy=unseen, memory_bytes=(2**27,) * len(unseen), memory_limit_bytes=2**28)

    assert "accept queue" not in strip.draw_strip("granian", found)
    assert plain(strip.in_words("granian", found)).startswith(
        "granian: its container held at most 128 MiB of 256 MiB, "
    )


def plain(text):
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_lines_to_paste_are_spelled_as_the_server_spells_them():
    found = screen.build(samples.picked())
    assert found.paste_where == "servers/gunicorn_gthread.py"
    assert found.paste == ("workers = 2", "threads = 16", "backlog = 1024", "keepalive = 75")


def test_of_the_same_server_only_what_changes_is_pasted():
    run = samples.picked()
    picked = replace(run, recommendation=replace(run.recommendation, configuration="uwsgi-16"))
    assert screen.build(picked).paste == ("processes = 16", "listen = 1024")


def test_what_no_server_file_has_is_told_besides():
    run = samples.picked()
    picked = replace(run, recommendation=replace(run.recommendation, configuration="gunicorn-gevent"))
    assert "driver (pymysql instead of mysqlclient)" in screen.build(picked).besides


def test_a_variable_of_the_environment_is_a_line_to_paste():
    run = samples.picked()
    exports = {"APP_EXPORT_STRATEGY": "two words"}
    configurations = [
        one.model_copy(update={"environment": exports}) if one.name == "uwsgi-16" else one
        for one in run.experiment.configurations
    ]
    experiment = run.experiment.model_copy(update={"configurations": tuple(configurations)})
    recommendation = replace(run.recommendation, configuration="uwsgi-16")
    found = screen.build(replace(run, experiment=experiment, recommendation=recommendation))
    assert found.variables == ("APP_EXPORT_STRATEGY='two words'",)
    assert "APP_EXPORT_STRATEGY" not in found.besides


def test_a_strip_says_why_only_where_something_was_full():
    given = comparison._PRESSURE["uwsgi-2", 300]
    assert given.is_full
    idle = replace(given, queue=tuple(0 for _ in given.queue), busy=tuple(None for _ in given.busy))
    assert not idle.is_full


def test_the_baseline_and_none_have_nothing_to_paste():
    run = samples.picked()
    for name in (None, "uwsgi-2"):
        found = screen.build(replace(run, recommendation=replace(run.recommendation, configuration=name)))
        assert (found.paste, found.besides) == ((), "")


def test_the_latency_of_a_configuration_that_mostly_fails_is_grey():
    rows = {row.name: row for row in standings.build(samples.picked()).rows}
    assert rows["uwsgi-2"].is_grey
    assert not rows["gunicorn-gthread"].is_grey
    assert rows["uwsgi-2"].failed_bar == "94.8%"


def test_a_configuration_says_in_short_what_it_changes_of_the_baseline():
    rows = {row.name: row for row in standings.build(samples.picked()).rows}
    assert rows["uwsgi-2"].changes == "what runs today"
    assert rows["uwsgi-16"].changes == "processes 16, listen 1,024"
    assert rows["gunicorn-gthread"].changes == "gunicorn_gthread.py, threads 16, backlog 1,024"


def test_what_cannot_be_picked_says_so_where_others_can():
    experiment = comparison.experiment()
    apart = tuple(one.model_copy(update={"candidate": False}) for one in experiment.configurations)
    one, run = apart[1], samples.picked()
    alone = replace(run, experiment=experiment.model_copy(update={"configurations": apart}))

    assert standings._changes(one, run).startswith("not to be picked: ")
    assert "picked" not in standings._changes(one, alone)
    assert "picked" not in standings._changes(experiment.configurations[1], run)


def test_greenlets_are_told_only_of_workers_that_have_some():
    experiment = comparison.experiment()
    one = experiment.configurations[1].model_copy(update={"greenlets": 7, "worker_model": WorkerModel.THREADS})
    run = samples.picked()
    assert "gevent 7" not in standings._changes(one, run)
    assert "gevent 7" in standings._changes(one.model_copy(update={"worker_model": WorkerModel.GREENLETS}), run)


def test_many_configurations_are_cut_to_some_and_what_is_to_run_and_the_baseline_stay():
    run = samples.SAMPLES["long-ladder"]()
    found = screen.build(run)
    names = [row.name for row in found.standings.rows]
    assert len(names) + found.standings.left_out == len(run.configurations)
    assert len(names) <= 12
    assert {run.recommendation.configuration, run.experiment.baseline.name} <= set(names)


def test_configurations_that_are_as_good_are_bracketed():
    found = screen.build(study_picked())
    ties = {row.name for row in found.standings.rows if row.is_tied}
    choice = study_picked().choice
    assert choice is not None
    assert ties == (set(choice.equivalent) if len(choice.equivalent) > 1 else set())


def test_the_table_has_all_that_are_as_good_however_many():
    ladder = long_ladder()
    tied = tuple(one.configuration.name for one in ladder.configurations[:20])
    rows = standings.build(replace(ladder, choice=replace(choice_of(study_equivalent()), equivalent=tied))).rows

    assert {row.name for row in rows if row.is_tied} == set(tied)
    assert len(standings.build(ladder).rows) == 12


def test_what_is_carried_has_its_unit_and_says_where_more_was_not_tried():
    run = study_picked()
    choice = choice_of(run)
    (name, found), *others = choice.capacities
    tried = replace(found, status=CapacityStatus.AT_LEAST)
    told = {row.name: row.carries.text for row in standings.build(run).rows}
    at_least = standings.build(replace(run, choice=replace(choice, capacities=((name, tried), *others))))

    more = {row.name: row.carries.text for row in at_least.rows}
    assert found.estimate is not None
    assert found.low is not None
    assert told[name] == numbers.load(found.estimate)
    assert more[name] == f"\N{GREATER-THAN OR EQUAL TO}\N{NO-BREAK SPACE}{numbers.load(found.low)}"
    assert at_least.carries == "carries, tasks/s"
    assert standings.build(samples.picked()).carries == ""


def test_where_nothing_is_decided_the_command_that_would_settle_it_is_to_be_pasted():
    run = replace(study_undecided(), command="badgateway run x.toml --budget 3m")
    found = screen.build(run)

    assert found.paste == ()
    assert found.settles == f"badgateway run x.toml --blocks {choice_of(run).blocks_in_all}"
    assert found.settles in AnswerSection().html(run)
    assert screen.build(study_picked()).settles == ""


def test_where_none_qualifies_it_is_said_what_ends_the_main_cause_in_the_baselines_own_words():
    run = samples.SAMPLES["none-qualifies"]()
    found = screen.build(run)

    assert "uWSGI: " in found.advice
    assert found.advice in AnswerSection().html(run).replace("&#39;", "'")
    assert screen.build(samples.picked()).advice == ""


def test_a_baseline_of_which_too_much_failed_is_wrong_although_one_trial_decides_nothing():
    run = samples.picked()
    baseline, *others = run.configurations
    levels = tuple(replace(level, verdict=Verdict.INCONCLUSIVE) for level in baseline.levels)
    undecided = replace(run, configurations=(replace(baseline, levels=levels), *others))

    assert screen.build(undecided).problem == screen.build(run).problem


def test_the_seconds_of_a_strip_are_round():
    assert strip._ticks_s(3.0) == [0, 0.5, 1, 1.5, 2, 2.5, 3]
    assert strip._ticks_s(14) == [0, 5, 10]
    assert strip._ticks_s(46) == [0, 10, 20, 30, 40]
    assert strip._ticks_s(0.7) == [0, 0.2, 0.2 * 2, 0.2 * 3]
    assert strip._ticks_s(1e5) == [0, 1e5]
