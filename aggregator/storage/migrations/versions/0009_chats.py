"""Chats that talk to the bot, what they watch and follow, and who may use it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "chats",
        sa.Column("channel_id", sa.Text, nullable=False),
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
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("channel_id", name="pk_chats"),
    )
    op.create_index("ix_chats_chat_id", "chats", ["chat_id"])
    op.create_table(
        "watches",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("channel_id", sa.Text, nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_watches"),
    )
    op.create_index("ix_watches_channel_id", "watches", ["channel_id"])
    op.create_table(
        "chat_subscriptions",
        sa.Column("channel_id", sa.Text, nullable=False),
        sa.Column("rule_id", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("channel_id", "rule_id", name="pk_chat_subscriptions"),
    )
    op.create_table(
        "access_entries",
        sa.Column("subject_id", sa.BigInteger, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("by", sa.BigInteger),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name="pk_access_entries"),
    )
    op.create_table(
        "invites",
        sa.Column("code", sa.Text, nullable=False),
        sa.Column("created_by", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("uses_left", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("code", name="pk_invites"),
    )


def downgrade() -> None:
    """Take them away again."""
    for table in ("invites", "access_entries", "chat_subscriptions", "watches", "chats"):
        op.drop_table(table)
