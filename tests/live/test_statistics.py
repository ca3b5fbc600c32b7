"""What the optimizer knows is taken once, and the same for every trial."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pymysql
import pytest

from badgateway.errors import DeploymentError
from badgateway.stack.statistics import renew_statistics, take_statistics
from tests.live.conftest import MEMBERS, SchoolDatabase

pytestmark = pytest.mark.live

Ask = Callable[[str], list[tuple[Any, ...]]]

KNOWN = """
SELECT table_name, index_name, stat_name, stat_value FROM mysql.innodb_index_stats
WHERE database_name = DATABASE() ORDER BY 1, 2, 3
"""


@pytest.fixture
def ask(school_database: SchoolDatabase) -> Iterator[Ask]:
    # Other tests share the database, and leave what their visitors wrote.
    school_database.restore()
    with asking(school_database) as function:
        yield function


@contextmanager
def asking(school: SchoolDatabase) -> Iterator[Ask]:
    there = school.database
    with pymysql.connect(
        host=there.host, port=there.port, user=there.user, password=there.password, database=there.name, autocommit=True
    ) as connection:

        def ask(statement: str) -> list[tuple[Any, ...]]:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall())

        yield ask


def test_after_loading_the_optimizer_knows_how_many_members_have_scores(school_database, ask: Ask):
    ((members_with_scores,),) = ask("SELECT count(DISTINCT member_id) FROM school_score")
    known = {value for table, _, name, value in ask(KNOWN) if (table, name) == ("school_score", "n_diff_pfx01")}

    assert members_with_scores < MEMBERS
    assert members_with_scores in known


def test_the_server_never_counts_by_itself_and_leaves_nothing_to_chance(school_database, ask: Ask):
    variables: dict[str, str] = dict(ask("SHOW GLOBAL VARIABLES LIKE 'innodb_stats%'"))

    assert variables["innodb_stats_persistent"] == "ON"
    assert variables["innodb_stats_auto_recalc"] == "OFF"
    assert variables["innodb_stats_persistent_sample_pages"] == "10000"


def test_what_a_trial_writes_and_a_restore_takes_back_leaves_the_statistics_as_they_were(school_database, ask: Ask):
    before = ask(KNOWN)
    ask(
        "INSERT INTO school_score (member_id, course_id, points, taken_on) "
        "SELECT 1, course_id, points, taken_on FROM school_score"
    )
    school_database.restore()

    assert ask(KNOWN) == before
    assert renew_statistics(school_database.database) == ()


def test_a_table_that_a_restore_makes_anew_is_counted_anew_with_the_same_result(school_database, ask: Ask):
    before = ask(KNOWN)
    ask("CREATE TABLE kept AS SELECT * FROM school_score")
    ask("TRUNCATE TABLE school_score")
    ask("INSERT INTO school_score SELECT * FROM kept")
    ask("DROP TABLE kept")
    without_statistics = ask(KNOWN)

    assert renew_statistics(school_database.database) == ("school_score",)
    assert without_statistics != before
    assert ask(KNOWN) == before


def test_a_table_that_cannot_be_read_is_named(school_database, ask: Ask):
    ask("CREATE TABLE broken (id INT PRIMARY KEY) ENGINE=MERGE UNION=(nowhere)")
    try:
        with pytest.raises(DeploymentError, match="broken"):
            take_statistics(school_database.database)
    finally:
        ask("DROP TABLE broken")
