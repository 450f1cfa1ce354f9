"""Apprise: one of its services against a real server, and what each of its results means."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from support.builders import article, due
from support.notifying import context
from support.silent_server import silent_server

from aggregator.errors import DeliveryFailed, DeliveryFailure, ExtraMissing
from aggregator.model.alerts import Channel, Sent
from aggregator.model.ids import ChannelId
from aggregator.model.messages import Markup, Message, WhenUnknown
from aggregator.notifiers.apprise import PLUGIN, AppriseNotifier, AppriseOptions

# Apprise's e-mail plugin loads a module that Python deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")

SECRET = "s3cret-path"


@dataclass
class Service:
    """A server for Apprise's `json://` that answers as it is told."""

    status: int = 200
    port: int = 0
    documents: list[dict[str, Any]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        """Keep the document, and answer."""
        self.documents.append(json.loads(await request.read()))
        return web.Response(status=self.status)


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    """A service on loopback."""
    service = Service()
    application = web.Application()
    application.router.add_post(f"/{SECRET}", service.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    service.port = runner.addresses[0][1]
    yield service
    await runner.cleanup()


def notifier_for(url: str) -> AppriseNotifier:
    """A notifier for one of Apprise's addresses."""
    return PLUGIN.open(
        Channel(id=ChannelId("desk"), type="apprise"), AppriseOptions.model_validate({"url": url}), context(20)
    )


def message(**changes: Any) -> Message:
    """An alert in plain text."""
    made = Message(text="Captives <b>&\n\nThey were called.", subject="Captives <b>&", due=due(article()))
    return replace(made, **changes)


async def test_a_message_arrives_as_it_was_meant(service: Service) -> None:
    """The headline is the title and not in the text again, and nothing is taken for markup."""
    notifier = notifier_for(f"json://127.0.0.1:{service.port}/{SECRET}")

    sent = await notifier.send(message())
    await notifier.send(message(subject=""))
    await notifier.close()
    await notifier.close()

    first, second = service.documents
    assert sent == Sent()
    assert (first["title"], first["message"]) == ("Captives <b>&", "They were called.")
    assert second["message"] == "Captives <b>&\n\nThey were called."
    assert notifier.capabilities.markup is Markup.PLAIN
    assert notifier.capabilities.text_limit == 32768
    assert notifier.capabilities.when_unknown is WhenUnknown.RETRY


def test_a_service_without_titles_keeps_the_headline_in_the_text() -> None:
    """A short message service shows the text alone, and its limit is that of the channel."""
    notifier = notifier_for("bulksms://user:password@15145550000")

    result = notifier._service

    assert result.title_maxlen == 0
    assert notifier.capabilities.text_limit == result.body_maxlen


async def test_the_text_of_a_service_without_titles_is_whole(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no title is shown, none is given: the text begins with the headline anyway."""
    notifier = notifier_for(f"json://127.0.0.1:{service.port}/{SECRET}")
    monkeypatch.setattr(type(notifier._service), "title_maxlen", 0)

    await notifier.send(message())
    await notifier.close()

    assert service.documents[0]["message"] == "Captives <b>&\n\nThey were called."


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (400, DeliveryFailure.REJECTED),
        (401, DeliveryFailure.UNAUTHORIZED),
        (403, DeliveryFailure.UNAUTHORIZED),
        (404, DeliveryFailure.RECIPIENT_GONE),
        (429, DeliveryFailure.THROTTLED),
        (500, DeliveryFailure.UNAVAILABLE),
        (599, DeliveryFailure.UNAVAILABLE),
        (499, DeliveryFailure.REJECTED),
    ],
)
async def test_a_status_in_what_apprise_says_decides(service: Service, status: int, reason: DeliveryFailure) -> None:
    """A failure with a status is as clear as the service's answer; the address's secrets are struck out."""
    service.status = status
    notifier = notifier_for(f"json://127.0.0.1:{service.port}/{SECRET}?retry=3&wait=0&optional=yes")

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(message())
    await notifier.close()

    assert caught.value.reason is reason
    assert f"error={status}" in caught.value.detail
    assert SECRET not in str(caught.value)
    assert len(service.documents) == 1


async def test_a_failure_without_a_status_is_an_unknown_outcome() -> None:
    """Apprise says the same of a server that is not there and of one that broke off: nobody knows."""
    notifier = notifier_for(f"json://127.0.0.1:1/{SECRET}")

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(message())
    await notifier.close()

    assert caught.value.reason is DeliveryFailure.OUTCOME_UNKNOWN
    assert "Connection error" in caught.value.detail


async def test_a_library_that_does_not_come_back_holds_one_thread() -> None:
    """After the timeout the outcome is unknown; until the thread is back nothing more is given to it."""
    threads = threading.active_count()
    with silent_server() as url:
        address = f"{url.replace('http', 'json')}/{SECRET}?rto=3"
        notifier = notifier_for(address)
        notifier.context = replace(notifier.context, send_timeout=timedelta(milliseconds=200))

        with pytest.raises(DeliveryFailed, match="outcome unknown: JSON did not answer in time"):
            await notifier.send(message())
        with pytest.raises(DeliveryFailed, match="unavailable: JSON still has the message before"):
            await notifier.send(message())
        held = threading.active_count() - threads

    assert notifier._last is not None
    await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(notifier._last)), 30)
    await notifier.close()
    assert held == 1


async def test_nobody_to_send_to_is_a_mistake(service: Service) -> None:
    """Apprise's third result, neither sent nor failed, is no success."""
    from apprise import AppriseResult  # noqa: PLC0415 - an extra

    notifier = notifier_for(f"json://127.0.0.1:{service.port}/{SECRET}")

    with pytest.raises(DeliveryFailed) as caught:
        notifier._check(AppriseResult())

    assert caught.value.reason is DeliveryFailure.MISCONFIGURED


async def test_messages_are_not_edited() -> None:
    """What was sent cannot be changed."""
    notifier = notifier_for("json://127.0.0.1/")

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.edit("1", message())

    assert caught.value.reason is DeliveryFailure.MESSAGE_GONE


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the library the message names the command that installs it; an unknown address is not shown."""
    good = AppriseOptions.model_validate({"url": "json://127.0.0.1/"})
    bad = AppriseOptions.model_validate({"url": f"nonsense://{SECRET}"})

    assert PLUGIN.missing(good, context()) is None
    unknown = PLUGIN.missing(bad, context())
    with pytest.raises(DeliveryFailed, match="does not know the address"):
        _ = notifier_for(f"nonsense://{SECRET}").capabilities
    monkeypatch.setitem(sys.modules, "apprise", None)
    extra = PLUGIN.missing(good, context())
    with pytest.raises(ExtraMissing):
        _ = notifier_for("json://127.0.0.1/").capabilities

    assert unknown is not None
    assert SECRET not in unknown
    assert extra is not None
    assert "pip install 'aggregator[apprise]'" in extra
