"""The tables of the service: keys, look-ups, foreign aliases, exchanges and the log."""

from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NUMBER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the tables, and two indexes to find entries by; nothing that is there changes."""
    _keys()
    _lookups()
    _entries()
    _exchanges()
    _log()
    _indexes()


def _indexes() -> None:
    """Make the indexes that find entries by a value and by a source's own identifier."""
    op.create_index(
        "fingerprint_value",
        "fingerprint",
        [sa.text("substr(value, 1, 8)")],
        unique=False,
        sqlite_where=sa.text("until_version IS NULL"),
        postgresql_where=sa.text("until_version IS NULL"),
    )
    op.create_index(
        "entry_source_id",
        "entry_source",
        ["source_id"],
        unique=False,
        sqlite_where=sa.text("source_id IS NOT NULL"),
        postgresql_where=sa.text("source_id IS NOT NULL"),
    )


def _keys() -> None:
    """Make the tables of keys, of what they may still ask, and of answers to writes."""
    op.create_table(
        "api_key",
        sa.Column("key_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("principal_no", _NUMBER, nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("lists", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("replaced_by", sa.LargeBinary(length=16), nullable=True),
        sa.Column("requests_per_minute", sa.Integer(), nullable=True),
        sa.Column("queries_per_day", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["principal_no"],
            ["principal.principal_no"],
        ),
        sa.PrimaryKeyConstraint("key_no"),
        sa.UniqueConstraint("digest"),
        sa.UniqueConstraint("id"),
    )
    op.create_table(
        "query_budget",
        sa.Column("key_no", _NUMBER, nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["key_no"],
            ["api_key.key_no"],
        ),
        sa.PrimaryKeyConstraint("key_no", "day"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "idempotency",
        sa.Column("principal_no", _NUMBER, nullable=False),
        sa.Column("token", sa.String(length=255), nullable=False),
        sa.Column("request_digest", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["principal_no"],
            ["principal.principal_no"],
        ),
        sa.PrimaryKeyConstraint("principal_no", "token"),
        sqlite_with_rowid=False,
    )
    op.create_index("idempotency_age", "idempotency", ["at"], unique=False)


def _lookups() -> None:
    """Make the tables of what look-ups found, and of what persons said of it."""
    op.create_table(
        "lookup",
        sa.Column("lookup_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("principal_no", _NUMBER, nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["principal_no"],
            ["principal.principal_no"],
        ),
        sa.PrimaryKeyConstraint("lookup_no"),
        sa.UniqueConstraint("id"),
    )
    op.create_index("lookup_expiry", "lookup", ["expires_at"], unique=False)
    op.create_table(
        "lookup_match",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("lookup_no", _NUMBER, nullable=False),
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
            ["lookup_no"],
            ["lookup.lookup_no"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_with_rowid=False,
    )
    op.create_index("lookup_match_of_list", "lookup_match", ["list_no", "id"], unique=False)
    op.create_index("lookup_match_of_lookup", "lookup_match", ["lookup_no"], unique=False)
    op.create_table(
        "disposition",
        sa.Column("match_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("principal_no", _NUMBER, nullable=False),
        sa.ForeignKeyConstraint(
            ["principal_no"],
            ["principal.principal_no"],
        ),
        sa.PrimaryKeyConstraint("match_id", "version"),
        sqlite_with_rowid=False,
    )


def _entries() -> None:
    """Make the tables of suspended entries and of their foreign aliases."""
    op.create_table(
        "suspension",
        sa.Column("entry_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_no"],
            ["entry.entry_no"],
        ),
        sa.PrimaryKeyConstraint("entry_no"),
    )
    op.create_index(
        "suspension_end",
        "suspension",
        ["until"],
        unique=False,
        sqlite_where=sa.text("until IS NOT NULL"),
        postgresql_where=sa.text("until IS NOT NULL"),
    )
    op.create_table(
        "bank",
        sa.Column("list_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("enabled_ratio", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_no"],
            ["hash_list.list_no"],
        ),
        sa.PrimaryKeyConstraint("list_no"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "bank_content",
        sa.Column("entry_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("disable_until_ts", sa.BigInteger(), nullable=False),
        sa.Column("original_media_uri", sa.Text(), nullable=True),
        sa.Column("content_id", sa.Text(), nullable=True),
        sa.Column("content_uri", sa.Text(), nullable=True),
        sa.Column("content_json", sa.Text(), nullable=True),
        sa.Column("note", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["entry_no"],
            ["entry.entry_no"],
        ),
        sa.PrimaryKeyConstraint("entry_no"),
    )


def _exchanges() -> None:
    """Make the tables of exchanges, secrets and leases."""
    op.create_table(
        "exchange",
        sa.Column("exchange_no", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("list_no", _NUMBER, nullable=False),
        sa.Column("api", sa.String(length=64), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("is_enabled", sa.Boolean(), nullable=False),
        sa.Column("checkpoint", sa.Text(), nullable=True),
        sa.Column("checkpoint_at", sa.BigInteger(), nullable=True),
        sa.Column("running_since", sa.BigInteger(), nullable=True),
        sa.Column("last_fetch_at", sa.BigInteger(), nullable=True),
        sa.Column("last_fetch_succeeded", sa.Boolean(), nullable=True),
        sa.Column("is_up_to_date", sa.Boolean(), nullable=False),
        sa.Column("fetched_items", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["list_no"],
            ["hash_list.list_no"],
        ),
        sa.PrimaryKeyConstraint("exchange_no"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "secret",
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )


def _log() -> None:
    """Make the tables of the Merkle log; the first events become its first leaves."""
    op.create_table(
        "log_head",
        sa.Column("log", sa.String(length=64), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("log"),
    )
    op.create_table(
        "log_leaf",
        sa.Column("log", sa.String(length=64), nullable=False),
        sa.Column("idx", sa.BigInteger(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("salt", sa.LargeBinary(length=16), nullable=True),
        sa.Column("erased_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["log"],
            ["log_head.log"],
        ),
        sa.PrimaryKeyConstraint("log", "idx"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "log_node",
        sa.Column("log", sa.String(length=64), nullable=False),
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["log"],
            ["log_head.log"],
        ),
        sa.PrimaryKeyConstraint("log", "level", "n"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "log_checkpoint",
        sa.Column("log", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["log"],
            ["log_head.log"],
        ),
        sa.PrimaryKeyConstraint("log", "size"),
        sqlite_with_rowid=False,
    )
