"""Members of a tar, read forward: from the file itself, or from the bytes that a compressor unpacks."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

from rempart.media._container_signs import BLOCK_BYTES, is_tar_header
from rempart.media.archives import _problems, _tar_sparse
from rempart.media.archives._reading import Part, Reading
from rempart.media.archives._streams import MemberStream, Meter
from rempart.media.archives._tar_headers import (
    TarHeader,
    is_end,
    padded,
    read_header,
    read_records,
    text,
)
from rempart.media.archives.container import Container, Member
from rempart.media.errors import ContainerError
from rempart.model.scan import Problem

LARGEST_EXTRA_BYTES: Final = 1024 * 1024
"""Of one long name or extended header: names have at most some thousand bytes."""

_FOLDER: Final = b"5"
_LINKS: Final = b"12"
_NO_FILES: Final = b"346"
_LABEL: Final = b"V"
_LIST_OF_NAMES: Final = b"D"
_LONG_NAME: Final = b"L"
_EXTENDED: Final = b"xX"
_SPARSE: Final = b"S"
_EXTRA_KINDS: Final = b"LKxXg"
_WITHOUT_CONTENT: Final = _FOLDER + _LABEL


_DIGITS: Final = re.compile(rb"[0-9]{1,19}")


class TarBytes(Protocol):
    """The archive's bytes in order."""

    position: int

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, fewer only at the end."""

    def skip(self, count: int) -> None:
        """Go forward."""


@dataclass(slots=True)
class _Extras:
    """What headers in front of a member say about it."""

    name: bytes | None = None
    records: list[tuple[bytes, bytes]] = field(default_factory=list)

    def value(self, *keys: bytes) -> bytes | None:
        """Return the last value of a key."""
        found = [value for key, value in self.records if key in keys]
        return found[-1] if found else None

    def name_or(self, name: bytes) -> bytes:
        """Return the name that they give the member, or the one given."""
        return self.value(b"GNU.sparse.name") or self.value(b"path") or self.name or name

    def number(self, *keys: bytes) -> int | None:
        """Return the value of a key where it is a number of 64 bits."""
        value = self.value(*keys)
        return int(value) if value is not None and _DIGITS.fullmatch(value) else None


@dataclass(frozen=True, slots=True)
class _Content:
    """A member's bytes in the archive.

    Attributes:
        size: of the member.
        stored: of what stands in the archive.
        pieces: of a sparse member, where the stored bytes belong.
    """

    size: int
    stored: int
    pieces: list[_tar_sparse.Piece] | None = None


class _Stored:
    """The bytes of the member where the archive stands now."""

    def __init__(self, archive: TarBytes, size: int) -> None:
        self._archive = archive
        self._position = archive.position
        self._missing = size

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes, fewer only at the end."""
        if self._archive.position != self._position:
            msg = "a member of a tar can be read only until the next one is asked for"
            raise ValueError(msg)
        piece = self._archive.read(min(size, self._missing))
        self._position += len(piece)
        self._missing -= len(piece)
        return piece


class TarReader:
    """Reads the members of one tar.

    Args:
        archive: its bytes.
        meter: makes what counts a member's bytes; it is told how many are stored where the member is sparse.

    Attributes:
        problem: the first thing that was wrong; reading went on behind it.
    """

    def __init__(self, archive: TarBytes, meter: Callable[[int | None], Meter]) -> None:
        self._archive = archive
        self._meter = meter
        self._number = 0
        self._has_ended = False
        self.problem: Problem | None = None

    def members(self) -> Iterator[Member]:
        """Return the members in order; behind damage, from the next header on whose checksum fits.

        Raises:
            ContainerError: the archive cannot be read further.
        """
        extras = _Extras()
        while (header := self._next_header()) is not None:
            if header.kind in _EXTRA_KINDS:
                self._add(extras, header)
            else:
                yield from self._member(header, extras)
                extras = _Extras()
        if not self._has_ended:
            self._note(_problems.truncated("archive"))

    def _next_header(self) -> TarHeader | None:
        while block := self._archive.read(BLOCK_BYTES):
            if is_tar_header(block):
                try:
                    header = read_header(block)
                except ContainerError as error:
                    self._note(error.problem)
                    continue
                self._has_ended = False
                return header
            if is_end(block):
                self._has_ended = True
            elif not self._has_ended:
                self._note(_problems.corrupt("archive", "a member's header makes no sense"))
        return None

    def _add(self, extras: _Extras, header: TarHeader) -> None:
        """Take in what a header says about the member behind it; the target of a link is of no interest."""
        if header.size > LARGEST_EXTRA_BYTES:
            self._archive.skip(padded(header.size))
            self._note(_problems.corrupt("archive", "a header is longer than any name"))
            return
        data = self._archive.read(padded(header.size))[: header.size]
        if header.kind == _LONG_NAME:
            extras.name = text(data)
        elif header.kind in _EXTENDED:
            try:
                extras.records = read_records(data)
            except ContainerError as error:
                self._note(error.problem)

    def _member(self, header: TarHeader, extras: _Extras) -> Iterator[Member]:
        """Return one member, if it is one, and go to the end of its bytes."""
        name = extras.name_or(header.name)
        if header.kind in _LINKS:
            yield self._numbered(name, problem=_problems.link())
        elif header.kind in _NO_FILES:
            yield self._numbered(name, problem=_problems.not_a_file())
        elif header.kind not in _WITHOUT_CONTENT:
            stored = extras.number(b"size")
            stored = header.size if stored is None else stored
            start = self._archive.position
            if header.kind != _LIST_OF_NAMES and not header.is_old_folder:
                content, start, problem = self._content(header, extras, stored)
                yield self._numbered(name, content=content, problem=problem)
            self._archive.skip(start + padded(stored) - self._archive.position)

    def _content(
        self, header: TarHeader, extras: _Extras, stored: int
    ) -> tuple[_Content, int, Problem | None]:
        """Return the member's content, where its bytes begin, and what is wrong with it."""
        content, start = _Content(stored, stored), self._archive.position
        try:
            if header.kind == _SPARSE:
                pieces, size = _tar_sparse.old_map(
                    header.block, lambda: self._archive.read(BLOCK_BYTES)
                )
                start = self._archive.position
                content = _Content(size, stored, pieces)
            elif (
                size_named := extras.number(b"GNU.sparse.realsize", b"GNU.sparse.size")
            ) is not None:
                content = self._pax_sparse(extras, size_named, stored)
            if content.pieces is not None:
                _tar_sparse.check(content.pieces, size=content.size, stored=content.stored)
        except ContainerError as error:
            return content, start, error.problem
        return content, start, None

    def _pax_sparse(self, extras: _Extras, size: int, stored: int) -> _Content:
        if extras.value(b"GNU.sparse.major") != b"1":
            return _Content(size, stored, _tar_sparse.pax_map(extras.records))
        pieces, taken = _tar_sparse.leading_map(_Stored(self._archive, stored))
        return _Content(size, stored - taken, pieces)

    def _numbered(
        self, name: bytes, *, content: _Content | None = None, problem: Problem | None
    ) -> Member:
        self._number += 1
        return Member(
            number=self._number,
            name=name,
            size=content.size if content is not None else None,
            problem=problem,
            _opened=None if content is None else lambda: self._open(content),
        )

    def _open(self, content: _Content) -> MemberStream:
        reading: Reading = _Stored(self._archive, content.stored)
        packed = None
        if content.pieces is not None:
            reading = _tar_sparse.SparseReading(reading, content.pieces, content.size)
            packed = content.stored
        return MemberStream(reading, self._meter(packed), size=content.size)

    def _note(self, problem: Problem) -> None:
        if self.problem is None:
            self.problem = problem


class TarContainer(Container):
    """A tar that is not packed."""

    def _members(self) -> Iterator[Member]:
        reader = TarReader(
            Part(self._source, 0),
            lambda packed: Meter(self._limits, self._budget, packed=packed),
        )
        try:
            yield from reader.members()
        finally:
            if reader.problem is not None:
                self._note(reader.problem)
