import csv
import io
from datetime import date, datetime

import openpyxl
import pytest
import xlrd
from asgiref.sync import async_to_sync
from django.db import connection
from django.db.models import Avg
from django.http import StreamingHttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext

from school.exports import STRATEGIES
from school.exports.columns import MEMBER_COLUMNS, SUMMARY_COLUMNS, TITLES
from school.exports.member_rows_stream import MemberRowsStream
from school.models import Member, Score
from school.views.export import export_members
from tests.app.conftest import MEMBERS

SYNCHRONOUS = [name for name in STRATEGIES if name not in {"job", "csv_async"}]
ADDRESS = "/members/export.xlsx"


def read_xlsx(content: bytes) -> list[tuple[object, ...]]:
    book = openpyxl.load_workbook(io.BytesIO(content))
    return [tuple(row) for sheet in book for row in sheet.iter_rows(values_only=True)]


def read_xls(content: bytes) -> list[tuple[object, ...]]:
    book = xlrd.open_workbook(file_contents=content)
    (sheet,) = book.sheets()

    def value(cell):
        if cell.ctype == xlrd.XL_CELL_DATE:
            return xlrd.xldate_as_datetime(cell.value, book.datemode)
        return None if cell.ctype in {xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK} else cell.value

    return [tuple(value(cell) for cell in row) for row in sheet.get_rows()]


def read_csv(content: bytes) -> list[tuple[object, ...]]:
    titles, *rows = csv.reader(io.StringIO(content.decode(), newline=""))
    assert tuple(titles) == TITLES

    def value(title, text):
        if not text:
            return None
        if title.endswith(" on"):
            return datetime.fromisoformat(text)
        return float(text) if title == "Row" or title in SUMMARY_COLUMNS else text

    return [TITLES, *(tuple(map(value, TITLES, row)) for row in rows)]


READERS = {
    "application/vnd.ms-excel": read_xls,
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": read_xlsx,
    "text/csv; charset=utf-8": read_csv,
}


def table(answer) -> list[tuple[object, ...]]:
    """Read the file of an answer, whatever its kind."""
    assert answer.status_code == 200, answer.content
    return READERS[answer["Content-Type"]](answer.getvalue())


def expected_rows(count: int) -> list[tuple[object, ...]]:
    """Ask the database for each member by itself, past all strategies."""
    members = list(Member.objects.order_by("id"))
    rows = []
    for number in range(count):
        member = members[number % len(members)]
        scores = Score.objects.filter(member=member)
        last = scores.order_by("-taken_on").first()
        cells = [number + 1, *(getattr(member, field) for field in MEMBER_COLUMNS.values()), scores.count()]
        cells += [scores.aggregate(value=Avg("points"))["value"], max((score.points for score in scores), default=None)]
        cells.append(last and last.taken_on)
        rows.append(tuple(cells))
    return rows


def same(found, wanted) -> bool:
    if isinstance(wanted, date):
        return bool(found == datetime(wanted.year, wanted.month, wanted.day))  # noqa: DTZ001 - a sheet knows no time zones
    # Workbooks hold 15 digits of a number or more.
    return bool(found == (pytest.approx(wanted, rel=1e-14) if isinstance(wanted, float) else wanted))


@pytest.mark.parametrize("name", SYNCHRONOUS)
def test_every_strategy_has_the_titles_the_rows_and_the_averages_of_the_database(client, name):
    answer = client.get(f"{ADDRESS}?strategy={name}")
    titles, *rows = table(answer)

    assert titles == TITLES
    assert answer["X-Export-Rows"] == str(len(rows)) == str(MEMBERS)
    for row, expected in zip(rows, expected_rows(MEMBERS), strict=True):
        assert all(map(same, row, expected)), (row, expected)


@pytest.mark.parametrize("name", SYNCHRONOUS)
@pytest.mark.parametrize("rows", [1, 7, MEMBERS + 1, 2 * MEMBERS + 5])
def test_rows_says_how_many_and_beyond_the_last_member_they_begin_again(client, name, rows):
    answer = client.get(f"{ADDRESS}?strategy={name}&rows={rows}")
    _, *found = table(answer)

    assert answer["X-Export-Rows"] == str(rows)
    assert [row[0] for row in found] == list(range(1, rows + 1))
    numbers = list(Member.objects.order_by("id").values_list("number", flat=True))
    assert [row[1] for row in found] == [numbers[index % MEMBERS] for index in range(rows)]


@pytest.mark.parametrize("name", SYNCHRONOUS)
def test_a_school_without_members_exports_the_titles(client, name):
    Member.objects.all().delete()

    for query in (
        ("", "&rows=10") if name in {"naive_xlsx", "naive_streamed", "annotated", "streamed", "csv"} else ("",)
    ):
        answer = client.get(f"{ADDRESS}?strategy={name}{query}")
        assert table(answer) == [TITLES]
        assert answer["X-Export-Rows"] == "0"


@pytest.mark.parametrize("name", SYNCHRONOUS)
def test_members_whose_ids_have_gaps_are_all_there(client, name):
    Member.objects.filter(pk__in=[1, 50, MEMBERS]).delete()
    _, *rows = table(client.get(f"{ADDRESS}?strategy={name}"))

    assert [row[1] for row in rows] == list(Member.objects.order_by("id").values_list("number", flat=True))


@pytest.mark.parametrize(
    ("name", "queries"),
    [
        ("naive_xls", 2 + 30),
        ("paged", 2 + 30),
        ("buffered_stream", 2 + 30),
        ("saved_stream", 2 + 30),
        ("naive_xlsx", 3 + 30),
        ("naive_streamed", 3 + 30),
        ("annotated_xls", 2),
        ("serialized", 2),
        ("annotated", 2),
        ("streamed", 2),
        ("csv", 2),
    ],
)
def test_the_naive_exports_ask_once_a_row_and_the_others_once(client, name, queries):
    with CaptureQueriesContext(connection) as asked:
        client.get(f"{ADDRESS}?rows=30&strategy={name}").getvalue()

    assert len(asked) == queries


def test_a_page_has_at_most_a_thousand_rows_and_all_pages_have_all(client):
    pages = [client.get(f"{ADDRESS}?strategy=paged&rows=2300&page={page}") for page in (1, 2, 3)]

    assert [page["X-Export-Rows"] for page in pages] == ["1000", "1000", "300"]
    assert {page["X-Export-Pages"] for page in pages} == {"3"}
    assert [row[0] for page in pages for row in table(page)[1:]] == list(range(1, 2301))
    assert pages[1]["Content-Disposition"] == 'attachment; filename="members-2.xls"'


def test_a_page_behind_the_last_is_not_there(client):
    answer = client.get(f"{ADDRESS}?strategy=paged&page=2")

    assert answer.status_code == 404
    assert answer.json()["error"] == "There is no page 2, the last is 1"


@pytest.mark.parametrize("name", ["naive_xls", "buffered_stream", "saved_stream", "annotated_xls", "serialized"])
def test_more_rows_than_an_xls_sheet_has_are_a_bad_request(client, name):
    answer = client.get(f"{ADDRESS}?strategy={name}&rows=65536")

    assert answer.status_code == 400
    assert answer.json()["error"] == (
        "rows=65536 do not fit into an .xls sheet; allowed with this strategy: 1 to 65535, with strategy=streamed more"
    )


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.parametrize("rows", ["-1", "0", "abc", "", "1000000000", "2000001", "2.5"])
def test_rows_that_nobody_can_have_are_a_bad_request(client, name, rows):
    answer = client.get(ADDRESS, {"rows": rows, "strategy": name})

    assert answer.status_code == 400
    assert answer.json()["error"] == f"rows={rows!r} is not a whole number from 1 to 2000000"


@pytest.mark.parametrize("page", ["0", "-1", "abc", "2001"])
def test_a_page_that_cannot_be_is_a_bad_request(client, page):
    answer = client.get(ADDRESS, {"page": page, "strategy": "paged"})

    assert answer.status_code == 400
    assert answer.json()["error"] == f"page={page!r} is not a whole number from 1 to 2000"


def test_a_page_of_an_export_without_pages_is_a_bad_request(client):
    answer = client.get(f"{ADDRESS}?strategy=streamed&page=2")

    assert answer.status_code == 400
    assert answer.json()["error"] == "page='2' is not allowed with strategy=streamed; allowed: with paged"


def test_an_unknown_strategy_is_a_bad_request_that_names_the_known_ones(client):
    answer = client.get(f"{ADDRESS}?strategy=magic")

    assert answer.status_code == 400
    assert answer.json()["error"] == (
        "strategy='magic' is not allowed; allowed: naive_xls, paged, buffered_stream, saved_stream, naive_xlsx, "
        "naive_streamed, annotated_xls, serialized, annotated, streamed, job, csv, csv_async"
    )


def test_without_a_strategy_that_of_the_settings_is_used(client, settings):
    settings.EXPORT_STRATEGY = "csv"

    assert client.get(ADDRESS)["Content-Type"] == "text/csv; charset=utf-8"


class Watched(MemberRowsStream):
    """Counts the rows that have left the database."""

    left = 0

    def __iter__(self):
        for row in super().__iter__():
            Watched.left += 1
            yield row


@pytest.mark.parametrize("name", ["streamed", "csv_text"])
def test_a_stream_yields_its_first_bytes_before_the_last_rows_are_fetched(client, monkeypatch, name):
    Watched.left = 0
    monkeypatch.setattr(f"school.exports.{name}.MemberRowsStream", Watched)
    answer = client.get(f"{ADDRESS}?strategy={name.removesuffix('_text')}&rows=20000")
    content = iter(answer.streaming_content)
    came = 0
    while came < 50_000:
        came += len(next(content))

    assert 0 < Watched.left < 15_000
    answer.close()


async def first_block_and_rows(answer: StreamingHttpResponse) -> tuple[bytes, int]:
    async for block in answer:
        return block, Watched.left
    raise AssertionError("nothing came")


def test_an_asynchronous_stream_yields_its_first_bytes_before_the_last_rows_are_fetched(client, monkeypatch):
    Watched.left = 0
    monkeypatch.setattr("school.exports.csv_async.MemberRowsStream", Watched)
    answer = client.get(f"{ADDRESS}?strategy=csv_async&rows=20000")
    block, left = async_to_sync(first_block_and_rows)(answer)

    assert answer.is_async
    assert block.startswith(b"Row,Number,")
    assert 0 < left < 15_000
    answer.close()


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators")
def test_an_asynchronous_stream_has_the_same_file_also_where_django_reads_it_to_its_end_first(client):
    # Django's client would close the answer inside the event loop, which no server does.
    answer = export_members(RequestFactory().get(ADDRESS, {"strategy": "csv_async", "rows": "500"}))
    whole = client.get(f"{ADDRESS}?strategy=csv&rows=500")

    assert b"".join(answer) == whole.getvalue()
    assert (answer["X-Export-Rows"], answer["Content-Type"]) == ("500", whole["Content-Type"])


@pytest.mark.parametrize(("is_buffered", "header"), [(True, None), (False, "no")])
def test_the_proxy_is_told_when_it_may_not_hold_back_what_a_client_does_not_take(client, settings, is_buffered, header):
    settings.EXPORT_BUFFERED = is_buffered
    answer = client.get(f"{ADDRESS}?strategy=csv&rows=1")

    assert answer.get("X-Accel-Buffering") == header
    answer.close()


def test_a_buffered_stream_has_all_rows_before_its_first_byte(client):
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(f"{ADDRESS}?strategy=buffered_stream&rows=30")

        assert answer.streaming
        assert len(asked) == 2 + 30


def test_the_stream_that_was_posted_saves_the_whole_workbook_before_its_first_piece_of_4096_bytes(client):
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(f"{ADDRESS}?strategy=saved_stream&rows=30")
        before = len(asked)
        pieces = iter(answer.streaming_content)
        first = next(pieces)

        assert (before, len(asked)) == (0, 2 + 30)
    assert len(first) == 4096
    assert first + b"".join(pieces) == client.get(f"{ADDRESS}?strategy=naive_xls&rows=30").content


def test_a_naive_stream_sends_its_first_bytes_before_it_has_asked_for_the_last_rows(client):
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(f"{ADDRESS}?strategy=naive_streamed&rows={20 * MEMBERS}")
        content = iter(answer.streaming_content)
        came = 0
        while came < 20_000:
            came += len(next(content))

    assert len(asked) < 15 * MEMBERS
    answer.close()


def test_a_form_gets_the_same_file_as_a_link(client):
    asked = f"{ADDRESS}?strategy=csv&rows=30"

    assert client.post(asked).getvalue() == client.get(asked).getvalue()
    assert client.put(asked).status_code == 405


def test_a_stream_whose_rows_run_out_fails_instead_of_ending_like_a_whole_one(school, monkeypatch):
    stream = MemberRowsStream(50)
    monkeypatch.setattr(type(stream), "rows", 51)

    with pytest.raises(RuntimeError, match="the database sent 50 rows of the export, expected 51"):
        list(stream)


def test_every_column_has_its_own_title_and_there_are_enough_for_a_real_export():
    assert len(set(TITLES)) == len(TITLES) >= 10
