"""The journal runs in a site's own Python, whichever version that is."""

import subprocess

import pytest

from tests.interpreters import VERSIONS, demand_interpreter
from tests.servers.journals import JOURNAL, written

REQUEST = """
import runpy, sys
sys.path.insert(0, "")
app = runpy.run_path(sys.argv[1])["application"]
body = app({"PATH_INFO": "/", "HTTP_X_REQUEST_ID": "r1"}, lambda *_: None)
print(b"".join(body).decode())
body.close()
"""


@pytest.mark.parametrize("version", VERSIONS)
def test_it_keeps_its_book_on_each_interpreter_that_is_there(version, tmp_path):
    site = "def application(e, start):\n    start('200 OK', [('Content-Length', '2')])\n    return [b'ok']\n"
    (tmp_path / "plain_site.py").write_text(site)
    done = subprocess.run(
        [demand_interpreter(version), "-c", REQUEST, str(JOURNAL)],
        cwd=tmp_path,
        env={"JOURNAL_WSGI": "plain_site:application", "JOURNAL_FILE": str(tmp_path / "j")},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == "ok"
    assert [row["kind"] for row in written(tmp_path / "j")][-2:] == ["start", "end"]
