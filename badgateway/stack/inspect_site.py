"""Loads a site as its server would, and prints what it is, as JSON; run by its path, with the Python of the site.

The one argument is JSON: `targets`, what to load, the likeliest first, each as `module`, `module:object` or
`module:factory()`; `paths`, folders in which its modules are besides; `manage`, the site's manage.py or nothing;
`word`, a password that is told apart from all others. The site runs in a copy of its repository, which is the
working folder. Nothing is connected to: what tries is refused, and told. It needs Python 3.8 and nothing else.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import json
import os
import runpy
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import FrameType

PRINTED = "badgateway found: "
"""Before the JSON: what a site prints while it is loaded stands before it."""
OBJECTS = ("application", "app", "api")
FACTORIES = ("create_app", "make_app", "get_app")
_PARTS = ("inspect_django", "inspect_plain")
_DECLARED = "inspect_declared"
_IMPORTED = ("django", "sqlalchemy", "sqlalchemy.ext.asyncio", "flask", "starlette")
_LOADING = "<frozen importlib._bootstrap>"
_ASKS = ("socket.connect", "socket.sendto", "socket.getaddrinfo")


class Watch:
    """Keeps in mind what a site asks of the world around it while it is loaded."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.variables: dict[str, bool] = {}
        """Each variable that the site's own code asked for, and whether it was there."""
        self.tried: list[dict[str, str]] = []
        """What it tried to connect to, and from where."""

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Refuse connections and questions to name servers; an audit hook."""
        if event in _ASKS:
            address = arguments[:2] if event == "socket.getaddrinfo" else arguments[1]
            told = {"address": _address(address), "by": self._asker(_caller(1))}
            if told not in self.tried:
                self.tried.append(told)
            refused = told["address"]
            raise ConnectionRefusedError(f"badgateway only looks at the site: nothing is connected to, not {refused}")

    def asked(self, name: str, *, is_there: bool) -> None:
        """Note a variable, if the site asks for it and no library does for itself."""
        if self._asker(_caller(2)) and not self._is_of_library(_caller(2), name):
            self.variables[name] = is_there

    def _is_of_library(self, frame: FrameType | None, name: str) -> bool:
        """Tell whether who asks is a library that is called as the variable begins: FLASK_DEBUG, asked for by Flask."""
        while frame is not None and not frame.f_code.co_filename.startswith(self.root + os.sep):
            _, is_library, inner = frame.f_code.co_filename.rpartition(f"site-packages{os.sep}")
            if is_library:
                return name.startswith(f"{inner.partition(os.sep)[0].partition('.')[0].upper()}_")
            frame = frame.f_back
        return False

    def _asker(self, frame: FrameType | None) -> str:
        """Return the file and line of the site that asks; empty where a library asks while it is imported."""
        while frame is not None:
            file = frame.f_code.co_filename
            if file == _LOADING:
                return ""
            if file.startswith(self.root + os.sep):
                return f"{os.path.relpath(file, self.root)}:{frame.f_lineno}"
            frame = frame.f_back
        return ""

    def missing(self, error: BaseException) -> str:
        """Return the variable for want of which a site could not be loaded; empty where it is not known."""
        absent = [name for name, is_there in self.variables.items() if not is_there]
        text = " ".join(str(one) for one in _chain(error))
        named = [name for name in absent if name in text]
        if named:
            return max(named, key=len)
        if "SECRET_KEY" in text:
            return next((name for name in absent if "SECRET" in name), "")
        # int(os.environ.get("PORT")) does not say whose value it lacks: the last one that was asked for.
        return absent[-1] if absent and isinstance(error, (TypeError, AttributeError, ValueError)) else ""


def _caller(depth: int) -> FrameType | None:
    return sys._getframe(depth + 1)  # noqa: SLF001 # as logging does it


def watch_environment(watch: Watch) -> None:
    """Have every question for a variable noted: os.getenv and all libraries ask os.environ."""
    kind: Any = type(os.environ)

    class Watched(kind):  # type: ignore[misc] # a class of os's own, which has no public name
        def __getitem__(self, key: str) -> Any:
            try:
                value = super().__getitem__(key)
            except KeyError:
                watch.asked(key, is_there=False)
                raise
            watch.asked(key, is_there=True)
            return value

    os.environ.__class__ = Watched


def load(target: str) -> tuple[str, Any]:
    """Return a target spelled out, and the object that it is; an object that is None is not there."""
    name, _, wanted = target.partition(":")
    module = importlib.import_module(name)
    if wanted:
        if not hasattr(module, wanted.partition("(")[0].partition(".")[0].strip()):
            return target, None
        # As Gunicorn does: what follows the colon may be a call.
        return target, eval(wanted, vars(module))  # noqa: S307 # it is the site's own line
    for each in OBJECTS:
        if callable(getattr(module, each, None)):
            return f"{name}:{each}", getattr(module, each)
    for each in FACTORIES:
        if callable(getattr(module, each, None)):
            return f"{name}:{each}()", getattr(module, each)()
    return target, None


def load_first(targets: list[str], absent: list[str]) -> tuple[str, Any]:
    """Return the first target that has something to serve; those before it are not there, and become `absent`."""
    for target in targets:
        module = target.partition(":")[0]
        try:
            found, application = load(target)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{module}.".startswith(f"{error.name}."):
                raise
            application = None
        if application is not None:
            return found, application
        absent.append(target)
    return "", None


def load_by_manage(manage: str) -> None:
    """Load a Django site as far as its manage.py does before it looks for a command."""
    management: Any = importlib.import_module("django.core.management")

    class Loaded(Exception):  # noqa: N818 # nothing went wrong
        pass

    def stop(*_: Any, **__: Any) -> None:
        raise Loaded

    management.ManagementUtility.fetch_command = stop
    sys.argv = [manage, "look"]
    with contextlib.suppress(Loaded):
        runpy.run_path(manage, run_name="__main__")


def part(name: str) -> Any:
    """Return another file of the kit beside this one, whose folder is not searched for modules."""
    spec = importlib.util.spec_from_file_location(f"badgateway_{name}", Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def packages() -> dict[str, str]:
    """Return the versions of all that is installed for this Python."""
    from importlib.metadata import distributions  # noqa: PLC0415 # Python 3.8 has it, and a site may shadow none of it

    found = ((one.metadata["Name"], one.version) for one in distributions())
    return {name.lower().replace("_", "-"): version for name, version in found if name}


def found_by(watch: Watch, asked: dict[str, Any]) -> dict[str, Any]:
    """Load the site, and return what it is."""
    parts = [part(name) for name in _PARTS]
    sys.path[1:1] = [str(Path.cwd() / folder) for folder in asked.get("paths", ())]
    absent: list[str] = []
    target, application = load_first(asked["targets"], absent)
    if application is None and asked.get("manage"):
        load_by_manage(asked["manage"])
    told = (one.facts(application, watch.root, asked.get("word", "")) for one in parts)
    facts: dict[str, Any] = next((one for one in told if one is not None), {})
    return {"target": target, "absent": absent, "is_async": _is_async(application), **facts}


def _is_async(application: Any) -> bool:
    import inspect  # noqa: PLC0415 # only here

    call = getattr(application, "__call__", None)  # noqa: B004 # its kind is asked for
    return inspect.iscoroutinefunction(application) or inspect.iscoroutinefunction(call)


def _chain(error: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while error is not None and error not in found:
        found.append(error)
        error = error.__cause__ or error.__context__
    return found


def _address(address: Any) -> str:
    return ":".join(map(str, address[:2])) if isinstance(address, tuple) else str(address)


def _told(error: BaseException) -> str:
    # Pydantic says in the lines behind the first which setting it is, and what is wrong with it.
    lines = [line.strip() for line in f"{type(error).__name__}: {error}".splitlines()]
    return " ".join(lines[: 3 if type(error).__name__ == "ValidationError" else 1])


def _where(error: BaseException, root: str) -> str:
    lines = [one for one in traceback.extract_tb(error.__traceback__) if one.filename.startswith(root + os.sep)]
    return f"{os.path.relpath(lines[-1].filename, root)}:{lines[-1].lineno}" if lines else ""


def main() -> None:
    """Look, and print."""
    root = str(Path.cwd())
    # In place of this file's folder, whose modules are called as many others are.
    sys.path[0] = root
    asked = json.loads(sys.argv[1])
    sys.argv = sys.argv[:1]
    watch = Watch(root)
    sys.addaudithook(watch.hook)
    watch_environment(watch)
    result: dict[str, Any] = {"python": sys.version.split()[0], "prefix": sys.prefix, "packages": packages()}
    try:
        result.update(found_by(watch, asked))
    except (Exception, SystemExit) as error:  # noqa: BLE001 # whatever a site raises is told
        missing = part(_DECLARED).declared(root).missing(error)
        missing = watch.missing(error) if missing is None else missing
        result.update(error=_told(error), where=_where(error, root), missing=missing)
        if "django" in sys.modules:
            result.update(kind="django", settings_module=os.environ.get("DJANGO_SETTINGS_MODULE", ""))
    imported = [name for name in _IMPORTED if name in sys.modules]
    variables = {**part(_DECLARED).declared(root).variables, **watch.variables}
    result.update(variables=variables, tried=watch.tried, imported=imported)
    sys.stdout.write(f"\n{PRINTED}{json.dumps(result, default=str)}\n")
    sys.stdout.flush()
    # A site may have started threads that do not end.
    os._exit(0)


if __name__ == "__main__":
    main()
