"""Numbers in, verdicts and a recommendation out; pure, and knows nothing of files."""

from badgateway.judge.axis_rankings import rank_along_axes
from badgateway.judge.confirm import confirm
from badgateway.judge.ladder import ladder
from badgateway.judge.summarise import summarise, summarise_trial
from badgateway.judge.trial_evidence import TrialEvidence

__all__ = ["TrialEvidence", "confirm", "ladder", "rank_along_axes", "summarise", "summarise_trial"]
