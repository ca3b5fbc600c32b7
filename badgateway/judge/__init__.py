"""Numbers in, verdicts and a recommendation out; pure, and knows nothing of files."""

from badgateway.judge.evidence import TrialEvidence
from badgateway.judge.recommend import recommend
from badgateway.judge.summarise import summarise, summarise_trial

__all__ = ["TrialEvidence", "recommend", "summarise", "summarise_trial"]
