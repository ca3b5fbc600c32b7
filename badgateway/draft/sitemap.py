"""What users of a site may ask for, as its sitemap has it: every page, and nothing of how often."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

from badgateway.draft.locust_file import Workload
from badgateway.draft.traffic import Asked, workload
from badgateway.errors import ConfigurationError
from badgateway.numbers import plural

MOST_BYTES = 50_000_000
"""What the format allows a file."""
MOST_PAGES = 1000
"""That are looked at: each is one of a route's addresses, of which a few are written."""
_PLACE = re.compile(r"<(?:\w+:)?loc>\s*(?:<!\[CDATA\[)?([^<\]]+)")
_INDEX = re.compile(r"<(?:\w+:)?sitemapindex\b")


def from_sitemap(file: Path) -> Workload:
    """Return the tasks for the pages of a sitemap; alike addresses are one route, and all routes are alike.

    Raises:
        ConfigurationError: It cannot be read, names other sitemaps, or has no page.
    """
    try:
        with file.open("rb") as content:
            text = content.read(MOST_BYTES).decode("utf-8-sig", "replace")
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read: {error.strerror or error}") from error
    if _INDEX.search(text):
        raise ConfigurationError(f"{file}: names other sitemaps and no page; fetch one of those, and name it")
    pages = list(_pages(text))
    found = workload(pages, f"{file.name}, {plural(len(pages), 'page')}, each route as often as the others")
    if not found.tasks:
        raise ConfigurationError(f"{file}: has no page; name a sitemap with <loc>https://.../</loc> in it")
    # What was counted are addresses, and not how often they are asked for.
    return replace(
        found,
        source=found.source.rpartition(", ")[0],
        tasks=tuple(replace(one, weight=1) for one in found.tasks),
    )


def _pages(text: str) -> Iterator[Asked]:
    for found in list(_PLACE.finditer(text))[:MOST_PAGES]:
        parts = urlsplit(unescape(found[1].strip()))
        uri = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        yield Asked(method="GET", uri=uri, status=200, times=1, large=0)
