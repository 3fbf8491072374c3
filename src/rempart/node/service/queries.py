"""Queries as a caller gives them: understood completely, and laid out in columns to be searched at once."""

import re
from binascii import unhexlify
from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal, TypeAlias

import msgspec
import numpy as np
from numpy.typing import NDArray

from rempart.fingerprint.errors import UrlError
from rempart.match import PictureQuery, Query, UrlQuery, VideoQuery
from rempart.model.fingerprint import (
    CPP512,
    EQUAL_BYTES,
    EXACT,
    FIXED_BYTES,
    MATCHING_QUALITY_FLOOR,
    PDQ,
    SCREEN,
    URL,
    URL_SHA256,
    VPDQ,
    Fingerprint,
)
from rempart.model.video import LONGEST_FRAMES_TEXT, VideoFrame, parse_frames, used_frames
from rempart.node.service.errors import QueryRefusedError

MOST_FINGERPRINTS: Final = 32
"""Most fingerprints of one query."""

LONGEST_REFERENCE: Final = 255
_LONGEST_FOREIGN_VALUE: Final = 131_072
_KIND: Final = re.compile(r"[a-z0-9][a-z0-9_.-]{0,31}", re.ASCII)
_CHARS: Final = {kind: 2 * FIXED_BYTES[kind] for kind in (PDQ, *EQUAL_BYTES)}
_REFERENCE: Final = "the reference"
_BAD_REFERENCE: Final = "it is too long, or holds control characters or lone surrogates"
_PRINTABLE: Final = "^[^\\u0000-\\u001f\\u007f-\\u009f]*$"

Quality: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=100)]
Reference: TypeAlias = Annotated[
    str,
    msgspec.Meta(max_length=LONGEST_REFERENCE, extra_json_schema={"pattern": _PRINTABLE}),
]
Why: TypeAlias = Literal["kind-not-matched", "dialect-not-matched", "quality-too-low"]


class GivenFingerprint(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """One fingerprint as a caller gives it, with the fields of `rempart hash --json`."""

    kind: Annotated[
        str,
        msgspec.Meta(
            description="`pdq`, `vpdq`, `md5`, `sha1`, `sha256`, `sha512`, `url` or `url-sha256`; other kinds are "
            "understood and not searched.",
            extra_json_schema={"pattern": "^[a-z0-9][a-z0-9_.-]{0,31}$"},
            examples=["pdq"],
        ),
    ]
    value: Annotated[
        str,
        msgspec.Meta(
            min_length=1,
            max_length=LONGEST_FRAMES_TEXT,
            description="Hexadecimal digits; of `vpdq` the frames, as the list of `hex,quality,seconds` that "
            "python-threatexchange writes; of `url` the URL; of a kind that is not searched any text of at most "
            "131,072 characters.",
        ),
    ]
    dialect: Annotated[
        Literal["exact", "cpp512", "screen"] | None,
        msgspec.Meta(description="Of a PDQ only; without it, `exact`."),
    ] = None
    quality: Annotated[
        Quality | None,
        msgspec.Meta(description="Of a PDQ only; below 50 it is not searched."),
    ] = None
    software: Annotated[
        Annotated[str, msgspec.Meta(max_length=200)] | None,
        msgspec.Meta(description="What computed it; not used."),
    ] = None


class GivenQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """Everything that is known of one file."""

    fingerprints: Annotated[
        list[GivenFingerprint],
        msgspec.Meta(
            min_length=1,
            max_length=MOST_FINGERPRINTS,
            description="Each kind once, and each dialect of a PDQ once; `url-sha256` as often as there are hashes.",
        ),
    ]
    reference: Annotated[
        Reference | None,
        msgspec.Meta(
            description="The caller's own word for the file, given back with the result and kept with a match; "
            "take none that is personal data."
        ),
    ] = None


class Unsearched(msgspec.Struct, frozen=True):
    """A fingerprint that was understood and not searched, and why."""

    kind: str
    why: Why
    dialect: str | None = None


class _Column:
    """Values of one kind with the queries that they belong to."""

    __slots__ = ("owners", "texts")

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.owners: list[int] = []


class Batch:
    """Queries that were understood: as columns for searching, and one by one for explaining.

    Attributes:
        unsearched: by position of the query: what of it is not searched.
    """

    def __init__(self, given: Sequence[GivenQuery]) -> None:
        """Understand every query.

        Raises:
            QueryRefusedError: one of them has not its form; it names the place, never the value.
        """
        self._given = given
        self._columns: dict[str, _Column] = {}
        self._videos: dict[int, tuple[VideoFrame, ...]] = {}
        self._urls: dict[int, UrlQuery] = {}
        self.unsearched: dict[int, list[Unsearched]] = {}
        for at, query in enumerate(given):
            fingerprints = query.fingerprints
            if len(fingerprints) > 1:
                _refuse_repeated(at, fingerprints)
            for number, each in enumerate(fingerprints):
                self._take(at, number, each)
            if query.reference is not None and not _is_plain(query.reference):
                raise QueryRefusedError(_place(at, "reference"), _BAD_REFERENCE)
        self._matrices = {
            kind: (self._matrix(kind, column), column.owners)
            for kind, column in self._columns.items()
        }
        if self._videos:
            self._matrices[VPDQ] = _matrix_of_frames(self._videos)

    def __len__(self) -> int:
        return len(self._given)

    @property
    def cost(self) -> int:
        """What the batch takes of a budget: one for each query, and for a video one for each frame that is searched.

        Else one query could try as many guesses as a day has seconds.
        """
        return len(self) + sum(len(frames) - 1 for frames in self._videos.values())

    @property
    def columns(self) -> dict[str, tuple[NDArray[np.uint8], list[int]]]:
        """By kind: values, uint8 of shape (n, length), and the position of the query that each belongs to."""
        return self._matrices

    def reference(self, at: int) -> str | None:
        """Return the caller's word for a query."""
        return self._given[at].reference

    def query(self, at: int) -> Query:
        """Return one query for the matcher."""
        digests: list[Fingerprint] = []
        pictures: dict[str, Fingerprint] = {}
        for each in self._given[at].fingerprints:
            if each.kind in EQUAL_BYTES:
                digests.append(Fingerprint(each.kind, unhexlify(each.value)))
            elif each.kind == PDQ and each.dialect != SCREEN:
                dialect = each.dialect or EXACT
                pictures[dialect] = Fingerprint(
                    PDQ, unhexlify(each.value), dialect=dialect, quality=each.quality
                )
        frames = self._videos.get(at)
        return Query(
            digests=tuple(digests),
            picture=_picture(pictures),
            video=None if frames is None else VideoQuery(frames),
            urls=(self._urls[at],) if at in self._urls else (),
        )

    def _take(self, at: int, number: int, given: GivenFingerprint) -> None:
        kind = given.kind
        if kind == VPDQ:
            self._take_video(at, number, given)
            return
        if kind == URL:
            self._take_url(at, number, given)
            return
        digits = _CHARS.get(kind)
        if digits is None:
            _check_foreign(_place(at, number), given)
            self._leave_out(at, given, "kind-not-matched")
            return
        if len(given.value) != digits:
            raise _bad_value(at, number, kind)
        why = None
        if kind == PDQ:
            why = _why_not_searched(given)
        elif given.dialect is not None or given.quality is not None:
            _check_digest(_place(at, number), given)
        if why is not None:
            _require_hex(given.value, at, number, kind)
            self._leave_out(at, given, why)
            return
        self._search(at, kind, given.value)

    def _search(self, at: int, kind: str, digits: str) -> None:
        column = self._columns.get(kind)
        if column is None:
            column = self._columns[kind] = _Column()
        column.texts.append(digits)
        column.owners.append(at)

    def _take_url(self, at: int, number: int, given: GivenFingerprint) -> None:
        place = _place(at, number)
        _check_digest(place, given)
        try:
            url = UrlQuery.of(given.value)
        except UrlError as error:
            raise QueryRefusedError(place + ".value", "it is no URL with a host") from error
        self._urls[at] = url
        for each in url.each_digest():
            self._search(at, URL_SHA256, each.hex())

    def _take_video(self, at: int, number: int, given: GivenFingerprint) -> None:
        _check_digest(_place(at, number), given)
        try:
            frames = tuple(used_frames(parse_frames(given.value)))
        except ValueError as error:
            place = _place(at, number) + ".value"
            raise QueryRefusedError(place, "these are not the frames of a vpdq") from error
        if frames:
            self._videos[at] = frames
        else:
            self._leave_out(at, given, "quality-too-low")

    def _leave_out(self, at: int, given: GivenFingerprint, why: Why) -> None:
        dialect = (given.dialect or EXACT) if given.kind == PDQ else None
        self.unsearched.setdefault(at, []).append(Unsearched(given.kind, why, dialect))

    def _matrix(self, kind: str, column: _Column) -> NDArray[np.uint8]:
        try:
            joined = unhexlify("".join(column.texts))
        except ValueError:
            raise self._first_bad(kind) from None
        return np.frombuffer(joined, dtype=np.uint8).reshape(-1, FIXED_BYTES[kind])

    def _first_bad(self, kind: str) -> QueryRefusedError:
        """Return the error for the first value of a kind that is not hexadecimal."""
        for at, query in enumerate(self._given):
            for number, each in enumerate(query.fingerprints):
                if each.kind == kind:
                    try:
                        unhexlify(each.value)
                    except ValueError:
                        return _bad_value(at, number, kind)
        return QueryRefusedError("queries", f"a value is no {kind}")


def as_reference(text: str | None) -> str | None:
    """Return a caller's word for a file, if it can be one.

    Raises:
        QueryRefusedError: it is too long, or holds control characters or lone surrogates.
    """
    if text is not None and (len(text) > LONGEST_REFERENCE or not _is_plain(text)):
        raise QueryRefusedError(_REFERENCE, _BAD_REFERENCE)
    return text or None


def _place(at: int, part: int | str) -> str:
    """Return where in the request something stands."""
    inside = f"fingerprints[{part}]" if isinstance(part, int) else part
    return f"queries[{at}].{inside}"


def _check_foreign(place: str, given: GivenFingerprint) -> None:
    """Refuse what cannot be the name of a kind."""
    if _KIND.fullmatch(given.kind) is None:
        raise QueryRefusedError(place, "its kind is not the name of one")
    if len(given.value) > _LONGEST_FOREIGN_VALUE:
        raise QueryRefusedError(place + ".value", "it is too long for a kind that is not searched")
    _check_digest(place, given)


def _check_digest(place: str, given: GivenFingerprint) -> None:
    """Refuse what only a PDQ has."""
    if given.dialect is not None or given.quality is not None:
        raise QueryRefusedError(place, "dialect and quality belong to a PDQ")


def _matrix_of_frames(
    videos: Mapping[int, Sequence[VideoFrame]],
) -> tuple[NDArray[np.uint8], list[int]]:
    joined = b"".join([frame.value for frames in videos.values() for frame in frames])
    owners = [at for at, frames in videos.items() for _ in frames]
    return np.frombuffer(joined, np.uint8).reshape(-1, FIXED_BYTES[PDQ]), owners


def _why_not_searched(given: GivenFingerprint) -> Why | None:
    if given.dialect == SCREEN:
        return "dialect-not-matched"
    if given.quality is not None and given.quality < MATCHING_QUALITY_FLOOR:
        return "quality-too-low"
    return None


def _picture(pictures: dict[str, Fingerprint]) -> PictureQuery | None:
    """Return the PDQ side of a query; a caller gives no turned variants."""
    exact, cpp512 = pictures.get(EXACT), pictures.get(CPP512)
    main = exact or cpp512
    if main is None:
        return None
    return PictureQuery(
        variants=(main.value,),
        quality=main.quality,
        cpp512=cpp512.value if cpp512 is not None else None,
        cpp512_quality=cpp512.quality if cpp512 is not None else None,
    )


def _refuse_repeated(at: int, fingerprints: Sequence[GivenFingerprint]) -> None:
    seen = set()
    for number, each in enumerate(fingerprints):
        if (
            each.kind == URL_SHA256
        ):  # a URL that is not to be told has one for each of its expressions
            continue
        key = (each.kind, (each.dialect or EXACT) if each.kind == PDQ else None)
        if key in seen:
            raise QueryRefusedError(_place(at, number), "its kind stands there twice")
        seen.add(key)


def _require_hex(text: str, at: int, number: int, kind: str) -> None:
    try:
        unhexlify(text)
    except ValueError:
        raise _bad_value(at, number, kind) from None


def _bad_value(at: int, number: int, kind: str) -> QueryRefusedError:
    return QueryRefusedError(
        _place(at, number) + ".value", f"a {kind} is written in {_CHARS[kind]} hexadecimal digits"
    )


def _is_plain(text: str) -> bool:
    """Tell whether a text holds neither control characters nor lone surrogates."""
    if text.isprintable():
        return True
    return not any(
        point < 0x20 or 0x7F <= point <= 0x9F or 0xD800 <= point <= 0xDFFF  # noqa: PLR2004 - blocks of Unicode
        for point in map(ord, text)
    )
