"""Exercise lists: a million synthetic fingerprints and those of the benign pictures, as CSV."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from rempart.model.fingerprint import PDQ, SHA256
from rempart.node.demo.errors import ExerciseListError

COLUMNS: Final = (
    "id",
    "type",
    "value",
    "category",
    "source",
    "list_version",
    "first_seen",
    "comment",
)
CATEGORIES: Final = ("exercise-A", "exercise-B", "exercise-C", "exercise-D")
HARMLESS_CATEGORY: Final = "exercise-harmless"

LABEL_MAP_TEXT: Final = """\
# What the raw categories of the exercise list mean. exercise-D is left out on purpose: a category that
# nobody gave a meaning stays "unmapped", to be reviewed.
scheme = "exercise"
scheme_version = "1"
region = "exercise"

[map]
"exercise-A" = "class-1"
"exercise-B" = "class-2"
"exercise-C" = "class-3"
"exercise-harmless" = "harmless"
"""
"""A label map for the exercise lists, in TOML."""

_SOURCE: Final = "exercise"
_VERSION: Final = "1"
_FIRST_SEEN: Final = "2026-01-01T00:00:00Z"
_CHUNK_ROWS: Final = 65_536
_PDQ_BYTES: Final = 32
_NUMBER_DIGITS: Final = 9
_HEX: Final = np.frombuffer(b"0123456789abcdef", dtype=np.uint8)


@dataclass(frozen=True, slots=True)
class KnownPicture:
    """The fingerprints of one benign picture; what is absent gets no row.

    Attributes:
        name: of the picture; becomes part of the entry's id and its comment.
        pdq_hex: 64 lower-case hexadecimal digits.
        quality: of the PDQ, 0 to 100.
        sha256_hex: 64 lower-case hexadecimal digits.
    """

    name: str
    pdq_hex: str | None = None
    quality: int | None = None
    sha256_hex: str | None = None


def write_known_list(
    sink: BinaryIO,
    pictures: Sequence[KnownPicture],
    *,
    entries: int,
    seed: int,
    progress: Callable[[int, int], None],
) -> int:
    """Write a list of known fingerprints and return how many entries it has.

    First come the pictures, a row for each fingerprint, then random PDQ values up to `entries` rows; every
    row has an id of its own. The list is written in pieces: memory stays at some 20 MB.

    Args:
        sink: an open binary file.
        pictures: benign pictures with fingerprints computed by the caller.
        entries: rows after the header.
        seed: of the random values and categories.
        progress: called with the number of rows written and the number of all.

    Raises:
        ExerciseListError: the pictures alone need more rows than `entries`, the number is too large, or
            two pictures have one name.
    """
    rows = _picture_rows(pictures, "known", CATEGORIES)
    synthetic = entries - len(rows)
    if synthetic < 0 or entries >= 10**_NUMBER_DIGITS:
        message = f"A list of {entries} entries cannot hold the {len(rows)} rows of the pictures."
        hint = f"Ask for {len(rows)} entries or more, and fewer than {10**_NUMBER_DIGITS}."
        raise ExerciseListError(message, hint=hint)
    sink.write(_csv_bytes([COLUMNS, *rows]))
    generator = np.random.default_rng(seed)
    written = 0
    progress(len(rows), entries)
    while written < synthetic:
        count = min(_CHUNK_ROWS, synthetic - written)
        sink.write(_synthetic_rows(generator, written + 1, count))
        written += count
        progress(len(rows) + written, entries)
    return entries


def write_harmless_list(sink: BinaryIO, pictures: Sequence[KnownPicture]) -> int:
    """Write a list of known-harmless fingerprints, to show a suppression, and return its number of entries.

    A SHA-256 suppresses the perceptual matches of files with these very bytes; a PDQ suppresses only where
    it is nearer to the query than the known entry, so pass that of an edit.

    Args:
        sink: an open binary file.
        pictures: files with fingerprints computed by the caller; give each what shall be listed.
    """
    rows = _picture_rows(pictures, "harmless", (HARMLESS_CATEGORY,))
    sink.write(_csv_bytes([COLUMNS, *rows]))
    return len(rows)


def _picture_rows(
    pictures: Sequence[KnownPicture], prefix: str, categories: Sequence[str]
) -> list[tuple[str, ...]]:
    """Return a row for each fingerprint; refuse two pictures of one name, which would share an id."""
    if len({picture.name for picture in pictures}) != len(pictures):
        message = "Two pictures of the list have the same name."
        raise ExerciseListError(message, hint="Give each picture a name of its own.")
    rows: list[tuple[str, ...]] = []
    for number, picture in enumerate(pictures):
        quality = "" if picture.quality is None else f"; PDQ quality {picture.quality}"
        tail = (
            categories[number % len(categories)],
            _SOURCE,
            _VERSION,
            _FIRST_SEEN,
            f"benign picture {picture.name}{quality}",
        )
        if picture.pdq_hex is not None:
            rows.append((f"{prefix}-{picture.name}-pdq", PDQ, picture.pdq_hex, *tail))
        if picture.sha256_hex is not None:
            rows.append((f"{prefix}-{picture.name}-sha256", SHA256, picture.sha256_hex, *tail))
    return rows


def _csv_bytes(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def _synthetic_rows(generator: np.random.Generator, first: int, count: int) -> bytes:
    """Return rows of one width as one block of bytes: a template whose variable places are filled in."""
    parts = (
        b"synthetic-",
        b"0" * _NUMBER_DIGITS,
        b",pdq,",
        b"0" * 2 * _PDQ_BYTES,
        b",exercise-",
        b"A",
    )
    tail = f",{_SOURCE},{_VERSION},{_FIRST_SEEN},\n".encode()
    starts = np.cumsum([0, *(len(part) for part in parts)])
    template = np.frombuffer(b"".join(parts) + tail, dtype=np.uint8)
    rows = np.tile(template, (count, 1))
    rows[:, starts[1] : starts[2]] = _decimal(np.arange(first, first + count))
    rows[:, starts[3] : starts[4]] = _hexadecimal(generator, count)
    letters = np.array([ord(category[-1]) for category in CATEGORIES], dtype=np.uint8)
    rows[:, starts[5]] = letters[generator.integers(0, len(letters), count)]
    return rows.tobytes()


def _decimal(numbers: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Return the digits of each number as a row of ASCII, with leading zeros."""
    powers = 10 ** np.arange(_NUMBER_DIGITS - 1, -1, -1)
    return (numbers[:, np.newaxis] // powers % 10 + ord("0")).astype(np.uint8)


def _hexadecimal(generator: np.random.Generator, count: int) -> NDArray[np.uint8]:
    """Return random PDQ values as rows of lower-case ASCII."""
    values = generator.integers(0, 256, (count, _PDQ_BYTES), dtype=np.uint8)
    digits = np.empty((count, 2 * _PDQ_BYTES), dtype=np.uint8)
    digits[:, 0::2] = _HEX[values >> 4]
    digits[:, 1::2] = _HEX[values & 15]
    return digits
