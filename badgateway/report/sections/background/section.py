"""How it was measured, what it could not have seen, where it ran, and how to repeat it."""

from dataclasses import asdict, dataclass

from badgateway import numbers
from badgateway.model.experiment import Experiment
from badgateway.model.places import Limits
from badgateway.model.run_summary import RunSummary
from badgateway.report.cells import Setting
from badgateway.report.html import render
from badgateway.report.markdown import blocks, bullets, code_span, escaped
from badgateway.report.section import Object, Section
from badgateway.report.sections.background import method


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """The whole section."""

    name: str
    """Of the experiment."""
    started: str
    method: tuple[str, ...]
    limits: tuple[str, ...]
    environment: tuple[Setting, ...]
    versions: tuple[Setting, ...]
    command: str
    seed: str


class LimitsSection(Section):
    """What a reader of a comment should know of the beginning of the run, and of what it could not have seen."""

    def markdown(self, run: RunSummary, /) -> str:
        """Return a run's limits, and what was unusual; the page has it with the method."""
        unseen = bullets(method.limits(run)) if run.choice is not None else ""
        return blocks(
            *(("What this could not have seen:", unseen) if unseen else ()),
            bullets(method.circumstances(run.circumstances)),
        )


class BackgroundSection(Section):
    """The method, the limits, the environment and the command."""

    def html(self, run: RunSummary, /) -> str:
        """Return all of it."""
        return render("background/background.html.j2", view=build(run))

    def markdown(self, run: RunSummary, /) -> str:
        """Return the command and the environment, in a line each."""
        view = build(run)
        return blocks(
            f"Latency is of OK requests only; {numbers.NO_DATA} means there is no number.",
            f"Reproduce: {code_span(view.command)} (seed {view.seed}; run of {view.started})",
            f"Environment: {escaped(_in_a_line(view))}",
        )

    def objects(self, run: RunSummary, /) -> Object:
        """Return the experiment as declared, the environment, and what was known of both when the run began."""
        return {
            "experiment": _experiment(run.experiment, run.seed),
            "environment": _environment_object(run),
            "circumstances": asdict(run.circumstances) if run.circumstances else None,
        }


def build(run: RunSummary) -> Background:
    """Return the section of a run."""
    return Background(
        name=run.experiment.name,
        started=run.started,
        method=method.measured(run),
        limits=method.limits(run),
        environment=_environment(run),
        versions=_versions(run),
        command=run.command,
        seed=str(run.seed),
    )


def _environment(run: RunSummary) -> tuple[Setting, ...]:
    found = run.environment
    somaxconn = "no such setting" if found.somaxconn is None else numbers.count(found.somaxconn)
    return (
        Setting(name="System", value=found.system),
        Setting(name="Processor", value=f"{found.cpu}, {numbers.plural(found.cores, 'core')}"),
        Setting(name="Memory", value=numbers.memory(found.memory_bytes)),
        Setting(name="Python", value=found.python),
        Setting(name="net.core.somaxconn", value=somaxconn),
        *(Setting(name=f"Kernel's limits at [places] {key}", value=_limits(one)) for key, one in run.limits.items()),
        Setting(name="Servers ran as", value=found.account),
    )


def _limits(found: Limits) -> str:
    first, last = found.ip_local_port_range
    return f"net.core.somaxconn {numbers.count(found.somaxconn)}, net.ipv4.ip_local_port_range {first} {last}"


def _versions(run: RunSummary) -> tuple[Setting, ...]:
    found = sorted(run.environment.versions, key=lambda version: (version[0].casefold(), version))
    return tuple(Setting(name=name, value=value) for name, value in found)


def _in_a_line(view: Background) -> str:
    system, processor, memory, python = (setting.value for setting in view.environment[:4])
    versions = ", ".join(f"{version.name} {version.value}" for version in view.versions)
    return f"{system}; {processor}; {memory}; Python {python}; {versions}"


def _experiment(experiment: Experiment, seed: int) -> Object:
    declared = experiment.model_dump(mode="json", exclude={"configurations"})
    return {**declared, "seed": seed}


def _environment_object(run: RunSummary) -> Object:
    found = run.environment
    return {
        "system": found.system,
        "cpu": found.cpu,
        "cores": found.cores,
        "memory_bytes": found.memory_bytes,
        "python": found.python,
        "somaxconn": found.somaxconn,
        "places": {key: asdict(limits) for key, limits in run.limits.items()},
        "lines": {key: asdict(carried) for key, carried in run.lines.items()},
        "account": found.account,
        "versions": dict(sorted(found.versions)),
    }
