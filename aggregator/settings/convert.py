"""From the validated YAML to the nouns of the model, with the checks that span several sections."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from urllib.parse import unquote, urlsplit

from aggregator.model.alerts import Channel
from aggregator.model.feeds import Feed, FirstPoll, FullText
from aggregator.model.ids import ChannelId, FeedId, RuleId
from aggregator.model.rules import FeedSelector, OnUpdate, Priority, Rule, RuleTest
from aggregator.settings.documents import ChannelDocument, FeedDocument, RuleDocument, SettingsDocument
from aggregator.settings.merge import Merged
from aggregator.settings.model import Polling, Settings, Telegram
from aggregator.settings.tree import SettingsPath
from aggregator.settings.validation import unknown

_SLUG_LIMIT = 60


def settings_of(document: SettingsDocument, merged: Merged) -> Settings:
    """Return the settings; what does not fit together is added to the problems of `merged`."""
    feed_paths: dict[FeedId, SettingsPath] = {}
    feeds = _feeds(document.feeds, merged, feed_paths)
    channels = tuple(_channel(name, channel, document) for name, channel in document.channels.items())
    rule_paths: dict[RuleId, SettingsPath] = {}
    rules = _rules(document, feeds, merged, rule_paths)
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
        feed_paths=feed_paths,
        rule_paths=rule_paths,
        channel_paths={channel.id: ("channels", channel.id) for channel in channels},
    )


def _feeds(documents: Iterable[FeedDocument], merged: Merged, paths: dict[FeedId, SettingsPath]) -> tuple[Feed, ...]:
    feeds: dict[FeedId, Feed] = {}
    by_url: dict[str, FeedId] = {}
    for number, document in enumerate(documents):
        path: SettingsPath = ("feeds", number)
        url = _absolute_url(document.url, merged.places.get((*path, "url")), merged.main)
        if url in by_url:
            first = merged.places[paths[by_url[url]]]
            message = f"this feed stands in {first.file}:{first.line} too; one of them must go"
            merged.problems.append(merged.problem((*path, "url"), message))
            continue
        feed_id = FeedId(document.id) if document.id else _feed_id(url, feeds)
        if feed_id in feeds:
            first = merged.places[paths[feed_id]]
            message = f"the id {feed_id!r} is taken in {first.file}:{first.line}; choose another"
            merged.problems.append(merged.problem((*path, "id"), message))
            continue
        by_url[url], paths[feed_id] = feed_id, path
        feeds[feed_id] = Feed(
            id=feed_id,
            url=url,
            title=document.title,
            tags=tuple(dict.fromkeys(document.tags)),
            interval=document.interval,
            first_poll=FirstPoll(document.first_poll),
            language=document.language,
            full_text=FullText(document.full_text),
        )
    return tuple(feeds.values())


def _absolute_url(url: str, place: object, main: Path) -> str:
    """A `file:` URL is relative to the file that it is written in."""
    parts = urlsplit(url)
    if parts.scheme != "file":
        return url
    folder = Path(getattr(place, "file", str(main))).parent
    return (folder.absolute() / unquote(parts.path)).resolve().as_uri()


def _feed_id(url: str, taken: Mapping[FeedId, Feed]) -> FeedId:
    parts = urlsplit(url)
    name = f"{parts.hostname or ''}{parts.path}" if parts.hostname else Path(unquote(parts.path)).stem
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:_SLUG_LIMIT].strip("-") or "feed"
    if slug not in taken:
        return FeedId(slug)
    return FeedId(f"{slug}-{hashlib.blake2b(url.encode(), digest_size=4).hexdigest()}")


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


def _rules(
    document: SettingsDocument, feeds: tuple[Feed, ...], merged: Merged, paths: dict[RuleId, SettingsPath]
) -> tuple[Rule, ...]:
    known_tags = {tag for feed in feeds for tag in feed.tags}
    known_ids = {feed.id for feed in feeds}
    rules: dict[RuleId, Rule] = {}
    for number, rule in enumerate(document.rules):
        path: SettingsPath = ("rules", number)
        rule_id = RuleId(rule.id)
        if rule_id in paths:
            first = merged.places[paths[rule_id]]
            message = f"the id {rule.id!r} is taken in {first.file}:{first.line}; choose another"
            merged.problems.append(merged.problem((*path, "id"), message))
            continue
        paths[rule_id] = path
        _check_names(rule.send_to or (), document.channels, (*path, "send_to"), "channel", merged)
        _check_names(rule.feeds.ids, known_ids, (*path, "feeds", "ids"), "feed", merged)
        _check_names(rule.feeds.tags, known_tags, (*path, "feeds", "tags"), "tag of a feed", merged)
        _check_terms(rule, path, merged)
        rules[rule_id] = _rule(rule, rule.send_to if rule.send_to is not None else list(document.channels))
    return tuple(rules.values())


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


def _check_terms(rule: RuleDocument, path: SettingsPath, merged: Merged) -> None:
    has_lists = bool(rule.all or rule.any or rule.none)
    if rule.query is not None and has_lists:
        message = "a rule has either a query or the lists all, any and none; put the terms into the query"
        merged.problems.append(merged.problem((*path, "query"), message))
    if rule.query is None and not (rule.all or rule.any):
        what = "only excludes; add an any or all list" if rule.none else "looks for nothing; add a query"
        merged.problems.append(merged.problem(path, f"the rule {rule.id!r} {what}, as query: 'word OR \"a phrase\"'"))
    for number, test in enumerate(rule.tests):
        if (test.match is None) == (test.no_match is None):
            message = 'a test is either {match: "text"} or {no_match: "text"}'
            merged.problems.append(merged.problem((*path, "tests", number), message))


def _check_names(names: Iterable[str], known: Iterable[str], path: SettingsPath, kind: str, merged: Merged) -> None:
    choices = set(known)
    for number, name in enumerate(names):
        if name not in choices:
            merged.problems.append(merged.problem((*path, number), unknown(kind, name, choices)))
