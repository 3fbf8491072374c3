"""Contents of banks: entries of lists under whole numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from rempart.lists import draft_digest
from rempart.model.banks import BankContent
from rempart.model.fingerprint import Fingerprint
from rempart.model.handling import Standing
from rempart.model.list_content import EntryView, PutOutcome
from rempart.model.lists import EntryDraft
from rempart.model.principals import Principal
from rempart.node.hma.banks import Banks, BankView
from rempart.node.hma.content_keys import content_key
from rempart.node.hma.errors import BadRequestError, NotThereError
from rempart.node.hma.metadata import ContentMetadata, note_of
from rempart.node.hma.signals import signals_of
from rempart.node.node import OpenNode
from rempart.store import MergeItem, StoreWriter

SOURCE: Final = "hma"
"""Whose claims the entries are that clients add."""

EXCHANGE_SOURCE: Final = "exchange:"
"""Before the name of the exchange whose claim an entry is."""

DISABLED: Final = 0
ENABLED: Final = 1
_LONGEST_DISABLING: Final = timedelta(days=5 * 365)
_LARGEST_ALIAS: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Content:
    """One content with its bank."""

    bank: BankView
    said: BankContent
    entry: EntryView

    def collab(self) -> dict[str, list[str]]:
        """Return the exchanges that claim the content, with their own identifiers of it."""
        return {
            each.source.removeprefix(EXCHANGE_SOURCE): [each.source_id or ""]
            for each in self.entry.claims
            if each.source.startswith(EXCHANGE_SOURCE)
        }

    @property
    def disable_until_ts(self) -> int:
        """Until when it is disabled, in seconds since 1970: 0 for good, 1 not; also where `/v1` suspended it."""
        suspension, said = self.entry.suspension, self.said.disable_until_ts
        if suspension is None:
            return ENABLED if said == DISABLED else said
        return DISABLED if suspension.until is None else int(suspension.until.timestamp())

    def metadata(self) -> ContentMetadata:
        """Return what clients said of it."""
        said = self.said
        return ContentMetadata(said.content_id, said.content_uri, said.content_json)

    def as_json(self, *, with_signals: bool, with_metadata: bool) -> dict[str, object]:
        """Return the content as clients read it."""
        shown = self._core()
        if with_signals:
            shown["signals"] = signals_of(self.entry.entry.fingerprints)
        collab, metadata = self.collab() or None, self.metadata()
        if with_metadata and (collab or not metadata.is_empty):
            shown["metadata"] = {**metadata.as_json(), "collab": collab}
        if self.said.note is not None:
            shown["note"] = self.said.note
        return shown

    def as_changed_json(self) -> dict[str, object]:
        """Return the content as clients read it after they changed it."""
        metadata = self.metadata()
        told = {name: value for name, value in metadata.as_json().items() if value is not None}
        return {
            **self._core(),
            "collab_metadata": self.collab(),
            "user_metadata": told or None,
            "note": self.said.note,
        }

    def _core(self) -> dict[str, object]:
        return {
            "id": self.said.alias,
            "disable_until_ts": self.disable_until_ts,
            "original_media_uri": self.said.original_media_uri,
            "bank": self.bank.as_json(),
        }


class Contents:
    """The contents of a node's banks."""

    def __init__(self, node: OpenNode, banks: Banks) -> None:
        self._node = node
        self._banks = banks

    def add(
        self,
        bank: BankView,
        fingerprints: Sequence[Fingerprint],
        *,
        metadata: ContentMetadata | None,
        note: str | None,
        principal: Principal,
    ) -> int:
        """Add a content and return its number; the same fingerprints again keep the number.

        Any other set of fingerprints is a content of its own, also where some are the same: adding takes nothing away.
        What was said of it before stays where nothing new is said, and a content that was disabled stays disabled;
        one that had been deleted begins anew.
        """
        draft = EntryDraft(number=1, fingerprints=tuple(fingerprints))
        key, digest = content_key(fingerprints), draft_digest(draft)
        item = MergeItem(number=1, key=key, digest=digest, draft=draft)
        with self._banks.writing(principal) as writer:
            (put,) = writer.entries.put(bank.list.id, SOURCE, [item])
            if put.outcome is PutOutcome.RETURNED:
                writer.entries.resume(put.entry_id)
                self._say(
                    writer, BankContent(put.alias, put.entry_id, bank.list.id), metadata, note
                )
            elif metadata is not None or note is not None:
                before = self._node.store.banks.content(put.alias)
                present = before or BankContent(put.alias, put.entry_id, bank.list.id)
                self._say(writer, present, metadata, note)
            writer.record(
                "entry.added",
                {
                    "list": str(bank.list.id),
                    "entry": str(put.entry_id),
                    "outcome": put.outcome.value,
                    "interface": "hma",
                },
            )
        return put.alias

    def get(self, bank: BankView, alias: int) -> Content:
        """Return a content of a bank.

        Raises:
            NotThereError: the bank holds none of this number.
        """
        store = self._node.store
        said = store.banks.content(alias) if 0 < alias <= _LARGEST_ALIAS else None
        if said is not None and said.list_id == bank.list.id:
            entry = store.entry_pages.get(bank.list.id, said.entry_id)
            if entry is not None and entry.entry.standing is not Standing.WITHDRAWN:
                return Content(bank, said, entry)
        msg = f"content '{alias}' not found"
        raise NotThereError(msg)

    def change(
        self, bank: BankView, alias: int, given: dict[str, object], *, principal: Principal
    ) -> Content:
        """Disable a content, enable it, or write another note.

        Args:
            bank: of the content.
            alias: its number.
            given: `disable_until_ts` (0 disables, 1 enables, seconds since 1970 disable until then), `note`.
            principal: who acts.

        Raises:
            NotThereError: the bank holds none of this number.
            BadRequestError: a value is not possible.
        """
        content = self.get(bank, alias)
        present = replace(content.said, disable_until_ts=content.disable_until_ts)
        said, now = present, self._node.clock.now()
        if "disable_until_ts" in given:
            said = replace(said, disable_until_ts=_disable_until(given["disable_until_ts"], now))
        if "note" in given:
            said = replace(said, note=note_of(given["note"]))
        if said == present:
            return content
        with self._banks.writing(principal) as writer:
            _keep(writer, said)
            if said.disable_until_ts != present.disable_until_ts:
                self._switch(writer, content, said.disable_until_ts, now)
            writer.record(
                "entry.changed",
                {"list": str(bank.list.id), "entry": str(said.entry_id), "interface": "hma"},
            )
        return self.get(bank, alias)

    def delete(self, bank: BankView, alias: int, *, principal: Principal) -> int:
        """Withdraw a content, whoever claimed it, and return how many ended: 1, or 0 where the bank has none."""
        try:
            content = self.get(bank, alias)
        except NotThereError:
            return 0
        with self._banks.writing(principal) as writer:
            writer.entries.withdraw(bank.list.id, content.said.entry_id, None)
            writer.record(
                "entry.withdrawn",
                {
                    "list": str(bank.list.id),
                    "entry": str(content.said.entry_id),
                    "interface": "hma",
                },
            )
        return 1

    def _say(
        self,
        writer: StoreWriter,
        before: BankContent,
        metadata: ContentMetadata | None,
        note: str | None,
    ) -> None:
        """Keep what is newly said of a content, and what was said before where nothing is."""
        said = before
        if metadata is not None:
            said = replace(
                said,
                content_id=metadata.content_id,
                content_uri=metadata.content_uri,
                content_json=metadata.json,
            )
        _keep(writer, said if note is None else replace(said, note=note))

    def _switch(
        self, writer: StoreWriter, content: Content, disable_until_ts: int, now: datetime
    ) -> None:
        entry_id = content.said.entry_id
        until = None if disable_until_ts == DISABLED else _moment(disable_until_ts)
        if until is None or until > now:
            writer.entries.suspend(entry_id, until)
        elif content.entry.suspension is not None:
            writer.entries.resume(entry_id)


def _keep(writer: StoreWriter, said: BankContent) -> None:
    writer.banks.set_content(
        said.alias,
        disable_until_ts=said.disable_until_ts,
        original_media_uri=said.original_media_uri,
        content_id=said.content_id,
        content_uri=said.content_uri,
        content_json=said.content_json,
        note=said.note,
    )


def _disable_until(value: object, now: datetime) -> int:
    number = _whole(value)
    if number is None or number < 0:
        msg = "disable_until_ts must be a non-negative integer"
        raise BadRequestError(msg)
    if number > (now + _LONGEST_DISABLING).timestamp():
        msg = "disable_until_ts must be less than 5 years in the future"
        raise BadRequestError(msg)
    return number


def _whole(value: object) -> int | None:
    if isinstance(value, int):
        return None if isinstance(value, bool) else value
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 16:  # noqa: PLR2004 - beyond any date
        return int(value)
    return None


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
