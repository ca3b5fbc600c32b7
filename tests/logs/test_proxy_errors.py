"""Error lines are taken apart at fixed texts where nothing stands before them: as the patterns would."""

import random
import re
from pathlib import Path

from badgateway.logs import Source, read_logs
from badgateway.model.error_log import CONTEXT, ERRNO, HEAD, LINUX_ERRNO, REQUEST, UPSTREAM
from tests.logs.test_fuzz import mutated

HERE = Path(__file__).parent
ERROR_LOGS = (*HERE.glob("golden/nginx-*/*error*"), *HERE.glob("cases/*/*error*.log"))
MUTATED = 5_000
TAKEN_OVER = "line_number, connection, message, errno, request, upstream"


def genuine_lines() -> list[bytes]:
    return [line for log in ERROR_LOGS for line in log.read_bytes().splitlines() if re.search(HEAD.encode(), line)]


def by_patterns(line: str) -> tuple[object, ...]:
    head = re.search(HEAD, line)
    assert head is not None
    message = re.sub(CONTEXT, "", line[head.end() :], count=1)
    found = ((ERRNO, message), (REQUEST, line), (UPSTREAM, line))
    errno, request, upstream = (re.search(pattern, text) for pattern, text in found)
    return (
        int(head[3]) if head[3] and int(head[3]) < 2**63 else None,
        message,
        LINUX_ERRNO.get(int(errno[1]), int(errno[1])) if errno and int(errno[1]) < 2**31 else None,
        (request[1] or None) if request else None,
        (upstream[1] or None) if upstream else None,
    )


def test_mutated_lines_are_taken_apart_as_the_patterns_would(tmp_path):
    rng = random.Random(16)
    genuine = genuine_lines()
    changed = [mutated(rng.choice(genuine), rng).decode(errors="backslashreplace") for _ in range(MUTATED)]
    log = tmp_path / "error.log"
    log.write_text("\n".join([*(line.decode() for line in genuine * 3), *changed]))
    evidence = read_logs([Source(name="error.log", content=log)], mask=False, utc_offset_s=0)
    lines = log.read_text().split("\n")
    found = evidence.connection.table("proxy_errors").project(TAKEN_OVER).fetchall()

    assert len(found) > len(genuine)
    for line_number, *columns in found:
        assert tuple(columns) == by_patterns(lines[line_number - 1]), lines[line_number - 1]
