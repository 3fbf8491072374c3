"""What node and worker say to each other about one file, in MessagePack.

A worker has decoded hostile bytes: its result is believed only as far as it is possible. Decoding checks
lengths, kinds, ranges and whether the parts fit each other; what fails is thrown away whole.
"""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec

from rempart.fingerprint._software import SOFTWARE
from rempart.fingerprint.errors import WorkMessageError
from rempart.fingerprint.url_finding import MOST_URLS
from rempart.model.fingerprint import (
    CPP512,
    DIGEST_BYTES,
    EXACT,
    MD5,
    PDQ,
    SCREEN,
    SHA1,
    SHA256,
    Fingerprint,
)
from rempart.model.match import TRANSFORMS
from rempart.model.scan import Outcome, Problem
from rempart.model.urls import UrlSummary
from rempart.model.video import LARGEST_FRAMES, VideoSummary

Depth: TypeAlias = Literal["screen", "exact", "confirm", "digests"]
"""`screen`: digests, and `screen` alone for a JPEG that offers it; `exact`: digests, `exact` and `cpp512`;
`confirm`: as `exact`, for bytes that must still have the expected SHA-256; `digests`: nothing is decoded."""

Place: TypeAlias = tuple[Annotated[int, msgspec.Meta(ge=1, le=2**53)], ...]
"""Where a member lies: its number in the file, or in the member that the numbers before it lead to."""

LARGEST_DEPTH: Final = 16
"""Most numbers of a place."""

MOST_CONFIRMED: Final = 150
"""Most members of one request to confirm: it must fit one message."""

_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
_Limit: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=2**63 - 1)]
_Sha256: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
_PdqValue: TypeAlias = Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
_Quality: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=100)]
_MediaType: TypeAlias = Annotated[
    str, msgspec.Meta(pattern=r"\A[a-z]{1,20}/[a-z0-9][a-z0-9.+-]{0,80}\Z")
]

_LONGEST_TEXT: Final = 1000
_LARGEST_SIDE: Final = 2**31 - 1
_LARGEST_TIME: Final = 10**12 - 1
"""Milliseconds: thirty years, as of frames. Whoever reads records takes no video that is much longer."""
_DIGEST_ORDER: Final = (SHA256, MD5, SHA1)
_PDQ_ORDERS: Final = ((), (EXACT, CPP512), (SCREEN,))
_HINT: Final = "Scan the file again; if it happens again, examine the file apart from the others."


class ContainerLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How far archives, documents and messages are opened.

    Attributes:
        depth: containers within containers; one that is a file has depth 1.
        members: members of one file, those of nested containers counted.
        unpacked_bytes: of all of them together.
        ratio: unpacked bytes for each packed one.
        seconds: time after which no further member is begun.
        spent_members: how many members earlier visits counted.
        spent_bytes: how many bytes earlier visits unpacked.
    """

    depth: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_DEPTH)]
    members: _Limit
    unpacked_bytes: _Limit
    ratio: _Limit
    seconds: _Limit
    spent_members: _Count = 0
    spent_bytes: _Count = 0


class VideoLimits(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How far videos and animated pictures are decoded.

    Attributes:
        milliseconds: longest video.
        seconds: time after which no further frame is decoded.
        is_screened: whether keyframes alone will do for a first look.
    """

    milliseconds: _Limit
    seconds: _Limit
    is_screened: bool


class Confirmed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member that shall be looked at again, exactly.

    Attributes:
        place: where it lies.
        sha256: what its bytes must still be.
    """

    place: Annotated[Place, msgspec.Meta(min_length=1, max_length=LARGEST_DEPTH)]
    sha256: _Sha256


class WorkRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a worker shall do with one open file.

    Attributes:
        depth: which fingerprints are wanted.
        max_file_bytes: a larger file or member is not decoded, nor opened as a member; its digests are still computed.
        max_pixels: a larger picture or frame is not decoded.
        expected_sha256: for `confirm` of a file: what its bytes must still be.
        video: limits of videos; absent where they are not decoded.
        containers: limits of containers; absent where they are not opened.
        after: the place of the last member that is done with: go on behind it. None means from the first one on.
        undecoded: a member that is not to be decoded or opened, because that killed a worker.
        confirmed: for `confirm` of members: in the order of their places.
        finds_urls: whether URLs are looked for in content that is no picture, film, sound or packed archive.
    """

    depth: Depth
    max_file_bytes: _Limit
    max_pixels: _Limit
    expected_sha256: _Sha256 | None = None
    video: VideoLimits | None = None
    containers: ContainerLimits | None = None
    after: Annotated[Place, msgspec.Meta(max_length=LARGEST_DEPTH)] = ()
    undecoded: Annotated[Place, msgspec.Meta(max_length=LARGEST_DEPTH)] = ()
    confirmed: Annotated[tuple[Confirmed, ...], msgspec.Meta(max_length=MOST_CONFIRMED)] = ()
    finds_urls: bool = False

    def __post_init__(self) -> None:
        has_expected = (self.expected_sha256 is not None) + bool(self.confirmed)
        if has_expected != (self.depth == "confirm"):
            msg = "a SHA-256 is expected for depth confirm, and only there"
            raise ValueError(msg)
        if (self.after or self.undecoded or self.confirmed) and self.containers is None:
            msg = "members are named only where containers are opened"
            raise ValueError(msg)


class PictureQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a picture is matched with.

    Attributes:
        dialect: `exact` or `screen`.
        quality: 0 to 100.
        variants: eight values in the order of `rempart.model.match.TRANSFORMS`.
    """

    dialect: str
    quality: _Quality
    variants: Annotated[
        tuple[_PdqValue, ...], msgspec.Meta(min_length=len(TRANSFORMS), max_length=len(TRANSFORMS))
    ]


class VideoFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a worker saw of a moving picture; its frames come in parts before the result.

    Attributes:
        summary: what the record says.
        is_sparse: whether keyframes lie too far apart to screen the video by them.
    """

    summary: VideoSummary
    is_sparse: bool = False


class WorkResult(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a worker found out about one file or member.

    Attributes:
        size: bytes; absent only for a member that could not be read and does not say.
        media_type: IANA media type by content; absent when unknown.
        outcome: how far it came; `ok` if and only if there is no problem.
        problem: why it did not come further.
        fingerprints: of the whole content: PDQ (`exact` and `cpp512`, or `screen`), SHA-256, MD5, SHA-1.
        partial_fingerprints: PDQ `exact` and `cpp512` of what could be decoded of a torn picture.
        query: for matching the whole picture.
        partial_query: for matching what could be decoded of a torn picture.
        video: of a video or an animated picture.
        urls: of content in which URLs were looked for; they come in parts before the result.
        is_false: whether a checksum does not fit a member's bytes, which were all read: it has digests, and what is
            in it counts as torn.
    """

    size: _Count | None
    media_type: _MediaType | None
    outcome: Outcome
    problem: Problem | None
    fingerprints: tuple[Fingerprint, ...] = ()
    partial_fingerprints: tuple[Fingerprint, ...] = ()
    query: PictureQuery | None = None
    partial_query: PictureQuery | None = None
    video: VideoFacts | None = None
    urls: UrlSummary | None = None
    is_false: bool = False


_encoder: Final = msgspec.msgpack.Encoder()
_request_decoder: Final = msgspec.msgpack.Decoder(WorkRequest)
_result_decoder: Final = msgspec.msgpack.Decoder(WorkResult)


def encode_request(request: WorkRequest) -> bytes:
    """Return the bytes that `decode_request` takes."""
    return _encoder.encode(request)


def decode_request(message: bytes) -> WorkRequest:
    """Return the request in a message.

    Raises:
        WorkMessageError: the message is not a request.
    """
    try:
        return _request_decoder.decode(message)
    except (msgspec.MsgspecError, ValueError) as error:
        raise _broken(error) from error


def encode_result(result: WorkResult) -> bytes:
    """Return the bytes that `decode_result` takes."""
    return _encoder.encode(result)


def decode_result(message: bytes) -> WorkResult:
    """Return the result in a message from a worker that is not trusted.

    Raises:
        WorkMessageError: the message is no result, or its parts cannot all be true.
    """
    try:
        result = _result_decoder.decode(message)
        _check_problem(result)
        _check_digests(result)
        _check_pictures(result)
        _check_video(result)
        _require(result.urls is None or 0 <= result.urls.distinct <= MOST_URLS, "number of URLs")
    except (msgspec.MsgspecError, ValueError) as error:
        raise _broken(error) from error
    return result


def _broken(error: Exception) -> WorkMessageError:
    # msgspec names the place and the expected type, never the value.
    return WorkMessageError(
        f"A message between node and worker was not understood: {error}.", hint=_HINT
    )


def _require(is_so: bool, message: str) -> None:  # noqa: FBT001 - reads as a statement where it is called
    if not is_so:
        raise ValueError(message)


def _check_problem(result: WorkResult) -> None:
    _require(
        (result.outcome is Outcome.OK) == (result.problem is None), "outcome and problem disagree"
    )
    if result.problem is not None:
        for text in (result.problem.message, result.problem.hint):
            _require(
                len(text) <= _LONGEST_TEXT and text.isprintable(),
                "a text is too long or not printable",
            )


def _check_digests(result: WorkResult) -> None:
    digests = [each for each in result.fingerprints if each.kind != PDQ]
    kinds = tuple(each.kind for each in digests)
    _require(kinds in ((), _DIGEST_ORDER), "digests are missing or in disorder")
    _require(bool(kinds) or result.outcome is not Outcome.OK, "a file that is ok has digests")
    _require(bool(result.size) or not result.fingerprints, "an empty file has no fingerprints")
    _require(
        not result.is_false or result.outcome is Outcome.PARTIAL, "a false checksum makes partial"
    )
    _require(
        result.fingerprints[len(result.fingerprints) - len(digests) :] == tuple(digests), "order"
    )
    _require(
        all(len(each.value) == DIGEST_BYTES[each.kind] for each in digests), "length of a digest"
    )


def _check_pictures(result: WorkResult) -> None:
    whole = [each for each in result.fingerprints if each.kind == PDQ]
    partial = list(result.partial_fingerprints)
    _require(tuple(each.dialect for each in whole) in _PDQ_ORDERS, "PDQ dialects are in disorder")
    _require(tuple(each.dialect for each in partial) in _PDQ_ORDERS[:2], "partial PDQ dialects")
    _require(not (whole and partial), "a picture is whole or torn, not both")
    _require(not partial or result.outcome is Outcome.PARTIAL, "a torn picture is partial")
    is_ok = result.outcome is Outcome.OK
    is_partly_moving = result.outcome is Outcome.PARTIAL and whole[1:2] != []
    _require(not whole or is_ok or is_partly_moving, "a whole picture is ok, or moves in part")
    for each in (*result.fingerprints, *partial):
        _require(each.software == SOFTWARE, "a fingerprint of other software")
    _check_query(whole, result.query)
    _check_query(partial, result.partial_query)


def _check_video(result: WorkResult) -> None:
    if result.video is None:
        return
    summary = result.video.summary
    _require(0 <= summary.frames <= LARGEST_FRAMES, "number of frames")
    _require(summary.is_screened or not result.video.is_sparse, "only keyframes can be sparse")
    _require(
        all(0 <= side <= _LARGEST_SIDE for side in (summary.width, summary.height)),
        "size of a frame",
    )
    _require(summary.milliseconds is None or 0 <= summary.milliseconds <= _LARGEST_TIME, "duration")


def _check_query(fingerprints: list[Fingerprint], query: PictureQuery | None) -> None:
    _require(bool(fingerprints) == (query is not None), "a picture and its query come together")
    if query is not None:
        first = fingerprints[0]
        _require(
            (first.dialect, first.quality, first.value)
            == (query.dialect, query.quality, query.variants[0]),
            "a query is not that of its picture",
        )
