"""The objects of a PDF, found by their beginnings and not by the table at the end, so that torn files have them too.

A stream never lies inside another object (ISO 32000-1, section 7.5.7), so every picture is found, also one that a
later revision dropped.
"""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from rempart.media.archives import _problems
from rempart.media.archives._pdf_syntax import Dictionary, Name, SyntaxProblemError, ValueReader
from rempart.media.archives._pdf_window import Window
from rempart.media.archives._reading import ContainerSource
from rempart.model.scan import Problem

LARGEST_OBJECTS: Final = 2_000_000
"""Objects of which the places are kept."""

_LEAST_EFFORT: Final = 32 * 1024**2
_EFFORT_A_BYTE: Final = 4
"""How much is read as values, for each byte of the file: a hostile one has objects in objects in objects."""

_BEFORE_BYTES: Final = 32
_USUAL_HEAD: Final = 4 * 1024
_LARGEST_HEAD: Final = 256 * 1024
_NUMBERS: Final = re.compile(rb"(?<![0-9])([0-9]{1,9})[\0\t\n\f\r ]+([0-9]{1,5})[\0\t\n\f\r ]+\Z")
_STREAM: Final = re.compile(rb"[\0\t\n\f\r ]*stream(\r\n|\n|\r)")
_END: Final = re.compile(rb"[\0\t\n\f\r ]*endstream")
_PICTURE_FILTERS: Final = frozenset({b"DCTDecode", b"JPXDecode", b"DCT"})


@dataclass(frozen=True, slots=True)
class PdfStream:
    """A stream: what its dictionary says, and where its bytes lie.

    Attributes:
        number: of its object.
        generation: of its object.
        dictionary: as it stands there, references unresolved.
        place: offset of the dictionary.
        start: offset of its bytes.
        end: offset behind them.
        is_torn: whether the file ends inside it.
    """

    number: int
    generation: int
    dictionary: Dictionary
    place: int
    start: int
    end: int
    is_torn: bool

    @property
    def kind(self) -> bytes:
        """Its type or subtype, whichever says what it is used for."""
        for key in (b"Type", b"Subtype"):
            value = self.dictionary.get(key)
            if isinstance(value, Name) and value in {b"ObjStm", b"XRef", b"EmbeddedFile", b"Image"}:
                return bytes(value)
        if self.is_coded_picture:
            return b"Image"
        return b"EmbeddedFile" if self._is_described_as_file else b""

    @property
    def is_coded_picture(self) -> bool:
        """Whether it is a JPEG or JPEG 2000, which is given as it is."""
        return bool(_PICTURE_FILTERS & set(self._filters))

    @property
    def _is_described_as_file(self) -> bool:
        """Whether it has what only an embedded file has, whose type need not be written (ISO 32000-1, 7.11.4)."""
        subtype = self.dictionary.get(b"Subtype")
        return b"Params" in self.dictionary or (
            isinstance(subtype, Name) and b"/" in bytes(subtype)
        )

    @property
    def _filters(self) -> list[bytes]:
        named = self.dictionary.get(b"Filter")
        named = named if isinstance(named, list) else [named]
        return [bytes(each) for each in named if isinstance(each, Name)]


class PdfIndex:
    """Where each object begins, in the order of the file.

    Attributes:
        problem: why the rest of the file was not looked at, if that is so.
    """

    def __init__(self, source: ContainerSource, size: int) -> None:
        self._window = Window(source)
        self._effort = _LEAST_EFFORT + _EFFORT_A_BYTE * size
        self._found: dict[bytes, tuple[int, int | None]] = {}
        self.problem: Problem | None = None
        self._numbers = array("Q")
        self._places = array("Q")
        self._kept: dict[bytes, array[int]] = {
            kind: array("Q") for kind in (b"Image", b"EmbeddedFile", b"ObjStm", b"XRef")
        }
        for number, at in self._beginnings():
            self._numbers.append(number)
            self._places.append(at)
            if len(self._places) > LARGEST_OBJECTS:
                reason = f"it has more than {LARGEST_OBJECTS} objects"
                self.problem = _problems.unsupported("rest of the document", reason)
                break
            if self._effort < 0:
                reason = "its objects lie within one another"
                self.problem = _problems.corrupt("document", reason)
                break
        self._order = np.argsort(np.array(self._numbers, np.uint64), kind="stable")

    def streams(self, *kinds: bytes, numbers: Iterable[int] = ()) -> Iterator[PdfStream]:
        """Return the streams of some kinds, and those of some numbers, in the order of the file."""
        places = {at for kind in kinds for at in self._kept[kind]}
        places.update(at for number in numbers for at in self._places_of(number))
        for at in sorted(places):
            stream = self.stream(at)
            if stream is not None:
                yield stream

    def stream_of(self, number: int) -> PdfStream | None:
        """Return the stream of the last object of this number, if it has one."""
        at = self._last_place(number)
        return None if at is None else self.stream(at)

    def find(self, number: int) -> Any:  # whatever stands there
        """Return the value of the last object of this number.

        Raises:
            KeyError: there is none, or it makes no sense.
        """
        at = self._last_place(number)
        if at is None:
            raise KeyError(number)
        return self.value_at(at)

    def value_at(self, at: int) -> Any:  # whatever stands there
        """Return the value that begins at an offset.

        Raises:
            KeyError: it makes no sense.
        """
        return self._value(at)[0]

    def find_word(self, word: bytes, start: int) -> int:
        """Return the offset of a word, -1 where there is none."""
        return self._window.find(word, start)

    def text(self, at: int, count: int) -> bytes:
        """Return bytes of the file."""
        return self._window.text(at, count)

    def stream(self, at: int, *, length: int | None = None) -> PdfStream | None:
        """Return the stream of an object, if it has one.

        Args:
            at: where its value begins.
            length: of its bytes, where the dictionary does not say it itself.
        """
        numbers = self._numbers_before(at)
        if numbers is None:
            return None
        number, generation = numbers
        try:
            dictionary, end = self._value(at)
        except KeyError:
            return None
        begun = _STREAM.match(self._window.text(end, _BEFORE_BYTES))
        if begun is None or not isinstance(dictionary, dict):
            return None
        start = end + begun.end()
        said = dictionary.get(b"Length") if length is None else length
        if isinstance(said, int) and said >= 0 and self._ends(start + said):
            return PdfStream(number, generation, dictionary, at, start, start + said, is_torn=False)
        found = self._next(b"endstream", start)
        if found is None:
            return PdfStream(number, generation, dictionary, at, start, 2**62, is_torn=True)
        return PdfStream(number, generation, dictionary, at, start, found, is_torn=False)

    def _last_place(self, number: int) -> int | None:
        """Return where the last object of this number begins, None where there is none."""
        return next(self._places_of(number), None)

    def _places_of(self, number: int) -> Iterator[int]:
        """Return where the objects of this number begin, the last one first."""
        at = bisect_right(self._order, number, key=lambda each: self._numbers[each]) - 1
        while at >= 0 and self._numbers[self._order[at]] == number:
            yield self._places[self._order[at]]
            at -= 1

    def _beginnings(self) -> Iterator[tuple[int, int]]:
        at = 0
        while (found := self._window.find(b"obj", at)) >= 0:
            at = found + 3
            numbers = self._numbers_before(at)
            if numbers is None:
                continue
            yield numbers[0], at
            at = self._passed_over(at)

    def _passed_over(self, at: int) -> int:
        """Return where to look for the next object, and keep this one's place if it is a stream to look at."""
        end, begun = self._next(b"endobj", at), self._next(b"stream", at)
        if begun is None or begun > at + _LARGEST_HEAD or (end is not None and end < begun):
            return at if end is None else end
        stream = self.stream(at)
        if stream is None:
            return at if end is None else end
        if stream.kind:
            self._kept[stream.kind].append(at)
        return stream.start if stream.is_torn else stream.end

    def _numbers_before(self, at: int) -> tuple[int, int] | None:
        """Return the numbers of the object whose `obj` ends here."""
        start = max(at - 3 - _BEFORE_BYTES, 0)
        found = _NUMBERS.search(self._window.text(start, at - 3 - start))
        return None if found is None else (int(found[1]), int(found[2]))

    def _value(self, at: int) -> tuple[Any, int]:  # whatever stands there
        for size in (_USUAL_HEAD, _LARGEST_HEAD):
            reader = ValueReader(self._window.text(at, size))
            try:
                return reader.read(), at + reader.position
            except SyntaxProblemError:
                continue
            finally:
                self._effort -= reader.position
        raise KeyError(at)

    def _next(self, word: bytes, at: int) -> int | None:
        """Return where a word stands from here on; what was found before is not looked for again."""
        since, found = self._found.get(word, (at + 1, None))
        if since <= at and (found is None or found >= at):
            return found
        place = self._window.find(word, at)
        found = place if place >= 0 else None
        self._found[word] = (at, found)
        return found

    def _ends(self, at: int) -> bool:
        return _END.match(self._window.text(at, _BEFORE_BYTES)) is not None
