"""What the writers are given, and what they may say about it."""

from dataclasses import dataclass
from typing import Any

import msgspec

from rempart.model.fingerprint import Fingerprint
from rempart.model.identifiers import EntryId
from rempart.model.labels import Label


@dataclass(frozen=True, slots=True)
class ExportEntry:
    """One entry that leaves the node in a list.

    Attributes:
        entry_id: the node's own identifier; joins the rows of one entry in a CSV, and names it in errors.
        source_id: the source's global identifier; absent where it has none.
        fingerprints: at least one.
        labels: classifications, raw ones included.
        raw: JSON text that a reader kept beside the entry; unknown fields are passed on where the format
            has a place for them, but never file names or paths.
    """

    entry_id: EntryId
    fingerprints: tuple[Fingerprint, ...]
    source_id: str | None = None
    labels: tuple[Label, ...] = ()
    raw: str | None = None


def kept_fields(raw: str | None) -> dict[str, Any]:
    """Return the fields of a kept record; none where it is absent or no JSON object."""
    if raw is None:
        return {}
    try:
        # JSON holds values of many types; the writers check what they take.
        fields: Any = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def one_line(value: Any) -> str:
    """Return a kept text without line ends and other characters that a terminal would obey."""
    if not isinstance(value, str):
        return ""
    return "".join(char if char.isprintable() else " " for char in value).strip()
