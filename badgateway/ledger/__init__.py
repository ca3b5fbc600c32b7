"""Raw files of one trial in, one row per request out; pure."""

from badgateway.ledger.balance import Balance
from badgateway.ledger.fill_evidence import fill_evidence
from badgateway.ledger.join import COLUMNS, Ledger, build, read
from badgateway.ledger.messages import messages
from badgateway.ledger.processes import uses

__all__ = ["COLUMNS", "Balance", "Ledger", "build", "fill_evidence", "messages", "read", "uses"]
