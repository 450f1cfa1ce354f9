"""What delivering needs of the world."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aggregator.model.alerts import Channel
from aggregator.model.articles import Article
from aggregator.model.ids import ChannelId, RuleId
from aggregator.model.rules import Rule
from aggregator.operations.channel_states import ChannelStates
from aggregator.operations.message_templates import NO_TEMPLATES, MessageTemplates
from aggregator.operations.send_window import SendWindow
from aggregator.operations.silence import KeywordMatcher, KnownSilences
from aggregator.operations.throttle import Throttle
from aggregator.ports import Notifier, Store


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverTools:
    """What delivering needs of the world.

    `holds` tells whether a query holds for an article. `roll` returns a number in [0, 1). `stopping` ends a drain
    early.
    """

    store: Store
    notifiers: Mapping[ChannelId, Notifier]
    channels: Mapping[ChannelId, Channel]
    throttle: Throttle
    states: ChannelStates
    clock: Callable[[], datetime]
    roll: Callable[[], float]
    stopping: asyncio.Event
    templates: MessageTemplates = NO_TEMPLATES
    rules: Mapping[RuleId, Rule] = field(default_factory=dict)
    holds: Callable[[str, Article], bool] = field(default_factory=KeywordMatcher)
    window: SendWindow = field(default_factory=SendWindow)
    silences: KnownSilences = field(default_factory=KnownSilences)
