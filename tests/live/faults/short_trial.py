"""One short trial at a time of a school's configuration, into which a test plants a fault."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Self

import psutil

from badgateway.analysis.trials import read_evidence
from badgateway.judge.summarise import summarise_trial
from badgateway.model.experiment import Load
from badgateway.model.summary import Verdict
from badgateway.model.trial import Trial, TrialRecord
from badgateway.study.bench import Bench
from badgateway.study.local import LOCAL
from badgateway.study.run_trial import run_trial
from badgateway.words.verdict_reasons import said
from tests.live.conftest import ROOT, SchoolDatabase

LOAD = Load(
    locustfile=PurePosixPath("tests/live/faults/experiments/readers.py"), users=(10,), warm_up_s=1.0, window_s=3.0
)
PLANTED_AFTER_S = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """One short trial at a time on the school's database."""

    bench: Bench
    trial: Trial

    @classmethod
    def of(cls, school: SchoolDatabase, folder: Path, configuration: str) -> Self:
        """Return the stack of one of the school's configurations, on a machine that may be busy."""
        quiet = school.experiment.machine.model_copy(update={"max_steal_share": 1.0, "max_outside_share": 1.0})
        bench = Bench(
            effects=LOCAL,
            experiment=school.experiment.model_copy(update={"load": LOAD, "machine": quiet}),
            root=ROOT,
            folder=folder,
            account=school.account,
            snapshot=school.snapshot,
            database=school.database,
        )
        return cls(bench=bench, trial=Trial(block=1, position=1, configuration=configuration, users=10, seed=7))

    def run(self, plant: Callable[[Bench, psutil.Process], object] | None = None) -> tuple[TrialRecord, Path]:
        """Run a trial; `plant` is called under load, in a thread, with the bench and Locust's process."""
        raw = self.bench.raw_folder(f"trial-{time.monotonic_ns()}")
        planted: list[threading.Timer] = []

        def on_progress(_progress: object) -> None:
            if plant is not None and not planted:
                locust = child_of_the_kit("badgateway.load.orders")
                planted.append(threading.Timer(PLANTED_AFTER_S, plant, (self.bench, locust)))
                planted[0].start()

        record = run_trial(self.trial, self.bench, raw, on_progress)
        for timer in planted:
            timer.join()
        return record, raw

    def verdict(self, record: TrialRecord, raw: Path) -> tuple[Verdict, str]:
        """Judge it; return the verdict and its first reason."""
        summary = summarise_trial(read_evidence(raw, record), self.bench.experiment.objective)
        return summary.verdict, "".join(said(summary.reasons[:1]))


def child_of_the_kit(name: str) -> psutil.Process:
    """Return the first process of that program below this one."""
    for process in psutil.Process().children(recursive=True):
        line = _command_line(process)
        if name in line and "guardian" not in line:
            return process
    raise AssertionError(f"no {name} runs")


def stop(process: psutil.Process, for_s: float) -> None:
    """Stop a process, and let it go on after that time."""
    process.suspend()
    time.sleep(for_s)
    process.resume()


def _command_line(process: psutil.Process) -> str:
    """Return how it was started; nothing when it has ended."""
    with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        return " ".join(process.cmdline())
    return ""
