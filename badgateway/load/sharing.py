"""One load shared by several Locust processes: places go out to the workers, their reports come back."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    # Importing Locust changes the whole process, so that no other may do it: for the types alone.
    from locust.runners import MasterRunner, WorkerRunner

PLACE = "badgateway-place"
REPORT = "badgateway-report"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerShare:
    """Where one process stands among those that share a load."""

    index: int = 0
    """Counted from 0."""
    workers: int = 1
    users: int = 1
    """Users of all processes together."""
    start_s: float
    """When the load began, for all of them."""

    def number_of(self, local: int) -> int:
        """Return the number among all users, from 0, of the local-th user of this process; Locust deals them round."""
        return local * self.workers + self.index


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerReport:
    """What one process tells of its part of a load that is over."""

    drained_s: float
    cpu_share: float | None
    user_errors: int
    arrivals: int
    missed_arrivals: int
    stopped_users: int
    stopped_why: str = ""
    """Of the first one."""


def summed(reports: Iterable[WorkerReport]) -> dict[str, float | str | None]:
    """Return the fields of ClientEvents that all reports together give."""
    known = tuple(reports)
    shares = [report.cpu_share for report in known]
    return {
        "drained_s": max((report.drained_s for report in known), default=None),
        "processes": len(known),
        "generator_cpu_share": None if not shares or None in shares else max(share or 0 for share in shares),
        "user_errors": sum(report.user_errors for report in known),
        "arrivals": sum(report.arrivals for report in known),
        "missed_arrivals": sum(report.missed_arrivals for report in known),
        "stopped_users": sum(report.stopped_users for report in known),
        "stopped_why": next((report.stopped_why for report in known if report.stopped_why), None),
    }


def send_shares(master: "MasterRunner", start_s: float) -> int:
    """Give every worker its place, and return how many there are; it comes before the order to spawn."""
    # Locust deals its users to the workers in the order of their ids.
    ids = sorted(worker.id for worker in master.clients.ready)
    for index, worker in enumerate(ids):
        place = WorkerShare(index=index, workers=len(ids), users=master.target_user_count, start_s=start_s)
        master.send_message(PLACE, asdict(place), worker)
    return len(ids)


def receive_shares(worker: "WorkerRunner", take: Callable[[WorkerShare], None]) -> None:
    """Call take with each place that this worker is given."""
    worker.register_message(PLACE, lambda msg, **_: take(WorkerShare(**msg.data)))


def send_report(worker: "WorkerRunner", report: WorkerReport) -> None:
    """Tell the master; it comes before the word that this worker has stopped."""
    worker.send_message(REPORT, asdict(report))


def receive_reports(master: "MasterRunner", take: Callable[[WorkerReport], None]) -> None:
    """Call take with each worker's report."""

    def listener(msg: Any, **_: Any) -> None:
        take(WorkerReport(**msg.data))

    master.register_message(REPORT, listener)
