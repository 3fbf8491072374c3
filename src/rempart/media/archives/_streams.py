"""A member's bytes as they leave an archive: counted, held against the limits, checked at their end."""

import io
from typing import Final

import deflate

from rempart.media.archives import _problems
from rempart.media.archives._reading import Reading
from rempart.media.archives.limits import RATIO_FLOOR_BYTES, ArchiveBudget, ArchiveLimits
from rempart.media.errors import ContainerError

_STEP_BYTES: Final = 256 * 1024


class Meter:
    """Counts unpacked bytes against what they may come to.

    Args:
        limits: of the archive.
        budget: what they are taken from; absent where somebody else counts the same bytes.
        packed: bytes that they are packed in; absent where they are not packed for themselves.
        largest: how many they may be; by default what one member may have.
    """

    def __init__(
        self,
        limits: ArchiveLimits,
        budget: ArchiveBudget | None,
        *,
        packed: int | None = None,
        largest: int | None = None,
    ) -> None:
        self._limits = limits
        self._budget = budget
        self._largest = limits.max_member_bytes if largest is None else largest
        self._bomb = None if packed is None else max(RATIO_FLOOR_BYTES, packed * limits.max_ratio)
        self._unpacked = 0

    def has_room_for(self, size: int) -> bool:
        """Tell whether so many more bytes can be counted."""
        unpacked = self._unpacked + size
        return (
            unpacked <= self._largest
            and (self._bomb is None or unpacked <= self._bomb)
            and (self._budget is None or size <= self._budget.bytes)
        )

    def count(self, size: int) -> None:
        """Count bytes.

        Raises:
            ContainerError: they are too many.
        """
        self._unpacked += size
        if self._budget is not None:
            self._budget.take_bytes(size)
        if self._bomb is not None and self._unpacked > self._bomb:
            raise _problems.error_of(_problems.too_high_a_ratio(self._limits.max_ratio))
        if self._unpacked > self._largest:
            raise _problems.error_of(_problems.too_large(self._largest))


class MeteredReading:
    """Unpacked bytes that pass a meter: for what is packed as a whole, such as a tar.gz."""

    def __init__(self, reading: Reading, meter: Meter) -> None:
        self._reading = reading
        self._meter = meter

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; raises as the unpacker and the meter do."""
        piece = self._reading.read(size)
        self._meter.count(len(piece))
        return piece


class Torn:
    """Bytes whose end is missing: they may be read, and are never called whole."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; raise ContainerError where they end."""
        piece = self._reading.read(size)
        if not piece:
            raise _problems.error_of(_problems.truncated("member"))
        return piece


class MemberStream(io.RawIOBase):
    """The bytes of one member, read forward.

    Args:
        reading: the unpacked bytes.
        meter: what counts them.
        size: how many there must be; absent where nothing says so.
        crc: their CRC-32; absent where the format keeps none or its unpacker checks it.
    """

    def __init__(
        self, reading: Reading, meter: Meter, *, size: int | None = None, crc: int | None = None
    ) -> None:
        super().__init__()
        self._reading = reading
        self._meter = meter
        self._size = size
        self._crc = crc
        self._given = 0
        self._found_crc = 0
        self._is_over = False
        self._error: ContainerError | None = None

    def readable(self) -> bool:
        """Whether it can be read: always."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes, fewer only at the end or before an error; all of them without a size.

        Only an empty answer is the checked end. All are returned without a size only if they are all there.

        Raises:
            ContainerError: the member cannot be read further; what could be was returned before.
        """
        missing = -1 if size is None else size
        pieces = []
        while missing != 0 and (piece := self._next(missing)):
            pieces.append(piece)
            missing = missing if missing < 0 else missing - len(piece)
        if self._error is not None and (missing < 0 or (missing > 0 and not pieces)):
            raise self._error
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def readall(self) -> bytes:
        """Return all bytes; raises as `read`."""
        return self.read(-1)

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # any writable buffer will do
        """Fill a buffer; return how many bytes it took. Raises as `read`."""
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def _next(self, missing: int) -> bytes:
        """Return the next piece; none at the end and at an error, which is kept."""
        if self._is_over or self._error is not None:
            return b""
        try:
            step = _STEP_BYTES if missing < 0 else min(missing, _STEP_BYTES)
            piece = self._reading.read(step)
            self._take(piece)
        except ContainerError as error:
            self._error = error
            return b""
        except MemoryError:
            self._error = _problems.error_of(_problems.out_of_memory("member"))
            return b""
        return piece

    def _take(self, piece: bytes) -> None:
        self._given += len(piece)
        if self._size is not None and self._given > self._size:
            reason = f"it holds more than the {self._size} bytes that its header promises"
            raise _problems.error_of(_problems.corrupt("member", reason))
        self._meter.count(len(piece))
        if self._crc is not None:
            self._found_crc = deflate.crc32(piece, self._found_crc)
        if not piece:
            self._check_end()

    def _check_end(self) -> None:
        if self._size is not None and self._given < self._size:
            raise _problems.error_of(_problems.truncated("member"))
        if self._crc is not None and self._crc != self._found_crc:
            raise _problems.error_of(_problems.false_checksum("member"), gave_all=True)
        self._is_over = True
