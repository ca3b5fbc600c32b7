"""Measures whether a look at a run in Locust's web UI changes what is measured; needs Chromium and a quiet machine.

    python benchmarks/watched_run.py [--rounds 2] [--window-s 15] [--rate 200]

The same open loop turn by turn: as it is, with --ui and nobody who looks, and with --ui and a browser on its page. It
prints the generator's CPU share, its send lag p99, and what processes outside of the trial took of the machine.
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
from pathlib import Path
from typing import Any

import click
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[1]
EXPERIMENT = ROOT / "experiments" / "story-502-rate.toml"
MODES = ("as it is", "--ui", "--ui, and a browser")
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
    """Measure each mode in turn, and print a line a trial."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--window-s", type=float, default=15)
    parser.add_argument("--rate", type=float, default=200)
    asked = parser.parse_args()
    click.echo(f"{'':20} generator CPU   send lag p99   outside")
    for _ in range(asked.rounds):
        for mode in MODES:
            with tempfile.TemporaryDirectory() as folder:
                for record in measured(mode, asked.window_s, asked.rate, Path(folder)):
                    lag_ms = record["sending"]["send_lag_p99_ms"]
                    outside = record["machine"]["outside_share"]
                    click.echo(f"{mode:20} {record['generator_cpu_share']:12.1%} {lag_ms:11.2f} ms {outside:9.1%}")


if __name__ == "__main__":
    main()
