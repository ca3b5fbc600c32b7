"""Every configuration at every load level, best first, with a place for what was not measured."""

from dataclasses import dataclass

from badgateway.model.diagnosis import Diagnosis
from badgateway.model.load_level import LoadLevel
from badgateway.model.run_summary import RunSummary
from badgateway.model.summary import ConfigurationSummary, LevelSummary, Measurement, TrialSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelResult:
    """One configuration at one load level, whether it was run or not."""

    configuration: str
    load: LoadLevel
    level: LevelSummary | None
    """None when no trial of it was run."""

    @property
    def measurement(self) -> Measurement | None:
        """What was measured; None when nothing valid was."""
        return self.level.measurement if self.level else None

    @property
    def diagnosis(self) -> Diagnosis | None:
        """Why requests failed; None when nothing valid was measured, or it was not looked into."""
        return self.level.diagnosis if self.level and self.measurement else None

    @property
    def is_undiagnosed(self) -> bool:
        """Whether requests failed and it was not looked into why."""
        return bool(self.measurement and self.measurement.failures.count and self.diagnosis is None)

    @property
    def gap(self) -> str:
        """Why there is no measurement, in two words; empty when there is one."""
        if self.measurement is not None:
            return ""
        return "not measured" if self.level is not None and self.level.trials else "not run"


def is_telling(found: Measurement, run: RunSummary) -> bool:
    """Tell whether the latency of the OK requests says something: not where more failed than may fail, beyond doubt."""
    return found.failures.low <= run.experiment.objective.max_failure_share


def ranked(run: RunSummary) -> tuple[ConfigurationSummary, ...]:
    """Return the configurations best first; those the ranking leaves out come last, in the order of the file."""
    place = {name: index for index, name in enumerate(run.recommendation.ranking)}
    last = len(place)
    return tuple(sorted(run.configurations, key=lambda summary: place.get(summary.configuration.name, last)))


def levels(run: RunSummary) -> tuple[LoadLevel, ...]:
    """Return the load levels, as declared; those only seen in the results come after."""
    declared = run.experiment.load.levels
    seen = {level.load for summary in run.configurations for level in summary.levels}
    return (*declared, *sorted(seen - set(declared), key=lambda level: level.order))


def row(summary: ConfigurationSummary, loads: tuple[LoadLevel, ...]) -> tuple[LevelResult, ...]:
    """Return one configuration's results, one for each load level."""
    by_load = {level.load: level for level in summary.levels}
    name = summary.configuration.name
    return tuple(LevelResult(configuration=name, load=load, level=by_load.get(load)) for load in loads)


def results(run: RunSummary) -> tuple[LevelResult, ...]:
    """Return every result: configurations best first, and within one the load levels as declared."""
    loads = levels(run)
    return tuple(result for summary in ranked(run) for result in row(summary, loads))


def heading(run: RunSummary) -> str:
    """Return the heading of a column of load levels; users have no unit in it, rates have."""
    kinds = {level.is_open for level in levels(run)}
    if kinds == {True}:
        return "load"
    return "users, or rate" if True in kinds else "users"


def every_trial(run: RunSummary) -> tuple[TrialSummary, ...]:
    """Return all trials of a run in the order of running, those of controls and searches included."""
    levels = [level for summary in run.configurations for level in (*summary.levels, *summary.distant_levels)]
    confirmation = run.confirmation.level.trials if run.confirmation else ()
    trials = [*(trial for level in levels for trial in level.trials), *confirmation, *run.other_trials]
    by_id = {trial.trial.id: trial for trial in trials}
    return tuple(sorted(by_id.values(), key=lambda one: one.trial.position))


def measurements(run: RunSummary) -> list[Measurement]:
    """Return what was measured, wherever it was."""
    return [result.measurement for result in results(run) if result.measurement]
