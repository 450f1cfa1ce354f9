"""What is learned of channels, when messages were sent, and notices that are about no feed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables, and let a notice be without a feed."""
    op.create_table(
        "channel_states",
        sa.Column("channel_id", sa.Text, nullable=False),
        sa.Column("paused_at", sa.BigInteger),
        sa.Column("reason", sa.Text),
        sa.Column("address", sa.Text),
        sa.PrimaryKeyConstraint("channel_id", name="pk_channel_states"),
    )
    op.create_table(
        "sends",
        sa.Column("scope", sa.Text, nullable=False),
        sa.Column("times", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("scope", name="pk_sends"),
    )
    with op.batch_alter_table("notices") as batch:
        batch.alter_column("feed_id", existing_type=sa.Text, nullable=True)


def downgrade() -> None:
    """Take them away again, with the notices that are about no feed."""
    op.execute("DELETE FROM deliveries WHERE notice_id IN (SELECT id FROM notices WHERE feed_id IS NULL)")
    op.execute("DELETE FROM notices WHERE feed_id IS NULL")
    with op.batch_alter_table("notices") as batch:
        batch.alter_column("feed_id", existing_type=sa.Text, nullable=False)
    op.drop_table("sends")
    op.drop_table("channel_states")
