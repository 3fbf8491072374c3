"""The form of a dump: frames in order, each compressed, and a SHA-256 over everything at the end.

    "REMPART STORE DUMP 1" and a line feed
    frames: kind (1 byte), length of what follows (4 bytes, big-endian), zlib of MessagePack
        H  first: the header
        R  rows of one table: [table, rows]
    end: "E", length 32, SHA-256 of every byte before this frame; nothing after it

The digest finds what was torn or altered by accident. It is no signature: who can write the file can write another.
"""

import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, BinaryIO, Final

import msgspec

from rempart.store.errors import DumpRefusedError

MAGIC: Final = b"REMPART STORE DUMP 1\n"
_HEADER: Final = b"H"
_ROWS: Final = b"R"
_END: Final = b"E"
_LARGEST_FRAME: Final = 1 << 28
_LEVEL: Final = 1
_DIGEST_BYTES: Final = 32
_HEAD_BYTES: Final = 5

_HEADLESS: Final = "it has no header"
_STRANGE_HEADER: Final = "its header is not of this form"
_OTHER_DIGEST: Final = "its digest is another"
_TRAILING: Final = "something stands behind its end"
_UNKNOWN: Final = "it holds something unknown"
_STRANGE_ROWS: Final = "its rows are not of this form"
_CUT_OFF: Final = "it is cut off"
_UNPACKABLE: Final = "a part of it cannot be unpacked"


class DumpHeader(msgspec.Struct, frozen=True, kw_only=True):
    """What a dump says of itself.

    Attributes:
        schema: version of the store's schema.
        node_id: whose store it is, as text.
        tables: columns of each table in their order; the tables stand in the order in which they are filled.
        rows: how many rows each table has.
        attachments: small files that travel with the store, by name.
    """

    schema: int
    node_id: str
    tables: dict[str, list[str]]
    rows: dict[str, int]
    attachments: Mapping[str, bytes] = {}


Rows = tuple[str, list[list[Any]]]
"""A table and some of its rows; the values are what the engines take for the columns' types."""

_encode: Final = msgspec.msgpack.Encoder().encode
_decode_header: Final = msgspec.msgpack.Decoder(DumpHeader).decode
_decode_rows: Final = msgspec.msgpack.Decoder(tuple[str, list[list[Any]]]).decode


class DumpWriter:
    """Writes one dump: the header, rows, and the end."""

    def __init__(self, sink: BinaryIO, header: DumpHeader) -> None:
        self._sink = sink
        self._digest = hashlib.sha256()
        self._write(MAGIC)
        self._frame(_HEADER, _encode(header))

    def rows(self, table: str, rows: Sequence[Sequence[object]]) -> None:
        """Write some rows of a table."""
        self._frame(_ROWS, _encode((table, rows)))

    def finish(self) -> str:
        """Write the end; return the digest as hexadecimal text."""
        digest = self._digest.digest()
        self._sink.write(_END + _DIGEST_BYTES.to_bytes(4, "big") + digest)
        return digest.hex()

    def _frame(self, kind: bytes, payload: bytes) -> None:
        packed = zlib.compress(payload, _LEVEL)
        if max(len(packed), len(payload)) > _LARGEST_FRAME:
            msg = "A record of the store is too large for a dump."
            raise DumpRefusedError(msg, hint="Tell the developers what it was.")
        self._write(kind + len(packed).to_bytes(4, "big") + packed)

    def _write(self, content: bytes) -> None:
        self._digest.update(content)
        self._sink.write(content)


class DumpReader:
    """Reads one dump from its beginning. The whole must be read before any of it is believed."""

    def __init__(self, source: BinaryIO) -> None:
        """Read the header.

        Raises:
            DumpRefusedError: it is no dump, or not of a version that this program reads.
        """
        self._source = source
        self._digest = hashlib.sha256()
        magic = source.read(len(MAGIC))
        if magic != MAGIC:
            msg = "The file is not a backup of Rempart, or belongs to another version of it."
            raise DumpRefusedError(msg, hint="Name a file that `rempart backup` wrote.")
        self._digest.update(magic)
        kind, payload = self._frame()
        if kind != _HEADER:
            raise _altered(_HEADLESS)
        try:
            self.header: Final = _decode_header(_unpacked(payload))
        except msgspec.MsgspecError:
            raise _altered(_STRANGE_HEADER) from None

    def rows(self) -> Iterator[Rows]:
        """Yield rows in the order they were written, and check the digest at the end.

        Raises:
            DumpRefusedError: it was torn or altered.
        """
        while True:
            expected = self._digest.digest()
            kind, payload = self._frame()
            if kind == _END:
                if payload != expected:
                    raise _altered(_OTHER_DIGEST)
                if self._source.read(1):
                    raise _altered(_TRAILING)
                return
            if kind != _ROWS:
                raise _altered(_UNKNOWN)
            try:
                yield _decode_rows(_unpacked(payload))
            except msgspec.MsgspecError:
                raise _altered(_STRANGE_ROWS) from None

    def _frame(self) -> tuple[bytes, bytes]:
        head = self._source.read(_HEAD_BYTES)
        length = int.from_bytes(head[1:], "big")
        if len(head) < _HEAD_BYTES or length > _LARGEST_FRAME:
            raise _altered(_CUT_OFF)
        payload = self._source.read(length)
        if len(payload) < length:
            raise _altered(_CUT_OFF)
        self._digest.update(head)
        self._digest.update(payload)
        return head[:1], payload


def _unpacked(payload: bytes) -> bytes:
    inflate = zlib.decompressobj()
    try:
        content = inflate.decompress(payload, _LARGEST_FRAME)
    except zlib.error:
        raise _altered(_UNPACKABLE) from None
    if not inflate.eof or inflate.unused_data:
        raise _altered(_UNPACKABLE)
    return content


def _altered(why: str) -> DumpRefusedError:
    msg = f"The backup is torn or was altered: {why}."
    return DumpRefusedError(msg, hint="Use another backup; nothing was restored.")
