"""What polling learns: cadence, moves, gaps, outlines, identities, revisions; notices and push subscriptions."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from aggregator.model.links import comparable_link, page_of_site

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_STATE_COLUMNS = ("url", "moved_url", "last_gap_at", "pace_limit", "broken_noticed_at", "silence_noticed_at")
_UPDATE_SEEN = (
    "UPDATE seen_articles SET title = :title, published_at = :published_at, link_key = :link_key"
    " WHERE feed_id = :feed_id AND key = :key"
)
_INSERT_ALIAS = (
    "INSERT INTO seen_articles (feed_id, key, article_key, content_hash, title, published_at, link_key,"
    " first_seen_at, last_listed_at) VALUES (:feed_id, :alias, :key, :content_hash, :title, :published_at,"
    " :link_key, :first_seen_at, :last_listed_at)"
)
_COUNTS = ("moved_polls", "listed", "gaps")


def upgrade() -> None:
    """Add the columns and tables; give what was seen the form in which it is now compared."""
    _add_feed_columns()
    _add_article_columns()
    _make_tables()
    _let_deliveries_carry_notices()
    _fill_seen()


def downgrade() -> None:
    """Take them away again, and the notices with their deliveries; what has aliases keeps its first key."""
    op.execute("DELETE FROM deliveries WHERE alert_id IS NULL")
    with op.batch_alter_table("deliveries", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.drop_constraint("fk_deliveries_notice_id", type_="foreignkey")
        batch.drop_column("notice_id")
        batch.alter_column("alert_id", existing_type=sa.Text, nullable=False)
    for table in ("websub_subscriptions", "notices", "revisions", "host_holds", "feed_outlines"):
        op.drop_table(table)
    op.execute("DELETE FROM seen_articles WHERE key <> article_key")
    op.drop_index("ix_seen_articles_link", "seen_articles")
    for name in ("article_key", "title", "published_at", "link_key"):
        op.drop_column("seen_articles", name)
    for name in ("has_page_text", "page_error"):
        op.drop_column("articles", name)
    for name in (*_STATE_COLUMNS, *_COUNTS, "cadence", "hints"):
        op.drop_column("feed_states", name)
    for name in ("ignores_hints", "owner", "folder", "site_url", "description"):
        op.drop_column("feeds", name)


def _add_feed_columns() -> None:
    op.add_column("feeds", sa.Column("ignores_hints", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("feeds", sa.Column("owner", sa.Text, nullable=False, server_default="configuration"))
    op.add_column("feeds", sa.Column("folder", sa.JSON, nullable=False, server_default="[]"))
    op.add_column("feeds", sa.Column("site_url", sa.Text))
    op.add_column("feeds", sa.Column("description", sa.Text))
    texts = ("url", "moved_url")
    for name in _STATE_COLUMNS:
        op.add_column("feed_states", sa.Column(name, sa.Text if name in texts else sa.BigInteger))
    for name in _COUNTS:
        op.add_column("feed_states", sa.Column(name, sa.Integer, nullable=False, server_default="0"))
    op.add_column("feed_states", sa.Column("cadence", sa.LargeBinary))
    op.add_column("feed_states", sa.Column("hints", sa.JSON))


def _add_article_columns() -> None:
    op.add_column("articles", sa.Column("has_page_text", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("articles", sa.Column("page_error", sa.Text))
    op.add_column("seen_articles", sa.Column("article_key", sa.Text, nullable=False, server_default=""))
    op.add_column("seen_articles", sa.Column("title", sa.Text, nullable=False, server_default=""))
    op.add_column("seen_articles", sa.Column("published_at", sa.BigInteger, nullable=False, server_default="0"))
    op.add_column("seen_articles", sa.Column("link_key", sa.Text))
    op.create_index("ix_seen_articles_link", "seen_articles", ["feed_id", "link_key"])


def _make_tables() -> None:
    op.create_table(
        "feed_outlines",
        sa.Column("feed_id", sa.Text),
        sa.Column("outline", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("feed_id", name="pk_feed_outlines"),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_feed_outlines_feed_id", ondelete="CASCADE"),
    )
    op.create_table(
        "host_holds",
        sa.Column("host", sa.Text),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("host", name="pk_host_holds"),
    )
    op.create_table(
        "revisions",
        sa.Column("article_id", sa.Text),
        sa.Column("replaced_at", sa.BigInteger),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("content_hash", sa.Text, nullable=False),
        sa.Column("diff", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("article_id", "replaced_at", name="pk_revisions"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name="fk_revisions_article_id", ondelete="CASCADE"),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("feed_id", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_notices"),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_notices_feed_id", ondelete="CASCADE"),
    )
    op.create_table(
        "websub_subscriptions",
        sa.Column("feed_id", sa.Text),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("hub_url", "topic_url", "callback_id", "secret")),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("requested_at", sa.BigInteger, nullable=False),
        *(sa.Column(name, sa.BigInteger) for name in ("verified_at", "expires_at", "last_push_at")),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text),
        sa.PrimaryKeyConstraint("feed_id", name="pk_websub_subscriptions"),
        sa.UniqueConstraint("callback_id", name="uq_websub_subscriptions_callback_id"),
        sa.ForeignKeyConstraint(["feed_id"], ["feeds.id"], name="fk_websub_subscriptions_feed_id", ondelete="CASCADE"),
    )


def _let_deliveries_carry_notices() -> None:
    with op.batch_alter_table("deliveries", table_kwargs={"sqlite_autoincrement": True}) as batch:
        batch.alter_column("alert_id", existing_type=sa.Text, nullable=True)
        batch.add_column(sa.Column("notice_id", sa.Text))
        batch.create_foreign_key("fk_deliveries_notice_id", "notices", ["notice_id"], ["id"])


def _fill_seen() -> None:
    """Keys were the feeds' own words: each gets a row under the form in which it is now looked up."""
    connection = op.get_bind()
    connection.execute(sa.text("UPDATE seen_articles SET article_key = key, published_at = first_seen_at"))
    rows = connection.execute(
        sa.text(
            "SELECT s.feed_id, s.key, s.content_hash, s.first_seen_at, s.last_listed_at, a.title, a.url, a.published_at"
            " FROM seen_articles s LEFT JOIN articles a ON a.feed_id = s.feed_id AND a.key = s.key"
        )
    ).all()
    for statement, values in _seen_changes([tuple(row) for row in rows]):
        connection.execute(sa.text(statement), values)


def _seen_changes(
    rows: list[tuple[str, str, str, int, int, str | None, str | None, int | None]],
) -> Iterator[tuple[str, dict[str, object]]]:
    known = {(feed_id, key) for feed_id, key, *_ in rows}
    for feed_id, key, content_hash, first_seen_at, last_listed_at, title, url, published_at in rows:
        values: dict[str, object] = {
            "feed_id": feed_id,
            "key": key,
            "title": title or "",
            "published_at": published_at if published_at is not None else first_seen_at,
            "link_key": page_of_site(url) if url else None,
        }
        yield (
            _UPDATE_SEEN,
            values,
        )
        alias = comparable_link(key)
        if alias != key and (feed_id, alias) not in known:
            known.add((feed_id, alias))
            yield (
                _INSERT_ALIAS,
                values
                | {
                    "alias": alias,
                    "content_hash": content_hash,
                    "first_seen_at": first_seen_at,
                    "last_listed_at": last_listed_at,
                },
            )
