"""The first tables."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_NUMBER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make every table of the first schema."""
    _who()
    _kept_once()
    _lists()
    _entries()
    _claims()
    _fingerprints()
    _scans()


def _who() -> None:
    """Make the tables of who runs the node, who writes, and what was written."""
    op.create_table(
        "organisation",
        sa.Column("organisation_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("jurisdiction", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("organisation_no"),
        sa.UniqueConstraint("id"),
    )
    op.create_table(
        "node",
        sa.Column("node_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("organisation_no", _NUMBER, nullable=False),
        sa.Column("is_exercise", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("node_no = 1", name="one_node"),
        sa.ForeignKeyConstraint(
            ["organisation_no"],
            ["organisation.organisation_no"],
        ),
        sa.PrimaryKeyConstraint("node_no"),
        sa.UniqueConstraint("id"),
    )
    op.create_table(
        "principal",
        sa.Column("principal_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("organisation_no", _NUMBER, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_no"],
            ["organisation.organisation_no"],
        ),
        sa.PrimaryKeyConstraint("principal_no"),
        sa.UniqueConstraint("id"),
        sa.UniqueConstraint("issuer", "subject", name="one_principal"),
    )
    op.create_table(
        "event",
        sa.Column("event_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("principal_no", _NUMBER, nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["principal_no"],
            ["principal.principal_no"],
        ),
        sa.PrimaryKeyConstraint("event_no"),
        sa.UniqueConstraint("id"),
    )
    op.create_table(
        "counter",
        sa.Column("counter_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("change_number", sa.BigInteger(), nullable=False),
        sa.Column("next_entry_no", sa.BigInteger(), nullable=False),
        sa.Column("next_fingerprint_no", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("counter_no = 1", name="one_counter"),
        sa.PrimaryKeyConstraint("counter_no"),
    )


def _kept_once() -> None:
    """Make the tables of values that repeat and are kept once."""
    op.create_table(
        "label_set",
        sa.Column("label_set_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("label_set_no"),
        sa.UniqueConstraint("labels"),
    )
    op.create_table(
        "handling",
        sa.Column("handling_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("handling_no"),
        sa.UniqueConstraint("content"),
    )
    op.create_table(
        "software",
        sa.Column("software_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("software_no"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "kind",
        sa.Column("kind_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("dialect", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("kind_no"),
        sa.UniqueConstraint("kind", "dialect", name="one_kind"),
    )


def _lists() -> None:
    """Make the tables of lists and their sources."""
    op.create_table(
        "hash_list",
        sa.Column("list_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("name", sa.String(length=63), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("threshold_bits", sa.SmallInteger(), nullable=False),
        sa.Column("handling_no", _NUMBER, nullable=False),
        sa.Column("standing", sa.String(length=32), nullable=False),
        sa.Column("is_matched", sa.Boolean(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["handling_no"],
            ["handling.handling_no"],
        ),
        sa.PrimaryKeyConstraint("list_no"),
        sa.UniqueConstraint("id"),
        sa.UniqueConstraint("owner", "name", name="one_list"),
    )
    op.create_table(
        "source",
        sa.Column("source_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("list_no", _NUMBER, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_no"],
            ["hash_list.list_no"],
        ),
        sa.PrimaryKeyConstraint("source_no"),
        sa.UniqueConstraint("list_no", "name", name="one_source"),
    )


def _entries() -> None:
    """Make the tables of entries with their earlier versions."""
    op.create_table(
        "entry",
        sa.Column("entry_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("list_no", _NUMBER, nullable=False),
        sa.Column("key", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("label_set_no", _NUMBER, nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=True),
        sa.Column("standing", sa.String(length=32), nullable=False),
        sa.Column("handling_no", _NUMBER, nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["handling_no"],
            ["handling.handling_no"],
        ),
        sa.ForeignKeyConstraint(
            ["label_set_no"],
            ["label_set.label_set_no"],
        ),
        sa.ForeignKeyConstraint(
            ["list_no"],
            ["hash_list.list_no"],
        ),
        sa.PrimaryKeyConstraint("entry_no"),
        sa.UniqueConstraint("id"),
        sa.UniqueConstraint("list_no", "key", name="one_entry"),
    )
    op.create_index("entry_of_list", "entry", ["list_no", "entry_no"], unique=False)
    op.create_table(
        "entry_version",
        sa.Column("entry_no", _NUMBER, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("label_set_no", _NUMBER, nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=True),
        sa.Column("standing", sa.String(length=32), nullable=False),
        sa.Column("handling_no", _NUMBER, nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("superseded_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_no"],
            ["entry.entry_no"],
        ),
        sa.ForeignKeyConstraint(
            ["handling_no"],
            ["handling.handling_no"],
        ),
        sa.ForeignKeyConstraint(
            ["label_set_no"],
            ["label_set.label_set_no"],
        ),
        sa.PrimaryKeyConstraint("entry_no", "version"),
        sqlite_with_rowid=False,
    )


def _claims() -> None:
    """Make the tables of what sources say about entries."""
    op.create_table(
        "entry_source",
        sa.Column("source_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("entry_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("withdrawn_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_no"],
            ["entry.entry_no"],
        ),
        sa.ForeignKeyConstraint(
            ["source_no"],
            ["source.source_no"],
        ),
        sa.PrimaryKeyConstraint("source_no", "entry_no"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "source_record",
        sa.Column("source_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("entry_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_no"],
            ["entry.entry_no"],
        ),
        sa.ForeignKeyConstraint(
            ["source_no"],
            ["source.source_no"],
        ),
        sa.PrimaryKeyConstraint("source_no", "entry_no"),
        sqlite_with_rowid=False,
    )


def _fingerprints() -> None:
    """Make the tables of fingerprints."""
    op.create_table(
        "fingerprint",
        sa.Column("fingerprint_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("entry_no", _NUMBER, nullable=False),
        sa.Column("from_version", sa.Integer(), nullable=False),
        sa.Column("until_version", sa.Integer(), nullable=True),
        sa.Column("kind_no", _NUMBER, nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("quality", sa.SmallInteger(), nullable=True),
        sa.Column("software_no", _NUMBER, nullable=True),
        sa.Column("added_change", sa.BigInteger(), nullable=True),
        sa.Column("removed_change", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_no"],
            ["entry.entry_no"],
        ),
        sa.ForeignKeyConstraint(
            ["kind_no"],
            ["kind.kind_no"],
        ),
        sa.ForeignKeyConstraint(
            ["software_no"],
            ["software.software_no"],
        ),
        sa.PrimaryKeyConstraint("fingerprint_no"),
    )
    op.create_index("fingerprint_added", "fingerprint", ["added_change"], unique=False)
    op.create_index("fingerprint_of_entry", "fingerprint", ["entry_no"], unique=False)
    op.create_index(
        "fingerprint_removed",
        "fingerprint",
        ["removed_change"],
        unique=False,
        sqlite_where=sa.text("removed_change IS NOT NULL"),
        postgresql_where=sa.text("removed_change IS NOT NULL"),
    )


def _scans() -> None:
    """Make the tables of scans and their matches."""
    op.create_table(
        "scan",
        sa.Column("scan_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("checkpoint", sa.Text(), nullable=True),
        sa.Column("counts", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("scan_no"),
        sa.UniqueConstraint("id"),
    )
    op.create_table(
        "match_record",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("scan_no", _NUMBER, nullable=False),
        sa.Column("path", sa.LargeBinary(), nullable=False),
        sa.Column("list_no", _NUMBER, nullable=False),
        sa.Column("list_generation", sa.BigInteger(), nullable=False),
        sa.Column("entry_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("entry_version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("distance", sa.SmallInteger(), nullable=False),
        sa.Column("threshold", sa.SmallInteger(), nullable=False),
        sa.Column("dialect", sa.String(length=32), nullable=True),
        sa.Column("transform", sa.String(length=32), nullable=True),
        sa.Column("quality", sa.SmallInteger(), nullable=True),
        sa.Column("label_set_no", _NUMBER, nullable=False),
        sa.Column("suppressed_by", sa.String(length=63), nullable=True),
        sa.Column("from_partial", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"],
            ["entry.id"],
        ),
        sa.ForeignKeyConstraint(
            ["label_set_no"],
            ["label_set.label_set_no"],
        ),
        sa.ForeignKeyConstraint(
            ["list_no"],
            ["hash_list.list_no"],
        ),
        sa.ForeignKeyConstraint(
            ["scan_no"],
            ["scan.scan_no"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("match_of_scan", "match_record", ["scan_no", "id"], unique=False)
