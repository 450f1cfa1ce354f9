"""A delivery as a person looks at it who wants to know what became of it."""

from __future__ import annotations

from dataclasses import dataclass

from aggregator.model.alerts import DueDelivery
from aggregator.model.traces import DeliveryAttempt


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryDetails:
    """A delivery with all that its message can say, and what became of it, the first thing first.

    What a person decided stands among the attempts: the `detail` of that is who.
    """

    due: DueDelivery
    attempts: tuple[DeliveryAttempt, ...]
