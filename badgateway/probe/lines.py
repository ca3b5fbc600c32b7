"""What befalls a line of [places]: its device is deleted or taken down, or it drops packets that it was not to lose."""

import threading
from collections.abc import Callable, Iterable

from badgateway import numbers
from badgateway.model.places import Carried
from badgateway.model.trial import Disturbance, OutsidePart
from badgateway.process.line_watch import Lapse, LineWatch

MOST_DROPPED_SHARE = 0.001
"""Of a line's packets. More than that are packets of one request in a few hundred: its p99 is no more the server's."""
_LOOK_S = 0.1
"""Between two looks: a time in it is not known any better."""


class Lines:
    """Looks through one line again and again, until the kit is about to take it away."""

    def __init__(self, name: str, watch: LineWatch, exit_code: Callable[[], int | None]) -> None:
        """Watch the line of that name, whose process tells how it ended; None while it runs."""
        self._name = name
        self._watch = watch
        self._exit_code = exit_code
        self._lapses: list[Lapse] = []
        self._is_over = False
        self._lock = threading.Lock()

    @property
    def carried(self) -> Carried:
        """What it did with the packets by now."""
        return self._watch.carried

    def look(self) -> Iterable[Disturbance]:
        """Keep what is over: until the process has been asked how it fares, nobody knows what a device went with."""
        with self._lock:
            if not self._is_over:
                self._lapses.extend(self._watch.lapses())
        return ()

    def end(self) -> Iterable[Disturbance]:
        """Return nothing: what is still so then, the kit has done."""
        return ()

    def finish(self) -> tuple[Disturbance, ...]:
        """Return what befell it, and look no more; to be called before the kit takes it away."""
        with self._lock:
            if self._is_over:
                return ()
            self._lapses.extend(self._watch.end())
            self._is_over = True
        code = self._exit_code()
        # A device goes with a process that is killed, which is told by itself.
        lapses = () if code is not None and code < 0 else self._lapses
        # What was lost while a line was cut is no matter of its room.
        return tuple(self._cut(one) for one in lapses) or tuple(self._dropped())

    def _cut(self, found: Lapse) -> Disturbance:
        how = f"{self._name} was cut for {max(found.lasted_s, _LOOK_S):.1f} s: its device {found.how}"
        return Disturbance(
            part=OutsidePart.RELAY,
            what=f"{how}, and the kit had not done it",
            at_s=found.at_s,
            lasted_s=found.lasted_s,
        )

    def _dropped(self) -> Iterable[Disturbance]:
        carried = self.carried
        if carried.share > MOST_DROPPED_SHARE:
            yield Disturbance(
                part=OutsidePart.RELAY,
                what=(
                    f"{self._name} dropped {numbers.count(carried.dropped)} of "
                    f"{numbers.plural(carried.packets, 'packet')} for want of room, and was not to lose them"
                ),
            )
