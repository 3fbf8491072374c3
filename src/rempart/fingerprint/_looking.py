"""Looking into the content of one file or member: a picture, an animated picture, a video."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import BinaryIO, Final, cast

from rempart.fingerprint import _found, pdq
from rempart.fingerprint._found import Found
from rempart.fingerprint._pulse import Pulse, PulsingFile, Reader
from rempart.fingerprint.messages import PictureQuery, VideoFacts, WorkRequest
from rempart.fingerprint.messages import VideoLimits as Limits
from rempart.fingerprint.video import VideoPrint, hash_animation, hash_video, screen_video
from rempart.media import Picture, PictureError, VideoLimits, open_picture

SCREEN_QUALITY_FLOOR: Final = 60
"""Below it the exact hash is computed too: near 50, where matching ends, the screen's quality may mislead."""

_ANIMATED: Final = frozenset({"image/gif", "image/webp", "image/png", "image/avif"})
_LARGEST_FRAME: Final = VideoLimits().max_pixels
_MOST_FRAMES_A_SECOND: Final = 240


@dataclass(frozen=True, slots=True)
class Content:
    """The content of a file or member.

    Attributes:
        media_type: by content; absent when unknown.
        reader: its bytes; absent where they are more than is kept of a member.
        data: gives all of it at once; absent where it is too large for that.
    """

    media_type: str | None
    reader: Reader | None
    data: Callable[[], bytes] | None


def look_into_picture(data: bytes, media_type: str, request: WorkRequest) -> Found:
    """Return what a picture yields; whatever is wrong with it is a problem of it."""
    try:
        picture = open_picture(data, media_type=media_type, max_pixels=request.max_pixels)
        found = _screened(picture) if request.depth == "screen" else None
        return found or _hashed(picture)
    except PictureError as error:
        return Found(problem=error.problem)
    except MemoryError:
        return Found(problem=_found.out_of_memory())


def look_into_animation(
    data: bytes, media_type: str, request: WorkRequest, limits: Limits
) -> Found:
    """Return what a picture yields, with its frames where it is animated."""
    still = look_into_picture(data, media_type, request)
    if media_type not in _ANIMATED or not still.fingerprints:
        return still
    try:
        moving = hash_animation(
            data, media_type=media_type, limits=_limits_of(limits, request.max_pixels)
        )
    except (PictureError, MemoryError) as error:
        if still.problem:
            return still
        problem = error.problem if isinstance(error, PictureError) else _found.out_of_memory()
        return replace(still, problem=problem, is_still_whole=True)
    if moving is None:
        return still
    return replace(
        still,
        problem=still.problem or moving.problem,
        is_still_whole=still.problem is None,
        video=VideoFacts(moving.summary),
        frames=moving.frames,
        turned=moving.turned,
    )


def look_into_video(
    reader: Reader, media_type: str, request: WorkRequest, limits: Limits, pulse: Pulse
) -> Found:
    """Return what a video yields; whatever is wrong with it is a problem of it."""
    source = PulsingFile(reader, pulse, seconds=limits.seconds)
    look = screen_video if limits.is_screened and request.depth != "confirm" else hash_video
    try:
        found = look(
            cast("BinaryIO", source),
            media_type=media_type,
            limits=_limits_of(limits, request.max_pixels),
        )
    except PictureError as error:
        problem = error.problem
        return Found(problem=_found.over_time(limits.seconds) if source.is_over_time else problem)
    except MemoryError:
        return Found(problem=_found.out_of_memory())
    made = _of_video(found)
    return replace(made, problem=_found.over_time(limits.seconds)) if source.is_over_time else made


def _of_video(found: VideoPrint) -> Found:
    if not found.summary.width:  # sound alone
        return Found(problem=found.problem)
    facts = VideoFacts(found.summary, found.is_sparse)
    return Found(video=facts, frames=found.frames, turned=found.turned, problem=found.problem)


def _limits_of(limits: Limits, max_pixels: int) -> VideoLimits:
    seconds = max(1, limits.milliseconds // 1000)
    return VideoLimits(
        max_pixels=min(max_pixels, _LARGEST_FRAME),
        max_seconds=seconds,
        max_frames=seconds * _MOST_FRAMES_A_SECOND,
    )


def _screened(picture: Picture) -> Found | None:
    """Return the screen hash, or None where only the full picture gives an answer."""
    try:
        reduced = picture.reduced_grey()
    except PictureError:
        return None  # torn or damaged: the full decoder says how, and keeps what can be had
    if reduced is None:
        return None
    hashes = pdq.screen(
        reduced.plane,
        full_height=reduced.full_height,
        full_width=reduced.full_width,
        scale=reduced.scale,
    )
    if hashes.screen.quality < SCREEN_QUALITY_FLOOR:
        return None
    return Found((hashes.screen.fingerprint(),), _query(hashes.screen, hashes.variants))


def _hashed(picture: Picture) -> Found:
    pixels = picture.pixels()
    hashes = pdq.full(pixels.array)
    return Found(
        (hashes.exact.fingerprint(), hashes.cpp512.fingerprint()),
        _query(hashes.exact, hashes.variants),
        pixels.problem,
        is_still_whole=pixels.is_whole and pixels.problem is not None,
    )


def _query(original: pdq.PDQHash, variants: tuple[pdq.PDQHash, ...]) -> PictureQuery:
    values = tuple(each.value for each in variants)
    return PictureQuery(original.dialect, original.quality, values)
