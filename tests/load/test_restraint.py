"""A load keeps to what was spelled out of a site that already runs."""

from pathlib import Path
from typing import Any

import pytest

from badgateway.errors import LoadError
from badgateway.load.command import headless_command
from badgateway.load.restraint import LEAST, LOOKED_AT, Brake, Pacer, Restraint
from badgateway.load.settings import Settings
from badgateway.model.running_site import RunningSite
from tests.load.test_command import target

HOST = "staging.example.org"


def restraint(**changes: Any) -> Restraint:
    site = RunningSite(url=f"https://{HOST}", i_may_load=HOST, **changes)
    return Restraint.of(site, Path("/srv/project"))


def test_it_reaches_the_load_generator_as_it_was_spelled_out():
    kept_to = restraint(ca_file="certs/ca.pem", stop_at_failure_share=0.25)
    assert Settings.from_environment(Settings(restraint=kept_to).to_environment()).restraint == kept_to
    assert kept_to.ca_file == "/srv/project/certs/ca.pem"
    assert Settings.from_environment({}).restraint is None


def test_a_request_is_one_and_for_the_host_whatever_a_file_says_of_it():
    assert not restraint().misdirection("/a?b=//c", ["Accept", "X-Host"])
    assert "begin it with /" in restraint().misdirection("https://www.example.org/", [])
    for field in ("Host", "host", "Content-length", "TRANSFER-ENCODING"):
        assert f"sent a {field.lower()} field of its own, by which {HOST}" in restraint().misdirection("/", [field])


def test_only_what_reads_is_sent_unless_writing_is_spelled_out_too():
    assert [restraint().refusal(method) for method in ("GET", "HEAD")] == ["", ""]
    for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "get"):
        assert f'i_may_write = "{HOST}"' in restraint().refusal(method)
    assert not restraint(i_may_write=HOST).refusal("DELETE")


@pytest.mark.parametrize(
    "url", [f"https://{HOST}:8443", "https://example.org", f"https://www.{HOST}", "http://127.0.0.1"]
)
def test_no_other_host_is_loaded_than_the_one_that_was_named(url, tmp_path):
    with pytest.raises(LoadError, match="no host that the user did not name"):
        headless_command(target(url, restraint=restraint()), tmp_path)
    assert headless_command(target(f"https://{HOST}", restraint=restraint()), tmp_path).argv


def test_requests_come_no_faster_than_they_may_and_those_that_come_late_need_not_wait():
    pacer = Pacer(10)
    assert [round(pacer.wait_s(100.0), 3) for _ in range(4)] == [0, 0.1, 0.2, 0.3]
    assert pacer.wait_s(200.0) == 0
    assert round(pacer.wait_s(200.05), 3) == 0.05


def test_a_load_ends_when_too_many_of_the_last_requests_failed():
    brake = Brake(0.5)
    assert not any(brake.take(failed=True) for _ in range(LEAST - 1))
    assert "20 of the last 20 requests failed" in brake.take(failed=True)


def test_a_site_that_breaks_after_a_long_time_is_left_as_soon_as_one_that_was_never_well():
    brake = Brake(0.5)
    assert not any(brake.take(failed=False) for _ in range(10_000))
    failed = 1
    while not brake.take(failed=True):
        failed += 1
    assert failed == LOOKED_AT // 2 + 1


def test_a_share_of_one_lets_everything_fail():
    brake = Brake(1.0)
    assert not any(brake.take(failed=True) for _ in range(200))
