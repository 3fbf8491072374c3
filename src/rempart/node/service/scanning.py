"""Scan files that a caller sent: each is read in the sandbox, matched, recorded, and decided on if that was asked."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rempart.model.identifiers import ListId, PrincipalId
from rempart.model.scan import ScanRecord
from rempart.node.scan_queries import query_of
from rempart.node.service.matching import MatchDesk
from rempart.node.service.uploads import UploadReaders

if TYPE_CHECKING:
    from rempart.node.law.deciding import Record
    from rempart.node.reading import Reading
    from rempart.node.service.deciding import SharedDesk


@dataclass(frozen=True, slots=True)
class ScannedUpload:
    """What was found out about one file.

    Attributes:
        reference: the caller's word for it.
        record: file and matches; its path is empty.
        decisions: one for every match that nothing suppresses; absent where nobody asked.
    """

    reference: str | None
    record: ScanRecord
    decisions: "Sequence[Record] | None"


@dataclass(frozen=True, slots=True)
class Scanned:
    """What was found out about the files of one request.

    Attributes:
        recorded: done when every match is on record; the answer waits for it.
    """

    uploads: Sequence[ScannedUpload]
    recorded: Future[None] | None


class ScanDesk:
    """Scans uploads against the live index; may be used from several threads."""

    def __init__(self, readers: UploadReaders, matching: MatchDesk) -> None:
        """Join who reads and who matches."""
        self._readers = readers
        self._matching = matching

    def read(self, descriptor: int, size: int, *, is_exact: bool = False) -> "Future[Reading]":
        """Have one file read while the rest of the request still arrives; see `UploadReaders.read`."""
        return self._readers.read(descriptor, size, is_exact=is_exact)

    def match(
        self,
        readings: "Sequence[tuple[str | None, Reading]]",
        *,
        principal_id: PrincipalId,
        visible: frozenset[ListId] | None,
        desk: "SharedDesk | None" = None,
    ) -> Scanned:
        """Match files that were read, and hand every match to the history.

        Args:
            readings: reference and reading of each file.
            principal_id: who asks.
            visible: the lists that the caller may see; absent means every list.
            desk: decides on the matches; absent where nobody asked.
        """
        queries = [query_of(reading) for _, reading in readings]
        matcher = self._matching.matcher([(at, len(queries)) for at in range(len(queries))])
        findings = matcher.match_many(queries, visible=visible)
        found = [
            (reference, each)
            for (reference, _), each in zip(readings, findings, strict=True)
            if each.matches
        ]
        recorded = self._matching.record(found, principal_id)
        uploads = []
        for (reference, reading), each in zip(readings, findings, strict=True):
            record = ScanRecord(file=reading.file(), matches=each.matches, conflicts=each.conflicts)
            decisions = desk.decide(each.matches) if desk is not None else None
            uploads.append(ScannedUpload(reference, record, decisions))
        return Scanned(uploads, recorded)
