from dataclasses import replace

from badgateway.report.sections.ladder import section as ladder
from tests.report import samples
from tests.report.ladder_sample import long_ladder


def view():
    found = ladder.build(long_ladder())
    assert found is not None
    return found


def configurations(found):
    return {configuration.name: configuration for step in found.steps for configuration in step.configurations}


def test_a_run_without_steps_has_no_ladder():
    assert ladder.build(samples.picked()) is None


def test_the_steps_and_configurations_are_told_in_the_order_of_the_experiment_and_not_of_the_ranking():
    found = view()
    assert [step.title for step in found.steps][:3] == ["Where it began", "More workers", "Workers that die"]
    assert [configuration.name for configuration in found.steps[1].configurations] == [
        "uwsgi-4",
        "uwsgi-6",
        "uwsgi-8",
        "uwsgi-12",
        "uwsgi-16",
    ]
    assert len(configurations(found)) == 28


def test_the_parts_of_a_bar_are_the_shares_of_all_requests():
    (row,) = configurations(view())["uwsgi-2"].effects
    assert [(part.width, part.kind) for part in row.parts] == [("71.08%", "proven"), ("23.67%", "doubtful")]
    assert (row.load, row.failed, row.gap) == ("", "94.8\N{NO-BREAK SPACE}%", "")


def test_a_configuration_without_failures_has_an_empty_bar_and_no_gap():
    (row,) = configurations(view())["uwsgi-16"].effects
    assert (row.parts, row.gap, row.failed) == ((), "", "0\N{NO-BREAK SPACE}%")


def test_failures_that_nobody_looked_into_are_a_gap_and_not_an_empty_bar():
    run = long_ladder()
    first, *others = run.configurations
    unseen = replace(first, levels=(replace(first.levels[0], diagnosis=None),))
    found = ladder.build(replace(run, configurations=(unseen, *others)))
    assert found is not None
    assert found.has_gaps
    assert configurations(found)["uwsgi-2"].effects[0].gap == "not looked into"


def test_the_note_says_that_speed_is_not_tested_with_one_trial_only():
    run = long_ladder()
    assert run.ladder is not None
    several = ladder.build(replace(run, ladder=replace(run.ladder, trials=3)))
    assert several is not None
    assert "only failures are tested" in view().note
    assert "only failures are tested" not in several.note
    assert "below 0.05 among all comparisons together" in view().note


def test_the_note_says_how_often_few_trials_take_a_bad_one_for_a_change():
    run = long_ladder()
    assert run.ladder is not None
    notes = [
        ladder.build(replace(run, ladder=replace(run.ladder, trials=trials))).note  # type: ignore[union-attr] # it has steps
        for trials in (1, 2, 3)
    ]

    assert [said in note for note, said in zip(notes, ("one of two", "one of eight", "every second"), strict=True)] == [
        True,
        True,
        False,
    ]


def test_the_lines_name_step_configuration_and_what_it_is_compared_with():
    lines = list(ladder.lines(view()))
    assert len(lines) == 28
    assert lines[3].startswith("More workers: uwsgi-8 (against uwsgi-2): Helped because of workers (8 instead of 2):")


def test_what_was_changed_is_spelled_as_the_servers_own_file_has_it():
    changes = {name: row.changes for name, row in configurations(view()).items()}

    assert changes["uwsgi-8"] == "processes 2 \N{RIGHTWARDS ARROW} 8"
    assert changes["uwsgi-2"] == ""
    assert any(told.startswith("uwsgi.ini \N{RIGHTWARDS ARROW} ") for told in changes.values())


def test_with_several_load_levels_each_sentence_has_its_users():
    run = long_ladder()
    assert run.ladder is not None
    step = run.ladder.steps[0]
    (configuration,) = step.configurations
    doubled = replace(step, configurations=(replace(configuration, effects=configuration.effects * 2),))
    found = ladder.build(replace(run, ladder=replace(run.ladder, steps=(doubled,))))
    assert found is not None
    assert [line.split(": ")[1] for line in ladder.lines(found)] == ["uwsgi-2 at 150 users"] * 2


def test_what_changed_nothing_that_is_proven_is_folded_and_the_start_the_pick_and_what_helped_are_not():
    found = view()
    quiet = {row.name for step in found.steps for row in step.quiet}

    assert quiet
    assert quiet.isdisjoint(row.name for step in found.steps for row in step.telling)
    for row in configurations(found).values():
        told = {effect.effect for effect in row.effects}
        assert (row.name in quiet) <= (not row.picked and told <= {"NO_EFFECT", "NEVER_FAILED", "NOT_PROVEN"})
    assert "uwsgi-2" not in quiet


def test_what_is_folded_is_named_on_its_line_and_whole_inside():
    html = ladder.LadderSection().html(long_ladder())
    folded = [part.partition("</details>")[0] for part in html.split('<details class="quiet-steps">')[1:]]

    for step, part in zip([step for step in view().steps if step.quiet], folded, strict=True):
        summary, _, inside = part.partition("</summary>")
        assert all(row.name in summary and f"<strong>{row.name}</strong>" in inside for row in step.quiet)
