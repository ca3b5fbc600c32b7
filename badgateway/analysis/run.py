"""From the raw files of a run to its summary and reports; starts nothing, so it can be repeated years later."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from badgateway.analysis.answer import recommendation_of
from badgateway.analysis.trials import Read, kept_trials
from badgateway.analysis.worker_checks import read_worker_checks
from badgateway.errors import ResultsError
from badgateway.judge.axis_rankings import rank_along_axes
from badgateway.judge.confirm import confirm
from badgateway.judge.database_work import side_by_side
from badgateway.judge.ladder import ladder
from badgateway.judge.summarise import summarise, summarise_trial
from badgateway.judge.trial_evidence import TrialEvidence
from badgateway.model.design import Design, Ended, Purpose
from badgateway.model.experiment import Experiment
from badgateway.model.manifest import Manifest
from badgateway.model.places import Carried, Limits, Places
from badgateway.model.run_summary import Confirmation, RunSummary
from badgateway.model.secrets import without_secrets
from badgateway.model.summary import TrialSummary
from badgateway.report.formats import FORMATS
from badgateway.search import next_trials
from badgateway.search.next_trials import chosen, ended_trials, fitted_design, is_compared, is_of_design
from badgateway.search.trial_queue import trial_queue
from badgateway.store.run_folder import RunFolder


def any_trial_ended(folder: RunFolder) -> bool:
    """Tell whether there is something to report: a trial that was not cut off by the user."""
    return any(_has_ended(folder, trial_folder) for trial_folder in folder.trial_folders())


def _has_ended(folder: RunFolder, trial_folder: Path) -> bool:
    try:
        return not folder.record(trial_folder).was_interrupted
    except ResultsError:
        # What was of it is lost, and that is to be reported.
        return True


def analyse(folder: RunFolder, before: Read | None = None) -> RunSummary:
    """Recompute a run's summary, and the ledgers beside its raw files.

    Args:
        folder: The run.
        before: What was read of it before, and need not be read again.

    Raises:
        ResultsError: The manifest is damaged, no trial has ended, or the folder cannot be written.
    """
    manifest = folder.manifest()
    if not any_trial_ended(folder):
        raise ResultsError(
            f"{folder.path}: no trial of this run has ended, so there is nothing to report; run it again"
        )
    experiment = without_secrets(manifest.experiment)
    alone = kept_trials(folder, before)
    kept = side_by_side(experiment, alone)
    compared = [entry for entry in kept if is_compared(entry.record.trial)]
    design = fitted_design(experiment)
    ended = ended_trials(design, [entry for entry in kept if is_of_design(entry.record.trial, experiment)])
    choice = chosen(experiment, design, ended)
    if experiment.target is not None:
        # No one command runs more blocks of what its user switches in between.
        choice = replace(choice, blocks_in_all=None)
    configurations = summarise(experiment, compared)
    circumstances = manifest.circumstances
    recommendation = recommendation_of(
        choice, experiment, configurations, manifest.command, busy=circumstances.busy if circumstances else ""
    )
    return RunSummary(
        experiment=experiment,
        started=manifest.started,
        command=manifest.command,
        seed=experiment.seed,
        environment=manifest.environment,
        complete=_nothing_is_due(manifest, design, ended, alone),
        configurations=configurations,
        recommendation=recommendation,
        ladder=ladder(experiment, configurations),
        axis_rankings=rank_along_axes(experiment, configurations),
        confirmation=_confirmation(experiment, kept),
        other_trials=_other_trials(experiment, kept),
        files=folder.beside_reports(),
        worker_checks=read_worker_checks(manifest.worker_checks, folder.worker_checks),
        choice=choice,
        circumstances=circumstances,
        limits=_in_force(kept),
        lines=_carried(kept),
    )


def _in_force(kept: Sequence[TrialEvidence]) -> dict[str, Limits]:
    """Return what was in force in each place: a trial that came to nothing may have read some of them alone."""
    found = {key: one for entry in reversed(kept) for key, one in entry.record.limits.items()}
    return {key: found[key] for key in Places.model_fields if key in found}


def _carried(kept: Sequence[TrialEvidence]) -> dict[str, Carried]:
    """Return what each line did with the packets of the trials that nothing disturbed, all together."""
    lines = [entry.record.lines for entry in kept if not entry.record.disturbances]
    return {
        key: Carried(
            packets=sum(one[key].packets for one in lines if key in one),
            dropped=sum(one[key].dropped for one in lines if key in one),
        )
        for key in Places.model_fields
        if any(key in one for one in lines)
    }


def _nothing_is_due(manifest: Manifest, design: Design, ended: Sequence[Ended], alone: Sequence[TrialEvidence]) -> bool:
    if manifest.experiment.study is not None:
        return not next_trials(design, ended)
    return trial_queue(manifest, alone).next_trial() is None


def _confirmation(experiment: Experiment, kept: Sequence[TrialEvidence]) -> Confirmation | None:
    evidence = tuple(entry for entry in kept if entry.record.trial.purpose is Purpose.CONFIRM)
    if experiment.confirmation is None or not evidence:
        return None
    name = evidence[0].record.trial.configuration
    rate_per_minute = 60 * experiment.confirmation.rate_per_s
    return confirm(name, evidence, experiment.objective, rate_per_minute=rate_per_minute)


def _other_trials(experiment: Experiment, kept: Sequence[TrialEvidence]) -> tuple[TrialSummary, ...]:
    told_with_the_pick = {Purpose.CONFIRM} if experiment.confirmation else set()
    return tuple(
        summarise_trial(entry, experiment.objective)
        for entry in kept
        if not is_compared(entry.record.trial) and entry.record.trial.purpose not in told_with_the_pick
    )


def publish(folder: RunFolder, run: RunSummary) -> Path:
    """Write the report into the run, in each format; return the file to open.

    Raises:
        ResultsError: The folder cannot be written.
    """
    written = [folder.write_text(one.file_name, one.render(run)) for one in FORMATS]
    return written[-1]
