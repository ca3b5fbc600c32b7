import pytest

from badgateway.ledger.saturation import saturated_seconds
from badgateway.ledger.series import load_samples
from badgateway.model.raw import SAMPLES, STATEMENTS
from tests.in_memory import empty_database

SLOW = "SELECT `m`.`id`, `m`.`number`, `m`.`first_name`, `m`.`last_name`, AVG(`s`.`points`) FROM `m` JOIN `s` WHERE ?"


def write(folder, *cores_used: float, statements: tuple[str, ...] = ()) -> None:
    """Write ten looks a second from 100 s on; each number is a second's."""
    lines = ["time_s,series,value,limit_value"]
    for second, used in enumerate(cores_used):
        for look in range(10):
            # The CPU of a second is known when it is over.
            lines.append(f"{100.5 + second + look / 10},db_cpu_cores,{used},2")
            lines.append(f"{100 + second + look / 10},db_executing,{round(used * 10)},")
    (folder / SAMPLES).write_text("\n".join(lines) + "\n")
    if statements:
        (folder / STATEMENTS).write_text("\n".join(["time_s,executing,statement", *statements]) + "\n")


def read(folder):
    with empty_database() as connection:
        load_samples(connection, folder / SAMPLES)
        return saturated_seconds(connection, folder / STATEMENTS)


def test_the_seconds_are_told_with_the_statement_that_was_seen_most(tmp_path):
    statements = (f'101.2,15,"{SLOW}"', "101.2,5,SELECT COUNT(*) FROM `m`", "102.4,3,SELECT COUNT(*) FROM `m`")
    write(tmp_path, 0.4, 1.9, 1.5, 1.2, statements=statements)

    first, second = read(tmp_path)

    assert (first.start_s, second.start_s) == (101, 102)
    assert first.line == (
        "the database used 1.90 of 2 cores, 19 statements at a time; 75.0 % of the time: "
        "SELECT ... FROM `m` JOIN `s` WHERE ?"
    )
    assert second.line.endswith("100 % of the time: SELECT COUNT(*) FROM `m`")


def test_without_statements_the_cpu_is_told_alone(tmp_path):
    write(tmp_path, 2.0)

    (found,) = read(tmp_path)

    assert found.line == "the database used 2.00 of 2 cores, 20 statements at a time"


@pytest.mark.parametrize("with_file", [True, False])
def test_where_nobody_looked_nothing_is_told(with_file, tmp_path):
    if with_file:
        (tmp_path / SAMPLES).write_text("time_s,series,value,limit_value\n100.1,db_connections,3,150\n")

    assert read(tmp_path) == ()
