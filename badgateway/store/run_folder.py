"""The folder of one run: manifest, one folder per trial, ledgers and reports."""

import os
import secrets
import shutil
import tempfile
from codecs import BOM_UTF8
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
from pydantic import TypeAdapter

from badgateway.errors import ConfigurationError, ResultsError
from badgateway.model import raw
from badgateway.model.decoding import decoded_json
from badgateway.model.manifest import SCHEMA_VERSION, Manifest
from badgateway.model.printable import printable_part
from badgateway.model.trial import Disturbance, OutsidePart, Trial, TrialRecord
from badgateway.store.file_list import damages, renew
from badgateway.store.plain_file import other_than_folder, replacing
from badgateway.store.worker_checks_folder import WorkerChecksFolder
from badgateway.store.writing import ASIDE, damaged, demand_own, keep, read_own, set_aside, writing

_MANIFEST = TypeAdapter(Manifest)
_RECORD = TypeAdapter(TrialRecord)


def runs_in(folder: Path) -> tuple[Path, ...]:
    """Return the runs of the experiment whose folder that is, the one begun last at the end; links are none."""
    manifests = [file for file in folder.glob(f"*/{raw.MANIFEST}") if not file.parent.is_symlink()]
    return tuple(file.parent for file in sorted(manifests, key=lambda file: file.stat().st_mtime_ns))


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFolder:
    """One run on disk; every write is whole or not there."""

    path: Path
    derived: Path | None = None
    """Where what is recomputed goes, ledgers and reports; None is beside what it is made of."""

    @property
    def output(self) -> Path:
        """Where reports are."""
        return self.derived or self.path

    def is_writable(self) -> bool:
        """Tell whether ledgers and reports can be kept in the run itself."""
        trials = (folder for folder in self.trial_folders() if folder.is_dir())
        return all(os.access(folder, os.W_OK | os.X_OK) for folder in (self.path, *trials))

    @property
    def trials_path(self) -> Path:
        """Where the trials' folders are."""
        return self.path / "trials"

    @property
    def worker_checks(self) -> WorkerChecksFolder:
        """Where the run keeps what it tried besides its trials."""
        before = self.path / "diagnosis"
        return WorkerChecksFolder(path=before if before.exists() else self.path / "worker-checks")

    @classmethod
    def create(cls, results: Path, manifest: Manifest) -> "RunFolder":
        """Make results/EXPERIMENT/TIME/ with its manifest; `latest` does not point to it yet.

        Raises:
            ResultsError: The folder cannot be made.
        """
        parent = results / manifest.experiment.name
        stamp = manifest.started.replace(":", "-")
        with writing(parent):
            parent.mkdir(parents=True, exist_ok=True)
            path = _first_free(parent, stamp)
            (path / "trials").mkdir(parents=True)
        folder = cls(path=path)
        folder.write_manifest(manifest)
        return folder

    def write_manifest(self, manifest: Manifest) -> None:
        """Write what the run sets out to do, in place of what it did.

        Raises:
            ResultsError: It cannot be written.
        """
        self.write_text(raw.MANIFEST, _MANIFEST.dump_json(manifest, indent=2).decode() + "\n")

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """Open a run's folder, or an experiment's latest one.

        Raises:
            ConfigurationError: There is no run in it.
            ResultsError: Somebody else could change it.
        """
        for candidate in (path, path / "latest"):
            if (candidate / raw.MANIFEST).is_file():
                _demand_beside(candidate)
                return cls(path=candidate.resolve())
        there = f"holds no run: there is no {raw.MANIFEST} in it" if path.is_dir() else "is a file, and no run's folder"
        fault = there if path.exists() else "no such folder"
        raise ConfigurationError(f"{path}: {fault}; name that of a run, such as results/concurrency/latest")

    @classmethod
    def newest(cls, results: Path, experiment: str) -> "RunFolder":
        """Open the run of an experiment that was started last.

        Raises:
            ResultsError: There is none.
        """
        parent = results / experiment
        runs = runs_in(parent)
        if not runs:
            raise ResultsError(f"{parent}: holds no run to resume; start one without --resume")
        return cls(path=runs[-1])

    @contextmanager
    def aside(self) -> Iterator["RunFolder"]:
        """Give the same run with what is derived from it in a temporary folder, so that nothing is written into it."""
        with tempfile.TemporaryDirectory(prefix="badgateway-") as derived:
            yield replace(self, derived=Path(derived))

    def manifest(self) -> Manifest:
        """Read what the run set out to do.

        Raises:
            ResultsError: The manifest is of another schema or damaged.
        """
        file = self.path / raw.MANIFEST
        try:
            content = read_own(file)
            declared = decoded_json(content)
            version = declared.get("schema_version")
            if version != SCHEMA_VERSION:
                writer = printable_part(str(declared.get("kit_version", "of an unknown version")))
                raise ResultsError(
                    f"{file}: schema version {printable_part(repr(version))}, written by badgateway {writer}; this kit "
                    f"reads {SCHEMA_VERSION}: report it with that kit, or run it anew"
                )
            return _MANIFEST.validate_json(content.removeprefix(BOM_UTF8), strict=True)
        except (OSError, ValueError) as error:
            raise damaged(file, error) from error

    def keep_trial(self, record: TrialRecord, raw_folder: Path) -> Path:
        """Move a finished trial's raw files and its record into the run, whole or not at all; return their folder.

        Raises:
            ResultsError: It cannot be written.
        """
        return keep(raw_folder, self.trials_path / record.trial.id, raw.TRIAL, _RECORD.dump_json(record, indent=2))

    def unfinished(self) -> tuple[Path, ...]:
        """Return what a kit that was killed has left in the middle of keeping a trial; other hidden files stay."""
        return tuple(half for half in sorted(self.trials_path.glob(".[0-9]*")) if other_than_folder(half) is None)

    def discard_trial(self, trial_folder: Path) -> None:
        """Remove a trial that is to be run again, or half of one.

        Raises:
            ResultsError: It cannot be removed.
        """
        hidden = trial_folder if trial_folder.name.startswith(".") else trial_folder.with_name(f".{trial_folder.name}")
        with writing(trial_folder):
            # Renamed first: with its name gone it is not there, however far the removal gets.
            trial_folder.rename(hidden)
            shutil.rmtree(hidden)

    def set_aside(self, trial_folder: Path) -> Path:
        """Give a trial that is to be run again a name that is no trial's; return its folder.

        Raises:
            ResultsError: It cannot be renamed.
        """
        return set_aside(trial_folder)

    def trial_folders(self) -> tuple[Path, ...]:
        """Return the folders of all trials that ended, in the order of running; what else lies there is no trial.

        A link or a pipe with the name of a trial is among them: its record cannot be read.

        Raises:
            ResultsError: The folder of the trials is a link.
        """
        demand_own(self.trials_path)
        return tuple(sorted(folder for folder in self.trials_path.glob("[!.]*") if Trial.named(folder.name)))

    def beside_reports(self) -> frozenset[str]:
        """Return the files of all trials, from the folder of the reports; none where those are kept apart from them."""
        if self.derived is not None:
            return frozenset()
        folders = (folder for folder in self.trial_folders() if other_than_folder(folder) is None)
        return frozenset(str(file.relative_to(self.path)) for folder in folders for file in folder.iterdir())

    def misnamed(self) -> tuple[Path, ...]:
        """Return the folders that hold a trial's record under a name that is no trial's; those set aside are none."""
        demand_own(self.trials_path)
        others = (folder for folder in self.trials_path.glob("[!.]*") if not Trial.named(folder.name))
        hold = (folder for folder in others if other_than_folder(folder) is None and (folder / raw.TRIAL).is_file())
        return tuple(sorted(folder for folder in hold if not folder.name.startswith(ASIDE)))

    def record(self, trial_folder: Path) -> TrialRecord:
        """Read a trial's record.

        Raises:
            ResultsError: It is damaged.
        """
        file = trial_folder / raw.TRIAL
        try:
            kind = other_than_folder(trial_folder)
            if kind is not None:
                raise ResultsError(f"{file}: is not there: the trial's folder is {kind}; put the folder itself there")
            content = read_own(file)
            decoded_json(content)
            record = _RECORD.validate_json(content.removeprefix(BOM_UTF8), strict=True)
        except (OSError, ValueError) as error:
            raise damaged(file, error) from error
        if record.trial.id != trial_folder.name:
            raise ResultsError(f"{file}: damaged: it is of the trial {printable_part(record.trial.id)}")
        return record

    def ledger(self, trial_folder: Path) -> Path:
        """Return where a trial's ledger is, or is to be."""
        return self.output / trial_folder.relative_to(self.path) / raw.LEDGER

    def damages(self, trial_folder: Path) -> tuple[Disturbance, ...]:
        """Return what is not any more as it was when the trial was stored; empty when all is."""
        return tuple(Disturbance(part=OutsidePart.BOOKS, what=what) for what in damages(trial_folder))

    def replace_files(self, trial_folder: Path, source: Path) -> None:
        """Put the files of a folder into a trial's, in place of those of their names.

        Raises:
            ResultsError: They cannot be written.
        """
        with writing(trial_folder):
            for file in sorted(source.iterdir()):
                with replacing(trial_folder / file.name) as beside:
                    shutil.copyfile(file, beside)
            renew(trial_folder, {file.name for file in source.iterdir()})

    def write_ledger(self, trial_folder: Path, relation: duckdb.DuckDBPyRelation) -> None:
        """Store a trial's ledger beside its raw files, as Parquet.

        Raises:
            ResultsError: It cannot be written.
        """
        file = self.ledger(trial_folder)
        with writing(file):
            file.parent.mkdir(parents=True, exist_ok=True)
        with writing(file), replacing(file) as unfinished:
            relation.write_parquet(str(unfinished), compression="zstd")

    def write_text(self, name: str, text: str) -> Path:
        """Write a file of the run; return its path.

        Raises:
            ResultsError: It cannot be written.
        """
        file = self.output / name
        with writing(file):
            self.output.mkdir(parents=True, exist_ok=True)
        with writing(file), replacing(file) as unfinished:
            unfinished.write_text(text, encoding="utf-8")
        return file

    def discard(self) -> None:
        """Remove a run that came to nothing; one that kept a trial stays."""
        if not self.trial_folders():
            shutil.rmtree(self.path)

    def point_latest(self) -> None:
        """Let `latest` beside the run point to it, once it has something to show."""
        link = self.path.parent / "latest"
        unfinished = self.path.parent / f".latest-{secrets.token_hex(8)}"
        with writing(link):
            unfinished.symlink_to(self.path.name)
            unfinished.replace(link)


def _demand_beside(run: Path) -> None:
    # The kit's own `latest` names a run beside it; one that came with a folder could lead anywhere.
    if run.name == "latest" and run.is_symlink() and len(run.readlink().parts) > 1:
        raise ResultsError(f"{run}: leads to {run.readlink()}, out of its folder; name the run itself")


def _first_free(parent: Path, stamp: str) -> Path:
    """Claim a folder name; two runs may start in the same second."""
    for number in range(1, 1000):
        path = parent / (stamp if number == 1 else f"{stamp}-{number}")
        try:
            path.mkdir()
        except FileExistsError:
            continue
        return path
    raise ResultsError(f"{parent}: a thousand runs claim to have started at {stamp}")
