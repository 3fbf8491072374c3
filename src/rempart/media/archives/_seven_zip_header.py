"""The header of a 7z archive (7zFormat.txt of the LZMA SDK): which packed streams there are, and which files they hold.

Every count is held against the bytes that are left of the header, so that none of them can ask for memory.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn

from rempart.media.archives import _problems

END: Final = 0x00
HEADER: Final = 0x01
_ARCHIVE_PROPERTIES: Final = 0x02
_ADDITIONAL_STREAMS: Final = 0x03
_MAIN_STREAMS: Final = 0x04
_FILES: Final = 0x05
_PACK_INFO: Final = 0x06
_UNPACK_INFO: Final = 0x07
_SUBSTREAMS: Final = 0x08
_SIZES: Final = 0x09
_CRCS: Final = 0x0A
_FOLDERS: Final = 0x0B
_UNPACK_SIZES: Final = 0x0C
_COUNTS: Final = 0x0D
_EMPTY_STREAM: Final = 0x0E
_EMPTY_FILE: Final = 0x0F
_ANTI: Final = 0x10
_NAMES: Final = 0x11
_LARGEST_CODERS: Final = 4
_LARGEST_SIZE: Final = 2**62


@dataclass(frozen=True, slots=True)
class Coder:
    """One step of unpacking: its method, and what the method needs to know."""

    method: bytes
    properties: bytes
    is_simple: bool


@dataclass(slots=True)
class Folder:
    """Files that are packed as one stream.

    Attributes:
        coders: in the order in which they are undone.
        start: offset of the packed bytes behind the signature header.
        packed: how many there are.
        size: bytes that they unpack to.
        crc: of all of them, where it is known.
        files: size and CRC of each file in it.
    """

    coders: list[Coder]
    start: int = 0
    packed: int = 0
    size: int = 0
    crc: int | None = None
    files: list[tuple[int, int | None]] = field(default_factory=list)


@dataclass(slots=True)
class SevenZipFiles:
    """What the header says.

    Attributes:
        folders: with the sizes of the files in them.
        names: of all files, as UTF-8.
        are_empty: for each file, whether it has no bytes.
        are_folders: for each file without bytes, in order, whether it is no file.
    """

    folders: list[Folder]
    names: list[bytes]
    are_empty: list[bool]
    are_folders: list[bool]


class HeaderReader:
    """Reads a header that is not packed.

    Raises:
        ContainerError: from every method, where the header is torn or makes no sense.
    """

    def __init__(self, data: bytes, position: int = 0) -> None:
        self._data = data
        self._position = position

    def files(self) -> SevenZipFiles:
        """Return what the header says, from behind its first byte on."""
        found = SevenZipFiles([], [], [], [])
        while (kind := self._byte()) != END:
            if kind == _ARCHIVE_PROPERTIES:
                while self._byte() != END:
                    self._bytes(self._number())
            elif kind == _ADDITIONAL_STREAMS:
                self.streams()
            elif kind == _MAIN_STREAMS:
                found.folders = self.streams()
            elif kind == _FILES:
                self._read_files(found)
            else:
                _refuse()
        return found

    def streams(self) -> list[Folder]:
        """Return the folders of a part that describes streams, from behind its first byte on."""
        start, sizes, folders = 0, list[int](), list[Folder]()
        while (kind := self._byte()) != END:
            if kind == _PACK_INFO:
                start, sizes = self._pack_info()
            elif kind == _UNPACK_INFO:
                folders = self._unpack_info()
            elif kind == _SUBSTREAMS:
                self._substreams(folders)
            else:
                _refuse()
        if len(sizes) < len(folders):
            _refuse()
        for folder, size in zip(folders, sizes, strict=False):
            folder.start, folder.packed = start, size
            start += size
            if not folder.files and folder.size:
                folder.files = [(folder.size, folder.crc)]
        return folders

    def _pack_info(self) -> tuple[int, list[int]]:
        start, count = self._number(), self._count()
        sizes: list[int] = []
        while (kind := self._byte()) != END:
            if kind == _SIZES:
                sizes = [self._number() for _ in range(count)]
            elif kind == _CRCS:
                self._crcs(count)
            else:
                _refuse()
        return start, sizes

    def _unpack_info(self) -> list[Folder]:
        if self._byte() != _FOLDERS:
            _refuse()
        count = self._count()
        if self._byte():
            _refuse()  # written elsewhere, which no program does
        read = [self._folder() for _ in range(count)]
        if self._byte() != _UNPACK_SIZES:
            _refuse()
        for folder, last in read:
            sizes = [self._number() for _ in folder.coders]
            folder.size = sizes[last]
        while (kind := self._byte()) != END:
            if kind != _CRCS:
                _refuse()
            for (folder, _), crc in zip(read, self._crcs(count), strict=True):
                folder.crc = crc
        return [folder for folder, _ in read]

    def _folder(self) -> tuple[Folder, int]:
        """Return a folder, its coders in the order of unpacking, and which of them comes last."""
        count = self._number()
        if not 0 < count <= _LARGEST_CODERS:
            _refuse()
        coders, inputs = [], 0
        for _ in range(count):
            coder, needed = self._coder()
            coders.append(coder)
            inputs += needed
        into = {}
        for _ in range(count - 1):
            target, source = self._number(), self._number()
            into[source] = target
        if inputs - (count - 1) > 1:
            # Several packed streams, as with BCJ2: not unpacked here, but their numbers have to be read.
            for _ in range(inputs - (count - 1)):
                self._number()
            return Folder([Coder(b"several", b"", is_simple=False)] * count), count - 1
        at = next((each for each in range(count) if each not in into.values()), 0)
        order = [at]
        while order[-1] in into and len(order) <= count:
            order.append(into[order[-1]])
        if sorted(order) != list(range(count)):
            _refuse()
        return Folder([coders[each] for each in order]), order[-1]

    def _coder(self) -> tuple[Coder, int]:
        flags = self._byte()
        method = self._bytes(flags & 15)
        inputs, outputs = (self._number(), self._number()) if flags & 16 else (1, 1)
        properties = self._bytes(self._number()) if flags & 32 else b""
        if flags & 192 or not 0 < inputs <= 2 * _LARGEST_CODERS or outputs != 1:
            _refuse()
        return Coder(method, properties, is_simple=inputs == 1), inputs

    def _substreams(self, folders: list[Folder]) -> None:
        counts = [1] * len(folders)
        kind = self._byte()
        if kind == _COUNTS:
            counts = [self._number() for _ in folders]
            if sum(counts) > self._left():
                _refuse()  # each but a folder's only file has a byte for its size at least
            kind = self._byte()
        sizes = [
            self._sizes(folder, count, is_said=kind == _SIZES)
            for folder, count in zip(folders, counts, strict=True)
        ]
        if kind == _SIZES:
            kind = self._byte()
        known = [
            each.crc is not None and count == 1 for each, count in zip(folders, counts, strict=True)
        ]
        crcs: Iterator[int | None] = iter(())
        while kind != END:
            if kind != _CRCS:
                _refuse()
            wanted = sum(
                count for count, is_known in zip(counts, known, strict=True) if not is_known
            )
            crcs = iter(self._crcs(wanted))
            kind = self._byte()
        for folder, each, is_known in zip(folders, sizes, known, strict=True):
            folder.files = [(size, folder.crc if is_known else next(crcs, None)) for size in each]

    def _sizes(self, folder: Folder, count: int, *, is_said: bool) -> list[int]:
        """Return the sizes of a folder's files: the last one has what is left."""
        if count == 0:
            return []
        if count > 1 and not is_said:
            _refuse()
        sizes = [self._number() for _ in range(count - 1)]
        if sum(sizes) > folder.size:
            _refuse()
        return [*sizes, folder.size - sum(sizes)]

    def _read_files(self, found: SevenZipFiles) -> None:
        count = self._count()
        found.are_empty = [False] * count
        empty_files: list[bool] = []
        while (kind := self._byte()) != END:
            content = HeaderReader(self._bytes(self._number()))
            if kind == _EMPTY_STREAM:
                found.are_empty = content._bits(count)
            elif kind == _EMPTY_FILE:
                empty_files = content._bits(sum(found.are_empty))
            elif kind == _NAMES:
                found.names = content._names()
        if len(found.names) < count:
            _refuse()
        empty_files += [False] * (sum(found.are_empty) - len(empty_files))
        found.are_folders = [not each for each in empty_files]

    def _names(self) -> list[bytes]:
        if self._byte():
            _refuse()
        text, _ = codecs.utf_16_le_decode(self._data[self._position :], "surrogatepass", False)  # noqa: FBT003 - the module takes it so
        *names, rest = text.split("\0")
        if rest:
            _refuse()
        return [name.encode("utf-8", "surrogatepass") for name in names]

    def _crcs(self, count: int) -> list[int | None]:
        are_known = [True] * count if self._byte() else self._bits(count)
        return [int.from_bytes(self._bytes(4), "little") if each else None for each in are_known]

    def _bits(self, count: int) -> list[bool]:
        packed = self._bytes(-(-count // 8))
        return [bool(packed[at // 8] & 0x80 >> at % 8) for at in range(count)]

    def _number(self) -> int:
        """Return a number as 7z writes them: the first byte's leading ones say how many follow."""
        first = self._byte()
        mask, value = 0x80, 0
        for at in range(8):
            if not first & mask:
                return value + ((first & mask - 1) << 8 * at)
            value += self._byte() << 8 * at
            mask >>= 1
        if value > _LARGEST_SIZE:
            _refuse()
        return value

    def _count(self) -> int:
        """Return a number of things of which each takes a byte of the header at least."""
        count = self._number()
        if count > self._left():
            _refuse()
        return count

    def _left(self) -> int:
        return len(self._data) - self._position

    def _byte(self) -> int:
        return self._bytes(1)[0]

    def _bytes(self, count: int) -> bytes:
        found = self._data[self._position : self._position + count]
        if len(found) < count:
            raise _problems.error_of(_problems.truncated("archive's header"))
        self._position += count
        return found


def _refuse() -> NoReturn:
    raise _problems.error_of(_problems.corrupt("archive", "its header makes no sense"))
