from dataclasses import replace

from badgateway.model.manifest import Circumstances
from badgateway.model.places import Places
from badgateway.report.sections.background import method
from badgateway.words.study_limits import one_machine, unseen
from tests.report import samples
from tests.report.choice_sample import choice_of, study_picked
from tests.report.samples import CIRCUMSTANCES


def words(sentences):
    return " ".join(sentences).replace("\N{NO-BREAK SPACE}", " ")


def test_the_smallest_level_decides_which_failures_could_have_gone_unseen():
    assert "The smallest level here has 2,000 requests: a share below 0.15 % could" in words(
        method.limits(samples.tiny())
    )


def test_without_any_measurement_the_limits_say_so():
    assert method.limits(samples.nothing_measured())[0] == "Nothing was measured."


def test_one_block_is_said_to_leave_room_for_chance_and_several_are_counted():
    run = samples.picked()
    repeated = replace(run, experiment=run.experiment.model_copy(update={"blocks": 5}))
    assert "may be chance" in words(method.measured(run))
    assert "had 5 trials at each level" in words(method.measured(repeated))


def test_the_window_the_warm_up_and_the_seed_are_told():
    told = words(method.measured(samples.picked()))
    assert "warm up for 3 s" in told
    assert "in the 10 s after that" in told
    assert "seed 7" in told


def test_a_machine_that_was_busy_at_the_beginning_is_told_with_who_it_was():
    told = words(method.measured(samples.nothing_measured()))

    assert "The machine was busy when the run began: others used 63% of its CPU time, ffmpeg (pid 42)" in told


def test_earlier_runs_that_asked_something_else_are_told_with_what_and_those_that_did_not_are_counted():
    told = words(method.measured(samples.nothing_measured()))

    assert (
        "Not the first look: 1 of 2 earlier runs of this name asked something else: in that of 2026-11-21T08:00:00Z, "
        "objective.p95_ms was 800 and is 1000, load.users was 200 and is 300. " in told
    )


def test_of_a_run_that_is_like_any_other_no_circumstance_is_told():
    usual = Circumstances(experiment_digest="", earlier=(CIRCUMSTANCES.earlier[0],))

    assert method.measured(replace(samples.picked(), circumstances=usual)) == method.measured(samples.picked())


def test_of_a_site_of_somebodys_own_on_mariadb_it_is_said_that_mysql_is_another_system():
    run = samples.picked()
    application = run.experiment.application.model_copy(update={"python": ".venv/bin/python"})
    own = replace(run, experiment=run.experiment.model_copy(update={"application": application}))

    assert "The database was MariaDB. If the site is deployed on MySQL" in words(method.measured(own))
    assert "MySQL" not in words(method.measured(run))


def test_what_could_not_be_seen_names_rare_failures_stalls_small_effects_and_the_one_machine():
    rare, stalls, small, machine, loop = method.limits(samples.picked())
    assert rare.startswith("Rare failures: ")
    assert "less often than once in 10 s, the length of a window" in words([stalls])
    assert "no configuration ran under two names" in small
    assert machine.startswith("Client, proxy, application and database shared one machine")
    assert "The load is a closed loop: each of the 50 or 300 users waits" in loop


def test_what_shared_one_machine_is_said_as_it_was_in_the_runs_places():
    run, study = samples.hostile(), study_picked()
    of_a_study = replace(study, experiment=study.experiment.model_copy(update={"places": samples.PLACES}))

    for told in (words(method.limits(run)), words(method.limits(of_a_study))):
        assert "from each other, and the only networks between them were those of [places], made on it." in told
        assert "no network was between" not in told
        assert "over loopback, without" not in told
    assert "The line to nginx dropped 3 of 20,000 packets for want of room, in all trials that count" in words(
        method.limits(run)
    )
    assert one_machine(Places(workers=2)).startswith("Proxy, application and database shared one machine")


def test_a_study_says_itself_what_it_could_not_have_seen():
    run = study_picked()
    *said, loop = method.limits(run)
    assert tuple(said) == unseen(choice_of(run))
    assert loop.startswith("At a rate, nobody gives up")


def test_at_a_rate_latency_is_said_to_count_from_when_a_request_was_due():
    open_loop = words(method.measured(study_picked()))
    assert "their latency counts from when they were due" in open_loop
    assert "It is warmed up for 3 s" in open_loop
    assert "Trials were run in blocks" in open_loop
    assert "were due" not in words(method.measured(samples.picked()))
