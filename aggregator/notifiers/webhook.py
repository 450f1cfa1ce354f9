"""Alerts as signed JSON to any HTTP endpoint; the document is DESIGN's contract, and tests hold it."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import Field, HttpUrl, SecretStr

from aggregator.model.alerts import Channel, DueDelivery, Sent
from aggregator.model.ids import derive_id
from aggregator.model.messages import Capabilities, Markup, Message, WhenUnknown
from aggregator.notifiers.contract import ChannelOptions, NotifierContext
from aggregator.notifiers.http import ServiceClient, failure_of

_SERVICE = "the endpoint"


class WebhookOptions(ChannelOptions):
    """Where to post, and the secret that signs it."""

    url: HttpUrl = Field(description="where to post, as https://example.org/hook")
    secret: SecretStr | None = Field(default=None, description="the key of the X-Aggregator-Signature header")


class WebhookPlugin:
    """Opens webhook notifiers."""

    options_model = WebhookOptions

    def missing(self, options: ChannelOptions, context: NotifierContext) -> None:
        """Nothing outside the channel is needed."""

    def open(self, channel: Channel, options: ChannelOptions, context: NotifierContext) -> WebhookNotifier:  # noqa: ARG002 - the contract's signature
        """Return a notifier for one endpoint."""
        assert isinstance(options, WebhookOptions)  # noqa: S101 - the registry validated it with our model
        return WebhookNotifier(options=options, client=ServiceClient(service=_SERVICE, context=context))


PLUGIN = WebhookPlugin()


@dataclass(slots=True, kw_only=True)
class WebhookNotifier:
    """Posts each message once; any 2xx is its receipt."""

    options: WebhookOptions
    client: ServiceClient

    @property
    def capabilities(self) -> Capabilities:
        """The endpoint gets the article whole; nothing is cut.

        An outcome that is unknown is tried again: the Idempotency-Key tells the endpoint what it has already. There is
        no edit: an update is a document of its own, with the `kind` that says so.
        """
        return Capabilities(
            markup=Markup.PLAIN, text_limit=1_000_000, takes_updates=True, when_unknown=WhenUnknown.RETRY
        )

    async def send(self, message: Message) -> Sent:
        """Post one message.

        Raises:
            DeliveryFailed: OUTCOME_UNKNOWN when no answer came in time, or the connection broke before one did.
        """
        body = json.dumps(payload(message), ensure_ascii=False).encode("utf-8", "replace")
        answer = await self.client.ask(str(self.options.url), body, headers=self._headers(document_id(message), body))
        if not answer.is_success:
            raise failure_of(answer, _SERVICE)
        return Sent()

    async def edit(self, message_id: str, message: Message) -> Sent:  # noqa: ARG002 - the contract's signature
        """Post the change as a document of its own; not asked for, for nothing that was posted can be changed."""
        return await self.send(message)

    async def close(self) -> None:
        """Close the connection. Idempotent."""
        await self.client.close()

    def _headers(self, key: str, body: bytes) -> dict[str, str]:
        headers = {"Idempotency-Key": key}
        if self.options.secret is not None:
            signature = hmac.new(self.options.secret.get_secret_value().encode(), body, hashlib.sha256)
            headers["X-Aggregator-Signature"] = f"sha256={signature.hexdigest()}"
        return headers


def payload(message: Message) -> dict[str, object]:
    """Return the document that is posted: that of its alert, and in a digest the documents of what it gathers."""
    document = _document(message.due)
    digest = message.due.delivery.digest
    if digest is not None:
        document |= {
            "id": document_id(message),
            "story": {"id": message.due.alert.story_id, "sources": []},
            "digest": {"reason": digest.reason.value, "total": digest.total, "page": digest.pages_sent + 1},
            "items": [_document(item) for item in message.items],
        }
    return document


def document_id(message: Message) -> str:
    """Return the id of the document: of its delivery, or of a digest's with what this document of it tells.

    So one that is posted again with other alerts in it is not taken for the first.
    """
    delivery = message.due.delivery
    if delivery.digest is None:
        return str(delivery.id)
    told = (item.delivery.id for item in message.items)
    return derive_id("document", delivery.id, str(delivery.digest.pages_sent), *told)


def _document(due: DueDelivery) -> dict[str, object]:
    """Return the document of one alert. `start` and `end` count in the article's title, summary or body."""
    article, change = due.article, due.delivery.change
    document: dict[str, object] = {
        "id": due.delivery.id,
        "kind": due.delivery.kind.value,
        "channel": due.delivery.channel_id,
        "rules": [rule.id for rule in due.alert.rules],
        "priority": due.alert.priority.word,
        "title": article.title,
        "text": article.text,
        "url": article.url,
        "feed": {"id": article.feed_id, "title": due.feed_title},
        "published_at": _timestamp(article.published_at),
        "story": {
            "id": due.alert.story_id,
            "sources": [
                {"feed": article.feed_id, "title": article.title, "url": article.url},
                *({"feed": other.feed_id, "title": other.title, "url": other.url} for other in due.sources),
            ],
        },
        "matches": [
            {"rule": match.rule_id, "field": span.field.value, "start": span.start, "end": span.end, "text": span.text}
            for match in due.matches
            for span in match.spans
        ],
    }
    if change is not None:
        document["change"] = {
            "before": change.before,
            "after": change.after,
            "gained": list(change.gained),
            "lost": list(change.lost),
        }
    return document


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
