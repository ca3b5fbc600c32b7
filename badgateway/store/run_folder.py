"""The folder of one run: manifest, one folder per trial, ledgers and reports."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
from pydantic import TypeAdapter, ValidationError

from badgateway.errors import ResultsError
from badgateway.model import raw
from badgateway.model.manifest import SCHEMA_VERSION, Manifest
from badgateway.model.trial import TrialRecord

_MANIFEST = TypeAdapter(Manifest)
_RECORD = TypeAdapter(TrialRecord)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFolder:
    """One run on disk; every write is whole or not there."""

    path: Path

    @property
    def trials_path(self) -> Path:
        """Where the trials' folders are."""
        return self.path / "trials"

    @classmethod
    def create(cls, results: Path, manifest: Manifest) -> "RunFolder":
        """Make results/EXPERIMENT/TIME/ with its manifest; `latest` does not point to it yet.

        Raises:
            ResultsError: The folder cannot be made.
        """
        parent = results / manifest.experiment.name
        stamp = manifest.started.replace(":", "-")
        with _writing(parent):
            parent.mkdir(parents=True, exist_ok=True)
            path = _first_free(parent, stamp)
            (path / "trials").mkdir(parents=True)
        folder = cls(path=path)
        folder.write_text(raw.MANIFEST, _MANIFEST.dump_json(manifest, indent=2).decode() + "\n")
        return folder

    @classmethod
    def open(cls, path: Path) -> "RunFolder":
        """Open a run's folder, or an experiment's latest one.

        Raises:
            ResultsError: There is no run in it.
        """
        for candidate in (path, path / "latest"):
            if (candidate / raw.MANIFEST).is_file():
                return cls(path=candidate.resolve())
        raise ResultsError(
            f"{path}: holds no run: there is no {raw.MANIFEST} in it; name a folder such as results/concurrency/latest"
        )

    def manifest(self) -> Manifest:
        """Read what the run set out to do.

        Raises:
            ResultsError: The manifest is of another schema or damaged.
        """
        file = self.path / raw.MANIFEST
        try:
            declared = json.loads(file.read_text(encoding="utf-8"))
            version = declared.get("schema_version")
            if version != SCHEMA_VERSION:
                raise ResultsError(f"{file}: schema version {version}; this kit reads {SCHEMA_VERSION}")
            return _MANIFEST.validate_python(declared)
        except (ValueError, ValidationError, AttributeError) as error:
            raise ResultsError(f"{file}: damaged: {str(error).splitlines()[0]}") from error

    def keep_trial(self, record: TrialRecord, raw_folder: Path) -> Path:
        """Move a finished trial's raw files and its record into the run; return their folder.

        The copy is made under another name and renamed, so that a trial is there whole or not at all.

        Raises:
            ResultsError: It cannot be written.
        """
        target = self.trials_path / record.trial.id
        unfinished = self.trials_path / f".{record.trial.id}"
        with _writing(target):
            shutil.rmtree(unfinished, ignore_errors=True)
            shutil.copytree(raw_folder, unfinished, ignore=_all_but_files, copy_function=shutil.copyfile)
            (unfinished / raw.TRIAL).write_bytes(_RECORD.dump_json(record, indent=2) + b"\n")
            unfinished.rename(target)
        shutil.rmtree(raw_folder)
        return target

    def trial_folders(self) -> tuple[Path, ...]:
        """Return the folders of all trials that ended, in the order of running."""
        return tuple(sorted(file.parent for file in self.trials_path.glob(f"[!.]*/{raw.TRIAL}")))

    def record(self, trial_folder: Path) -> TrialRecord:
        """Read a trial's record.

        Raises:
            ResultsError: It is damaged.
        """
        file = trial_folder / raw.TRIAL
        try:
            return _RECORD.validate_json(file.read_bytes())
        except ValidationError as error:
            raise ResultsError(f"{file}: damaged: {str(error).splitlines()[0]}") from error

    def write_ledger(self, trial_folder: Path, relation: duckdb.DuckDBPyRelation) -> None:
        """Store a trial's ledger beside its raw files, as Parquet.

        Raises:
            ResultsError: It cannot be written.
        """
        file = trial_folder / raw.LEDGER
        unfinished = file.with_suffix(".unfinished")
        with _writing(file):
            relation.write_parquet(str(unfinished), compression="zstd")
            unfinished.replace(file)

    def write_text(self, name: str, text: str) -> Path:
        """Write a file of the run; return its path.

        Raises:
            ResultsError: It cannot be written.
        """
        unfinished = self.path / f".{name}"
        with _writing(self.path / name):
            unfinished.write_text(text, encoding="utf-8")
            return unfinished.replace(self.path / name)

    def discard(self) -> None:
        """Remove a run that came to nothing; one that kept a trial stays."""
        if not self.trial_folders():
            shutil.rmtree(self.path)

    def point_latest(self) -> None:
        """Let `latest` beside the run point to it, once it has something to show."""
        link = self.path.parent / "latest"
        unfinished = self.path.parent / f".latest-{os.getpid()}"
        with _writing(link):
            unfinished.unlink(missing_ok=True)
            unfinished.symlink_to(self.path.name)
            unfinished.replace(link)


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    """Let an error of the file system become one line about the path."""
    try:
        yield
    except OSError as error:
        raise ResultsError(f"{path}: cannot be written: {error.strerror or error}") from error
    except duckdb.IOException as error:
        raise ResultsError(f"{path}: cannot be written: {str(error).splitlines()[0]}") from error


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


def _all_but_files(directory: str, names: list[str]) -> list[str]:
    """Tell copytree to leave out sockets, pipes and temporary folders of the servers."""
    return [name for name in names if not (Path(directory) / name).is_file()]
