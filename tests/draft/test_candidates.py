"""The kit's configurations are those that the site can run; the others are left out with the reason."""

from badgateway.draft.candidates import Candidate, LeftOut, candidates, driver_of, lent_to, one_of_each_kind, system_of
from tests.draft.sites import PACKAGES, database, site


def split(found):
    every = list(candidates(found, cores=2))
    kept = {one.name: one for one in every if isinstance(one, Candidate)}
    return kept, {one.name: one.why for one in every if isinstance(one, LeftOut)}


def test_a_driver_that_cooperates_gets_all_of_them():
    kept, left_out = split(site())

    assert set(kept) == {"uwsgi-threads", "uwsgi-gevent", "gunicorn-sync", "gunicorn-threads", "gunicorn-gevent"}
    assert kept["gunicorn-threads"].file == "kit:gunicorn_gthread.py"
    assert (kept["gunicorn-sync"].workers, kept["gunicorn-threads"].workers) == (5, 2)
    assert set(left_out) == {"granian-threads"}


def test_a_driver_that_blocks_gets_no_greenlets_and_the_reason_is_said():
    kept, left_out = split(site(databases=(database(engine="django.db.backends.mysql", driver="MySQLdb"),)))

    assert not any("gevent" in name for name in kept)
    assert left_out["gunicorn-gevent"] == "mysqlclient: it waits in C: a worker would serve one request at a time"


def test_a_driver_that_nobody_knows_gets_no_greenlets():
    _, left_out = split(site(databases=(database(engine="django.db.backends.oracle", driver="oracledb"),)))

    assert "none that is known" in left_out["uwsgi-gevent"]


def test_what_is_not_installed_for_the_site_is_named():
    _, left_out = split(site(packages={"gunicorn": "27"}))

    assert left_out["uwsgi-threads"] == "uwsgi not installed in the site's environment"
    assert left_out["gunicorn-gevent"] == "gevent not installed in the site's environment"


def test_what_the_kit_lends_to_the_same_python_can_be_run_too():
    found = site(packages={"django": "5"})
    lent = lent_to(found, "3.11.9", {"gunicorn", "greenlet", "rich"})

    assert set(lent) == {"gunicorn", "greenlet"}
    assert lent_to(found, "3.12.1", {"gunicorn"}) == ()
    kept = [one.name for one in candidates(found, 2, lent) if isinstance(one, Candidate)]
    assert kept == ["gunicorn-sync", "gunicorn-threads"]


def test_of_each_kind_there_is_one_and_the_others_can_be_added():
    found = list(one_of_each_kind(candidates(site(), cores=2), "uwsgi"))
    kept = [one.name for one in found if isinstance(one, Candidate)]
    others = {one.name: one.why for one in found if isinstance(one, LeftOut)}

    assert kept == ["uwsgi-threads", "uwsgi-gevent", "gunicorn-sync"]
    assert others["gunicorn-threads"] == 'uwsgi-threads is of its kind; add it with server = "kit:gunicorn_gthread.py"'
    without = [one.name for one in one_of_each_kind(candidates(site(), cores=2), "") if isinstance(one, Candidate)]
    assert without == ["gunicorn-sync", "gunicorn-threads", "gunicorn-gevent"]


def test_an_asgi_site_gets_event_loops_alone():
    kept, left_out = split(site(is_async=True, packages={**PACKAGES, "uvicorn": "0.40"}))

    assert set(kept) == {"gunicorn-asgi", "uvicorn-asgi"}
    assert set(left_out) == {"granian-asgi"}


def test_system_and_driver_are_what_the_site_connects_with():
    found = site(kind="flask", databases=(database(engine="mysql", driver="pymysql"),))
    system, driver = system_of(found), driver_of(found)

    assert system is not None
    assert driver is not None
    assert (system.name, driver.name) == ("mariadb", "pymysql")
    assert system_of(site(databases=())) is None
