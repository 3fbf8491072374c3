"""What makes two contents of a bank the same content: all their signals together."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Final

from rempart.lists import entry_key
from rempart.model.fingerprint import Fingerprint
from rempart.model.lists import EntryDraft

_SET: Final = b"set-sha256:"
"""Before the SHA-256 of several signals; no key of a single fingerprint or of a source's identifier begins so."""


def content_key(fingerprints: Iterable[Fingerprint]) -> bytes:
    """Return what identifies a content within its bank: equal for equal signals, and different for any others.

    A list's own key is that of the strongest fingerprint, so that a source can correct the others. A client of HMA
    never corrects: what it adds stands beside what it added before, even where one signal is the same.

    Args:
        fingerprints: one or more; their order, their quality and the software that made them make no difference.

    Returns:
        For one fingerprint the key that imports give it, so that a content which came with a list is not added a
        second time; for several a digest over the keys of all.
    """
    keys = sorted({entry_key(EntryDraft(number=1, fingerprints=(each,))) for each in fingerprints})
    if len(keys) == 1:
        return keys[0]
    return _SET + sha256(b"".join(b"%d:%b" % (len(key), key) for key in keys)).digest()
