import pytest

from badgateway.load.checks import BodyCheck, ByContentType, CsvRows, Kept, StartsWith


def judge(check: BodyCheck, *chunks: bytes) -> str | None:
    check.begin({})
    for chunk in chunks:
        check.feed(chunk)
    return check.verdict()


@pytest.mark.parametrize("chunks", [(b'{"id": 1}',), (b"{", b'"i', b'd": 1}'), (b'{"id"',)])
def test_a_right_start_is_right_however_it_arrives(chunks):
    assert judge(StartsWith(b'{"id"'), *chunks) is None


@pytest.mark.parametrize("chunks", [(b"<html>",), (b'{"i',), ()])
def test_a_wrong_or_short_start_is_told(chunks):
    assert "expected b'{\"id\"'" in (judge(StartsWith(b'{"id"'), *chunks) or "")


def test_a_check_that_asks_nothing_finds_nothing():
    assert judge(BodyCheck(), b"anything") is None


CSV = b'Row,Name\r\n1,"Bj\xc3\xb6rn ""the bear""\r\nsecond line"\r\n2,Anna\r\n'


def checked_csv(content: bytes, *, chunk: int = 1000, promised: str | None = "2") -> CsvRows:
    check = CsvRows()
    check.begin({} if promised is None else {"x-export-rows": promised})
    for start in range(0, len(content), chunk):
        check.feed(content[start : start + chunk])
    return check


def judge_csv(content: bytes, *, chunk: int = 1000, promised: str | None = "2") -> str | None:
    return checked_csv(content, chunk=chunk, promised=promised).verdict()


@pytest.mark.parametrize("chunk", [1, 2, 5, 1000])
def test_csv_rows_are_counted_in_any_pieces_and_a_quoted_line_break_is_none(chunk):
    assert judge_csv(CSV, chunk=chunk) is None


@pytest.mark.parametrize("length", range(len(CSV)))
def test_csv_that_is_cut_anywhere_is_wrong(length):
    assert judge_csv(CSV[:length])


@pytest.mark.parametrize(
    ("content", "promised", "verdict"),
    [
        (CSV, "3", "3 rows in the file, expected 4"),
        (CSV, None, "no X-Export-Rows header to compare the rows with"),
        (CSV[:-1], "2", "ends in the middle of a line"),
    ],
)
def test_each_defect_of_csv_has_its_name(content, promised, verdict):
    assert judge_csv(content, promised=promised) == verdict


def test_csv_that_lacks_rows_is_cut_and_csv_that_has_too_many_is_not():
    assert checked_csv(CSV, promised="3").cut() == "3 rows in the file, expected 4"
    assert checked_csv(CSV[:-1], promised=None).cut() == "ends in the middle of a line"
    assert checked_csv(CSV, promised="1").cut() is None
    assert checked_csv(CSV, promised=None).cut() is None


def test_what_was_chosen_by_its_type_tells_whether_it_is_cut():
    check = ByContentType({"text/csv": CsvRows})
    assert check.cut() is None
    check.begin({"content-type": "text/csv"})
    assert check.cut() == "ends in the middle of a line"


def by_content_type(content_type: str, body: bytes) -> str | None:
    check = ByContentType({"text/csv": CsvRows, "application/json": BodyCheck})
    check.begin({"content-type": content_type, "x-export-rows": "2"})
    check.feed(body)
    return check.verdict()


def test_a_body_is_checked_as_what_it_says_it_is():
    assert by_content_type("text/csv; charset=utf-8", CSV) is None
    assert by_content_type("text/csv", b"x") == "ends in the middle of a line"
    assert by_content_type("application/json", b"x") is None
    assert by_content_type("text/html", CSV) == "Content-Type 'text/html', expected one of text/csv, application/json"


def test_a_small_body_is_kept_and_a_large_one_is_told():
    kept = Kept(most_bytes=6)
    assert judge(kept, b"abc", b"def") is None
    assert kept.body == b"abcdef"
    assert judge(kept, b"g") == "more than 6 bytes"
