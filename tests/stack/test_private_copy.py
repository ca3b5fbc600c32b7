"""What is started is what is written, but for paths and addresses; and which lines these are is told."""

from dataclasses import replace
from pathlib import Path

import pytest

from badgateway.emit.files import files_of
from badgateway.emit.server_file import argv
from badgateway.stack.private_copy import PrivatePlace, changed_lines, private, private_words
from tests.emit.subjects import EVERY_KIND, chosen

PLACE = PrivatePlace(
    application=Path("/tmp/snapshot/app"),
    python_home=Path("/opt/python"),
    logging=Path("/tmp/raw/logging.json"),
    server_file=Path("/tmp/raw/server-file"),
    socket=Path("/tmp/raw/web.sock"),
    port=None,
    proxy_port=4711,
)


@pytest.mark.parametrize("name", EVERY_KIND)
def test_a_copy_leads_to_no_place_of_the_deployment(name):
    subject = chosen(name)
    place = PLACE if subject.place.port is None else replace(PLACE, port=4712)
    files = [
        file
        for file in files_of(subject)
        if file.path.parts[0] in {"server", "nginx"} and "site.env" not in str(file.path)
    ]
    copies = ["\n".join(_settings(private(file.text, subject.place, place))) for file in files]

    assert not any(place in copy for place in ("/srv/", "/etc/school", "/run/", " 80 ", ":8000") for copy in copies)
    assert not any("/srv/" in word or "/etc/" in word for word in private_words(argv(subject), subject.place, place))
    assert any("4711" in copy for copy in copies)


@pytest.mark.parametrize(
    ("line", "copy"),
    [
        ('bind = "127.0.0.1:8000"', 'bind = "127.0.0.1:4712"'),
        ("socket = 127.0.0.1:8000", "socket = 127.0.0.1:4712"),
        ("    server 127.0.0.1:8000;", "    server 127.0.0.1:4712;"),
        ("GRANIAN_PORT=8000", "GRANIAN_PORT=4712"),
        ("max_requests = 8000", "max_requests = 8000"),
        ("GRANIAN_BACKLOG=8000", "GRANIAN_BACKLOG=8000"),
        ("listen=8000", "listen=8000"),
    ],
)
def test_a_port_is_another_where_it_is_an_address_and_a_number_stays(line, copy):
    subject = chosen("uwsgi-2-tcp")

    assert private(line, subject.place, replace(PLACE, port=4712)) == copy


def _settings(text: str) -> list[str]:
    return [line for line in text.splitlines() if not line.lstrip().startswith(("#", ";"))]


def test_no_other_line_is_another():
    subject = chosen("uwsgi-16")
    texts = {file.path: file.text for file in files_of(subject) if file.path.suffix in {".ini", ".conf"}}
    told = changed_lines(texts, subject.place)
    for path, text in texts.items():
        copy = private(text, subject.place, PLACE)
        pairs = zip(_settings(text), _settings(copy), strict=True)
        assert [f"{path}: {line.strip()}" for line, other in pairs if line != other] == [
            line for line in told if line.startswith(f"{path}: ")
        ]

    assert len(told) == 4
