"""One way of writing a workbook, measured in a process of its own; benchmarks/exports.py starts it.

    python benchmarks/export_writers.py NAME ROWS [FOLDER]

FOLDER has further packages (pip install --target FOLDER ...). Prints one JSON object, or the reason why there is none.
"""

import io
import json
import os
import resource
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import psutil

APP = Path(__file__).parents[1] / "app"
TITLES = tuple(f"Column {number}" for number in range(16))
SHEET = "xl/worksheets/sheet1.xml"
DAY = date(2020, 2, 29)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What writing one workbook took."""

    duration_s: float
    cpu_s: float
    growth_bytes: int
    """Of the process's resident memory, at its highest, after everything was imported."""
    rows_before_first_byte: int
    file_bytes: int


class Sink(io.RawIOBase):
    """Takes bytes from front to back, as a network does, and counts them."""

    def __init__(self, rows: "Rows") -> None:
        self.file_bytes = 0
        self.rows_before_first_byte = 0
        self._rows = rows

    def writable(self) -> bool:
        """Tell that it can be written to."""
        return True

    def write(self, data: Any) -> int:
        """Count."""
        if not self.file_bytes:
            self.rows_before_first_byte = self._rows.taken
        self.file_bytes += len(data)
        return len(data)


class Rows:
    """Rows like the export's, always the same, each made when it is taken."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.taken = 0

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """Yield the rows."""
        for number in range(1, self.count + 1):
            self.taken = number
            name, street = f"member{number % 4300}@school.example", f"{number * 7919 % 250} Harbour Street"
            who = (f"M{number % 4300:07d}", "Björn", "Lindqvist", name, f"+44 20 7946 {number % 1000:04d}", street)
            where = (str(10_000 + number * 104_729 % 90_000), "Lisbon", DAY, DAY, "advanced")
            yield (number, *who, *where, number % 16, number * 31 % 1000 / 10, number % 101, DAY)


def site(rows: Rows, sink: Sink) -> None:
    """Write as the site does: its own XML, zipped by zipstream-ng."""
    from school.exports.xlsx import xlsx_chunks  # noqa: PLC0415 - each process imports what it measures

    for chunk in xlsx_chunks(TITLES, rows, rows.count):
        sink.write(chunk)


def _xml(rows: Rows) -> Iterator[bytes]:
    from school.exports.xlsx import sheet_text  # noqa: PLC0415 - as above

    return sheet_text(TITLES, iter(rows))


def site_by_stream_zip(rows: Rows, sink: Sink) -> None:
    """Write the site's XML, zipped by stream-zip."""
    library: Any = import_module("stream_zip")
    now = datetime.now(UTC)
    files = [(SHEET, now, 0o600, library.ZIP_64, _xml(rows))]
    for chunk in library.stream_zip(files, get_compressobj=lambda: zlib.compressobj(level=1, wbits=-zlib.MAX_WBITS)):
        sink.write(chunk)


def site_by_zipfile(rows: Rows, sink: Sink) -> None:
    """Write the site's XML, zipped by Python's zipfile into something that cannot seek."""
    with ZipFile(sink, "w", ZIP_DEFLATED, compresslevel=1) as archive, archive.open(SHEET, "w") as entry:
        for block in _xml(rows):
            entry.write(block)


def xlsxwriter(rows: Rows, sink: Sink) -> None:
    """Write with XlsxWriter in its constant_memory mode."""
    library: Any = import_module("xlsxwriter")
    whole, options = io.BytesIO(), {"constant_memory": True, "default_date_format": "yyyy-mm-dd"}
    with library.Workbook(whole, options) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, TITLES)
        for number, row in enumerate(rows, start=1):
            sheet.write_row(number, 0, row)
    sink.write(whole.getbuffer())


def openpyxl(rows: Rows, sink: Sink) -> None:
    """Write with openpyxl in its write_only mode."""
    library: Any = import_module("openpyxl")
    book = library.Workbook(write_only=True)
    sheet, whole = book.create_sheet(), io.BytesIO()
    for row in _titled(rows):
        sheet.append(row)
    book.save(whole)
    sink.write(whole.getbuffer())


def pyexcelerate(rows: Rows, sink: Sink) -> None:
    """Write with PyExcelerate, which takes all rows at once."""
    library: Any = import_module("pyexcelerate")
    book, whole = library.Workbook(), io.BytesIO()
    book.new_sheet("Members", data=list(_titled(rows)))
    book.save(whole)
    sink.write(whole.getbuffer())


def openexcel(rows: Rows, sink: Sink) -> None:
    """Write with openexcel-c, which is written in C and writes into a file when it has all rows."""
    library: Any = import_module("openexcel")
    book = library.Workbook()
    sheet = book.create_sheet("Members")
    for row in _titled(rows):
        sheet.append(row)
    with NamedTemporaryFile(suffix=".xlsx") as whole:
        book.save(whole.name)
        sink.write(whole.read())


def xlsx_streaming(rows: Rows, sink: Sink) -> None:
    """Write with xlsx-streaming, all cells as text."""
    library: Any = import_module("xlsx_streaming")
    for chunk in library.stream_queryset_as_xlsx(_titled(rows)):
        sink.write(chunk)


def _titled(rows: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    yield TITLES
    yield from rows


WRITERS: dict[str, Callable[[Rows, Sink], None]] = {
    "the site (zipstream-ng)": site,
    "the site's XML, stream-zip": site_by_stream_zip,
    "the site's XML, zipfile": site_by_zipfile,
    "xlsxwriter constant_memory": xlsxwriter,
    "openpyxl write_only": openpyxl,
    "pyexcelerate": pyexcelerate,
    "openexcel-c": openexcel,
    "xlsx-streaming": xlsx_streaming,
}


def import_site() -> None:
    """Make the site's modules importable; no database is asked."""
    sys.path.insert(0, str(APP))
    os.environ["DJANGO_SETTINGS_MODULE"] = "school_site.settings"
    import_module("django").setup()


def measure(name: str, count: int) -> Measured:
    """Write a small workbook, so that everything is imported, then the one that is measured."""
    WRITERS[name](warm := Rows(100), Sink(warm))
    sink = Sink(rows := Rows(count))
    before_bytes, start_s, cpu_start_s = psutil.Process().memory_info().rss, time.perf_counter(), time.process_time()
    WRITERS[name](rows, sink)
    duration_s, cpu_s = time.perf_counter() - start_s, time.process_time() - cpu_start_s
    highest_bytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return Measured(
        duration_s=duration_s,
        cpu_s=cpu_s,
        growth_bytes=max(0, highest_bytes - before_bytes),
        rows_before_first_byte=sink.rows_before_first_byte,
        file_bytes=sink.file_bytes,
    )


def main(name: str, count: str, *folders: str) -> None:
    """Measure one writer."""
    if name.startswith("the site"):
        import_site()
        sys.path.extend(folders)
    else:
        # xlsx-streaming needs the module zipstream of another package than zipstream-ng, which the site needs.
        sys.path[:0] = folders
    try:
        print(json.dumps(asdict(measure(name, int(count)))))  # noqa: T201 - this is its answer
    except (ImportError, AttributeError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main(*sys.argv[1:])
