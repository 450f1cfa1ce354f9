"""Articles belong to stories, and an update says what changed."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the columns."""
    op.create_table(
        "story_members",
        sa.Column("article_id", sa.Text, nullable=False),
        sa.Column("story_id", sa.Text, nullable=False),
        sa.Column("joined_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["articles.id"], name="fk_story_members_article_id_articles", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("article_id", name="pk_story_members"),
    )
    op.create_index("ix_story_members_story_id", "story_members", ["story_id"])
    op.create_index("ix_story_members_joined_at", "story_members", ["joined_at"])
    op.add_column("deliveries", sa.Column("change", sa.JSON))
    op.add_column("deliveries", sa.Column("is_reply", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("ix_deliveries_alert_id", "deliveries", ["alert_id"])


def downgrade() -> None:
    """Take them away again, with the updates: they would read as first messages."""
    op.execute("DELETE FROM delivery_attempts WHERE delivery_id IN (SELECT id FROM deliveries WHERE kind = 'update')")
    op.execute("DELETE FROM deliveries WHERE kind = 'update'")
    op.drop_index("ix_deliveries_alert_id", "deliveries")
    op.drop_column("deliveries", "is_reply")
    op.drop_column("deliveries", "change")
    op.drop_table("story_members")
