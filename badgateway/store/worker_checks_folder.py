"""The part of a run's folder that holds what was tried besides its trials: proofs, watched trials, costs."""

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from pydantic import TypeAdapter

from badgateway.model import raw
from badgateway.model.trial import TrialRecord
from badgateway.model.worker_checks import ConnectCost, WorkerCheck
from badgateway.store.plain_file import other_than_folder, replacing
from badgateway.store.writing import ASIDE, demand_own, keep, read_own, set_aside, writing

_PROOF = TypeAdapter(WorkerCheck)
_RECORD = TypeAdapter(TrialRecord)
_COSTS = TypeAdapter(tuple[ConnectCost, ...])

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerChecksFolder:
    """The worker checks of one run on disk; it is not there in a run that had none."""

    path: Path

    def keep_proof(self, number: int, proof: WorkerCheck, raw_folder: Path) -> Path:
        """Move a proof's logs and what it measured into the run; return their folder.

        Raises:
            ResultsError: It cannot be written.
        """
        name = proof_name(number, PurePosixPath(proof.server), proof.driver)
        # What held the loop is in the journal, and is read from there each time.
        record = _PROOF.dump_json(dataclasses.replace(proof, blocked_by=()), indent=2)
        return keep(raw_folder, self.path / "proofs" / name, raw.PROOF, record)

    def keep_trial(self, record: TrialRecord, raw_folder: Path) -> Path:
        """Move a watched trial's raw files and its record into the run; return their folder.

        Raises:
            ResultsError: It cannot be written.
        """
        return keep(raw_folder, self.path / "trials" / record.trial.id, raw.TRIAL, _RECORD.dump_json(record, indent=2))

    def keep_costs(self, costs: tuple[ConnectCost, ...]) -> None:
        """Write what a database connect costs.

        Raises:
            ResultsError: It cannot be written.
        """
        file = self.path / raw.CONNECT_COSTS
        with writing(file):
            self.path.mkdir(exist_ok=True)
            with replacing(file) as unfinished:
                unfinished.write_bytes(_COSTS.dump_json(costs, indent=2) + b"\n")

    def proofs(self) -> tuple[tuple[Path, WorkerCheck], ...]:
        """Return the proofs with their folders, in their order, without damaged ones."""
        files = self._found("proofs", raw.PROOF)
        return tuple((file.parent, proof) for file in files if (proof := _read(file, _PROOF)) is not None)

    def trials(self) -> tuple[tuple[Path, TrialRecord], ...]:
        """Return the records of the watched trials with their folders, in their order, without damaged ones."""
        files = self._found("trials", raw.TRIAL)
        return tuple((file.parent, record) for file in files if (record := _read(file, _RECORD)) is not None)

    def costs(self) -> tuple[ConnectCost, ...] | None:
        """Return what a database connect costs; None when it was not measured, or its file is damaged."""
        file = self.path / raw.CONNECT_COSTS
        return _read(file, _COSTS) if os.path.lexists(file) else None

    def clear_damaged(self) -> tuple[Path, ...]:
        """Set aside what cannot be read, so that it can be done again; return where it was.

        Raises:
            ResultsError: It cannot be renamed.
        """
        kinds: tuple[tuple[list[Path], TypeAdapter[Any]], ...] = (
            (self._found("proofs", raw.PROOF), _PROOF),
            (self._found("trials", raw.TRIAL), _RECORD),
        )
        bad = tuple(file.parent for files, adapter in kinds for file in files if _read(file, adapter) is None)
        for folder in bad:
            set_aside(folder)
        return bad

    def _found(self, kind: str, record: str) -> list[Path]:
        """Return the records of one kind, whether they are there or not."""
        for folder in (self.path, self.path / kind):
            demand_own(folder)
        named = (one for one in self.path.glob(f"{kind}/[!.]*") if not one.name.startswith(ASIDE))
        return [folder / record for folder in sorted(named) if other_than_folder(folder) is None]


def proof_name(number: int, server: PurePosixPath, driver: str) -> str:
    """Return the name of a proof's folder, which sorts in the order of running."""
    return f"{number:03d}-{server.stem}-{driver}"


def _read(file: Path, adapter: TypeAdapter[Read]) -> Read | None:
    """Return what is in a file; None when it is damaged, as if it had not been done."""
    try:
        return adapter.validate_json(read_own(file), strict=True)
    except (OSError, ValueError):
        return None
