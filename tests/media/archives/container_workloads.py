"""Work on archives that the tests hand to sandboxed workers."""

import hashlib
import json
import os

from tests.media.archives.sample_archives import read_all


def read(descriptor: int, request: bytes) -> bytes:
    """Return the digest of every member, or its problem."""
    del request
    data = os.pread(descriptor, os.fstat(descriptor).st_size, 0)
    found, problem = read_all(data)
    told = [
        content if isinstance(content, str) else hashlib.sha256(content).hexdigest()
        for _, _, content in found
    ]
    return json.dumps([told, problem]).encode()
