"""The schema, once, for both engines. Its frozen form is in `migrations/`; a test keeps the two equal.

Whole numbers (`…_no`) are aliases local to the node; what leaves the node is the 16-byte UUIDv7. Times are
microseconds since 1970 in UTC. What is repeated a million times (labels, kinds, software, handling) is kept once.
"""

from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    String,
    Table,
    Text,
    TextClause,
    UniqueConstraint,
    text,
)

SCHEMA_VERSION: Final = 3
"""Number of the newest migration; a store of another version is not opened."""

metadata: Final = MetaData()

_NUMBER: Final = BigInteger().with_variant(Integer(), "sqlite")
"""A whole-number key; on SQLite the row's own number."""

_ID: Final = LargeBinary(16)

RULE: Final = "rule"
"""Where an index says which rows it holds: naming an engine loads it, and most nodes never see PostgreSQL."""


def _number(name: str) -> Column[int]:
    return Column(name, _NUMBER, primary_key=True, autoincrement=False)


def _refers(name: str, target: str, *, is_optional: bool = False) -> Column[int]:
    return Column(name, _NUMBER, ForeignKey(target), nullable=is_optional)


def _partial_index(name: str, column: str | TextClause, rule: str) -> Index:
    """Return an index over the rows of a rule; PostgreSQL hears of it when its part of the library is there."""
    return Index(name, column, sqlite_where=text(rule), info={RULE: rule})


organisation: Final = Table(
    "organisation",
    metadata,
    _number("organisation_no"),
    Column("id", _ID, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", String(32), nullable=False),
    Column("jurisdiction", String(8), nullable=False),
)

node: Final = Table(
    "node",
    metadata,
    _number("node_no"),
    Column("id", _ID, nullable=False, unique=True),
    _refers("organisation_no", "organisation.organisation_no"),
    Column("is_exercise", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    CheckConstraint("node_no = 1", name="one_node"),
)

principal: Final = Table(
    "principal",
    metadata,
    _number("principal_no"),
    Column("id", _ID, nullable=False, unique=True),
    Column("issuer", Text, nullable=False),
    Column("subject", Text, nullable=False),
    _refers("organisation_no", "organisation.organisation_no"),
    Column("kind", String(32), nullable=False),
    UniqueConstraint("issuer", "subject", name="one_principal"),
)

event: Final = Table(
    "event",
    metadata,
    _number("event_no"),
    Column("id", _ID, nullable=False, unique=True),
    Column("kind", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    _refers("principal_no", "principal.principal_no"),
    Column("details", Text, nullable=False),
)

counter: Final = Table(
    "counter",
    metadata,
    _number("counter_no"),
    Column("change_number", BigInteger, nullable=False),
    Column("next_entry_no", BigInteger, nullable=False),
    Column("next_fingerprint_no", BigInteger, nullable=False),
    CheckConstraint("counter_no = 1", name="one_counter"),
)

label_set: Final = Table(
    "label_set",
    metadata,
    _number("label_set_no"),
    Column("labels", Text, nullable=False, unique=True),
)

handling: Final = Table(
    "handling",
    metadata,
    _number("handling_no"),
    Column("content", Text, nullable=False, unique=True),
)

software: Final = Table(
    "software",
    metadata,
    _number("software_no"),
    Column("name", Text, nullable=False, unique=True),
)

kind: Final = Table(
    "kind",
    metadata,
    _number("kind_no"),
    Column("kind", String(32), nullable=False),
    Column("dialect", String(32), nullable=False),
    UniqueConstraint("kind", "dialect", name="one_kind"),
)
"""A kind with its dialect; the dialect is the empty text for everything but PDQ."""

hash_list: Final = Table(
    "hash_list",
    metadata,
    _number("list_no"),
    Column("id", _ID, nullable=False, unique=True),
    Column("owner", Text, nullable=False),
    Column("name", String(63), nullable=False),
    Column("purpose", String(32), nullable=False),
    Column("subject", String(32), nullable=False),
    Column("threshold_bits", SmallInteger, nullable=False),
    _refers("handling_no", "handling.handling_no"),
    Column("standing", String(32), nullable=False),
    Column("is_matched", Boolean, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    UniqueConstraint("owner", "name", name="one_list"),
)
"""`is_matched`: the standing lets it be matched and the handling allows to detect."""

source: Final = Table(
    "source",
    metadata,
    _number("source_no"),
    _refers("list_no", "hash_list.list_no"),
    Column("name", Text, nullable=False),
    UniqueConstraint("list_no", "name", name="one_source"),
)


def _said() -> list[Column[Any]]:
    """Return the columns that an entry and each of its earlier versions have alike."""
    return [
        Column("version", Integer, nullable=False),
        Column("recorded_at", BigInteger, nullable=False),
        _refers("label_set_no", "label_set.label_set_no"),
        Column("subject", String(32)),
        Column("standing", String(32), nullable=False),
        _refers("handling_no", "handling.handling_no", is_optional=True),
        Column("digest", LargeBinary, nullable=False),
    ]


entry: Final = Table(
    "entry",
    metadata,
    _number("entry_no"),
    Column("id", _ID, nullable=False, unique=True),
    _refers("list_no", "hash_list.list_no"),
    Column("key", LargeBinary, nullable=False),
    *_said(),
    UniqueConstraint("list_no", "key", name="one_entry"),
    Index("entry_of_list", "list_no", "entry_no"),
)
"""An entry in its version in force. Subject and handling are absent where the list's own hold."""

entry_version: Final = Table(
    "entry_version",
    metadata,
    _refers("entry_no", "entry.entry_no"),
    *_said(),
    Column("superseded_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("entry_no", "version"),
    sqlite_with_rowid=False,
)
"""The versions of an entry that are in force no more."""

entry_source: Final = Table(
    "entry_source",
    metadata,
    Column(
        "source_no", _NUMBER, ForeignKey("source.source_no"), primary_key=True, autoincrement=False
    ),
    Column(
        "entry_no", _NUMBER, ForeignKey("entry.entry_no"), primary_key=True, autoincrement=False
    ),
    Column("source_id", Text),
    Column("digest", LargeBinary, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("withdrawn_at", BigInteger),
    _partial_index("entry_source_id", "source_id", "source_id IS NOT NULL"),
    sqlite_with_rowid=False,
)
"""One source's claim on an entry, with what it said (`_claims.py`): what holds is the union of the live claims."""

source_record: Final = Table(
    "source_record",
    metadata,
    Column(
        "source_no", _NUMBER, ForeignKey("source.source_no"), primary_key=True, autoincrement=False
    ),
    Column(
        "entry_no", _NUMBER, ForeignKey("entry.entry_no"), primary_key=True, autoincrement=False
    ),
    Column("raw", Text, nullable=False),
    sqlite_with_rowid=False,
)

fingerprint: Final = Table(
    "fingerprint",
    metadata,
    _number("fingerprint_no"),
    _refers("entry_no", "entry.entry_no"),
    Column("from_version", Integer, nullable=False),
    Column("until_version", Integer),
    _refers("kind_no", "kind.kind_no"),
    Column("value", LargeBinary, nullable=False),
    Column("quality", SmallInteger),
    _refers("software_no", "software.software_no", is_optional=True),
    Column("added_change", BigInteger),
    Column("removed_change", BigInteger),
    Index("fingerprint_of_entry", "entry_no"),
    _partial_index("fingerprint_value", text("substr(value, 1, 8)"), "until_version IS NULL"),
    Index("fingerprint_added", "added_change"),
    _partial_index("fingerprint_removed", "removed_change", "removed_change IS NOT NULL"),
)
"""In force from one version of the entry up to, not with, another; matchable from one change up to another.

The two differ while a list or an entry is suspended: its fingerprints stay in force and are not matchable. Eight
bytes of a value tell nearly all apart, take a third of the room, and an opaque value may be longer than an index
can hold.
"""


def match_columns() -> list[Column[Any]]:
    """Return the columns that explain a match, of a scan and of a look-up alike.

    `evidence` holds as JSON what only matches of some kinds have: how far the frames of videos are the same.
    """
    return [
        _refers("list_no", "hash_list.list_no"),
        Column("list_generation", BigInteger, nullable=False),
        Column("entry_id", _ID, ForeignKey("entry.id"), nullable=False),
        Column("entry_version", Integer, nullable=False),
        Column("subject", String(32), nullable=False),
        Column("kind", String(32), nullable=False),
        Column("distance", SmallInteger, nullable=False),
        Column("threshold", SmallInteger, nullable=False),
        Column("dialect", String(32)),
        Column("transform", String(32)),
        Column("quality", SmallInteger),
        _refers("label_set_no", "label_set.label_set_no"),
        Column("suppressed_by", String(63)),
        Column("from_partial", Boolean, nullable=False),
        Column("evidence", Text),
    ]


scan: Final = Table(
    "scan",
    metadata,
    _number("scan_no"),
    Column("id", _ID, nullable=False, unique=True),
    Column("started_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("expires_at", BigInteger, nullable=False),
    Column("state", String(32), nullable=False),
    Column("settings", Text, nullable=False),
    Column("checkpoint", Text),
    Column("counts", Text, nullable=False),
)

match_record: Final = Table(
    "match_record",
    metadata,
    Column("id", _ID, primary_key=True),
    _refers("scan_no", "scan.scan_no"),
    Column("path", LargeBinary, nullable=False),
    *match_columns(),
    Index("match_of_scan", "scan_no", "id"),
    sqlite_with_rowid=False,
)
