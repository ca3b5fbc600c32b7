"""Makes text from logs safe to print: a log may hold what commands a terminal or turns a line around."""


def printable(text: str) -> str:
    r"""Return the text with everything that has no shape of its own as an escape such as \x1b."""
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in text
    )
