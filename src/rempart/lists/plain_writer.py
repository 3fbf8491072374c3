"""Write a plain list: one exact hash a line, nothing else."""

from collections.abc import Iterable
from typing import BinaryIO

from rempart.lists.export_entry import ExportEntry
from rempart.model.fingerprint import DIGEST_BYTES


def write_plain(entries: Iterable[ExportEntry], sink: BinaryIO, *, list_name: str) -> int:
    """Write every exact hash of the entries on a line of its own, and return the number of entries written.

    A plain list has no place for PDQ (64 digits would be read as SHA-256), opaque values, identifiers and
    labels. An entry without an exact hash is left out and not counted: compare the count.

    Args:
        entries: what to write, in this order.
        sink: open for writing bytes; not closed.
        list_name: stands in the comment of the first line.
    """
    sink.write(f"# {list_name}: exact hashes only, one a line\n".encode())
    count = 0
    for entry in entries:
        lines = [
            f"{fingerprint.text}\n".encode()
            for fingerprint in entry.fingerprints
            if fingerprint.kind in DIGEST_BYTES
        ]
        if lines:
            sink.write(b"".join(lines))
            count += 1
    return count
