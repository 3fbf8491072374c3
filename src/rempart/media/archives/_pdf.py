"""Members of a PDF: embedded pictures and attached files, in the order in which they stand in the file."""

from collections.abc import Iterator
from functools import partial
from typing import Final

from rempart.media.archives import _problems
from rempart.media.archives._pdf_file import PdfFile
from rempart.media.archives._pdf_objects import PdfStream
from rempart.media.archives._pdf_pictures import picture_of
from rempart.media.archives._reading import size_of
from rempart.media.archives._streams import MemberStream, Meter, Torn
from rempart.media.archives.container import Container, Member

_END_BYTES: Final = 2048


class PdfContainer(Container):
    """A PDF."""

    def _members(self) -> Iterator[Member]:
        size = size_of(self._source)
        file = PdfFile(self._source, size, self._meter)
        for number, (stream, is_picture) in enumerate(file.pictures_and_files(), 1):
            kind = b"picture" if is_picture else b"file"
            yield Member(
                number=number,
                name=b"%s-%d-%d" % (kind, stream.number, stream.generation),
                size=None,
                _opened=partial(self._open, file, stream, is_picture=is_picture),
            )
        if b"startxref" not in file.index.text(max(size - _END_BYTES, 0), _END_BYTES):
            raise _problems.error_of(_problems.truncated("document"))
        if file.index.problem is not None:
            raise _problems.error_of(file.index.problem)

    def _open(self, file: PdfFile, stream: PdfStream, *, is_picture: bool) -> MemberStream:
        stream = file.measured(stream)
        reading = picture_of(file, stream) if is_picture else file.unpacked(stream)
        if stream.is_torn:
            reading = Torn(reading)
        packed = min(stream.end, size_of(self._source)) - stream.start
        return MemberStream(reading, self._meter(packed))

    def _meter(self, packed: int) -> Meter:
        return Meter(self._limits, self._budget, packed=packed)
