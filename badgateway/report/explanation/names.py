"""What the pages call a file: its bare name, as long as only one file has it."""

from collections import Counter
from collections.abc import Iterable

from badgateway.model.diagnosis import EvidenceLine
from badgateway.model.explanation import FileRead
from badgateway.model.printable import printable


class Names:
    """The short names of some files."""

    def __init__(self, files: Iterable[FileRead]) -> None:
        bare = {file.name: file.name.rpartition("/")[2] for file in files}
        uses = Counter(bare.values())
        self._short = {name: short for name, short in bare.items() if uses[short] == 1}

    def short(self, name: str) -> str:
        """Return the short name of a file, printable."""
        return printable(self._short.get(name, name))

    def shown(self, lines: Iterable[EvidenceLine]) -> tuple[EvidenceLine, ...]:
        """Return lines with short names, printable."""
        return tuple(
            EvidenceLine(file=self.short(line.file), line_number=line.line_number, text=printable(line.text))
            for line in lines
        )
