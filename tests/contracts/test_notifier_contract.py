"""What every notifier keeps to, over all that ship: the same that others run on theirs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from support.services import missing_services, working_services

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Sent
from aggregator.model.messages import Capabilities, Markup, Message, RateLimit
from aggregator.notifiers.conformance import broken_promises
from aggregator.notifiers.registry import known_types

KINDS = known_types()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_notifier_keeps_its_promises(kind: str, tmp_path: Path) -> None:
    """The longest message and a digest are taken, edits and answers are as it says, one error, closed twice."""
    async with working_services(tmp_path) as services:
        notifier = services.open(kind)

        assert await broken_promises(notifier, missing_services(tmp_path).open(kind)) == []


@pytest.mark.parametrize("kind", KINDS)
def test_limits_are_named_without_secrets(kind: str, tmp_path: Path) -> None:
    """Where a limit counts is stored: no token and no secret address is in its name."""
    nowhere = missing_services(tmp_path)
    secrets = [str(nowhere.options[kind].get(name)) for name in ("token", "webhook_url", "topic", "password")]

    scopes = [limit.scope for limit in nowhere.open(kind).capabilities.limits]

    assert not [scope for scope in scopes for secret in (*secrets, "test-token") if len(secret) > 1 and secret in scope]


class Careless:
    """A notifier of somebody who did not read the contract."""

    def __init__(self, capabilities: Capabilities, outcome: object) -> None:
        self.capabilities = capabilities
        self._outcome = outcome

    async def send(self, message: Message) -> Sent:
        """End as it is told."""
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome  # type: ignore[return-value] # it is what a careless notifier does

    async def edit(self, message_id: str, message: Message) -> Sent:
        """As it sends."""
        return await self.send(message)

    async def close(self) -> None:
        """Nothing is open."""


PLAIN = Capabilities(markup=Markup.PLAIN, text_limit=100)
EDITS = Capabilities(markup=Markup.PLAIN, text_limit=100, can_edit=True)
REFUSED = DeliveryFailed(DeliveryFailure.REJECTED, "no")
DOWN = DeliveryFailed(DeliveryFailure.UNAVAILABLE, "down")


@pytest.mark.parametrize(
    ("capabilities", "outcome", "at_nobody", "words"),
    [
        (Capabilities(markup=Markup.PLAIN, text_limit=0), Sent(), DOWN, "text_limit"),
        (
            Capabilities(
                markup=Markup.PLAIN,
                text_limit=100,
                limits=(RateLimit(scope="s", count=0, period=timedelta(seconds=1)),),
            ),
            Sent(),
            DOWN,
            "lets nothing through",
        ),
        (PLAIN, None, DOWN, "send returned None"),
        (PLAIN, REFUSED, DOWN, "failed: rejected: no"),
        (PLAIN, Sent(message_id="1"), DOWN, "two messages of one digest"),
        (EDITS, Sent(), DOWN, "names no message"),
        (PLAIN, Sent(), REFUSED, "not a failure that may pass"),
        (PLAIN, Sent(), KeyError("x"), "raises KeyError"),
        (PLAIN, Sent(), Sent(), "nobody there"),
    ],
)
async def test_a_promise_that_is_broken_is_named(
    capabilities: Capabilities, outcome: object, at_nobody: object, words: str
) -> None:
    """Whoever writes a notifier is told what is wrong with it."""
    broken = await broken_promises(Careless(capabilities, outcome), Careless(PLAIN, at_nobody))

    assert [words in sentence for sentence in broken] == [True]
