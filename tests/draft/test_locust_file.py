"""The Locust file is Python, sends each task by its weight, and keeps what is not sent as comments."""

import ast

from badgateway.draft.locust_file import MOST_NOT_SENT, Workload, locust_file, without_task
from badgateway.draft.routes import NotSent, Task


def written(*tasks, not_sent=()):
    return locust_file(Workload(source="a log", tasks=tasks, not_sent=not_sent, pause_s=(0.5, 1.5)))


def test_each_task_is_a_method_of_its_own_with_its_weight():
    text = written(
        Task(path="/", name="GET /", weight=3), Task(path="/a b", name="GET /a"), Task(path="/A", name="GET /A")
    )
    (visitor,) = [node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)]
    methods = [node for node in visitor.body if isinstance(node, ast.FunctionDef)]

    assert [one.name for one in methods] == ["get_home", "get_a", "get_a_2"]
    assert "@task(3)" in text
    assert 'self.fetch("GET", "/a b", name="GET /a")' in text


def test_a_task_that_fails_becomes_a_comment_and_no_other():
    text = written(
        Task(path="/", name="GET /"), Task(path="/a/", name="GET /a/", weight=7), Task(path="/b/", name="GET /b/")
    )
    shorter = without_task(text, "GET /a/", "404, BAD_CONTENT")

    assert "    # GET /a/  (404, BAD_CONTENT)\n" in shorter
    assert shorter.count("@task") == 2
    ast.parse(shorter)
    assert without_task(shorter, "GET /a/", "404") == shorter


def test_a_task_of_the_users_own_stays():
    text = "class Mine(HttpUser):\n    @task\n    def a(self):\n        self.client.get('/a/')\n"

    assert without_task(text, "GET /a/", "404") == text


def test_several_paths_of_a_route_are_drawn_from():
    text = written(Task(path="/items/1/", name="GET /items/<n>/", others=("/items/2/",)))

    assert 'self.random.choice(("/items/1/", "/items/2/"))' in text


def test_nothing_in_a_pattern_can_become_code():
    text = written(Task(path='/"\\\n', name="GET \n"), not_sent=(NotSent(pattern="/\nimport os", why="why"),))

    ast.parse(text)
    assert not any(line.startswith("import os") for line in text.splitlines())


def test_what_is_not_sent_stays_with_its_reason_and_is_not_endless():
    text = written(
        Task(path="/", name="GET /"),
        not_sent=[NotSent(pattern=f"/{n}/", why="no value") for n in range(MOST_NOT_SENT + 5)],
    )

    assert "# GET /0/  (no value)" in text
    assert "# and 5 more" in text
