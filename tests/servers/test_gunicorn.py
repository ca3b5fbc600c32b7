import pytest

from badgateway.model.knob import WorkerModel
from badgateway.servers.gunicorn import SERVER
from tests.stack.sites import configuration, site


def test_its_configuration_is_the_journal_which_reads_the_server_file():
    start = SERVER.start(configuration("servers/gunicorn_sync.py"), site())

    assert start.argv == ("/opt/kit/bin/gunicorn", "--config", "/tmp/t/snapshot/.badgateway/badgateway_journal.py")
    assert start.environment["JOURNAL_GUNICORN"] == "/tmp/t/snapshot/servers/x"
    assert start.bind == "unix:/tmp/t/raw/written/run/web.sock"


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ('bind = "x"\nworker_class = "gevent"\n', WorkerModel.GREENLETS),
        ("worker_class = 'gunicorn.workers.ggevent.GeventWorker'\n", WorkerModel.GREENLETS),
        ("from gevent import monkey\n", WorkerModel.THREADS),
        ('worker_class = "gthread"\n', WorkerModel.THREADS),
        ("worker_class = 'sync'  # not gevent.py\n", WorkerModel.ONE_REQUEST),
        ("workers = 2\n", WorkerModel.THREADS),
    ],
)
def test_its_file_shows_how_a_worker_serves_requests(text, model):
    assert SERVER.worker_model(text) is model
