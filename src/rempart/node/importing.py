"""Import a list: read it record by record, merge it in one transaction, and bring the index up to date."""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final, TypeVar

from rempart.lists import CAID, ColumnMap, LabelMap, draft_digest, entry_key, read_list
from rempart.model.errors import DamagedError
from rempart.model.handling import Handling, Standing, Subject
from rempart.model.lists import (
    DEFAULT_THRESHOLD_BITS,
    BadRecord,
    EntryDraft,
    HashList,
    ListPurpose,
    is_list_name,
)
from rempart.node.errors import (
    ListMismatchError,
    ListShrinkError,
    NothingImportedError,
    SettingsError,
    SourceUnreadableError,
)
from rempart.node.index_upkeep import ready_index
from rempart.node.names import is_plain_name
from rempart.node.node import OpenNode
from rempart.store import Merge, MergeItem, StoreWriter

_Map = TypeVar("_Map")
_BATCH: Final = 5000
_REPORTED_BAD_RECORDS: Final = 1000
_MAP_LIMIT_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What the operator states about a list; nothing of it is guessed from the file.

    Attributes:
        mode_is_full: what is absent from the file is withdrawn; else it only adds and changes.
        purpose: absent means as it was, and `known` for a new list.
        subject: absent means as it was; a new list is taken to show children, the most protective reading,
            unless it is a known-harmless one.
        threshold_bits: absent means as it was, and 31 for a new list.
        source: whose claims the file makes; absent means the owner's.
    """

    name: str
    owner: str
    format: str = "auto"
    columns: Path | None = None
    labels: Path | None = None
    mode_is_full: bool = True
    purpose: ListPurpose | None = None
    subject: Subject | None = None
    threshold_bits: int | None = None
    source: str | None = None
    plain_64_is_pdq: bool = False
    allow_shrink: bool = False


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did.

    Attributes:
        returned: entries that had been withdrawn and are back.
        duplicates: records that named an entry named before in the same file; the first one holds.
        refused: records that could not be read; the first thousand stand in `bad_records`.
    """

    list: HashList
    is_new: bool
    added: int
    changed: int
    unchanged: int
    returned: int
    withdrawn: int
    duplicates: int
    refused: int
    bad_records: tuple[BadRecord, ...]


@dataclass(slots=True)
class _Refusals:
    """Counts refused records and keeps the first ones for the report."""

    count: int = 0
    kept: list[BadRecord] = field(default_factory=list)

    def add(self, record: BadRecord) -> None:
        self.count += 1
        if len(self.kept) < _REPORTED_BAD_RECORDS:
            self.kept.append(record)


def import_list(
    node: OpenNode,
    request: ImportRequest,
    *files: BinaryIO,
    progress: Callable[[int], None] = lambda _: None,
    report: Callable[[str], None] = lambda _: None,
) -> ImportReport:
    """Merge a list's files into the node, all of it or nothing.

    Args:
        node: where to.
        request: what the operator states.
        files: the list, open for reading; several files are one version of it together.
        progress: told the number of records read so far.
        report: told, in a sentence, of work on the index.

    Raises:
        RempartError: what stops the import; nothing was changed then.
    """
    _check(request)
    columns = _read_map(request.columns, ColumnMap.parse)
    labels = _read_map(request.labels, LabelMap.parse)
    refusals = _Refusals()
    with node.store.write(
        principal=node.principal, clock=node.clock, identifiers=node.identifiers
    ) as writer:
        hash_list, is_new = _target(node, writer, request)
        drafts = read_list(
            *files,
            format=request.format,
            columns=columns,
            labels=labels,
            plain_64_is_pdq=request.plain_64_is_pdq,
            purpose=hash_list.purpose,
            on_bad=refusals.add,
        )
        merge = writer.begin_merge(hash_list.id, source=request.source or request.owner)
        with _without_cycle_collection():
            read = _put_all(merge, drafts, progress)
        if not read and refusals.count:
            raise _nothing_imported(request, refusals)
        if request.mode_is_full:
            _withdraw_absent(node, merge, request)
        counts = merge.counts
        writer.record(
            "list.imported",
            {
                "list": str(hash_list.id),
                "mode": "full" if request.mode_is_full else "add",
                "added": counts.added,
                "changed": counts.changed,
                "returned": counts.returned,
                "withdrawn": counts.withdrawn,
                "refused": refusals.count,
            },
        )
    try:
        ready_index(node.folder, node.store, report=report)
    except (OSError, DamagedError) as error:
        report(
            f"The list is imported; the search index is not built yet: {error} The next scan builds it."
        )
    present = _present_list(node, request)
    return ImportReport(
        list=present if present is not None else hash_list,
        is_new=is_new,
        added=counts.added,
        changed=counts.changed,
        unchanged=counts.unchanged,
        returned=counts.returned,
        withdrawn=counts.withdrawn,
        duplicates=counts.duplicates,
        refused=refusals.count,
        bad_records=tuple(refusals.kept),
    )


def _check(request: ImportRequest) -> None:
    if not is_list_name(request.name):
        message = f"{request.name[:80]!r} is not a list's name."
        raise SettingsError(
            message, hint="Use 1 to 63 of a-z, 0-9 and hyphens, beginning with a letter or digit."
        )
    for name in (request.owner, request.source):
        if name is not None and not is_plain_name(name):
            message = (
                "The list's owner or source is empty, has blanks around it or cannot be shown."
            )
            raise SettingsError(message, hint="Name the organisation that vetted the list.")


def _read_map(path: Path | None, parse: Callable[[str], _Map]) -> _Map | None:
    if path is None:
        return None
    try:
        with path.open("rb") as file:
            content = file.read(_MAP_LIMIT_BYTES + 1)
        text = content.decode()
    except (OSError, UnicodeDecodeError) as error:
        message = f"{path} cannot be read: {error}."
        raise SourceUnreadableError(message, hint="Name a readable UTF-8 text file.") from error
    if len(content) > _MAP_LIMIT_BYTES:
        message = f"{path} has more than {_MAP_LIMIT_BYTES} bytes."
        raise SourceUnreadableError(message, hint="Name a column map or a label map in TOML.")
    return parse(text)


def _target(node: OpenNode, writer: StoreWriter, request: ImportRequest) -> tuple[HashList, bool]:
    """Return the list to merge into, made or changed as the operator states it."""
    present = _present_list(node, request)
    if present is None:
        _require_purpose(request)
        purpose = request.purpose or ListPurpose.KNOWN
        subject = request.subject or (
            Subject.CHILD if purpose is ListPurpose.KNOWN else Subject.HARMLESS
        )
        _check_subject(purpose, subject)
        made = writer.add_list(
            name=request.name,
            owner=request.owner,
            purpose=purpose,
            subject=subject,
            threshold_bits=(
                DEFAULT_THRESHOLD_BITS if request.threshold_bits is None else request.threshold_bits
            ),
            handling=Handling(),
        )
        # The operator imports what its owner has vetted and published.
        return writer.change_list(made.id, standing=Standing.PUBLISHED), True
    if request.purpose is not None and request.purpose is not present.purpose:
        message = f"The list {present.name} of {present.owner} was made as {present.purpose}."
        raise ListMismatchError(
            message, hint="A list's purpose never changes: import under another name."
        )
    if request.subject is not None:
        _check_subject(present.purpose, request.subject)
    was_withdrawn = present.standing is Standing.WITHDRAWN
    if request.threshold_bits is None and request.subject is None and not was_withdrawn:
        return present, False
    changed = writer.change_list(
        present.id,
        threshold_bits=request.threshold_bits,
        subject=request.subject,
        standing=Standing.PUBLISHED if was_withdrawn else None,
    )
    return changed, False


def _require_purpose(request: ImportRequest) -> None:
    """Refuse to take the usual purpose for a new list whose format carries known and harmless files alike."""
    if request.purpose is None and request.format == CAID:
        message = "Files in the form of CAID hold known material, or known-good files of the NSRL."
        raise SettingsError(
            message, hint="Say which with --purpose known or --purpose known-harmless."
        )


def _present_list(node: OpenNode, request: ImportRequest) -> HashList | None:
    """Return the list of this name and owner, also a withdrawn one: an import brings it back."""
    every = node.store.lists(include_withdrawn=True)
    return next(
        (each for each in every if (each.name, each.owner) == (request.name, request.owner)), None
    )


def _check_subject(purpose: ListPurpose, subject: Subject) -> None:
    if (purpose is ListPurpose.KNOWN_HARMLESS) != (subject is Subject.HARMLESS):
        message = f"A list for {purpose} cannot have the subject {subject}."
        raise SettingsError(
            message,
            hint="The subject harmless goes with --purpose known-harmless, and only with it.",
        )


@contextmanager
def _without_cycle_collection() -> Iterator[None]:
    """Keep the collector of cycles from walking millions of values that form none: a fifth of an import."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _put_all(merge: Merge, drafts: Iterator[EntryDraft], progress: Callable[[int], None]) -> int:
    read = 0
    batch: list[MergeItem] = []
    for draft in drafts:
        batch.append(
            MergeItem(
                number=draft.number, key=entry_key(draft), digest=draft_digest(draft), draft=draft
            )
        )
        if len(batch) == _BATCH:
            merge.put(batch)
            read += len(batch)
            batch = []
            progress(read)
    if batch:
        merge.put(batch)
        read += len(batch)
    progress(read)
    return read


def _withdraw_absent(node: OpenNode, merge: Merge, request: ImportRequest) -> None:
    found = merge.absent()
    limit = node.settings.largest_shrink_percent
    if found.absent * 100 > found.active_before * limit and not request.allow_shrink:
        message = (
            f"The import would withdraw {found.absent} of {found.active_before} entries of "
            f"{request.name}, more than {limit} %."
        )
        raise ListShrinkError(
            message,
            hint="Check that the file is whole; allow it with --allow-shrink, or use --mode add.",
        )
    merge.withdraw_absent()


def _nothing_imported(request: ImportRequest, refusals: _Refusals) -> NothingImportedError:
    first = refusals.kept[0]
    message = (
        f"None of the {refusals.count} records could be read as {request.format}; "
        f"record {first.number}: {first.message}"
    )
    return NothingImportedError(message, hint="Check --format and --columns; nothing was changed.")
