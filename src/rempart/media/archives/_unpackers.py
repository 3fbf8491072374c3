"""Packed bytes in, unpacked bytes out, a bounded piece at a time: deflate, bzip2, LZMA, xz, Zstandard.

Every unpacker has `read(size)`, which returns up to `size` bytes and none only where the packed data are complete;
everything else is a ContainerError.
"""

import bz2
import lzma
import zlib
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import zstandard

from rempart.media.archives import _problems
from rempart.media.archives._reading import PIECE_BYTES, Reading
from rempart.media.archives._zstd_frames import FrameError, FrameFeed
from rempart.model.scan import Problem

LZMA_MEMORY_BYTES: Final = 512 * 1024**2
"""The largest preset of xz takes 65 MiB; a header may ask for 4 GiB."""

ZSTD_WINDOW_BYTES: Final = 128 * 1024**2
"""What the zstd command accepts without being asked."""

_DAMAGED: Final = "its packed data make no sense"
_RAW_DEFLATE: Final = -15
_GZIP: Final = 31
_GZIP_LENGTH_BYTES: Final = 4
_FALSE_LENGTH: Final = "incorrect length check"
_FALSE_CHECKSUM: Final = ("incorrect data check", _FALSE_LENGTH)
"""What the module `zlib` says where the data unpack to their end, and what stands behind them does not fit."""


Filter = dict[str, Any]
"""A filter as the module `lzma` takes it."""


class Unpacker(Protocol):
    """Unpacked bytes one after another."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, and none only at the end.

        Raises:
            ContainerError: the packed data are torn, damaged, or need too much memory.
        """


class _Decompressor(Protocol):
    """What `bz2` and `lzma` have; `zlib` is fitted to it."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


class _Zlib:
    """`zlib`'s decompressor with the manners of the other two.

    Attributes:
        is_false: whether the checksum behind the data does not fit them; they are given all the same.
    """

    def __init__(self, wbits: int) -> None:
        self._decompressor = zlib.decompressobj(wbits)
        self.is_false = False
        self._behind_checksum = _GZIP_LENGTH_BYTES if wbits == _GZIP else 0
        self._to_skip = 0
        self._rest = b""

    @property
    def eof(self) -> bool:
        return not self._to_skip if self.is_false else self._decompressor.eof

    @property
    def needs_input(self) -> bool:
        return self.is_false or not self._decompressor.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._rest if self.is_false else self._decompressor.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        if self.is_false:
            self._skip(data)
            return b""
        packed = self._decompressor.unconsumed_tail or data
        before = self._decompressor.copy()
        try:
            return self._decompressor.decompress(packed, max_length)
        except zlib.error as error:
            if not any(each in str(error) for each in _FALSE_CHECKSUM):
                raise
        return self._until_checksum(before, packed, max_length)

    def _until_checksum(self, before: "zlib._Decompress", packed: bytes, max_length: int) -> bytes:
        """Return what the module keeps to itself where a checksum does not fit, byte for byte of what is packed."""
        pieces = []
        for at in range(len(packed)):
            try:
                pieces.append(before.decompress(packed[at : at + 1], max_length))
            except zlib.error as error:
                is_length = _FALSE_LENGTH in str(error)
                self._to_skip = 0 if is_length else self._behind_checksum
                self._skip(packed[at + 1 :])
                break
        self.is_false = True
        return b"".join(pieces)

    def _skip(self, data: bytes) -> None:
        self._rest = data[self._to_skip :]
        self._to_skip -= min(len(data), self._to_skip)


class StreamUnpacker:
    """One packed stream, or several behind one another as gzip, bzip2 and xz allow.

    What follows the last stream and begins no other is left alone.
    """

    def __init__(
        self,
        packed: Reading,
        start: Callable[[], _Decompressor],
        *,
        what: str,
        magic: bytes | None = None,
    ) -> None:
        self._packed = packed
        self._start = start
        self._what = what
        self._magic = magic
        self._decompressor = start()
        self._waiting = b""
        self._is_false = False

    def read(self, size: int, /) -> bytes:
        """Return up to `size` unpacked bytes; see `Unpacker`."""
        while True:
            if self._decompressor.eof and not self._begin_next():
                if self._has_false_checksum:
                    problem = _problems.false_checksum(self._what)
                    raise _problems.error_of(problem, gave_all=True)
                return b""
            piece = self._unpack(size)
            if piece:
                return piece

    def _unpack(self, size: int) -> bytes:
        packed = b""
        is_hungry = self._decompressor.needs_input
        if is_hungry:
            packed = self._waiting or self._packed.read(PIECE_BYTES)
            self._waiting = b""
        try:
            piece = self._decompressor.decompress(packed, size)
        except MemoryError as error:
            raise _problems.error_of(_problems.out_of_memory(self._what)) from error
        except (zlib.error, OSError, lzma.LZMAError, EOFError, ValueError) as error:
            raise _problems.error_of(self._problem(error)) from error
        if is_hungry and not packed and not piece and not self._decompressor.eof:
            raise _problems.error_of(_problems.truncated(self._what))
        return piece

    def _begin_next(self) -> bool:
        """Begin another stream where one follows; xz allows zeros in between."""
        self._is_false = self._has_false_checksum
        if self._magic is None:
            return False
        rest = self._decompressor.unused_data or self._waiting
        self._waiting = b""
        rest = (rest or self._packed.read(PIECE_BYTES)).lstrip(b"\0")
        while rest and len(rest) < len(self._magic):
            more = self._packed.read(PIECE_BYTES)
            if not more:
                break
            rest += more
        if not rest.startswith(self._magic):
            return False
        self._decompressor, self._waiting = self._start(), rest
        return True

    @property
    def _has_false_checksum(self) -> bool:
        """Whether that is so of this stream or of one before it."""
        decompressor = self._decompressor
        return self._is_false or (isinstance(decompressor, _Zlib) and decompressor.is_false)

    def _problem(self, error: Exception) -> Problem:
        if isinstance(error, lzma.LZMAError) and "memory" in str(error).lower():
            return _problems.out_of_memory(self._what)
        return _problems.corrupt(self._what, _DAMAGED)


class ZstdUnpacker:
    """Zstandard frames behind one another; skippable ones are passed over."""

    def __init__(self, packed: Reading, *, what: str) -> None:
        self._what = what
        self._feed = FrameFeed(packed)
        context = zstandard.ZstdDecompressor(max_window_size=ZSTD_WINDOW_BYTES)
        self._reader = context.stream_reader(
            self._feed,  # type: ignore[arg-type]  # it calls read and nothing else
            read_size=FrameFeed.LARGEST_PIECE_BYTES,
            read_across_frames=True,
        )

    def read(self, size: int, /) -> bytes:
        """Return up to `size` unpacked bytes; see `Unpacker`."""
        try:
            piece: bytes = self._reader.read(size)
        except MemoryError as error:
            raise _problems.error_of(_problems.out_of_memory(self._what)) from error
        except (zstandard.ZstdError, FrameError) as error:
            if "memory" in str(error).lower():
                raise _problems.error_of(_problems.out_of_memory(self._what)) from error
            raise _problems.error_of(_problems.corrupt(self._what, _DAMAGED)) from error
        if not piece and self._feed.is_torn:
            raise _problems.error_of(_problems.truncated(self._what))
        return piece


def deflate(packed: Reading) -> Unpacker:
    """Unpack raw deflate data, as in a zip (RFC 1951)."""
    return StreamUnpacker(packed, lambda: _Zlib(_RAW_DEFLATE), what="member")


def zlib_stream(packed: Reading) -> Unpacker:
    """Unpack deflate data between a header and a checksum, as in a PDF (RFC 1950)."""
    return StreamUnpacker(packed, lambda: _Zlib(zlib.MAX_WBITS), what="member")


def gzip(packed: Reading) -> Unpacker:
    """Unpack gzip streams (RFC 1952), their checksums checked."""
    return StreamUnpacker(packed, lambda: _Zlib(_GZIP), what="gzip file", magic=b"\x1f\x8b")


def bzip2(packed: Reading, *, what: str = "bzip2 file") -> Unpacker:
    """Unpack bzip2 streams, their checksums checked."""
    return StreamUnpacker(packed, bz2.BZ2Decompressor, what=what, magic=b"BZh")


def xz(packed: Reading, *, what: str = "xz file") -> Unpacker:
    """Unpack xz streams, their checksums checked."""

    def start() -> _Decompressor:
        return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LZMA_MEMORY_BYTES)

    return StreamUnpacker(packed, start, what=what, magic=b"\xfd7zXZ\x00")


def zstd(packed: Reading, *, what: str = "Zstandard file") -> Unpacker:
    """Unpack Zstandard frames (RFC 8878), their checksums checked."""
    return ZstdUnpacker(packed, what=what)


def zip_lzma(packed: Reading) -> Unpacker:
    """Unpack LZMA data as a zip has them (APPNOTE 5.8.8).

    Raises:
        ContainerError: the header before them is torn or makes no sense.
    """
    head = packed.read(4)
    properties = packed.read(int.from_bytes(head[2:4], "little")) if len(head) == 4 else b""  # noqa: PLR2004 - the header's size
    return raw_lzma(packed, properties)


def raw_lzma(packed: Reading, properties: bytes, *, outer: Sequence[Filter] = ()) -> Unpacker:
    """Unpack LZMA data by their five bytes of properties, and undo filters behind them.

    Raises:
        ContainerError: the properties make no sense, or ask for too much memory.
    """
    if len(properties) != 5 or properties[0] >= 9 * 5 * 5:  # noqa: PLR2004 - lc, lp and pb in one byte, dictionary in four
        raise _problems.error_of(_problems.corrupt("member", _DAMAGED))
    rest, lc = divmod(properties[0], 9)
    pb, lp = divmod(rest, 5)
    settings = {"id": lzma.FILTER_LZMA1, "lc": lc, "lp": lp, "pb": pb}
    return _raw(packed, [*outer, settings], int.from_bytes(properties[1:], "little"))


def raw_lzma2(packed: Reading, properties: bytes, *, outer: Sequence[Filter] = ()) -> Unpacker:
    """Unpack LZMA2 data by their byte of properties, and undo filters behind them; raises as `raw_lzma`."""
    if len(properties) != 1 or properties[0] > 40:  # noqa: PLR2004 - the largest that the format knows
        raise _problems.error_of(_problems.corrupt("member", _DAMAGED))
    dictionary = (2 | properties[0] & 1) << properties[0] // 2 + 11
    return _raw(packed, [*outer, {"id": lzma.FILTER_LZMA2}], dictionary)


def _raw(packed: Reading, filters: list[Filter], dictionary: int) -> Unpacker:
    if dictionary > LZMA_MEMORY_BYTES:
        raise _problems.error_of(_problems.out_of_memory("member"))
    filters[-1] |= {"dict_size": max(dictionary, 4096)}
    try:
        decompressor = lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=filters)
    except (lzma.LZMAError, ValueError) as error:
        raise _problems.error_of(_problems.corrupt("member", _DAMAGED)) from error
    return StreamUnpacker(packed, lambda: decompressor, what="member")
