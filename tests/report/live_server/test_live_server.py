"""A look at a server as Prometheus and people get it, and the files that take its metrics."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from badgateway.model.live_server import ContainerSeen, FailuresSeen, LiveServer, QueueSeen, RequestsSeen, WorkerSeen
from badgateway.report.live_server.open_metrics import METRICS, render_open_metrics
from badgateway.report.live_server.text import Most, line, screen, summary

RECIPES = Path(__file__).parents[3] / "docs" / "recipes"
NAMES = {metric.sample_name for metric in METRICS}
SEEN = LiveServer(
    time_s=1.0,
    watched_s=60.0,
    is_up=True,
    queues=(QueueSeen(listener='/run/a "b".sock', waiting=100, limit=100),),
    listen_overflows=3,
    listen_drops=4,
    workers=(WorkerSeen(pid=7, cpu_share=0.5, rss_bytes=50 << 20, age_s=10.0),),
    ended=2,
    cpu_s=1.25,
    rss_bytes=50 << 20,
    busy=1,
    busy_limit=2,
    oldest_s=3.0,
    failures=(
        FailuresSeen(cause="listen-queue-full", title="The accept queue was full", count=1200),
        FailuresSeen(cause="", title="without a cause", count=3),
    ),
    requests=RequestsSeen(in_flight=1, oldest_s=4.5, oldest_id="abc", oldest_pid=7, lost=1, blocked_s=0.5),
    container=ContainerSeen(
        periods=100, throttled=32, throttled_s=1.5, memory_bytes=120 << 20, memory_limit_bytes=256 << 20, kills=2
    ),
)
BARE = replace(
    SEEN,
    queues=(QueueSeen(listener="8000", waiting=None, limit=None),),
    listen_overflows=None,
    listen_drops=None,
    busy=None,
    busy_limit=None,
    oldest_s=None,
    requests=None,
    failures=None,
    container=None,
    notes=("series 8000 not available: nobody listens on 8000",),
)
SAMPLE = re.compile(r'(badgateway_\w+)(\{\w+="(?:[^"\\\n]|\\.)*"\})? (-?\d+(?:\.\d+)?)')


def samples(seen):
    return {match[1] + (match[2] or ""): float(match[3]) for match in map(SAMPLE.fullmatch, lines(seen)) if match}


def lines(seen):
    return [one for one in render_open_metrics(seen).splitlines() if not one.startswith("#")]


def test_every_line_is_a_comment_or_a_sample_and_the_last_one_is_the_end():
    assert all(SAMPLE.fullmatch(one) for one in lines(SEEN))
    assert render_open_metrics(SEEN).endswith("\n# EOF\n")
    assert render_open_metrics(SEEN).count("# EOF") == 1


@pytest.mark.proof
@pytest.mark.parametrize("seen", [SEEN, BARE, replace(SEEN, is_up=False, workers=())])
def test_prometheus_own_parser_takes_every_page(seen):
    parser = pytest.importorskip("prometheus_client.openmetrics.parser")
    families = list(parser.text_string_to_metric_families(render_open_metrics(seen)))

    assert {one.name for one in families} <= {metric.family for metric in METRICS}
    assert {sample.name for one in families for sample in one.samples} <= NAMES


def test_values_are_those_that_were_seen():
    found = samples(SEEN)

    assert found['badgateway_accept_queue{listener="/run/a \\"b\\".sock"}'] == 100
    assert found["badgateway_listen_overflows_total"] == 3
    assert found["badgateway_server_cpu_seconds_total"] == 1.25
    assert found['badgateway_oldest_request_seconds{source="journal"}'] == 4.5
    assert found["badgateway_requests_lost_total"] == 1
    assert found['badgateway_failed_requests_total{cause="listen-queue-full"}'] == 1200
    assert found['badgateway_failed_requests_total{cause="unknown"}'] == 3


def test_what_is_not_known_has_no_sample_and_is_no_zero():
    found = samples(BARE)

    assert not [name for name in found if "accept_queue" in name or "listen" in name or "busy" in name]
    assert not [name for name in found if "requests" in name or "oldest" in name]
    assert found["badgateway_watch_up"] == 1


def test_a_container_is_seen_by_what_is_limited_in_it():
    said = "throttled in 32 of 100 periods, 120 MiB of 256 MiB, 2 KILLED for memory"
    container = SEEN.container
    assert container is not None
    without = replace(container, periods=None, throttled=None, throttled_s=None, kills=0)
    nothing = replace(without, memory_bytes=None, memory_limit_bytes=None, kills=None)

    assert f"container      {said}" in screen(SEEN, Most())
    assert f"; container {said}; " in line(SEEN)
    assert "container      120 MiB of 256 MiB" in screen(replace(SEEN, container=without), Most())
    assert "container      not known" in screen(replace(SEEN, container=nothing), Most())
    assert samples(SEEN)["badgateway_container_throttled_periods_total"] == 32
    assert not [name for name in samples(BARE) if "container" in name]


def test_names_follow_the_conventions_and_each_counter_ends_with_total():
    text = render_open_metrics(SEEN)
    for metric in METRICS:
        kind = "counter" if metric.is_counter else "gauge"
        assert f"# TYPE {metric.family} {kind}\n" in text
        assert metric.family.endswith(metric.unit)
        assert not metric.family.endswith("_total")


def test_labels_cannot_grow_with_workers_or_requests():
    many = replace(SEEN, workers=SEEN.workers * 500)

    assert len(samples(many)) == len(samples(SEEN))


def test_alert_rules_and_dashboard_name_only_what_is_emitted():
    alerts = (RECIPES / "watch-alerts.yml").read_text()
    dashboard = json.loads((RECIPES / "watch-dashboard.json").read_text())
    queries = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]

    assert queries
    for text in (alerts, *queries):
        named = set(re.findall(r"\bbadgateway_\w+", text))
        assert named
        assert named <= NAMES


def test_people_see_what_matters_most_first():
    first, *rest = screen(SEEN, Most().with_look(SEEN))

    assert first == 'accept queue   100 of 100 FULL at /run/a "b".sock'
    assert any("the oldest abc in pid 7 for 4.50 s; 1 lost" in one for one in rest)
    assert "failed         1,200: The accept queue was full" in rest
    assert any(one.startswith("not seen ") for one in screen(BARE, Most()))
    assert "not known at 8000" in line(BARE)


def test_the_oldest_request_is_named_by_its_route_where_that_is_known():
    assert SEEN.requests is not None
    known = replace(SEEN, requests=replace(SEEN.requests, oldest_route="GET /members/"))

    assert "in flight 1, the oldest GET /members/ (abc) in pid 7 for 4.50 s; 1 lost" in line(known)
    assert "in flight 0; 1 lost" in line(replace(SEEN, requests=replace(SEEN.requests, in_flight=0)))


def test_the_summary_of_a_server_that_ended_says_so_first():
    assert summary(replace(SEEN, is_up=False), Most())[0] == "The server is gone: its first process ended."


def test_the_summary_has_the_most_of_all_looks():
    most = Most().with_look(SEEN).with_look(replace(BARE, rss_bytes=0))
    told = summary(SEEN, most)

    assert told[0].startswith("watched for 60 s: queue 100 of 100, busy 1, in flight 1, oldest request 4.50 s")
    assert summary(SEEN, most)[2] == "1,200 failed: The accept queue was full (badgateway cause listen-queue-full)"
    assert told[1].startswith("2 workers ended; the server used 1.25 s of CPU; 1 request died with a worker")


def test_a_queue_that_was_never_seen_is_no_empty_one():
    (first, *_) = summary(BARE, Most().with_look(BARE))

    assert first == "watched for 60 s: memory 50 MiB"


def test_of_a_server_that_is_gone_it_is_said():
    assert "the server is gone" in line(replace(SEEN, is_up=False))


def test_the_page_names_every_metric_and_no_other():
    page = (RECIPES.parent / "watch.md").read_text()

    assert set(re.findall(r"`(badgateway_\w+)`", page)) == NAMES
