"""One packed stream: a file of its own, or a tar that is packed as a whole (tar.gz and the like)."""

from collections.abc import Callable, Iterator
from typing import Final

from rempart.media._container_signs import BLOCK_BYTES, is_tar_header
from rempart.media.archives import _unpackers
from rempart.media.archives._reading import ContainerSource, Forward, Part, Reading, size_of
from rempart.media.archives._streams import MemberStream, Meter, MeteredReading
from rempart.media.archives._tar import TarReader
from rempart.media.archives.container import Container, Member
from rempart.media.archives.limits import RATIO_FLOOR_BYTES, ArchiveBudget, ArchiveLimits
from rempart.media.errors import ContainerError
from rempart.media.media_types import BZIP2, GZIP, XZ, ZSTD

UNPACKERS: Final[dict[str, Callable[[Part], Reading]]] = {
    GZIP: _unpackers.gzip,
    BZIP2: _unpackers.bzip2,
    XZ: _unpackers.xz,
    ZSTD: _unpackers.zstd,
}
_NAME_WITHOUT_NAME: Final = b"content"
_LONGEST_NAME: Final = 4096
_GZIP_EXTRA: Final = 4
_GZIP_NAME: Final = 8


class PackedContainer(Container):
    """A gzip, bzip2, xz or Zstandard file."""

    def __init__(
        self,
        source: ContainerSource,
        limits: ArchiveLimits,
        budget: ArchiveBudget,
        *,
        media_type: str,
    ) -> None:
        super().__init__(source, limits, budget)
        self._media_type = media_type

    def _members(self) -> Iterator[Member]:
        if is_tar_header(self._first_block()):
            yield from self._tar_members()
        else:
            yield Member(number=1, name=self._name(), size=None, _opened=self._open)

    def _first_block(self) -> bytes:
        """Return what the unpacked bytes begin with, as far as they can be unpacked."""
        unpacked = self._unpacked()
        block = b""
        try:
            while len(block) < BLOCK_BYTES and (piece := unpacked.read(BLOCK_BYTES - len(block))):
                block += piece
        except ContainerError:
            return block
        return block

    def _unpacked(self) -> Reading:
        return UNPACKERS[self._media_type](Part(self._source, 0))

    def _open(self) -> MemberStream:
        meter = Meter(self._limits, self._budget, packed=size_of(self._source))
        return MemberStream(self._unpacked(), meter)

    def _tar_members(self) -> Iterator[Member]:
        """Return the members of the tar inside: the whole of it is held against the ratio, each against the rest."""
        packed = size_of(self._source)
        # Members count what is read of them; what is passed over and what headers take may be as much again.
        largest = 2 * self._limits.max_bytes + RATIO_FLOOR_BYTES
        whole = Meter(self._limits, None, packed=packed, largest=largest)
        archive = Forward(MeteredReading(self._unpacked(), whole))
        reader = TarReader(archive, lambda stored: Meter(self._limits, self._budget, packed=stored))
        try:
            yield from reader.members()
        finally:
            if reader.problem is not None:
                self._note(reader.problem)

    def _name(self) -> bytes:
        """Return the name in a gzip's header (RFC 1952, section 2.3); the others have none."""
        if self._media_type != GZIP:
            return _NAME_WITHOUT_NAME
        head = Part(self._source, 0).read(_LONGEST_NAME)
        flags = head[3] if len(head) > 3 else 0  # noqa: PLR2004 - where the flags stand
        at = 10
        if flags & _GZIP_EXTRA:
            at += 2 + int.from_bytes(head[10:12], "little")
        name = head[at:].partition(b"\0")[0] if flags & _GZIP_NAME else b""
        return name or _NAME_WITHOUT_NAME
