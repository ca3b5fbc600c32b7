"""What a part of a report is: one question, answered in each format."""

from badgateway.model.run_summary import RunSummary

Object = dict[str, object]
"""Of JSON."""


class Section:
    """A part of a report. It has a folder of its own, and knows no other part.

    A section says in each format what a run has for it, and nothing when the run has nothing. Which sections a
    format has, in which order, stands in `badgateway.report.formats`.
    """

    @property
    def name(self) -> str:
        """Its folder's, and that of its template and style sheet; a section may have no style of its own."""
        return type(self).__module__.split(".")[-2]

    def html(self, _run: RunSummary, /) -> str:
        """Return the section of the page, as HTML."""
        return ""

    def markdown(self, _run: RunSummary, /) -> str:
        """Return the blocks of the comment, with an empty line between two."""
        return ""

    def objects(self, _run: RunSummary, /) -> Object:
        """Return the keys that the section adds to the document; null or empty where the run has nothing."""
        return {}
