"""The worker's task where it really runs: inside the sandbox, with nothing to open."""

import io
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image
from tests.media.sample_heif import photo

from rempart.fingerprint import work
from rempart.media import WorkerLimits, WorkerPool

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "TIFF", "BMP", "AVIF")


def test_sandboxed_worker_finds_what_the_same_call_finds_outside(
    tmp_path: Path, pictures: dict[str, npt.NDArray[np.uint8]]
) -> None:
    picture = Image.fromarray(pictures["motorcycle_left.png"])
    contents = []
    for name in FORMATS:
        file = io.BytesIO()
        picture.save(file, name)
        contents += [file.getvalue(), file.getvalue()[:-5000]]
    heic = photo(pictures["motorcycle_left.png"])
    contents += [heic, heic[:-5000], heic[:20_000]]
    request = work.encode_request(
        work.WorkRequest(depth="screen", max_file_bytes=10**8, max_pixels=10**8)
    )
    module = work.__name__
    with WorkerPool(
        f"{module}:fingerprint_descriptor", f"{module}:warm_up", workers=1, limits=WorkerLimits()
    ) as pool:
        for number, content in enumerate(contents):
            path = tmp_path / str(number)
            path.write_bytes(content)
            descriptor = os.open(path, os.O_RDONLY)
            wanted = work.fingerprint_descriptor(descriptor, request)
            pool.submit(descriptor, request, number)
            os.close(descriptor)
            assert [(each.tag, each.payload) for each in pool.drain()] == [(number, wanted)]
