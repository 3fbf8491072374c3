"""Benign files that hold pictures inside: archives with members, and short clips that show a picture."""

import io
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import av
import numpy as np
from PIL import Image, ImageEnhance

PICTURES_INSIDE: Final = 3
"""How many real pictures the archives hold, and how many clips there are; fewer where there are fewer."""

_CLIP_SECONDS: Final = 4
_FRAMES_PER_SECOND: Final = 8
_CLIP_PIXELS: Final = 480
_DARKEST: Final = 0.8
_EPOCH: Final = (2026, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Holder:
    """A file that holds pictures.

    Attributes:
        name: of the file.
        kind: `zip`, `tar` or `clip`.
        content: its bytes.
        members: names of the members of an archive, in its order, each with the real picture that it is.
        source: the real picture that a clip shows; absent of an archive, which is no picture itself.
    """

    name: str
    kind: str
    content: bytes
    members: tuple[tuple[str, str], ...] = ()
    source: str | None = None


def holders(pictures: Sequence[tuple[str, bytes, Image.Image]]) -> Iterator[Holder]:
    """Yield two archives of pictures, and a clip of each.

    Args:
        pictures: name, bytes and pixels of real pictures.
    """
    members = {f"album/{name}": content for name, content, _ in pictures}
    sources = tuple((f"album/{name}", name) for name, _, _ in pictures)
    for kind, pack in _PACKERS.items():
        yield Holder(f"album.{kind}", kind.partition(".")[0], pack(members), sources)
    for name, _, pixels in pictures:
        clip = _clip(pixels)
        yield Holder(f"{name.replace('.', '-')}.mp4", "clip", clip, source=name)


def count_inside(pictures: int) -> int:
    """Return how many files and members `holders` gives of so many pictures."""
    shown = min(pictures, PICTURES_INSIDE)
    return len(_PACKERS) * (1 + shown) + shown


def _zip(members: Mapping[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return sink.getvalue()


def _tar(members: Mapping[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w:xz", preset=1) as archive:
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return sink.getvalue()


_PACKERS: Final[Mapping[str, Callable[[Mapping[str, bytes]], bytes]]] = {
    "zip": _zip,
    "tar.xz": _tar,
}


def _clip(pixels: Image.Image) -> bytes:
    """Return an MP4 in which a picture slowly grows darker."""
    shown = pixels.convert("RGB")
    shown.thumbnail((_CLIP_PIXELS, _CLIP_PIXELS))
    even = shown.resize((shown.width // 2 * 2, shown.height // 2 * 2))
    sink = io.BytesIO()
    frames = _CLIP_SECONDS * _FRAMES_PER_SECOND
    with av.open(sink, "w", format="mp4") as container:
        stream = container.add_stream("mpeg4", rate=_FRAMES_PER_SECOND)
        stream.width, stream.height = even.size
        stream.pix_fmt, stream.bit_rate = "yuv420p", 2_000_000
        for brightness in np.linspace(1.0, _DARKEST, frames):
            rgb = np.asarray(ImageEnhance.Brightness(even).enhance(brightness))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(rgb)))
        container.mux(stream.encode())
    return sink.getvalue()
