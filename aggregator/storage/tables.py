"""The tables, as SQLAlchemy Core sees them; `migrations/` makes them."""

from __future__ import annotations

import sqlalchemy as sa

from aggregator.storage.column_types import Duration, UtcDateTime

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

UNFINISHED = sa.text("status IN ('pending', 'retrying')")
"""Deliveries that are still on their way: said in these very words, so that the partial index is used."""

HELD = sa.text("status = 'held'")
"""Deliveries that wait for more than their next try: said in these very words for the same reason."""

feeds = sa.Table(
    "feeds",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("title", sa.Text),
    sa.Column("tags", sa.JSON, nullable=False),
    sa.Column("interval_us", sa.BigInteger),
    sa.Column("first_poll", sa.Text, nullable=False),
    sa.Column("language", sa.Text),
    sa.Column("full_text", sa.Text, nullable=False),
    sa.Column("ignores_hints", sa.Boolean, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("folder", sa.JSON, nullable=False),
    sa.Column("site_url", sa.Text),
    sa.Column("description", sa.Text),
    sa.Column("is_active", sa.Boolean, nullable=False),
)

feed_states = sa.Table(
    "feed_states",
    metadata,
    sa.Column("feed_id", sa.Text, sa.ForeignKey("feeds.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("next_poll_at", UtcDateTime, nullable=False),
    sa.Column("title", sa.Text),
    sa.Column("etag", sa.Text),
    sa.Column("last_modified", sa.Text),
    sa.Column("body_hash", sa.Text),
    sa.Column("baselined_at", UtcDateTime),
    sa.Column("last_polled_at", UtcDateTime),
    sa.Column("gone_at", UtcDateTime),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("last_error", sa.Text),
    sa.Column("url", sa.Text),
    sa.Column("moved_url", sa.Text),
    sa.Column("moved_polls", sa.Integer, nullable=False),
    sa.Column("listed", sa.Integer, nullable=False),
    sa.Column("gaps", sa.Integer, nullable=False),
    sa.Column("last_gap_at", UtcDateTime),
    sa.Column("pace_limit", Duration),
    sa.Column("broken_noticed_at", UtcDateTime),
    sa.Column("silence_noticed_at", UtcDateTime),
    sa.Column("cadence", sa.LargeBinary),
    sa.Column("hints", sa.JSON(none_as_null=True)),
    sa.Index("ix_feed_states_due", "is_active", "next_poll_at"),
)

feed_outlines = sa.Table(
    "feed_outlines",
    metadata,
    sa.Column("feed_id", sa.Text, sa.ForeignKey("feeds.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("outline", sa.LargeBinary, nullable=False),
)

host_holds = sa.Table(
    "host_holds",
    metadata,
    sa.Column("host", sa.Text, primary_key=True),
    sa.Column("until", UtcDateTime, nullable=False),
)

articles = sa.Table(
    "articles",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("feed_id", sa.Text, sa.ForeignKey("feeds.id", ondelete="CASCADE"), nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("url", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("published_at", UtcDateTime, nullable=False),
    sa.Column("stored_at", UtcDateTime, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("authors", sa.JSON, nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sa.Column("tags", sa.JSON, nullable=False),
    sa.Column("feed_tags", sa.JSON, nullable=False),
    sa.Column("language", sa.Text),
    sa.Column("image_url", sa.Text),
    sa.Column("has_page_text", sa.Boolean, nullable=False),
    sa.Column("page_error", sa.Text),
    sa.Index("ix_articles_feed_id", "feed_id"),
    sa.Index("ix_articles_published_at", "published_at"),
    sa.Index("ix_articles_stored_at_id", "stored_at", "id"),
)

seen_articles = sa.Table(
    "seen_articles",
    metadata,
    sa.Column("feed_id", sa.Text, sa.ForeignKey("feeds.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("article_key", sa.Text, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("published_at", UtcDateTime, nullable=False),
    sa.Column("link_key", sa.Text),
    sa.Column("first_seen_at", UtcDateTime, nullable=False),
    sa.Column("last_listed_at", UtcDateTime, nullable=False),
    sa.Index("ix_seen_articles_last_listed_at", "last_listed_at"),
    sa.Index("ix_seen_articles_link", "feed_id", "link_key"),
    sqlite_with_rowid=False,
)

revisions = sa.Table(
    "revisions",
    metadata,
    sa.Column("article_id", sa.Text, sa.ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("replaced_at", UtcDateTime, primary_key=True),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("diff", sa.JSON, nullable=False),
)

matches = sa.Table(
    "matches",
    metadata,
    sa.Column("article_id", sa.Text, primary_key=True),
    sa.Column("rule_id", sa.Text, primary_key=True),
    sa.Column("spans", sa.JSON, nullable=False),
    sa.Column("clause", sa.Text, nullable=False),
    sa.Column("found_at", UtcDateTime, nullable=False),
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("channel_id", sa.Text, nullable=False),
    sa.Column("story_id", sa.Text, nullable=False),
    sa.Column("article_id", sa.Text, sa.ForeignKey("articles.id"), nullable=False),
    sa.Column("rules", sa.JSON, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Index("ix_alerts_article_id", "article_id"),
)

feedback = sa.Table(
    "feedback",
    metadata,
    sa.Column("alert_id", sa.Text, sa.ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("rule_id", sa.Text, primary_key=True),
    sa.Column("given_by", sa.Text, primary_key=True),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("given_at", UtcDateTime, nullable=False),
    sa.Index("ix_feedback_rule_id", "rule_id"),
)

story_members = sa.Table(
    "story_members",
    metadata,
    sa.Column("article_id", sa.Text, sa.ForeignKey("articles.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("story_id", sa.Text, nullable=False),
    sa.Column("joined_at", UtcDateTime, nullable=False),
    sa.Index("ix_story_members_story_id", "story_id"),
    sa.Index("ix_story_members_joined_at", "joined_at"),
)

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("feed_id", sa.Text, sa.ForeignKey("feeds.id", ondelete="CASCADE")),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

channel_states = sa.Table(
    "channel_states",
    metadata,
    sa.Column("channel_id", sa.Text, primary_key=True),
    sa.Column("paused_at", UtcDateTime),
    sa.Column("reason", sa.Text),
    sa.Column("address", sa.Text),
)

sends = sa.Table(
    "sends",
    metadata,
    sa.Column("scope", sa.Text, primary_key=True),
    sa.Column("times", sa.JSON, nullable=False),
)

silences = sa.Table(
    "silences",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("channel_id", sa.Text),
    sa.Column("scope", sa.Text, nullable=False),
    sa.Column("value", sa.Text, nullable=False),
    sa.Column("until", UtcDateTime),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("ended_at", UtcDateTime),
    sa.Index("ix_silences_ended_at", "ended_at"),
)

chats = sa.Table(
    "chats",
    metadata,
    sa.Column("channel_id", sa.Text, primary_key=True),
    sa.Column("chat_id", sa.BigInteger, nullable=False),
    sa.Column("topic", sa.BigInteger),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("language", sa.Text, nullable=False),
    sa.Column("timezone", sa.Text, nullable=False),
    sa.Column("quiet_hours", sa.JSON, nullable=False),
    sa.Column("digest", sa.Text),
    sa.Column("max_per_hour", sa.Integer),
    sa.Column("link_preview", sa.Boolean, nullable=False),
    sa.Column("images", sa.Boolean, nullable=False),
    sa.Column("is_active", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.BigInteger, nullable=False),
    sa.Index("ix_chats_chat_id", "chat_id"),
)

watches = sa.Table(
    "watches",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("channel_id", sa.Text, nullable=False),
    sa.Column("query", sa.Text, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("created_by", sa.BigInteger, nullable=False),
    sa.Index("ix_watches_channel_id", "channel_id"),
)

chat_subscriptions = sa.Table(
    "chat_subscriptions",
    metadata,
    sa.Column("channel_id", sa.Text, primary_key=True),
    sa.Column("rule_id", sa.Text, primary_key=True),
    sa.Column("created_at", UtcDateTime, nullable=False),
)

access_entries = sa.Table(
    "access_entries",
    metadata,
    sa.Column("subject_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("by", sa.BigInteger),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)

invites = sa.Table(
    "invites",
    metadata,
    sa.Column("code", sa.Text, primary_key=True),
    sa.Column("created_by", sa.BigInteger, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("uses_left", sa.Integer, nullable=False),
)

websub_subscriptions = sa.Table(
    "websub_subscriptions",
    metadata,
    sa.Column("feed_id", sa.Text, sa.ForeignKey("feeds.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("hub_url", sa.Text, nullable=False),
    sa.Column("topic_url", sa.Text, nullable=False),
    sa.Column("callback_id", sa.Text, nullable=False, unique=True),
    sa.Column("secret", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("requested_at", UtcDateTime, nullable=False),
    sa.Column("verified_at", UtcDateTime),
    sa.Column("expires_at", UtcDateTime),
    sa.Column("last_push_at", UtcDateTime),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text),
)

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("position", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("alert_id", sa.Text, sa.ForeignKey("alerts.id")),
    sa.Column("notice_id", sa.Text, sa.ForeignKey("notices.id")),
    sa.Column("channel_id", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("next_attempt_at", UtcDateTime, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("receipt", sa.Text),
    sa.Column("change", sa.JSON(none_as_null=True)),
    sa.Column("is_reply", sa.Boolean, nullable=False),
    sa.Column("hold", sa.Text),
    sa.Column("silence_id", sa.Text),
    sa.Column("digest_id", sa.Text),
    sa.Column("is_released", sa.Boolean, nullable=False),
    sa.Column("digest", sa.JSON(none_as_null=True)),
    sa.Index("ix_deliveries_alert_id", "alert_id"),
    # Partial indexes, over UNFINISHED and HELD only, as the migrations say: here it would load a dialect not used.
    sa.Index("ix_deliveries_unfinished", "channel_id", "position"),
    sa.Index("ix_deliveries_held", "channel_id", "next_attempt_at"),
    sa.Index("ix_deliveries_held_due", "next_attempt_at", "channel_id"),
    sa.Index("ix_deliveries_digest_id", "digest_id"),
    sa.Index("ix_deliveries_silence_id", "silence_id"),
    # Not by status alone: SQLite would take that one for what is held, of all channels.
    sa.Index("ix_deliveries_channel_status", "channel_id", "status"),
    sqlite_autoincrement=True,
)

delivery_attempts = sa.Table(
    "delivery_attempts",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("delivery_id", sa.Text, nullable=False),
    sa.Column("attempted_at", UtcDateTime, nullable=False),
    sa.Column("outcome", sa.Text, nullable=False),
    sa.Column("detail", sa.Text),
    sa.Index("ix_delivery_attempts_delivery_id", "delivery_id"),
)
