import io
from datetime import date, datetime
from zipfile import ZipFile

import openpyxl
import pytest
from django.db import connection
from django.db.models import Avg
from django.test.utils import CaptureQueriesContext

from school.exports import STRATEGIES
from school.exports.columns import COLUMNS, TITLES
from school.exports.workbook import workbook_response, write_workbook
from school.models import Member, Score
from tests.app.conftest import MEMBERS


def cells(content: bytes) -> list[tuple[object, ...]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content))["Members"]
    return [tuple(row) for row in sheet.iter_rows(values_only=True)]


def row_elements(content: bytes) -> int:
    """Count the rows as a client does that only reads the sheet's text."""
    with ZipFile(io.BytesIO(content)) as archive:
        return archive.read("xl/worksheets/sheet1.xml").count(b"<row ")


def test_a_workbook_holds_titles_and_rows_as_they_were_given():
    rows = [("Åse", 1, 2.5, None, date(2026, 3, 1)), ("<row >", 0, -1, None, date(1946, 1, 1))]

    book = write_workbook(("a", "b", "c", "d", "e"), iter(rows))

    titles, first, second = cells(book.content)
    assert titles == ("a", "b", "c", "d", "e")
    assert first == ("Åse", 1, 2.5, None, datetime(2026, 3, 1))  # noqa: DTZ001 - a sheet knows no time zones
    assert second[0] == "<row >"
    assert book.rows == 2
    assert row_elements(book.content) == 3


def test_text_that_looks_like_a_formula_or_a_number_stays_text():
    book = write_workbook(("a", "b", "c"), [("=1+1", "007", "https://school.example")])

    assert cells(book.content)[1] == ("=1+1", "007", "https://school.example")
    assert b"<f>" not in ZipFile(io.BytesIO(book.content)).read("xl/worksheets/sheet1.xml")


def test_a_workbook_without_rows_has_its_titles():
    book = write_workbook(TITLES, [])

    assert cells(book.content) == [TITLES]
    assert book.rows == 0


def test_an_answer_tells_its_length_type_name_and_rows():
    answer = workbook_response(("a",), [("x",), ("y",)])

    assert int(answer["Content-Length"]) == len(answer.content)
    assert answer["Content-Type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert answer["Content-Disposition"] == 'attachment; filename="members.xlsx"'
    assert answer["X-Export-Rows"] == "2"


def test_the_strategies_make_the_same_workbook_cell_by_cell(client):
    naive = client.get("/members/export.xlsx?strategy=naive")
    annotated = client.get("/members/export.xlsx?strategy=annotated")

    assert cells(naive.content) == cells(annotated.content)
    assert len(cells(naive.content)) == MEMBERS + 1 == row_elements(annotated.content)
    assert naive["X-Export-Rows"] == annotated["X-Export-Rows"] == str(MEMBERS)


def test_an_exported_average_is_that_of_the_members_own_scores(client):
    rows = cells(client.get("/members/export.xlsx").content)[1:]

    column = TITLES.index("Average points")
    for member, row in zip(Member.objects.order_by("id"), rows, strict=True):
        average = Score.objects.filter(member=member).aggregate(value=Avg("points"))["value"]
        # xlsxwriter writes 16 digits of a number.
        assert row[column] == (average and pytest.approx(average, rel=1e-15))
        assert row[0] == member.number


@pytest.mark.parametrize(("strategy", "queries"), [("naive", 1 + 30), ("annotated", 1)])
def test_the_naive_export_asks_once_a_row_and_the_annotated_once(client, strategy, queries):
    with CaptureQueriesContext(connection) as asked:
        client.get(f"/members/export.xlsx?rows=30&strategy={strategy}")

    assert len(asked) == queries


def test_rows_limits_the_export_and_more_than_there_are_is_all(client):
    assert client.get("/members/export.xlsx?rows=1")["X-Export-Rows"] == "1"
    assert client.get("/members/export.xlsx?rows=1048575")["X-Export-Rows"] == str(MEMBERS)


@pytest.mark.parametrize("rows", ["-1", "0", "abc", "", "1000000000", "1048576", "2.5"])
def test_rows_that_no_sheet_can_have_are_a_bad_request(client, rows):
    answer = client.get("/members/export.xlsx", {"rows": rows})

    assert answer.status_code == 400
    assert answer.json()["error"] == f"rows={rows!r} is not a whole number from 1 to 1048575"


def test_an_unknown_strategy_is_a_bad_request_that_names_the_known_ones(client):
    answer = client.get("/members/export.xlsx?strategy=magic")

    assert answer.status_code == 400
    assert answer.json()["error"] == "strategy='magic' is not allowed; allowed: annotated, naive"


def test_without_a_strategy_that_of_the_settings_is_used(client, settings_strategy):
    settings_strategy("naive")

    with CaptureQueriesContext(connection) as asked:
        client.get("/members/export.xlsx?rows=5")

    assert len(asked) == 6


@pytest.fixture
def settings_strategy(monkeypatch):
    from django.conf import settings  # noqa: PLC0415 - only this fixture changes them

    return lambda name: monkeypatch.setattr(settings, "EXPORT_STRATEGY", name)


def test_every_column_has_its_own_title_and_there_are_enough_for_a_real_export():
    assert len(set(TITLES)) == len(COLUMNS) >= 10
    assert set(STRATEGIES) == {"annotated", "naive"}
