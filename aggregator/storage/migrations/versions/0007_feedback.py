"""What readers think of alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "feedback",
        sa.Column("alert_id", sa.Text, nullable=False),
        sa.Column("rule_id", sa.Text, nullable=False),
        sa.Column("given_by", sa.Text, nullable=False),
        sa.Column("verdict", sa.Text, nullable=False),
        sa.Column("given_at", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_feedback_alert_id_alerts", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("alert_id", "rule_id", "given_by", name="pk_feedback"),
    )
    op.create_index("ix_feedback_rule_id", "feedback", ["rule_id"])


def downgrade() -> None:
    """Take it away again."""
    op.drop_table("feedback")
