"""Finds the causes of the failures in stretches of logs, in a process of its own that is gone when it has told them."""

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from badgateway.analysis.explanation import count_once, given_kinds
from badgateway.causes import diagnose
from badgateway.causes.catalogue import BY_ID
from badgateway.causes.live_incidents import FailedSecond, failed_seconds
from badgateway.logs.following import LogFollower
from badgateway.study.log_watch import Stretch

_SEEN_BYTES = 128 * 1024
"""Of what stands before a stretch, to learn its kind by."""


def lines_of(one: Stretch) -> tuple[bytes, bytes]:
    """Return what stands before a stretch, and its lines.

    Raises:
        OSError: It is not there any more: what was told of it before holds.
    """
    start = max(one.begin - _SEEN_BYTES, 0)
    with Path(one.path).open("rb") as file:
        file.seek(start)
        before, lines = file.read(one.begin - start), file.read(one.end - one.begin)
    if start + len(before) + len(lines) < one.end:
        raise OSError(f"{one.path} is shorter than it was")
    whole = before.rfind(b"\n") + 1
    return before[:whole], before[whole:] + lines


def failures_in(stretches: Sequence[Stretch]) -> list[FailedSecond]:
    """Return the failures of all of them, with their causes, by second."""
    with tempfile.TemporaryDirectory(prefix="badgateway-watch-") as folder:
        follower = LogFollower(
            [one.path for one in stretches],
            Path(folder),
            utc_offset_s=None,
            likely_offset_s=float(time.localtime().tm_gmtoff),
            mask=True,
        )
        try:
            return _found(follower, stretches)
        finally:
            follower.close()


def _found(follower: LogFollower, stretches: Sequence[Stretch]) -> list[FailedSecond]:
    for number, one in enumerate(stretches):
        before, lines = lines_of(one)
        follower.see(number, before)
        follower.take(number, lines, 0.0)
    with follower.evidence() as evidence:
        count_once(evidence.connection)
        given = given_kinds(evidence.files)
        diagnose(evidence.connection, requests=evidence.requests, given=given, mask=True)
        return failed_seconds(evidence.connection, time.time(), mask=True)


def main() -> None:
    """Print one line of JSON: failures by second and cause, the causes' titles, and the CPU time that it took."""
    found = failures_in([Stretch(**one) for one in json.loads(sys.argv[1])])
    counts: Counter[tuple[int, str]] = Counter()
    for each in found:
        counts[each.second, each.cause_id] += each.count
    causes = {cause for _, cause in counts if cause}
    told = {
        "failed": [[second, cause, count] for (second, cause), count in counts.items()],
        "titles": {cause: BY_ID[cause].title for cause in causes},
        "cpu_s": time.process_time(),
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main()
