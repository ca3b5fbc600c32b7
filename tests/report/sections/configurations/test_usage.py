from dataclasses import replace

from badgateway.model.summary import ProcessUse, ProxyMessage, Verdict
from badgateway.report.sections.configurations import usage
from tests.report import builders, samples


def trials_of(*trials):
    level = samples.tiny().configurations[0].levels[0]
    return replace(level, trials=trials)


def trial(messages=(), uses=(), verdict=Verdict.PASS):
    return replace(builders.trial("uwsgi-2", 300, 1, None, verdict=verdict, messages=messages), uses=uses)


def message(text, count, first="first"):
    return ProxyMessage(message=text, count=count, first_line=first)


def use(part, cpu_s, peak, growth):
    return ProcessUse(part=part, cpu_s=cpu_s, peak_rss_bytes=peak * 2**20, rss_growth_bytes=growth * 2**20)


def test_messages_of_all_trials_are_added_up_and_the_most_frequent_comes_first():
    level = trials_of(trial((message("a", 5, "earliest"), message("b", 7))), trial((message("a", 1000, "later"),)))
    rows = usage.message_rows(level)
    assert [(row.message, row.count) for row in rows] == [("a", "1,005"), ("b", "7")]
    assert rows[0].first_line == "earliest"


def test_an_invalid_trial_keeps_its_messages_but_its_use_is_in_no_statistic():
    level = trials_of(trial((message("a", 5),), (use("server", 1, 10, 0),), Verdict.INVALID))
    assert len(usage.message_rows(level)) == 1
    assert usage.use_rows(level) == ()


def test_only_the_five_most_frequent_messages_are_shown():
    level = trials_of(trial(tuple(message(f"kind {number}", number) for number in range(1, 9))))
    assert [row.count for row in usage.message_rows(level)] == ["8", "7", "6", "5", "4"]


def test_process_use_is_the_mean_of_cpu_and_the_most_of_memory():
    level = trials_of(trial(uses=(use("server", 10, 200, 5),)), trial(uses=(use("server", 20, 100, 30),)))
    (row,) = usage.use_rows(level)
    printed = (row.part, row.cpu, row.peak_memory, row.memory_growth)
    assert printed == ("server", "15.0\N{NO-BREAK SPACE}s", "200\N{NO-BREAK SPACE}MiB", "30\N{NO-BREAK SPACE}MiB")
