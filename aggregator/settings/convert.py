"""From the validated YAML to the nouns of the model."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

from aggregator.model.alerts import Channel
from aggregator.model.feeds import Feed, FirstPoll, FullText
from aggregator.model.ids import ChannelId, FeedId, RuleId
from aggregator.model.rules import FeedSelector, OnUpdate, Priority, Rule, RuleTest
from aggregator.settings.documents import ChannelDocument, FeedDocument, RuleDocument, SettingsDocument
from aggregator.settings.feed_urls import absolute_url, feed_ids
from aggregator.settings.merge import Merged
from aggregator.settings.model import Polling, Settings, Telegram


def settings_of(document: SettingsDocument, merged: Merged) -> Settings:
    """Return the settings of a document in which everything fits together."""
    feeds = _feeds(document.feeds, merged)
    channels = tuple(_channel(name, channel, document) for name, channel in document.channels.items())
    every_channel = list(document.channels)
    rules = tuple(_rule(rule, every_channel if rule.send_to is None else rule.send_to) for rule in document.rules)
    polling = document.polling
    return Settings(
        database=document.database,
        timezone=document.timezone,
        polling=Polling(
            interval=polling.interval,
            min_interval=polling.min_interval,
            max_interval=max(polling.max_interval, polling.min_interval),
            timeout=polling.timeout,
            max_body_bytes=polling.max_body,
            concurrency=polling.concurrency,
            per_host=polling.per_host,
            host_delay=polling.host_delay,
            user_agent=polling.user_agent,
        ),
        telegram=Telegram(
            token=document.telegram.token.get_secret_value() or None if document.telegram.token else None,
            api_url=document.telegram.api_url,
        ),
        feeds=feeds,
        rules=rules,
        channels=channels,
        feed_paths={feed.id: ("feeds", number) for number, feed in enumerate(feeds)},
        rule_paths={rule.id: ("rules", number) for number, rule in enumerate(rules)},
        channel_paths={channel.id: ("channels", channel.id) for channel in channels},
    )


def _feeds(documents: Sequence[FeedDocument], merged: Merged) -> tuple[Feed, ...]:
    urls = [
        absolute_url(document.url, merged.place_of(("feeds", number, "url")))
        for number, document in enumerate(documents)
    ]
    ids = feed_ids([(document.id, url) for document, url in zip(documents, urls, strict=True)])
    return tuple(
        Feed(
            id=feed_id,
            url=url,
            title=document.title,
            tags=tuple(dict.fromkeys(document.tags)),
            interval=document.interval,
            first_poll=FirstPoll(document.first_poll),
            language=document.language,
            full_text=FullText(document.full_text),
        )
        for feed_id, url, document in zip(ids, urls, documents, strict=True)
    )


def _channel(name: str, document: ChannelDocument, settings: SettingsDocument) -> Channel:
    return Channel(
        id=ChannelId(name),
        type=document.type,
        timezone=document.timezone or settings.timezone,
        language=document.language,
        enabled=document.enabled,
        quiet_hours=document.quiet_hours,
        options=MappingProxyType(dict(document.model_extra or {})),
    )


def _rule(document: RuleDocument, send_to: list[str]) -> Rule:
    return Rule(
        id=RuleId(document.id),
        title=document.title or document.id,
        query=document.query,
        all_of=tuple(document.all),
        any_of=tuple(document.any),
        none_of=tuple(document.none),
        feeds=FeedSelector(
            ids=tuple(FeedId(feed_id) for feed_id in document.feeds.ids), tags=tuple(document.feeds.tags)
        ),
        priority=Priority[document.priority.upper()],
        send_to=tuple(ChannelId(name) for name in dict.fromkeys(send_to)),
        once_per_story=document.once_per_story,
        on_update=OnUpdate(document.on_update),
        tests=tuple(
            RuleTest(
                text=test.match if test.match is not None else test.no_match or "", expect_match=test.match is not None
            )
            for test in document.tests
        ),
    )
