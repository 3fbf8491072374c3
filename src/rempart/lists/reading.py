"""Read a list of any supported format."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import BinaryIO, Final

from rempart.lists.column_map import ColumnMap
from rempart.lists.csv_reader import read_csv
from rempart.lists.detection import (
    CAID,
    CSV,
    ENCASE,
    HASHKEEPER,
    ICSE,
    KDB,
    NSRL,
    PLAIN,
    URLS,
    VICS,
    detect,
    has_sets_of_hashkeeper,
    is_database,
)
from rempart.lists.encase_reader import read_encase
from rempart.lists.errors import (
    KnownGoodOnlyError,
    ListFormatError,
    ListRefusedError,
    ListUsageError,
)
from rempart.lists.hashkeeper_reader import HashKeeperSets, read_hashkeeper
from rempart.lists.icse_reader import read_icse
from rempart.lists.kdb_reader import read_kdb
from rempart.lists.label_map import LabelMap
from rempart.lists.nsrl_database import read_nsrl_database
from rempart.lists.nsrl_text import read_nsrl_text
from rempart.lists.plain_reader import read_plain
from rempart.lists.seen_digests import SeenDigests
from rempart.lists.source_text import SourceBytes
from rempart.lists.url_list_reader import read_url_list
from rempart.lists.vics_reader import read_vics
from rempart.model.fingerprint import DIGEST_BYTES, MD5
from rempart.model.lists import BadRecord, EntryDraft, ListPurpose

AUTO: Final = "auto"
READ_FORMATS: Final = (AUTO, CSV, VICS, CAID, PLAIN, NSRL, KDB, ICSE, HASHKEEPER, ENCASE, URLS)


def read_list(
    *streams: BinaryIO,
    format: str,  # noqa: A002 - the word of the command line
    columns: ColumnMap | None = None,
    labels: LabelMap | None = None,
    plain_64_is_pdq: bool = False,
    purpose: ListPurpose | None = None,
    on_bad: Callable[[BadRecord], None],
) -> Iterator[EntryDraft]:
    """Yield the entries of a list one by one, in bounded memory.

    A list that is refused may have yielded entries before: keep none of them. Keys may repeat, except
    that VICS documents yield each MD5 once; `entry_key` tells.

    Args:
        streams: open for reading bytes, together one version of the list, read in this order; each is read from
            where it stands, never sought in, nor closed. A database is read by the file that a stream is open on.
        format: one of `READ_FORMATS`; with `auto` the content of each file tells.
        columns: what the columns of a foreign CSV hold; with `auto` the list is then a CSV.
        labels: what category numbers mean; without it every category stays `unmapped`.
        plain_64_is_pdq: whether 64 digits alone on a line of a plain list are a PDQ and no SHA-256.
        purpose: what the operator says that the list is for; the NSRL is read for known-harmless only.
        on_bad: receives each record that was refused; reading goes on.

    Raises:
        ListUsageError: the arguments do not go together (at once), or a map does not fit the list.
        ListRefusedError: the list as a whole cannot be read (while iterating).
    """
    if format not in READ_FORMATS:
        msg = f"There is no list format {format[:40]!a}."
        raise ListUsageError(msg, hint=f"Choose one of {', '.join(READ_FORMATS)}.")
    if columns is not None and format not in {AUTO, CSV}:
        msg = f"A column map has no meaning for the format {format}."
        raise ListUsageError(msg, hint="Leave it out, or choose the format csv.")
    if plain_64_is_pdq and (columns is not None or format not in {AUTO, PLAIN}):
        msg = "Only a plain list can be told to hold PDQ."
        raise ListUsageError(msg, hint="Leave the option out, or choose the format plain.")
    stated = CSV if columns is not None else format
    reading = _Reading(
        columns=columns, labels=labels, plain_64_is_pdq=plain_64_is_pdq, purpose=purpose
    )
    return reading.entries([_File(each, stated) for each in streams], on_bad)


class _File:
    """One file of a list."""

    def __init__(self, stream: BinaryIO, stated: str) -> None:
        self.stream = stream
        self.source = SourceBytes(stream)
        self._format = stated

    def format(self) -> str:
        """Return the format that was stated, or that the content tells."""
        if self._format == AUTO:
            self._format = detect(self.source.peek(), self.stream)
        return self._format

    def names_sets(self) -> bool:
        """Tell whether it only names the sets that other files of the list hold."""
        return self.format() == HASHKEEPER and has_sets_of_hashkeeper(self.source.peek())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """One reading of a list, with what the operator states and what its files share."""

    columns: ColumnMap | None
    labels: LabelMap | None
    plain_64_is_pdq: bool
    purpose: ListPurpose | None
    seen: SeenDigests = field(default_factory=lambda: SeenDigests(DIGEST_BYTES[MD5]))
    sets: HashKeeperSets = field(default_factory=HashKeeperSets)

    def entries(
        self, files: Sequence[_File], on_bad: Callable[[BadRecord], None]
    ) -> Iterator[EntryDraft]:
        """Yield the entries of all files; first those are read that only name what others hold."""
        held: list[tuple[_File, _Place]] = []
        for number, file in enumerate(files, start=1):
            place = _Place(number if len(files) > 1 else None, on_bad)
            with place.errors():
                if file.names_sets():
                    self.sets.read(file.source, on_bad=place.tell)
                else:
                    held.append((file, place))
        if not held:
            msg = "The list names its sets and holds no hashes."
            raise ListFormatError(msg, hint="Give its .hsh file as well.")
        for file, place in held:
            with place.errors():
                yield from self._entries(file, place.tell)

    def _entries(self, file: _File, on_bad: Callable[[BadRecord], None]) -> Iterator[EntryDraft]:
        actual = file.format()
        if actual == NSRL and self.purpose is not ListPurpose.KNOWN_HARMLESS:
            msg = "The NSRL lists known software and no known material."
            raise KnownGoodOnlyError(
                msg, hint="Import it into a list of its own with --purpose known-harmless."
            )
        return _READERS[actual](self, file, on_bad)


class _Place:
    """Which of several files is being read, for messages; None where there is only one."""

    def __init__(self, number: int | None, on_bad: Callable[[BadRecord], None]) -> None:
        self._number = number
        self._on_bad = on_bad

    def tell(self, bad: BadRecord) -> None:
        """Pass a bad record on."""
        if self._number is not None:
            bad = replace(bad, message=f"file {self._number}, {bad.message}")
        self._on_bad(bad)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Let an error of ours name the file."""
        try:
            yield
        except (ListUsageError, ListRefusedError) as error:
            if self._number is None:
                raise
            msg = f"File {self._number} of the list: {error.message}"
            raise type(error)(msg, hint=error.hint) from error


_Reader = Callable[[_Reading, _File, Callable[[BadRecord], None]], Iterator[EntryDraft]]


def _vics(how: _Reading, file: _File, on_bad: Callable[[BadRecord], None]) -> Iterator[EntryDraft]:
    return read_vics(file.source, labels=how.labels, seen=how.seen, on_bad=on_bad)


def _nsrl(_: _Reading, file: _File, on_bad: Callable[[BadRecord], None]) -> Iterator[EntryDraft]:
    if is_database(file.source.peek()):
        return read_nsrl_database(file.stream, on_bad=on_bad)
    return read_nsrl_text(file.source, on_bad=on_bad)


def _kdb(how: _Reading, file: _File, on_bad: Callable[[BadRecord], None]) -> Iterator[EntryDraft]:
    if not is_database(file.source.peek()):
        msg = "The list is no database, as a .kdb of Autopsy is."
        raise ListFormatError(msg, hint="Check the file and --format.")
    return read_kdb(file.stream, labels=how.labels, on_bad=on_bad)


_READERS: Final[dict[str, _Reader]] = {
    CSV: lambda how, file, on_bad: read_csv(
        file.source, columns=how.columns, labels=how.labels, on_bad=on_bad
    ),
    VICS: _vics,
    CAID: _vics,
    PLAIN: lambda how, file, on_bad: read_plain(
        file.source, bare_64_is_pdq=how.plain_64_is_pdq, on_bad=on_bad
    ),
    NSRL: _nsrl,
    KDB: _kdb,
    ICSE: lambda how, file, on_bad: read_icse(file.source, labels=how.labels, on_bad=on_bad),
    HASHKEEPER: lambda how, file, on_bad: read_hashkeeper(
        file.source, sets=how.sets, on_bad=on_bad
    ),
    ENCASE: lambda _, file, on_bad: read_encase(file.source, on_bad=on_bad),
    URLS: lambda _, file, on_bad: read_url_list(file.source, on_bad=on_bad),
}
