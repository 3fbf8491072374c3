"""Stored hashes of pictures that an installed package ships: they hold where the oracle is not installed."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import skimage
from PIL import Image

from rempart.fingerprint import pdq

VECTORS: dict[str, Any] = json.loads(  # Any: the file's own structure, read below
    (Path(__file__).parent / "vectors" / "scikit-image.json").read_text()
)["pictures"]


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_stored_vector_holds(name: str, kernel: str) -> None:
    vector = VECTORS[name]
    path = Path(skimage.__file__).parent / "data" / name
    assert hashlib.sha256(path.read_bytes()).hexdigest() == vector["file_sha256"]
    with Image.open(path) as image:
        picture = np.asarray(image.convert("RGB"))
    assert picture.shape == (vector["height"], vector["width"], 3)
    exact, reduced = pdq.exact(picture), pdq.cpp512(picture)
    assert (exact.hex, exact.quality) == (vector["exact"], vector["quality"]), kernel
    assert (reduced.hex, reduced.quality) == (vector["cpp512"], vector["cpp512_quality"]), kernel
    assert [each.hex for each in pdq.dihedral(picture)] == vector["dihedral"], kernel
