"""Text cut to what a service takes."""

from __future__ import annotations

from collections.abc import Callable

from aggregator.alerts.markup import measure
from aggregator.alerts.styled import StyledText, plain_text, truncate
from aggregator.model.messages import Capabilities


def is_within(runs: StyledText, limit: int, capabilities: Capabilities) -> bool:
    """Whether the service counts at most `limit` for `runs`, in the unit in which it counts."""
    return measure(runs, capabilities.markup, capabilities.length_unit) <= limit


def cut_to_fit(
    runs: StyledText, least: int, limit: int, capabilities: Capabilities, *, around: Callable[[StyledText], StyledText]
) -> StyledText | None:
    """Return as much of `runs` as fits with what is `around` it; None when not even `least` characters do."""

    def fits(size: int) -> bool:
        return is_within(around(truncate(runs, size)), limit, capabilities)

    most = len(plain_text(runs))
    low = min(least, most)
    if not fits(low):
        return None
    while low < most:
        middle = (low + most + 1) // 2
        if fits(middle):
            low = middle
        else:
            most = middle - 1
    return truncate(runs, low)
