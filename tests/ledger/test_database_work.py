import pytest

from badgateway.errors import RawDataError
from badgateway.ledger.database_work import database_work
from badgateway.ledger.processes import load_processes
from badgateway.ledger.series import load_samples
from badgateway.model.raw import PROCESSES, SAMPLES
from badgateway.model.trial import Window
from tests.in_memory import empty_database

WINDOW = Window(start_s=100.0, end_s=104.0, drained_s=105.0)


@pytest.fixture
def ledger():
    with empty_database() as connection:
        connection.execute("CREATE TABLE ledger AS SELECT 99 + i / 100 AS app_started_s FROM range(600) AS t(i)")
        yield connection


def write(folder, *, rows_a_select=40, until_s=106.0, selects_a_look=30) -> None:
    """Write ten looks a second from 99 s on, and two samples of CPU; 1.2 cores are used."""
    lines = ["time_s,series,value,limit_value"]
    looks = round((until_s - 99) * 10)
    rows = 0
    for look in range(looks):
        rows += selects_a_look * (rows_a_select(look) if callable(rows_a_select) else rows_a_select)
        lines += [
            f"{99 + look / 10},db_selects,{selects_a_look * (look + 1)},",
            f"{99 + look / 10},db_rows_read,{rows},",
        ]
    (folder / SAMPLES).write_text("\n".join(lines) + "\n")
    cpu = [f"{99 + half / 2},database,1,{50 + 0.6 * half},1000" for half in range(14)]
    (folder / PROCESSES).write_text("\n".join(["time_s,part,pids,cpu_s,rss_bytes", *cpu]) + "\n")


def read(folder, ledger, window=WINDOW):
    load_samples(ledger, folder / SAMPLES)
    load_processes(ledger, folder / PROCESSES)
    return database_work(ledger, window)


def test_rows_selects_requests_and_cpu_are_those_of_the_window(tmp_path, ledger):
    write(tmp_path)

    found = read(tmp_path, ledger)

    assert found is not None
    assert found.rows_per_select == pytest.approx(40)
    assert found.rows_noise == pytest.approx(0, abs=1e-9)
    # From the end of the first half second to the last look, 99 ms before the window's end.
    assert found.span_s == pytest.approx(3.5)
    assert found.selects == 30 * 35
    assert found.requests == pytest.approx(350, abs=2)
    assert found.cpu_s == pytest.approx(1.2 * 3.5)


def test_rows_that_come_in_lumps_are_noise(tmp_path, ledger):
    write(tmp_path, rows_a_select=lambda look: 1200 if look == 30 else 1)

    found = read(tmp_path, ledger)

    assert found is not None
    assert 0.7 < found.rows_noise < 1.1


@pytest.mark.parametrize("nothing", ["no file", "no such series", "no SELECT", "no window", "no request"])
def test_what_nobody_counted_is_not_known(nothing, tmp_path, ledger):
    write(tmp_path, selects_a_look=0 if nothing == "no SELECT" else 30)
    if nothing == "no file":
        (tmp_path / SAMPLES).unlink()
    if nothing == "no such series":
        (tmp_path / SAMPLES).write_text("time_s,series,value,limit_value\n100.1,db_connections,3,150\n")
    if nothing == "no request":
        ledger.execute("DELETE FROM ledger")

    assert read(tmp_path, ledger, None if nothing == "no window" else WINDOW) is None


def test_samples_that_were_cut_are_refused(tmp_path, ledger):
    write(tmp_path)
    with (tmp_path / SAMPLES).open("a") as file:
        file.write("106.0,db_sel")

    with pytest.raises(RawDataError, match="the last line is cut"):
        read(tmp_path, ledger)
