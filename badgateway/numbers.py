"""How numbers, lists and plurals are said: one place decides digits and units; nothing measured is said as nothing."""

from collections.abc import Iterable

NO_DATA = "\N{EN DASH}"
RATE_UNIT = "requests/s"
_SPACE = "\N{NO-BREAK SPACE}"
PERCENT = f"{_SPACE}%"
MOST_RATIO = 10.0
"""Ratios above it have no digits: a failed request counts as late, so the ratio of two p95 may come from that alone."""


def count(number: int) -> str:
    """Return a count with thousands separators: '1,234'."""
    return f"{number:,}"


def percent(share: float) -> str:
    """Return a share as a percentage: '12.3 %'; only an exact 0 or 1 prints as '0 %' or '100 %'."""
    return f"{_percent_digits(share * 100)}{_SPACE}%"


def _percent_digits(value: float) -> str:
    if value in {0, 100}:
        return f"{value:.0f}"
    if value < 0.001:
        return f"<{_SPACE}0.001"
    if value < 0.995:
        return f"{value:.2g}" if value < 0.095 else f"{value:.2f}"
    if value >= 99.95:
        return f">{_SPACE}99.9"
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}"


def difference(share: float) -> str:
    """Return by how much one thing is more than another, which may be more than all of it: '16.8 %', '113 %'."""
    most = MOST_RATIO - 1
    if share > most:
        return f">{_SPACE}{most * 100:.0f}{_SPACE}%"
    return percent(share) if share < 0.9995 else f"{share * 100:.0f}{_SPACE}%"


def interval(low: float, high: float) -> str:
    """Return the two ends of an interval of shares: '0.1-0.4 %', with an en dash."""
    return f"{_percent_digits(low * 100)}{NO_DATA}{percent(high)}"


def ends(low: str, high: str) -> str:
    """Return the two ends of a number that was said already, a unit of both once: '119-128 ms', with an en dash."""
    _, space, unit = high.partition(_SPACE)
    return f"{low.removesuffix(f'{space}{unit}')}{NO_DATA}{high}"


def declared_percent(share: float) -> str:
    """Return a share that somebody wrote down, with the digits that were written: '1 %'."""
    return f"{share * 100:.6g}{_SPACE}%"


def milliseconds(value_ms: float) -> str:
    """Return a latency with three significant digits at most, in ms or s: '4.2 ms', '812 ms', '1.23 s'."""
    if value_ms >= 999.5:
        return seconds(value_ms / 1000)
    if value_ms >= 9.95:
        return f"{value_ms:.0f}{_SPACE}ms"
    return f"{_small(value_ms)}{_SPACE}ms"


def seconds(value_s: float) -> str:
    """Return a duration: '0.8 s', '1.23 s', '12.3 s', '123 s'."""
    return f"{_seconds_digits(value_s)}{_SPACE}s"


def clock_shift(low_s: float, high_s: float) -> str:
    """Return by how much a clock is ahead, and how well that is known: '+2.500 s', give or take '1.1 ms'."""
    half_ms = (high_s - low_s) / 2 * 1000
    return f"{(low_s + high_s) / 2:+.3f}{_SPACE}s \N{PLUS-MINUS SIGN} {half_ms:.1f}{_SPACE}ms"


def _seconds_digits(value_s: float) -> str:
    if value_s < 0.995:
        return _small(value_s)
    if value_s < 9.995:
        return f"{value_s:.2f}"
    return f"{value_s:.1f}" if value_s < 99.95 else f"{value_s:,.0f}"


def duration(value_s: float) -> str:
    """Spell a duration as a person would: '40 s', '6 min'."""
    return f"{value_s:.0f} s" if value_s < 90 else f"{value_s / 60:.0f} min"


def declared_milliseconds(value_ms: float) -> str:
    """Return a limit that somebody wrote down, exactly: '800 ms', '1 s', '1.5 s'."""
    return f"{value_ms / 1000:g}{_SPACE}s" if value_ms >= 1000 else f"{value_ms:g}{_SPACE}ms"


def declared_seconds(value_s: float) -> str:
    """Return a duration that somebody wrote down, exactly: '10 s'."""
    return f"{value_s:g}{_SPACE}s"


def rate(per_second: float) -> str:
    """Return requests per second without the unit: '0.4', '41', '1,234'."""
    return _small(per_second) if per_second < 9.95 else f"{per_second:,.0f}"


def memory(size_bytes: int) -> str:
    """Return an amount of memory: '38 MiB', '1.9 GiB'; a shrinking one has a minus sign."""
    mebibytes = size_bytes / 2**20
    if size_bytes == 0:
        return f"0{_SPACE}MiB"
    if abs(mebibytes) >= 1023.5:
        return f"{mebibytes / 1024:.1f}{_SPACE}GiB"
    return f"{mebibytes:.0f}{_SPACE}MiB" if abs(mebibytes) >= 9.95 else f"{mebibytes:.1f}{_SPACE}MiB"


def _small(value: float) -> str:
    if 0 < value < 0.05:
        return f"<{_SPACE}0.1"
    return "0" if value == 0 else f"{value:.1f}"


def cores(value: float) -> str:
    """Return how many cores are used: '0.87'."""
    return f"{value:.2f}"


def p_value(p: float) -> str:
    """Return a probability of chance: '0.0078', '< 0.0001'."""
    return f"<{_SPACE}0.0001" if p < 0.0001 else f"{p:.2g}"


def ratio(value: float) -> str:
    """Return by what one thing is held against another: '1.388', '> 10'."""
    return f">{_SPACE}{MOST_RATIO:g}" if value > MOST_RATIO else f"{value:.3f}"


def ratios(low: float, high: float) -> str:
    """Return the two ends of an interval of ratios, with an en dash; what is beyond all digits is said once."""
    return ratio(low) if low > MOST_RATIO else f"{ratio(low)}{NO_DATA}{ratio(high)}"


def factor(value: float) -> str:
    """Return about how many times one thing is another: '3.1', '41'."""
    return f"{value:.2g}"


def margin(share: float) -> str:
    """Return how far two things may be apart: '± 5 %'."""
    return f"± {100 * share:.3g}{_SPACE}%"


def load(size: float) -> str:
    """Return a load without its unit: '41.5', '1,234'; exactly where it looks declared, such as '317.5'."""
    if size == round(size) or (size >= 100 and size != round(size, 1)):
        return f"{size:,.0f}"
    return f"{size:,.1f}" if size == round(size, 1) else f"{size:,.3g}"


def listed(items: Iterable[object], last: str = "and") -> str:
    """Return items as they are said: '50', '50 and 300', '50, 100 and 300'."""
    words = [str(item) for item in items]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} {last} {words[-1]}"


def plural(number: int, noun: str) -> str:
    """Return a number with its noun: '1 user', '300 users'."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def in_sentences(text: str) -> str:
    """Return a number as sentences have it that are also read in terminals and by programs: with plain spaces."""
    return text.replace(_SPACE, " ").replace(NO_DATA, "-")
