"""From the validated YAML to the nouns of the model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from pydantic import SecretStr

from aggregator import __version__
from aggregator.model.access import OPEN_ACCESS, FeedAccess
from aggregator.model.alerts import Channel
from aggregator.model.chats import AccessMode
from aggregator.model.feeds import Feed, FirstPoll, FullText
from aggregator.model.ids import ChannelId, FeedId, RuleId
from aggregator.model.quiet_hours import QuietHours
from aggregator.model.rules import DEFAULT_THRESHOLD, FeedSelector, OnUpdate, Priority, Rule, RuleTest
from aggregator.settings.documents import (
    AuthDocument,
    ChannelDocument,
    FeedDocument,
    HostDocument,
    SettingsDocument,
)
from aggregator.settings.examples import Examples
from aggregator.settings.feed_urls import absolute_url, feed_ids
from aggregator.settings.merge import Merged
from aggregator.settings.message_templates import TemplateSources
from aggregator.settings.model import HostException, Polling, Settings, Telegram, Web
from aggregator.settings.rule_documents import RuleDocument, RuleTestDocument
from aggregator.settings.tree import Place

AUTO = "auto"
"""A rule's language that stands for the one of each article."""


def settings_of(document: SettingsDocument, merged: Merged, examples: Examples, templates: TemplateSources) -> Settings:
    """Return the settings of a document in which everything fits together."""
    feeds = _feeds(document.feeds, merged)
    channels = tuple(_channel(name, channel, document) for name, channel in document.channels.items())
    admins = _admin_channels(document)
    every_channel = list(document.channels)
    language_model = _file(document.semantic.model, merged.place_of(("semantic", "model")))
    rules = tuple(
        replace(
            _rule(rule, every_channel if rule.send_to is None else rule.send_to),
            like=like,
            language_model=language_model if like else None,
        )
        for rule, like in ((rule, examples.of(number)) for number, rule in enumerate(document.rules))
    )
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
            hosts=MappingProxyType({name: _host(host) for name, host in polling.hosts.items()}),
            is_adaptive=polling.pacing == "adaptive",
            ignores_hints=polling.ignore_hints,
            broken_after=polling.broken_after,
            moved_after=polling.moved_after,
            user_agent=polling.user_agent or _user_agent(polling.contact),
            proxy=_secret(polling.proxy),
        ),
        telegram=Telegram(
            token=document.telegram.token.get_secret_value() or None if document.telegram.token else None,
            api_url=document.telegram.api_url,
            access=AccessMode(document.telegram.access),
            admins=frozenset(document.telegram.admins),
            max_watches=document.telegram.quotas.watches,
            max_alerts_per_hour=document.telegram.quotas.alerts_per_hour,
        ),
        web=Web(listen=document.web.listen, public_url=(document.web.public_url or "").rstrip("/") or None),
        allowed_hosts=tuple(document.network.allow),
        story_window=document.stories.window,
        notice_channels=_notice_channels(document, [*channels, *admins]),
        feeds=feeds,
        rules=rules,
        channels=(*channels, *admins),
        feed_paths={feed.id: ("feeds", number) for number, feed in enumerate(feeds)},
        rule_paths={rule.id: ("rules", number) for number, rule in enumerate(rules)},
        channel_paths={channel.id: ("channels", channel.id) for channel in channels}
        | {channel.id: ("telegram", "admins", number) for number, channel in enumerate(admins)},
        channel_templates={
            channel.id: templates.by_owner["channels", channel.id]
            for channel in channels
            if ("channels", channel.id) in templates.by_owner
        },
        rule_templates={
            rule.id: templates.by_owner["rules", number]
            for number, rule in enumerate(rules)
            if ("rules", number) in templates.by_owner
        },
    )


def _feeds(documents: Sequence[FeedDocument], merged: Merged) -> tuple[Feed, ...]:
    urls = [
        absolute_url(document.url, merged.place_of(("feeds", number, "url")))
        for number, document in enumerate(documents)
    ]
    ids = feed_ids([(document.id, url) for document, url in zip(documents, urls, strict=True)])
    return tuple(
        replace(
            feed_of(document, feed_id, url),
            access=_access(document, merged.place_of(("feeds", number))),
        )
        for number, (feed_id, url, document) in enumerate(zip(ids, urls, documents, strict=True))
    )


def feed_of(document: FeedDocument, feed_id: FeedId, url: str) -> Feed:
    """Return the feed of a validated document, but for how it is accessed."""
    return Feed(
        id=feed_id,
        url=url,
        title=document.title,
        tags=tuple(dict.fromkeys(document.tags)),
        interval=document.interval,
        first_poll=FirstPoll(document.first_poll),
        language=document.language,
        full_text=FullText(document.full_text),
        ignores_hints=document.ignore_hints,
        folder=tuple(document.folder),
        site_url=document.site_url,
        description=document.description,
    )


def _access(document: FeedDocument, place: Place) -> FeedAccess:
    """Return how the feed's server is reached; files are relative to the folder of the file that names them."""
    auth, tls = document.auth or AuthDocument.model_construct(), document.tls
    access = FeedAccess(
        username=auth.username,
        password=_secret(auth.password),
        bearer=_secret(auth.bearer),
        headers=tuple((name, value.get_secret_value()) for name, value in document.headers.items()),
        cookies=tuple((name, value.get_secret_value()) for name, value in document.cookies.items()),
        proxy=_secret(document.proxy),
        user_agent=document.user_agent,
        verify_tls=tls.verify,
        ca_file=_file(tls.ca_file, place),
        client_cert=_file(tls.client_cert, place),
        client_key=_file(tls.client_key, place),
    )
    return OPEN_ACCESS if access == OPEN_ACCESS else access


def _secret(value: SecretStr | None) -> str | None:
    return None if value is None else value.get_secret_value()


def _file(path: str | None, place: Place) -> str | None:
    return None if path is None else str(Path(place.file).parent / path)


def _host(document: HostDocument) -> HostException:
    return HostException(
        concurrency=document.concurrency,
        delay=document.delay,
        holds_domain=None if document.hold is None else document.hold == "domain",
    )


def _user_agent(contact: str | None) -> str:
    """Who we honestly are, and whom to ask about it (RFC 9110 §10.1.5)."""
    return f"aggregator/{__version__} (feed reader; {contact or 'no contact given'})"


def _channel(name: str, document: ChannelDocument, settings: SettingsDocument) -> Channel:
    return Channel(
        id=ChannelId(name),
        type=document.type,
        timezone=document.timezone or settings.timezone,
        language=document.language,
        enabled=document.enabled,
        quiet_hours=QuietHours.parse(document.quiet_hours) if document.quiet_hours else None,
        digest=document.digest,
        max_per_minute=document.max_per_minute,
        max_per_hour=document.max_per_hour,
        options=MappingProxyType(dict(document.model_extra or {})),
    )


def _admin_channels(document: SettingsDocument) -> tuple[Channel, ...]:
    """Return a private chat for each of the bot's admins: a user's id is the id of the chat with them (Bot API)."""
    if document.telegram.token is None or not document.telegram.token.get_secret_value():
        return ()
    return tuple(
        Channel(
            id=ChannelId(f"telegram-admin-{user_id}"),
            type="telegram",
            timezone=document.timezone,
            options=MappingProxyType({"chat_id": user_id}),
        )
        for user_id in dict.fromkeys(document.telegram.admins)
    )


def _notice_channels(document: SettingsDocument, channels: Sequence[Channel]) -> tuple[ChannelId, ...]:
    """Return the enabled channels that notices go to: those that `notices.send_to` names, and the bot's admins."""
    named = set(document.notices.send_to)
    return tuple(
        channel.id
        for channel in channels
        if channel.enabled and (channel.id in named or channel.id not in document.channels)
    )


def _rule(document: RuleDocument, send_to: list[str]) -> Rule:
    return Rule(
        id=RuleId(document.id),
        title=document.title or document.id,
        query=document.query,
        all_of=tuple(document.all),
        any_of=tuple(document.any),
        none_of=tuple(document.none),
        language=None if document.language == AUTO else document.language,
        threshold=DEFAULT_THRESHOLD if document.threshold is None else document.threshold,
        feeds=FeedSelector(
            ids=tuple(FeedId(feed_id) for feed_id in document.feeds.ids), tags=tuple(document.feeds.tags)
        ),
        priority=Priority[document.priority.upper()],
        send_to=tuple(ChannelId(name) for name in dict.fromkeys(send_to)),
        once_per_story=document.once_per_story,
        on_update=OnUpdate(document.on_update),
        digest=document.digest or None,
        is_at_once=document.digest is False,
        tests=tuple(_tests(document.tests)),
    )


def _tests(documents: Sequence[RuleTestDocument]) -> Iterator[RuleTest]:
    for document in documents:
        for article, expect_match in ((document.match, True), (document.no_match, False)):
            if article is not None:
                yield RuleTest(
                    expect_match=expect_match,
                    title=article.title.strip(),
                    summary=article.summary.strip(),
                    body=article.body.strip(),
                    authors=tuple(article.author),
                    tags=tuple(article.tags),
                    url=article.url,
                    feed_id=None if article.feed is None else FeedId(article.feed),
                    language=article.lang,
                )
