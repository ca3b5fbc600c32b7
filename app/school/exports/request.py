"""What somebody wants exported."""

from dataclasses import dataclass

# Two sheets of an .xlsx file, nearly.
MOST_ROWS = 2_000_000
ROWS_A_PAGE = 1000
MOST_PAGES = MOST_ROWS // ROWS_A_PAGE


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRequest:
    """How many rows, and which page where a strategy makes pages.

    An export larger than the school has the members again, in the same order, under further row numbers.
    """

    rows: int | None = None
    """None for one row a member."""
    page: int = 1
