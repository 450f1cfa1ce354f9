"""What every store keeps to about an article's way: each sentence of `ports.Store` on tracing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from support.builders import HOUR, NOW, alert, article, delivery, feed, match, seen, state
from support.stores import new_store

from aggregator.model.alerts import DeliveryStatus, RetryAt, Sent
from aggregator.model.ids import ArticleId, ArticleKey, ChannelId, DeliveryId, FeedId
from aggregator.model.polls import PollPlan
from aggregator.model.stories import StoryMember
from aggregator.model.traces import ArticleAddress, ArticleTitle, DeliveryAttempt, FoundMatch
from aggregator.ports import Store

FIRST = article("//news.example/a1", link_key="//news.example/a1")
OTHER = article("tag:b2", feed_id=FeedId("b"), title="Captives are home", link_key="//news.example/a1")
ALERT = alert(FIRST)
DELIVERY = delivery(ALERT)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store with two articles of two feeds in one story, one of which a channel was told of."""
    store = await new_store(tmp_path / "a.db")
    await store.sync_feeds([feed(), feed("b")], NOW)
    members = tuple(StoryMember(article_id=one.id, story_id=ALERT.story_id, joined_at=NOW) for one in (FIRST, OTHER))
    await store.apply(
        PollPlan(
            state=state(last_polled_at=NOW, title="Local News"),
            new_articles=(FIRST,),
            listed=(FIRST.key,),
            matches=(match(FIRST),),
            members=members[:1],
            alerts=(ALERT,),
            deliveries=(DELIVERY,),
        )
    )
    await store.apply(
        PollPlan(
            state=state("b", last_polled_at=NOW + HOUR),
            new_articles=(OTHER,),
            matches=(match(OTHER),),
            members=members[1:],
        )
    )
    yield store
    await store.close()


@pytest.mark.parametrize("asked", [FIRST.id, ALERT.id, DELIVERY.id])
async def test_an_article_is_traced_by_its_ids(store: Store, asked: str) -> None:
    """Its own, an alert's about it, and a delivery's of that; with its feed, its times and its story."""
    [traced] = await store.trace_articles(ids=(asked, "unknown"))

    assert (traced.id, traced.feed.id, traced.state.title, traced.is_read) == (FIRST.id, "ep", "Local News", True)
    assert traced.article == replace(FIRST, link_key=None)
    assert (traced.title, traced.published_at) == (FIRST.title, FIRST.published_at)
    assert (traced.stored_at, traced.first_seen_at, traced.last_listed_at) == (NOW, NOW, NOW)
    assert (traced.story_id, [source.title for source in traced.sources]) == (ALERT.story_id, [OTHER.title])


async def test_articles_are_traced_by_what_any_feed_called_them(store: Store) -> None:
    """A key, also one that came later; a link, which several may have; each article once, by feed and key."""
    alias = replace(seen(OTHER), key=ArticleKey("tag:renamed"))
    await store.apply(PollPlan(state=state("b", last_polled_at=NOW), listed=(OTHER.key,), aliases=(alias,)))

    by_alias = await store.trace_articles(keys=("tag:renamed",))
    by_link = await store.trace_articles(keys=(FIRST.key,), link_keys=("//news.example/a1",))
    by_nothing = await store.trace_articles()

    assert [traced.id for traced in by_alias] == [OTHER.id]
    assert [traced.id for traced in by_link] == [OTHER.id, FIRST.id]
    assert by_nothing == []


async def test_an_article_of_a_removed_feed_is_traced(store: Store) -> None:
    """The feed is not read any more; an article that no rule matched has no story."""
    lone = article("lone", feed_id=FeedId("b"))
    await store.apply(PollPlan(state=state("b", last_polled_at=NOW), new_articles=(lone,)))
    await store.sync_feeds([feed()], NOW)

    [traced] = await store.trace_articles(ids=(lone.id,))

    assert (traced.is_read, traced.story_id, traced.sources) == (False, None, ())


async def test_the_last_seen_titles_come_first(store: Store) -> None:
    """No more than asked for, and each article once, whatever else it is called."""
    alias = replace(seen(OTHER), key=ArticleKey("tag:renamed"))
    await store.apply(PollPlan(state=state("b", last_polled_at=NOW), listed=(OTHER.key,), aliases=(alias,)))

    titles = await store.article_titles(10)

    assert titles == [
        ArticleTitle(feed_id=FeedId("b"), key=OTHER.key, title=OTHER.title),
        ArticleTitle(feed_id=FeedId("ep"), key=FIRST.key, title=FIRST.title),
    ]
    assert await store.article_titles(1) == titles[:1]


async def test_addresses_are_found_by_their_host(store: Store) -> None:
    """In any case, the last stored first; no sign of it stands for others."""
    found = await store.article_addresses("NEWS.example", 10)

    assert found == [ArticleAddress(id=one.id, feed_id=one.feed_id, url=one.url) for one in (OTHER, FIRST)]
    assert await store.article_addresses("news.example", 1) == found[:1]
    assert await store.article_addresses("news_example", 10) == []


async def test_stored_matches_come_with_their_time(store: Store) -> None:
    """Of the article that is asked for alone."""
    assert await store.article_matches(FIRST.id) == [FoundMatch(match=match(FIRST), found_at=NOW)]
    assert await store.article_matches(ArticleId("unknown")) == []


async def test_an_alert_is_traced_to_each_attempt(store: Store) -> None:
    """By its article, or by its own id; each attempt with its time and its answer, in their order."""
    await store.record_attempt(DELIVERY.id, RetryAt(at=NOW + HOUR, reason="unavailable: 503"), NOW)
    await store.record_attempt(DELIVERY.id, Sent(message_id="17"), NOW + HOUR)

    [by_article] = await store.trace_alerts(FIRST.id)
    [by_id] = await store.trace_alerts(OTHER.id, (ALERT.id,))

    [traced] = by_article.deliveries
    assert by_article == by_id
    assert by_article.alert == ALERT
    assert (traced.delivery.status, traced.ahead) == (DeliveryStatus.SENT, 0)
    assert traced.attempts == (
        DeliveryAttempt(attempted_at=NOW, status=DeliveryStatus.RETRYING, detail="unavailable: 503"),
        DeliveryAttempt(attempted_at=NOW + HOUR, status=DeliveryStatus.SENT, detail="17"),
    )
    assert await store.trace_alerts(ArticleId("unknown")) == []


async def test_what_is_ahead_of_a_delivery_is_counted(store: Store) -> None:
    """Unfinished alerts of its own channel that were due before it: neither those sent nor those of others."""
    subjects = [article(f"s{number}") for number in range(3)]
    alerts = [alert(one) for one in subjects] + [alert(subjects[0], "ops")]
    elsewhere = replace(delivery(alerts[3]), id=DeliveryId("elsewhere"), channel_id=ChannelId("ops"))
    plan = PollPlan(
        state=state(last_polled_at=NOW + timedelta(minutes=1)),
        new_articles=tuple(subjects),
        alerts=tuple(alerts),
        deliveries=(elsewhere, *(delivery(one) for one in alerts[:3])),
    )
    await store.apply(plan)
    await store.record_attempt(DELIVERY.id, Sent(), NOW)

    [last] = await store.trace_alerts(subjects[2].id)

    assert [one.ahead for one in last.deliveries] == [2]
