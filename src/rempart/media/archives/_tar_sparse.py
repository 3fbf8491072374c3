"""Sparse members of a tar: some bytes are there, zeros stand between them (GNU tar manual, "Sparse Formats")."""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Final

from rempart.media._container_signs import BLOCK_BYTES, tar_number
from rempart.media.archives import _problems
from rempart.media.archives._reading import Reading
from rempart.media.archives._tar_headers import padded
from rempart.media.errors import ContainerError

LARGEST_MAP: Final = 100_000
"""Pieces of one member."""

_OLD_ENTRIES: Final = 4
_MORE_ENTRIES: Final = 21
_ENTRY_BYTES: Final = 24
_LONGEST_NUMBER: Final = 20

Piece = tuple[int, int]
"""Offset in the member, and length."""


class SparseReading:
    """The bytes of a sparse member with its holes filled.

    Args:
        stored: the bytes that are there.
        pieces: where they belong, as `check` wants them.
        size: of the whole member.
    """

    def __init__(self, stored: Reading, pieces: list[Piece], size: int) -> None:
        self._stored = stored
        self._pieces = iter([*pieces, (size, 0)])
        self._piece = next(self._pieces)
        self._position = 0
        self._size = size

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, and none only at the end or where the stored bytes end."""
        offset, length = self._piece
        while self._position == offset + length and self._position < self._size:
            offset, length = self._piece = next(self._pieces)
        if self._position < offset:
            found = bytes(min(size, offset - self._position))
        else:
            found = self._stored.read(min(size, offset + length - self._position))
        self._position += len(found)
        return found


def old_map(block: bytes, read_block: Callable[[], bytes]) -> tuple[list[Piece], int]:
    """Return pieces and size of a member in GNU's old form, whose map goes on in blocks of its own.

    Raises:
        ContainerError: the map is damaged or torn.
    """
    pieces = list(_entries(block, 386, _OLD_ENTRIES))
    goes_on = block[482]
    while goes_on:
        more = read_block()
        if len(more) < BLOCK_BYTES:
            raise _problems.error_of(_problems.truncated("archive"))
        pieces.extend(_entries(more, 0, _MORE_ENTRIES))
        _require_bounded(len(pieces))
        goes_on = more[504]
    return pieces, _number(block[483:495])


def pax_map(records: Iterable[tuple[bytes, bytes]]) -> list[Piece]:
    """Return the pieces that a pax header names, in the forms 0.0 and 0.1.

    Raises:
        ContainerError: the map is damaged.
    """
    numbers: list[bytes] = []
    for key, value in records:
        if key == b"GNU.sparse.map":
            numbers = value.split(b",") if value else []
        elif key in {b"GNU.sparse.offset", b"GNU.sparse.numbytes"}:
            numbers.append(value)
    _require_bounded(len(numbers) // 2)
    return _paired(numbers)


def leading_map(stored: Reading) -> tuple[list[Piece], int]:
    """Read the map in front of the stored bytes, as form 1.0 has it; return the pieces and the bytes that it took.

    Raises:
        ContainerError: the map is damaged or torn.
    """
    numbers: list[bytes] = []
    wanted, taken, rest = 1, 0, b""
    while len(numbers) < wanted:
        block = stored.read(BLOCK_BYTES)
        if len(block) < BLOCK_BYTES:
            raise _problems.error_of(_problems.truncated("archive"))
        taken += BLOCK_BYTES
        *found, rest = (rest + block).split(b"\n")
        numbers.extend(found)
        if wanted == 1 and numbers:
            wanted += 2 * _decimal(numbers[0])
            _require_bounded(wanted // 2)
        if len(rest) > _LONGEST_NUMBER and len(numbers) < wanted:
            raise _damaged()
    return _paired(numbers[1:wanted]), taken


def check(pieces: list[Piece], *, size: int, stored: int) -> None:
    """Make sure that the pieces follow one another, lie inside the member, and are what is stored.

    Raises:
        ContainerError: they do not, or are not.
    """
    is_ordered = all(one[0] + one[1] <= other[0] for one, other in pairwise(pieces))
    is_inside = not pieces or pieces[-1][0] + pieces[-1][1] <= size
    if not is_ordered or not is_inside or padded(sum(each[1] for each in pieces)) != padded(stored):
        raise _damaged()


def _entries(block: bytes, start: int, count: int) -> Iterator[Piece]:
    for at in range(start, start + count * _ENTRY_BYTES, _ENTRY_BYTES):
        if block[at]:
            yield _number(block[at : at + 12]), _number(block[at + 12 : at + 24])


def _paired(numbers: list[bytes]) -> list[Piece]:
    if len(numbers) % 2:
        raise _damaged()
    values = [_decimal(each) for each in numbers]
    return list(zip(values[::2], values[1::2], strict=True))


def _decimal(digits: bytes) -> int:
    if not digits.isdigit() or len(digits) > _LONGEST_NUMBER:
        raise _damaged()
    return int(digits)


def _number(field: bytes) -> int:
    try:
        value = tar_number(field)
    except ValueError:
        value = -1
    if value < 0:
        raise _damaged()
    return value


def _require_bounded(count: int) -> None:
    if count > LARGEST_MAP:
        reason = f"a sparse member has more than {LARGEST_MAP} pieces"
        raise _problems.error_of(_problems.corrupt("archive", reason))


def _damaged() -> ContainerError:
    reason = "the map of a sparse member contradicts itself"
    return _problems.error_of(_problems.corrupt("archive", reason))
