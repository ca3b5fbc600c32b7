import pytest

from badgateway.store.run_folder import RunFolder
from tests.study.fakes import Seam, Told, install, manifest


@pytest.fixture
def seam(monkeypatch, tmp_path) -> Seam:
    folder = tmp_path / "bench"
    folder.mkdir()
    return install(monkeypatch, folder)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def folder(tmp_path) -> RunFolder:
    return RunFolder.create(tmp_path / "results", manifest())
