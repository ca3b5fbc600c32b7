"""What is promised of verdicts and choices, counted over many studies of a world whose truth is known."""

import math
import multiprocessing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from badgateway.judge.proportion import proportion
from badgateway.model.comparison import Choice, ChoiceKind, Criterion, Relation
from badgateway.model.experiment import Objective
from badgateway.model.summary import Verdict
from badgateway.search import conclude
from tests.simulation.servers import design
from tests.simulation.worlds import (
    Failures,
    Noise,
    SimulatedServer,
    World,
    alike,
    normal,
    spikes,
    student,
    studies,
    two_states,
)

STRICT = Objective(max_failure_share=0.01, p95_ms=1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """So many of so many studies, and what was promised of them."""

    what: str
    count: int
    total: int
    at_most: float | None = None
    at_least: float | None = None

    @property
    def is_kept(self) -> bool:
        """Whether the exact 95 % interval's far end keeps it."""
        found = proportion(self.count, self.total)
        if self.at_most is not None:
            return found.high <= self.at_most
        return self.at_least is None or found.low >= self.at_least

    @property
    def is_broken(self) -> bool:
        """Whether even the near end breaks it; in between, there were too few studies to say."""
        found = proportion(self.count, self.total)
        if self.at_most is not None:
            return found.low > self.at_most
        return self.at_least is not None and found.high < self.at_least

    @property
    def line(self) -> str:
        """The promise as a line of the table."""
        if not self.total:
            return f"{'':6} {'none':26} {'':9} of 0: {self.what}"
        found = proportion(self.count, self.total)
        shown = f"{found.share:7.1%} [{found.low:.1%}, {found.high:.1%}]"
        return f"{self._word:6} {shown:26} {self._asked:9} of {self.total:,}: {self.what}"

    @property
    def _word(self) -> str:
        if self.at_most is None and self.at_least is None:
            return ""
        return "kept" if self.is_kept else "BROKEN" if self.is_broken else "open"

    @property
    def _asked(self) -> str:
        if self.at_most is not None:
            return f"<= {self.at_most:.1%}"
        return "" if self.at_least is None else f">= {self.at_least:.1%}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """A named world of noise."""

    name: str
    noise: Noise
    given: Mapping[str, object] | None = None

    def studies(self, number: int, configurations: Mapping[str, SimulatedServer], **given: object) -> Iterator[Choice]:
        """Run so many studies in it."""
        return studies(number, configurations, self.noise, **{**(self.given or {}), **given})


def _step(block: int, _place: float) -> float:
    return 0.2 if block > 4 else 0.0


def _drift(block: int, place: float) -> float:
    return 0.15 * block / 8 + 0.1 * place


def _sine(block: int, place: float) -> float:
    return 0.1 * math.sin(2 * math.pi * (block + place) / 4)


WEATHERS = (
    Weather(name="noise 3 %", noise=normal(0.03)),
    Weather(name="noise 10 %", noise=normal(0.1)),
    Weather(name="noise 20 %", noise=normal(0.2)),
    Weather(name="AR(0.8), 8 %", noise=normal(0.08), given={"wander": 0.8}),
    Weather(name="step", noise=normal(0.03), given={"drift": _step}),
    Weather(name="drift", noise=normal(0.03), given={"drift": _drift}),
    Weather(name="sine", noise=normal(0.03), given={"drift": _sine}),
    Weather(name="spikes", noise=spikes(0.03)),
    Weather(name="Student t2", noise=student(0.03)),
    Weather(name="two states", noise=two_states(0.05)),
)


def is_called_different(choice: Choice) -> bool:
    """Tell whether of configurations that are alike some is said to be worse."""
    worse = any(one.relation is Relation.WORSE for one in choice.rivalries)
    return worse or choice.kind is ChoiceKind.PICKED or any(one.at_look is not None for one in choice.eliminations)


def different(weather: Weather, configurations: int, number: int, **given: object) -> Promise:
    """Count how often configurations that are alike are called different."""
    found = sum(map(is_called_different, weather.studies(number, alike(configurations), **given)))
    return Promise(
        what=f"called different, {configurations} alike, {weather.name}", count=found, total=number, at_most=0.06
    )


def verdicts(
    failures: Failures, requests: int, blocks: int, number: int, **configuration: object
) -> list[tuple[Choice, bool]]:
    """Return each study of one configuration, and whether it saw a failure."""
    configurations = alike(1, replace(SimulatedServer(), failures=failures, **configuration))  # type: ignore[arg-type] # tests give what they like
    found = studies(number, configurations, normal(0.03), requests=requests, blocks=blocks, looks=(), objective=STRICT)
    return [(choice, bool(choice.ranking[0].failures or choice.ranking[0].broken_trials)) for choice in found]


def false_pass(what: str, failures: Failures, number: int, *, requests: int = 4000, blocks: int = 8) -> Promise:
    """Count the PASSes of a configuration at twice the objective, of the studies that saw a failure."""
    seen = [choice for choice, saw in verdicts(failures, requests, blocks, number) if saw]
    passed = sum(choice.ranking[0].verdict is Verdict.PASS for choice in seen)
    what = f"false PASS at twice the objective, {what}, {requests:,} x {blocks}"
    return Promise(what=what, count=passed, total=max(1, len(seen)), at_most=0.05)


def false_fail(what: str, failures: Failures, number: int, *, requests: int = 4000, blocks: int = 8) -> Promise:
    """Count the FAILs of a configuration at half the objective."""
    found = verdicts(failures, requests, blocks, number)
    failed = sum(choice.ranking[0].verdict is Verdict.FAIL for choice, _ in found)
    what = f"false FAIL at half the objective, {what}, {requests:,} x {blocks}"
    return Promise(what=what, count=failed, total=number, at_most=0.05)


def false_pass_below(number: int) -> Promise:
    """Count the PASSes of one that fails 8 % in one trial of four at its lower level, which may run once."""
    configurations = alike(1, SimulatedServer(low_failures=Failures(share=0.02, trials=0.25)))
    asked = design("configuration-0", levels=(50.0, 200.0), looks=(), objective=STRICT)
    seen = passed = 0
    for seed in range(number):
        ended = World(configurations=configurations, noise=normal(0.03), seed=seed).run(asked)
        if any(one.facts and one.facts.failures for one in ended):
            seen += 1
            passed += conclude(asked, ended).ranking[0].verdict is Verdict.PASS
    what = "false PASS at twice the objective, 1 of 4 trials at the lower level"
    return Promise(what=what, count=passed, total=max(1, seen), at_most=0.05)


def passes_when_dying(dies: float, number: int) -> float:
    """Return how often a configuration passes that fails 8 % in one trial of four, or whose server dies then."""
    found = verdicts(Failures(share=0.02, trials=0.25), 4000, 8, number, dies=dies)
    return sum(choice.ranking[0].verdict is Verdict.PASS for choice, _ in found) / number


def better(configurations: int, by: float) -> dict[str, SimulatedServer]:
    """Return configurations of which the last has a lower p95."""
    return {
        name: SimulatedServer(p95_ms=400 * (1 - by)) if name == f"configuration-{configurations - 1}" else one
        for name, one in alike(configurations).items()
    }


def picked(weather: Weather, number: int, at_least: float, **given: object) -> tuple[Promise, Promise]:
    """Count right and wrong picks of 8 configurations, the last of which is 10 % better."""
    found = [one for one in weather.studies(number, better(8, 0.1), **given) if one.kind is ChoiceKind.PICKED]
    right = sum(one.configuration == "configuration-7" for one in found)
    where = f"10 % better of 8, {weather.name}, {given.get('blocks', 8)} blocks"
    return (
        Promise(what=f"picked, {where}", count=right, total=number, at_least=at_least),
        Promise(what=f"wrong pick, {where}", count=len(found) - right, total=number, at_most=0.01),
    )


_OF_THE_STUDY = {
    "uwsgi-2": SimulatedServer(p95_ms=1300, failures=Failures(share=0.3)),
    "uwsgi-16": SimulatedServer(p95_ms=126),
    "uwsgi-gevent": SimulatedServer(p95_ms=185),
    "gunicorn-gevent": SimulatedServer(p95_ms=158),
    "gunicorn-gthread": SimulatedServer(p95_ms=168),
    "gunicorn-sync": SimulatedServer(p95_ms=441),
}
"""About what results/reference/servers has of them."""
_REQUESTS_OF_A_QUICK_TRIAL = 1300
_NAMING = (ChoiceKind.PICKED, ChoiceKind.EQUIVALENT)


def quick_is_answered(weather: Weather, number: int) -> Promise:
    """Count the quick studies of servers that name a configuration to run, whatever their noise."""
    quick = {"blocks": 6, "looks": (2, 3), "requests": _REQUESTS_OF_A_QUICK_TRIAL, "objective": STRICT}
    named = sum(
        choice.kind in _NAMING and choice.configuration != "uwsgi-2"
        for choice in weather.studies(number, _OF_THE_STUDY, **quick)
    )
    return Promise(what=f"a quick study says whom to run, {weather.name}", count=named, total=number, at_least=0.95)


def throughput_told(configurations: int, number: int, *, blocks: int) -> Promise:
    """Count the studies that tell that the others serve 20 % less."""
    served = {
        name: replace(one, throughput=1 if name == "configuration-0" else 0.8)
        for name, one in alike(configurations).items()
    }
    found = studies(number, served, normal(0.03), blocks=blocks, looks=(), throughput_noise=0.03)
    told = sum(
        choice.configuration == "configuration-0"
        and any(one.criterion is Criterion.THROUGHPUT and one.relation is Relation.WORSE for one in choice.rivalries)
        for choice in found
    )
    what = f"20 % less throughput told, {configurations} configurations, {blocks} blocks"
    return Promise(what=what, count=told, total=number, at_least=0.95)


def regret_is_true(weather: Weather, p95s_ms: Sequence[float], number: int, **given: object) -> Promise:
    """Count the studies whose stated regret is true."""
    configurations = {f"configuration-{index}": SimulatedServer(p95_ms=p95_ms) for index, p95_ms in enumerate(p95s_ms)}
    stated = [
        one for one in weather.studies(number, configurations, **given) if one.regret is not None and one.configuration
    ]
    true = sum(
        1 - min(p95s_ms) / configurations[one.configuration or ""].p95_ms <= (one.regret.share if one.regret else 0)
        for one in stated
    )
    spread = "alike" if len(set(p95s_ms)) == 1 else "spread"
    what = f"stated regret is true, {len(p95s_ms)} configurations {spread}, {weather.name}"
    return Promise(what=what, count=true, total=len(stated), at_least=0.95)


def in_a_line(number: int, spread: float) -> list[float]:
    """Return p95s evenly spread, the best first."""
    return [float(400 * math.exp(at)) for at in np.linspace(0, spread, number)]


Question = Callable[[], Promise | tuple[Promise | str, ...]]
"""Measures one promise or several; a text is a line without a promise."""
_asked: list[Question] = []
"""What the processes of `lines` answer; they are forked, because a world's noise is a function that cannot be sent."""


def lines(questions: Iterable[Question]) -> Iterator[str]:
    """Measure the promises, on all cores, and say each in its turn."""
    _asked[:] = questions
    with multiprocessing.get_context("fork").Pool() as pool:
        for found in pool.imap(_answer, range(len(_asked))):
            yield from found


def _answer(place: int) -> tuple[str, ...]:
    found = _asked[place]()
    each = found if isinstance(found, tuple) else (found,)
    return tuple(one if isinstance(one, str) else one.line for one in each)
