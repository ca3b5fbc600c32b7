"""From the raw files of a gate's run to what its trials came to, and to what the gate says."""

from collections import Counter
from collections.abc import Iterator, Mapping

from badgateway.analysis.trials import Read, kept_trials
from badgateway.judge.chance import dispersion
from badgateway.judge.database_work import side_by_side
from badgateway.judge.facts import facts_of
from badgateway.judge.gate import GateTerms, held
from badgateway.judge.trial_evidence import TrialEvidence
from badgateway.model.design import Design, Facts
from badgateway.model.diagnosis import RETRIED
from badgateway.model.experiment import Experiment
from badgateway.model.gate import Doubt, Gate, GateBaseline, GateCase, GateLevel, GateMachine, GateTrial
from badgateway.model.load_level import LoadLevel
from badgateway.model.manifest import Manifest
from badgateway.plan.gating import BEFORE, is_before, settings_of
from badgateway.search.next_trials import fitted_design, is_compared
from badgateway.store.run_folder import RunFolder

SCHEMA_VERSION = 1


def baseline_of(folder: RunFolder, script_digest: str = "", before: Read | None = None) -> GateBaseline:
    """Return what a run's trials came to, as a baseline keeps it; INVALID ones are in none of it.

    Args:
        folder: Of the run; nothing is written into it.
        script_digest: Of the load's script; empty when it is not known.
        before: What was read of the run before, and need not be read again.
    """
    manifest = folder.manifest()
    experiment = manifest.experiment
    kept = side_by_side(experiment, kept_trials(folder, before))
    return GateBaseline(
        schema_version=SCHEMA_VERSION,
        experiment=experiment.name.removesuffix("-gate"),
        measured=manifest.started,
        kit_version=manifest.kit_version,
        machine=GateMachine(cpu=manifest.environment.cpu, cores=manifest.environment.cores),
        asked=dict(_asked(experiment, script_digest)),
        levels=tuple(_levels(experiment, kept)),
    )


def gate_of(now: GateBaseline, before: GateBaseline | None, manifest: Manifest, named: str, *, is_paired: bool) -> Gate:
    """Return what a gate says.

    Args:
        now: What its run came to.
        before: What it is held to; None when there is nothing, and then only the objective is asked.
        manifest: Of its run.
        named: What the baseline is called.
        is_paired: Whether the baseline's trials were of the same run, turn by turn.
    """
    design = fitted_design(manifest.experiment)
    own = [one for one in manifest.experiment.configurations if not (is_paired and is_before(one.name))]
    terms = _terms(design, len(own), is_paired=is_paired)
    doubt = _doubt(now, before) if before and not is_paired else None
    return Gate(
        experiment=manifest.experiment.name,
        cases=tuple(_case(one.name, design, now, before, terms, doubt) for one in own),
        baseline=named,
    )


def _case(  # noqa: PLR0917 # who is held to what
    name: str, design: Design, now: GateBaseline, before: GateBaseline | None, terms: GateTerms, doubt: Doubt | None
) -> GateCase:
    load = design.load(design.levels[-1])
    # Of whom no trial ended there is nothing, and that is told.
    level = now.of(name, load) or _nothing(name, load)
    earlier = _earlier(level, now if terms.is_paired else before, is_paired=terms.is_paired)
    findings = held(level, earlier, terms, doubt)
    return GateCase(
        configuration=name,
        load=load,
        findings=findings if before or terms.is_paired else findings[:1],
        is_paired=terms.is_paired,
        changes=tuple(_changes(earlier, level)) if earlier and level.trials else (),
    )


def _nothing(name: str, load: LoadLevel) -> GateLevel:
    users, rate_per_s = (0, load.size) if load.is_open else (round(load.size), None)
    return GateLevel(configuration=name, users=users, rate_per_s=rate_per_s, trials=())


def _terms(design: Design, configurations: int, *, is_paired: bool) -> GateTerms:
    return GateTerms(
        objective=design.objective,
        margin=design.margin,
        negligible_ms=design.negligible_p95_ms,
        levels=configurations,
        is_paired=is_paired,
    )


def _earlier(level: GateLevel, before: GateBaseline | None, *, is_paired: bool) -> GateLevel | None:
    name = f"{level.configuration}{BEFORE}" if is_paired else level.configuration
    return before.of(name, level.load) if before else None


def _doubt(now: GateBaseline, before: GateBaseline) -> Doubt | None:
    if now.machine != before.machine:
        return Doubt.OTHER_MACHINE
    both = now.asked.keys() & before.asked.keys()
    return Doubt.OTHER_OBJECTIVE if any(now.asked[key] != before.asked[key] for key in both) else None


def _asked(experiment: Experiment, script_digest: str) -> Iterator[tuple[str, str]]:
    yield "p95_ms", f"{experiment.objective.p95_ms:g}"
    yield "max_failure_share", f"{experiment.objective.max_failure_share:g}"
    yield "locustfile", str(experiment.load.locustfile)
    yield "warm_up_s", f"{experiment.load.warm_up_s:g}"
    if script_digest:
        yield "script", script_digest[:16]


def _changes(before: GateLevel, now: GateLevel) -> Iterator[str]:
    for key in sorted({*before.settings, *now.settings}):
        was, is_now = before.settings.get(key, "not set"), now.settings.get(key, "not set")
        if was != is_now:
            yield f"{key} was {was} and is {is_now}"


def _levels(experiment: Experiment, kept: tuple[TrialEvidence, ...]) -> Iterator[GateLevel]:
    """Yield each configuration at each load, at its first value on each axis; what no trial can be trusted of, too."""
    for configuration in experiment.configurations:
        trials = [
            entry
            for entry in kept
            if entry.record.trial.configuration == configuration.name
            and is_compared(entry.record.trial)
            and entry.record.trial.at == configuration.measured_at[0]
            and not entry.record.was_interrupted
        ]
        for load in dict.fromkeys((one.record.trial.users, one.record.trial.rate_per_s) for one in trials):
            users, rate_per_s = load
            there = [one for one in trials if (one.record.trial.users, one.record.trial.rate_per_s) == load]
            yield GateLevel(
                configuration=configuration.name,
                users=users,
                rate_per_s=rate_per_s,
                trials=tuple(_trials(there, experiment)),
                settings=settings_of(configuration, experiment),
            )


def _trials(entries: list[TrialEvidence], experiment: Experiment) -> Iterator[GateTrial]:
    for entry in entries:
        facts = facts_of(entry, experiment.objective)
        if facts is not None:
            yield _trial(entry, facts)


def _trial(entry: TrialEvidence, facts: Facts) -> GateTrial:
    return GateTrial(
        block=entry.record.trial.block,
        requests=facts.requests,
        failures=facts.failures,
        late=facts.late,
        p95_ms=facts.p95_ms,
        throughput_rps=facts.throughput_rps,
        together=_together(facts),
        causes=_causes(entry),
        broke=bool(facts.broke),
    )


def _together(facts: Facts) -> float:
    """Return how many failures came as one event, by the seconds of the trial."""
    failed = [second.failures for second in facts.seconds if second.failures]
    if not facts.failures:
        return 1.0
    if not failed:
        return float(facts.failures)
    # Where all failed there is no spread to see, and each second is one event.
    return sum(failed) / len(failed) if facts.failures == facts.requests else dispersion(facts.seconds)


def _causes(entry: TrialEvidence) -> Mapping[str, int]:
    counts: Counter[str] = Counter()
    for one in entry.diagnosis.causes if entry.diagnosis else ():
        if one.cause.id != RETRIED:
            counts[one.cause.id] += one.count
    return dict(sorted(counts.items()))
