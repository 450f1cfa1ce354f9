"""The first tables: feeds, articles, matches, alerts and the outbox."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _make_feed_tables()
    _make_article_tables()
    _make_alert_tables()


def downgrade() -> None:
    """Drop the tables, and all that is in them."""
    for table in (
        "delivery_attempts",
        "deliveries",
        "alerts",
        "matches",
        "seen_articles",
        "articles",
        "feed_states",
        "feeds",
    ):
        op.drop_table(table)


def _serial() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _make_feed_tables() -> None:
    op.create_table(
        "feeds",
        sa.Column("id", sa.Text),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("interval_us", sa.BigInteger),
        sa.Column("first_poll", sa.Text, nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("full_text", sa.Text, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feeds"),
    )
    op.create_table(
        "feed_states",
        sa.Column("feed_id", sa.Text),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("next_poll_at", sa.BigInteger, nullable=False),
        sa.Column("title", sa.Text),
        sa.Column("etag", sa.Text),
        sa.Column("last_modified", sa.Text),
        sa.Column("body_hash", sa.Text),
        sa.Column("baselined_at", sa.BigInteger),
        sa.Column("last_polled_at", sa.BigInteger),
        sa.Column("gone_at", sa.BigInteger),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.PrimaryKeyConstraint("feed_id", name="pk_feed_states"),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_feed_states_feed_id", ondelete="CASCADE"),
    )
    op.create_index("ix_feed_states_due", "feed_states", ["is_active", "next_poll_at"])


def _make_article_tables() -> None:
    op.create_table(
        "articles",
        sa.Column("id", sa.Text),
        sa.Column("feed_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("published_at", sa.BigInteger, nullable=False),
        sa.Column("stored_at", sa.BigInteger, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("authors", sa.JSON, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("tags", sa.JSON, nullable=False),
        sa.Column("feed_tags", sa.JSON, nullable=False),
        sa.Column("language", sa.Text),
        sa.Column("image_url", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_articles"),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_articles_feed_id", ondelete="CASCADE"),
    )
    op.create_index("ix_articles_feed_id", "articles", ["feed_id"])
    op.create_index("ix_articles_published_at", "articles", ["published_at"])
    op.create_table(
        "seen_articles",
        sa.Column("feed_id", sa.Text),
        sa.Column("key", sa.Text),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("first_seen_at", sa.BigInteger, nullable=False),
        sa.Column("last_listed_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("feed_id", "key", name="pk_seen_articles"),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_seen_articles_feed_id", ondelete="CASCADE"),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_seen_articles_last_listed_at", "seen_articles", ["last_listed_at"])
    op.create_table(
        "matches",
        sa.Column("article_id", sa.Text),
        sa.Column("rule_id", sa.Text),
        sa.Column("spans", sa.JSON, nullable=False),
        sa.Column("found_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("article_id", "rule_id", name="pk_matches"),
    )


def _make_alert_tables() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.Text),
        sa.Column("channel_id", sa.Text, nullable=False),
        sa.Column("story_id", sa.Text, nullable=False),
        sa.Column("article_id", sa.Text, nullable=False),
        sa.Column("rules", sa.JSON, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_alerts_article_id"),
    )
    op.create_table(
        "deliveries",
        sa.Column("position", _serial(), autoincrement=True),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("alert_id", sa.Text, nullable=False),
        sa.Column("channel_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("next_attempt_at", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("receipt", sa.Text),
        sa.PrimaryKeyConstraint("position", name="pk_deliveries"),
        sa.UniqueConstraint("id", name="uq_deliveries_id"),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_deliveries_alert_id"),
        sqlite_autoincrement=True,
    )
    unfinished = sa.text("status IN ('pending', 'retrying')")
    op.create_index(
        "ix_deliveries_unfinished",
        "deliveries",
        ["channel_id", "position"],
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )
    op.create_index("ix_deliveries_status", "deliveries", ["status"])
    op.create_table(
        "delivery_attempts",
        sa.Column("id", _serial(), autoincrement=True),
        sa.Column("delivery_id", sa.Text, nullable=False),
        sa.Column("attempted_at", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("detail", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_delivery_attempts"),
    )
    op.create_index("ix_delivery_attempts_delivery_id", "delivery_attempts", ["delivery_id"])
