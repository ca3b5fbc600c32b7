"""What is served to a person: the site, and Locust's web UI in front of it."""

from contextlib import suppress
from pathlib import Path

import pytest

from badgateway.errors import DeploymentError, LoadError
from badgateway.model.live_page import PAGE
from badgateway.model.outcome import Outcome
from badgateway.process.account import Account
from badgateway.study import serving
from badgateway.study.by_hand import ByHand
from badgateway.study.serving import served, served_behind_locust
from tests.ledger.raw_folder import client_row, write_both
from tests.study.fakes import small


def test_a_configuration_is_served_for_as_long_as_its_block(seam, tmp_path):
    with served(small(), "second", tmp_path, seam) as up:
        assert seam.up == ["bench", "second"]
        assert up.page == up.site == "http://127.0.0.1:1"
        assert up.logs.is_dir()
        up.check()

    assert seam.up == []


@pytest.fixture
def kept() -> list[ByHand]:
    return []


@pytest.fixture
def behind_locust(seam, tmp_path, kept):
    return served_behind_locust(
        small(), "second", tmp_path, 4711, seam, results=tmp_path / "results", on_kept=kept.append
    )


def test_locust_stands_in_front_of_the_site_with_the_experiments_load(seam, behind_locust, kept):
    with behind_locust as up:
        assert seam.up == ["bench", "second", "locust"]
        address, _, token = up.page.partition("/?token=")
        assert (address, up.site) == ("http://127.0.0.1:4711", "http://127.0.0.1:1")
        up.check()
        assert (up.logs / PAGE).exists(), "what the tabs show"

    line = " ".join(seam.commands[0].argv)
    assert "--host http://127.0.0.1:1 --users 5 " in line
    assert "--web-port 4711" in line
    assert len(token) >= 20
    assert token not in line, "ps shows it to everybody"
    assert seam.commands[0].environment["BADGATEWAY_UI_TOKEN"] == token
    assert seam.up == []
    assert kept == [], "no request was sent"


def test_an_environment_that_the_account_cannot_enter_is_refused_with_what_helps(monkeypatch):
    account = Account(name="www-data", uid=33, gid=33)
    monkeypatch.setattr(serving, "unreachable_parent", lambda _path, _account: Path("/root"))
    with pytest.raises(LoadError, match=r"www-data, .*, cannot enter /root; put the environment of"):
        serving._demand_reachable(account)


def test_what_was_sent_is_counted_when_all_has_stopped(seam, behind_locust, kept):
    with behind_locust as up:
        write_both(up.logs, client_row("a-1"), client_row("a-2", status=502))

    assert [one.outcomes for one in kept] == [{Outcome.OK: 1, Outcome.BAD_GATEWAY: 1}]


@pytest.mark.parametrize("status", [0, 1])
def test_a_locust_that_ends_by_itself_is_told(status, seam, behind_locust):
    with behind_locust as up:
        seam.locust.ended = status

        with pytest.raises(LoadError, match=rf"Locust's web UI ended with status {status} by itself.*\nlast line"):
            up.check()


def test_a_server_that_ends_is_told_and_what_was_sent_is_kept(seam, behind_locust, kept):
    def gone() -> None:
        raise DeploymentError("uWSGI ended")

    seam.check_deployment = gone
    with suppress(DeploymentError), behind_locust as up:
        write_both(up.logs, client_row("a-1", status=502))
        with pytest.raises(DeploymentError):
            up.check()
        up.check()

    assert len(kept) == 1
