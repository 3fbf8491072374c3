"""PDFs written by hand for the tests, with benign pictures, and samples that other programs wrote."""

import base64
import json
import zlib
from pathlib import Path

_DATA = Path(__file__).parent / "data"


def _samples(name: str) -> dict[str, bytes]:
    content = json.loads((_DATA / name).read_bytes())
    return {key: base64.b64decode(value) for key, value in content.items()}


DOCUMENTS = _samples("documents.json")
"""PDFs that another program wrote; the folder says how."""

SEVEN_ZIPS = _samples("seven-zips.json")
"""7z archives of another program, by how they are packed."""


def pdf(*objects: bytes, trailer: bytes = b"") -> bytes:
    """Return a PDF of these objects, numbered from 1, with a table and a trailer."""
    out = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % each for each in places)
    return (
        out
        + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
        + table
        + b"trailer\n<< /Size %d %s>>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, trailer, len(out))
    )


def stream(dictionary: bytes, content: bytes, *, length: bytes | None = None) -> bytes:
    """Return a stream object's content."""
    said = b"%d" % len(content) if length is None else length
    return b"<< %s /Length %s >>\nstream\n%s\nendstream" % (dictionary, said, content)


def picture(
    size: tuple[int, int],
    pixels: bytes,
    *,
    space: bytes = b"/DeviceRGB",
    bits: int = 8,
    more: bytes = b"",
    packed: bool = True,
) -> bytes:
    """Return an image object of plain or deflated pixels."""
    dictionary = b"/Type /XObject /Subtype /Image /Width %d /Height %d /BitsPerComponent %d" % (
        *size,
        bits,
    )
    dictionary += b" /ColorSpace " + space + b" " + more
    if packed:
        return stream(dictionary + b" /Filter /FlateDecode", zlib.compress(pixels))
    return stream(dictionary, pixels)
