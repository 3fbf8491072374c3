"""The tables of the service: keys and budgets, look-ups and what they found, foreign aliases, exchanges, the log.

They belong to the same schema as `_tables.py` and follow its rules.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
)

from rempart.store._tables import (
    _ID,
    _NUMBER,
    _number,
    _partial_index,
    _refers,
    match_columns,
    metadata,
)

api_key: Final = Table(
    "api_key",
    metadata,
    _number("key_no"),
    Column("id", _ID, nullable=False, unique=True),
    _refers("principal_no", "principal.principal_no"),
    Column("label", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("roles", Text, nullable=False),
    Column("lists", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
    Column("replaced_by", _ID),
    Column("requests_per_minute", Integer),
    Column("queries_per_day", BigInteger),
)
"""`digest`: keyed hash of the key, never the key. `roles`, `lists`: JSON arrays; absent `lists` means every list."""

query_budget: Final = Table(
    "query_budget",
    metadata,
    _refers("key_no", "api_key.key_no"),
    Column("day", Integer, nullable=False),
    Column("used", BigInteger, nullable=False),
    PrimaryKeyConstraint("key_no", "day"),
    sqlite_with_rowid=False,
)
"""Queries that a key has used on one day, counted in days since 1970 in UTC."""

idempotency: Final = Table(
    "idempotency",
    metadata,
    _refers("principal_no", "principal.principal_no"),
    Column("token", String(255), nullable=False),
    Column("request_digest", LargeBinary, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("answer", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("principal_no", "token"),
    Index("idempotency_age", "at"),
    sqlite_with_rowid=False,
)
"""Answers to writes, kept in the transaction of the write: the same token again gives the same answer."""

lookup: Final = Table(
    "lookup",
    metadata,
    _number("lookup_no"),
    Column("id", _ID, nullable=False, unique=True),
    Column("at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    _refers("principal_no", "principal.principal_no"),
    Column("reference", Text),
    Index("lookup_expiry", "expires_at"),
)
"""One query of the service that matched something. `reference` is the asker's own word for it: personal data."""

lookup_match: Final = Table(
    "lookup_match",
    metadata,
    Column("id", _ID, primary_key=True),
    _refers("lookup_no", "lookup.lookup_no"),
    *match_columns(),
    Index("lookup_match_of_lookup", "lookup_no"),
    Index("lookup_match_of_list", "list_no", "id"),
    sqlite_with_rowid=False,
)
"""The columns of `match_record`, for a look-up in place of a scan."""

disposition: Final = Table(
    "disposition",
    metadata,
    Column("match_id", _ID, nullable=False),
    Column("version", Integer, nullable=False),
    Column("value", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    _refers("principal_no", "principal.principal_no"),
    PrimaryKeyConstraint("match_id", "version"),
    sqlite_with_rowid=False,
)
"""What a person said of a match: true, false or unclear. The highest version holds; none is overwritten."""

suspension: Final = Table(
    "suspension",
    metadata,
    Column(
        "entry_no", _NUMBER, ForeignKey("entry.entry_no"), primary_key=True, autoincrement=False
    ),
    Column("until", BigInteger),
    Column("at", BigInteger, nullable=False),
    _partial_index("suspension_end", "until", "until IS NOT NULL"),
)
"""Entries that are not matched for a time; an absent `until` means until somebody resumes them."""

bank: Final = Table(
    "bank",
    metadata,
    Column(
        "list_no", _NUMBER, ForeignKey("hash_list.list_no"), primary_key=True, autoincrement=False
    ),
    Column("name", String(255), nullable=False, unique=True),
    Column("enabled_ratio", Float, nullable=False),
)
"""What HMA calls a list: its name there, and which share of its entries is matched."""

bank_content: Final = Table(
    "bank_content",
    metadata,
    Column(
        "entry_no", _NUMBER, ForeignKey("entry.entry_no"), primary_key=True, autoincrement=False
    ),
    Column("disable_until_ts", BigInteger, nullable=False),
    Column("original_media_uri", Text),
    Column("content_id", Text),
    Column("content_uri", Text),
    Column("content_json", Text),
    Column("note", String(255)),
)
"""What HMA's clients say of an entry. `disable_until_ts` in seconds as they give it: 0 disabled, 1 enabled."""

exchange: Final = Table(
    "exchange",
    metadata,
    _number("exchange_no"),
    Column("name", String(255), nullable=False, unique=True),
    _refers("list_no", "hash_list.list_no"),
    Column("api", String(64), nullable=False),
    Column("settings", Text, nullable=False),
    Column("is_enabled", Boolean, nullable=False),
    Column("checkpoint", Text),
    Column("checkpoint_at", BigInteger),
    Column("running_since", BigInteger),
    Column("last_fetch_at", BigInteger),
    Column("last_fetch_succeeded", Boolean),
    Column("is_up_to_date", Boolean, nullable=False),
    Column("fetched_items", BigInteger, nullable=False),
)

secret: Final = Table(
    "secret",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
    Column("at", BigInteger, nullable=False),
)
"""Secrets, sealed by a key that the store never sees."""

log_head: Final = Table(
    "log_head",
    metadata,
    Column("log", String(64), primary_key=True),
    Column("origin", Text, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("frontier", LargeBinary, nullable=False),
)
"""One row for each Merkle log, locked to append."""

log_leaf: Final = Table(
    "log_leaf",
    metadata,
    Column("log", String(64), ForeignKey("log_head.log"), nullable=False),
    Column("idx", BigInteger, nullable=False),
    Column("leaf_hash", LargeBinary(32), nullable=False),
    Column("salt", LargeBinary(16)),
    Column("erased_at", BigInteger),
    PrimaryKeyConstraint("log", "idx"),
    sqlite_with_rowid=False,
)
"""A leaf is `salt`, then the canonical JSON of its record; both are gone when it was erased, its hash stays."""

log_node: Final = Table(
    "log_node",
    metadata,
    Column("log", String(64), ForeignKey("log_head.log"), nullable=False),
    Column("level", SmallInteger, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("hash", LargeBinary(32), nullable=False),
    PrimaryKeyConstraint("log", "level", "n"),
    sqlite_with_rowid=False,
)
"""Hashes of whole subtrees of 2**level leaves, from level 8 on, so that proofs are cheap."""

log_checkpoint: Final = Table(
    "log_checkpoint",
    metadata,
    Column("log", String(64), ForeignKey("log_head.log"), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("note", Text, nullable=False),
    PrimaryKeyConstraint("log", "size"),
    sqlite_with_rowid=False,
)

lease: Final = Table(
    "lease",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)
"""Who does a job that one process of all machines does at a time."""
