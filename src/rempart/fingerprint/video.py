"""The frames of a video as the alliance shares them: one PDQ in dialect `exact` for each.

`hash_video` gives what vPDQ gives, and lists hold; `screen_video` looks at keyframes only, for a search of its
own: its frames lie at other instants than those of a list, so they are searched with a margin and never published.

A list holds a video as it stands. One that was mirrored or turned is found by the other variants of its frames, which
are for searching alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from rempart.fingerprint import pdq
from rempart.media import Frame, Video, VideoLimits, open_animation, open_video
from rempart.model.fingerprint import MATCHING_QUALITY_FLOOR
from rempart.model.scan import Problem
from rempart.model.video import VideoFrame, VideoSummary


@dataclass(frozen=True, slots=True)
class VideoPrint:
    """What the moving picture of one file yields.

    Attributes:
        frames: in the order of the video, each PDQ in dialect `exact`.
        summary: what was looked at; width and height are 0 where there is sound alone.
        problem: why `frames` are not those of the whole video; absent when they are.
        is_sparse: whether keyframes lie too far apart to tell anything from them, or most of them show too little to be
            matched; only `screen_video` says so.
        turned: for each frame the values of the turned and mirrored picture, one behind the other: all of
            `rempart.model.match.TRANSFORMS` but the first.
    """

    frames: tuple[VideoFrame, ...]
    summary: VideoSummary
    problem: Problem | None
    is_sparse: bool
    turned: bytes


def screen_video(source: BinaryIO, *, media_type: str, limits: VideoLimits) -> VideoPrint:
    """Fingerprint the keyframes of a video; arguments and errors as for `hash_video`."""
    with open_video(source, media_type=media_type, limits=limits) as video:
        return _print(video, video.keyframes(), is_screened=True)


def hash_video(source: BinaryIO, *, media_type: str, limits: VideoLimits) -> VideoPrint:
    """Fingerprint one frame a second: vPDQ's features.

    Args:
        source: the whole file, readable and seekable; it stays open.
        media_type: what `rempart.media.sniff` said of it; `rempart.media.is_video` says which are taken.
        limits: on what it may cost.

    Raises:
        rempart.media.PictureError: not even the header can be read, or it is over the pixel limit.
        Exception: whatever the source raises when it is read.
    """
    with open_video(source, media_type=media_type, limits=limits) as video:
        return _print(video, video.each_second(), is_screened=False)


def hash_animation(data: bytes, *, media_type: str, limits: VideoLimits) -> VideoPrint | None:
    """Fingerprint frames of an animated picture: all of up to 32, else 32 over all and one a second.

    Args:
        data: the whole file.
        media_type: what `rempart.media.sniff` said of it.
        limits: on what it may cost.

    Returns:
        None for a picture that stands still, or of which not even two frames can be decoded: it is a picture.

    Raises:
        rempart.media.PictureError: not even the header can be read, or it is over the pixel limit.
    """
    animation = open_animation(data, media_type=media_type, limits=limits)
    if animation is None:
        return None
    found, turned = _hash(animation.frames())
    if len(found) <= 1:
        return None
    summary = VideoSummary(
        milliseconds=animation.milliseconds if animation.problem is None else None,
        width=animation.width,
        height=animation.height,
        is_screened=False,
        frames=len(found),
    )
    return VideoPrint(found, summary, animation.problem, is_sparse=False, turned=turned)


def _hash(frames: Iterable[Frame]) -> tuple[tuple[VideoFrame, ...], bytes]:
    """Return the frames, and the values of the turned ones: they come out of the same pass over the picture."""
    found = []
    turned = bytearray()
    for frame in frames:
        exact, *others = pdq.exact_variants(frame.array)
        found.append(VideoFrame(exact.value, exact.quality, frame.milliseconds))
        for other in others:
            turned += other.value
    return tuple(found), bytes(turned)


def _print(video: Video, frames: Iterable[Frame], *, is_screened: bool) -> VideoPrint:
    found, turned = _hash(frames)
    summary = VideoSummary(
        milliseconds=video.milliseconds,
        width=video.width,
        height=video.height,
        is_screened=is_screened,
        frames=len(found),
    )
    is_sparse = is_screened and (video.is_sparse or _shows_too_little(found))
    return VideoPrint(found, summary, video.problem, is_sparse, turned)


def _shows_too_little(frames: Sequence[VideoFrame]) -> bool:
    """Tell whether most frames are black, blurred or the like: what lies between them may be worth more."""
    good = sum(frame.quality >= MATCHING_QUALITY_FLOOR for frame in frames)
    return 2 * good < len(frames)
