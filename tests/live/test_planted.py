"""Planted failures: each is in the client's book, in the proxy's and in the ledger, once, and nothing else is."""

import csv
import json
import shutil
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from badgateway.ledger.join import read
from badgateway.model import raw
from badgateway.model.outcome import Outcome
from badgateway.store.file_list import write_list
from badgateway.store.packed import unpacked
from tests.live.faults.kit import Kit, make_project, read_report, run, trials

pytestmark = pytest.mark.live

OK = 30
PLANTED = {
    "/die": Outcome.BAD_GATEWAY,
    "/error": Outcome.SERVER_ERROR,
    "/cut": Outcome.TRUNCATED,
    "/sleep?s=2.5": Outcome.GATEWAY_TIMEOUT,
    "/drip": Outcome.CLIENT_TIMEOUT,
}
UNTRUSTED = 4
NONE_QUALIFIES = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """The run of planted.toml, and what its one trial left."""

    kit: Kit
    run: Path
    trial: Path
    status: int

    @property
    def client(self) -> list[dict[str, str]]:
        """The rows of client.csv."""
        with unpacked(self.trial) as trial, (trial / raw.CLIENT_ROWS).open(newline="") as file:
            return list(csv.DictReader(file))

    @property
    def proxy(self) -> list[dict[str, Any]]:
        """The lines of nginx's access log, without the readiness probes."""
        with unpacked(self.trial) as trial:
            lines = (trial / raw.ACCESS_LOG).read_text().splitlines()
        return [row for row in map(json.loads, lines) if not row["request_id"].startswith("health-")]

    def ledger(self, columns: str) -> list[tuple[Any, ...]]:
        """Return columns of the ledger that was kept."""
        rows: list[tuple[Any, ...]] = read(self.trial / raw.LEDGER).project(columns).fetchall()
        return rows


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Planted:
    project = make_project(tmp_path_factory.mktemp("planted"))
    kit = Kit(project, "run", "experiments/planted.toml", "--no-worker-checks")
    status = kit.end()
    folder = project / "results" / "planted" / "latest"
    assert (folder / "report.json").exists(), kit.errors
    return Planted(kit=kit, run=folder.resolve(), trial=folder.resolve() / "trials" / "001-faulty-1u", status=status)


def test_the_client_wrote_each_planted_failure_down_once(planted: Planted):
    assert Counter((row["name"], row["status"], row["error"]) for row in planted.client) == {
        ("/ok", "200", ""): OK,
        ("/die", "502", ""): 1,
        ("/error", "500", ""): 1,
        ("/cut", "200", "truncated"): 1,
        ("/sleep?s=2.5", "504", ""): 1,
        ("/drip", "200", "client_timeout"): 1,
    }


def test_the_proxy_wrote_each_planted_failure_down_once_and_took_two_of_them_for_good(planted: Planted):
    assert Counter((row["uri"], row["status"]) for row in planted.proxy) == {
        ("/ok", 200): OK,
        ("/die", 502): 1,
        ("/error", 500): 1,
        ("/cut", 200): 1,
        ("/sleep?s=2.5", 504): 1,
        ("/drip", 200): 1,
    }


def test_both_books_have_the_same_requests(planted: Planted):
    client = [row["request_id"] for row in planted.client]
    proxy = [row["request_id"] for row in planted.proxy]

    assert len(set(client)) == len(client) == OK + len(PLANTED)
    assert sorted(client) == sorted(proxy)


def test_the_ledger_tells_the_planted_failures_apart(planted: Planted):
    assert Counter(planted.ledger("name, outcome, phase")) == {
        ("/ok", Outcome.OK, "window"): OK,
        **{(name, outcome, "window"): 1 for name, outcome in PLANTED.items()},
    }


def test_the_ledger_tells_whose_the_status_is(planted: Planted):
    by_name = {name: header_s for name, header_s in planted.ledger("name, upstream_header_s") if name != "/ok"}

    made_by_nginx = {name for name, header_s in by_name.items() if header_s is None}
    assert made_by_nginx == {"/die", "/sleep?s=2.5"}


def test_a_cut_body_is_as_short_as_both_sides_say(planted: Planted):
    ((client, promised, proxy),) = [
        sizes for name, *sizes in planted.ledger("name, body_bytes, expected_bytes, proxy_body_bytes") if name == "/cut"
    ]
    assert client == proxy == promised / 2


def test_the_report_counts_what_was_planted_and_nothing_more(planted: Planted):
    report = read_report(planted.run)
    trial = trials(report)["faulty"]

    assert {name: count for name, count in trial["outcomes"].items() if count} == {
        "OK": OK,
        **{outcome.value: 1 for outcome in PLANTED.values()},
    }
    assert (trial["requests"], trial["failures"]["count"]) == (OK + len(PLANTED), len(PLANTED))
    assert trial["status"] == "FAIL"
    assert report["complete"] is True
    assert planted.status == NONE_QUALIFIES


def test_the_report_has_nginxs_own_words_for_each_failure_of_the_upstream(planted: Planted):
    messages = {
        entry["message"]: entry["count"] for entry in trials(read_report(planted.run))["faulty"]["proxy_messages"]
    }

    for words in (
        "upstream prematurely closed connection while reading response header",
        "upstream prematurely closed connection while reading upstream",
        "upstream timed out (110: Connection timed out) while reading response header",
    ):
        assert [count for message, count in messages.items() if words in message] == [1], messages


def test_the_trial_in_the_terminal_is_the_one_in_the_report(planted: Planted):
    counted = "1 x 502, 1 x 504, 1 x 500, 1 x client timeout, 1 x truncated"
    assert f"faulty, 1 user: FAIL, {OK + len(PLANTED)} requests, {counted}" in planted.kit.errors
    assert "NONE QUALIFIES for planted" in planted.kit.output
    assert "/results/planted/latest/report.html\n" in planted.kit.output


def without_its_last_line(text: str) -> str:
    return "".join(text.splitlines(keepends=True)[:-1])


def with_its_last_line_twice(text: str) -> str:
    return text + text.splitlines(keepends=True)[-1]


def with_the_502_as_200(text: str) -> str:
    return text.replace('"status":502', '"status":200')


def cut_in_its_last_line(text: str) -> str:
    return text[:-20]


@pytest.mark.parametrize(
    ("file", "change", "reason"),
    [
        (raw.ACCESS_LOG, without_its_last_line, "1 answered according to the client, unknown to the proxy"),
        (raw.CLIENT_ROWS, without_its_last_line, "1 logged by the proxy, unknown to the client"),
        (raw.ACCESS_LOG, with_the_502_as_200, "1 with one status at the client and another at the proxy"),
        (raw.ACCESS_LOG, with_its_last_line_twice, "1 with a request id used before, at the proxy"),
        (raw.ACCESS_LOG, cut_in_its_last_line, raw.ACCESS_LOG),
    ],
)
def test_books_that_do_not_balance_make_the_trial_invalid(
    file: str, change: Callable[[str], str], reason: str, planted: Planted, tmp_path: Path
):
    copy = tmp_path / "copy"
    shutil.copytree(planted.run, copy)
    book = copy / "trials" / planted.trial.name / file
    book.write_text(change(book.read_text()))
    # As if it had been stored so; what was changed later is told by the list alone.
    (book.parent / raw.FILES).unlink()
    write_list(book.parent)

    kit, status = run(tmp_path, "report", str(copy))

    assert status == UNTRUSTED
    assert "NO TRUSTED TRIAL for planted" in kit.output
    report = read_report(copy)
    trial = trials(report)["faulty"]
    assert trial["status"] == "INVALID"
    assert any(reason in sentence for sentence in trial["reasons"]), trial["reasons"]
    assert (trial["requests"], trial["outcomes"], trial["latency_ms"]) == (None, None, None)
    assert report["recommendation"]["configuration"] is None
