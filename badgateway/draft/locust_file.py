"""Writes the Locust file of a site: its users, what they ask for, and what was left out, with the reasons."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from badgateway.draft.routes import NotSent, Task
from badgateway.model.printable import printable

MOST_NOT_SENT = 60
_HEAD = '''"""Users of the site, as badgateway init wrote them from {source}; change them as you like.

Each task is one request; the number is its weight.
"""

from locust import task

from badgateway.load.recorder import RecordedUser, between


class Visitor(RecordedUser):
    """Somebody who waits {low_s:g} to {high_s:g} seconds between two requests."""

    wait_time = between({low_s:g}, {high_s:g})
'''
_TASK = """
    @task({weight})
    def {function}(self) -> None:
        self.fetch("GET", {path}, name={name})
"""
_ONE_TASK = r"^    @task\(\d+\)\n    def \w+\(self\) -> None:\n        self\.fetch\([^\n]*, name={name}\)\n"
"""As _TASK has it, whatever its weight and path."""
_NO_NAME = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What users do, and where that is known from."""

    source: str
    tasks: tuple[Task, ...]
    not_sent: tuple[NotSent, ...] = ()
    pause_s: tuple[float, float] = (0.5, 1.5)


def locust_file(workload: Workload) -> str:
    """Return the text of the Locust file."""
    low_s, high_s = workload.pause_s
    head = _HEAD.format(source=workload.source, low_s=low_s, high_s=high_s)
    functions = _functions(workload.tasks)
    tasks = "".join(_task(one, name) for one, name in zip(workload.tasks, functions, strict=True))
    return f"{head}{tasks}{_comments(workload.not_sent)}"


def is_own(text: str) -> bool:
    """Tell whether a Locust file is one that init wrote, as it was or changed."""
    return text.startswith(_HEAD.partition("{")[0])


def without_task(text: str, name: str, why: str) -> str:
    """Return a Locust file with a task of init's own as a comment with the reason; unchanged where it has none."""
    task = re.compile(_ONE_TASK.format(name=re.escape(_quoted(name))), re.MULTILINE)
    told = printable(f"    # {name}  ({why})")
    return task.sub(lambda _: f"{told}\n", text, count=1)


def _task(one: Task, function: str) -> str:
    paths = (one.path, *one.others)
    path = _quoted(one.path) if len(paths) == 1 else f"self.random.choice({_listed(paths)})"
    return _TASK.format(weight=one.weight, function=function, path=path, name=_quoted(one.name))


def _functions(tasks: Sequence[Task]) -> list[str]:
    names: list[str] = []
    for one in tasks:
        plain = _NO_NAME.sub("_", one.name.removeprefix("GET ").lower()).strip("_")[:60] or "home"
        name = f"get_{plain}"
        names.append(name if name not in names else f"{name}_{len(names)}")
    return names


def _quoted(text: str) -> str:
    # A text of JSON in ASCII is one of Python too.
    return json.dumps(text)


def _listed(paths: Sequence[str]) -> str:
    return f"({', '.join(map(_quoted, paths))})"


def _comments(not_sent: Sequence[NotSent]) -> str:
    if not not_sent:
        return ""
    lines = [printable(f"    # GET {one.pattern}  ({one.why})") for one in not_sent[:MOST_NOT_SENT]]
    more = len(not_sent) - len(lines)
    tail = [f"    # and {more} more"] if more > 0 else []
    return "\n".join(["\n    # Not sent:", *lines, *tail]) + "\n"
