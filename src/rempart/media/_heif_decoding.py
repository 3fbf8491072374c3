"""Decoding the tiles of a HEIF picture through FFmpeg's HEVC, and putting them together."""

from typing import Final

import av
import numpy as np
from av.codec import CodecContext
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from rempart.media import _problems, _video_formats
from rempart.media._heif import Colours, HeifPicture, Tile
from rempart.media._heif_boxes import has_film, is_cut
from rempart.media.pixels import Pixels
from rempart.model.scan import Problem

_FAILURES: Final = (FFmpegError, ValueError)
_UNSAID: Final = 2
_SPACES: Final = {
    1: Colorspace.ITU709,
    _UNSAID: Colorspace.ITU601,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
    10: Colorspace.BT2020,
}
"""By the number of the matrix in ITU-T H.273; cameras write that of ITU-R 601, and where none is named it is meant."""
_NO_MATRIX: Final = 0
"""Samples that are red, green and blue."""


def decode_heif(data: memoryview, picture: HeifPicture) -> Pixels:
    """Return the primary picture as it is shown: cut, turned and mirrored as the file says.

    Of a torn or damaged picture of tiles, those that can be decoded; the others stay black.

    Args:
        data: the whole file.
        picture: what was read of it.

    Raises:
        PictureError: nothing can be decoded.
    """
    width, height = picture.canvas
    canvas = np.zeros((height, width, 3), np.uint8)
    decoder = _TileDecoder(data)
    problem, decoded = None, 0
    for number, tile in enumerate(picture.tiles):
        found, reason = decoder.decode(tile)
        problem = problem or reason
        if found is None:
            continue
        decoded += 1
        top = number // picture.columns * tile.height
        left = number % picture.columns * tile.width
        place = canvas[top : top + tile.height, left : left + tile.width]
        place[:] = found[: place.shape[0], : place.shape[1]]
    if problem is not None and not decoded:
        raise _problems.error_of(problem)
    if problem is None and is_cut(data):
        problem = _problems.truncated("HEIF")
    is_whole = problem is None
    if is_whole and has_film(data):
        problem = _problems.film_beside()
    return Pixels(_turned(canvas, picture), is_whole, problem)


class _TileDecoder:
    """Decodes tiles, each on its own: what one says of the decoder must not reach the next."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._reformatter = VideoReformatter()

    def decode(self, tile: Tile) -> tuple[NDArray[np.uint8] | None, Problem | None]:
        """Return a tile's pixels, RGB, as far as they can be decoded, and what is wrong with them.

        Raises:
            PictureError: it is not of the size that the file says, and programs would not agree on what is shown.
        """
        if tile.is_torn:
            return None, _problems.truncated("HEIF")
        try:
            frames = self._frames(tile)
            if len(frames) != 1:
                return None, _problems.corrupt("HEIF", "its decoder gives up")
            frame = frames[0]
            if (frame.width, frame.height) != (tile.width, tile.height):
                raise _problems.error_of(_problems.corrupt("HEIF", "its sizes disagree"))
            pixels = self._rgb(frame, tile.colours)
        except _FAILURES:
            return None, _problems.corrupt("HEIF", "its decoder gives up")
        return pixels, _damage(frame, tile.colours)

    def _frames(self, tile: Tile) -> list[VideoFrame]:
        context = CodecContext.create("hevc", "r")
        context.extradata = tile.settings
        context.thread_count = 1
        most = _video_formats.options(tile.width * tile.height)["max_pixels"]
        context.options = {"max_pixels": most}
        coded = b"".join(bytes(self._data[start:end]) for start, end in tile.pieces)
        return [*context.decode(av.Packet(coded)), *context.decode(None)]

    def _rgb(self, frame: VideoFrame, colours: Colours | None) -> NDArray[np.uint8]:
        said = _colours(frame, colours)
        converted = self._reformatter.reformat(
            frame,
            format="rgb24",
            src_colorspace=_SPACES.get(said.matrix, Colorspace.ITU601),
            src_color_range=ColorRange.JPEG if said.is_full else ColorRange.MPEG,
            dst_color_range=ColorRange.JPEG,
            interpolation=Interpolation.BILINEAR
            | Interpolation.ACCURATE_RND
            | Interpolation.FULL_CHR_H_INT,
            threads=1,
        )
        return np.asarray(converted.to_ndarray(), np.uint8)


def _colours(frame: VideoFrame, colours: Colours | None) -> Colours:
    return colours or Colours(frame.colorspace, is_full=frame.color_range != ColorRange.MPEG)


def _damage(frame: VideoFrame, colours: Colours | None) -> Problem | None:
    """Return what is wrong with a picture that was decoded: its colours may not be those that others show."""
    if frame.is_corrupt:
        return _problems.corrupt("HEIF", "a part of it is missing")
    kind, matrix = frame.format.name, _colours(frame, colours).matrix
    is_known = matrix == _NO_MATRIX if kind.startswith("gbr") else matrix in _SPACES
    if is_known or kind.startswith("gray"):
        return None
    return _problems.unsupported_pixels("HEIF", f"its colours are of kind {matrix}")


def _turned(array: NDArray[np.uint8], picture: HeifPicture) -> NDArray[np.uint8]:
    for turn in picture.turns:
        if turn.kind == b"clap":
            left, top, width, height = turn.numbers
            array = array[top : top + height, left : left + width]
        elif turn.kind == b"irot":
            array = np.rot90(array, turn.numbers[0])
        else:
            array = array[:, ::-1] if turn.numbers[0] else array[::-1]
    return np.ascontiguousarray(array)
