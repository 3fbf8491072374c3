"""The signs of MPEG streams, also of those that a recorder or a recovery tool joined or cut midway."""

import re
from typing import Final

_BARE_BYTES: Final = 188
_TIMED_BYTES: Final = 192
_TIME_BYTES: Final = 4
"""Camcorders and Blu-ray discs put the time before each packet."""

_PACKET_BYTES: Final = (_BARE_BYTES, _TIMED_BYTES, 204)
"""Of a transport stream: bare (ISO/IEC 13818-1), with a time before each, with what mends it behind."""

_SYNC: Final = 0x47
_ERROR: Final = 0x80
_HAS_SOMETHING: Final = 0x30
_LEAST_PACKETS: Final = 5
_SEVERAL: Final = {
    size: re.compile(rb"(?s)G(?=.{%d}(?:G.{%d}){%d}G)" % (size - 1, size - 1, _LEAST_PACKETS - 2))
    for size in _PACKET_BYTES
}
"""The first byte of so many packets, one behind the other."""

_TEXT: Final = bytes({*range(0x20, 0x100), *b"\t\n\f\r\x1b"})
"""What texts are made of; a packet's header as a rule, and what is in packets always, has other bytes too."""

_PACK: Final = re.compile(b"\0\0\1\xba")
_START: Final = b"\0\0\1"
_PACK_OF_1: Final = 12
_PACK_OF_2: Final = 14


def is_transport_stream(head: bytes) -> bool:
    """Tell whether whole packets of a transport stream follow one another from the start on."""
    return _begins(head, 0, _BARE_BYTES) or _begins(head, _TIME_BYTES, _TIMED_BYTES)


def _begins(head: bytes, start: int, packet_bytes: int) -> bool:
    signs = head[start : start + 3 * packet_bytes : packet_bytes]
    return len(head) > start + 2 * packet_bytes and set(signs) == {_SYNC} and not _is_text(head)


def _is_text(head: bytes) -> bool:
    """Tell whether the bytes may be text of one byte or of UTF-8 for each sign."""
    return not head.translate(None, _TEXT)


def is_joined_transport_stream(head: bytes) -> bool:
    """Tell whether packets of a transport stream follow one another from anywhere in the first one's length on.

    Lines of text that are of one length may have the same letter in one place.
    """
    return not _is_text(head) and any(
        _packets_begin(head, found.start(), size)
        for size, sign in _SEVERAL.items()
        for found in sign.finditer(head, 0, _LEAST_PACKETS * size + 4)
    )


def is_joined_program_stream(head: bytes) -> bool:
    """Tell whether a whole header of a pack, and a header behind it, stand somewhere in the bytes."""
    return any(_pack_begins(head, found.start()) for found in _PACK.finditer(head))


def _packets_begin(head: bytes, start: int, size: int) -> bool:
    """Look at every whole header: one byte that is always the same, no error, and something in the packet."""
    return all(
        head[at] == _SYNC and not head[at + 1] & _ERROR and head[at + 3] & _HAS_SOMETHING
        for at in range(start, len(head) - 3, size)
    )


def _pack_begins(head: bytes, at: int) -> bool:
    first = head[at + 4 : at + 5]
    if not first:
        return False
    if first[0] & 0xC4 == 0x44:  # noqa: PLR2004 - MPEG-2: two bits, three of the clock, and a mark
        behind = at + _PACK_OF_2 + (head[at + 13 : at + 14] or b"\0")[0] % 8
    elif first[0] & 0xF1 == 0x21:  # noqa: PLR2004 - MPEG-1: four bits, three of the clock, and a mark
        behind = at + _PACK_OF_1
    else:
        return False
    return head.startswith(_START, behind)
