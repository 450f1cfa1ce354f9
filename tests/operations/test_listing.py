"""What there is: feeds as they are configured and as they are doing."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from support.builders import HOUR, NOW, article, feed, state
from support.stores import new_store

from aggregator.model.feeds import COMMAND_LINE, FeedState
from aggregator.model.ids import FeedId
from aggregator.model.polls import PollPlan
from aggregator.operations.configure import Configuration, configure
from aggregator.operations.listing import list_feeds
from aggregator.ports import Store


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store that once met two feeds of a configuration, one of them polled, and one that was added."""
    store = await new_store(tmp_path / "a.db")
    await store.sync_feeds([feed("polled"), feed("dropped")], NOW)
    await store.add_feeds([feed("added", owner=COMMAND_LINE, tags=("x",))], NOW)
    subject = article(feed_id=FeedId("polled"))
    plan = PollPlan(
        state=state("polled", last_polled_at=NOW, title="Local News"), new_articles=(subject,), listed=(subject.key,)
    )
    await store.apply(plan)
    yield store
    await store.close()


def configuration(folder: Path, text: str) -> Configuration:
    """A configuration."""
    path = folder / "c.yaml"
    path.write_text(text)
    return configure(path, {}, lambda _channel, _settings: [])


async def test_every_feed_is_listed_as_it_is_configured_now(store: Store, tmp_path: Path) -> None:
    """Feeds of the configuration come from it, met or not, with what is known of them; the added stand between them."""
    now = configuration(
        tmp_path, "feeds: [{id: polled, url: 'https://moved.example/', tags: [new]}, {id: unmet, url: 'https://u/'}]"
    )

    summaries = await list_feeds(now, store, NOW + HOUR)

    assert [summary.feed.id for summary in summaries] == ["added", "polled", "unmet"]
    added, polled, unmet = summaries
    assert (added.feed.tags, added.feed.owner, added.articles) == (("x",), COMMAND_LINE, 0)
    assert (polled.feed.url, polled.feed.tags) == ("https://moved.example/", ("new",))
    assert (polled.state.title, polled.articles) == ("Local News", 1)
    assert (unmet.state, unmet.articles) == (FeedState(feed_id=FeedId("unmet"), next_poll_at=NOW + HOUR), 0)


async def test_listing_changes_nothing(store: Store, tmp_path: Path) -> None:
    """A list that is asked for while another process works on the database does not make that follow it."""
    before = await store.list_feeds()

    await list_feeds(configuration(tmp_path, ""), store, NOW)

    assert await store.list_feeds() == before


async def test_an_added_feed_that_the_configuration_defines_too_is_listed_once(store: Store, tmp_path: Path) -> None:
    """The configuration owns what it defines."""
    [summary, *_] = await list_feeds(
        configuration(tmp_path, "feeds: [{id: added, url: 'https://yaml.example/'}]"), store, NOW
    )

    assert (summary.feed.url, summary.feed.owner) == ("https://yaml.example/", "configuration")
