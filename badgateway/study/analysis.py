"""From the raw files of a run to its summary and reports; starts nothing, so it can be repeated years later."""

from pathlib import Path

from badgateway.errors import RawDataError
from badgateway.judge.evidence import TrialEvidence
from badgateway.judge.recommend import recommend
from badgateway.judge.summarise import summarise
from badgateway.ledger.join import build
from badgateway.ledger.messages import messages
from badgateway.ledger.processes import read_uses
from badgateway.model.raw import ERROR_LOG
from badgateway.model.summary import StudySummary
from badgateway.model.trial import TrialRecord, TrialStatus
from badgateway.report.html_page import render_html
from badgateway.report.json_document import render_json
from badgateway.report.markdown_page import render_markdown
from badgateway.store.run_folder import RunFolder


def read_evidence(raw: Path, record: TrialRecord) -> TrialEvidence:
    """Read what a trial's raw files say; files that cannot be trusted become the evidence's problem."""
    if record.status is TrialStatus.ABORTED:
        return TrialEvidence(record=record, relation=None, problem=None, proxy_messages=(), uses=())
    try:
        ledger = build(raw, record.window)
        return TrialEvidence(
            record=record,
            relation=ledger.relation,
            problem=ledger.balance.problem(),
            proxy_messages=messages(raw / ERROR_LOG, ledger.probe_connections),
            uses=read_uses(raw, record.window),
        )
    except RawDataError as error:
        return TrialEvidence(record=record, relation=None, problem=str(error), proxy_messages=(), uses=())


def analyse(folder: RunFolder) -> StudySummary:
    """Recompute a run's summary, and the ledgers beside its raw files.

    Raises:
        ResultsError: The manifest or a record is damaged, or no trial has ended.
    """
    manifest = folder.manifest()
    evidence: list[TrialEvidence] = []
    for trial_folder in folder.trial_folders():
        found = read_evidence(trial_folder, folder.record(trial_folder))
        if found.relation is not None:
            folder.write_ledger(trial_folder, found.relation)
        evidence.append(found)
    configurations = summarise(manifest.experiment, evidence)
    return StudySummary(
        experiment=manifest.experiment,
        started=manifest.started,
        command=manifest.command,
        seed=manifest.experiment.seed,
        environment=manifest.environment,
        complete=len(evidence) == len(manifest.trials),
        configurations=configurations,
        recommendation=recommend(manifest.experiment, configurations),
    )


def publish(folder: RunFolder, study: StudySummary) -> Path:
    """Write report.html, report.md and report.json into the run; return the HTML file."""
    folder.write_text("report.json", render_json(study))
    folder.write_text("report.md", render_markdown(study))
    return folder.write_text("report.html", render_html(study))
