"""JSON documents of log entries, as clouds' command lines print them, made into a line for each entry."""

import json

LARGEST_DOCUMENT_BYTES = 64 * 1024 * 1024
FIRST_BYTES = 100
"""How many tell whether it may be one."""
_FIRST_LINES = (b"[", b"{", b"[{")
"""How a document over several lines begins; a log of JSON lines has a whole object in each."""


def may_be_document(start: bytes) -> bool:
    """Whether content that starts so may be a document of entries."""
    start = start.lstrip()
    return start.startswith(b"[{") or start.split(b"\n")[0].strip() in _FIRST_LINES


def as_lines(content: bytes) -> bytes:
    """Return the entries of a JSON document, one a line; any other content is as it should be.

    Such a document is an array of entries, or an object with one: what `gcloud logging read --format json` and
    `aws logs filter-log-events` print.
    """
    if not may_be_document(content[:FIRST_BYTES]) or len(content) > LARGEST_DOCUMENT_BYTES:
        return content
    try:
        entries = _entries(json.loads(content))
    except (ValueError, RecursionError):
        return content
    return b"".join(json.dumps(entry, ensure_ascii=False).encode() + b"\n" for entry in entries) or content


def _entries(document: object) -> list[object]:
    if isinstance(document, dict):
        lists = [value for value in document.values() if isinstance(value, list)]
        inner = document.get("hits")
        if isinstance(inner, dict):
            # What Elasticsearch found is an array in an object in the document.
            return _entries(inner)
        document = next((value for value in lists if any(isinstance(entry, dict) for entry in value)), [document])
    return [_source(entry) for entry in document] if isinstance(document, list) else []


def _source(entry: object) -> object:
    """Return what was logged, of an entry that Elasticsearch has wrapped."""
    source = entry.get("_source") if isinstance(entry, dict) else None
    return source if isinstance(source, dict) else entry
