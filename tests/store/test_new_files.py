import subprocess
from pathlib import PurePosixPath

import pytest

from badgateway.errors import ConfigurationError
from badgateway.store.new_files import differences, write_new

FILES = {PurePosixPath("a/one.txt"): "1\n2\n", PurePosixPath("two.txt"): "2\n"}


def test_files_are_written_below_the_folder(tmp_path):
    write_new(tmp_path / "out", FILES)

    assert {file.name: file.read_text() for file in (tmp_path / "out").rglob("*.txt")} == {
        "one.txt": "1\n2\n",
        "two.txt": "2\n",
    }


@pytest.mark.parametrize("there", ["file", "link", "dangling"])
def test_where_one_is_there_none_is_written(tmp_path, there):
    target = tmp_path / "two.txt"
    if there == "file":
        target.write_text("mine")
    else:
        target.symlink_to(tmp_path / "elsewhere")
        if there == "link":
            (tmp_path / "elsewhere").write_text("mine")

    with pytest.raises(ConfigurationError, match=r"two.txt: is there already, and nothing was written; --diff"):
        write_new(tmp_path, FILES)
    assert not (tmp_path / "a").exists()
    assert there == "dangling" or target.read_text() == "mine"


def test_the_patch_makes_the_folder_what_would_have_been_written(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.txt").write_text("1\nmine")
    patch = "\n".join(differences(tmp_path, FILES)) + "\n"
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=patch, text=True, check=True)

    assert {path: (tmp_path / path).read_text() for path in FILES} == FILES
    assert list(differences(tmp_path, FILES)) == []


def test_what_is_no_text_is_not_compared(tmp_path):
    (tmp_path / "two.txt").write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigurationError, match="is no text"):
        list(differences(tmp_path, FILES))
