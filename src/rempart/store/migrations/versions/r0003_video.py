"""What matches of videos are explained with, and room for hashes of URLs.

Listed videos need nothing: they were matchable, and not yet matched.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add a column to both tables of matches; what is there stays without it.

    A kind that a list happened to call `url-sha256` was kept as text: it stays a foreign one, under another name.
    """
    for table in ("match_record", "lookup_match"):
        op.add_column(table, sa.Column("evidence", sa.Text(), nullable=True))
    op.execute("UPDATE kind SET kind = 'url-sha256-text' WHERE kind = 'url-sha256'")
