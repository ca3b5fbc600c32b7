from badgateway.report import settings
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
    fields = set(type(comparison.CONFIGURATIONS[0]).model_fields) - {"name", "note", "environment"}
    assert fields == set(settings._LABELS)


def test_the_time_limits_and_the_database_are_common_to_all():
    common = {
        setting.name: setting.value.replace("\N{NO-BREAK SPACE}", " ")
        for setting in found(*comparison.CONFIGURATIONS).common
    }
    assert common["application time limit"] == "4 s"
    assert common["proxy read time limit"] == "5 s"
    assert common["client time limit"] == "10 s"
    assert common["MariaDB max_connections"] == "151"
