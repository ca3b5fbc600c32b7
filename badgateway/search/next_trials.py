"""Which trials of an experiment are due, and what those that ended allow to say; its design, cut to its budget."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from badgateway.judge.choice import choose, latency_candidates
from badgateway.judge.facts import facts_of
from badgateway.judge.trial_evidence import TrialEvidence
from badgateway.model.comparison import Choice
from badgateway.model.design import Design, Ended, Purpose, Step
from badgateway.model.differences import differences
from badgateway.model.experiment import Experiment
from badgateway.model.trial import Trial
from badgateway.plan.design import design_of, ended_of, schedule_design
from badgateway.search.budget import fit
from badgateway.search.race import Race, replay
from badgateway.search.searches import due_steps, found_capacities
from badgateway.search.trial_log import TrialLog, log_of


def fitted_design(experiment: Experiment) -> Design:
    """Return an experiment's design, cut to its budget if it has one; it is the same each time.

    Raises:
        ConfigurationError: Not even its least fits into the budget.
    """
    study = experiment.study
    design = replace(
        schedule_design(experiment) if study is None else design_of(experiment), changes=_changes(experiment)
    )
    return design if study is None or study.budget_s is None else fit(design, study.budget_s)


def chosen(experiment: Experiment, design: Design, ended: Iterable[Ended]) -> Choice:
    """Return what the ended trials allow to say; of a fixed schedule, in which nobody leaves, the same chooser's."""
    trials = list(ended)
    if experiment.study is not None:
        return conclude(design, trials)
    trial_log = log_of(design, trials)
    return choose(design, [trial_log.facts_of(configuration) for configuration in design.configurations])


def _changes(experiment: Experiment) -> tuple[int, ...]:
    usual, before = experiment.timeouts, experiment.baseline
    configurations = [one for one in experiment.configurations if one.candidate] or experiment.configurations
    return tuple(len(differences(before, one, usual)) for one in configurations)


def ended_trials(design: Design, kept: Iterable[TrialEvidence]) -> tuple[Ended, ...]:
    """Return the trials that ended by themselves, each with the facts of its window.

    Args:
        design: What was asked.
        kept: What the raw files of each trial say, in the order of running.
    """
    return tuple(
        ended_of(entry.record, facts_of(entry, design.objective), design.window_s)
        for entry in kept
        if not entry.record.was_interrupted
    )


def is_of_design(trial: Trial, experiment: Experiment) -> bool:
    """Tell whether a trial counts for the choice: not the confirmation of a schedule, nor farther along an axis."""
    if experiment.study is not None:
        return True
    return is_compared(trial) and trial.at == experiment.configuration(trial.configuration).measured_at[0]


def is_compared(trial: Trial) -> bool:
    """Tell whether a trial is one of a block, and no control."""
    return trial.purpose is Purpose.COMPARE and not trial.control


def next_trials(design: Design, ended: Sequence[Ended]) -> tuple[Step, ...]:
    """Return the trials that are due, in the order of running; empty when the study has ended.

    Run the first one, add it to the ended ones, and ask again: what it showed may change the rest. Nothing but the
    arguments decides, so a study that was killed goes on with the same trial it would have run.
    """
    trial_log = log_of(design, ended)
    race = replay(trial_log)
    if race.due:
        return tuple(trial_log.step(slot, level=slot.level) for slot in race.due if slot.level is not None)
    return due_steps(trial_log, finalists(trial_log, race))


def finalists(trial_log: TrialLog, race: Race) -> tuple[str, ...]:
    """Return the configurations whose capacity is searched: they keep the objective, and p95 has not put them out."""
    configurations = [trial_log.facts_of(configuration) for configuration in trial_log.design.configurations]
    return latency_candidates(trial_log.design, configurations, race.eliminations)


def conclude(design: Design, ended: Sequence[Ended]) -> Choice:
    """Return the choice that the ended trials allow, with its reasons; INVALID trials are in none of it."""
    trial_log = log_of(design, ended)
    configurations = [trial_log.facts_of(configuration) for configuration in design.configurations]
    return choose(design, configurations, replay(trial_log).eliminations, found_capacities(trial_log))
