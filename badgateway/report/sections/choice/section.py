"""How the pick was made: the chain of reasons, the rivals, the noise, the capacities and the INVALID trials."""

from collections.abc import Iterator
from dataclasses import asdict

from badgateway.model import exit_code
from badgateway.model.comparison import Choice
from badgateway.model.run_summary import RunSummary
from badgateway.report.html import render
from badgateway.report.markdown import blocks, escaped
from badgateway.report.section import Object, Section
from badgateway.report.sections.choice import capacities, charts, invalid, view
from badgateway.report.sections.choice.capacities import CapacityRow
from badgateway.report.sections.choice.view import ChoiceView
from badgateway.words import choice as words
from badgateway.words import phrases
from badgateway.words.choice_chain import chain
from badgateway.words.progress import leaving
from badgateway.words.study_limits import power, unseen


class ChoiceSection(Section):
    """The choice of a study."""

    def html(self, run: RunSummary, /) -> str:
        """Return the chain, the charts and the tables."""
        found = view.build(run)
        if run.choice is None or found is None:
            return ""
        return render(
            "choice/choice.html.j2",
            view=found,
            rivals_chart=charts.rivals(run.choice),
            capacity_chart=charts.capacities(run),
        )

    def markdown(self, run: RunSummary, /) -> str:
        """Return the chain, the noise, the capacities and the INVALID trials."""
        found = view.build(run)
        return blocks(*_blocks(found)) if found else ""

    def objects(self, run: RunSummary, /) -> Object:
        """Return the choice."""
        return {"choice": None if run.choice is None else _object(run.choice, run)}


def _blocks(found: ChoiceView) -> Iterator[str]:
    yield f"{escaped(found.exit_status)} How the pick was made:"
    yield "\n".join(
        f"{place}. **{escaped(step.title)}**: {escaped(step.summary)}"
        + "".join(f"\n   - {escaped(reason.sentence)}" for reason in step.reasons)
        for place, step in enumerate(found.steps, start=1)
    )
    yield f"Noise: {escaped(found.noise)}"
    if found.capacities:
        yield f"Capacity at the objective. {escaped(found.capacity_caption)}\n\n" + "\n".join(
            _capacity(row) for row in found.capacities
        )
    yield f"Trials: {escaped(found.invalid.sentence)}" + "".join(
        f"\n- {escaped(f'{row.count}: {row.reason}')}" for row in found.invalid.rows
    )


def _capacity(row: CapacityRow) -> str:
    interval = f"; 95 % interval {row.interval.text}" if not row.interval.why else ""
    confirmed = f"; confirmed at {row.confirmed.text}" if not row.confirmed.why else "; not confirmed"
    return f"- {row.name}: {escaped(f'{row.estimate.text}{interval}{confirmed}; {row.remark}; trials: {row.trials}')}"


def _object(found: Choice, run: RunSummary) -> Object:
    bad = invalid.build(run)
    unit = phrases.unit(capacities.unit_of(run))
    return {
        "kind": found.kind,
        **_named(found.configuration),
        "equivalent": found.equivalent,
        "more_blocks": found.more_blocks,
        "sentence": words.sentence(found),
        "chain": [asdict(reason) | _named(reason.configuration) for reason in chain(found)],
        "ranking": [asdict(one) | _named(one.configuration) for one in found.ranking],
        "rivalries": [{**asdict(one), "relation": one.told} for one in found.rivalries],
        "capacities": [
            {"configuration": name, "unit": unit, **_without(asdict(one), "readings")} for name, one in found.capacities
        ],
        "noise": found.noise and asdict(found.noise) | {"arms": found.noise.configurations},
        "certainty": power(found),
        "unseen": unseen(found, of_running_site=run.experiment.target is not None, places=run.experiment.places),
        "leaving": [
            _named(one.configuration) | {"reason": leaving(one, found.asked), "at_look": one.at_look}
            for one in found.eliminations
        ],
        "tie_rule": words.tie_rule(found),
        "regret": found.regret and asdict(found.regret),
        "two_states": found.two_states,
        "exit_status": exit_code.of_run(run).value,
        "invalid_trials": {
            "count": bad.invalid,
            "total": bad.total,
            "repeats": bad.repeats,
            "given_up": bad.given_up,
            "reasons": [{"reason": row.reason, "count": row.count} for row in bad.rows],
        },
    }


def _named(configuration: str | None) -> Object:
    """Return the name under its key and under that of version 0.1, which the next release no longer has."""
    return {"configuration": configuration, "arm": configuration}


def _without(given: Object, key: str) -> Object:
    return {name: value for name, value in given.items() if name != key}
