"""Fuzz the opening of videos: whatever the bytes, there are frames or a PictureError.

Run: `python tests/fuzz/fuzz_video.py -max_total_time=60 -close_fd_mask=2` (libFuzzer's options).
"""

import contextlib
import io
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.clips import KINDS, clip, remuxed, sound

from rempart.media import (
    HEAD_BYTES,
    Frame,
    PictureError,
    Video,
    VideoLimits,
    is_video,
    open_video,
    sniff,
    warm_up,
)

LIMITS = VideoLimits(max_pixels=1 << 16, max_seconds=20, max_frames=100)
_SEED_SIZE = (64, 64)  # x265 damages its memory below that


def fuzz_one(data: bytes) -> None:
    """Open and decode these bytes in both ways; let everything but PictureError escape."""
    media_type = sniff(data[:HEAD_BYTES])
    if media_type is None or not is_video(media_type):
        return
    for is_all in (False, True):
        with (
            contextlib.suppress(PictureError),
            open_video(io.BytesIO(data), media_type=media_type, limits=LIMITS) as opened,
        ):
            frames = opened.each_second() if is_all else opened.keyframes()
            _check(opened, frames, is_all=is_all)


def _check(opened: Video, frames: Iterable[Frame], *, is_all: bool) -> None:
    if opened.width * opened.height > LIMITS.max_pixels:
        msg = "a video over the pixel limit was opened"
        raise AssertionError(msg)
    count = 0
    for frame in frames:
        count += 1
        height, width, channels = frame.array.shape
        if channels != 3 or height * width > LIMITS.max_pixels:
            msg = "a frame is over the pixel limit, or no picture"
            raise AssertionError(msg)
        if frame.milliseconds < 0:
            msg = "a frame lies before the beginning"
            raise AssertionError(msg)
    if count > LIMITS.max_frames:
        msg = "more frames than the limit"
        raise AssertionError(msg)
    if is_all and count == 0 and opened.problem is None and opened.has_picture:
        msg = "a video without a frame has no problem"
        raise AssertionError(msg)


def write_seeds(folder: Path) -> None:
    """Write one tiny clip of each kind for the fuzzer to start from, and what is no video."""
    for number, name in enumerate(KINDS):
        data = clip(name, seconds=1, size=_SEED_SIZE)
        (folder / f"{number}").write_bytes(data)
    h264 = clip("h264 in mp4", seconds=1, size=_SEED_SIZE)
    (folder / "fragments").write_bytes(remuxed(h264, "mp4", movflags="frag_keyframe+empty_moov"))
    (folder / "index-first").write_bytes(remuxed(h264, "mp4", movflags="faststart"))
    (folder / "sound").write_bytes(sound())


def main() -> None:
    """Fuzz until told to stop, starting from the seeds."""
    import atheris  # noqa: PLC0415 - only the fuzzer itself needs it
    from instrumentation import watch  # noqa: PLC0415 - the same

    with tempfile.TemporaryDirectory() as folder:
        write_seeds(Path(folder))
        warm_up()  # what opens videos is imported by then
        watch("rempart.media")
        atheris.Setup([*sys.argv, "-len_control=0", folder], fuzz_one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
