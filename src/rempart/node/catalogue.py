"""Show, export and withdraw lists."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rempart import lists
from rempart.model.lists import HashList
from rempart.model.principals import Principal
from rempart.node.errors import ListUnknownError
from rempart.node.exchange_credentials import forget_exchange
from rempart.node.index_upkeep import ready_index
from rempart.node.looks import LIST_EXPORTED, note_look
from rempart.node.node import OpenNode
from rempart.store import AmbiguousListError, ListCounts


@dataclass(frozen=True, slots=True)
class ListSummary:
    """One list with its counts."""

    list: HashList
    counts: ListCounts

    @property
    def entries(self) -> dict[str, int]:
        """How many entries have each standing."""
        return {standing.value: count for standing, count in self.counts.by_standing.items()}

    @property
    def fingerprints(self) -> dict[str, int]:
        """How many fingerprints of active entries there are of each kind, with the dialect of a PDQ."""
        return {
            f"{kind} {dialect}" if dialect else kind: count
            for (kind, dialect), count in self.counts.by_kind.items()
        }


def find_list(node: OpenNode, name: str, owner: str | None) -> HashList:
    """Return the list of that name.

    Raises:
        ListUnknownError: there is none.
        AmbiguousListError: several owners use the name and none was named.
    """
    present = [
        each
        for each in node.store.lists(include_withdrawn=True)
        if each.name == name and owner in {None, each.owner}
    ]
    if not present:
        message = f"There is no list {name}" + (f" of {owner}." if owner else ".")
        raise ListUnknownError(message, hint="See all lists with `rempart lists show`.")
    if len(present) > 1:
        owners = ", ".join(sorted(each.owner for each in present))
        message = f"Several owners have a list {name}: {owners}."
        raise AmbiguousListError(message, hint="Name one with --owner.")
    return present[0]


def show_lists(node: OpenNode) -> list[ListSummary]:
    """Return every list with its counts, by owner and name."""
    lists = sorted(
        node.store.lists(include_withdrawn=True), key=lambda each: (each.owner, each.name)
    )
    return [ListSummary(list=each, counts=node.store.list_counts(each.id)) for each in lists]


def show_list(node: OpenNode, name: str, owner: str | None) -> ListSummary:
    """Return one list with its counts."""
    found = find_list(node, name, owner)
    return ListSummary(list=found, counts=node.store.list_counts(found.id))


@dataclass(frozen=True, slots=True)
class Exported:
    """How many entries were written, and how many have no place in the format."""

    written: int
    left_out: int


def export_list(
    node: OpenNode,
    name: str,
    owner: str | None,
    sink: BinaryIO,
    *,
    format_name: str,
    scratch: Path | None = None,
) -> Exported:
    """Write a list's active entries in one of the formats, streaming; the event `list.exported` comes first.

    Args:
        node: that has the list.
        name: the list's name.
        owner: its owner, where several owners use the name.
        sink: open for writing.
        format_name: one of `WRITE_FORMATS`.
        scratch: folder for a database that is made before it goes to the sink; absent: the system's own.
    """
    found = find_list(node, name, owner)
    return hand_out_list(node, found, sink, format_name=format_name, scratch=scratch)


def hand_out_list(
    node: OpenNode,
    hash_list: HashList,
    sink: BinaryIO,
    *,
    format_name: str,
    by: Principal | None = None,
    scratch: Path | None = None,
) -> Exported:
    """Write a list's active entries as `export_list` does; that it was done is on record before the first byte.

    The event counts the active entries of that moment; an export that breaks off has its event as well.

    Args:
        node: that has the list.
        hash_list: the list.
        sink: open for writing.
        format_name: one of `WRITE_FORMATS`.
        by: who gets it; absent means the node's own principal.
        scratch: as for `export_list`.
    """
    active = node.store.active_entries(hash_list.id)
    details = {
        "list": str(hash_list.id),
        "generation": hash_list.generation,
        "format": format_name,
        "entries": active,
    }
    note_look(node, LIST_EXPORTED, details, by=by)
    written = lists.write_list(
        _export_entries(node, hash_list),
        sink,
        format=format_name,
        list_name=hash_list.name,
        source=hash_list.owner,
        list_version=str(hash_list.generation),
        scratch=scratch,
    )
    return Exported(written=written, left_out=active - written)


def withdraw_list(node: OpenNode, name: str, owner: str | None) -> tuple[HashList, int]:
    """Withdraw a list with all its entries; they stay on record, and match no more.

    Returns:
        The list and how many entries ceased to be active.
    """
    found = find_list(node, name, owner)
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        forgotten = forget_exchange(node.store, writer, found.id)
        count = writer.withdraw_list(found.id)
        writer.record("list.withdrawn", {"list": str(found.id), "withdrawn": count, **forgotten})
    ready_index(node.folder, node.store)
    return find_list(node, name, found.owner), count


def _export_entries(node: OpenNode, hash_list: HashList) -> "Iterator[lists.ExportEntry]":
    for entry, raws in node.store.entries(hash_list.id):
        yield lists.ExportEntry(
            entry_id=entry.id,
            source_id=entry.source_ids[0] if entry.source_ids else None,
            fingerprints=entry.fingerprints,
            labels=entry.labels,
            raw=raws[0] if raws else None,
        )
