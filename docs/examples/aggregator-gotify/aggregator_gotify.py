"""Alerts as notifications of a Gotify server (gotify.net/docs): an example of a notifier in a package of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp
from pydantic import Field, HttpUrl, SecretStr

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Channel, Sent
from aggregator.model.messages import Capabilities, Markup, Message, RateLimit
from aggregator.model.rules import Priority
from aggregator.notifiers.contract import ChannelOptions, NotifierContext

PRIORITIES = {Priority.LOW: 2, Priority.NORMAL: 5, Priority.HIGH: 8, Priority.URGENT: 10}


class GotifyOptions(ChannelOptions):
    """The keys of a channel of the type gotify, with what `check` and the JSON Schema say of each."""

    server: HttpUrl = Field(description="the Gotify server, as https://push.example.org")
    token: SecretStr = Field(description='the token of an application there, as "${GOTIFY_TOKEN}"')


class GotifyPlugin:
    """What the entry point names."""

    options_model = GotifyOptions

    def missing(self, options: ChannelOptions, context: NotifierContext) -> str | None:
        """Nothing outside the channel is needed."""
        return None

    def open(self, channel: Channel, options: ChannelOptions, context: NotifierContext) -> GotifyNotifier:
        """Return a notifier. Connections open at the first message."""
        assert isinstance(options, GotifyOptions)
        return GotifyNotifier(options=options, context=context)


PLUGIN = GotifyPlugin()


@dataclass(slots=True, kw_only=True)
class GotifyNotifier:
    """Sends each message once, and says what came of it. It never waits and never tries again: the outbox does."""

    options: GotifyOptions
    context: NotifierContext
    _session: aiohttp.ClientSession | None = field(default=None, init=False)

    @property
    def capabilities(self) -> Capabilities:
        """What the service can do, as data: texts arrive rendered so, within these limits, no faster than this."""
        return Capabilities(
            markup=Markup.MARKDOWN,
            text_limit=4000,
            limits=(RateLimit(scope=f"gotify:{self.options.server.host}", count=10, period=timedelta(seconds=1)),),
        )

    async def send(self, message: Message) -> Sent:
        """Send one message, or raise DeliveryFailed with the reason that decides what comes next."""
        document = {
            "title": message.subject,
            "message": message.text,
            "priority": PRIORITIES[message.due.alert.priority],
            "extras": {"client::display": {"contentType": "text/markdown"}},
        }
        url = f"{str(self.options.server).rstrip('/')}/message"
        headers = {"X-Gotify-Key": self.options.token.get_secret_value()}
        try:
            async with self._open().post(url, json=document, headers=headers, allow_redirects=False) as response:
                answer = (await response.content.read(1000)).decode("utf-8", "replace")
                status = response.status
        except aiohttp.ClientConnectorError as error:
            raise DeliveryFailed(DeliveryFailure.UNAVAILABLE, f"cannot connect: {error.strerror}") from None
        except (TimeoutError, aiohttp.ClientError):
            raise DeliveryFailed(DeliveryFailure.OUTCOME_UNKNOWN, "the server did not answer") from None
        if status == 200:
            return Sent()
        if status in (401, 403):
            raise DeliveryFailed(DeliveryFailure.UNAUTHORIZED, "the server does not know this token")
        reason = DeliveryFailure.UNAVAILABLE if status >= 500 else DeliveryFailure.REJECTED
        raise DeliveryFailed(reason, f"the server answered {status}: {answer}")

    async def edit(self, message_id: str, message: Message) -> Sent:
        """Gotify cannot change a message: `capabilities.can_edit` is False, so nobody asks."""
        raise DeliveryFailed(DeliveryFailure.MESSAGE_GONE, "Gotify cannot change messages")

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=self.context.send_timeout.total_seconds())
            self._session = aiohttp.ClientSession(timeout=timeout)
        return self._session
