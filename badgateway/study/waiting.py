"""From the files of a run's diagnosis to what they say; starts nothing."""

from badgateway.model.waiting import DiagnosisPlan, Waiting
from badgateway.store.diagnosis_folder import DiagnosisFolder
from badgateway.study.cooperation import judged_again
from badgateway.study.loop import watched


def read_waiting(plan: DiagnosisPlan | None, folder: DiagnosisFolder) -> Waiting | None:
    """Recompute what a diagnosis found; None when there was none, or none of it had ended.

    Raises:
        ResultsError: A record is damaged.
    """
    proofs, trials, costs = folder.proofs(), folder.trials(), folder.costs()
    if plan is None or not (proofs or trials or costs):
        return None
    return Waiting(
        proofs=tuple(judged_again(proof, raw) for raw, proof in proofs),
        connect_costs=costs or (),
        loops=tuple(watched(record, raw) for raw, record in trials),
        complete=len(proofs) == len(plan.pairs) and len(trials) == len(plan.trials) and costs is not None,
    )
