"""How a site that already runs is treated, request by request; runs inside Locust's own process only."""

from collections.abc import Iterable

import gevent

from badgateway.ledger.outcome import outcome_of_row
from badgateway.load.restraint import Brake, Pacer, Restraint
from badgateway.load.rows import ClientRow
from badgateway.load.wire import Connection, now_s
from badgateway.model.outcome import Outcome
from badgateway.model.request_marks import ID_HEADER, marks


class Courtesy:
    """Keeps to what was spelled out; of a run's own site nothing was."""

    def __init__(self, restraint: Restraint | None) -> None:
        self._restraint = restraint
        self._pacer = Pacer(restraint.most_requests_per_s) if restraint else None
        self._brake = Brake(restraint.stop_at_failure_share) if restraint else None

    @property
    def is_asked_for(self) -> bool:
        """Whether the site is one that already runs."""
        return self._restraint is not None

    def connection(self, url: str) -> Connection:
        """Return a new connection to a base address."""
        return Connection.to(url, self._restraint.ca_file if self._restraint else "")

    def marks(self, request_id: str, site: str) -> dict[str, str]:
        """Return the fields that a request is known by: in logs that are not the kit's, whichever they write."""
        return marks(request_id, site, now_s()) if self._restraint else {ID_HEADER: request_id}

    def await_turn(self, method: str) -> str:
        """Return when a request may be sent, or at once, and then why it never may."""
        if self._restraint is None or self._pacer is None:
            return ""
        if why := self._restraint.refusal(method):
            return why
        if (wait_s := self._pacer.wait_s(now_s())) > 0:
            gevent.sleep(wait_s)
        return ""

    def misdirection(self, path: str, fields: Iterable[str]) -> str:
        """Return why a request, of which the user's file names the path and fields, may go astray; or empty."""
        return self._restraint.misdirection(path, fields) if self._restraint else ""

    def why_end(self, row: ClientRow) -> str:
        """Take note of a request that ended; return why the load has to end with it, empty while it may go on."""
        if self._brake is None:
            return ""
        outcome = outcome_of_row(row.status, row.error, accepted=row.accepted)
        return self._brake.take(failed=outcome is not Outcome.OK)
