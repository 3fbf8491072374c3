"""The one way to change the store."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select

from rempart.model.handling import Handling, Standing, Subject
from rempart.model.identifiers import ListId, OrganisationId, PrincipalId, ScanId
from rempart.model.lists import HashList, ListPurpose
from rempart.model.match import Match
from rempart.model.principals import Principal, PrincipalKind
from rempart.store import _tables as t
from rempart.store._interning import Interning
from rempart.store._lists import ListSettings, ListWriting, open_list_row
from rempart.store._reading import next_number
from rempart.store._scans import ScanWriting
from rempart.store._service_writing import ServiceWriting
from rempart.store._session import WriteSession
from rempart.store._texts import refuse_nul
from rempart.store.merge import Merge
from rempart.store.values import ScanState, StoredScan


class StoreWriter(ServiceWriting):
    """One write transaction, from `Store.write`. All or nothing, and exactly one `record` a write."""

    def __init__(self, session: WriteSession) -> None:
        super().__init__(session, Interning(session.connection))
        self._lists = ListWriting(session, self._interning)
        self._scans = ScanWriting(session, self._interning)

    @property
    def has_purged(self) -> bool:
        """Whether this write deleted personal data."""
        return self._session.has_purged

    def record(self, kind: str, details: Mapping[str, object]) -> None:
        """Say what this write does: its one event, written when the transaction ends.

        The store adds what it knows itself, as it stands at the end: `lists` (id, generation before and after),
        `merges` (list, counts, SHA-256 over the changes in their order) and `change_number` where it grew.

        Args:
            kind: `noun.verb`, for example `list.imported`.
            details: JSON values; never a path, a fingerprint or a secret.

        Raises:
            WriteMisuseError: this write has its event already, or is over.
        """
        _ = self._session.connection
        self._session.stage_event(kind, details)

    def add_principal(self, *, issuer: str, subject: str, kind: PrincipalKind) -> Principal:
        """Make a further principal of this node's organisation."""
        connection = self._session.connection
        organisation = connection.execute(
            select(t.organisation.c.organisation_no, t.organisation.c.id).join(t.node)
        ).one()
        principal_id = PrincipalId(self._session.identifiers.new())
        connection.execute(
            insert(t.principal).values(
                principal_no=next_number(connection, t.principal.c.principal_no),
                id=principal_id.bytes,
                issuer=issuer,
                subject=subject,
                organisation_no=organisation.organisation_no,
                kind=kind.value,
            )
        )
        return Principal(
            id=principal_id,
            issuer=issuer,
            subject=subject,
            organisation_id=OrganisationId(UUID(bytes=organisation.id)),
            kind=kind,
        )

    def add_list(
        self,
        name: str,
        owner: str,
        *,
        purpose: ListPurpose,
        subject: Subject,
        threshold_bits: int,
        handling: Handling,
        standing: Standing = Standing.PUBLISHED,
    ) -> HashList:
        """Make a list without entries, or take up again a withdrawn list of the same owner and name.

        Raises:
            ListExistsError: the owner has such a list, and it is not withdrawn.
            WriteMisuseError: name or threshold is not possible.
        """
        settings = ListSettings(purpose, subject, threshold_bits, handling, standing)
        return self._lists.add(name, owner, settings)

    def change_list(
        self,
        list_id: ListId,
        *,
        purpose: ListPurpose | None = None,
        subject: Subject | None = None,
        threshold_bits: int | None = None,
        handling: Handling | None = None,
        standing: Standing | None = None,
    ) -> HashList:
        """Change what is said about a list; what is not named stays.

        Fingerprints are matchable while the list is `confirmed` or `published` and its handling allows to detect.

        Raises:
            UnknownRecordError: there is no such list.
            WriteMisuseError: the threshold is not possible.
        """
        settings = ListSettings(purpose, subject, threshold_bits, handling, standing)
        return self._lists.change(list_id, settings)

    def withdraw_list(self, list_id: ListId) -> int:
        """Withdraw every source's claims on a list and the list itself; return how many entries ended.

        Raises:
            UnknownRecordError: there is no such list.
        """
        return self._lists.withdraw(list_id)

    def begin_merge(self, list_id: ListId, source: str) -> Merge:
        """Begin to take in what one source says about a list.

        Args:
            list_id: the list; it must not be withdrawn.
            source: stable name of the source; the next merge of the same name is compared with this one.

        Raises:
            UnknownRecordError: there is no such list.
            WriteMisuseError: the list is withdrawn.
        """
        refuse_nul([source])
        row = open_list_row(self._session.connection, list_id)
        return Merge(self._session, self._interning, row=row, source=source)

    def start_scan(self, *, settings: Mapping[str, object], expires_at: datetime) -> StoredScan:
        """Make a running scan.

        Args:
            settings: what it is asked to do, as JSON values.
            expires_at: end of its retention, as the operator set it.
        """
        return self._scans.start(settings, expires_at)

    def checkpoint_scan(
        self,
        scan_id: ScanId,
        *,
        checkpoint: Mapping[str, object],
        counts: Mapping[str, object],
        matches: Sequence[tuple[bytes, Match]] = (),
    ) -> None:
        """Keep how far a scan came, together with the matches (path, match) since the last checkpoint.

        Raises:
            UnknownRecordError: there is no such scan, or a match names no list of this store.
            StoreConstraintError: a match names no entry of this store, or was kept before.
        """
        self._scans.checkpoint(scan_id, checkpoint, counts, matches)

    def finish_scan(
        self, scan_id: ScanId, *, state: ScanState, counts: Mapping[str, object]
    ) -> None:
        """Say how a scan ended; with state `running`, that it goes on.

        Raises:
            UnknownRecordError: there is no such scan.
        """
        self._scans.finish(scan_id, state, counts)

    def purge_scans(self, before: datetime) -> int:
        """Delete the scans whose `expires_at` lies before a moment, with their matches; return how many.

        For what expired by now, pass the present moment. The bytes are overwritten and the journal is emptied.
        """
        return self._scans.purge(before)
