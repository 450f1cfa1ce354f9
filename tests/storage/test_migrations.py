"""A database of an earlier version is brought up to this one with all that is in it, and back."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from support.builders import HOUR, NOW, alert, article, delivery, feed

from aggregator.model.alerts import DeliveryStatus
from aggregator.model.articles import SeenArticle
from aggregator.model.feeds import CONFIGURATION, FeedState
from aggregator.model.ids import ArticleKey, ChannelId, FeedId
from aggregator.storage.column_types import to_microseconds
from aggregator.storage.migrate import _run_alembic, downgrade, upgrade
from aggregator.storage.store import open_store

EP, DESK = FeedId("ep"), ChannelId("desk")
OLD = article("https://www.news.example/a1?utm_source=rss", url="https://news.example/a1")
PURGED = article("guid-2")
AT = to_microseconds(NOW)
EARLIER = to_microseconds(NOW - HOUR)


@pytest.fixture
def engine(tmp_path: Path) -> sa.Engine:
    """A database at the first schema, with a row in every table."""
    engine = sa.create_engine(f"sqlite:///{tmp_path}/a.db")
    about = alert(OLD)
    due = delivery(about)
    with engine.begin() as connection:
        _run_alembic(connection, "upgrade", "0001")
        insert(
            connection,
            "feeds",
            {
                "id": "ep", "url": feed().url, "title": "EP", "tags": '["x"]', "interval_us": 900_000_000,
                "first_poll": "alert", "language": "uk", "full_text": "auto", "is_active": 1,
            },
        )  # fmt: skip
        insert(
            connection,
            "feed_states",
            {
                "feed_id": "ep", "is_active": 1, "next_poll_at": AT, "title": "Local News", "etag": '"e"',
                "last_modified": "yesterday", "body_hash": "h", "baselined_at": EARLIER, "last_polled_at": EARLIER,
                "gone_at": None, "failures": 2, "last_error": "down",
            },
        )  # fmt: skip
        insert(
            connection,
            "articles",
            {
                "id": OLD.id, "feed_id": "ep", "key": OLD.key, "url": OLD.url, "title": OLD.title,
                "published_at": to_microseconds(OLD.published_at), "stored_at": AT, "content_hash": "1",
                "authors": "[]", "summary": OLD.summary, "body": "", "tags": "[]", "feed_tags": "[]",
                "language": None, "image_url": None,
            },
        )  # fmt: skip
        for key in (OLD.key, PURGED.key):
            insert(
                connection,
                "seen_articles",
                {"feed_id": "ep", "key": key, "content_hash": "1", "first_seen_at": EARLIER, "last_listed_at": AT},
            )
        insert(
            connection,
            "matches",
            {"article_id": OLD.id, "rule_id": "r1", "spans": '[["title", 0, 8, "Families"]]', "found_at": AT},
        )
        insert(
            connection,
            "alerts",
            {
                "id": about.id, "channel_id": "desk", "story_id": about.story_id, "article_id": OLD.id,
                "rules": '[["r1", "Rule r1"]]', "priority": int(about.priority), "created_at": AT,
            },
        )  # fmt: skip
        for number, status in ((7, "sent"), (9, "pending")):
            insert(
                connection,
                "deliveries",
                {
                    "position": number, "id": due.id if status == "pending" else "sent", "alert_id": about.id,
                    "channel_id": "desk", "kind": "new", "status": status, "attempts": 0, "created_at": AT,
                    "next_attempt_at": AT, "reason": None, "receipt": "r",
                },
            )  # fmt: skip
        insert(
            connection,
            "delivery_attempts",
            {"delivery_id": "sent", "attempted_at": AT, "outcome": "sent", "detail": "r"},
        )
    return engine


def insert(connection: sa.Connection, table: str, values: dict[str, object]) -> None:
    """Insert a row as the first version wrote it."""
    names = ", ".join(values)
    places = ", ".join(f":{name}" for name in values)
    connection.execute(sa.text(f"INSERT INTO {table} ({names}) VALUES ({places})"), values)  # noqa: S608 - names are ours


def rows(connection: sa.Connection, table: str) -> list[dict[str, object]]:
    """Everything in a table."""
    found = connection.execute(sa.text(f"SELECT * FROM {table} ORDER BY 1, 2"))  # noqa: S608 - names are ours
    return [dict(row) for row in found.mappings()]


async def test_everything_is_there_after_the_upgrade(engine: sa.Engine, tmp_path: Path) -> None:
    """Feeds, states, articles and the outbox are read by this version as they were written by the first."""
    engine.dispose()

    store = await open_store(f"sqlite:///{tmp_path}/a.db")
    [summary] = await store.list_feeds()
    stored = await store.stored_articles([OLD.id])
    [due] = await store.claim_deliveries(DESK, NOW, 10)
    counts = await store.count_deliveries()
    await store.close()

    assert summary.feed.owner == CONFIGURATION
    assert (summary.feed.title, summary.feed.tags, summary.feed.interval) == ("EP", ("x",), timedelta(minutes=15))
    assert summary.state == FeedState(
        feed_id=EP,
        next_poll_at=NOW,
        title="Local News",
        etag='"e"',
        last_modified="yesterday",
        body_hash="h",
        baselined_at=NOW - HOUR,
        last_polled_at=NOW - HOUR,
        failures=2,
        last_error="down",
    )
    assert stored == {OLD.id: OLD}
    assert (due.delivery.id, due.article, [found.rule_id for found in due.matches]) == (
        delivery(alert(OLD)).id,
        OLD,
        ["r1"],
    )
    assert counts == {DeliveryStatus.SENT: 1, DeliveryStatus.PENDING: 1}


async def test_what_was_seen_stays_seen_under_the_form_that_is_compared_now(engine: sa.Engine, tmp_path: Path) -> None:
    """A key that is a link is found by its comparable form, and so is the article's link; nothing old becomes news."""
    engine.dispose()

    store = await open_store(f"sqlite:///{tmp_path}/a.db")
    by_key = await store.seen_articles(EP, [ArticleKey("//news.example/a1"), PURGED.key], [])
    by_link = await store.seen_articles(EP, [], ["//news.example/a1"])
    await store.close()

    assert by_key == [
        SeenArticle(
            key=ArticleKey("//news.example/a1"),
            article_key=OLD.key,
            content_hash="1",
            title=OLD.title,
            published_at=OLD.published_at,
            link_key="//news.example/a1",
        ),
        SeenArticle(
            key=PURGED.key, article_key=PURGED.key, content_hash="1", title="", published_at=NOW - HOUR, link_key=None
        ),
    ]
    assert {one.article_key for one in by_link} == {OLD.key}


def test_the_outbox_keeps_its_order_and_its_indices(engine: sa.Engine) -> None:
    """Positions go on where they were, and the index of what is unfinished is still a partial one."""
    with engine.begin() as connection:
        upgrade(connection)
        connection.execute(sa.text("DELETE FROM deliveries WHERE position = 9"))
        values = {
            "id": "next", "channel_id": "desk", "kind": "new", "status": "pending", "attempts": 0, "created_at": AT,
            "next_attempt_at": AT,
        }  # fmt: skip
        insert(connection, "deliveries", values)
        positions = connection.execute(sa.text("SELECT position FROM deliveries ORDER BY 1")).scalars().all()
        index = connection.execute(
            sa.text("SELECT sql FROM sqlite_master WHERE name = 'ix_deliveries_unfinished'")
        ).scalar_one()
    engine.dispose()

    assert positions == [7, 10]
    assert "WHERE status IN ('pending', 'retrying')" in index


def test_the_way_back_keeps_what_the_first_version_knew(engine: sa.Engine) -> None:
    """Down again, every table is as it was: aliases and notices go, for that version cannot read them."""
    with engine.begin() as connection:
        tables = [name for name in sa.inspect(connection).get_table_names() if name != "alembic_version"]
        before = {table: rows(connection, table) for table in tables}
        upgrade(connection)
        notice = {"id": "n", "kind": "feed broken", "feed_id": "ep", "title": "N", "text": "T", "created_at": AT}
        insert(connection, "notices", notice)
        told = {
            "id": "d", "notice_id": "n", "channel_id": "desk", "kind": "notice", "status": "sent", "attempts": 1,
            "created_at": AT, "next_attempt_at": AT,
        }  # fmt: skip
        insert(connection, "deliveries", told)
        downgrade(connection, "0001")
        after = {table: rows(connection, table) for table in tables}
        upgrade(connection)
        again = rows(connection, "seen_articles")
    engine.dispose()

    assert json.dumps(after, sort_keys=True) == json.dumps(before, sort_keys=True)
    assert len(again) == 3
