"""What a HEIF file shows: its primary picture, of one piece or of tiles, and how it is turned (ISO/IEC 23008-12)."""

import math
from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from rempart.media import _problems
from rempart.media._heif_boxes import (
    Box,
    Fields,
    Item,
    ItemTable,
    corrupt,
    read_item_table,
    unsupported,
)

LARGEST_DEPTH: Final = 8
"""Of pictures that repeat another."""

_MOST_REPEATED: Final = 64
_LEAST_REPEATED: Final = 64 * 1024**2
"""How many times the bytes of the file its tiles may come to, and how many bytes in any case: some may be the same."""

_CODED: Final = b"hvc1"
_HALF: Final = Fraction(1, 2)
_TURNS: Final = (b"clap", b"irot", b"imir")


@dataclass(frozen=True, slots=True)
class Colours:
    """How brightness and colour differences become RGB (ITU-T H.273).

    Attributes:
        matrix: its number there.
        is_full: whether samples use all values.
    """

    matrix: int
    is_full: bool


@dataclass(frozen=True, slots=True)
class Tile:
    """A coded picture.

    Attributes:
        pieces: offset and end of each of its pieces within the file, as far as the file goes.
        is_torn: whether the file ends before.
        settings: what its decoder is given first.
        width: in pixels.
        height: in pixels.
        colours: absent where only the coded picture may say.
    """

    pieces: tuple[tuple[int, int], ...]
    is_torn: bool
    settings: bytes
    width: int
    height: int
    colours: Colours | None


@dataclass(frozen=True, slots=True)
class Turn:
    """One step from the stored picture to the one that is shown.

    Attributes:
        kind: `clap`, `irot` or `imir`.
        numbers: of a cut, left, top, width and height; of a rotation, quarter turns against the clock; of a mirroring,
            1 where left and right change, 0 where top and bottom do.
    """

    kind: bytes
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HeifPicture:
    """The primary picture of a file.

    Attributes:
        width: in pixels, as shown.
        height: in pixels, as shown.
        canvas: width and height before it is turned.
        tiles: row by row.
        columns: tiles in a row.
        turns: in the order in which they apply.
    """

    width: int
    height: int
    canvas: tuple[int, int]
    tiles: tuple[Tile, ...]
    columns: int
    turns: tuple[Turn, ...]


def read_heif(data: memoryview, max_pixels: int) -> HeifPicture:
    """Read what a file promises to show, without decoding.

    Raises:
        PictureError: no picture, one that is not read, boxes that make no sense, or what would be decoded is over the
            limit.
    """
    table = read_item_table(data)
    item = None if table.primary is None else table.items.get(table.primary)
    if item is None:
        raise _problems.error_of(corrupt("it names no picture"))
    found = _Reader(data, table).picture(item)
    width, height = found.canvas
    if width * height > max_pixels:
        raise _problems.error_of(_problems.too_many_pixels(width, height, max_pixels))
    return found


class _Reader:
    def __init__(self, data: memoryview, table: ItemTable) -> None:
        self._data = data
        self._table = table

    def picture(self, item: Item) -> HeifPicture:
        turns: list[list[Box]] = []
        while item.kind == b"iden" and len(item.parts) == 1 and len(turns) < LARGEST_DEPTH:
            turns.append(self._properties(item, *_TURNS))
            item = self._part(item.parts[0])
        turns.append(self._properties(item, *_TURNS))
        if item.kind == b"grid":
            canvas, columns, tiles = self._grid(item)
        elif item.kind == _CODED:
            tile = self._tile(item, item)
            canvas, columns, tiles = (tile.width, tile.height), 1, (tile,)
        else:
            raise _problems.error_of(unsupported(f"its picture is of kind {_named(item.kind)}"))
        # What is made of something else is turned after that.
        return self._turned(
            canvas, columns, tiles, [each for row in reversed(turns) for each in row]
        )

    def _turned(
        self, canvas: tuple[int, int], columns: int, tiles: tuple[Tile, ...], boxes: list[Box]
    ) -> HeifPicture:
        width, height = canvas
        turns = []
        for box in boxes:
            turn = _turn(self._data, box, width, height)
            turns.append(turn)
            if turn.kind == b"clap":
                width, height = turn.numbers[2:]
            elif turn.kind == b"irot" and turn.numbers[0] % 2:
                width, height = height, width
        return HeifPicture(width, height, canvas, tiles, columns, tuple(turns))

    def _grid(self, item: Item) -> tuple[tuple[int, int], int, tuple[Tile, ...]]:
        pieces, is_torn = self._pieces(item)
        said = b"".join(bytes(self._data[start:end]) for start, end in pieces)
        if is_torn:
            raise _problems.error_of(_problems.truncated("HEIF"))
        size = 4 if said[1:2] and said[1] & 1 else 2
        if len(said) < 4 + 2 * size:
            raise _problems.error_of(corrupt("its table of tiles is too short"))
        rows, columns = said[2] + 1, said[3] + 1
        width, height = (int.from_bytes(said[at : at + size], "big") for at in (4, 4 + size))
        if rows * columns != len(item.parts):
            raise _problems.error_of(corrupt("its table of tiles and its tiles disagree"))
        tiles = self._tiles(item)
        first = tiles[0]
        if any((each.width, each.height) != (first.width, first.height) for each in tiles):
            raise _problems.error_of(corrupt("its tiles differ in size"))
        if self._size(item) not in {None, (width, height)}:
            raise _problems.error_of(corrupt("its sizes disagree"))
        # Each row and each column shows something: what is decoded is bounded by what is shown.
        for shown, side, count in ((width, first.width, columns), (height, first.height, rows)):
            if not side * (count - 1) < shown <= side * count:
                raise _problems.error_of(corrupt("its tiles do not fit its size"))
        return (width, height), columns, tiles

    def _tiles(self, whole: Item) -> tuple[Tile, ...]:
        """Return tiles; a file may name one several times: it is looked up once, however often."""
        often = Counter(whole.parts)
        if any(self._properties(self._part(each), *_TURNS) for each in often):
            raise _problems.error_of(unsupported("its tiles are turned or cut one by one"))
        known = {each: self._tile(self._part(each), whole) for each in often}
        total = sum(
            often[each] * sum(end - start for start, end in tile.pieces)
            for each, tile in known.items()
        )
        if total > max(_MOST_REPEATED * len(self._data), _LEAST_REPEATED):
            raise _problems.error_of(corrupt("its tiles lie over one another"))
        return tuple(known[each] for each in whole.parts)

    def _part(self, identifier: int) -> Item:
        found = self._table.items.get(identifier)
        if found is None:
            raise _problems.error_of(corrupt("a part of its picture is not there"))
        return found

    def _tile(self, item: Item, whole: Item) -> Tile:
        if item.kind != _CODED:
            shown = _named(item.kind)
            raise _problems.error_of(unsupported(f"a part of its picture is of kind {shown}"))
        size = self._size(item)
        settings = self._properties(item, b"hvcC")
        if size is None or not settings:
            raise _problems.error_of(
                corrupt("a picture has no size or no settings for its decoder")
            )
        pieces, is_torn = self._pieces(item)
        said = bytes(self._data[settings[0].start : settings[0].end])
        return Tile(pieces, is_torn, said, *size, self._colours(item, whole))

    def _size(self, item: Item) -> tuple[int, int] | None:
        for box in self._properties(item, b"ispe"):
            fields = Fields(self._data, box)
            fields.version_and_flags()
            return fields.number(4), fields.number(4)
        return None

    def _colours(self, *items: Item) -> Colours | None:
        """Return what items say of their colours, which has to be the same; None where they say nothing."""
        found = set()
        for box in (each for item in items for each in self._properties(item, b"colr")):
            fields = Fields(self._data, box)
            if fields.take(4) == b"nclx":
                fields.take(4)
                found.add(Colours(fields.number(2), is_full=bool(fields.number(1) & 0x80)))
        if len(found) > 1:
            raise _problems.error_of(corrupt("its colours disagree"))
        return next(iter(found), None)

    def _properties(self, item: Item, *kinds: bytes) -> list[Box]:
        every = self._table.properties
        named = [every[at - 1] for at in item.properties if 0 < at <= len(every)]
        return [box for box in named if box.kind in kinds]

    def _pieces(self, item: Item) -> tuple[tuple[tuple[int, int], ...], bool]:
        """Return where an item's bytes lie, and whether the file ends before them."""
        inside = self._table.inside
        if item.is_elsewhere or (item.is_inside and inside is None):
            raise _problems.error_of(unsupported("its picture lies elsewhere"))
        origin, limit = 0, len(self._data)
        if item.is_inside and inside is not None:
            origin, limit = inside.start, inside.end
        pieces, is_torn, total = [], not item.pieces, 0
        for offset, length in item.pieces:
            start = origin + offset
            end = start + length if length else max(start, limit)
            is_torn = is_torn or start > limit or end > limit
            pieces.append((min(start, limit), min(end, limit)))
            total += pieces[-1][1] - pieces[-1][0]
        if total > len(self._data):
            raise _problems.error_of(corrupt("its pieces lie over one another"))
        return tuple(pieces), is_torn


def _named(kind: bytes) -> str:
    """Return a kind as a message may show it: nothing that a terminal would obey."""
    return kind.decode() if kind.isalnum() else f"0x{kind.hex()}"


def _turn(data: memoryview, box: Box, width: int, height: int) -> Turn:
    fields = Fields(data, box)
    if box.kind != b"clap":
        mask = 3 if box.kind == b"irot" else 1
        return Turn(box.kind, (fields.number(1) & mask,))
    numbers = [_signed(fields.number(4)) for _ in range(8)]
    if any(divisor <= 0 for divisor in numbers[1::2]):
        raise _problems.error_of(corrupt("its cut makes no sense"))
    of_width, of_height, right, down = map(Fraction, numbers[::2], numbers[1::2])
    # Halves are rounded as libheif does.
    left = math.floor((width - of_width) / 2 + right)
    top = math.floor((height - of_height) / 2 + down + _HALF)
    cut = max(left, 0), max(top, 0), math.floor(of_width + _HALF), math.floor(of_height + _HALF)
    is_inside = left >= -1 and top >= -1 and cut[0] + cut[2] <= width and cut[1] + cut[3] <= height
    if cut[2] < 1 or cut[3] < 1 or not is_inside:
        raise _problems.error_of(corrupt("its cut makes no sense"))
    return Turn(box.kind, cut)


def _signed(number: int) -> int:
    return number - 2**32 if number >= 2**31 else number
