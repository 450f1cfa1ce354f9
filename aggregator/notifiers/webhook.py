"""Alerts as signed JSON to any HTTP endpoint; the document is DESIGN's contract, and tests hold it."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus

import aiohttp
from aiohttp import hdrs
from pydantic import Field, HttpUrl, SecretStr

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Channel, DueDelivery, Sent
from aggregator.model.messages import Capabilities, Markup, Message
from aggregator.model.retry_after import parse_retry_after
from aggregator.notifiers.contract import ChannelOptions, NotifierContext

_MAX_ANSWER_BYTES = 64 * 1024
_DETAIL_CHARACTERS = 200


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
        return WebhookNotifier(options=options, context=context)


PLUGIN = WebhookPlugin()


@dataclass(slots=True, kw_only=True)
class WebhookNotifier:
    """Posts each message once; any 2xx is its receipt."""

    options: WebhookOptions
    context: NotifierContext
    _session: aiohttp.ClientSession | None = field(default=None, init=False)

    @property
    def capabilities(self) -> Capabilities:
        """The endpoint gets the article whole; nothing is cut."""
        return Capabilities(markup=Markup.PLAIN, text_limit=1_000_000)

    async def send(self, message: Message) -> Sent:
        """Post one message.

        Raises:
            DeliveryFailed: OUTCOME_UNKNOWN when no answer came in time, or the connection broke before one did.
        """
        body = json.dumps(payload(message.due), ensure_ascii=False).encode()
        try:
            async with self._open_session().post(
                str(self.options.url), data=body, headers=self._headers(message.due, body), allow_redirects=False
            ) as response:
                answer = await response.content.read(_MAX_ANSWER_BYTES)
                _check(response, answer)
        except TimeoutError as error:
            raise DeliveryFailed(DeliveryFailure.OUTCOME_UNKNOWN, "the endpoint did not answer in time") from error
        except aiohttp.ClientConnectorError as error:
            raise DeliveryFailed(DeliveryFailure.UNAVAILABLE, f"cannot connect: {error.strerror or error}") from error
        except aiohttp.ClientError as error:
            raise DeliveryFailed(DeliveryFailure.OUTCOME_UNKNOWN, f"the connection broke: {error}") from error
        return Sent()

    async def close(self) -> None:
        """Close the connection. Idempotent."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _headers(self, due: DueDelivery, body: bytes) -> dict[str, str]:
        headers = {
            hdrs.CONTENT_TYPE: "application/json; charset=utf-8",
            hdrs.USER_AGENT: self.context.user_agent,
            "Idempotency-Key": due.delivery.id,
        }
        if self.options.secret is not None:
            signature = hmac.new(self.options.secret.get_secret_value().encode(), body, hashlib.sha256)
            headers["X-Aggregator-Signature"] = f"sha256={signature.hexdigest()}"
        return headers

    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=self.context.send_timeout.total_seconds())
            self._session = aiohttp.ClientSession(timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())
        return self._session


def payload(due: DueDelivery) -> dict[str, object]:
    """Return the document that is posted. `start` and `end` count in the article's title, summary or body."""
    article = due.article
    return {
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
            "sources": [{"feed": article.feed_id, "title": article.title, "url": article.url}],
        },
        "matches": [
            {"rule": match.rule_id, "field": span.field.value, "start": span.start, "end": span.end, "text": span.text}
            for match in due.matches
            for span in match.spans
        ],
    }


def _check(response: aiohttp.ClientResponse, answer: bytes) -> None:
    status = response.status
    if HTTPStatus(200) <= status < HTTPStatus(300):
        return
    detail = " ".join(
        f"the endpoint answered {status}: {answer[:_DETAIL_CHARACTERS].decode('utf-8', 'replace')}".split()
    )
    retry_after = parse_retry_after(response.headers.get(hdrs.RETRY_AFTER), datetime.now(UTC))
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        raise DeliveryFailed(DeliveryFailure.THROTTLED, detail, retry_after=retry_after)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise DeliveryFailed(DeliveryFailure.UNAVAILABLE, detail, retry_after=retry_after)
    if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise DeliveryFailed(DeliveryFailure.UNAUTHORIZED, detail)
    if status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
        raise DeliveryFailed(DeliveryFailure.RECIPIENT_GONE, detail)
    raise DeliveryFailed(DeliveryFailure.REJECTED, detail)


def _timestamp(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
