"""The strategies of the export, by name, in the order of the story; a strategy answers a request with a file."""

from collections.abc import Callable, Mapping

from django.http.response import HttpResponseBase

from school.exports import (
    annotated,
    annotated_xls,
    buffered_stream,
    csv_async,
    csv_text,
    job,
    naive_streamed,
    naive_xls,
    naive_xlsx,
    paged,
    saved_stream,
    serialized,
    streamed,
)
from school.exports.request import ExportRequest

Strategy = Callable[[ExportRequest], HttpResponseBase]

STRATEGIES: Mapping[str, Strategy] = {
    "naive_xls": naive_xls.export,
    "paged": paged.export,
    "buffered_stream": buffered_stream.export,
    "saved_stream": saved_stream.export,
    "naive_xlsx": naive_xlsx.export,
    "naive_streamed": naive_streamed.export,
    "annotated_xls": annotated_xls.export,
    "serialized": serialized.export,
    "annotated": annotated.export,
    "streamed": streamed.export,
    "job": job.export,
    "csv": csv_text.export,
    "csv_async": csv_async.export,
}
