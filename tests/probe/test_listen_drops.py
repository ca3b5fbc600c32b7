import pytest

from badgateway.probe.listen_drops import ListenDrops, tcp_counters
from badgateway.probe.watch import NotAvailableError

# Linux 6.18, shortened.
NETSTAT = """\
TcpExt: SyncookiesSent TW ListenOverflows ListenDrops TCPAbortOnClose
TcpExt: 0 244668 {overflows} {drops} 12
IpExt: InNoRoutes InOctets ListenOverflows
IpExt: 0 104 99
"""


def test_the_counters_are_those_of_tcp():
    counters = tcp_counters(NETSTAT.format(overflows=7, drops=9))

    assert counters == {
        "SyncookiesSent": 0,
        "TW": 244668,
        "ListenOverflows": 7,
        "ListenDrops": 9,
        "TCPAbortOnClose": 12,
    }


@pytest.mark.parametrize("text", ["", "TcpExt: ListenOverflows ListenDrops\n", "IpExt: a\nIpExt: 1\n"])
def test_a_file_without_numbers_has_no_counters(text):
    assert tcp_counters(text) == {}


def test_drops_are_counted_from_when_the_probe_was_made(tmp_path):
    file = tmp_path / "netstat"
    file.write_text(NETSTAT.format(overflows=7, drops=9))
    probe = ListenDrops(file)
    file.write_text(NETSTAT.format(overflows=10, drops=19))

    assert {reading.series: reading.value for reading in probe.read()} == {"listen_overflows": 3, "listen_drops": 10}


def test_drops_of_several_networks_are_counted_together(tmp_path):
    files = tmp_path / "proxy", tmp_path / "server"
    for file in files:
        file.write_text(NETSTAT.format(overflows=7, drops=9))
    probe = ListenDrops(*files)
    files[0].write_text(NETSTAT.format(overflows=10, drops=19))
    files[1].write_text(NETSTAT.format(overflows=8, drops=10))

    assert {reading.series: reading.value for reading in probe.read()} == {"listen_overflows": 4, "listen_drops": 11}


def test_counters_that_are_missing_are_not_zero(tmp_path):
    file = tmp_path / "netstat"
    with pytest.raises(NotAvailableError, match="No such file"):
        ListenDrops(file)
    file.write_text("TcpExt: TW ListenDrops\nTcpExt: 1 2\n")
    with pytest.raises(NotAvailableError, match="no ListenOverflows in TcpExt"):
        ListenDrops(file)
