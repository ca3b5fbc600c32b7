"""Looking at a load while it runs."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from badgateway.analysis.live_load import MINUTE_S, PART_S
from badgateway.errors import UntrustedFileError
from badgateway.load.events import ClientEvents, write_events
from badgateway.load.rows import RowFile
from badgateway.model import raw
from badgateway.model.live_page import PAGE
from badgateway.stack.written import FOLDER
from badgateway.study.live_view import LiveView
from tests.ledger.raw_folder import client_row, proxy_line

NOW_S = 1_795_293_030.0
FULL = (
    "[error] 29#29: *1 connect() to unix:/run/app.sock failed (11: Resource temporarily unavailable) while connecting "
    'to upstream, client: 127.0.0.1, server: , request: "GET /members/ HTTP/1.1", '
    'upstream: "http://unix:/run/app.sock:/members/", host: "a"'
)


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 0.01
        return self.now_s


class Site:
    """The raw folder of a deployment that is up."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Clock()
        (folder / FOLDER).mkdir()
        for name in (raw.ACCESS_LOG, raw.ERROR_LOG):
            (folder / FOLDER / name).touch()
        (folder / raw.SERVER_LOG).touch()
        (folder / raw.SAMPLES).write_text("time_s,series,value,limit_value\n")
        (folder / raw.PROCESSES).write_text("time_s,part,pids,cpu_s,rss_bytes\n")
        RowFile.create(folder / raw.CLIENT_ROWS)

    def append(self, name: str, text: str) -> None:
        with (self.folder / name).open("a") as file:
            file.write(text)

    def clients(self, *rows: dict[str, Any]) -> None:
        for row in rows:
            self.append(raw.CLIENT_ROWS, ",".join(str(value) for value in row.values()) + "\n")

    def seen(self, view: LiveView) -> dict[str, list[dict[str, str]]]:
        self.clock.now_s += 60
        view.refresh()
        found: dict[str, list[dict[str, str]]] = json.loads((self.folder / PAGE).read_text())
        return found


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


@pytest.fixture
def view(site: Site) -> Iterator[LiveView]:
    with LiveView(site.folder, {"uwsgi": ()}, clock=site.clock, now=lambda: NOW_S) as view:
        yield view


def at(seconds_ago: float, request_id: str = "a-1", **given: Any) -> dict[str, Any]:
    end_s = NOW_S - seconds_ago
    return client_row(request_id, start_s=end_s - 0.1, first_byte_s=end_s, end_s=end_s, **given)


def test_before_anything_happens_the_tables_are_empty(site, view):
    assert site.seen(view) == {"causes": [], "server-now": [], "outcomes": []}


@pytest.mark.parametrize(("used_s", "waits_s"), [(0.01, 1.0), (2.0, 8.0)])
def test_the_pause_is_as_long_as_what_a_look_used_of_the_processor_not_as_it_had_to_wait_for_it(site, used_s, waits_s):
    used = iter((0.0, used_s, used_s, used_s))
    # Each look at this clock is three seconds later: the machine is busy with others.
    times_s = iter((0.0, 0.0, 3.0, 3.0 + waits_s - 0.1, 3.0 + waits_s, 6.0 + waits_s))
    with LiveView(site.folder, {"uwsgi": ()}, clock=lambda: next(times_s), used=lambda: next(used)) as view:
        view.refresh()
        (site.folder / PAGE).unlink()
        view.refresh()
        assert not (site.folder / PAGE).exists()
        view.refresh()
        assert (site.folder / PAGE).exists()


def test_a_failure_is_told_with_its_cause_and_the_line_that_shows_it(site, view):
    site.seen(view)
    not_connected = {name: "-" for name in proxy_line("") if name.endswith("_time_s") and name.startswith("upstream")}
    line = proxy_line("a-1", time_s=NOW_S, request_time_s=0.0, status=502, upstream_status="502", **not_connected)
    site.append(f"{FOLDER}/{raw.ACCESS_LOG}", json.dumps(line) + "\n")
    site.append(f"{FOLDER}/{raw.ERROR_LOG}", f"{datetime.fromtimestamp(NOW_S).astimezone():%Y/%m/%d %H:%M:%S} {FULL}\n")
    (row,) = site.seen(view)["causes"]

    assert "queue" in row["cause"]
    assert "Resource temporarily unavailable" in row["evidence"]


def test_samples_are_shown_by_the_parts_of_the_last_minute(site, view):
    for seconds_ago, value in ((MINUTE_S + 10, 90), (PART_S * 2, 40), (0, 100)):
        site.append(raw.SAMPLES, f"{NOW_S - seconds_ago:.6f},accept_queue,{value},100\n")
    (row,) = site.seen(view)["server-now"]

    assert (row["now"], row["limit"], row["most"]) == ("100", "100", "100")
    assert row["minute"].endswith("▄╌█")
    assert len(row["minute"]) == MINUTE_S // PART_S


def test_the_servers_processor_and_memory_are_shown_and_no_other_parts(site, view):
    for seconds_ago, part, cpu_s, mib in ((4, "server", 10, 90), (3, "nginx", 3, 8), (2, "server", 13, 100)):
        site.append(raw.PROCESSES, f"{NOW_S - seconds_ago:.6f},{part},3,{cpu_s:.2f},{mib << 20}\n")
    rows = {row["what"]: row["now"].replace("\N{NO-BREAK SPACE}", " ") for row in site.seen(view)["server-now"]}

    assert rows == {"CPU of the server, in cores": "1.50", "Memory of the server": "100 MiB"}


def test_workers_that_end_and_loops_that_stand_are_counted_where_a_journal_tells(site):
    journal = f"{FOLDER}/{raw.JOURNAL}"
    site.append(journal, "")
    with LiveView(site.folder, {"gunicorn": ()}, clock=site.clock, now=lambda: NOW_S) as view:
        unwatched = {row["what"] for row in site.seen(view)["server-now"]}
        # No process has that number.
        for kind, duration_s in (("start", ""), ("blocked", "0.5")):
            site.append(journal, f"{kind},{NOW_S},{2**22 + 1},1,1,a-1,,,{duration_s},\n")
        rows = {row["what"]: row["now"].replace("\N{NO-BREAK SPACE}", " ") for row in site.seen(view)["server-now"]}

    assert unwatched == {"Workers that ended, in all", "Requests that ended with their worker, in all"}
    assert rows == {
        "Workers that ended, in all": "1",
        "Requests that ended with their worker, in all": "1",
        "Event loops stood still, in all": "0.5 s",
    }


def test_what_is_counted_from_the_start_has_no_gap_between_two_looks(site):
    now_s = [NOW_S]
    site.append(f"{FOLDER}/{raw.JOURNAL}", "")
    with LiveView(site.folder, {"uwsgi": ()}, clock=site.clock, now=lambda: now_s[0]) as view:
        site.seen(view)
        now_s[0] += 4 * PART_S
        row = next(one for one in site.seen(view)["server-now"] if one["what"].startswith("Workers that"))

    assert row["minute"].endswith("╌▁▁▁▁▁")


def test_an_empty_value_is_no_zero(site, view):
    site.append(raw.SAMPLES, f"{NOW_S - 4:.6f},db_connections,7,50\n{NOW_S:.6f},db_connections,,\n")
    (row,) = site.seen(view)["server-now"]

    assert (row["now"], row["limit"], row["most"]) == ("not known", "50", "7")


def test_outcomes_are_those_that_the_clients_saw(site, view):
    site.clients(at(3), at(2, "a-2", status=502), at(1, "a-3", error="truncated"))
    rows = {row["outcome"]: row for row in site.seen(view)["outcomes"]}

    assert {name: row["count"] for name, row in rows.items()} == {"OK": "1", "502 bad gateway": "1", "truncated": "1"}
    assert rows["OK"]["p50"] == "100\N{NO-BREAK SPACE}ms"


def test_a_row_that_is_not_whole_waits_for_its_end(site, view):
    text = ",".join(str(value) for value in at(1).values())
    site.append(raw.CLIENT_ROWS, text[:30])
    assert site.seen(view)["outcomes"] == []
    site.append(raw.CLIENT_ROWS, text[30:] + "\n")

    assert [row["count"] for row in site.seen(view)["outcomes"]] == ["1"]


def test_a_load_that_is_started_anew_is_counted_anew(site, view):
    site.clients(at(9), at(8, "a-2"))
    assert site.seen(view)["outcomes"][0]["count"] == "2"
    write_events(site.folder / raw.CLIENT_EVENTS, ClientEvents(test_start_s=NOW_S - 5))
    site.clients(at(7, "a-3"), at(1, "a-4"))

    assert site.seen(view)["outcomes"][0]["count"] == "1"


def test_looks_leave_most_of_the_processor_to_the_load(site, view):
    view.refresh()
    (site.folder / PAGE).unlink()
    view.refresh()

    assert not (site.folder / PAGE).exists(), "it looked again at once"


def test_a_link_in_the_place_of_a_log_is_not_followed(site, tmp_path):
    log = site.folder / FOLDER / raw.ERROR_LOG
    log.unlink()
    log.symlink_to("/etc/passwd")

    with pytest.raises(UntrustedFileError, match="is a symbolic link"):
        LiveView(site.folder, {"uwsgi": ()}, clock=site.clock)
