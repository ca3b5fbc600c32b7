"""Deploys the planted site, or the school, on server files and an nginx.conf that a test may edit, and diagnoses it."""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from badgateway import ledger
from badgateway.analysis.diagnosis import diagnose_trial
from badgateway.analysis.explanation import explain
from badgateway.ledger.series import load_samples
from badgateway.logs import Source
from badgateway.model import raw as raw_files
from badgateway.model.axis import USUAL, At
from badgateway.model.diagnosis import Certainty, Diagnosis
from badgateway.model.trial import Window
from badgateway.probe.sampler import StackSampler
from badgateway.probe.watch import Watch
from badgateway.process.account import Account, hand_over
from badgateway.stack.deployment import Deployment, deploy
from badgateway.stack.project import Snapshot
from tests.declared import experiment
from tests.live.causes.client import Client
from tests.live.conftest import ROOT, SchoolDatabase

SITE = Path(__file__).parent / "site"
PLANTED = {"directory": "site", "wsgi": "planted:application", "prepare": ["true"], "restore": ["true"]}
NOBODY = "unattributed"
ALWAYS = Window(start_s=0.0, end_s=1e12, drained_s=1e12)

Edit = Callable[[str], str]

_VERDICTS = f"""
SELECT coalesce(path, ''), coalesce(cause_id, '{NOBODY}')
FROM decided
"""


def replaced(old: str, new: str) -> Edit:
    """Return an edit of a text that must hold `old` once."""

    def edit(text: str) -> str:
        assert text.count(old) == 1, f"{text.count(old)} times {old!r}"
        return text.replace(old, new)

    return edit


def added(lines: str) -> Edit:
    """Return an edit that adds lines at the end."""
    return lambda text: f"{text}\n{lines}\n"


@dataclass(slots=True, kw_only=True)
class Stand:
    """A deployment, its client, and after it what the kit finds in its raw files."""

    deployment: Deployment
    raw: Path
    client: Client
    diagnosis: Diagnosis | None = None

    def found(self, *, balanced: bool = True) -> Counter[tuple[str, str]]:
        """Return how many failures of which path have which cause, after the stand is gone.

        Args:
            balanced: Whether the books must balance: not where something else than the site answered.
        """
        self.client.write(self.raw)
        built = ledger.build(self.raw, ALWAYS)
        assert built.balance.problem() is None or not balanced, built.balance.problem()
        load_samples(built.connection, self.raw / raw_files.SAMPLES)
        failed = len(built.relation.filter("outcome <> 'OK' OR upstream_tries > 1"))
        diagnosis = self.diagnosis = diagnose_trial(built, self.raw)
        assert diagnosis.failures == failed, (diagnosis.failures, failed)
        if not failed:
            return Counter()
        return Counter(built.connection.execute(_VERDICTS).fetchall())

    def evidence(self) -> dict[str, tuple[str, ...]]:
        """Return the lines that show each cause that was found."""
        assert self.diagnosis is not None
        return {found.cause.id: tuple(line.text for line in found.evidence) for found in self.diagnosis.causes}

    def explained(self) -> Diagnosis:
        """Return what the logs of nginx and the server alone say, as those of any site."""
        names = (raw_files.ACCESS_LOG, raw_files.ERROR_LOG, raw_files.SERVER_LOG)
        filled = (self.raw / name for name in names if (self.raw / name).stat().st_size)
        return explain([Source(name=file.name, content=file) for file in filled]).diagnosis

    def proven(self) -> set[str]:
        """Return the causes that those logs prove by themselves."""
        return {found.cause.id for found in self.explained().causes if found.certainty is Certainty.PROVEN}

    def answers(self, path: str) -> Counter[int]:
        """Return the statuses of a path as its clients saw them."""
        return Counter(row["status"] for row in self.client.rows if row["name"].endswith(f" {path}"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stands:
    """Makes stands in one raw folder."""

    school: SchoolDatabase
    raw: Path

    @contextmanager
    def stand(
        self,
        server: str,
        *,
        site: str = "planted",
        driver: str = "pymysql",
        edit_server: Edit = str,
        edit_proxy: Edit = str,
        limits_s: tuple[int, int] = (4, 6),
        sampled_port: int | None = None,
        watch_loop: bool = False,
        at: At = USUAL,
        **changes: Any,
    ) -> Iterator[Stand]:
        """Run a server file until the block ends and all its requests have.

        Args:
            server: A name in servers/.
            site: 'planted' or 'school'.
            driver: Of the school.
            edit_server: Changes the text of the server file.
            edit_proxy: Changes the text of nginx.conf, a template.
            limits_s: Of the application server, and of the proxy's reading.
            sampled_port: TCP port whose accept queue is watched.
            watch_loop: Whether the event loop is.
            at: What lies on each axis; containers with a size are watched.
            changes: Of the configuration.
        """
        self._project(server, edit_server, edit_proxy)
        app_s, read_s = limits_s
        configuration = {
            "name": "configuration",
            "server": f"servers/{server}",
            "driver": driver,
            "workers": 1,
            **changes,
        }
        timeouts = {"app_s": app_s, "proxy_connect_s": 3, "proxy_read_s": read_s, "client_s": read_s + 10}
        application = PLANTED if site == "planted" else {"environment": {"APP_MEMBERS": "200"}}
        database = {"system": self.school.database.system.name}
        declared = experiment(
            application=application, configurations=[configuration], timeouts=timeouts, database=database
        )
        with (
            deploy(
                declared,
                declared.configurations[0],
                database=self.school.database,
                snapshot=Snapshot.of(
                    self.raw, self.school.database.server.template, [declared.configurations[0].server]
                ),
                raw=self.raw,
                account=self.school.account,
                watch_loop=watch_loop,
                at=at,
            ) as deployment,
            self._sampled(deployment, sampled_port),
            Client(deployment.url) as client,
        ):
            yield Stand(deployment=deployment, raw=self.raw, client=client)

    def _project(self, server: str, edit_server: Edit, edit_proxy: Edit) -> None:
        for name in (".badgateway", "app"):
            (self.raw / name).symlink_to(self.school.snapshot.root / name)
        shutil.copytree(SITE, self.raw / "site", ignore=shutil.ignore_patterns("__pycache__"))
        (self.raw / "servers").mkdir()
        template = self.school.database.server.template.name
        for name, edit in ((server, edit_server), ("nginx.conf", edit_proxy), (template, str)):
            (self.raw / "servers" / name).write_text(edit((ROOT / "servers" / name).read_text()))
        _hand_over_all(self.raw, self.school.account)

    @contextmanager
    def _sampled(self, deployment: Deployment, port: int | None) -> Iterator[None]:
        if port is None and not (deployment.containers or deployment.proxy_containers):
            yield
            return
        sockets = () if port is None else (port,)
        watch = Watch(
            server_sockets=sockets,
            proxy_port=deployment.proxy_port,
            containers=deployment.containers,
            proxy_containers=deployment.proxy_containers,
        )
        with StackSampler(self.raw, watch):
            yield


def _hand_over_all(folder: Path, account: Account | None) -> None:
    for part in ("site", "servers"):
        for path in (folder / part, *(folder / part).rglob("*")):
            hand_over(path, account)
