"""Members of a 7z archive. Files that are packed as one stream are unpacked forward, only as far as they are read."""

import lzma
import zlib
from collections.abc import Iterator
from itertools import accumulate
from typing import Final

from rempart.media.archives import _problems, _unpackers
from rempart.media.archives._reading import Forward, Part, Reading
from rempart.media.archives._seven_zip_header import (
    HEADER,
    Coder,
    Folder,
    HeaderReader,
    SevenZipFiles,
)
from rempart.media.archives._streams import MemberStream, Meter, MeteredReading
from rempart.media.archives.container import Container, Member
from rempart.model.scan import Problem

LARGEST_HEADER: Final = 16 * 1024**2
"""A hundred thousand files with long names fit."""

_START: Final = 32
_PACKED_HEADER: Final = 0x17
_MOST_HEADERS: Final = 4
_COPY: Final = b"\x00"
_DELTA: Final = b"\x03"
_LZMA: Final = b"\x03\x01\x01"
_LZMA2: Final = b"\x21"
_DEFLATE: Final = b"\x04\x01\x08"
_BZIP2: Final = b"\x04\x02\x02"
_ZSTD: Final = b"\x04\xf7\x11\x01"
_AES: Final = b"\x06\xf1\x07\x01"
_KNOWN: Final = frozenset({_COPY, _LZMA, _LZMA2, _DEFLATE, _BZIP2, _ZSTD})
_MACHINE_CODE: Final = {
    b"\x03\x03\x01\x03": lzma.FILTER_X86,
    b"\x03\x03\x02\x05": lzma.FILTER_POWERPC,
    b"\x03\x03\x04\x01": lzma.FILTER_IA64,
    b"\x03\x03\x05\x01": lzma.FILTER_ARM,
    b"\x03\x03\x07\x01": lzma.FILTER_ARMTHUMB,
    b"\x03\x03\x08\x05": lzma.FILTER_SPARC,
    b"\x04": lzma.FILTER_X86,
    b"\x05": lzma.FILTER_POWERPC,
    b"\x06": lzma.FILTER_IA64,
    b"\x07": lzma.FILTER_ARM,
    b"\x08": lzma.FILTER_ARMTHUMB,
    b"\x09": lzma.FILTER_SPARC,
}


class SevenZipContainer(Container):
    """A 7z archive."""

    def _members(self) -> Iterator[Member]:
        files = self._files()
        number = 0
        stored = self._stored(files.folders)
        without = iter(files.are_folders)
        for name, is_empty in zip(files.names, files.are_empty, strict=False):
            if is_empty and next(without):
                continue
            number += 1
            if is_empty:
                yield self._empty(number, name)
                continue
            found = next(stored, None)
            if found is None:
                reason = "its header names more files than there are"
                raise _problems.error_of(_problems.corrupt("archive", reason))
            folder, at = found
            yield folder.member(number, name, at)

    def _stored(self, folders: list[Folder]) -> Iterator[tuple["_OpenFolder", int]]:
        for folder in folders:
            opened = _OpenFolder(self, folder)
            for at in range(len(folder.files)):
                yield opened, at

    def _empty(self, number: int, name: bytes) -> Member:
        def opened() -> MemberStream:
            return MemberStream(Part(self._source, 0, 0), Meter(self._limits, self._budget), size=0)

        return Member(number=number, name=name, size=0, _opened=opened)

    def _files(self) -> SevenZipFiles:
        """Return what the header says, unpacked as often as it is packed."""
        start = Part(self._source, 0).read(_START)
        if len(start) < _START:
            raise _problems.error_of(_problems.truncated("archive"))
        if zlib.crc32(start[12:]) != int.from_bytes(start[8:12], "little"):
            reason = "the checksum of its beginning does not fit"
            raise _problems.error_of(_problems.corrupt("archive", reason))
        offset, length = (int.from_bytes(start[at : at + 8], "little") for at in (12, 20))
        if length == 0:
            return SevenZipFiles([], [], [], [])
        _require_sane(length)
        header = Part(self._source, _START + offset).read(length)
        if len(header) < length:
            raise _problems.error_of(_problems.truncated("archive"))
        _require_crc(header, int.from_bytes(start[28:32], "little"))
        for _ in range(_MOST_HEADERS):
            if header[0] == HEADER:
                return HeaderReader(header, 1).files()
            if header[0] != _PACKED_HEADER:
                break
            header = self._unpacked_header(header)
        raise _problems.error_of(_problems.corrupt("archive", "its header makes no sense"))

    def _unpacked_header(self, header: bytes) -> bytes:
        folders = HeaderReader(header, 1).streams()
        if len(folders) != 1:
            raise _problems.error_of(_problems.corrupt("archive", "its header makes no sense"))
        folder = folders[0]
        _require_sane(folder.size)
        problem = problem_of(folder.coders)
        if problem is not None:
            raise _problems.error_of(problem)
        opened = _OpenFolder(self, folder).stream(folder.size, folder.crc)
        return opened.read()

    def open_folder(self, folder: Folder) -> Forward:
        """Return the bytes that a folder unpacks to, held against the ratio as a whole.

        Raises:
            ContainerError: its coders make no sense.
        """
        start = _START + folder.start
        packed: Reading = Part(self._source, start, start + folder.packed)
        # What members of it take is counted where they are read; the whole is held against the ratio only.
        meter = Meter(self._limits, None, packed=folder.packed, largest=2 * self._limits.max_bytes)
        return Forward(MeteredReading(unpacker_of(folder.coders, packed), meter))

    def meter(self) -> Meter:
        """Return what counts one member."""
        return Meter(self._limits, self._budget)


class _OpenFolder:
    """One folder; nothing of it is unpacked before a member is opened."""

    def __init__(self, container: SevenZipContainer, folder: Folder) -> None:
        self._container = container
        self._folder = folder
        self._problem = problem_of(folder.coders)
        self._unpacked: Forward | None = None
        self._starts = list(accumulate((size for size, _ in folder.files), initial=0))

    def member(self, number: int, name: bytes, at: int) -> Member:
        """Return one of the folder's files."""
        size, crc = self._folder.files[at]
        start = self._starts[at]
        return Member(
            number=number,
            name=name,
            size=size,
            problem=self._problem,
            _opened=lambda: self.stream(size, crc, start),
        )

    def stream(self, size: int, crc: int | None, start: int = 0) -> MemberStream:
        """Return the bytes of one file; those before it are unpacked and forgotten."""
        if self._unpacked is None or self._unpacked.position > start:
            self._unpacked = self._container.open_folder(self._folder)
        self._unpacked.skip(start - self._unpacked.position)
        reading = _Exactly(self._unpacked, start, size)
        return MemberStream(reading, self._container.meter(), size=size, crc=crc)


class _Exactly:
    """So many bytes from where the folder stands now: some packings do not know where they end."""

    def __init__(self, unpacked: Forward, start: int, size: int) -> None:
        self._unpacked = unpacked
        self._position = start
        self._end = start + size

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, fewer only at the end."""
        if self._unpacked.position != self._position:
            if self._unpacked.position < self._position:
                return b""  # the folder ended before this file began
            msg = "a member of a 7z archive can be read only until another one is opened"
            raise ValueError(msg)
        size = min(size, self._end - self._position)
        piece = self._unpacked.read(size) if size else b""
        self._position += len(piece)
        return piece


def problem_of(coders: list[Coder]) -> Problem | None:
    """Return why a folder cannot be unpacked, if that is so."""
    methods = [coder.method for coder in coders]
    if _AES in methods:
        return _problems.encrypted("member")
    before = [b"", *methods][: len(methods)]
    is_known = all(
        coder.is_simple and (coder.method in _KNOWN or _is_filter(coder, behind=method))
        for coder, method in zip(coders, before, strict=True)
    )
    if is_known:
        return None
    shown = ", ".join(method.hex() for method in methods)
    return _problems.unsupported("member", f"it is packed by the methods {shown}")


def unpacker_of(coders: list[Coder], packed: Reading) -> Reading:
    """Return what undoes all coders of a folder.

    Raises:
        ContainerError: the properties of one make no sense, or ask for too much memory.
    """
    for coder, following in zip(coders, [*coders[1:], None], strict=True):
        if coder.method in {_LZMA, _LZMA2}:
            packed = _lzma(coder, following, packed)
        elif coder.method == _DEFLATE:
            packed = _unpackers.deflate(packed)
        elif coder.method == _BZIP2:
            packed = _unpackers.bzip2(packed, what="member")
        elif coder.method == _ZSTD:
            packed = _unpackers.zstd(packed, what="member")
    return packed


def _is_filter(coder: Coder, *, behind: bytes) -> bool:
    """Tell whether it is a filter that liblzma undoes together with what stands before it.

    Filters of machine code wait for the end of the data, which LZMA of the first kind does not mark.
    """
    if coder.method == _DELTA:
        return behind in {_LZMA, _LZMA2} and len(coder.properties) == 1
    return coder.method in _MACHINE_CODE and behind == _LZMA2


def _lzma(coder: Coder, following: Coder | None, packed: Reading) -> Reading:
    filters: list[_unpackers.Filter] = []
    if following is not None and following.method == _DELTA:
        filters.append({"id": lzma.FILTER_DELTA, "dist": following.properties[0] + 1})
    elif following is not None and following.method in _MACHINE_CODE:
        filters.append({"id": _MACHINE_CODE[following.method]})
    unpack = _unpackers.raw_lzma if coder.method == _LZMA else _unpackers.raw_lzma2
    return unpack(packed, coder.properties, outer=filters)


def _require_sane(length: int) -> None:
    if length > LARGEST_HEADER:
        reason = f"its header is longer than {LARGEST_HEADER} bytes"
        raise _problems.error_of(_problems.unsupported("archive", reason))


def _require_crc(header: bytes, expected: int) -> None:
    if zlib.crc32(header) != expected:
        reason = "the checksum of its header does not fit"
        raise _problems.error_of(_problems.corrupt("archive", reason))
