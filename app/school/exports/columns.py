"""The columns of an export: one definition for every strategy."""

from datetime import date

Cell = str | int | float | date | None
Row = tuple[Cell, ...]

# By title: the field of a member, or of the summary of the member's scores.
MEMBER_COLUMNS = {
    "Number": "number",
    "First name": "first_name",
    "Last name": "last_name",
    "Email": "email",
    "Phone": "phone",
    "Street": "street",
    "Postcode": "postcode",
    "City": "city",
    "Born on": "born_on",
    "Joined on": "joined_on",
    "Level": "level",
}
SUMMARY_COLUMNS = {
    "Scores": "score_count",
    "Average points": "average_points",
    "Best points": "best_points",
    "Last taken on": "last_taken_on",
}
FIELDS = (*MEMBER_COLUMNS.values(), *SUMMARY_COLUMNS.values())
TITLES = ("Row", *MEMBER_COLUMNS, *SUMMARY_COLUMNS)
