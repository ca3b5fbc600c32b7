"""A database that a package of somebody else's brings, installed into a temporary folder as pip would leave it there.

Server, client and site are a page each: the server keeps nothing, counts its connections, and answers lines of JSON.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from badgateway.databases import registry
from badgateway.logs.event_grammar import application_rules

CLIENT = """
import json, socket


class Error(Exception):
    pass


class DatabaseError(Error):
    pass


class Connection:
    def __init__(self, host, port, user, timeout):
        try:
            self._line = socket.create_connection((host, port), timeout).makefile("rw")
        except OSError as error:
            raise DatabaseError(str(error)) from error
        self.ask(user)

    def ask(self, question):
        try:
            print(question, file=self._line, flush=True)
            return json.loads(self._line.readline())
        except (OSError, ValueError) as error:
            raise DatabaseError(f"the dummy is gone: {error}") from error

    def cursor(self):
        return Cursor(self)

    def close(self):
        self._line.close()


class Cursor:
    description = ("one",)

    def __init__(self, connection):
        self._connection = connection
        self._rows = []

    def execute(self, statement, arguments=()):
        self._rows = self._connection.ask(statement)

    def fetchall(self):
        return self._rows

    def close(self):
        pass


def connect(host, port, user, password, database, timeout=5.0):
    return Connection(host, port, user, timeout)
"""

MODULE = """
import re
from pathlib import Path, PurePosixPath

from badgateway.databases import database_system as kit
from badgateway.model.raw_words import SampleSeries
from badgateway.model.evidence import ServerEvent

FOLDER = Path(__file__).parent


def arguments(login, connect_s, answer_s):
    access = {{"host": login.host, "port": login.port, "user": login.user, "password": login.password}}
    return access | {{"database": login.name, "timeout": answer_s}}


DATABASE = kit.DatabaseSystem(
    name={name!r},
    label="Dummy",
    template=PurePosixPath("servers/dummy-database.conf"),
    programs=("dummy-database",),
    directories=(str(FOLDER),),
    install="install it",
    version=re.compile(r"dummy (\\d+)"),
    folders=("data",),
    prepare=lambda place: (kit.Step(argv=("touch", str(place.written / "data" / place.name))),),
    start=lambda place: (str(place.program), str(place.configuration)),
    ready="the dummy is ready",
    client=kit.Client(module="dummy_client", arguments=arguments),
    activity=kit.Activity(
        connections="connections", counters="counters", series={{"made": SampleSeries.DB_CONNECTS}}
    ),
    statistics=kit.TableStatistics(
        tables="tables", kept="kept", analyze=lambda tables: "analyze", fault=lambda rows: ""
    ),
    drivers=(kit.Driver(name="dummy", distribution="dummy", module="dummy_client", plain=("the dummy", {{}})),),
    error_texts=((ServerEvent.DB_CONNECTION_LOST, "the dummy is gone"),),
)
"""

PROGRAM = """#!{python}
import json, socketserver, sys

if "--version" in sys.argv:
    print("dummy 7")
    sys.exit()

settings = dict(line.split(" = ") for line in open(sys.argv[1]).read().splitlines())
made, held = 0, {{}}


class Session(socketserver.StreamRequestHandler):
    def handle(self):
        global made
        user, made = self.rfile.readline().strip().decode(), made + 1
        held[self] = user
        self.answer([])
        try:
            for line in self.rfile:
                self.answer(self.rows(line.strip().decode()))
        finally:
            del held[self]

    def rows(self, question):
        if question == "connections":
            return [[None, len(held) - 1, int(settings["most"]) - 1]]
        return [["made", made]] if question == "counters" else []

    def answer(self, rows):
        self.wfile.write(json.dumps(rows).encode() + b"\\n")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads, request_queue_size = True, True, 128


with Server(("127.0.0.1", int(settings["port"])), Session) as server:
    print("the dummy is ready", flush=True)
    server.serve_forever()
"""

TEMPLATE = "folder = @{folder}\nport = @{port}\nmost = @{max_connections}\n"

SITE = """
import os
import time

import dummy_client

connection = None


def application(environ, start_response):
    global connection
    if connection is None:
        names = {"host": "DB_HOST", "user": "DB_USER", "password": "DB_PASSWORD", "database": "DB_NAME"}
        access = {name: os.environ[variable] for name, variable in names.items()}
        connection = dummy_client.connect(port=int(os.environ["DB_PORT"]), **access)
    connection.cursor().execute("anything")
    time.sleep(0.02)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "2")])
    return [b"ok"]
"""
"""Asks the dummy in each request, through one connection that it keeps."""


def write_site(project: Path) -> None:
    """Write a site on the dummy, and the dummy's configuration, into a project."""
    (project / "site" / "on_dummy.py").write_text(SITE)
    (project / "site" / "dummy_client.py").write_text(CLIENT)
    (project / "servers" / "dummy-database.conf").write_text(TEMPLATE)


@contextmanager
def installed_database(folder: Path, name: str = "dummy", value: str = "dummy_database:DATABASE") -> Iterator[None]:
    """Install it until the block ends; its program and its client are in the folder too."""
    metadata = folder / "dummy_database-7.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: dummy_database\nVersion: 7\n")
    (metadata / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{name} = {value}\n")
    program = folder / "dummy-database"
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    (folder / "dummy_client.py").write_text(CLIENT)
    (folder / "dummy_database.py").write_text(MODULE.format(name=name))
    sys.path.insert(0, str(folder))
    _forget()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        _forget()


def _forget() -> None:
    for module in ("dummy_database", "dummy_client"):
        sys.modules.pop(module, None)
    registry.databases.cache_clear()
    application_rules.cache_clear()
