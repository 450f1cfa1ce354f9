"""Messages: what a notifier is given to send, and what it says it can do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from aggregator.model.alerts import DueDelivery


class Markup(StrEnum):
    """How a service writes bold, links and the like."""

    PLAIN = "plain"
    MARKDOWN = "markdown"
    """CommonMark."""
    TELEGRAM_HTML = "telegram_html"
    SLACK_MRKDWN = "slack_mrkdwn"
    DISCORD_MARKDOWN = "discord_markdown"
    HTML = "html"
    """The inside of a body element: e-mail, Matrix."""


class LengthUnit(StrEnum):
    """What a service counts when it limits a text."""

    CHARACTERS = "characters"
    UTF16_UNITS = "utf16_units"
    VISIBLE_UTF16_UNITS = "visible_utf16_units"
    """UTF-16 code units of what the reader sees: markup does not count (Telegram)."""


class WhenUnknown(StrEnum):
    """What becomes of a message of which nobody knows whether it arrived: no answer came, or the connection broke."""

    RETRY = "retry"
    """It is sent again: the service drops what it has already, or twice is better than never."""
    HOLD = "hold"
    """It becomes a dead letter with the reason, for a person to decide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """At most `count` messages in any `period` to all that share `scope`.

    `scope` names a chat, a bot, a webhook: without any secret, and the same after a restart.
    """

    scope: str
    count: int
    period: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a service can do, as data.

    `caption_limit` is the limit of a text that goes with an image, None where the service takes no images. `can_edit`:
    a message that was sent can be changed; `can_reply`: one can refer to another that was sent. `takes_updates`: a
    change to an alert is a message of its own, as a program on the other side wants it.
    """

    markup: Markup
    text_limit: int
    length_unit: LengthUnit = LengthUnit.CHARACTERS
    caption_limit: int | None = None
    can_edit: bool = False
    can_reply: bool = False
    takes_updates: bool = False
    limits: tuple[RateLimit, ...] = ()
    when_unknown: WhenUnknown = WhenUnknown.RETRY


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, ready to send: `text` is in the notifier's markup and within its limit; `due` is all behind it.

    `subject` is its headline on one line, `plain` the whole of it without markup, both for services that want them.
    `image_url` is there only where the service takes images, `reply_to` (the `message_id` of what it answers) only
    where it can refer to it. `address` is where the service said that the channel's recipient is now, None for what the
    channel's options say. `items` are what this message of a digest lists. `is_templated`: a template wrote the text.
    """

    text: str
    due: DueDelivery
    subject: str = ""
    plain: str = ""
    image_url: str | None = None
    reply_to: str | None = None
    address: str | None = None
    items: tuple[DueDelivery, ...] = ()
    is_templated: bool = False
