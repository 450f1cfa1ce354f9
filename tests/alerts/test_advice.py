"""What a person is told to do about a delivery that did not arrive."""

from __future__ import annotations

import pytest

from aggregator.alerts.advice import advice_for
from aggregator.errors import DeliveryFailed, DeliveryFailure


@pytest.mark.parametrize("failure", DeliveryFailure)
def test_every_reason_has_its_advice(failure: DeliveryFailure) -> None:
    """As it is stored with a delivery; and it is a whole sentence."""
    advice = advice_for(f"{DeliveryFailed(failure, 'some detail')} (last of 300 tries in 3 days)")

    assert advice is not None
    assert advice.endswith(".")


@pytest.mark.parametrize("reason", ["", "its channel is no longer configured; configure it again, then retry"])
def test_a_reason_of_our_own_says_itself_what_to_do(reason: str) -> None:
    """There is nothing to add."""
    assert advice_for(reason) is None
