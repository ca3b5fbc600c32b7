"""A run of a site that already runs."""

from dataclasses import replace

from badgateway.model.experiment import Experiment
from badgateway.model.outcome import Outcome
from badgateway.model.run_summary import Decision, Recommendation, RunSummary
from badgateway.model.site_log import SiteAccount
from tests.declared import declared
from tests.report.builders import level, measurement, summary
from tests.report.comparison import run_summary

NAME = "four-workers"
SITE = {"url": "https://staging.example.org", "i_may_load": "staging.example.org", "logs": ["access.log"]}
ATTACHED = {"name": NAME, "server": "kit:attached", "kind": "attached", "driver": "none", "workers": 1}
CLOSED = SiteAccount(answered=300, by_id=300, by_likeness=0, others=12, clock_ahead_s=(2.4995, 2.5014))
HALF = SiteAccount(
    answered=300,
    by_id=0,
    by_likeness=150,
    others=0,
    clock_ahead_s=None,
    cut_short="26 of the last 50 requests failed",
    problems=("ssh staging cat x: ended with status 255",),
)
NOTHING = SiteAccount(answered=300, by_id=0, by_likeness=0, others=0, clock_ahead_s=None)


def of_site(*accounts: SiteAccount) -> RunSummary:
    """Return a run of one configuration whose trials had these accounts."""
    made = Experiment.model_validate(
        declared(
            target=SITE,
            load={"locustfile": "load.py", "users": [50]},
            database={"system": "none"},
            configurations=[ATTACHED],
            application={"prepare": [], "restore": [], "wait_path": None},
        )
    )
    entry = level(NAME, 50, 1, measurement({Outcome.OK: 300}, (50, 60, 70, 80)))
    trials = tuple(replace(entry.trials[0], site=account) for account in accounts)
    recommendation = Recommendation(
        decision=Decision.PICKED,
        configuration=NAME,
        sentence=f"Run {NAME}: it meets the objective at every level.",
        reasons=("It is the only configuration.",),
        ranking=(NAME,),
    )
    entries = [summary(made.configurations[0], [replace(entry, trials=trials)])]
    return run_summary(entries, recommendation, declared_experiment=made)


def running_site() -> RunSummary:
    """Return a run with all that may be told of one."""
    return of_site(CLOSED, HALF)
