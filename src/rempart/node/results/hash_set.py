"""Results as a hash set of Autopsy: the digests of the objects, and why they matched."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from rempart.lists import KdbRow, write_kdb_rows
from rempart.model.fingerprint import SHA1, SHA256
from rempart.node.record_lines import ScanLine
from rempart.node.results.values import digests_of, explained

_MOST_COMMENTS: Final = 10


def write_hash_set(lines: Iterable[ScanLine], sink: BinaryIO, *, scratch: Path) -> int:
    """Write a row for each MD5, with each match as a comment, and return the number of objects.

    Names of files and URLs are not written: hash sets go further than cases. An object without an MD5 is left
    out and not counted.

    Args:
        lines: the objects.
        sink: open for writing bytes; not closed.
        scratch: folder in which the database is made.
    """
    count = 0

    def rows() -> Iterator[KdbRow]:
        nonlocal count
        for line in lines:
            found = {each.kind: each.value for each in digests_of(line)}
            if found:
                count += 1
                comments = tuple(
                    explained(match, shows_url=False) for match in line.matches[:_MOST_COMMENTS]
                )
                yield KdbRow(found["md5"], found.get(SHA1), found.get(SHA256), comments)

    write_kdb_rows(rows(), sink, scratch=scratch)
    return count
