"""Deliveries wait for quiet hours, silences, digests and limits; digests gather them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_HELD = "status = 'held'"


def upgrade() -> None:
    """Add the table and the columns."""
    op.create_table(
        "silences",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("channel_id", sa.Text),
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("value", sa.Text, nullable=False),
        sa.Column("until", sa.BigInteger),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_silences"),
    )
    op.create_index("ix_silences_ended_at", "silences", ["ended_at"])
    op.add_column("deliveries", sa.Column("hold", sa.Text))
    op.add_column("deliveries", sa.Column("silence_id", sa.Text))
    op.add_column("deliveries", sa.Column("digest_id", sa.Text))
    op.add_column("deliveries", sa.Column("is_released", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("deliveries", sa.Column("digest", sa.JSON))
    held = sa.text(_HELD)
    for name, columns in (
        ("ix_deliveries_held", ["channel_id", "next_attempt_at"]),
        ("ix_deliveries_held_due", ["next_attempt_at", "channel_id"]),
    ):
        op.create_index(name, "deliveries", columns, sqlite_where=held, postgresql_where=held)
    op.drop_index("ix_deliveries_status", "deliveries")
    op.create_index("ix_deliveries_channel_status", "deliveries", ["channel_id", "status"])
    op.create_index("ix_deliveries_digest_id", "deliveries", ["digest_id"])
    op.create_index("ix_deliveries_silence_id", "deliveries", ["silence_id"])
    op.create_index("ix_alerts_article_id", "alerts", ["article_id"])


def downgrade() -> None:
    """Take them away again: what waited or was in a digest on its way goes out at once, each by itself."""
    op.execute("UPDATE deliveries SET status = 'pending' WHERE status IN ('held', 'folded')")
    op.execute("DELETE FROM delivery_attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE kind = 'digest')")
    op.execute("DELETE FROM deliveries WHERE kind = 'digest'")
    op.drop_index("ix_alerts_article_id", "alerts")
    op.drop_index("ix_deliveries_silence_id", "deliveries")
    op.drop_index("ix_deliveries_digest_id", "deliveries")
    op.drop_index("ix_deliveries_held_due", "deliveries")
    op.drop_index("ix_deliveries_held", "deliveries")
    op.drop_index("ix_deliveries_channel_status", "deliveries")
    op.create_index("ix_deliveries_status", "deliveries", ["status"])
    for column in ("digest", "is_released", "digest_id", "silence_id", "hold"):
        op.drop_column("deliveries", column)
    op.drop_index("ix_silences_ended_at", "silences")
    op.drop_table("silences")
