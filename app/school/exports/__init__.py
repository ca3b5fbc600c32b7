"""The strategies of the export, by name; a strategy takes the most rows to export and answers the request."""

from collections.abc import Callable, Mapping

from django.http.response import HttpResponseBase

from school.exports import annotated, naive

Strategy = Callable[[int], HttpResponseBase]

STRATEGIES: Mapping[str, Strategy] = {"annotated": annotated.export, "naive": naive.export}
