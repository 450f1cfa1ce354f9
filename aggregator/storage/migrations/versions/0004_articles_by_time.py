"""Stored articles can be gone through in the order in which they came."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_articles_stored_at_id", "articles", ["stored_at", "id"])


def downgrade() -> None:
    """Take it away again."""
    op.drop_index("ix_articles_stored_at_id", "articles")
