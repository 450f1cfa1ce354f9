"""What every notifier keeps to: each sentence of `ports.Notifier`, over all that ship."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from support.builders import article, due, match
from support.services import Services, missing_services, working_services

from aggregator.alerts.rendering import render
from aggregator.errors import DeliveryFailed
from aggregator.model.alerts import Sent
from aggregator.model.messages import Message
from aggregator.model.rules import Field
from aggregator.notifiers.registry import known_types
from aggregator.ports import Notifier

KINDS = known_types()


@pytest.fixture
async def services(tmp_path: Path) -> AsyncIterator[Services]:
    """A service of each kind that takes everything within its limits."""
    async with working_services(tmp_path) as running:
        yield running


def longest_message(notifier: Notifier) -> Message:
    """As long a message as the notifier says that it takes, with every character that needs care."""
    subject = article(title="<b>&amp; *_`[ captives 👩\u200d🚀 " * 40, summary="long & <words> 👩\u200d🚀 " * 3000)
    item = due(subject, match(subject, "r1", (Field.TITLE, "captives")))
    text = render(item, notifier.capabilities, "UTC")
    return Message(text=text, due=item, subject=subject.title, plain=subject.title)


@pytest.mark.parametrize("kind", KINDS)
async def test_the_longest_message_is_taken(kind: str, services: Services) -> None:
    """What is rendered for a notifier's capabilities is what its service takes; sending says so."""
    notifier = services.open(kind)

    sent = await notifier.send(longest_message(notifier))
    await notifier.close()

    assert isinstance(sent, Sent)


@pytest.mark.parametrize("kind", KINDS)
async def test_what_can_be_edited_or_answered_has_a_name(kind: str, services: Services) -> None:
    """A service that lets messages be changed says by which id; it takes an edit, twice the same, and a reply."""
    notifier = services.open(kind)
    message = longest_message(notifier)
    changed = replace(message, text="changed", plain="changed", subject="changed")

    sent = await notifier.send(message)
    if notifier.capabilities.can_edit:
        assert sent.message_id
        for _ in range(2):
            sent = await notifier.edit(sent.message_id or "", changed)
    if notifier.capabilities.can_reply:
        assert sent.message_id
        await notifier.send(replace(changed, reply_to=sent.message_id))
    await notifier.close()

    assert isinstance(sent, Sent)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_failure_is_always_the_one_error(kind: str, tmp_path: Path) -> None:
    """A service that cannot be reached raises DeliveryFailed, with a reason that may pass."""
    notifier = missing_services(tmp_path).open(kind)

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(longest_message(notifier))
    await notifier.close()

    assert caught.value.reason.is_passing


@pytest.mark.parametrize("kind", KINDS)
async def test_closing_twice_is_closing_once(kind: str, services: Services) -> None:
    """Closing is idempotent, used or not."""
    notifier = services.open(kind)

    await notifier.close()
    await notifier.close()

    assert notifier.capabilities.text_limit > 0


@pytest.mark.parametrize("kind", KINDS)
def test_limits_are_named_without_secrets(kind: str, tmp_path: Path) -> None:
    """Where a limit counts is stored: no token and no secret address is in its name."""
    nowhere = missing_services(tmp_path)
    secrets = [str(nowhere.options[kind].get(name)) for name in ("token", "webhook_url", "topic", "password")]

    scopes = [limit.scope for limit in nowhere.open(kind).capabilities.limits]

    assert not [scope for scope in scopes for secret in (*secrets, "test-token") if len(secret) > 1 and secret in scope]
