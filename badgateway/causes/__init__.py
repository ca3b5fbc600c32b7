"""The catalogue of causes, and the rules that find them in evidence."""

from badgateway.causes.catalogue import BY_ID, CAUSES, RULES
from badgateway.causes.diagnose import diagnose
from badgateway.causes.lost_packets import over_lines_that_explain
from badgateway.causes.rule import Rule, Way

__all__ = ["BY_ID", "CAUSES", "RULES", "Rule", "Way", "diagnose", "over_lines_that_explain"]
