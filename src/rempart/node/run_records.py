"""The records of a scan read back: of a run that the store knows, or of a file of records, each line checked."""

import base64
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final, cast
from uuid import UUID

import msgspec

from rempart.model.identifiers import ScanId
from rempart.model.records import SCAN_SCHEMA
from rempart.node.errors import (
    RecordsRefusedError,
    RunUnknownError,
    RunWithoutOutputError,
    SourceUnreadableError,
)
from rempart.node.node import OpenNode
from rempart.node.record_lines import ScanLine
from rempart.store import StoredScan, UnknownRecordError

LONGEST_LINE_BYTES: Final = 64_000_000
"""A day of video lists its frames in about a tenth of that."""

_LONGEST_REASON: Final = 300
_DECODER: Final = msgspec.json.Decoder(ScanLine)


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that is no record of a scan.

    Attributes:
        number: of the line, from 1.
        message: what is wrong with it, for people; no character in it acts on a terminal.
    """

    number: int
    message: str


@dataclass(slots=True)
class RunRecords:
    """Records of one scan, in the order of the scan; read them once.

    Attributes:
        path: the file.
        run: the scan as the store remembers it; absent where the file was named itself.
        size_bytes: how much of the file the scan confirmed; absent where that is not known: all of it.
        sha256: of the bytes that were read so far.
        read_bytes: how many these are.
    """

    path: Path
    run: StoredScan | None = None
    size_bytes: int | None = None
    sha256: str = field(default="", init=False)
    read_bytes: int = field(default=0, init=False)

    def read(self) -> Iterator[ScanLine | BadLine]:
        """Yield every record, and in its place what is wrong with a line that is none; empty lines are passed over.

        Raises:
            SourceUnreadableError: the file cannot be read.
            RecordsRefusedError: it is shorter than the scan left it, or no line of it is a record.
        """
        for _, found in self.numbered():
            yield found

    def numbered(self) -> Iterator[tuple[int, ScanLine | BadLine]]:
        """Yield the same with the number of each line, from 1.

        Raises:
            SourceUnreadableError: the file cannot be read.
            RecordsRefusedError: it is shorter than the scan left it, or no line of it is a record.
        """
        with _opened(self.path) as stream:
            self._require_whole(stream)
            yield from self._lines(stream)

    def _lines(self, stream: BinaryIO) -> Iterator[tuple[int, ScanLine | BadLine]]:
        reader = _LineReader(stream, self.size_bytes)
        good, first_bad = 0, None
        try:
            for number, line in enumerate(reader.lines(), start=1):
                if line is not None and not line.strip():
                    continue
                found = read_record(number, line)
                if isinstance(found, BadLine):
                    first_bad = first_bad or found
                else:
                    good += 1
                yield number, found
        except OSError as error:
            raise _unreadable(self.path, error) from error
        finally:
            self.sha256, self.read_bytes = reader.digest.hexdigest(), reader.read_bytes
        if first_bad is not None and not good:
            message = f"{self.path} holds no {SCAN_SCHEMA} record. Line {first_bad.number}: {first_bad.message}."
            raise RecordsRefusedError(message, hint="Name the file of `rempart scan --output`.")

    def _require_whole(self, stream: BinaryIO) -> None:
        size = os.fstat(stream.fileno()).st_size
        if self.size_bytes is not None and size < self.size_bytes:
            message = f"{self.path} has {size} bytes; the run had written {self.size_bytes}."
            raise RecordsRefusedError(message, hint="Put the run's output back.")


def find_records(node: OpenNode, text: str) -> RunRecords:
    """Return the records of a run that the node remembers, finished or not, up to its last checkpoint.

    Args:
        node: that scanned.
        text: identifier of the run.

    Raises:
        RunUnknownError: there is no such run, or its retention is over.
        RunWithoutOutputError: it wrote its records to no file.
    """
    run = _stored_run(node, text)
    settings = cast("Any", run.settings)  # JSON that `begin_run` wrote
    if settings["output"] is None:
        message = f"The run {text} wrote its records to no file."
        raise RunWithoutOutputError(
            message,
            hint="Scan again with --output FILE, or with --report FILE for a report alone.",
        )
    path = Path(os.fsdecode(base64.b64decode(settings["output"])))
    checkpoint = cast("Any", run.checkpoint)  # JSON that `checkpoint` wrote
    return RunRecords(path, run, 0 if checkpoint is None else checkpoint["output_bytes"])


def is_run_identifier(text: str) -> bool:
    """Tell whether a text names a run and no file: it has the form of an identifier."""
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def _stored_run(node: OpenNode, text: str) -> StoredScan:
    try:
        return node.store.scan(ScanId(UUID(text)))
    except (ValueError, UnknownRecordError) as error:
        message = f"The run {text[:60]!r} is not known here, or its retention is over."
        raise RunUnknownError(
            message, hint="Name another run, or the file of its records if it is still there."
        ) from error


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> SourceUnreadableError:
    message = f"The records {path} cannot be read: {error.strerror}."
    return SourceUnreadableError(message, hint="Name a readable file of `rempart scan --output`.")


class _LineReader:
    """Reads lines up to a limit of the whole, and passes over those that are too long."""

    def __init__(self, stream: BinaryIO, size_bytes: int | None) -> None:
        self.digest = hashlib.sha256()
        self.read_bytes = 0
        self._stream = stream
        self._limit = size_bytes

    def lines(self) -> Iterator[bytes | None]:
        """Yield every line, and nothing in place of one that is too long."""
        while line := self._part():
            if len(line) < LONGEST_LINE_BYTES or line.endswith(b"\n"):
                yield line
                continue
            while line and not line.endswith(b"\n"):
                line = self._part()
            yield None

    def _part(self) -> bytes:
        left = LONGEST_LINE_BYTES
        if self._limit is not None:
            left = min(left, self._limit - self.read_bytes)
        part = self._stream.readline(left) if left else b""
        self.digest.update(part)
        self.read_bytes += len(part)
        return part


def read_record(number: int, line: bytes | None) -> ScanLine | BadLine:
    """Return the record of one line, or what is wrong with it.

    Args:
        number: of the line.
        line: its bytes; absent where it is too long.
    """
    if line is None:
        return BadLine(number, f"it is longer than {LONGEST_LINE_BYTES:,} bytes")
    try:
        return _DECODER.decode(line)
    except msgspec.ValidationError as error:
        return BadLine(number, _plain(str(error)))
    except (ValueError, RecursionError) as error:
        # What Rempart writes of a partner's lone surrogate is JSON all the same, which msgspec does not take.
        return _read_slowly(number, line, _plain(str(error)))


def _read_slowly(number: int, line: bytes, reason: str) -> ScanLine | BadLine:
    if not line.endswith(b"\n") and not line.rstrip().endswith(b"}"):
        return BadLine(number, "it is torn: the file ends in its middle")
    try:
        return msgspec.convert(json.loads(line, parse_constant=_refused), ScanLine)
    except msgspec.ValidationError as error:
        return BadLine(number, _plain(str(error)))
    except (ValueError, RecursionError):
        return BadLine(number, reason)


def _refused(_: str) -> None:
    msg = "no number"
    raise ValueError(msg)


def _plain(text: str) -> str:
    """Return a reason in which no character of the line acts on a terminal."""
    shown = "".join(each if each.isprintable() else "\ufffd" for each in text)
    return shown[:_LONGEST_REASON].rstrip(".")
