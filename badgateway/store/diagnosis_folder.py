"""The part of a run's folder that holds what was tried besides its trials: proofs, diagnosis trials, costs."""

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from badgateway.errors import ResultsError
from badgateway.model import raw
from badgateway.model.cooperation import ConnectCost, CooperationProof
from badgateway.model.trial import TrialRecord
from badgateway.store.plain_file import replacing
from badgateway.store.writing import demand_own, keep, read_own, writing

_PROOF = TypeAdapter(CooperationProof)
_RECORD = TypeAdapter(TrialRecord)
_COSTS = TypeAdapter(tuple[ConnectCost, ...])

Read = TypeVar("Read")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnosisFolder:
    """The diagnosis of one run on disk; it is not there in a run that had none."""

    path: Path

    def keep_proof(self, number: int, proof: CooperationProof, raw_folder: Path) -> Path:
        """Move a proof's logs and what it measured into the run; return their folder.

        Raises:
            ResultsError: It cannot be written.
        """
        name = proof_name(number, PurePosixPath(proof.server), proof.driver)
        # What held the loop is in the journal, and is read from there each time.
        record = _PROOF.dump_json(dataclasses.replace(proof, blocked_by=()), indent=2)
        return keep(raw_folder, self.path / "proofs" / name, raw.PROOF, record)

    def keep_trial(self, record: TrialRecord, raw_folder: Path) -> Path:
        """Move a diagnosis trial's raw files and its record into the run; return their folder.

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

    def proofs(self) -> tuple[tuple[Path, CooperationProof], ...]:
        """Return the proofs with their folders, in the order in which they were made.

        Raises:
            ResultsError: One is damaged.
        """
        return tuple((file.parent, _read(file, _PROOF)) for file in self._found(f"proofs/[!.]*/{raw.PROOF}"))

    def trials(self) -> tuple[tuple[Path, TrialRecord], ...]:
        """Return the records of the diagnosis trials with their folders, in the order of running.

        Raises:
            ResultsError: One is damaged.
        """
        return tuple((file.parent, _read(file, _RECORD)) for file in self._found(f"trials/[!.]*/{raw.TRIAL}"))

    def costs(self) -> tuple[ConnectCost, ...] | None:
        """Return what a database connect costs; None when it was not measured.

        Raises:
            ResultsError: The file is damaged.
        """
        file = self.path / raw.CONNECT_COSTS
        return _read(file, _COSTS) if os.path.lexists(file) else None

    def _found(self, pattern: str) -> list[Path]:
        for folder in (self.path, self.path / pattern.partition("/")[0]):
            demand_own(folder)
        return sorted(self.path.glob(pattern))


def proof_name(number: int, server: PurePosixPath, driver: str) -> str:
    """Return the name of a proof's folder, which sorts in the order of running."""
    return f"{number:03d}-{server.stem}-{driver}"


def _read(file: Path, adapter: TypeAdapter[Read]) -> Read:
    try:
        return adapter.validate_json(read_own(file))
    except ValidationError as error:
        raise ResultsError(f"{file}: damaged: {str(error).splitlines()[0]}") from error
