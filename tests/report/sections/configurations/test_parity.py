from badgateway.model.configuration import Timeouts
from badgateway.report.sections.configurations import parity as settings
from tests.report import builders, comparison


def found(*configurations):
    return settings.parity(comparison.experiment(configurations), configurations)


def test_settings_that_differ_are_columns_and_the_others_are_listed_once():
    parity = found(*comparison.CONFIGURATIONS)
    assert parity.differing == ("server file", "database driver", "workers", "threads", "accept queue")
    common = {setting.name: setting.value for setting in parity.common}
    assert common["greenlets (gevent only)"] == "64"
    assert not set(common) & set(parity.differing)


def test_the_value_that_stands_out_is_marked():
    parity = found(*comparison.CONFIGURATIONS)
    queue = parity.differing.index("accept queue")
    marked = {row.configuration: row.values[queue] for row in parity.rows}
    assert marked["uwsgi-2"] == ("100", True)
    assert marked["uwsgi-16"] == ("1024", False)


def test_a_variable_that_only_one_configuration_sets_is_a_difference():
    one = builders.declared("one", "servers/uwsgi.ini", "pymysql", 2, environment={"APP_MODE": "fast"})
    other = builders.declared("other", "servers/uwsgi.ini", "pymysql", 2)
    parity = found(one, other)
    assert parity.differing == ("APP_MODE",)
    assert [row.values[0][0] for row in parity.rows] == ["fast", "not set"]


def test_one_configuration_alone_has_no_differences():
    assert found(comparison.CONFIGURATIONS[0]).differing == ()


def test_every_setting_of_a_configuration_is_either_common_or_different():
    told_elsewhere = {
        "name",
        "kind",
        "worker_model",
        "baseline",
        "note",
        "step",
        "against",
        "must_answer",
        "environment",
        "timeouts",
        # In the place of the server file.
        "command",
    }
    fields = set(type(comparison.CONFIGURATIONS[0]).model_fields) - told_elsewhere
    assert fields == set(settings._LABELS)


def test_a_command_stands_in_the_place_of_the_server_file():
    one = builders.declared("one", "servers/gunicorn_sync.py", "pymysql", 2)
    other = one.model_copy(update={"name": "today", "command": "gunicorn -w 2 site.wsgi"})
    parity = found(one, other)
    assert parity.differing == ("server file",)
    assert [value for row in parity.rows for value, _ in row.values] == [
        "servers/gunicorn_sync.py",
        "gunicorn -w 2 site.wsgi",
    ]


def test_time_limits_of_its_own_are_a_difference_in_those_limits_alone():
    own = Timeouts(app_s=1, proxy_connect_s=3, proxy_read_s=5, client_s=10)
    one = builders.declared("one", "servers/uwsgi.ini", "pymysql", 2)
    other = builders.declared("other", "servers/uwsgi.ini", "pymysql", 2, timeouts=own)
    parity = found(one, other)
    assert parity.differing == ("application time limit",)
    assert [row.values[0][0] for row in parity.rows] == ["4\N{NO-BREAK SPACE}s", "1\N{NO-BREAK SPACE}s"]


def test_switches_and_distances_are_told_in_words():
    one = builders.declared("one", "servers/uwsgi.ini", "pymysql", 2, database_distances_ms=(0, 1.5))
    other = builders.declared("other", "servers/uwsgi.ini", "pymysql", 2, preload=False)
    parity = found(one, other)
    assert parity.differing == ("preload", "distance to the database")
    assert [value for value, _ in parity.rows[0].values] == ["on", "0 ms and 1.5 ms"]


def test_the_time_limits_and_the_database_are_common_to_all():
    common = {
        setting.name: setting.value.replace("\N{NO-BREAK SPACE}", " ")
        for setting in found(*comparison.CONFIGURATIONS).common
    }
    assert common["application time limit"] == "4 s"
    assert common["proxy read time limit"] == "5 s"
    assert common["client time limit"] == "10 s"
    assert common["MariaDB max_connections"] == "151"


def test_rates_are_settings_with_how_they_follow_each_other():
    experiment = comparison.experiment()
    load = experiment.load.model_copy(update={"users": (), "rates_per_s": (50.0, 317.5)})
    (only, *_) = comparison.CONFIGURATIONS
    parity = settings.parity(experiment.model_copy(update={"load": load}), (only,))
    common = {setting.name: setting.value for setting in parity.common}
    assert common["tasks started a second"] == "50 and 317.5 (poisson)"
    assert common["most requests in flight"] == "2,000"
    assert "users" not in common
