"""The least that work can take: DuckDB reads the same files once, and nothing is made of them.

In the project's root: `python -m benchmarks.anchors split LOG`, `... join FOLDER`, `... read RUN`.
"""

from pathlib import Path

import click
import duckdb

_LINES = "read_csv(?, columns = {'line': 'VARCHAR'}, delim = chr(1), quote = '', escape = '', header = false)"


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
    """Join the rows of client, proxy and application of one trial by the request's id, in a table."""
    duckdb.execute(
        "CREATE TABLE joined AS SELECT * FROM read_csv(?) c JOIN read_json(?) p USING (request_id) "
        "JOIN (SELECT column05 AS request_id, * FROM read_csv(?, header = false) WHERE column00 = 'end') a "
        "USING (request_id)",
        [str(folder / name) for name in ("client.csv", "nginx-access.jsonl", "journal.csv")],
    )


@main.command()
@click.argument("run", type=click.Path(path_type=Path, exists=True))
def read(run: Path) -> None:
    """Read the rows of client and proxy of each trial of a run, once."""
    for folder in sorted((run / "trials").iterdir()):
        duckdb.execute("SELECT count(*) FROM read_csv(?)", [str(folder / "client.csv")]).fetchall()
        duckdb.execute("SELECT count(*) FROM read_json(?)", [str(folder / "nginx-access.jsonl")]).fetchall()


if __name__ == "__main__":
    main()
