"""Measures whether a look at a run in Locust's web UI changes what is measured; needs Chromium and a quiet machine.

    python benchmarks/watched_run.py [--rounds 2] [--window-s 15] [--rate 200]

The same open loop turn by turn: as it is, with --ui and nobody who looks, and with --ui and a browser on its page. It
prints a page, results/reference/watched.md, with the least and the most of each.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
EXPERIMENT = ROOT / "experiments" / "story-502-rate.toml"
MODES = ("as it is", "with `--ui`", "with `--ui`, and a browser on its page")
HEAD = """\
# What a look at a run takes

The same open loop, {rate:g} tasks a second for {window_s:g} s, turn by turn as it is and watched, {rounds} times, on
{cores} cores. `python benchmarks/watched_run.py` makes this page again. Sends that are more than 10 ms late at the
p99, or other processes that take more than a quarter of the machine, make a trial INVALID.

| | CPU of the generator, of a core | sends late, p99 | other processes, of the machine |
| :-- | --: | --: | --: |
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one trial was like."""

    mode: str
    cpu_share: float
    lag_ms: float
    outside_share: float


def page(found: list[Found], *, rate: float, window_s: float, cores: int) -> str:
    """Return the least and the most of each mode, as a page."""
    rounds = len(found) // len(MODES)
    rows = (_row(mode, [one for one in found if one.mode == mode]) for mode in MODES)
    return HEAD.format(rate=rate, window_s=window_s, rounds=rounds, cores=cores) + "\n".join(rows) + "\n"


def _row(mode: str, found: list[Found]) -> str:
    cpu, lag, outside = ([getattr(one, name) for one in found] for name in ("cpu_share", "lag_ms", "outside_share"))
    return (
        f"| {mode} | {min(cpu):.1%} to {max(cpu):.1%} | {min(lag):.1f} to {max(lag):.1f} ms | "
        f"{min(outside):.1%} to {max(outside):.1%} |"
    )


ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+/\?token=\S+")


def printed_address(log: Path, run: subprocess.Popen[bytes]) -> str:
    """Wait for the address of the web UI."""
    while run.poll() is None:
        found = ADDRESS.search(log.read_text(encoding="utf-8"))
        if found:
            return found[0]
        time.sleep(0.1)
    raise SystemExit(f"the run ended at once: {log.read_text(encoding='utf-8')}")


@contextmanager
def looked_at(address: str) -> Iterator[None]:
    """Keep a browser on the page, with the tab of the run open."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    arguments = ["--disable-gpu", *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        page = browser.new_page()
        page.goto(address)
        page.get_by_role("tab", name="Run", exact=True).click()
        yield
        browser.close()


def measured(mode: str, window_s: float, rate_per_s: float, folder: Path) -> list[dict[str, Any]]:
    """Run the experiment once; return the records of its trials."""
    command = [sys.executable, "-m", "badgateway", "run", str(EXPERIMENT), "--results", str(folder / "results")]
    command += ["--only", "uwsgi-10", "--blocks", "1", "--window", str(window_s), "--rate", str(rate_per_s)]
    command += ["--no-worker-checks", "--wait", "0", *([] if mode == MODES[0] else ["--ui"])]
    log = folder / "stderr.txt"
    with log.open("wb") as errors:
        run = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=errors)
        if mode == MODES[2]:
            with looked_at(printed_address(log, run)):
                run.wait()
        run.wait()
    return [json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("results/*/2*/trials/*/trial.json"))]


def main() -> None:
    """Measure each mode in turn, and print the page."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--window-s", type=float, default=15)
    parser.add_argument("--rate", type=float, default=200)
    asked = parser.parse_args()
    found: list[Found] = []
    for _ in range(asked.rounds):
        for mode in MODES:
            with tempfile.TemporaryDirectory() as folder:
                for record in measured(mode, asked.window_s, asked.rate, Path(folder)):
                    one = Found(
                        mode=mode,
                        cpu_share=record["generator_cpu_share"],
                        lag_ms=record["sending"]["send_lag_p99_ms"],
                        outside_share=record["machine"]["outside_share"],
                    )
                    click.echo(one, err=True)
                    found.append(one)
    click.echo(page(found, rate=asked.rate, window_s=asked.window_s, cores=os.cpu_count() or 1), nl=False)


if __name__ == "__main__":
    main()
