"""Decode a tiny picture of every format and a tiny video, so that nothing is left to load when the sandbox closes."""

import base64
import io
from typing import Final

from PIL import Image

from rempart.media.archives.warm_up import warm_up as warm_up_archives
from rempart.media.media_types import AVIF, BMP, GIF, HEIC, JPEG, PNG, TIFF, WEBP
from rempart.media.picture import open_picture
from rempart.media.video import VideoLimits, open_video

_SIDE = 16
_FORMATS = {
    JPEG: "JPEG",
    PNG: "PNG",
    WEBP: "WEBP",
    GIF: "GIF",
    AVIF: "AVIF",
    TIFF: "TIFF",
    BMP: "BMP",
}
_HEIF: Final = base64.b64decode(
    "AAAAGGZ0eXBoZWljAAAAAG1pZjFoZWljAAABKW1ldGEAAAAAAAAAIWhkbHIAAAAAAAAAAHBpY3QAAAAAAAAAAAAAAAAAAAAADnBp"
    "dG0AAAAAAAEAAAAgaWxvYwEAAABEAAABAAEAAAAAAAEAAAFJAAAADgAAACNpaW5mAAAAAAABAAAAFWluZmUCAAAAAAEAAGh2YzEA"
    "AAAAq2lwcnAAAACOaXBjbwAAABRpc3BlAAAAAAAAAEAAAABAAAAAcmh2Y0MBBAgAAACfyAAAAAD/8AD8/fj4AAAPAyAAAQAXQAEM"
    "Af//BAgAAAMAn8gAAAMAAP+VlAkhAAEAJ0IBAQQIAAADAJ/IAAADAAD/wIIEFllZUpMLmgIAAAMAAgAAAwACECIAAQAGRAHAcYkS"
    "AAAAFWlwbWEAAAAAAAAAAQABAoGCAAAAFm1kYXQAAAAKKAGsFuDNPr+HeA=="
)
"""A grey square of 64 x 64 pixels: no library that is at hand writes this format."""


def warm_up() -> None:
    """Make and decode a picture of every format, in colour and in grey, one in Lab, a video, and packed bytes.

    One video suffices: FFmpeg's codecs are linked, not loaded, as the tests in the sandbox show for each.
    """
    colour = Image.linear_gradient("L").resize((_SIDE, _SIDE)).convert("RGB")
    for media_type, name in _FORMATS.items():
        for image in (colour, colour.convert("L")):
            _decode(image, media_type, name)
    _decode(colour.convert("CMYK"), JPEG, "JPEG")
    _decode(Image.new("LAB", (_SIDE, _SIDE)), TIFF, "TIFF")
    open_picture(_HEIF, media_type=HEIC, max_pixels=64 * 64).pixels()
    _decode_video()
    warm_up_archives()


def _decode(image: Image.Image, media_type: str, name: str) -> None:
    buffer = io.BytesIO()
    image.save(buffer, name)
    picture = open_picture(buffer.getvalue(), media_type=media_type, max_pixels=_SIDE * _SIDE)
    picture.pixels()
    picture.reduced_grey()


def _decode_video() -> None:
    import av  # noqa: PLC0415 - as in rempart.media.video: only workers pay for it

    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=1)
        stream.width = stream.height = _SIDE
        stream.pix_fmt = "yuv420p"
        stream.codec_context.thread_count = 1
        for packet in (*stream.encode(av.VideoFrame(_SIDE, _SIDE, "yuv420p")), *stream.encode()):
            container.mux(packet)
    limits = VideoLimits(max_pixels=_SIDE * _SIDE, max_seconds=1, max_frames=2)
    with open_video(file, media_type="video/mp4", limits=limits) as video:
        list(video.each_second())
