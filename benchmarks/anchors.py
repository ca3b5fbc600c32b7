"""The least that work can take: DuckDB reads the same files once, and nothing is made of them.

In the project's root: `python -m benchmarks.anchors split LOG`, `... join FOLDER`, `... read RUN`.
"""

from pathlib import Path

import click
import duckdb

_LINES = "read_csv(?, columns = {'line': 'VARCHAR'}, delim = chr(1), quote = '', escape = '', header = false)"
_CLIENT, _PROXY = "client.csv", "nginx-access.jsonl"
_JOURNAL = [
    "kind",
    "time_s",
    "pid",
    "thread",
    "number",
    "request_id",
    "status",
    "body_bytes",
    "duration_s",
    "detail",
]


@click.group()
def main() -> None:
    """Do the least of some work."""


@main.command()
@click.argument("log", type=click.Path(path_type=Path, exists=True))
def split(log: Path) -> None:
    """Split each line of a log at its blanks, and count those whose ninth word begins with 5."""
    words = f"SELECT string_split(line, ' ') AS words FROM {_LINES}"  # noqa: S608 # a constant of this module
    (found,) = duckdb.execute(f"SELECT count(*) FROM ({words}) WHERE words[9] LIKE '5%'", [str(log)]).fetchall()  # noqa: S608
    click.echo(found[0])


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, exists=True))
def join(folder: Path) -> None:
    """Join the rows of client, proxy and application of one trial by the request's id, in a table; count them."""
    ended = f"FROM read_csv(?, header = false, names = {_JOURNAL}) WHERE kind = 'end'"  # a constant
    books = f"FROM read_csv(?) JOIN read_json(?) USING (request_id) JOIN ({ended}) USING (request_id)"
    duckdb.execute(
        f"CREATE TABLE joined AS {books}",
        [str(folder / name) for name in (_CLIENT, _PROXY, "app-journal.csv")],
    )
    (found,) = duckdb.execute("SELECT count(*) FROM joined").fetchall()
    click.echo(found[0])


@main.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True))
def read(run: Path) -> None:
    """Read the rows of client and proxy of each trial of a run, once; count them."""
    rows = 0
    for folder in sorted((run / "trials").iterdir()):
        # A large file is kept compressed, under a longer name.
        for name, reader in ((_CLIENT, "read_csv"), (_PROXY, "read_json")):
            (found,) = duckdb.execute(f"SELECT count(*) FROM {reader}(?)", [f"{folder / name}*"]).fetchall()  # noqa: S608 # two constants
            rows += found[0]
    click.echo(rows)


if __name__ == "__main__":
    main()
