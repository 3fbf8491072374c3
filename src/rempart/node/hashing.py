"""Fingerprint files without a node."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from rempart.model.scan import FileFingerprints
from rempart.node.reading import FileReader
from rempart.node.settings import Settings
from rempart.node.walk import walk


def hash_files(
    paths: Iterable[bytes], *, settings: Settings | None = None
) -> Iterator[FileFingerprints]:
    """Yield the fingerprints of every file, in order; folders are walked.

    Args:
        paths: files or folders.
        settings: limits; absent means the defaults.
    """
    limits = settings or Settings()
    named = tuple(paths)
    has_folder = any(Path(os.fsdecode(path)).is_dir() for path in named)
    workers = limits.worker_count() if has_folder else min(limits.worker_count(), len(named))
    if not named:
        return
    with FileReader(limits, depth="exact", workers=workers, review=None) as reader:
        for reading in reader.read(walk(named)):
            yield reading.file()
