"""JSON documents of entries."""

import io
import json

import pytest

from badgateway.logs import Source, read_logs
from badgateway.logs.documents import as_lines
from badgateway.model.log_kind import LogKind
from badgateway.servers import gunicorn

ENTRY = {"httpRequest": {"status": 502, "requestMethod": "GET", "requestUrl": "https://a/b"}, "timestamp": "2024-12-06"}
EVENTS = {"events": [{"timestamp": 1733496536000, "message": "Booting worker with pid: 8", "logStreamName": "web/1"}]}
LIST = [ENTRY]
HITS = {"took": 3, "hits": {"total": {"value": 1}, "hits": [{"_id": "a", "_source": ENTRY}]}}


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    ("document", "kind"), [(LIST, LogKind.NGINX_JSON), (HITS, LogKind.NGINX_JSON), (EVENTS, gunicorn.LOG.kind)]
)
def test_a_document_is_read_entry_by_entry_as_a_file_and_as_a_stream(tmp_path, document, kind, indent):
    content = json.dumps(document, indent=indent).encode()
    (tmp_path / "log.json").write_bytes(content)
    for source in (tmp_path / "log.json", io.BytesIO(content)):
        if document is not LIST and indent is None:
            # One object in one line is a line of JSON.
            continue
        evidence = read_logs([Source(name="log.json", content=source)])
        assert [(file.kind, file.lines, file.malformed_lines) for file in evidence.files] == [(kind, 1, 0)]
        evidence.connection.close()


@pytest.mark.parametrize(
    "content", [b"", b"[error] no json\n", b"[\n", b"[{\n", b'{"a": 1}\n{"a": 2}\n', b"[1, 2]", b"[]"]
)
def test_what_is_no_document_stays_as_it_is(content):
    assert as_lines(content) is content


def test_milliseconds_of_an_event_are_its_time():
    evidence = read_logs([Source(name="events", content=io.BytesIO(json.dumps(EVENTS, indent=1).encode()))])

    assert evidence.connection.execute("SELECT time_s FROM server_events").fetchall() == [(1733496536.0,)]
