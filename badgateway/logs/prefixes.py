"""What containers, journals and syslogs put before each line: the stream it belongs to, and when it was written."""

import re
from collections.abc import Sequence
from dataclasses import replace

from badgateway.logs.prefix_kinds import DOUBTFUL, PREFIXES, Unwrap, Unwrapped
from badgateway.logs.recognising import kind_of

# As copied from a terminal.
_COLOUR = re.compile(r"\x1b\[[\d;]*m")
_DEEPEST = 3
_LEAST_SHARE = 10
"""A prefix that one line in so many has, at least, is one; fewer lines only look as if they had it."""


class Prefixes:
    """The prefixes that the lines of one file have, the outermost first."""

    def __init__(self, lines: Sequence[str]) -> None:
        """Learn them from the file's first lines."""
        self._layers: list[tuple[Unwrap, ...]] = []
        self._has_colours = any("\x1b[" in line for line in lines)
        texts = [self.plain(line) for line in lines]
        while len(self._layers) < _DEEPEST:
            layer = tuple(unwrap for unwrap in PREFIXES if _is_common(unwrap, texts))
            if not layer:
                break
            self._layers.append(layer)
            texts = [_peeled(text, layer).text for text in texts]

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._layers) or self._has_colours

    def plain(self, line: str) -> str:
        """Take all colours off a line."""
        return _COLOUR.sub("", line) if self._has_colours else line

    def unwrap(self, line: str) -> Unwrapped:
        """Take the prefixes off a line, as many as it has, and all colours."""
        found = Unwrapped(text=self.plain(line))
        for layer in self._layers:
            inner = _peeled(found.text, layer)
            stream = " ".join(part for part in (found.stream, inner.stream) if part)
            found = replace(inner, stream=stream, host=inner.host or found.host, written=inner.written or found.written)
        return found


def _is_common(unwrap: Unwrap, lines: Sequence[str]) -> bool:
    found = [inner.text for line in lines if (inner := unwrap(line)) is not None]
    is_common = _LEAST_SHARE * len(found) > len(lines)
    return is_common and (unwrap not in DOUBTFUL or any(kind_of(text) is not None for text in found))


def _peeled(line: str, layer: Sequence[Unwrap]) -> Unwrapped:
    return next((inner for unwrap in layer if (inner := unwrap(line)) is not None), Unwrapped(text=line))
