"""Measures `badgateway explain` beside Debian's goaccess, on the same large access log, one after the other.

Each finds the log in memory, so that programs are compared and not a disk; explain runs before and after goaccess, and
the slower of its two runs counts.

In the project's root: `python benchmarks/explain.py --lines 2000000`.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import click

_COMBINED_LOG = Path(__file__).with_name("combined_log.py")
_EXPLAIN = (sys.executable, "-c", "from badgateway.cli import main; main()", "explain", "--format", "json")
_READ_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a program took to read the log."""

    seconds: float
    cpu_s: float
    """Of all its threads: what other work on the machine disturbs least."""
    peak_mib: float


# A program's peak begins with what the process holds that starts it: this one holds little, whoever measures.
_WATCH = """
import json, os, subprocess, sys, time
started_s = time.perf_counter()
child = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
_, status, usage = os.wait4(child.pid, 0)
child.returncode = os.waitstatus_to_exitcode(status)
took = {"seconds": time.perf_counter() - started_s, "cpu_s": usage.ru_utime + usage.ru_stime}
print(json.dumps([child.returncode, {**took, "peak_mib": usage.ru_maxrss / 1024}]))
"""


def measured(command: list[str], *, cwd: Path | None = None, bytecode: Path | None = None) -> Cost:
    """Run a program to its end, which must be a good one.

    Args:
        command: What to run.
        cwd: Where.
        bytecode: Where Python keeps its modules compiled, whatever the environment says; None: as that says.
    """
    watching = [sys.executable, "-c", _WATCH, *command]
    environment = None if bytecode is None else _compiling(bytecode)
    done = subprocess.run(watching, cwd=cwd, check=True, stdout=subprocess.PIPE, env=environment)
    code, took = json.loads(done.stdout)
    if code:
        raise click.ClickException(f"{command[0]} ended with status {code}")
    return Cost(**took)


def _compiling(bytecode: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(bytecode)}


def have_in_memory(log: Path) -> None:
    """Read a file, so that whoever reads it next finds it in memory."""
    with log.open("rb") as file:
        # What is still on its way to the disk would slow whoever reads first.
        os.fsync(file.fileno())
        while file.read(_READ_BYTES):
            pass


def _explain(log: Path, answer: Path) -> Cost:
    have_in_memory(log)
    cost = measured([*_EXPLAIN, "--output", str(answer), str(log)])
    found = json.loads(answer.read_text(encoding="utf-8"))
    click.echo(f"explain   {_in_words(cost)}: {found['requests']:,} requests, {found['failures']:,} failures")
    return cost


def _goaccess(log: Path, answer: Path) -> Cost:
    have_in_memory(log)
    cost = measured(["goaccess", str(log), "--log-format=COMBINED", "--no-progress", "-o", str(answer)])
    found = json.loads(answer.read_text(encoding="utf-8"))["general"]
    click.echo(f"goaccess  {_in_words(cost)}: {found['valid_requests']:,} requests")
    return cost


def _in_words(cost: Cost) -> str:
    return f"{cost.seconds:8.2f} s, {cost.cpu_s:.2f} s of CPU, peak {cost.peak_mib:,.0f} MiB"


def _compared(explain: Cost, goaccess: Cost) -> str:
    return (
        f"explain is {goaccess.seconds / explain.seconds:.1f} times as fast as goaccess, "
        f"and goaccess takes {goaccess.cpu_s / explain.cpu_s:.1f} times its CPU"
    )


@click.command()
@click.option("--lines", default=2_000_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(lines: int, seed: int) -> None:
    """Write a log of that many lines to a temporary folder, and have it read by both."""
    with tempfile.TemporaryDirectory(prefix="badgateway-benchmark-") as folder:
        log = Path(folder) / "access.log"
        writing = [sys.executable, str(_COMBINED_LOG), "write", str(log), "--lines", str(lines), "--seed", str(seed)]
        subprocess.run(writing, check=True)
        click.echo(f"{lines:,} lines, {log.stat().st_size / 1e9:.2f} GB, {os.cpu_count()} cores")
        explain = _explain(log, Path(folder) / "explain.json")
        if shutil.which("goaccess") is None:
            click.echo("goaccess is not installed, so there is no ratio; install it with: apt-get install goaccess")
            return
        goaccess = _goaccess(log, Path(folder) / "goaccess.json")
        again = _explain(log, Path(folder) / "explain.json")
        click.echo(_compared(max(explain, again, key=lambda cost: cost.seconds), goaccess))


if __name__ == "__main__":
    main()
