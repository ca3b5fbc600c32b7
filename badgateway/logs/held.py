"""Holds what servers wrote in a stream, packed and in memory, until the zone of its times is known."""

import gzip
from collections import deque
from dataclasses import dataclass, field, replace

from badgateway.logs.scratch import Scratch
from badgateway.logs.splitting import Part

_PACKING = 1
"""The fastest: log lines are so alike that more effort gains little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Piece:
    first_line: int
    line_ends: int
    lines: int
    packed: bytes
    came_s: float


@dataclass(slots=True, kw_only=True)
class HeldPart:
    """The lines of one program, of all pieces of a stream so far."""

    part: Part
    """The first piece's."""
    is_whole: bool
    """Whether all pieces are of this program alone."""
    _pieces: deque[_Piece] = field(default_factory=deque)

    def add(self, part: Part, *, is_whole: bool, came_s: float = 0.0) -> None:
        """Take the part of the next piece; came_s is when it came, on the caller's clock."""
        content = part.file.path.read_bytes()
        if not content.endswith(b"\n"):
            content += b"\n"
        self.is_whole = self.is_whole and is_whole
        self.part = replace(self.part, stamps=part.stamps)
        self._pieces.append(
            _Piece(
                first_line=part.file.first_line,
                line_ends=content.count(b"\n"),
                lines=part.lines or content.count(b"\n"),
                packed=gzip.compress(content, _PACKING),
                came_s=came_s,
            )
        )

    def drop_before(self, second: float) -> None:
        """Forget what came before."""
        while self._pieces and self._pieces[0].came_s < second:
            self._pieces.popleft()

    def whole(self, scratch: Scratch) -> Part | None:
        """Return all that is held as one part, each line on the line that it had; None when there is nothing."""
        if not self._pieces:
            return None
        first_line = next_line = self._pieces[0].first_line
        path = scratch.new()
        with path.open("wb") as file:
            for piece in self._pieces:
                file.write(gzip.compress(b"\n" * (piece.first_line - next_line), _PACKING))
                file.write(piece.packed)
                next_line = piece.first_line + piece.line_ends
        packed = replace(self.part.file, path=path, is_gzip=True, first_line=first_line)
        return replace(self.part, file=packed, lines=sum(piece.lines for piece in self._pieces))
