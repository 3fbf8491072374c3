"""What a foreign client of the service says of lists, entries and sources: banks, contents, exchanges."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from rempart.model.identifiers import EntryId, ListId


@dataclass(frozen=True, slots=True)
class Bank:
    """A list under the name that foreign clients use.

    Attributes:
        name: at most 255 characters, unique among banks.
        enabled_ratio: which share of its entries is matched, 0 to 1.
    """

    list_id: ListId
    name: str
    enabled_ratio: float


@dataclass(frozen=True, slots=True)
class BankContent:
    """What foreign clients say of one entry.

    Attributes:
        alias: the entry's whole number.
        disable_until_ts: seconds since 1970 as they give it: 0 disabled, 1 enabled.
        content_json: JSON text as received.
        note: at most 255 characters.
    """

    alias: int
    entry_id: EntryId
    list_id: ListId
    disable_until_ts: int = 1
    original_media_uri: str | None = None
    content_id: str | None = None
    content_uri: str | None = None
    content_json: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """One configured collection from one exchange, and how far it was fetched.

    Attributes:
        name: at most 255 characters, unique among exchanges.
        list_id: the list that it fills.
        api: kind of the exchange.
        settings: JSON values; never a credential.
        checkpoint: up to where it was fetched, as JSON values; absent before the first fetch.
        running_since: when the fetch that runs now began.
        last_fetch_succeeded: absent where none has ended yet.
        fetched_items: how many records it has brought.
    """

    name: str
    list_id: ListId
    api: str
    settings: Mapping[str, object] = field(repr=False)
    is_enabled: bool = True
    checkpoint: Mapping[str, object] | None = None
    checkpoint_at: datetime | None = None
    running_since: datetime | None = None
    last_fetch_at: datetime | None = None
    last_fetch_succeeded: bool | None = None
    is_up_to_date: bool = False
    fetched_items: int = 0
