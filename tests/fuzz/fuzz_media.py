"""Fuzz the opening of pictures: whatever the bytes, there are pixels or a PictureError.

Run: `python tests/fuzz/fuzz_media.py -max_total_time=60 -close_fd_mask=2` (libFuzzer's options).
"""

import contextlib
import io
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.media.sample_heif import Layout, colours, cut, grid, heif, mirrored, picture, rotated

from rempart.media import HEAD_BYTES, Picture, PictureError, is_decodable, open_picture, sniff

MAX_PIXELS = 1 << 16
_SEED_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "AVIF", "TIFF", "BMP")


def fuzz_one(data: bytes) -> None:
    """Open and decode these bytes in every way there is; let everything but PictureError escape."""
    media_type = sniff(data[:HEAD_BYTES])
    if media_type is None or not is_decodable(media_type):
        return
    with contextlib.suppress(PictureError):
        picture = open_picture(data, media_type=media_type, max_pixels=MAX_PIXELS)
        with contextlib.suppress(PictureError):
            reduced = picture.reduced_grey(16)
            if reduced is not None and reduced.plane.shape != _reduced_shape(
                picture, reduced.scale
            ):
                msg = "the reduced plane has another shape than it claims"
                raise AssertionError(msg)
        pixels = picture.pixels()
        if pixels.array.shape[:2] != (picture.height, picture.width):
            msg = "the pixels have another shape than the header"
            raise AssertionError(msg)
        if not pixels.is_whole and pixels.problem is None:
            msg = "a picture that is not whole has a problem"
            raise AssertionError(msg)


def _reduced_shape(picture: Picture, scale: int) -> tuple[int, int]:

    return -(-picture.height // scale), -(-picture.width // scale)


def write_seeds(folder: Path) -> None:
    """Write one small picture of each format for the fuzzer to start from."""
    image = Image.linear_gradient("L").resize((24, 20)).convert("RGB")
    for name in _SEED_FORMATS:
        for mode in ("RGB", "L"):
            buffer = io.BytesIO()
            image.convert(mode).save(buffer, name)
            (folder / f"{name}-{mode}").write_bytes(buffer.getvalue())
    grey = np.asarray(image.convert("L").resize((64, 64)))
    turns = (cut(60, 40), rotated(1), mirrored(1), colours(1, is_full=True))
    samples = {
        "plain": heif(picture(grey, *turns)),
        "tiles": heif(grid(1, 2, 120, 60), picture(grey), picture(grey)),
        "inside": heif(picture(grey), layout=Layout(wide=True, inside=True, pieces=2)),
    }
    for name, content in samples.items():
        (folder / f"heif-{name}").write_bytes(content)


def main() -> None:
    """Fuzz until told to stop, starting from the seeds."""
    import atheris  # noqa: PLC0415 - only the fuzzer itself needs it
    from instrumentation import watch  # noqa: PLC0415 - the same

    with tempfile.TemporaryDirectory() as folder:
        write_seeds(Path(folder))
        watch("rempart.media", "PIL")
        atheris.Setup([*sys.argv, folder], fuzz_one)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
