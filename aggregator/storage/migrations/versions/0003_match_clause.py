"""The part of a rule's query that held, beside the words that did it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it; of earlier matches nobody knows it."""
    op.add_column("matches", sa.Column("clause", sa.Text, nullable=False, server_default=""))


def downgrade() -> None:
    """Take it away again."""
    op.drop_column("matches", "clause")
