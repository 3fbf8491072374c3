"""API keys for callers that may manage them: shown, made, revoked, rotated, each once for one request."""

from collections.abc import Callable, Sequence
from typing import Final

from rempart.model.identifiers import KeyId
from rempart.node.key_requests import KeyRequest
from rempart.node.keys import (
    NewKey,
    ShownKey,
    draft_key,
    draw_key_text,
    find_key,
    keep_key,
    keep_rotated_key,
    list_keys,
)
from rempart.node.node import OpenNode
from rempart.node.service.errors import RecordAbsentError
from rempart.node.service.writes import WriteRequest, Written, write_once
from rempart.store import StoreWriter, UnknownRecordError

_KEY: Final = "key"
_LIST: Final = "list"


class KeyDesk:
    """Shows and changes keys; for callers that are not limited to lists, as the policies see to."""

    def __init__(self, node: OpenNode) -> None:
        """Take the node that the keys open."""
        self._node = node

    def all(self) -> Sequence[ShownKey]:
        """Return every key that was ever made, in the order of their making."""
        return list_keys(self._node)

    def get(self, key_id: KeyId) -> ShownKey:
        """Return one key.

        Raises:
            RecordAbsentError: there is none.
        """
        try:
            return find_key(self._node, key_id)
        except UnknownRecordError as error:
            raise RecordAbsentError(_KEY) from error

    def create(
        self, request: WriteRequest, wanted: KeyRequest, answering: Callable[[NewKey], Written]
    ) -> Written:
        """Make a key; its text is in this answer and never again.

        Raises:
            KeyRequestError: the request cannot be met as it stands.
            RecordAbsentError: it names a list that does not exist.
        """
        draft = draft_key(self._node, wanted)
        try:
            return write_once(
                self._node, request, lambda writer: answering(keep_key(self._node, writer, draft))
            )
        except UnknownRecordError as error:
            raise RecordAbsentError(_LIST) from error

    def rotate(
        self,
        request: WriteRequest,
        key_id: KeyId,
        *,
        overlap_hours: int,
        answering: Callable[[NewKey], Written],
    ) -> Written:
        """Make a key with the same rights as another, which expires after an overlap.

        Raises:
            RecordAbsentError: there is no such key.
            KeyEndedError: it holds no longer, or another key took its place already.
        """
        drawn = draw_key_text(self._node)

        def act(writer: StoreWriter) -> Written:
            return answering(
                keep_rotated_key(self._node, writer, key_id, drawn, overlap_hours=overlap_hours)
            )

        self.get(key_id)
        return write_once(self._node, request, act)

    def revoke(self, request: WriteRequest, key_id: KeyId, *, answer: Written) -> Written:
        """Let a key hold no longer, in all workers within a second.

        Raises:
            RecordAbsentError: there is no such key.
        """
        self.get(key_id)

        def act(writer: StoreWriter) -> Written:
            held = writer.keys.revoke(key_id)
            writer.record("key.revoked", {"key": str(key_id), "held": held})
            return answer

        return write_once(self._node, request, act)
