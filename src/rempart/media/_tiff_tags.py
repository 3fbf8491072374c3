"""The tags of a TIFF's first page that decide how it is read (TIFF 6.0, section 2; BigTIFF)."""

from dataclasses import dataclass
from typing import Final, Literal

from rempart.media import _problems

_WHAT: Final = "TIFF"
_MOST_TAGS: Final = 4096
_HEADER_BYTES: Final = 8
_INTEL: Final = ord("I")
_BIG_TIFF: Final = 43
_WIDTH: Final = 256
_HEIGHT: Final = 257
_BITS: Final = 258
_PHOTOMETRIC: Final = 262
_ORIENTATION: Final = 274
_WANTED: Final = frozenset({_WIDTH, _HEIGHT, _BITS, _PHOTOMETRIC, _ORIENTATION})
_NEEDED: Final = _WANTED | {259, 273, 277, 278, 279, 284, 320, 322, 323, 324, 325, 338, 339}
"""Tags without which the pixels cannot be read: their values have to lie inside the file."""
_NUMBER_BYTES: Final = {1: 1, 3: 2, 4: 4, 16: 8}
"""Bytes of the types BYTE, SHORT, LONG and LONG8."""


@dataclass(frozen=True, slots=True)
class TiffTags:
    """What the first page says.

    Attributes:
        bits: bits a sample of the first sample.
        is_white_zero: whether 0 means white.
        orientation_at: where the orientation's number stands, and its bytes; absent without one.
        byte_order: of all numbers in the file.
    """

    width: int
    height: int
    bits: int
    is_white_zero: bool
    orientation_at: slice | None
    byte_order: Literal["little", "big"]


@dataclass(frozen=True, slots=True)
class _Layout:
    order: Literal["little", "big"]
    is_big: bool

    def number(self, data: memoryview, at: int, size: int) -> int:
        part = data[at : at + size]
        if len(part) < size:
            raise _problems.error_of(_problems.truncated(_WHAT))
        return int.from_bytes(part, self.order)


def read_tiff_tags(data: memoryview) -> TiffTags:
    """Return the tags of the first page.

    Raises:
        PictureError: truncated, or tags that are not possible.
    """
    if len(data) < _HEADER_BYTES:
        raise _problems.error_of(_problems.truncated(_WHAT))
    layout = _Layout("little" if data[0] == _INTEL else "big", is_big=_BIG_TIFF in data[2:4])
    word, count_bytes, entry_bytes = (8, 8, 20) if layout.is_big else (4, 2, 12)
    start = layout.number(data, 8 if layout.is_big else 4, word)
    count = layout.number(data, start, count_bytes)
    if count > _MOST_TAGS:
        raise _problems.error_of(_problems.corrupt(_WHAT, "it has too many tags"))
    places: dict[int, slice] = {}
    for index in range(count):
        at = start + count_bytes + index * entry_bytes
        tag = layout.number(data, at, 2)
        if tag in _NEEDED:
            places[tag] = _first_number(data, layout, at)
    return _tags(data, layout, places)


def _first_number(data: memoryview, layout: _Layout, at: int) -> slice:
    """Return where the first number of a tag stands: in its entry, or where the entry points."""
    size = _NUMBER_BYTES.get(layout.number(data, at + 2, 2))
    if size is None:
        raise _problems.error_of(_problems.corrupt(_WHAT, "a tag has an unexpected type"))
    word = 8 if layout.is_big else 4
    all_bytes = layout.number(data, at + 4, word) * size
    value = at + 4 + word
    place = value if all_bytes <= word else layout.number(data, value, word)
    if len(data) < place + all_bytes:
        raise _problems.error_of(_problems.truncated(_WHAT))
    return slice(place, place + size)


def _tags(data: memoryview, layout: _Layout, places: dict[int, slice]) -> TiffTags:
    numbers = {
        tag: layout.number(data, place.start, place.stop - place.start)
        for tag, place in places.items()
        if tag in _WANTED
    }
    if _WIDTH not in numbers or _HEIGHT not in numbers:
        raise _problems.error_of(_problems.corrupt(_WHAT, "it does not state its size"))
    return TiffTags(
        width=numbers[_WIDTH],
        height=numbers[_HEIGHT],
        bits=numbers.get(_BITS, 1),
        is_white_zero=numbers.get(_PHOTOMETRIC) == 0,
        orientation_at=places.get(_ORIENTATION),
        byte_order=layout.order,
    )


def without_orientation(data: memoryview, tags: TiffTags) -> bytearray:
    """Return a copy of the file whose orientation says upright: Pillow would turn the picture."""
    copy = bytearray(data)
    place = tags.orientation_at
    if place is not None:
        copy[place] = (1).to_bytes(place.stop - place.start, tags.byte_order)
    return copy
