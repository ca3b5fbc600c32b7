from dataclasses import replace

from badgateway.model.axis import SIZE_CPU, SIZE_MEMORY, USUAL, moved
from badgateway.model.samples import ContainerUse
from badgateway.numbers import NO_DATA
from badgateway.report.sections.sizes import section as sizes
from badgateway.report.sections.sizes.section import SizesSection
from tests.report import samples
from tests.report.ladder_sample import THROTTLED, long_ladder

KILLED = ContainerUse(
    periods=None,
    throttled_periods=None,
    throttled_s=None,
    peak_memory_bytes=200 << 20,
    memory_limit_bytes=256 << 20,
    kills=3,
)
IN_256_MIB = moved(SIZE_MEMORY, USUAL, 256)


def sized(*uses, at=IN_256_MIB):
    """Return a run of one configuration whose trials had these containers."""
    run = samples.tiny()
    (summary,) = run.configurations
    level = summary.levels[0]
    trials = tuple(replace(level.trials[0], container=use) for use in uses)
    changed = replace(summary, levels=(replace(level, trials=trials, at=at),))
    return replace(run, configurations=(changed,))


def rows(run):
    found = sizes.build(run)
    assert found is not None
    return found.rows


def test_a_run_without_sizes_has_no_section():
    assert sizes.build(samples.picked()) is None
    assert SizesSection().html(samples.picked()) == SizesSection().markdown(samples.picked()) == ""


def test_a_row_has_the_size_and_how_much_of_it_was_used_up():
    (row,) = rows(long_ladder())
    assert (row.name, row.size, row.throttled.text) == ("uwsgi-16-harakiri", "0.5 CPU", "30.0\N{NO-BREAK SPACE}%")
    assert (row.memory.text, row.memory.why, row.killed.text) == (NO_DATA, "not limited", NO_DATA)


def test_counts_of_several_trials_add_up_and_the_most_memory_is_that_of_one():
    (row,) = rows(sized(KILLED, replace(KILLED, peak_memory_bytes=250 << 20)))
    assert (row.size, row.killed.text, row.memory.text) == ("256 MiB", "6", "250\N{NO-BREAK SPACE}MiB")
    assert (row.throttled.text, row.throttled.why) == (NO_DATA, "not limited")


def test_what_was_used_up_is_said_in_a_sentence():
    throttled, killed = sizes.build(long_ladder()), sizes.build(sized(KILLED))
    assert throttled is not None
    assert killed is not None
    assert throttled.sentence.startswith(
        "In 1 row of 1 the CPU quota was used up in 10 % or more of the tenths of a second"
    )
    assert killed.sentence.startswith("For a memory limit the kernel killed a process 3 times, by signal 9")


def test_nginx_has_a_row_of_its_own_and_its_kills_are_not_the_servers():
    bare = replace(KILLED, peak_memory_bytes=None, memory_limit_bytes=None, kills=None)
    (alone,) = rows(sized(replace(bare, proxy=THROTTLED)))
    assert (alone.name.endswith(": its nginx"), alone.throttled.text) == (True, "30.0\N{NO-BREAK SPACE}%")

    both = sizes.build(sized(replace(THROTTLED, throttled_periods=0, proxy=KILLED)))
    assert both is not None
    assert [row.killed.text for row in both.rows] == [NO_DATA, "3"]
    assert both.sentence == "For nginx's own memory limit the kernel killed a process of it 3 times."


def test_sizes_that_were_enough_are_said_to_be():
    enough = sizes.build(sized(replace(THROTTLED, throttled_periods=0), at=moved(SIZE_CPU, USUAL, 2)))
    assert enough is not None
    assert enough.sentence.startswith("No size was in the way")
    assert enough.rows[0].throttled.quiet


def test_containers_that_wanted_no_cpu_have_no_share():
    (row,) = rows(sized(replace(THROTTLED, periods=0, throttled_periods=0)))
    assert (row.throttled.text, row.throttled.why) == (NO_DATA, "nobody wanted any")


def test_page_and_comment_have_the_same_rows():
    run = long_ladder()
    assert "0.5 CPU" in SizesSection().html(run)
    assert "| uwsgi-16-harakiri | 150 | 0.5 CPU | 30" in SizesSection().markdown(run)
