"""How much of one person or chat the bot listens to."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum

BURST = 20
EVERY = timedelta(seconds=3)
"""So many commands at once, and one more each three seconds: more than a person types or presses."""

_MOST_KNOWN = 10_000


class Hearing(Enum):
    """What becomes of a command: it is done, it is refused with one line, or nothing is said."""

    DONE = "done"
    TOLD = "told"
    SILENT = "silent"


class FloodGate:
    """Counts the commands of each person: who sends too many is told so once, and then not heard for a while."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._tokens: OrderedDict[int, tuple[float, datetime, bool]] = OrderedDict()

    def hear(self, who: int) -> Hearing:
        """Count one command."""
        now = self._clock()
        tokens, counted_at, was_told = self._tokens.pop(who, (float(BURST), now, False))
        tokens = min(tokens + (now - counted_at) / EVERY, BURST)
        if tokens >= 1:
            hearing, tokens, was_told = Hearing.DONE, tokens - 1, False
        else:
            hearing, was_told = (Hearing.SILENT if was_told else Hearing.TOLD), True
        self._tokens[who] = (tokens, now, was_told)
        if len(self._tokens) > _MOST_KNOWN:
            self._tokens.popitem(last=False)
        return hearing
