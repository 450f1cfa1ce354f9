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
    TELEGRAM_HTML = "telegram_html"


class LengthUnit(StrEnum):
    """What a service counts when it limits a text."""

    CHARACTERS = "characters"
    UTF16_UNITS = "utf16_units"
    VISIBLE_UTF16_UNITS = "visible_utf16_units"
    """UTF-16 code units of what the reader sees: markup does not count (Telegram)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a service can do, as data. `min_interval` is the least time between two messages of one channel."""

    markup: Markup
    text_limit: int
    length_unit: LengthUnit = LengthUnit.CHARACTERS
    min_interval: timedelta = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message, ready to send: `text` is in the notifier's markup and within its limit; `due` is all behind it."""

    text: str
    due: DueDelivery
