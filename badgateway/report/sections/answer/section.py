"""The answer to the question, what it was asked for, and whether the pick was confirmed."""

from dataclasses import dataclass

from badgateway import numbers
from badgateway.model import exit_code
from badgateway.model.axis import AXES, USUAL, away, value_on
from badgateway.model.comparison import Choice, ChoiceKind
from badgateway.model.experiment import Experiment
from badgateway.model.run_summary import Confirmation, Decision, RunSummary
from badgateway.report import grid, level_objects, wording
from badgateway.report.html import render
from badgateway.report.markdown import blocks, bullets, escaped
from badgateway.report.section import Object, Section
from badgateway.report.sections.answer import screen
from badgateway.words import phrases
from badgateway.words.choice import are_proven_alike, confirmed, fails_at, sentence
from badgateway.words.study_limits import power

DECISION_LABELS = {
    Decision.PICKED: "Picked",
    Decision.NONE_QUALIFIES: "None qualifies",
    Decision.INCONCLUSIVE: "Inconclusive",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The first screen."""

    name: str
    """Of the experiment."""
    question: str
    started: str
    unfinished: str
    """One sentence when the run was interrupted, else empty."""
    kind: str
    """picked, unconfirmed, none-qualifies or inconclusive."""
    label: str
    sentence: str
    confirmation: str
    """One sentence; empty when no pick was confirmed."""
    reasons: tuple[str, ...]
    objective: str
    certainty: str
    """How sure so many blocks can make anyone, one sentence; empty where nothing was chosen."""
    scope: str
    """How long it was measured and on which machine, one sentence."""
    exit_status: str
    """One sentence; empty when the experiment was no study."""

    @property
    def worth(self) -> str:
        """The sentence without what the label above it has said already."""
        said = self.label.partition(";")[0]
        return self.sentence.removeprefix(f"{said}. ")


class AnswerSection(Section):
    """The answer, which comes before everything else."""

    def html(self, run: RunSummary, /) -> str:
        """Return the first screen; name and question are the page's own heading."""
        return render("answer/answer.html.j2", view=build(run), screen=screen.build(run))

    def markdown(self, run: RunSummary, /) -> str:
        """Return the answer, its reasons and the question."""
        view = build(run)
        return blocks(
            f"## {escaped(view.label)}",
            f"**{escaped(view.sentence)}**",
            escaped(view.confirmation),
            escaped(view.unfinished),
            bullets(view.reasons),
            f"Question: {escaped(view.question)}  \nObjective: {escaped(view.objective)}",
        )

    def objects(self, run: RunSummary, /) -> Object:
        """Return the recommendation, and what became of it when it was confirmed."""
        found = run.recommendation
        return {
            "recommendation": {
                "decision": found.decision.value,
                "configuration": found.configuration,
                "sentence": found.sentence,
                "reasons": found.reasons,
                "ranking": found.ranking,
            },
            "confirmation": run.confirmation and _confirmation(run.confirmation),
        }


def build(run: RunSummary) -> Answer:
    """Return the answer of a run."""
    choice, found = run.choice, run.recommendation
    return Answer(
        name=run.experiment.name,
        question=run.experiment.question,
        started=run.started,
        unfinished=_unfinished(run),
        kind="unconfirmed" if _is_refuted(run) else _kind(run),
        label=_label(run),
        sentence=sentence(choice) if choice else found.sentence,
        confirmation=confirmed(run.confirmation) if run.confirmation else "",
        reasons=found.reasons,
        objective=objective(run.experiment),
        certainty=power(choice) if choice else "",
        scope=_scope(run),
        exit_status=wording.exit_sentence(exit_code.of_run(run)) if choice else "",
    )


def _scope(run: RunSummary) -> str:
    trials = grid.every_trial(run)
    window = numbers.declared_seconds(run.experiment.load.window_s)
    machine = run.environment
    return (
        f"{numbers.plural(len(trials), 'trial')} of {window} each, on {numbers.plural(machine.cores, 'core')} of "
        f"{machine.cpu}, {machine.system}.{_conditions(run.experiment)}"
    )


def _conditions(experiment: Experiment) -> str:
    """Return what the verdict was measured with on the axes; empty where that is nothing."""
    firsts = {one.measured_at[0] for one in experiment.configurations}
    if firsts == {USUAL}:
        return ""
    if len(firsts) > 1:
        nouns = [axis.noun for axis in AXES if any(value_on(axis, at) for at in firsts)]
        return f" A verdict is that with the {numbers.listed(nouns)} that its configuration names first."
    return f" Verdicts are those {numbers.listed([axis.condition.format(value) for axis, value in away(*firsts)])}."


def _is_refuted(run: RunSummary) -> bool:
    return bool(run.confirmation and run.confirmation.is_refuted)


def _kind(run: RunSummary) -> str:
    return kind(run.choice) if run.choice else run.recommendation.decision.value.lower().replace("_", "-")


def _label(run: RunSummary) -> str:
    """Return the answer in a few words, and that what is to be run fails where requests do not wait for answers."""
    found = run.recommendation
    told = label(run.choice) if run.choice else _decision(found.decision, found.configuration)
    return "; ".join(filter(None, (told, fails_at(run.confirmation))))


def _decision(decision: Decision, configuration: str | None) -> str:
    named = DECISION_LABELS[decision]
    return f"{named}: {configuration}" if decision is Decision.PICKED else named


def _unfinished(run: RunSummary) -> str:
    if run.complete:
        return ""
    return "The run was interrupted before its last trial: only the trials that had ended are in this report."


def kind(choice: Choice) -> str:
    """Return the look of the answer: picked, none-qualifies or inconclusive."""
    if choice.kind is ChoiceKind.NONE_QUALIFIES:
        return "none-qualifies"
    return "inconclusive" if choice.kind is ChoiceKind.NEEDS_MORE else "picked"


def label(choice: Choice) -> str:
    """Return the answer in a few words."""
    if choice.kind is ChoiceKind.PICKED:
        return f"Picked: {choice.configuration}"
    if choice.kind is ChoiceKind.EQUIVALENT:
        others = len(choice.equivalent) - 1
        are = ("is" if others == 1 else "are") if are_proven_alike(choice) else "may be"
        as_good = f"; {numbers.plural(others, 'other')} {are} as good" if others else ""
        return f"Run {choice.configuration}{as_good}"
    if choice.kind is ChoiceKind.NONE_QUALIFIES:
        return "None qualifies"
    return f"Needs about {numbers.plural(choice.more_blocks, 'more block')}" if choice.more_blocks else "Not decided"


def objective(experiment: Experiment) -> str:
    """Return the objective, to follow the word and a colon."""
    return f"{phrases.keeps(experiment.objective)}, at {phrases.loads(experiment.load.levels)}."


def _confirmation(found: Confirmation) -> Object:
    return {
        "configuration": found.level.configuration,
        "rate_per_minute": found.rate_per_minute,
        "sent_per_minute": found.sent_per_minute,
        "sentence": confirmed(found),
        "level": level_objects.level(found.level),
    }
