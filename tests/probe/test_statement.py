import csv

import pytest

from badgateway.databases import mariadb, postgresql
from badgateway.model.raw import STATEMENT_COLUMNS
from badgateway.probe.statement import StatementLog, masked

MARIADB, POSTGRESQL = (one.DATABASE.text_values for one in (mariadb, postgresql))


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ("SELECT * FROM `t2` WHERE id = 7 AND x > 1.5e3", "SELECT * FROM `t2` WHERE id = ? AND x > ?"),
        ("SELECT 'it''s', 'a\\'b', \"secret\" FROM t", "SELECT ?, ?, ? FROM t"),
        ("SELECT id\n  FROM t\n WHERE id IN (1, 2,3)", "SELECT id FROM t WHERE id IN (?, ...)"),
        ("INSERT INTO t VALUES ('a', 0xFF), ('b', 0x1)", "INSERT INTO t VALUES (?, ...), (?, ...)"),
        ("SELECT /* user 42 */ t1.c2 FROM t1 LIMIT 20", "SELECT t1.c2 FROM t1 LIMIT ?"),
    ],
)
def test_a_statement_is_told_without_its_values(statement, shown):
    assert masked(statement, MARIADB) == shown


@pytest.mark.parametrize(
    ("statement", "shown"),
    [
        ('SELECT "t2"."a b" FROM "t2" WHERE "t2"."id" = 7', 'SELECT "t2"."a b" FROM "t2" WHERE "t2"."id" = ?'),
        ("SELECT 'it''s', 'a\\', 'secret' FROM t", "SELECT ?, ?, ? FROM t"),
        ("SELECT E'it\\'s secret', 'b' FROM t WHERE c = 'secr", "SELECT ?, ? FROM t WHERE c = ?"),
    ],
)
def test_in_postgresql_a_name_has_double_quotes_and_a_backslash_is_a_letter(statement, shown):
    assert masked(statement, POSTGRESQL) == shown


@pytest.mark.parametrize("cut", ["... WHERE name = 'secr", "... WHERE name = 'secr\\", '... WHERE name = "secr'])
def test_a_value_that_was_cut_off_is_not_told_either(cut):
    assert masked(cut, MARIADB) == "... WHERE name = ?"


def test_a_list_that_was_cut_off_is_a_list():
    assert masked("SELECT a FROM t WHERE id IN (1, 2, 3, ", MARIADB) == "SELECT a FROM t WHERE id IN (?, ...)"


def test_statements_that_differ_in_values_only_are_counted_together(tmp_path):
    log = StatementLog(tmp_path / "statements.csv", MARIADB)
    log.note([("SELECT 1 FROM t", 2), ("SELECT 2 FROM t", 1), ("SELECT a, b\nFROM u", 1)])
    log.note([])

    with (tmp_path / "statements.csv").open(newline="") as file:
        head, *rows = csv.reader(file)
    assert tuple(head) == STATEMENT_COLUMNS
    assert [row[1:] for row in rows] == [["3", "SELECT ? FROM t"], ["1", "SELECT a, b FROM u"]]
