"""What every store keeps to about what was learned of articles and hosts, and about notices."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from support.builders import HOUR, NOW, alert, article, delivery, feed, seen, state
from support.stores import new_store

from aggregator.model.alerts import Delivery, DeliveryKind, DeliveryStatus, Sent
from aggregator.model.articles import Article, Revision, SeenArticle
from aggregator.model.fetches import Outline
from aggregator.model.ids import ArticleKey, ChannelId, DeliveryId, FeedId, NoticeId
from aggregator.model.notices import Notice, NoticeKind
from aggregator.model.polls import HostHold, PollPlan
from aggregator.ports import Store
from aggregator.storage.store import open_store

EP, DESK = FeedId("ep"), ChannelId("desk")
DAY = timedelta(days=1)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store that knows two feeds."""
    store = await new_store(tmp_path / "a.db")
    await store.sync_feeds([feed(), feed("other")], NOW)
    yield store
    await store.close()


def read(*new: Article, at: timedelta = timedelta(0), feed_id: str = "ep", **changes: object) -> PollPlan:
    """A poll that found these articles."""
    polled = state(feed_id, last_polled_at=NOW + at, baselined_at=NOW)
    values = {"new_articles": new, "listed": tuple(item.key for item in new)} | changes
    return PollPlan(state=polled, **values)  # type: ignore[arg-type] # the test names fields


def notice(number: int = 1, kind: NoticeKind = NoticeKind.FEED_BROKEN) -> Notice:
    """A notice about the feed."""
    return Notice(
        id=NoticeId(f"n{number}"), kind=kind, feed_id=EP, title=f"Notice {number}", text="It failed.", created_at=NOW
    )


def delivery_of(about: Notice, channel_id: str = "desk") -> Delivery:
    """The delivery of a notice."""
    return Delivery(
        id=DeliveryId(f"{about.id}-{channel_id}"),
        notice_id=about.id,
        channel_id=ChannelId(channel_id),
        kind=DeliveryKind.NOTICE,
        created_at=NOW,
        next_attempt_at=NOW,
    )


def by_key(remembered: list[SeenArticle]) -> dict[str, SeenArticle]:
    """What is remembered, by its key."""
    return {one.key: one for one in remembered}


async def test_articles_are_remembered_by_key_and_by_link(store: Store) -> None:
    """Either finds an article, both find it once, and only in its own feed; what has no link is found by no link."""
    one = article("a", link_key="//news.example/a")
    two = article("b", link_key="//news.example/b")
    bare = article("c", link_key=None)
    elsewhere = article("a", feed_id=FeedId("other"), link_key="//news.example/a")
    await store.apply(read(one, two, bare))
    await store.apply(read(elsewhere, feed_id="other"))

    both = await store.seen_articles(EP, [one.key, bare.key, ArticleKey("x")], ["//news.example/b", "//news.example/a"])
    keyless = await store.seen_articles(EP, [], ["//news.example/a", "//news.example/x"])

    assert by_key(both) == {item.key: seen(item) for item in (one, two, bare)}
    assert len(both) == 3
    assert keyless == [seen(one)]
    assert await store.seen_articles(EP, [], []) == []


async def test_articles_that_share_a_link_are_all_found_by_it(store: Store) -> None:
    """Which of them it is, is not the store's to say."""
    pair = [article("a", link_key="//live"), article("b", link_key="//live")]
    await store.apply(read(*pair))

    assert set(by_key(await store.seen_articles(EP, [], ["//live"]))) == {"a", "b"}


async def test_an_alias_leads_to_the_article(store: Store) -> None:
    """Another key of an article is remembered with the key that it had when it was new, and learns of its updates."""
    old = article("old", link_key="//news.example/a")
    alias = seen(old, key=ArticleKey("new"), link_key="//news.example/b")
    await store.apply(read(old))
    await store.apply(read(aliases=(alias,), listed=(old.key,)))
    changed = article("old", title="Other", content_hash="2")

    await store.apply(read(updated_articles=(changed,), listed=(old.key,)))
    await store.apply(read(aliases=(alias,), listed=(old.key,)))

    found = by_key(await store.seen_articles(EP, [ArticleKey("new"), old.key], []))
    assert {key: (one.article_key, one.title, one.content_hash) for key, one in found.items()} == {
        "new": ("old", "Other", "2"),
        "old": ("old", "Other", "2"),
    }
    assert by_key(await store.seen_articles(EP, [], ["//news.example/b"])).keys() == {"new"}


async def test_stored_articles_are_those_that_are_stored(store: Store) -> None:
    """They come back whole; what is not there is left out."""
    whole = article(
        authors=("A", "B"),
        body="Body",
        tags=("t",),
        feed_tags=("f",),
        language="uk",
        image_url="https://a.example/i.png",
        has_page_text=True,
        page_error="its page is an image",
    )
    await store.apply(read(whole))

    assert await store.stored_articles([whole.id, article("nothing").id]) == {whole.id: whole}
    assert await store.stored_articles([]) == {}


async def test_earlier_texts_are_kept_in_their_order(store: Store) -> None:
    """Each change leaves what was there before it, once, the oldest first."""
    subject = article()
    revisions = [
        Revision(
            article_id=subject.id,
            replaced_at=NOW + hours * HOUR,
            title=f"Title {hours}",
            text="Text",
            content_hash=str(hours),
            diff=("=Text", "-old", "+new"),
        )
        for hours in (1, 2)
    ]
    await store.apply(read(subject))
    for revision in (revisions[1], revisions[0], revisions[0]):
        await store.apply(read(revisions=(revision,), listed=(subject.key,)))

    assert await store.revisions(subject.id) == revisions
    assert await store.revisions(article("other").id) == []


async def test_the_outline_is_the_last_ones(store: Store) -> None:
    """There is none before the first read; a poll that read nothing leaves it; the next one takes its place."""
    first = Outline(context="c", items=(("f1", ArticleKey("a")), (None, ArticleKey("ключ"))))
    before = await store.outline(EP)
    await store.apply(read(outline=first))
    await store.apply(read(outline=None))
    kept = await store.outline(EP)

    await store.apply(read(outline=Outline(context="", items=())))

    assert (before, kept) == (None, first)
    assert await store.outline(EP) == Outline(context="", items=())
    assert await store.outline(FeedId("other")) is None


async def test_hosts_are_held_until_they_ask_no_more(store: Store) -> None:
    """The last word of a host counts, and a hold that is over is none."""
    for host, hours in (("b.example", 1), ("a.example", 3), ("b.example", 2)):
        await store.apply(read(hold=HostHold(host=host, until=NOW + hours * HOUR)))

    assert await store.host_holds(NOW + HOUR) == [
        HostHold(host="a.example", until=NOW + 3 * HOUR),
        HostHold(host="b.example", until=NOW + 2 * HOUR),
    ]
    assert [hold.host for hold in await store.host_holds(NOW + 2 * HOUR)] == ["a.example"]


async def test_notices_go_out_as_alerts_do(store: Store) -> None:
    """A notice and its deliveries commit with the poll, once, and are claimed and recorded like those of alerts."""
    subject = article()
    about = alert(subject)
    await store.apply(read(subject, alerts=(about,), deliveries=(delivery(about),)))
    told = notice()
    plan = read(notices=(told,), deliveries=(delivery_of(told), delivery_of(told, "other")))

    await store.apply(plan)
    await store.apply(plan)

    claimed = {due.delivery.kind: due for due in await store.claim_deliveries(DESK, NOW, 10)}
    assert claimed.keys() == {DeliveryKind.NEW, DeliveryKind.NOTICE}
    first, second = claimed[DeliveryKind.NEW], claimed[DeliveryKind.NOTICE]
    assert second.delivery == delivery_of(told)
    assert (second.article.title, second.article.text) == (told.title, told.text)
    await store.record_attempt(first.delivery.id, Sent(), NOW)
    await store.record_attempt(second.delivery.id, Sent(message_id="7"), NOW)
    assert await store.count_deliveries() == {DeliveryStatus.SENT: 2, DeliveryStatus.PENDING: 1}
    [waiting] = await store.list_deliveries(channel_id=ChannelId("other"))
    assert (waiting.title, waiting.feed_id, waiting.url) == (told.title, EP, feed().url)


async def test_notices_of_many_feeds_commit_together(store: Store) -> None:
    """Plans that share a transaction each keep their own notices."""
    plans = [read(notices=(notice(n),), deliveries=(delivery_of(notice(n)),)) for n in range(20)]

    await asyncio.gather(*(store.apply(plan) for plan in plans))

    listed = await store.list_deliveries(channel_id=DESK)
    assert sorted(item.title for item in listed) == sorted(f"Notice {n}" for n in range(20))


async def test_what_was_seen_is_forgotten_in_the_end(tmp_path: Path) -> None:
    """A key goes when no feed listed it for 30 days and its article is no longer stored: neither alone suffices."""
    url = f"sqlite:///{tmp_path}/b.db"
    store = await open_store(url)
    await store.sync_feeds([feed()], NOW)
    stored, purged, listed = article("stored"), article("purged"), article("listed")
    await store.apply(read(stored, purged, listed))
    await store.apply(read(aliases=(seen(purged, key=ArticleKey("alias")),), listed=(purged.key,)))
    with store.database.engine.begin() as connection:
        for item in (purged, listed):
            connection.exec_driver_sql("DELETE FROM articles WHERE id = ?", (item.id,))
    await store.apply(read(at=2 * DAY, listed=(listed.key,)))

    early = await store.prune_seen(NOW + 30 * DAY)
    late = await store.prune_seen(NOW + 31 * DAY)
    keys = [ArticleKey(key) for key in ("stored", "purged", "alias", "listed")]
    left = by_key(await store.seen_articles(EP, keys, []))
    last = await store.prune_seen(NOW + 33 * DAY)
    await store.close()

    assert (early, late, last) == (0, 2, 1)
    assert left.keys() == {"stored", "listed"}


async def test_the_other_keys_of_an_article_live_as_long_as_it_is_listed(tmp_path: Path) -> None:
    """A feed that has called an article by another id for months would have it as news once that id was forgotten."""
    store = await new_store(tmp_path / "b.db")
    await store.sync_feeds([feed()], NOW)
    renamed = article("renamed")
    await store.apply(read(renamed))
    await store.apply(read(aliases=(seen(renamed, key=ArticleKey("alias")),), listed=(renamed.key,)))
    with store.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM articles")
    await store.apply(read(at=60 * DAY, listed=(renamed.key,)))

    while_listed = await store.prune_seen(NOW + 89 * DAY)
    after = await store.prune_seen(NOW + 91 * DAY)
    await store.close()

    assert (while_listed, after) == (0, 2)


async def test_pruning_forgets_holds_that_are_over(store: Store) -> None:
    """What held a host once is not kept for ever, and what holds it still is."""
    for host, hours in (("over.example", 1), ("still.example", 3)):
        await store.apply(read(hold=HostHold(host=host, until=NOW + hours * HOUR)))

    await store.prune_seen(NOW + 2 * HOUR)

    assert [hold.host for hold in await store.host_holds(NOW)] == ["still.example"]
