"""The ladder in words and bars: each step, its configurations, and what became of the failures."""

from collections.abc import Iterator
from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.diagnosis import Certainty
from badgateway.model.ladder import ConfigurationEffect, Effect, Ladder, LadderConfiguration, LadderStep
from badgateway.model.load_level import LoadLevel
from badgateway.model.run_summary import RunSummary
from badgateway.report import cause_parts, grid
from badgateway.report.cause_parts import Family
from badgateway.report.grid import LevelResult
from badgateway.report.html import render
from badgateway.report.markdown import blocks, bullets
from badgateway.report.section import Object, Section
from badgateway.words import effects, phrases

_QUIET = (Effect.NO_EFFECT, Effect.NEVER_FAILED, Effect.NOT_PROVEN)
_KINDS = {Certainty.PROVEN: "proven", Certainty.FAMILY: "doubtful", None: "unknown"}
_BY_CHANCE = {1: "one of two", 2: "one of eight"}
"""With n trials each, all of one are bad and none of the other in 2 / 4ⁿ: no test can tell that from a change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a bar; the whole bar is all requests."""

    width: str
    """Of CSS."""
    colour: str
    kind: str
    """proven, doubtful or unknown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectRow:
    """One configuration at one load level."""

    load: str
    """Empty where all configurations have one level only."""
    effect: str
    parts: tuple[Part, ...]
    gap: str
    """Why there is no bar; empty when there is one, be it of no failure."""
    failed: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationRow:
    """One configuration of a step."""

    name: str
    picked: bool
    verdict: str
    against: str
    """Empty for the configuration at the start."""
    changes: str
    """Of it, as the server's own files spell them."""
    note: str
    effects: tuple[EffectRow, ...]
    is_quiet: bool
    """Whether it changed nothing that is proven, and is not the one to run: it is folded away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The configurations that are told together."""

    title: str
    configurations: tuple[ConfigurationRow, ...]

    @property
    def telling(self) -> tuple[ConfigurationRow, ...]:
        """Those that are open at once."""
        return tuple(row for row in self.configurations if not row.is_quiet)

    @property
    def quiet(self) -> tuple[ConfigurationRow, ...]:
        """Those that are folded away."""
        return tuple(row for row in self.configurations if row.is_quiet)


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderView:
    """The whole section."""

    note: str
    families: tuple[Family, ...]
    """For the legend."""
    has_unattributed: bool
    """Whether some failure has no cause."""
    has_gaps: bool
    """Whether some configuration has no bar."""
    steps: tuple[Step, ...]


class LadderSection(Section):
    """The ladder of an experiment that tells one."""

    def html(self, run: RunSummary, /) -> str:
        """Return the steps, with a bar for each configuration and load level."""
        view = build(run)
        return render("ladder/ladder.html.j2", view=view) if view else ""

    def markdown(self, run: RunSummary, /) -> str:
        """Return a line for each configuration and load level."""
        view = build(run)
        found = bullets(lines(view)) if view else ""
        return blocks("Step by step:", found) if found else ""

    def objects(self, run: RunSummary, /) -> Object:
        """Return the effects."""
        return {"ladder": run.ladder and _object(run.ladder)}


def build(run: RunSummary) -> LadderView | None:
    """Put a run's ladder into words and bars; None when it tells none."""
    found = run.ladder
    if found is None:
        return None
    results = {(result.configuration, result.load): result for result in grid.results(run)}
    steps = tuple(_step(step, run, results) for step in found.steps)
    return LadderView(
        note=_note(found),
        families=cause_parts.legend(run),
        has_unattributed=cause_parts.has_unattributed(run),
        has_gaps=any(effect.gap for step in steps for row in step.configurations for effect in row.effects),
        steps=steps,
    )


def lines(view: LadderView) -> Iterator[str]:
    """Return the sentences of a ladder, one line each, for places without room for bars."""
    for step in view.steps:
        for row in step.configurations:
            for effect in row.effects:
                at = f" at {effect.load}" if effect.load else ""
                against = f" (against {row.against})" if row.against else ""
                yield f"{step.title}: {row.name}{against}{at}: {effect.sentence}"


def _note(found: Ladder) -> str:
    one_trial = (
        " Each configuration had one trial, so only failures are tested: p95 and throughput are told as they were "
        "measured."
        if found.trials < 2
        else ""
    )
    every_second = (
        f" What fails in every second trial, for many seconds or all of it, can look like a change in "
        f"{_BY_CHANCE[found.trials]} such comparisons: more blocks tell."
        if found.trials in _BY_CHANCE
        else ""
    )
    return (
        "Each configuration is held against the one that it changes something of. It helped, or made it worse, when "
        "the share of failed requests moved by at least a fifth of itself or by ten points, and chance alone would do "
        f"that with a probability below {found.significance:g} among all comparisons together (Holm). Failures "
        f"that came together in a second or in one trial count as few.{one_trial}{every_second}"
    )


def _step(step: LadderStep, run: RunSummary, results: dict[tuple[str, LoadLevel], LevelResult]) -> Step:
    rows = tuple(_row(one, run, results) for one in step.configurations)
    return Step(title=step.title or "Besides", configurations=rows)


def _row(
    one: LadderConfiguration, run: RunSummary, results: dict[tuple[str, LoadLevel], LevelResult]
) -> ConfigurationRow:
    verdicts = {summary.configuration.name: summary.verdict.value for summary in run.configurations}
    is_picked = one.configuration == run.recommendation.configuration
    configuration = run.experiment.configuration(one.configuration)
    changes = effects.in_own_words(configuration, one.effects[0].changes)
    return ConfigurationRow(
        name=one.configuration,
        picked=is_picked,
        verdict=verdicts[one.configuration],
        against=one.against or "",
        changes=", ".join(f"{setting} {old} \N{RIGHTWARDS ARROW} {new}".lstrip() for setting, old, new in changes),
        note=configuration.note,
        effects=tuple(
            _effect(effect, results[one.configuration, effect.after.load], is_alone=len(one.effects) == 1)
            for effect in one.effects
        ),
        is_quiet=not is_picked and all(effect.effect in _QUIET and effect.moved is None for effect in one.effects),
    )


def _effect(effect: ConfigurationEffect, result: LevelResult, *, is_alone: bool) -> EffectRow:
    failures = result.measurement.failures if result.measurement else None
    return EffectRow(
        load="" if is_alone else phrases.load(effect.after.load),
        effect=effect.effect.value,
        parts=tuple(_parts(result)),
        gap=result.gap or ("not looked into" if result.is_undiagnosed else ""),
        failed=numbers.percent(failures.share) if failures else numbers.NO_DATA,
        sentence=effects.sentence(effect),
    )


def _parts(result: LevelResult) -> Iterator[Part]:
    for part in cause_parts.parts(result):
        yield Part(width=f"{100 * part.share:.2f}%", colour=part.colour, kind=_KINDS[part.certainty])


def _object(found: Ladder) -> Object:
    told = (
        {"step": step.title, "configuration": one.configuration, "against": one.against, **_effect_object(effect)}
        for step in found.steps
        for one in step.configurations
        for effect in one.effects
    )
    return {"significance": found.significance, "effects": list(told)}


def _effect_object(found: ConfigurationEffect) -> Object:
    return {
        "users": found.after.users,
        "effect": found.effect,
        "sentence": effects.sentence(found),
        "p_value": found.p_value,
    }
