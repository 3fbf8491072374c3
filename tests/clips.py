"""Small video clips for tests: drawn waves that change every two seconds, made here and deterministic.

Nothing is read from outside; each clip is made once for each process that asks for it.
"""

import io
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image

os.environ.setdefault("SVT_LOG", "1")  # errors only: the encoder of AV1 prints otherwise

RATE: Final = 10
SECONDS: Final = 5
WIDTH: Final = 96
HEIGHT: Final = 72

MP4: Final = "video/mp4"
MOV: Final = "video/quicktime"
THREE_GP: Final = "video/3gpp"
MATROSKA: Final = "video/matroska"
WEBM: Final = "video/webm"
AVI: Final = "video/vnd.avi"
TRANSPORT: Final = "video/mp2t"
PROGRAM: Final = "video/mpeg"
FLV: Final = "video/x-flv"
ASF: Final = "application/vnd.ms-asf"
OGG: Final = "application/ogg"

_X264: Final = {"preset": "veryfast", "x264-params": "threads=1:lookahead_threads=1:bframes=2"}
_X265: Final = {"preset": "ultrafast", "x265-params": "pools=none:frame-threads=1:log-level=none"}
_VPX: Final = {"deadline": "realtime", "cpu-used": "8"}


@dataclass(frozen=True)
class Kind:
    """How a clip is made: FFmpeg's names of encoder, muxer and pixels, and what `sniff` says of the result."""

    encoder: str
    muxer: str
    media_type: str
    pixels: str = "yuv420p"
    options: tuple[tuple[str, str], ...] = ()


def _kind(encoder: str, muxer: str, media_type: str, options: dict[str, str], **more: Any) -> Kind:
    return Kind(encoder, muxer, media_type, options=tuple(options.items()), **more)


KINDS: Final = {
    "h264 in mp4": _kind("libx264", "mp4", MP4, _X264),
    "h264 in mov": _kind("libx264", "mov", MOV, _X264),
    "h264 in matroska": _kind("libx264", "matroska", MATROSKA, _X264),
    "h264 in transport stream": _kind("libx264", "mpegts", TRANSPORT, _X264),
    "h264 in avi": _kind("libx264", "avi", AVI, {**_X264, "x264-params": "threads=1:bframes=0"}),
    "h264 in flv": _kind("libx264", "flv", FLV, _X264),
    "h264 of open groups": _kind(
        "libx264", "mp4", MP4, {**_X264, "x264-params": "threads=1:open-gop=1:bframes=3"}
    ),
    "h264 marked bt709": _kind(
        "libx264", "mp4", MP4, {**_X264, "x264-params": "threads=1:colormatrix=bt709"}
    ),
    "h264 interlaced": _kind(
        "libx264", "mp4", MP4, {**_X264, "x264-params": "threads=1:tff=1:bframes=0"}
    ),
    "h264 of full range": _kind("libx264", "mp4", MP4, _X264, pixels="yuvj420p"),
    "h264 of ten bits": _kind("libx264", "mp4", MP4, _X264, pixels="yuv420p10le"),
    "h264 in grey": _kind("libx264", "mp4", MP4, _X264, pixels="gray"),
    "hevc in mp4": _kind("libx265", "mp4", MP4, _X265),
    "vp8 in webm": _kind("libvpx", "webm", WEBM, _VPX),
    "vp8 in ogg": _kind("libvpx", "ogg", OGG, _VPX),
    "vp9 in webm": _kind("libvpx-vp9", "webm", WEBM, _VPX),
    "av1 in mp4": _kind("libsvtav1", "mp4", MP4, {"preset": "11", "svtav1-params": "lp=1"}),
    "mpeg4 in avi": _kind("mpeg4", "avi", AVI, {}),
    "mpeg4 in 3gp": _kind("mpeg4", "3gp", THREE_GP, {}),
    "mjpeg in avi": _kind("mjpeg", "avi", AVI, {}, pixels="yuvj420p"),
    "prores in mov": _kind("prores_ks", "mov", MOV, {}, pixels="yuv422p10le"),
    "mpeg2 in transport stream": _kind("mpeg2video", "mpegts", TRANSPORT, {}),
    "mpeg2 in program stream": _kind("mpeg2video", "mpeg", PROGRAM, {}),
    "mpeg1 bare": _kind("mpeg1video", "mpeg1video", PROGRAM, {}),
    "flv1 in flv": _kind("flv", "flv", FLV, {}),
    "wmv2 in asf": _kind("wmv2", "asf", ASF, {}),
}
"""Every container and, but for the oldest, every codec that is opened and can be made here."""


@cache
def drawing(seconds: float, width: int = WIDTH, height: int = HEIGHT) -> NDArray[np.uint8]:
    """Return what the clips show at a moment: waves that move, and others after every two seconds. Do not change it."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    generator = np.random.default_rng(int(seconds // 2))
    colours = np.full((height, width, 3), 128.0, np.float32)
    for _ in range(6):
        across, down, phase = generator.uniform(-40, 40, 3)
        wave = np.sin(across * columns / width + down * rows / height + phase + 0.4 * seconds)
        colours += wave[..., None] * generator.uniform(10, 50, 3)
    return np.clip(colours, 0, 255).astype(np.uint8)


@cache
def clip(
    name: str,
    *,
    seconds: int = SECONDS,
    rate: Fraction | int = RATE,
    keyframe_every: int = 2 * RATE,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> bytes:
    """Return a clip of one of `KINDS`."""
    kind = KINDS[name]
    file = io.BytesIO()
    # MPEG-1 and -2 know no 10 frames a second, and bare streams no other: they get 25.
    rate = 25 if kind.encoder.startswith(("mpeg1", "mpeg2")) else rate
    with av.open(file, "w", format=kind.muxer) as container:
        stream = _picture_stream(container, kind.encoder, rate, dict(kind.options))
        stream.width, stream.height = size
        stream.pix_fmt = kind.pixels
        stream.codec_context.gop_size = keyframe_every
        for number in range(int(seconds * rate)):
            picture = av.VideoFrame.from_ndarray(drawing(number / float(rate), *size), "rgb24")
            picture.pts, picture.time_base = number, 1 / Fraction(rate)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return file.getvalue()


def _picture_stream(
    container: OutputContainer, encoder: str, rate: Fraction | int, options: dict[str, str]
) -> VideoStream:
    stream = container.add_stream(encoder, rate=rate, options=options)
    assert isinstance(stream, VideoStream)
    stream.codec_context.thread_count = 1
    return stream


def remuxed(data: bytes, muxer: str, **options: str) -> bytes:
    """Return the same compressed pictures in another container, or otherwise laid out."""
    with (
        tempfile.TemporaryDirectory() as folder,
        av.open(io.BytesIO(data), "r") as source,
    ):
        path = Path(folder, "clip")  # some layouts are made by reading what was written
        _remux(source, path, muxer, options)
        return path.read_bytes()


def _remux(source: InputContainer, path: Path, muxer: str, options: dict[str, str]) -> None:
    with av.open(str(path), "w", format=muxer, options=options) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)


def clip_at(
    moments: Sequence[float],
    muxer: str = "matroska",
    encoder: str = "mpeg4",
    *,
    still: float | None = None,
) -> bytes:
    """Return a clip whose frames are shown at these moments, in seconds: any rate and none.

    They show what is drawn for their moment, or all what is drawn for one.
    """
    file = io.BytesIO()
    with av.open(file, "w", format=muxer) as container:
        stream = _picture_stream(container, encoder, RATE, {})
        stream.width, stream.height = WIDTH, HEIGHT
        stream.pix_fmt = "yuvj420p" if encoder == "mjpeg" else "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for moment in moments:
            shown = drawing(moment if still is None else still)
            picture = av.VideoFrame.from_ndarray(shown, "rgb24")
            picture.pts, picture.time_base = round(1000 * moment), Fraction(1, 1000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return file.getvalue()


@cache
def clip_of_two_sizes() -> bytes:
    """Return a transport stream that changes from 96 x 72 to 192 x 144 pixels after two seconds."""
    parts = [clip("mpeg2 in transport stream", seconds=2), _second_part()]
    return b"".join(parts)


def _second_part() -> bytes:
    return clip("mpeg2 in transport stream", seconds=2, size=(2 * WIDTH, 2 * HEIGHT))


@cache
def sound(muxer: str = "mp4", *, seconds: int = 1) -> bytes:
    """Return silence in a container that could hold a video."""
    file = io.BytesIO()
    with av.open(file, "w", format=muxer) as container:
        container.mux(_silence(container, seconds))
    return file.getvalue()


def _silence(container: OutputContainer, seconds: int) -> "list[av.Packet[AudioStream]]":
    stream = container.add_stream("aac", rate=8000, layout="mono")
    assert isinstance(stream, AudioStream)
    packets: list[av.Packet[AudioStream]] = []
    for number in range(seconds * 8):
        samples = np.zeros((1, 1000), np.float32)
        frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 8000, number * 1000
        packets += stream.encode(frame)
    return [*packets, *stream.encode()]


def animation(
    format_name: str,
    moments: Iterable[float],
    milliseconds: int,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> bytes:
    """Return an animated picture in a format of Pillow's, each frame shown equally long."""
    images = [Image.fromarray(drawing(moment, *size)) for moment in moments]
    file = io.BytesIO()
    images[0].save(
        file,
        format_name,
        save_all=True,
        append_images=images[1:],
        duration=milliseconds,
        lossless=True,
    )
    return file.getvalue()


def rgb_of_all(data: bytes) -> Iterator[NDArray[np.uint8]]:
    """Decode every frame plainly, as vPDQ does: as ITU-R 601, all lines together, whatever the file says."""
    as_vpdq: dict[str, Any] = {
        "src_colorspace": "ITU601",
        "dst_colorspace": "ITU601",
        "interpolation": "AREA",
    }
    with av.open(io.BytesIO(data), "r") as container:
        for decoded in container.decode(video=0):
            picture = decoded
            if decoded.interlaced_frame:  # else FFmpeg converts each field by itself
                picture = av.VideoFrame.from_ndarray(decoded.to_ndarray(), decoded.format.name)
            yield np.asarray(picture.to_ndarray(format="rgb24", **as_vpdq), np.uint8)
