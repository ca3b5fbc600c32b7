import pytest

from badgateway.store.run_folder import RunFolder
from tests.charts import one_chart_for_all  # noqa: F401 # a fixture
from tests.study.fakes import Seam, Told, manifest


@pytest.fixture
def seam(tmp_path) -> Seam:
    folder = tmp_path / "bench"
    folder.mkdir()
    return Seam(folder)


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def folder(tmp_path) -> RunFolder:
    return RunFolder.create(tmp_path / "results", manifest())
