"""Raw files of one trial in, one row per request out; pure."""

from badgateway.ledger.balance import Balance
from badgateway.ledger.join import COLUMNS, Ledger, build, read
from badgateway.ledger.messages import messages
from badgateway.ledger.processes import read_uses

__all__ = ["COLUMNS", "Balance", "Ledger", "build", "messages", "read", "read_uses"]
