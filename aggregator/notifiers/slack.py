"""Alerts in Slack channels, by an incoming webhook or as a bot. Slack's limits are here and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Final

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

_SERVICE = "Slack"
_TEXT_CHARACTERS = 4_000
"""What Slack recommends for `text`, and all that chat.update takes; chat.postMessage cuts at 40,000
(docs.slack.dev/reference/methods/chat.postMessage, …/chat.update)."""
_SECTION_CHARACTERS = 3_000
"""The text of a section block, which a message with an image needs (docs.slack.dev/reference/block-kit/blocks)."""
_ALT_TEXT_CHARACTERS = 2_000
_PER_CHANNEL: Final = (1, timedelta(seconds=1))
"""One message a second to a channel (docs.slack.dev/apis/web-api/rate-limits)."""

_REASONS: Mapping[str, DeliveryFailure] = {
    "message_limit_exceeded": DeliveryFailure.THROTTLED,
    "rate_limited": DeliveryFailure.THROTTLED,
    "ratelimited": DeliveryFailure.THROTTLED,
    "request_timeout": DeliveryFailure.UNAVAILABLE,
    "service_unavailable": DeliveryFailure.UNAVAILABLE,
    "team_added_to_org": DeliveryFailure.UNAVAILABLE,
    # "It's possible some aspect of the operation succeeded before the error was raised."
    "fatal_error": DeliveryFailure.OUTCOME_UNKNOWN,
    "internal_error": DeliveryFailure.OUTCOME_UNKNOWN,
    "access_denied": DeliveryFailure.UNAUTHORIZED,
    "accesslimited": DeliveryFailure.UNAUTHORIZED,
    "account_inactive": DeliveryFailure.UNAUTHORIZED,
    "action_prohibited": DeliveryFailure.UNAUTHORIZED,
    "ekm_access_denied": DeliveryFailure.UNAUTHORIZED,
    "enterprise_is_restricted": DeliveryFailure.UNAUTHORIZED,
    "invalid_auth": DeliveryFailure.UNAUTHORIZED,
    "invalid_token": DeliveryFailure.UNAUTHORIZED,
    "missing_scope": DeliveryFailure.UNAUTHORIZED,
    "no_active_hooks": DeliveryFailure.UNAUTHORIZED,
    "no_permission": DeliveryFailure.UNAUTHORIZED,
    "not_allowed_token_type": DeliveryFailure.UNAUTHORIZED,
    "not_authed": DeliveryFailure.UNAUTHORIZED,
    "org_login_required": DeliveryFailure.UNAUTHORIZED,
    "posting_to_general_channel_denied": DeliveryFailure.UNAUTHORIZED,
    "restricted_action": DeliveryFailure.UNAUTHORIZED,
    "restricted_action_non_threadable_channel": DeliveryFailure.UNAUTHORIZED,
    "restricted_action_read_only_channel": DeliveryFailure.UNAUTHORIZED,
    "restricted_action_thread_only_channel": DeliveryFailure.UNAUTHORIZED,
    "team_access_not_granted": DeliveryFailure.UNAUTHORIZED,
    "team_disabled": DeliveryFailure.UNAUTHORIZED,
    "token_expired": DeliveryFailure.UNAUTHORIZED,
    "token_revoked": DeliveryFailure.UNAUTHORIZED,
    "two_factor_setup_required": DeliveryFailure.UNAUTHORIZED,
    "cannot_dm_bot": DeliveryFailure.RECIPIENT_GONE,
    "channel_is_archived": DeliveryFailure.RECIPIENT_GONE,
    "channel_not_found": DeliveryFailure.RECIPIENT_GONE,
    "is_archived": DeliveryFailure.RECIPIENT_GONE,
    "messages_tab_disabled": DeliveryFailure.RECIPIENT_GONE,
    "no_service": DeliveryFailure.RECIPIENT_GONE,
    "no_service_id": DeliveryFailure.RECIPIENT_GONE,
    "no_team": DeliveryFailure.RECIPIENT_GONE,
    "not_in_channel": DeliveryFailure.RECIPIENT_GONE,
    "user_not_found": DeliveryFailure.RECIPIENT_GONE,
    "cannot_reply_to_message": DeliveryFailure.MESSAGE_GONE,
    "cant_update_message": DeliveryFailure.MESSAGE_GONE,
    "edit_window_closed": DeliveryFailure.MESSAGE_GONE,
    "invalid_thread_ts": DeliveryFailure.MESSAGE_GONE,
    "message_not_found": DeliveryFailure.MESSAGE_GONE,
    "restricted_action_thread_locked": DeliveryFailure.MESSAGE_GONE,
    "thread_not_found": DeliveryFailure.MESSAGE_GONE,
}
"""What the error codes of chat.postMessage, chat.update and incoming webhooks mean to a delivery; others are REJECTED
(docs.slack.dev/reference/methods, docs.slack.dev/messaging/sending-messages-using-incoming-webhooks)."""
_PING = re.compile(r"<(?=@|!(?!date\^))")
_IMAGE_ERRORS = frozenset({"invalid_blocks", "invalid_blocks_format", "invalid_attachments"})
_ADVICE = {
    DeliveryFailure.UNAUTHORIZED: "; check the app's token or webhook and what it may do",
    DeliveryFailure.RECIPIENT_GONE: "; check channel, and invite the app to it",
}


class SlackOptions(ChannelOptions):
    """Where in Slack: an incoming webhook's address, or a bot's token and a channel."""

    webhook_url: SecretUrl | None = Field(
        default=None,
        description="an incoming webhook, as https://hooks.slack.com/services/…; it can neither edit nor reply",
    )
    token: SecretStr | None = Field(default=None, description="a bot's token, as xoxb-…, with the scope chat:write")
    channel: str | None = Field(default=None, description="the id of the channel that the bot posts to, as C0123456789")
    api_url: HttpUrl = Field(default=HttpUrl("https://slack.com/api"), description="Slack's Web API")
    images: bool = Field(default=True, description="false leaves out the article's image")
    link_preview: bool = Field(default=False, description="true shows Slack's preview of the article")


class SlackPlugin:
    """Opens Slack notifiers."""

    options_model = SlackOptions

    def missing(self, options: ChannelOptions, context: NotifierContext) -> str | None:  # noqa: ARG002 - the contract's signature
        """A Slack channel is a webhook or a bot."""
        assert isinstance(options, SlackOptions)  # noqa: S101 - the registry validated it with our model
        bot = {"token": options.token is not None, "channel": options.channel is not None}
        return webhook_or_bot("slack", has_webhook=options.webhook_url is not None, bot=bot)

    def open(self, channel: Channel, options: ChannelOptions, context: NotifierContext) -> SlackNotifier:  # noqa: ARG002 - the contract's signature
        """Return a notifier for one Slack channel."""
        assert isinstance(options, SlackOptions)  # noqa: S101 - the registry validated it with our model
        webhook_url = options.webhook_url.get_secret_value() if options.webhook_url else None
        token = options.token.get_secret_value() if options.token else None
        secrets = (webhook_url.rstrip("/").rpartition("/")[2],) if webhook_url else (token or "",)
        client = ServiceClient(service=_SERVICE, context=context, secrets=secrets)
        return SlackNotifier(options=options, client=client, webhook_url=webhook_url, token=token)


PLUGIN = SlackPlugin()


@dataclass(slots=True, kw_only=True)
class SlackNotifier:
    """Posts to one channel. A bot's `message_id` reads `channel/ts`; a webhook learns none."""

    options: SlackOptions
    client: ServiceClient
    webhook_url: str | None
    token: str | None

    @property
    def capabilities(self) -> Capabilities:
        """4,000 characters, 3,000 beside an image, one message a second.

        Slack knows no key by which it would drop a message that it has already: what may have arrived is sent again,
        as a second copy is better than none.
        """
        is_bot = self.webhook_url is None
        secret = self.token if is_bot else self.webhook_url
        where = f":{self.options.channel}" if is_bot else ""
        count, period = _PER_CHANNEL
        return Capabilities(
            markup=Markup.SLACK_MRKDWN,
            text_limit=_TEXT_CHARACTERS,
            caption_limit=_SECTION_CHARACTERS if self.options.images else None,
            can_edit=is_bot,
            can_reply=is_bot,
            limits=(RateLimit(scope=f"slack:{fingerprint(secret or '')}{where}", count=count, period=period),),
            when_unknown=WhenUnknown.RETRY,
        )

    async def send(self, message: Message) -> Sent:
        """Post one message, as a bot in the thread of what it answers.

        Raises:
            DeliveryFailed: OUTCOME_UNKNOWN when no answer came in time: Slack may have taken it.
        """
        document = self._document(message)
        if self.webhook_url is not None:
            answer = await self.client.ask_json(self.webhook_url, document)
            if not answer.is_success:
                raise _refused(answer, answer.text, message)
            return Sent()
        document["channel"] = self.options.channel
        if message.reply_to is not None:
            document["channel"], _, document["thread_ts"] = message.reply_to.partition("/")
        return await self._call("chat.postMessage", document, message)

    async def edit(self, message_id: str, message: Message) -> Sent:
        """Put `message` in the place of one that the bot sent.

        Raises:
            DeliveryFailed: MESSAGE_GONE when it was deleted, or the workspace lets it be changed no more.
        """
        channel, _, posted_at = message_id.partition("/")
        # An empty list of blocks takes away those of an image that the message had.
        document = {"blocks": []} | self._document(message) | {"channel": channel, "ts": posted_at}
        return await self._call("chat.update", document, message)

    async def close(self) -> None:
        """Close the connections. Idempotent."""
        await self.client.close()

    def _document(self, message: Message) -> dict[str, object]:
        """Return the message as both ways of posting take it: nothing in it is read as a name to ping."""
        text = _without_pings(message.text)
        document: dict[str, object] = {
            "text": text,
            "parse": "none",
            "link_names": False,
            "unfurl_links": self.options.link_preview,
            "unfurl_media": self.options.link_preview,
        }
        if message.image_url is not None:
            alt_text = message.subject[:_ALT_TEXT_CHARACTERS] or "image"
            document["blocks"] = [
                {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}},
                {"type": "image", "image_url": message.image_url, "alt_text": alt_text},
            ]
        return document

    async def _call(self, method: str, document: Mapping[str, object], message: Message) -> Sent:
        """Call a method of the Web API, which says in its JSON whether it worked."""
        url = f"{str(self.options.api_url).rstrip('/')}/{method}"
        answer = await self.client.ask_json(url, document, token=self.token)
        result = answer.document
        if result.get("ok") is not True:
            raise _refused(answer, str(result.get("error", "")), message)
        posted_at = result.get("ts")
        return Sent(message_id=f"{result.get('channel')}/{posted_at}" if posted_at else None)


def _without_pings(text: str) -> str:
    """Return `text` without `<!channel>`, `<@U1>` and the like, which no rendering writes: nobody is pinged by it.

    docs.slack.dev/messaging/formatting-message-text#special-mentions
    """
    return _PING.sub("‹", text)


def _refused(answer: Answer, code: str, message: Message) -> DeliveryFailed:
    """Return what an error code means; the status alone speaks where there is none."""
    if message.image_url is not None and code in _IMAGE_ERRORS:
        return DeliveryFailed(DeliveryFailure.IMAGE_REFUSED, f"Slack answered {code}: {answer.text}")
    reason = _REASONS.get(code)
    if reason is not None:
        needed = answer.document.get("needed")
        lacking = f" (it lacks {needed})" if needed else ""
        detail = f"Slack answered {code}{lacking}{_ADVICE.get(reason, '')}"
        return DeliveryFailed(reason, detail, retry_after=answer.retry_after if reason.is_passing else None)
    if not answer.is_success:
        return failure_of(answer, _SERVICE)
    if code:
        return DeliveryFailed(DeliveryFailure.REJECTED, f"Slack answered {shown(code)}: {answer.text}")
    detail = f"Slack answered {HTTPStatus(200).value} with what is not its JSON: {answer.text}"
    return DeliveryFailed(DeliveryFailure.OUTCOME_UNKNOWN, detail)
