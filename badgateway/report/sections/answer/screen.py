"""The first screen of a report: what is wrong, what to run, the seconds that show why, and one table."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from badgateway import numbers
from badgateway.model.configuration import Configuration
from badgateway.model.diagnosis import RETRIED, Cause
from badgateway.model.differences import changed
from badgateway.model.load_level import LoadLevel
from badgateway.model.run_summary import Decision, RunSummary
from badgateway.model.summary import TrialSummary, Verdict
from badgateway.report import wording
from badgateway.report.grid import LevelResult
from badgateway.report.html import link_to_trial
from badgateway.report.sections.answer import standings as table
from badgateway.report.sections.answer.standings import Standings, level_compared, results_at
from badgateway.report.sections.answer.strip import draw_strip
from badgateway.servers.advice import advice_for
from badgateway.servers.registry import server_of, uses
from badgateway.words import phrases
from badgateway.words.choice import larger_run
from badgateway.words.effects import MANY_AT_ONCE

_ALWAYS = ("workers", "threads", "greenlets", "listen", "keepalive_s")
"""What another server file has to be told, be it what the baseline has or not."""
_UNSEEN_QUEUE = "The accept queue of this server was not sampled, or cannot be seen."


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstScreen:
    """Everything in it but the answer itself."""

    problem: str
    """What is wrong with what runs today; empty where nothing is, or nothing was measured."""
    strip: Markup | None
    strip_title: str
    strip_trial: str
    """Which trial the strip is of; empty without one."""
    strip_link: str
    """Where its raw files are found from the page; empty where they do not lie beside it."""
    strip_caption: str
    standings: Standings
    paste: tuple[str, ...]
    """Lines for the server's own file; empty when there is nothing to run, or nothing to change."""
    paste_where: str
    variables: tuple[str, ...]
    """Lines for the application's environment."""
    besides: str
    """What else the one to run changes; empty without."""
    settles: str
    """The command that would settle what is open; empty where nothing is, or more blocks would not."""
    advice: str
    """What to change where no configuration qualifies, by the baseline's main cause; empty otherwise."""

    @property
    def has_orders(self) -> bool:
        """Whether there is something to do."""
        return any((self.paste, self.variables, self.besides, self.settles, self.advice))


def build(run: RunSummary) -> FirstScreen:
    """Return the first screen of a run."""
    load = level_compared(run)
    at_load = results_at(run, load)
    trial = _telling_trial(run, at_load)
    change = _change(run)
    baseline = at_load[run.experiment.baseline.name]
    return FirstScreen(
        problem=_problem(baseline, run),
        strip=draw_strip(trial.trial.configuration, trial.pressure) if trial and trial.pressure else None,
        strip_title=_strip_title(trial, run),
        strip_trial=f"Trial {trial.trial.position}" if trial else "",
        strip_link=link_to_trial(trial.trial.id, run.files) if trial else "",
        strip_caption=_strip_caption(trial, load),
        standings=table.build(run),
        paste=change.paste,
        paste_where=str(_picked(run).server) if change.paste else "",
        variables=change.variables,
        besides=change.besides,
        settles=_settles(run),
        advice=_advice(baseline, run),
    )


def _picked(run: RunSummary) -> Configuration:
    return run.experiment.configuration(run.recommendation.configuration or run.experiment.baseline.name)


def _problem(result: LevelResult, run: RunSummary) -> str:
    """Say in one sentence how what runs today fails, also where one trial alone proves nothing of others."""
    found, name = result.measurement, result.configuration
    if found is None or result.level is None:
        return ""
    allowed = run.experiment.objective.max_failure_share
    if result.level.verdict is not Verdict.FAIL and found.failures.share <= allowed:
        return ""
    at = phrases.load(result.load)
    who = name if run.experiment.target else f"{name}, what runs today,"
    if not found.failures.count:
        late = numbers.milliseconds(found.latency.p95_ms) if found.latency else ""
        return f"{who} is too slow at {at}: 95 % of its answers took up to {late}."
    statuses = numbers.listed(text for _, text in wording.split(found))
    why = _main_cause(result)
    return (
        f"{who} failed {numbers.percent(found.failures.share)} of "
        f"{numbers.plural(found.requests, 'request')} at {at}, {statuses}{f': {why}' if why else ''}."
    )


def _main_cause(result: LevelResult) -> str:
    cause = _commonest(result)
    return cause.title[0].lower() + cause.title[1:] if cause else ""


def _commonest(result: LevelResult) -> Cause | None:
    causes = [one for one in (result.diagnosis.causes if result.diagnosis else ()) if one.cause.id != RETRIED]
    return max(causes, key=lambda one: one.count).cause if causes else None


def _settles(run: RunSummary) -> str:
    is_open = run.recommendation.decision is Decision.INCONCLUSIVE
    return larger_run(run.choice, run.command) if is_open and run.choice else ""


def _advice(result: LevelResult, run: RunSummary) -> str:
    cause = _commonest(result)
    if run.recommendation.decision is not Decision.NONE_QUALIFIES or cause is None:
        return ""
    first = advice_for(cause, uses([run.experiment.configuration(result.configuration)]))[0]
    return f"{first.knob}. {first.text}" if first.knob else first.text


def _telling_trial(run: RunSummary, at_load: dict[str, LevelResult]) -> TrialSummary | None:
    """Return the baseline's trial with the most failures; without any, the busiest one of the configuration to run."""
    baseline = _sampled(at_load[run.experiment.baseline.name])
    worst = max(baseline, key=_failed, default=None)
    if worst is not None and _failed(worst):
        return worst
    picked = _sampled(at_load.get(run.recommendation.configuration or "", at_load[run.experiment.baseline.name]))
    return max(picked, key=_queued, default=None)


def _sampled(result: LevelResult) -> list[TrialSummary]:
    return [trial for trial in (result.level.valid_trials if result.level else ()) if trial.pressure is not None]


def _failed(trial: TrialSummary) -> int:
    return trial.measurement.failures.count if trial.measurement else 0


def _queued(trial: TrialSummary) -> int:
    return trial.pressure.most_queued or 0 if trial.pressure else 0


def _strip_title(trial: TrialSummary | None, run: RunSummary) -> str:
    if trial is None:
        return "Why"
    if _failed(trial) and trial.pressure and trial.pressure.is_full:
        return f"Why: {trial.trial.configuration}, second by second"
    is_picked = trial.trial.configuration == run.recommendation.configuration
    return f"{trial.trial.configuration} under load" if is_picked else f"{trial.trial.configuration}, second by second"


def _strip_caption(trial: TrialSummary | None, load: LoadLevel) -> str:
    if trial is None or trial.pressure is None:
        return _UNSEEN_QUEUE
    caption = f", {phrases.load(load)}. Dashed: the limit."
    return caption if trial.pressure.most_queued is not None else f"{caption} {_UNSEEN_QUEUE}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """What the configuration to run changes of the baseline."""

    paste: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    besides: str = ""


def _change(run: RunSummary) -> _Change:
    picked, baseline = _picked(run), run.experiment.baseline
    if run.recommendation.configuration is None or picked.name == baseline.name:
        return _Change()
    told = {"server", *(name for name, _ in _spelled(picked))}
    others = [one for one in changed(baseline, picked, run.experiment.timeouts) if one.setting not in told]
    besides = [str(one) for one in others if one.setting not in picked.environment]
    return _Change(
        paste=tuple(_lines(picked, baseline)),
        variables=tuple(
            f"{one.setting}={shlex.quote(picked.environment[one.setting])}"
            for one in others
            if one.setting in picked.environment
        ),
        besides=numbers.listed(besides) if besides else "",
    )


def _lines(picked: Configuration, baseline: Configuration) -> Iterator[str]:
    is_other_file = picked.server != baseline.server
    equals = "=" if picked.server.suffix == ".env" else " = "
    for name, spelled in _spelled(picked):
        is_new = is_other_file and name in _ALWAYS
        if is_new or getattr(picked, name) != getattr(baseline, name):
            yield f"{spelled}{equals}{getattr(picked, name)}"


def _spelled(configuration: Configuration) -> Iterator[tuple[str, str]]:
    """Yield the numbers that a server file has for the configuration, with the server's name for each."""
    has_greenlets = configuration.worker_model in MANY_AT_ONCE
    for name, spelled in server_of(configuration).settings.items():
        value = getattr(configuration, name, None)
        if isinstance(value, bool) or not isinstance(value, int) or (name == "greenlets" and not has_greenlets):
            continue
        yield name, spelled
