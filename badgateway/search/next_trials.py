"""The state machine of a study: which trials are due, and what those that ended allow to choose."""

from collections.abc import Sequence

from badgateway.judge.choice import choose, latency_candidates
from badgateway.model.comparison import Choice
from badgateway.model.contest import Contest, Ended, Step
from badgateway.search.race import Race, replay
from badgateway.search.searches import due_steps, found_capacities
from badgateway.search.trial_log import TrialLog, log_of


def next_trials(contest: Contest, ended: Sequence[Ended]) -> tuple[Step, ...]:
    """Return the trials that are due, in the order of running; empty when the study has ended.

    Run the first one, add it to the ended ones, and ask again: what it showed may change the rest. Nothing but the
    arguments decides, so a study that was killed goes on with the same trial it would have run.
    """
    trial_log = log_of(contest, ended)
    race = replay(trial_log)
    if race.due:
        return tuple(trial_log.step(slot, level=slot.level) for slot in race.due if slot.level is not None)
    return due_steps(trial_log, finalists(trial_log, race))


def finalists(trial_log: TrialLog, race: Race) -> tuple[str, ...]:
    """Return the arms whose capacity is searched: they keep the objective, and p95 has not put them out."""
    arms = [trial_log.arm_facts(arm) for arm in trial_log.contest.arms]
    return latency_candidates(trial_log.contest, arms, race.eliminations)


def conclude(contest: Contest, ended: Sequence[Ended]) -> Choice:
    """Return the choice that the ended trials allow, with its reasons; INVALID trials are in none of it."""
    trial_log = log_of(contest, ended)
    arms = [trial_log.arm_facts(arm) for arm in contest.arms]
    return choose(contest, arms, replay(trial_log).eliminations, found_capacities(trial_log))
