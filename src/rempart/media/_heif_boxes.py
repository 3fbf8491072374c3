"""The boxes of an ISO base media file that hold still pictures (ISO/IEC 14496-12, section 8.11; ISO/IEC 23008-12).

Nothing here reads what a box promises: only what lies within it and within the file.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from rempart.media import _problems
from rempart.model.scan import Problem

LARGEST_COUNT: Final = 100_000
"""Of items, of their pieces, of their properties: a camera writes some hundred."""

_OUTERMOST: Final = frozenset({b"free", b"mdat", b"meta", b"moov", b"skip", b"uuid"})
"""Kinds of boxes of which a file of pictures is made."""

_FROM_FILE: Final = 0
_FROM_BOX: Final = 1


@dataclass(frozen=True, slots=True)
class Box:
    """A box.

    Attributes:
        kind: four bytes.
        start: offset of its content.
        end: offset behind it; not behind the end of what it lies in.
        is_torn: whether it should end later.
    """

    kind: bytes
    start: int
    end: int
    is_torn: bool


@dataclass(slots=True)
class Item:
    """An item: what it is, where its bytes lie, and what belongs to it.

    Attributes:
        kind: four bytes, such as `hvc1` or `grid`.
        pieces: offset and length of each of its pieces; a length of 0 means all that follows.
        is_inside: whether the offsets count from the start of `ItemTable.inside`.
        is_elsewhere: whether its bytes lie in another file or another item.
        properties: places in `ItemTable.properties`, in the order in which they apply.
        parts: identifiers of the items that it is made of, in order.
    """

    kind: bytes = b""
    pieces: list[tuple[int, int]] = field(default_factory=list)
    is_inside: bool = False
    is_elsewhere: bool = False
    properties: list[int] = field(default_factory=list)
    parts: list[int] = field(default_factory=list)


@dataclass(slots=True)
class ItemTable:
    """What the box `meta` of a file says.

    Attributes:
        primary: identifier of the item that is the picture; absent where none is named.
        items: by identifier.
        properties: all properties, in their order; the first has number 1.
        inside: where the bytes lie that the table itself holds; absent where it holds none.
    """

    primary: int | None = None
    items: dict[int, Item] = field(default_factory=dict)
    properties: list[Box] = field(default_factory=list)
    inside: Box | None = None

    def item(self, identifier: int) -> Item:
        """Return an item, a new one where nothing was said of it yet.

        Raises:
            PictureError: there are too many.
        """
        if identifier not in self.items:
            require_few(len(self.items))
        return self.items.setdefault(identifier, Item())


class Fields:
    """Reads the fields of a box, one after another."""

    def __init__(self, data: memoryview, box: Box) -> None:
        self._data = data
        self._end = box.end
        self.at = box.start

    def take(self, count: int) -> bytes:
        """Return bytes.

        Raises:
            PictureError: the box ends before.
        """
        if self.at + count > self._end:
            raise _problems.error_of(corrupt("a box ends before its fields do"))
        self.at += count
        return bytes(self._data[self.at - count : self.at])

    def number(self, count: int) -> int:
        """Return an unsigned number of so many bytes."""
        return int.from_bytes(self.take(count), "big")

    def version_and_flags(self) -> tuple[int, int]:
        """Return what a full box begins with."""
        return self.number(1), self.number(3)


def unsupported(reason: str) -> Problem:
    """Return the problem of a picture whose kind is not read."""
    return _problems.unsupported_pixels("HEIF", reason)


def corrupt(reason: str) -> Problem:
    """Return the problem of a file whose boxes contradict each other or the format."""
    return _problems.corrupt("HEIF", reason)


def require_few(count: int) -> None:
    """Raise PictureError where there are more of something than any camera writes."""
    if count >= LARGEST_COUNT:
        raise _problems.error_of(corrupt("it has too many items"))


def boxes(data: memoryview, start: int, end: int) -> Iterator[Box]:
    """Return the boxes between two offsets, up to the first that makes no sense."""
    at = start
    while at + 8 <= end:
        size, head = int.from_bytes(data[at : at + 4], "big"), 8
        kind = bytes(data[at + 4 : at + 8])
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        if size == 0:
            size = end - at
        if size < head:
            return
        yield Box(kind, min(at + head, end), min(at + size, end), is_torn=at + size > end)
        at += size


def read_item_table(data: memoryview) -> ItemTable:
    """Return what the box `meta` of a file says.

    What is said twice is refused: some programs take the first for true, others the last.

    Raises:
        PictureError: there is no such box, or it is torn, or makes no sense, or contradicts another.
    """
    meta = _find_meta(data)
    table = ItemTable()
    read: set[bytes] = set()
    for box in boxes(data, meta.start + 4, meta.end):
        if box.kind in _READERS:
            _require_new(is_new=box.kind not in read)
            read.add(box.kind)
            _READERS[box.kind](data, box, table)
    # What stands behind the table may be torn and is only asked for its kinds.
    behind = {box.kind for box in boxes(data, meta.end, len(data))}
    _require_new(is_new=b"meta" not in behind)
    return table


def _require_new(*, is_new: bool) -> None:
    if not is_new:
        raise _problems.error_of(corrupt("its table says something twice"))


def is_cut(data: memoryview) -> bool:
    """Tell whether the file ends within a box; what stands behind the last box may be anything."""
    return any(box.is_torn and box.kind in _OUTERMOST for box in boxes(data, 0, len(data)))


def has_film(data: memoryview) -> bool:
    """Tell whether the file holds a film as well, which players show whatever its brands promise."""
    return any(box.kind == b"moov" for box in boxes(data, 0, len(data)))


def _find_meta(data: memoryview) -> Box:
    end = 0
    for box in boxes(data, 0, len(data)):
        if box.is_torn:
            raise _problems.error_of(_problems.truncated("HEIF"))
        if box.kind == b"meta":
            return box
        end = box.end
    if has_film(data):
        raise _problems.error_of(unsupported("it is a film without a still picture"))
    if end + 8 > len(data):
        raise _problems.error_of(_problems.truncated("HEIF"))
    raise _problems.error_of(corrupt("it names no picture"))


def _read_primary(data: memoryview, box: Box, table: ItemTable) -> None:
    fields = Fields(data, box)
    version, _ = fields.version_and_flags()
    table.primary = fields.number(4 if version else 2)


def _read_kinds(data: memoryview, box: Box, table: ItemTable) -> None:
    fields = Fields(data, box)
    version, _ = fields.version_and_flags()
    fields.take(4 if version else 2)
    for entry in boxes(data, fields.at, box.end):
        said = Fields(data, entry)
        version, _ = said.version_and_flags()
        if entry.kind == b"infe" and version >= 2:  # noqa: PLR2004 - before, an item had no kind
            identifier = said.number(2 if version == 2 else 4)  # noqa: PLR2004 - as above
            said.take(2)
            item = table.item(identifier)
            _require_new(is_new=not item.kind)
            item.kind = said.take(4)


def _read_places(data: memoryview, box: Box, table: ItemTable) -> None:
    fields = Fields(data, box)
    version, _ = fields.version_and_flags()
    sizes = fields.number(2)
    of_offset, of_length, of_base, of_index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    count = fields.number(2 if version < 2 else 4)  # noqa: PLR2004 - versions
    pieces = 0
    placed: set[int] = set()
    for _ in range(count):
        identifier = fields.number(2 if version < 2 else 4)  # noqa: PLR2004 - versions
        _require_new(is_new=identifier not in placed)
        placed.add(identifier)
        item = table.item(identifier)
        method = fields.number(2) & 15 if version else _FROM_FILE
        item.is_elsewhere = fields.number(2) != 0 or method not in {_FROM_FILE, _FROM_BOX}
        item.is_inside = method == _FROM_BOX
        base = fields.number(of_base)
        for _ in range(fields.number(2)):
            require_few(pieces)
            pieces += 1
            fields.take(of_index if version else 0)
            item.pieces.append((base + fields.number(of_offset), fields.number(of_length)))


def _read_references(data: memoryview, box: Box, table: ItemTable) -> None:
    version, _ = Fields(data, box).version_and_flags()
    size = 4 if version else 2
    parts = 0
    for entry in boxes(data, box.start + 4, box.end):
        fields = Fields(data, entry)
        if entry.kind != b"dimg":
            continue
        item = table.item(fields.number(size))
        _require_new(is_new=not item.parts)
        count = fields.number(2)
        parts += count
        require_few(parts)
        item.parts = [fields.number(size) for _ in range(count)]


def _read_properties(data: memoryview, box: Box, table: ItemTable) -> None:
    for part in boxes(data, box.start, box.end):
        if part.kind == b"ipco":
            _require_new(is_new=not table.properties)
            for each in boxes(data, part.start, part.end):
                require_few(len(table.properties))
                table.properties.append(each)
        if part.kind == b"ipma":
            _read_associations(data, part, table)


def _read_associations(data: memoryview, box: Box, table: ItemTable) -> None:
    fields = Fields(data, box)
    version, flags = fields.version_and_flags()
    size = 2 if flags & 1 else 1
    for _ in range(fields.number(4)):
        item = table.item(fields.number(4 if version else 2))
        mask = (1 << (8 * size - 1)) - 1
        _require_new(is_new=not item.properties)
        item.properties = [fields.number(size) & mask for _ in range(fields.number(1))]


def _read_inside(data: memoryview, box: Box, table: ItemTable) -> None:
    del data
    table.inside = box


_READERS: Final = {
    b"pitm": _read_primary,
    b"iinf": _read_kinds,
    b"iloc": _read_places,
    b"iref": _read_references,
    b"iprp": _read_properties,
    b"idat": _read_inside,
}
