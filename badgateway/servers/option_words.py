"""Reads the options of a server's command line, as they stand."""

from collections.abc import Collection, Iterator, Sequence

TRUE, FALSE = "true", "false"


def options_of(words: Sequence[str], flags: Collection[str] = ()) -> Iterator[tuple[str, str]]:
    """Yield the name of each option, without its dashes, and its value; words that belong to none are passed over.

    A flag's value is `true`; with `no-` before it, it is the same flag's `false`.

    Args:
        words: Behind the server's program.
        flags: Names of options that take no value; so does one that another option follows, or nothing.
    """
    left = list(words)
    while left:
        word = left.pop(0)
        if not word.startswith("-") or not word.strip("-"):
            continue
        name, is_given, value = _parts(word)
        if is_given:
            yield name, value
        elif name.startswith("no-") and name.removeprefix("no-") in flags:
            yield name.removeprefix("no-"), FALSE
        elif name in flags or not left or left[0].startswith("-"):
            yield name, TRUE
        else:
            yield name, left.pop(0)


def _parts(word: str) -> tuple[str, bool, str]:
    """Return an option's name, whether its value is in the same word, and that value."""
    if word.startswith("--"):
        name, equals, value = word[2:].partition("=")
        return name, bool(equals), value
    return word[1:2], len(word) > 2, word[2:].removeprefix("=")
