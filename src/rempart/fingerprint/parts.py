"""The parts of a worker's answer about one file: members that it begins, frames, and results of members.

The worker goes through a container in order, and through a nested one before the container's next member. It says
that it begins a member, then everything below that member, then the member's own result. The file's own result
finishes the answer, and is no part. Whoever reads an answer knows at every moment which member the worker is at.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Protocol

import msgspec

from rempart.fingerprint.errors import WorkMessageError
from rempart.fingerprint.messages import (
    LARGEST_DEPTH,
    Place,
    WorkResult,
    decode_result,
    encode_result,
)
from rempart.fingerprint.packed_frames import (
    FRAME_BYTES,
    TURNED_BYTES,
    Frames,
    packed_frames,
)
from rempart.fingerprint.url_finding import (
    LONGEST_KEPT,
    MOST_BYTES,
    MOST_URLS,
    FoundUrl,
    FoundUrls,
)
from rempart.fingerprint.urls import MOST_EXPRESSIONS
from rempart.model.fingerprint import EQUAL_BYTES, URL_SHA256
from rempart.model.video import LARGEST_FRAMES, VideoFrame

LONGEST_NAME: Final = 4096
"""Bytes of a member's name that are kept; a longer one is cut."""

_BEGUN: Final = b"B"
_FRAMES: Final = b"F"
_RESULT: Final = b"R"
_LEFT: Final = b"L"
_URLS: Final = b"U"
_BYTES_OF_A_PART: Final = 12 * 1024
_BYTES_OF_A_URL: Final = 48
"""What a URL takes in a message beside its text and its hashes."""
_MOST_URL_BYTES: Final = MOST_BYTES + MOST_URLS * _BYTES_OF_A_URL + 16 * 1024
_LARGEST_NUMBER: Final = 2**53
_HASH_BYTES: Final = EQUAL_BYTES[URL_SHA256]
_FRAMES_OF_A_PART: Final = 60
_HINT: Final = "Scan the file again; if it happens again, examine the file apart from the others."


class Answer(Protocol):
    """Where a worker puts the parts of its answer."""

    def part(self, payload: bytes) -> None:
        """Give one part."""

    def working(self) -> None:
        """Say that the work goes on."""


class _Begun(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    number: Annotated[int, msgspec.Meta(ge=1, le=2**53)]
    name: Annotated[bytes, msgspec.Meta(max_length=LONGEST_NAME)]


_encoder: Final = msgspec.msgpack.Encoder()
_begun_decoder: Final = msgspec.msgpack.Decoder(_Begun)
_urls_decoder: Final = msgspec.msgpack.Decoder(list[FoundUrl])


def say_begun(answer: Answer, number: int, name: bytes) -> None:
    """Say that a member of the container at hand is begun."""
    answer.part(_BEGUN + _encoder.encode(_Begun(number, name[:LONGEST_NAME])))


def say_frames(answer: Answer, frames: Sequence[VideoFrame], turned: bytes) -> None:
    """Give the frames of the file or member at hand.

    Args:
        answer: takes the parts.
        frames: upright.
        turned: their values turned and mirrored, as `rempart.fingerprint.VideoPrint` has them.
    """
    for start in range(0, len(frames), _FRAMES_OF_A_PART):
        end = start + _FRAMES_OF_A_PART
        few = turned[start * TURNED_BYTES : end * TURNED_BYTES]
        answer.part(_FRAMES + packed_frames(frames[start:end], few))


def say_urls(answer: Answer, found: FoundUrls | None) -> None:
    """Give the URLs in the file or member at hand; a part holds few enough to fit a message."""
    few: list[FoundUrl] = []
    size = 0
    for url in found.urls if found is not None else ():
        size += len(url.url) + len(url.digests) + _BYTES_OF_A_URL
        if few and size > _BYTES_OF_A_PART:
            answer.part(_URLS + _encoder.encode(few))
            few, size = [], 0
        few.append(url)
    if few:
        answer.part(_URLS + _encoder.encode(few))


def say_result(answer: Answer, result: WorkResult) -> None:
    """Give the result of the member at hand."""
    answer.part(_RESULT + encode_result(result))


def say_left(answer: Answer) -> None:
    """Say that the member at hand was only passed through, to members in it that were asked for."""
    answer.part(_LEFT)


@dataclass(frozen=True, slots=True)
class Begun:
    """A member that the worker begins now.

    Attributes:
        place: where it lies.
        name: its name in its container.
    """

    place: Place
    name: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """What was found out about the member that was begun last and not ended, or about the file.

    Attributes:
        place: where it lies; empty for the file itself.
    """

    place: Place
    result: WorkResult
    frames: Frames
    urls: tuple[FoundUrl, ...] = ()


class AnswerReader:
    """Follows one answer of a worker that is not trusted: every part must be possible where it comes.

    Attributes:
        place: of the member that the worker is at; empty while it is at the file itself.
        begun: how many members it has begun.
    """

    def __init__(
        self, *, after: Place = (), most_members: int = 0, passes_through: bool = False
    ) -> None:
        """Expect the answer to one request.

        Args:
            after: as in the request: no member up to there may come again, but those that it lies in.
            most_members: more may not be begun.
            passes_through: whether a member may be left without a result.
        """
        self._passes_through = passes_through
        self.place: Place = ()
        self.begun = 0
        self._most_members = most_members
        # Of each container on the way: the number of the member begun last.
        self._numbers = [number - (at < len(after) - 1) for at, number in enumerate(after)] or [0]
        self._entered = after[:-1]
        self._frames = bytearray()
        self._urls: list[FoundUrl] = []
        self._urls_left = _MOST_URL_BYTES

    def take(self, part: bytes) -> Begun | Ended | None:
        """Return what a part says; nothing for frames, which come with their result, and for a member that is left.

        Raises:
            WorkMessageError: it is no part, or not possible here.
        """
        kind, content = part[:1], part[1:]
        if kind == _BEGUN:
            return self._begin(content)
        if kind == _RESULT:
            return self._end(content)
        if kind == _FRAMES and len(self._frames) + len(content) <= LARGEST_FRAMES * FRAME_BYTES:
            self._frames += content
            return None
        if kind == _URLS:
            self._take_urls(content)
            return None
        if part == _LEFT and self._passes_through and self.place and not self._frames:
            self.place = self.place[:-1]
            return None
        raise _impossible()

    def finish(self, payload: bytes) -> Ended | None:
        """Return what finishes the answer: the result of the file itself, or nothing where members were passed through.

        Raises:
            WorkMessageError: it is no result, or a member was not ended.
        """
        if self.place:
            raise _impossible()
        if self._passes_through:
            return None
        return Ended((), *self._result(payload))

    def _begin(self, content: bytes) -> Begun:
        try:
            begun = _begun_decoder.decode(content)
        except (msgspec.MsgspecError, ValueError) as error:
            raise _impossible() from error
        depth = len(self.place)
        self.begun += 1
        if (
            self._frames
            or self._urls
            or depth >= LARGEST_DEPTH
            or begun.number <= self._numbers[depth]
            or self.begun > self._most_members
        ):
            raise _impossible()
        self._enter(depth, begun.number)
        return Begun(self.place, begun.name)

    def _enter(self, depth: int, number: int) -> None:
        self.place = (*self.place, number)
        is_on_the_way = self.place == self._entered[: depth + 1]
        self._numbers[depth] = number
        if not is_on_the_way:
            del self._numbers[depth + 1 :]
            self._numbers.append(0)

    def _end(self, content: bytes) -> Ended:
        if not self.place:
            raise _impossible()
        ended = Ended(self.place, *self._result(content))
        self.place = self.place[:-1]
        return ended

    def _result(self, content: bytes) -> tuple[WorkResult, Frames, tuple[FoundUrl, ...]]:
        result = decode_result(content)
        expected = result.video.summary.frames if result.video is not None else 0
        try:
            frames = Frames(bytes(self._frames))
        except ValueError as error:
            raise _impossible() from error
        found = tuple(self._urls)
        if len(frames) != expected or len(found) != _urls_of(result):
            raise _impossible()
        self._frames.clear()
        self._urls.clear()
        self._urls_left = _MOST_URL_BYTES
        return result, frames, found

    def _take_urls(self, content: bytes) -> None:
        """Take some URLs; whether a hash is that of its URL is looked at where it meets something."""
        self._urls_left -= len(content)
        try:
            urls = _urls_decoder.decode(content)
        except (msgspec.MsgspecError, ValueError) as error:
            raise _impossible() from error
        self._urls += urls
        is_too_much = self._urls_left < 0 or len(self._urls) > MOST_URLS
        if is_too_much or not all(_is_possible(url) for url in urls):
            raise _impossible()


def _urls_of(result: WorkResult) -> int:
    return 0 if result.urls is None else result.urls.distinct


def _is_possible(url: FoundUrl) -> bool:
    return (
        0 < len(url.url) <= LONGEST_KEPT
        and url.url.isascii()
        and 0 < len(url.digests) <= MOST_EXPRESSIONS * _HASH_BYTES
        and len(url.digests) % _HASH_BYTES == 0
        and 1 <= url.times <= _LARGEST_NUMBER
    )


def _impossible() -> WorkMessageError:
    return WorkMessageError("A worker's answer does not fit what it was asked.", hint=_HINT)
