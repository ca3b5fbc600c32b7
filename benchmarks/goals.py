"""What each row of the table is to reach, and why one may not: what a profile of it shows."""

from dataclasses import dataclass

from benchmarks.duel import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """The most that the median of a row may be."""

    most: float
    of_anchor: bool = False
    """Of the ratio, not of what ours took."""
    profile: str = ""
    """Where the time or the memory goes, for whoever reads that the goal is missed."""

    def is_met(self, row: Row) -> bool | None:
        """Tell whether a row reaches it; None where it was not measured against the anchor."""
        measured = row.ratio if self.of_anchor else row.ours
        return None if measured is None else measured.median <= self.most


_MILLION = "explain, 1,000,000 lines of"
_ERRORS = f"{_MILLION} nginx's error log, 85 % failures"
_TWICE = "explain, 2,000,000 lines of nginx's error log, 85 % failures"
_ONCE = "explain of 1,000,000 of them"
_COMBINED = "explain, 10,000,000 combined lines"
_SPLIT = "bare DuckDB that splits the lines"
_LEDGER = "ledger of a trial of 1,000,000 requests"
_JOIN = "bare DuckDB that joins the files"
_REPORT = "report of 35 trials, 65,000 requests in all"
_GENERATOR = "a request of the load generator, one process"

_OF_ERRORS = (
    "A third of the processor's time goes into taking the lines apart and keeping what they say, a seventh into "
    "reading them, an eighth into copying the pieces and all else that is Python, a ninth each into packing what is "
    "kept, so that it takes less memory, and into a row for each failure; the rest into what is asked of those rows. "
    "To plan the statements takes a tenth: those that take a piece apart are planned once for each."
)
_HELD_OF_ERRORS = (
    "What the tables hold is a third of it at most; the rest is Python with DuckDB in it, and the pieces of the log "
    "that are read, each in memory as text, as rows that were read and as rows that are kept."
)
_HELD_OF_MANY = (
    "What the database has of each failure is packed, and is in memory up to a limit; what is beyond it is on the disk "
    "meanwhile."
)
_OF_COMBINED = (
    "Of the one statement that sees all lines, four fifths of the whole, a quarter goes into reading the lines, three "
    "tenths each into finding the status behind the request and into reading the time, and the rest into keeping both; "
    "the anchor finds no time, and sees of no line whether it is whole. The other fifth is the columns of failures, "
    "their causes, and the start. Other ways to the status were no faster: without statistics DuckDB counts the "
    "characters of a text up to each place, and lines that its reader of CSV cuts at quotation marks take as long as "
    "lines that are split there, and lose their numbers where one is blank."
)
_OF_GENERATOR = (
    "The profile is flat: a sixth of the processor's time is the kernel's, and of the rest no function has a tenth. "
    "What is left is Python: Locust's users and statistics and gevent's waiting, which the anchor has too, and an id, "
    "a time limit, a strict parser and a row for each request, none of which a measurement can do without."
)
_OF_LEDGER = (
    "A quarter of the processor's time goes into joining the three books, and a bit less each into ordering the rows "
    "and into reading nginx's JSON. Rows for which the memory that is allowed is too small are on the disk meanwhile."
)
_OF_REPORT = (
    "Half of the processor's time goes into the books of the trials, two at a time: some forty-five statements each, "
    "of which most take longer to plan than to run. The rest is importing, judging and drawing, one after the other."
)

_OF_SHORT = (
    "Half of it is Python that starts and imports modules, DuckDB among them; nearly all of the rest is to parse and "
    "to plan statements, a millisecond or so for each, whatever the log has."
)

GOALS: dict[str, Goal] = {
    "badgateway --help, s, Python that imports click": Goal(most=0.2),
    "explain, 1,000 lines, s, Python that imports DuckDB": Goal(most=0.4, profile=_OF_SHORT),
    f"{_ERRORS}, s, {_SPLIT}": Goal(most=4, profile=_OF_ERRORS),
    f"{_ERRORS}, MiB, {_SPLIT}": Goal(most=400, profile=_HELD_OF_ERRORS),
    f"{_TWICE}, MiB, {_ONCE}": Goal(most=1.25, of_anchor=True, profile=_HELD_OF_MANY),
    f"{_MILLION} uWSGI's log, s, {_SPLIT}": Goal(most=2),
    f"{_MILLION} Gunicorn's log, s, {_SPLIT}": Goal(most=5),
    f"{_MILLION} an ALB's access log, s, {_SPLIT}": Goal(most=5),
    f"{_MILLION} nginx's access log in JSON, s, {_SPLIT}": Goal(most=5),
    f"{_COMBINED}, s of CPU, {_SPLIT}": Goal(most=1.6, of_anchor=True, profile=_OF_COMBINED),
    f"{_COMBINED}, s, goaccess": Goal(most=1 / 30, of_anchor=True, profile=_OF_COMBINED),
    f"{_LEDGER}, s, {_JOIN}": Goal(most=8, profile=_OF_LEDGER),
    f"{_LEDGER}, MiB, {_JOIN}": Goal(most=600),
    "files kept of a million requests, MB": Goal(most=300),
    f"{_REPORT}, s, bare DuckDB that reads the files once": Goal(most=4, profile=_OF_REPORT),
    "streamed .xlsx of 100,000 rows, s of CPU, XlsxWriter, constant_memory": Goal(most=0.1, of_anchor=True),
    "streamed .xlsx of 100,000 rows, s of CPU, openexcel-c": Goal(most=1 / 1.1, of_anchor=True),
    f"{_GENERATOR}, us of CPU, Locust's FastHttpUser": Goal(most=0.47, of_anchor=True, profile=_OF_GENERATOR),
    f"{_GENERATOR}, us, Locust's FastHttpUser": Goal(most=1 / 2.1, of_anchor=True, profile=_OF_GENERATOR),
    "overhead of a trial of uWSGI and of Gunicorn, on average, s": Goal(most=1.4),
}
"""By the name of the row. Logs and trials of another size have none."""
