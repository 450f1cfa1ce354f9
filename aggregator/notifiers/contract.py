"""What a notifier plugin is: the interface that third parties implement.

A plugin is an object in the entry-point group `aggregator.notifiers`, named as the channel's `type:` in YAML.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol, TextIO

from pydantic import BaseModel, ConfigDict

from aggregator.model.alerts import Channel
from aggregator.ports import Notifier

ENTRY_POINTS = "aggregator.notifiers"
SEND_TIMEOUT = timedelta(seconds=20)


class ChannelOptions(BaseModel):
    """The base of a plugin's channel options: the keys of the channel in YAML that are the plugin's own.

    Unknown keys are errors. Field descriptions go into the JSON Schema of the configuration.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifierContext:
    """What plugins may use of the process. `telegram_token` is a secret: never in a log or an error."""

    console: TextIO
    user_agent: str
    telegram_token: str | None
    telegram_api_url: str
    send_timeout: timedelta = SEND_TIMEOUT


class NotifierPlugin(Protocol):
    """A kind of channel."""

    @property
    def options_model(self) -> type[ChannelOptions]:
        """The options that a channel of this kind takes."""

    def missing(self, options: ChannelOptions, context: NotifierContext) -> str | None:
        """Return what is missing outside the channel (a token, an extra), with what to do; None when all is there."""

    def open(self, channel: Channel, options: ChannelOptions, context: NotifierContext) -> Notifier:
        """Return a notifier for `channel`. Does no I/O: connections open at the first send."""
