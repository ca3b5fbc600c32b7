"""What is seen of a server, for people: a screen that is drawn again, a line for a pipe, a summary."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.live_server import ContainerSeen, LiveServer, QueueSeen

_MOST_WORKERS = 12
_MOST_CAUSES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Most:
    """The most of each since the watch began."""

    waiting: int | None = None
    """None while no queue could be seen."""
    limit: int | None = None
    busy: int | None = None
    in_flight: int | None = None
    oldest_s: float | None = None
    rss_bytes: int = 0

    def with_look(self, seen: LiveServer) -> "Most":
        """Return the same with one look more."""
        fullest = max(seen.queues, key=lambda one: -1 if one.waiting is None else one.waiting, default=None)
        requests = seen.requests
        oldest = [
            one for one in (self.oldest_s, seen.oldest_s, requests.oldest_s if requests else None) if one is not None
        ]
        return Most(
            waiting=_larger(self.waiting, fullest.waiting if fullest else None),
            limit=fullest.limit if fullest and fullest.limit is not None else self.limit,
            busy=_larger(self.busy, seen.busy),
            in_flight=_larger(self.in_flight, requests.in_flight if requests else None),
            oldest_s=max(oldest, default=None),
            rss_bytes=max(self.rss_bytes, seen.rss_bytes),
        )


def screen(seen: LiveServer, most: Most) -> Iterator[str]:
    """Yield the lines of a screen, what matters most first."""
    yield from (f"accept queue   {_queue(one)}" for one in seen.queues)
    if seen.listen_overflows is not None:
        drops = f"{seen.listen_overflows:,} at full queues, {seen.listen_drops or 0:,} in all"
        yield f"TCP drops      {drops}, of the whole machine"
    yield f"workers        {_workers(seen)}"
    if seen.busy is not None:
        yield f"busy           {_of(seen.busy, seen.busy_limit)}{_oldest(seen.oldest_s)}"
    if seen.requests is not None:
        yield f"in flight      {_in_flight(seen)}"
        yield f"loop stood     {numbers.in_sentences(numbers.seconds(seen.requests.blocked_s))} in all"
    if seen.container is not None:
        yield f"container      {_container(seen.container)}"
    if seen.failures is not None:
        yield from (f"failed         {numbers.count(one.count)}: {one.title}" for one in seen.failures[:_MOST_CAUSES])
        if not seen.failures:
            yield "failed         nothing"
    yield f"most           {_most(most)}"
    for one in sorted(seen.workers, key=lambda worker: -(worker.cpu_share or 0.0))[:_MOST_WORKERS]:
        share = "-" if one.cpu_share is None else numbers.in_sentences(numbers.percent(one.cpu_share))
        memory = numbers.in_sentences(numbers.memory(one.rss_bytes))
        yield f"  pid {one.pid:<8} {share:>7} of a core  {memory:>8}  for {_age(one.age_s)}"
    yield from (f"not seen       {note}" for note in seen.notes)


def line(seen: LiveServer) -> str:
    """Return one line for a pipe."""
    parts = [f"queue {_queue(one)}" for one in seen.queues]
    parts.append(f"workers {_workers(seen)}")
    if seen.busy is not None:
        parts.append(f"busy {_of(seen.busy, seen.busy_limit)}{_oldest(seen.oldest_s)}")
    if seen.requests is not None:
        parts.append(f"in flight {_in_flight(seen)}")
    if seen.container is not None:
        parts.append(f"container {_container(seen.container)}")
    if seen.failures is not None:
        parts.append(f"failed {numbers.count(sum(one.count for one in seen.failures))}")
    return "; ".join(parts)


def summary(seen: LiveServer, most: Most) -> Sequence[str]:
    """Return what there was in all."""
    gone = () if seen.is_up else ("The server is gone: its first process ended.",)
    return (
        *gone,
        f"watched for {_age(seen.watched_s)}: {_most(most)}",
        f"{numbers.plural(seen.ended, 'worker')} ended; the server used "
        f"{numbers.in_sentences(numbers.seconds(seen.cpu_s))} of CPU"
        + (f"; {numbers.plural(seen.requests.lost, 'request')} died with a worker" if seen.requests else ""),
        *(f"{numbers.count(one.count)} failed: {one.title}{_more(one.cause)}" for one in seen.failures or ()),
    )


def _more(cause: str) -> str:
    return f" (badgateway cause {cause})" if cause else ""


def _queue(one: QueueSeen) -> str:
    if one.waiting is None:
        return f"not known at {one.listener}"
    full = " FULL" if one.limit is not None and one.waiting >= one.limit else ""
    return f"{_of(one.waiting, one.limit)}{full} at {one.listener}"


def _of(number: int, limit: int | None) -> str:
    return f"{number:,}" if limit is None else f"{number:,} of {limit:,}"


def _workers(seen: LiveServer) -> str:
    if not seen.is_up:
        return "the server is gone"
    memory = numbers.in_sentences(numbers.memory(seen.rss_bytes))
    return f"{len(seen.workers)}, {memory}; {seen.ended} ended"


def _in_flight(seen: LiveServer) -> str:
    found = seen.requests
    assert found is not None
    if not found.in_flight:
        return f"0; {found.lost} lost"
    name = f"{found.oldest_route} ({found.oldest_id})" if found.oldest_route else found.oldest_id
    which = f"the oldest {name} in pid {found.oldest_pid}{_oldest(found.oldest_s)}"
    return f"{found.in_flight}, {which}; {found.lost} lost"


def _container(seen: ContainerSeen) -> str:
    parts = []
    if seen.throttled is not None and seen.periods is not None:
        parts.append(f"throttled in {seen.throttled:,} of {seen.periods:,} periods")
    if seen.memory_bytes is not None and seen.memory_limit_bytes is not None:
        used, limit = (
            numbers.in_sentences(numbers.memory(one)) for one in (seen.memory_bytes, seen.memory_limit_bytes)
        )
        parts.append(f"{used} of {limit}")
    if seen.kills:
        parts.append(f"{seen.kills:,} KILLED for memory")
    return ", ".join(parts) or "not known"


def _oldest(age_s: float | None) -> str:
    return "" if age_s is None else f" for {numbers.in_sentences(numbers.seconds(age_s))}"


def _most(most: Most) -> str:
    parts = [] if most.waiting is None else [f"queue {_of(most.waiting, most.limit)}"]
    if most.busy is not None:
        parts.append(f"busy {most.busy}")
    if most.in_flight is not None:
        parts.append(f"in flight {most.in_flight}")
    if most.oldest_s is not None:
        parts.append(f"oldest request {numbers.in_sentences(numbers.seconds(most.oldest_s))}")
    return ", ".join([*parts, f"memory {numbers.in_sentences(numbers.memory(most.rss_bytes))}"])


def _age(age_s: float) -> str:
    if age_s < 120:
        return f"{round(age_s)} s"
    return f"{round(age_s / 60)} min" if age_s < 7200 else f"{round(age_s / 3600)} h"


def _larger(one: int | None, other: int | None) -> int | None:
    known = [value for value in (one, other) if value is not None]
    return max(known, default=None)
