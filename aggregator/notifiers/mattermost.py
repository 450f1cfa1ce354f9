"""Alerts in Mattermost channels, by an incoming webhook or as a bot. Mattermost's limits are here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from aiohttp import hdrs
from pydantic import Field, HttpUrl, SecretStr

from aggregator.errors import DeliveryFailed, DeliveryFailure
from aggregator.model.alerts import Channel, Sent
from aggregator.model.messages import Capabilities, Markup, Message, RateLimit, WhenUnknown
from aggregator.notifiers.contract import ChannelOptions, NotifierContext
from aggregator.notifiers.http import (
    Answer,
    SecretUrl,
    ServiceClient,
    failure_of,
    fingerprint,
    shown,
    webhook_or_bot,
)

_SERVICE = "Mattermost"
_POST_CHARACTERS = 16_383
"""The longest message of a post (developers.mattermost.com/integrate/webhooks/incoming)."""
_PER_SERVER: Final = (10, timedelta(seconds=1))
"""RateLimitSettings.PerSec, as it is unless the server's administrator changed it, of all requests of one address
(docs.mattermost.com, configuration settings, rate limiting)."""
_LINK_TARGET = re.compile(r"(\]\(https?://[^()\s]*\))")
_MENTION = re.compile(r"(?<![^\W_])@(?=\w)")

_REASONS: Mapping[str, DeliveryFailure] = {
    "api.context.session_expired.app_error": DeliveryFailure.UNAUTHORIZED,
    "api.context.token_provided.app_error": DeliveryFailure.UNAUTHORIZED,
    "api.context.permissions.app_error": DeliveryFailure.UNAUTHORIZED,
    "api.post.create_post.town_square_read_only": DeliveryFailure.UNAUTHORIZED,
    "web.incoming_webhook.channel_locked.app_error": DeliveryFailure.UNAUTHORIZED,
    "web.incoming_webhook.disabled.app_error": DeliveryFailure.UNAUTHORIZED,
    "web.incoming_webhook.permissions.app_error": DeliveryFailure.UNAUTHORIZED,
    "web.incoming_webhook.user.app_error": DeliveryFailure.UNAUTHORIZED,
    "api.post.create_post.can_not_post_to_deleted.error": DeliveryFailure.RECIPIENT_GONE,
    "api.post.update_post.can_not_update_post_in_deleted.error": DeliveryFailure.RECIPIENT_GONE,
    "app.channel.get.existing.app_error": DeliveryFailure.RECIPIENT_GONE,
    "web.incoming_webhook.channel.app_error": DeliveryFailure.RECIPIENT_GONE,
    "web.incoming_webhook.invalid.app_error": DeliveryFailure.RECIPIENT_GONE,
    "api.post.create_post.channel_root_id.app_error": DeliveryFailure.MESSAGE_GONE,
    "api.post.create_post.root_id.app_error": DeliveryFailure.MESSAGE_GONE,
    "api.post.update_post.find.app_error": DeliveryFailure.MESSAGE_GONE,
    "api.post.update_post.permissions_details.app_error": DeliveryFailure.MESSAGE_GONE,
    "api.post.update_post.permissions_time_limit.app_error": DeliveryFailure.MESSAGE_GONE,
    "app.post.get.app_error": DeliveryFailure.MESSAGE_GONE,
}
"""What the ids of the server's errors mean to a delivery; others go by their status."""
_ADVICE = {
    DeliveryFailure.UNAUTHORIZED: "; check the token or the webhook, and add the bot to the channel",
    DeliveryFailure.RECIPIENT_GONE: "; check webhook_url or channel_id",
}


class MattermostOptions(ChannelOptions):
    """Where in Mattermost: an incoming webhook's address, or a server, a bot's token and a channel."""

    webhook_url: SecretUrl | None = Field(
        default=None,
        description="an incoming webhook, as https://chat.example.org/hooks/…; it can neither edit nor reply",
    )
    url: HttpUrl | None = Field(default=None, description="the server that the bot is on, as https://chat.example.org")
    token: SecretStr | None = Field(default=None, description="the bot's access token")
    channel_id: str | None = Field(
        default=None, description="the id of the channel that the bot posts to, 26 characters"
    )
    images: bool = Field(default=True, description="false leaves out the article's image")


class MattermostPlugin:
    """Opens Mattermost notifiers."""

    options_model = MattermostOptions

    def missing(self, options: ChannelOptions, context: NotifierContext) -> str | None:  # noqa: ARG002 - the contract's signature
        """A Mattermost channel is a webhook or a bot."""
        assert isinstance(options, MattermostOptions)  # noqa: S101 - the registry validated it with our model
        bot = {name: getattr(options, name) is not None for name in ("url", "token", "channel_id")}
        return webhook_or_bot("mattermost", has_webhook=options.webhook_url is not None, bot=bot)

    def open(self, channel: Channel, options: ChannelOptions, context: NotifierContext) -> MattermostNotifier:  # noqa: ARG002 - the contract's signature
        """Return a notifier for one Mattermost channel."""
        assert isinstance(options, MattermostOptions)  # noqa: S101 - the registry validated it with our model
        webhook_url = options.webhook_url.get_secret_value() if options.webhook_url else None
        token = options.token.get_secret_value() if options.token else None
        secrets = (webhook_url.rstrip("/").rpartition("/")[2],) if webhook_url else (token or "",)
        client = ServiceClient(service=_SERVICE, context=context, secrets=secrets)
        return MattermostNotifier(options=options, client=client, webhook_url=webhook_url, token=token)


PLUGIN = MattermostPlugin()


@dataclass(slots=True, kw_only=True)
class MattermostNotifier:
    """Posts to one channel. A bot's `message_id` is that of its post; a webhook learns none."""

    options: MattermostOptions
    client: ServiceClient
    webhook_url: str | None
    token: str | None

    @property
    def capabilities(self) -> Capabilities:
        """16,383 characters, with an image or without; ten requests a second to a server.

        What may have arrived is sent again: for 30 seconds the server drops a bot's post that it has already, by its
        `pending_post_id`, and otherwise a second copy is better than none.
        """
        is_bot = self.webhook_url is None
        count, period = _PER_SERVER
        host = urlsplit(self.webhook_url or str(self.options.url)).netloc.rpartition("@")[2]
        return Capabilities(
            markup=Markup.MARKDOWN,
            text_limit=_POST_CHARACTERS,
            caption_limit=_POST_CHARACTERS if self.options.images else None,
            can_edit=is_bot,
            can_reply=is_bot,
            limits=(RateLimit(scope=f"mattermost:{host}", count=count, period=period),),
            when_unknown=WhenUnknown.RETRY,
        )

    async def send(self, message: Message) -> Sent:
        """Post one message, as a bot in the thread of what it answers.

        Raises:
            DeliveryFailed: OUTCOME_UNKNOWN when no answer came in time: the server may have taken it; MESSAGE_GONE when
                what it answers was deleted.
        """
        text, attachments = _without_pings(message.text), _attachments(message)
        if self.webhook_url is not None:
            answer = await self.client.ask_json(self.webhook_url, {"text": text, "attachments": attachments})
            if not answer.is_success:
                raise _refused(answer)
            return Sent()
        post: dict[str, object] = {
            "channel_id": self.options.channel_id,
            "message": text,
            "props": {"attachments": attachments},
            "pending_post_id": fingerprint(f"{message.due.delivery.id} {text} {message.image_url}"),
        }
        if message.reply_to is not None:
            post["root_id"] = message.reply_to
        return _sent(await self.client.ask_json(self._api("posts"), post, token=self.token))

    async def edit(self, message_id: str, message: Message) -> Sent:
        """Put `message` in the place of one that the bot sent.

        Raises:
            DeliveryFailed: MESSAGE_GONE when it was deleted, or the server lets it be changed no more. The server says
                of both that the bot may not.
        """
        patch = {"message": _without_pings(message.text), "props": {"attachments": _attachments(message)}}
        answer = await self.client.ask_json(
            self._api(f"posts/{message_id}/patch"), patch, method=hdrs.METH_PUT, token=self.token
        )
        if answer.status in (HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND):
            raise DeliveryFailed(DeliveryFailure.MESSAGE_GONE, f"Mattermost answered {answer.status}: {_told(answer)}")
        return _sent(answer)

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        await self.client.close()

    def _api(self, path: str) -> str:
        return f"{str(self.options.url).rstrip('/')}/api/v4/{path}"


def _without_pings(text: str) -> str:
    """Return `text` without @channel, @all and the like: the API has no switch for it (docs.mattermost.com, mentions).

    Rendering breaks those of titles already. What a template says itself gets a sign that looks alike and is as long.
    Targets of links stay as they are: names are looked for in what is read alone.
    """
    parts = _LINK_TARGET.split(text)
    return "".join(part if index % 2 else _MENTION.sub("＠", part) for index, part in enumerate(parts))


def _attachments(message: Message) -> list[dict[str, str]]:
    """Return what shows the image (developers.mattermost.com/integrate/reference/message-attachments)."""
    if message.image_url is None:
        return []
    return [{"fallback": message.subject, "image_url": message.image_url}]


def _sent(answer: Answer) -> Sent:
    if not answer.is_success:
        raise _refused(answer)
    message_id = answer.document.get("id")
    return Sent(message_id=str(message_id) if message_id else None)


def _refused(answer: Answer) -> DeliveryFailed:
    reason = _REASONS.get(str(answer.document.get("id")))
    # With a 500 the same ids say that the server's database did not answer.
    if reason is None or answer.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return failure_of(answer, _SERVICE)
    return DeliveryFailed(reason, f"Mattermost answered {answer.status}: {_told(answer)}{_ADVICE.get(reason, '')}")


def _told(answer: Answer) -> str:
    """Return the server's words and the id of its error, or what else it answered."""
    said = answer.document
    return f"{shown(str(said.get('message')))} ({shown(str(said['id']))})" if "id" in said else answer.text
