"""The settings: frozen, validated, complete. This is what the rest of the program reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from aggregator.model.alerts import Channel, Subscription
from aggregator.model.chats import AccessMode
from aggregator.model.feeds import Feed
from aggregator.model.ids import ChannelId, FeedId, RuleId
from aggregator.model.rules import Rule
from aggregator.settings.tree import SettingsPath


@dataclass(frozen=True, slots=True, kw_only=True)
class HostException:
    """How one host, or a domain with all hosts below it, is treated. None leaves the general setting."""

    concurrency: int | None = None
    delay: timedelta | None = None
    holds_domain: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """The HTTP server. Without `listen` there is none, without `public_url` nobody can push to it."""

    listen: str | None = None
    public_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """How feeds are polled. `per_host` and `host_delay` are for one domain; `concurrency` and `proxy` are for all."""

    interval: timedelta
    min_interval: timedelta
    max_interval: timedelta
    timeout: timedelta
    max_body_bytes: int
    concurrency: int
    per_host: int
    host_delay: timedelta
    hosts: Mapping[str, HostException]
    is_adaptive: bool
    ignores_hints: bool
    broken_after: int
    moved_after: int
    user_agent: str
    proxy: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Telegram:
    """The bot. `token` is a secret and stays out of every representation; the limits are those of one chat."""

    api_url: str
    token: str | None = field(repr=False)
    access: AccessMode
    admins: frozenset[int]
    max_watches: int
    max_alerts_per_hour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSource:
    """A template of messages as it was written: at `path` in the configuration, or in the `file` that this names."""

    text: str
    path: SettingsPath
    file: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One configuration, with where each thing in it came from."""

    database: str
    timezone: str
    polling: Polling
    telegram: Telegram
    web: Web
    allowed_hosts: tuple[str, ...]
    notice_channels: tuple[ChannelId, ...]
    story_window: timedelta
    feeds: tuple[Feed, ...]
    rules: tuple[Rule, ...]
    channels: tuple[Channel, ...]
    feed_paths: Mapping[FeedId, SettingsPath]
    rule_paths: Mapping[RuleId, SettingsPath]
    channel_paths: Mapping[ChannelId, SettingsPath]
    channel_templates: Mapping[ChannelId, TemplateSource]
    rule_templates: Mapping[RuleId, TemplateSource]

    @property
    def subscriptions(self) -> tuple[Subscription, ...]:
        """Which enabled channel hears of which rule, in the order of the rules."""
        enabled = {channel.id for channel in self.channels if channel.enabled}
        return tuple(
            Subscription(channel_id=channel_id, rule_id=rule.id)
            for rule in self.rules
            for channel_id in rule.send_to
            if channel_id in enabled
        )
