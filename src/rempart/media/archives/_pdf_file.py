"""One PDF: references resolved, streams decrypted and unpacked."""

from collections.abc import Callable, Iterator
from typing import Any, Final

from rempart.media.archives import _problems
from rempart.media.archives._pdf_attachments import LARGEST_NAMING, Attachments
from rempart.media.archives._pdf_crypt import PasswordNeededError, PdfKey
from rempart.media.archives._pdf_filters import FILTERS
from rempart.media.archives._pdf_objects import PdfIndex, PdfStream
from rempart.media.archives._pdf_syntax import (
    Dictionary,
    Name,
    Reference,
    SyntaxProblemError,
    ValueReader,
)
from rempart.media.archives._reading import ContainerSource, Part, Reading
from rempart.media.archives._streams import MemberStream, Meter, MeteredReading
from rempart.media.errors import ContainerError

LARGEST_OBJECT_STREAM: Final = 32 * 1024**2
_PIECE_BYTES: Final = 256 * 1024
_CHAIN: Final = 8
_DEPTH: Final = 5
_LARGEST_LIST: Final = 64
_TAIL_BYTES: Final = 2048
_LARGEST_TABLE: Final = 1024 * 1024
_LARGEST_FILTERS: Final = 8
_LARGEST_COUNT: Final = 100_000


class PdfFile:
    """A PDF whose objects were found.

    Args:
        source: its bytes.
        size: how many.
        meter: makes what counts the bytes that something in it unpacks to; it is told how many they are packed in.

    Attributes:
        index: its objects.

    Raises:
        ContainerError: it does not open without a password, or has too many objects.
    """

    def __init__(self, source: ContainerSource, size: int, meter: Callable[[int], Meter]) -> None:
        self._source = source
        self._size = size
        self._meter = meter
        self.index = PdfIndex(source, size)
        self._inner: dict[int, tuple[PdfStream, int]] | None = None
        self._attachments = Attachments()
        self._unpacked: tuple[int, bytes] | None = None
        self._key: PdfKey | None = None
        self._key = self._find_key()

    def resolve(self, value: Any, depth: int = 0) -> Any:  # whatever stands there
        """Return a value with what its references lead to, some levels deep; None where one leads nowhere."""
        for _ in range(_CHAIN):
            if not isinstance(value, Reference):
                break
            value = self._value_of(value.number)
        if depth < _DEPTH and isinstance(value, dict):
            return {key: self.resolve(each, depth + 1) for key, each in value.items()}
        if depth < _DEPTH and isinstance(value, list) and len(value) <= _LARGEST_LIST:
            return [self.resolve(each, depth + 1) for each in value]
        return None if isinstance(value, Reference) else value

    def pictures_and_files(self) -> Iterator[tuple[PdfStream, bool]]:
        """Return the streams of embedded pictures and files, in the order of the file, and whether each is a picture.

        A stream that holds a file need not say so: then only the file specification that names it does. One that
        says it is a picture of plain pixels and is named as a file is given as both: programs differ.
        """
        self._look_into_streams()
        for at in range(0, self._size, _PIECE_BYTES):
            self._attachments.add(self.index.text(at, _PIECE_BYTES + LARGEST_NAMING))
        files = set(self._attachments.files)
        for number in self._attachments.tables:
            table = self.shallow(Reference(number, 0))
            named = table.values() if isinstance(table, dict) else ()
            files.update(each.number for each in named if isinstance(each, Reference))
        for stream in self.index.streams(b"Image", b"EmbeddedFile", numbers=files):
            is_picture = stream.kind == b"Image"
            yield stream, is_picture
            if is_picture and stream.number in files and not stream.is_coded_picture:
                yield stream, False

    def measured(self, stream: PdfStream) -> PdfStream:
        """Return the stream with its end where an indirect length puts it, if that is where it ends."""
        length = stream.dictionary.get(b"Length")
        if not isinstance(length, Reference):
            return stream
        found = self.resolve(length)
        if not isinstance(found, int):
            return stream
        return self.index.stream(stream.place, length=found) or stream

    def shallow(self, value: Any) -> Any:  # whatever stands there
        """Return a value or what a reference leads to, the references in it unresolved."""
        return self.resolve(value, _DEPTH)

    @property
    def is_encrypted(self) -> bool:
        """Whether its strings and streams are encrypted, if without a password."""
        return self._key is not None

    def packed(self, stream: PdfStream) -> Reading:
        """Return a stream's bytes as they are before encryption, all filters still on them."""
        reading: Reading = Part(self._source, stream.start, min(stream.end, self._size))
        if self._key is None or stream.kind == b"XRef":
            return reading
        return self._key.decrypted(reading, stream.number, stream.generation)

    def filters(self, stream: PdfStream) -> list[tuple[bytes, Dictionary]]:
        """Return a stream's filters in the order in which they are undone, each with its parameters.

        Raises:
            ContainerError: they make no sense.
        """
        dictionary = stream.dictionary
        names = self.resolve(dictionary.get(b"Filter", dictionary.get(b"F")))
        settings = self.resolve(dictionary.get(b"DecodeParms", dictionary.get(b"DP")))
        names = names if isinstance(names, list) else [names]
        settings = settings if isinstance(settings, list) else [settings]
        names = [bytes(each) for each in names if isinstance(each, Name)]
        if len(names) > _LARGEST_FILTERS:
            raise _problems.error_of(_problems.corrupt("member", "it has too many filters"))
        settings += [None] * len(names)
        return [
            (name, each if isinstance(each, dict) else {})
            for name, each in zip(names, settings, strict=False)
        ]

    def unpacked(
        self, stream: PdfStream, filters: list[tuple[bytes, Dictionary]] | None = None
    ) -> Reading:
        """Return a stream's bytes with some filters undone, all of its own where none are given.

        Raises:
            ContainerError: one of them is not known here.
        """
        reading = self.packed(stream)
        packed = min(stream.end, self._size) - stream.start
        for name, settings in self.filters(stream) if filters is None else filters:
            if name not in FILTERS or settings.get(b"Predictor", 1) != 1:
                shown = name.decode("ascii", "replace")
                raise _problems.error_of(
                    _problems.unsupported("member", f"its filter {shown} is not undone here")
                )
            # Each is counted: what one unpacks to may be nothing to the next.
            reading = MeteredReading(FILTERS[name](reading), self._meter(packed))
        return reading

    def _value_of(self, number: int) -> Any:  # whatever stands there
        try:
            return self.index.find(number)
        except KeyError:
            pass
        try:
            return self._inner_value(number)
        except (ContainerError, SyntaxProblemError, KeyError):
            return None

    def _inner_value(self, number: int) -> Any:  # whatever stands there
        """Return an object that lies in an object stream (ISO 32000-1, section 7.5.7)."""
        stream, at = self._look_into_streams()[number]
        return ValueReader(self._content(stream), at).read()

    def _look_into_streams(self) -> dict[int, tuple[PdfStream, int]]:
        """Return where the objects in object streams lie; what these name as attached is taken up by the way."""
        if self._inner is None:
            self._inner = {}
            for stream in self.index.streams(b"ObjStm"):
                self._add_inner(self._inner, stream)
        return self._inner

    def _add_inner(self, inner: dict[int, tuple[PdfStream, int]], stream: PdfStream) -> None:
        count, first = stream.dictionary.get(b"N"), stream.dictionary.get(b"First")
        if not isinstance(count, int) or not isinstance(first, int) or first < 0 or count < 0:
            return
        try:
            content = self._content(stream)
        except ContainerError:
            return
        self._attachments.add(content)
        numbers = content[: min(first, _LARGEST_TABLE)].split(None, 2 * count)
        if len(inner) > _LARGEST_COUNT:
            return
        pairs = zip(numbers[::2], numbers[1::2], strict=False)
        for number, offset in pairs:
            if number.isdigit() and offset.isdigit() and len(number + offset) < 30:  # noqa: PLR2004 - sane digits
                inner[int(number)] = (stream, first + int(offset))

    def _content(self, stream: PdfStream) -> bytes:
        """Return what an object stream unpacks to; the last one is kept."""
        if self._unpacked is None or self._unpacked[0] != stream.start:
            packed = min(stream.end, self._size) - stream.start
            reading = self.unpacked(stream)
            content = MemberStream(reading, self._meter(packed)).read(LARGEST_OBJECT_STREAM)
            self._unpacked = (stream.start, content)
        return self._unpacked[1]

    def _find_key(self) -> PdfKey | None:
        """Return the key of a document that opens without a password; None where it is not encrypted.

        Raises:
            ContainerError: it needs a password.
        """
        trailer = self._trailer()
        if not isinstance(trailer.get(b"Encrypt"), dict | Reference):
            return None
        identity = self.resolve(trailer.get(b"ID"))
        first = identity[0] if isinstance(identity, list) and identity else b""
        encryption = self.resolve(trailer[b"Encrypt"])
        try:
            return PdfKey(encryption, first)
        except PasswordNeededError as error:
            raise _problems.error_of(_problems.encrypted("document")) from error

    def _trailer(self) -> Dictionary:
        """Return the trailer that the end of the file points to; of a torn file, the last one that is there."""
        start = max(self._size - _TAIL_BYTES, 0)
        tail = self.index.text(start, _TAIL_BYTES)
        digits = tail[tail.rfind(b"startxref") + 9 :].split()[:1] if b"startxref" in tail else []
        if digits and digits[0].isdigit() and len(digits[0]) < 18:  # noqa: PLR2004 - an offset
            found = self._trailer_at(int(digits[0]))
            if found:
                return found
        found = {}
        at = -1
        while (at := self.index.find_word(b"trailer", at + 1)) >= 0:
            found = self._dictionary_at(at + 7) or found
        streams = list(self.index.streams(b"XRef"))
        return found or (streams[-1].dictionary if streams else {})

    def _trailer_at(self, at: int) -> Dictionary:
        head = self.index.text(at, 64).lstrip()
        if head.startswith(b"xref"):
            found = self.index.find_word(b"trailer", at)
            return self._dictionary_at(found + 7) if found >= 0 else {}
        found = self.index.find_word(b"obj", at)
        return self._dictionary_at(found + 3) if 0 <= found < at + 64 else {}

    def _dictionary_at(self, at: int) -> Dictionary:
        try:
            found = self.index.value_at(at)
        except KeyError:
            return {}
        return found if isinstance(found, dict) else {}
