"""Webhooks: the document, its headers, and what each answer means."""

from __future__ import annotations

import hashlib
import hmac
import io
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from aiohttp import web
from support.builders import article, due, match
from support.notifying import digest_of
from support.silent_server import silent_server

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import ArticleChange, Channel, DeliveryKind
from aggregator.model.ids import ChannelId, DeliveryId
from aggregator.model.messages import Message, WhenUnknown
from aggregator.model.rules import Field
from aggregator.notifiers.contract import NotifierContext
from aggregator.notifiers.registry import open_notifier
from aggregator.ports import Notifier

SUBJECT = article(body="Captives came home.")
ITEM = due(SUBJECT, match(SUBJECT, "r1", (Field.BODY, "Captives")))


@dataclass
class Endpoint:
    """A server that answers as it is told and keeps what it gets."""

    url: str = ""
    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    async def handle(self, request: web.Request) -> web.Response:
        """Keep the request, and answer."""
        self.requests.append((dict(request.headers), await request.read()))
        if self.status == 0:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=self.status or 200, headers=self.headers, text="no" if self.status > 399 else None)


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    """An endpoint on loopback."""
    endpoint = Endpoint()
    application = web.Application()
    application.router.add_post("/hook", endpoint.handle)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    endpoint.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    yield endpoint
    await runner.cleanup()


def notifier_for(url: str, **options: object) -> Notifier:
    """A notifier for an endpoint."""
    context = NotifierContext(
        console=io.StringIO(),
        user_agent="aggregator-test",
        telegram_token=None,
        telegram_api_url="",
        send_timeout=timedelta(seconds=3),
    )
    return open_notifier(Channel(id=ChannelId("soc"), type="webhook", options={"url": url} | options), context)


async def test_the_document_is_the_contract(endpoint: Endpoint) -> None:
    """The JSON has exactly the documented keys, the key names the delivery, and the signature is of the body."""
    notifier = notifier_for(endpoint.url, secret="s3cret")

    await notifier.send(Message(text="", due=ITEM))
    await notifier.send(Message(text="", due=ITEM))
    await notifier.close()
    await notifier.close()

    headers, body = endpoint.requests[0]
    assert json.loads(body) == {
        "id": ITEM.delivery.id,
        "kind": "new",
        "channel": "desk",
        "rules": ["r1"],
        "priority": "normal",
        "title": SUBJECT.title,
        "text": "Captives came home.",
        "url": SUBJECT.url,
        "feed": {"id": "ep", "title": "Local News"},
        "published_at": "2026-03-01T11:00:00Z",
        "story": {
            "id": ITEM.alert.story_id,
            "sources": [{"feed": "ep", "title": SUBJECT.title, "url": SUBJECT.url}],
        },
        "matches": [{"rule": "r1", "field": "body", "start": 0, "end": 8, "text": "Captives"}],
    }
    assert headers["Idempotency-Key"] == ITEM.delivery.id
    digest = hmac.new(b"s3cret", body, hashlib.sha256).hexdigest()
    assert headers["X-Aggregator-Signature"] == f"sha256={digest}"
    assert headers["User-Agent"] == "aggregator-test"


async def test_an_update_is_a_document_of_its_own(endpoint: Endpoint) -> None:
    """What was posted cannot be changed: the change is posted, and says what it is."""
    notifier = notifier_for(endpoint.url)
    update = replace(ITEM, delivery=replace(ITEM.delivery, id=DeliveryId("second"), kind=DeliveryKind.UPDATE))

    sent = await notifier.edit("first", Message(text="", due=update))
    await notifier.close()

    headers, body = endpoint.requests[0]
    document = json.loads(body)
    assert (document["id"], document["kind"], headers["Idempotency-Key"]) == ("second", "update", "second")
    assert "items" not in document
    assert (sent.message_id, notifier.capabilities.can_edit) == (None, False)
    assert notifier.capabilities.when_unknown is WhenUnknown.RETRY


async def test_a_digest_carries_its_items(endpoint: Endpoint) -> None:
    """A digest is the document of its own with those of all that it gathers, each as if it had come alone."""
    notifier = notifier_for(endpoint.url)
    other = due(article("a2", title="Relatives of captives"))
    digest = digest_of(ITEM, other)

    await notifier.send(Message(text="", due=digest, items=digest.items))
    await notifier.send(Message(text="", due=ITEM))
    await notifier.close()

    gathered, alone = (json.loads(body) for _, body in endpoint.requests)
    assert gathered["id"] == endpoint.requests[0][0]["Idempotency-Key"]
    assert (gathered["kind"], gathered["title"]) == ("digest", "Digest · 3 alerts")
    assert (gathered["url"], gathered["story"]["sources"], gathered["rules"]) == ("", [], ["r1"])
    assert gathered["digest"] == {"reason": "scheduled", "total": 3, "page": 1}
    assert gathered["items"][0] == alone
    assert [item["title"] for item in gathered["items"]] == [SUBJECT.title, "Relatives of captives"]


async def test_each_message_of_a_digest_has_an_id_of_its_own(endpoint: Endpoint) -> None:
    """An endpoint drops what it has by the key: the next message has another, the same one again has not."""
    notifier = notifier_for(endpoint.url)
    first, second = digest_of(ITEM), digest_of(ITEM, pages_sent=1)

    for page in (first, second, second):
        await notifier.send(Message(text="", due=page, items=page.items))
    await notifier.close()

    keys = [headers["Idempotency-Key"] for headers, _ in endpoint.requests]
    documents = [json.loads(body) for _, body in endpoint.requests]
    assert len(set(keys)) == 2
    assert keys[1] == keys[2]
    assert [document["id"] for document in documents] == keys
    assert [document["digest"]["page"] for document in documents] == [1, 2, 2]


async def test_an_update_says_what_was_changed(endpoint: Endpoint) -> None:
    """Both headlines, and the rules that match now or no longer; also inside a digest."""
    notifier = notifier_for(endpoint.url)
    change = ArticleChange(before="Captives", after="Captives freed", gained=("Freed",), lost=("Lost",))
    update = replace(ITEM, delivery=replace(ITEM.delivery, kind=DeliveryKind.UPDATE, change=change))

    await notifier.send(Message(text="", due=update))
    await notifier.send(Message(text="", due=digest_of(update), items=(update,)))
    await notifier.close()

    alone, gathered = (json.loads(body) for _, body in endpoint.requests)
    assert alone["change"] == {
        "before": "Captives",
        "after": "Captives freed",
        "gained": ["Freed"],
        "lost": ["Lost"],
    }
    assert gathered["items"] == [alone]
    assert "change" not in gathered


async def test_half_of_a_character_does_not_stop_a_document(endpoint: Endpoint) -> None:
    """A title that no encoding can write is sent with a sign in its place."""
    notifier = notifier_for(endpoint.url)

    await notifier.send(Message(text="", due=due(article(title="Captives \ud83d"))))
    await notifier.close()

    assert json.loads(endpoint.requests[0][1])["title"] == "Captives ?"


async def test_without_a_secret_there_is_no_signature(endpoint: Endpoint) -> None:
    """An unsigned hook says nothing about signatures."""
    notifier = notifier_for(endpoint.url)

    await notifier.send(Message(text="", due=ITEM))
    await notifier.close()

    assert "X-Aggregator-Signature" not in endpoint.requests[0][0]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (302, DeliveryFailure.REJECTED),
        (400, DeliveryFailure.REJECTED),
        (401, DeliveryFailure.UNAUTHORIZED),
        (403, DeliveryFailure.UNAUTHORIZED),
        (404, DeliveryFailure.RECIPIENT_GONE),
        (410, DeliveryFailure.RECIPIENT_GONE),
        (429, DeliveryFailure.THROTTLED),
        (500, DeliveryFailure.UNAVAILABLE),
        (503, DeliveryFailure.UNAVAILABLE),
        (0, DeliveryFailure.OUTCOME_UNKNOWN),
    ],
)
async def test_each_answer_has_its_reason(endpoint: Endpoint, status: int, reason: DeliveryFailure) -> None:
    """429 and 5xx may pass, other refusals are final, a broken connection leaves it open."""
    endpoint.status, endpoint.headers = status, {"Retry-After": "60", "Location": "/elsewhere"}
    notifier = notifier_for(endpoint.url)

    with pytest.raises(DeliveryFailed) as caught:
        await notifier.send(Message(text="", due=ITEM))
    await notifier.close()

    assert caught.value.reason is reason
    passing = status in (429, 500, 503)
    assert caught.value.retry_after == (timedelta(minutes=1) if passing else None)


async def test_a_silent_and_a_missing_endpoint_are_told_apart() -> None:
    """No answer in time is an unknown outcome; no server is none at all."""
    with silent_server() as url:
        silent, missing = notifier_for(url), notifier_for("http://127.0.0.1:1/")

        with pytest.raises(DeliveryFailed, match="outcome unknown: the endpoint did not answer in time"):
            await silent.send(Message(text="", due=ITEM))
        with pytest.raises(DeliveryFailed, match="unavailable: cannot connect"):
            await missing.send(Message(text="", due=ITEM))
        await silent.close()
        await missing.close()
