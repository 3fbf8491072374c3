"""Read the text form of the NSRL (RDS v2): known software, never known material."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Final, Self

from rempart.lists.bad_records import BadCode, BadRecordError
from rempart.lists.byte_lines import byte_lines
from rempart.lists.errors import ListFormatError
from rempart.lists.limits import MAX_COLUMNS
from rempart.lists.source_text import SourceBytes
from rempart.lists.trusted import checked_draft
from rempart.lists.values import digest
from rempart.model.fingerprint import MD5, SHA1, SHA256, Fingerprint
from rempart.model.lists import BadRecord, EntryDraft

_NAME: Final = "FileName"
_KINDS: Final = {"SHA-256": SHA256, "SHA-1": SHA1, "MD5": MD5}
_TOLD_BY: Final = frozenset({"SHA-1", "MD5", _NAME, "SpecialCode"})
_QUOTES_AND_BLANKS: Final = b'" \t'


def is_nsrl_header(line: bytes) -> bool:
    """Tell whether a line is the header of an NSRL file, in whichever order its columns stand."""
    return set(_cells(line)) >= _TOLD_BY


def read_nsrl_text(
    source: SourceBytes, *, on_bad: Callable[[BadRecord], None]
) -> Iterator[EntryDraft]:
    """Yield one entry for each line after the header; its number is that of the line.

    File names may be in any encoding and hold quotes and commas: all the other cells are found from the two
    ends of the line, and names, sizes and products are not read. Of neighbouring lines with the same digests
    (one file in several products) the first one counts and the others are no records.

    Args:
        source: the bytes of the list.
        on_bad: receives each line that was refused.

    Raises:
        ListFormatError: the first line is no header of the NSRL.
        ListEncodingError: a NUL is among the bytes.
        ListLimitError: a line is too long.
    """
    lines = enumerate(byte_lines(source), start=1)
    layout = _Layout.of(next((line for _, line in lines if line.strip()), b""))
    before: tuple[bytes, ...] = ()
    for number, line in lines:
        if not line or line.isspace():
            continue
        try:
            cells = layout.digests(line)
            if cells == before:
                continue
            before = cells
            found = layout.fingerprints(cells)
        except BadRecordError as bad:
            text = f"line {number}: {bad.message}"
            on_bad(BadRecord(number=number, code=bad.code.value, message=text))
            continue
        yield checked_draft(number, found)


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the digests stand in a line.

    Attributes:
        kinds: of the digests, strongest first.
        places: of the digests, counted from 0.
        left: how many cells stand before the file's name.
        right: how many stand behind it.
    """

    kinds: tuple[str, ...]
    places: tuple[int, ...]
    left: int
    right: int

    @classmethod
    def of(cls, header: bytes) -> Self:
        if not is_nsrl_header(header):
            msg = "The first line of the list is no header of the NSRL."
            raise ListFormatError(msg, hint="Name the file NSRLFile.txt of the set, or a database.")
        names = _cells(header)
        if len(names) > MAX_COLUMNS or len(set(names)) != len(names):
            msg = "The header of the list names a column twice, or has too many columns."
            raise ListFormatError(msg, hint="Name the file NSRLFile.txt of the set.")
        kinds = [(kind, names.index(name)) for name, kind in _KINDS.items() if name in names]
        left = names.index(_NAME)
        return cls(
            kinds=tuple(kind for kind, _ in kinds),
            places=tuple(place for _, place in kinds),
            left=left,
            right=len(names) - left - 1,
        )

    def digests(self, line: bytes) -> tuple[bytes, ...]:
        """Return the cells of the digests as they are written, without quotes."""
        head = line.split(b",", self.left)
        tail = head.pop().rsplit(b",", self.right)
        cells = list(chain(head, tail))
        if len(cells) != self.left + self.right + 1:
            raise BadRecordError(
                BadCode.WRONG_CELL_COUNT, "the line has fewer cells than the header"
            )
        return tuple(cells[place].strip(_QUOTES_AND_BLANKS) for place in self.places)

    def fingerprints(self, cells: Sequence[bytes]) -> tuple[Fingerprint, ...]:
        found = tuple(
            digest(kind, cell.decode("latin-1"))
            for kind, cell in zip(self.kinds, cells, strict=True)
            if cell
        )
        if not found:
            raise BadRecordError(BadCode.NO_FINGERPRINT, "the line holds no fingerprint")
        return found


def _cells(line: bytes) -> list[str]:
    return [cell.strip(_QUOTES_AND_BLANKS).decode("latin-1") for cell in line.split(b",")]
